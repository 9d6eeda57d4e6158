//! Asks a model a question and prints the answer as it comes.
//!
//! ```text
//! cargo run --release -p backend-mlx --features cpu --example ask -- MODEL "Name the capital of France."
//! ```
//!
//! MODEL is a folder with `config.json` and safetensors, or a GGUF file.

#[cfg(mlx)]
#[expect(clippy::print_stdout, clippy::print_stderr, reason = "an example")]
async fn ask(model: String, question: String) -> Result<(), inference_core::BoxError> {
    use std::io::Write as _;

    use backend_mlx::MlxLoader;
    use futures::StreamExt as _;
    use inference_core::{
        Event, GenerateOptions, LoadOptions, ModelLoader as _, ModelSource, Prompt, TextModel as _,
    };

    let options = LoadOptions::default().with_progress(|progress| match progress.fraction {
        Some(fraction) => eprint!("\r{} {:3.0} %", progress.phase, fraction * 100.0),
        None => eprintln!("{}", progress.phase),
    });
    let source = ModelSource::Path(model.into());
    let model = MlxLoader::new().load(source, options).await?;
    eprintln!();
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

/// Says why there is no MLX in this build.
#[cfg(not(mlx))]
fn ask(_: String, _: String) -> impl Future<Output = Result<(), inference_core::BoxError>> {
    use inference_core::ModelLoader as _;

    let availability = backend_mlx::MlxLoader::new().availability();
    std::future::ready(Err(availability.to_string().into()))
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), inference_core::BoxError> {
    let mut arguments = std::env::args().skip(1);
    let (Some(model), Some(question)) = (arguments.next(), arguments.next()) else {
        return Err("usage: ask MODEL QUESTION".into());
    };
    ask(model, question).await
}
