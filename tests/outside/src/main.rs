//! A program of somebody else's: it asks a model and prints the answer as it comes.
//!
//! `outside MODEL` with a GGUF file or a server's address, whichever the chosen backend takes.

use std::env;
use std::error::Error;
use std::io::{self, Write as _};

use futures::StreamExt as _;
use inference_core::{
    Event, GenerateOptions, LoadOptions, Message, ModelSource, Registry, TextModel,
};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let model = env::args().nth(1).ok_or("usage: outside MODEL")?;
    let model = registry()
        .load(source(&model), LoadOptions::default())
        .await?;
    ask(&*model, "What is the capital of France?").await?;
    model.close().await?;
    Ok(())
}

/// The one place that names a backend.
fn registry() -> Registry {
    let registry = Registry::new();
    #[cfg(feature = "http")]
    let registry = registry.with(backend_http::HttpLoader::new());
    #[cfg(feature = "llama")]
    let registry = registry.with(backend_llama::LlamaLoader::new());
    #[cfg(feature = "mlx")]
    let registry = registry.with(backend_mlx::MlxLoader::new());
    registry
}

fn source(model: &str) -> ModelSource {
    if model.starts_with("http://") || model.starts_with("https://") {
        ModelSource::Server {
            url: model.to_owned(),
            model: None,
        }
    } else {
        ModelSource::Path(model.into())
    }
}

async fn ask(model: &dyn TextModel, question: &str) -> Result<(), Box<dyn Error>> {
    println!("{}: {question}", model.info().backend);
    let prompt = vec![
        Message::system("You are a helpful assistant."),
        Message::user(question),
    ];
    let options = GenerateOptions::default().max_tokens(32);
    let mut answer = model.generate(prompt.into(), options);
    while let Some(event) = answer.next().await {
        match event? {
            Event::Token(token) => print!("{}", token.text),
            Event::Finished(summary) => println!("\n({:?})", summary.finish_reason),
            _ => {}
        }
        io::stdout().flush()?;
    }
    Ok(())
}
