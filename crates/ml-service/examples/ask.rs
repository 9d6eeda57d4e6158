//! Asks a model of the configuration, a model file, or a discovered model:
//! `cargo run -p ml-service --example ask -- MODEL PROMPT`.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a program that shows its answer"
)]

use std::io::Write as _;

use futures::StreamExt as _;
use inference_core::{EntryPoint, Event, GenerateOptions, LoadOptions, Prompt};
use ml_service::{Config, ConfigSources, Service};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = std::env::args().skip(1);
    let (Some(model), Some(prompt)) = (args.next(), args.next()) else {
        return Err("usage: ask MODEL PROMPT".into());
    };
    let config = Config::load(&ConfigSources::from_env())?;
    let service = Service::new(&config)
        .with_progress(|model, progress| eprintln!("{model}: {}", progress.phase));

    let name = service.open(Some(&model), &LoadOptions::default())?;
    let options = GenerateOptions::default().max_tokens(64);
    let prompt = Prompt::user(prompt);
    let mut stream = service
        .generate(Some(&name), prompt, options, EntryPoint::Library)
        .await?;
    while let Some(event) = stream.next().await {
        match event? {
            Event::Token(token) => {
                print!("{}", token.text);
                std::io::stdout().flush()?;
            }
            Event::Finished(summary) => println!("\n[{:?}]", summary.finish_reason),
            _ => {}
        }
    }
    service.close().await?;
    Ok(())
}
