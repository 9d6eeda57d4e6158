//! Asks a server a question and prints the answer as it comes.
//!
//! ```text
//! cargo run -p backend-http --example ask -- http://localhost:8080 "What is the capital of France?"
//! ```
//! A key is taken from `OPENAI_API_KEY`, a model's name from a third argument.

use std::io::Write as _;

use backend_http::{HttpConfig, HttpTextModel};
use futures::StreamExt as _;
use inference_core::{BoxError, Event, GenerateOptions, Prompt, TextModel as _};

#[expect(clippy::print_stdout, clippy::print_stderr, reason = "an example")]
async fn ask(url: String, question: String, model: Option<String>) -> Result<(), BoxError> {
    let mut config = HttpConfig::new(url);
    if let Some(model) = model {
        config = config.model(model);
    }
    if let Ok(key) = std::env::var("OPENAI_API_KEY") {
        config = config.api_key(key);
    }
    let model = HttpTextModel::connect(config).await?;
    eprintln!(
        "{} at a server that speaks {}",
        model.info().name,
        model.dialect()
    );

    let mut answer = model.generate(Prompt::user(question), GenerateOptions::default());
    while let Some(event) = answer.next().await {
        match event? {
            Event::Token(token) => {
                print!("{}", token.text);
                std::io::stdout().flush()?;
            }
            Event::Finished(summary) => {
                let rate = summary.metrics.decode_tokens_per_second.unwrap_or_default();
                println!();
                eprintln!("{} at {rate:.1} tokens/s", summary.finish_reason.as_str());
            }
            _ => {}
        }
    }
    Ok(())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), BoxError> {
    let mut arguments = std::env::args().skip(1);
    let (Some(url), Some(question)) = (arguments.next(), arguments.next()) else {
        return Err("usage: ask URL QUESTION [MODEL]".into());
    };
    // A spawned task reads a stream at less cost than the future of the runtime itself.
    tokio::spawn(ask(url, question, arguments.next())).await?
}
