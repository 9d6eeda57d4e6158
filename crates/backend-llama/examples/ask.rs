//! Asks a GGUF model a question and prints the answer as it comes.
//!
//! ```text
//! cargo run -p backend-llama --example ask -- MODEL.gguf "Name the capital of France."
//! ```

use std::io::Write as _;

use backend_llama::{LlamaConfig, LlamaServer, LlamaTextModel};
use futures::StreamExt as _;
use inference_core::{BoxError, Event, GenerateOptions, Prompt, TextModel as _};

#[expect(clippy::print_stdout, clippy::print_stderr, reason = "an example")]
async fn ask(model: String, question: String) -> Result<(), BoxError> {
    let server = LlamaServer::with_progress(LlamaConfig::new(model), |progress| {
        let seconds = progress.elapsed.as_secs_f32();
        eprintln!("{seconds:5.2} s  {}", progress.phase);
    });
    let model = LlamaTextModel::load(server).await?;
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
    model.close().await?;
    Ok(())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), BoxError> {
    let mut arguments = std::env::args().skip(1);
    let (Some(model), Some(question)) = (arguments.next(), arguments.next()) else {
        return Err("usage: ask MODEL.gguf QUESTION".into());
    };
    // A spawned task reads a stream at less cost than the future of the runtime itself.
    tokio::spawn(ask(model, question)).await?
}
