//! Reads the chunks of a short chat stream and prints the answer.

use openai_wire::ChatChunk;

const EVENTS: [&str; 3] = [
    r#"{"choices":[{"index":0,"delta":{"role":"assistant","content":null}}]}"#,
    r#"{"choices":[{"index":0,"delta":{"content":"Paris"},"finish_reason":null}]}"#,
    r#"{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}],"usage":{"prompt_tokens":9,"completion_tokens":1}}"#,
];

#[expect(clippy::print_stdout, reason = "an example")]
fn main() -> serde_json::Result<()> {
    for event in EVENTS {
        let chunk: ChatChunk<'_> = serde_json::from_str(event)?;
        for choice in &chunk.choices {
            if let Some(text) = &choice.delta.content {
                println!("text: {text}");
            }
            if let Some(reason) = &choice.finish_reason {
                println!("ended: {reason}");
            }
        }
        if let Some(usage) = &chunk.usage {
            println!("tokens: {}", usage.prompt_tokens + usage.completion_tokens);
        }
    }
    Ok(())
}
