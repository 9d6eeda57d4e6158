//! Our side of the comparison, in a process of its own.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};
use std::{env, fs};

use backend_mlx::MlxLoader;
use futures::StreamExt as _;
use inference_core::{
    BatchOptions, Event, GenerateOptions, Generation, LoadOptions, ModelLoader as _, ModelSource,
    Prompt, TextModel,
};
use serde_json::{Value, json};

use crate::measured::Figures;
use crate::workload::Workload;

/// The argument that makes this program measure itself.
pub(crate) const ROLE: &str = "--ours";

/// Runs the workload in a fresh process.
pub(crate) fn measure(folder: &Path, workload: &Workload) -> Figures {
    let program = env::current_exe().expect("this program knows where it is");
    let workload = serde_json::to_string(workload).expect("a workload is JSON");
    let mut command = Command::new(program);
    command.arg(ROLE).arg(folder).arg(workload);
    Figures::from_output(&mut command)
}

/// Runs the workload and gives the figures.
pub(crate) fn run(folder: &Path, workload: &Workload) -> Value {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    runtime
        .expect("a runtime can be made")
        .block_on(run_async(folder, workload))
}

async fn run_async(folder: &Path, workload: &Workload) -> Value {
    let start = Instant::now();
    let source = ModelSource::Path(folder.to_owned());
    let load = MlxLoader::new().load(source, LoadOptions::default());
    let model = load.await.expect("the model loads");
    let loaded = start.elapsed().as_secs_f64();

    let options = GenerateOptions::default().max_tokens(workload.max_tokens);
    let single = answer(&*model, &workload.prompt, options).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    let resident = resident();

    let prompts = workload.batch.iter().map(|text| Prompt::Text(text.clone()));
    let options = GenerateOptions::default().max_tokens(workload.batch_max_tokens);
    let start = Instant::now();
    let answers = model.batch_generate(prompts.collect(), options, BatchOptions::default());
    let answers: Vec<_> = answers.collect().await;
    let batch_seconds = start.elapsed().as_secs_f64();
    let batch_tokens = answers.iter().map(|(_, answer)| {
        let answer = answer.as_ref().expect("the model answers");
        answer.usage.generated_tokens.expect("it counts")
    });

    let start = Instant::now();
    for text in &workload.batch {
        let options = GenerateOptions::default().max_tokens(workload.batch_max_tokens);
        // Another first word, so that nothing of the batch's prompts is found again.
        answer(&*model, &format!("So: {text}"), options).await;
    }
    let row_seconds = start.elapsed().as_secs_f64();

    let shared = "word ".repeat(500);
    let first = first_token(&*model, &format!("{shared}one")).await;
    let second = first_token(&*model, &format!("{shared}two")).await;

    let prompt_tokens = single.usage.prompt_tokens.expect("it counts");
    let generated = single.usage.generated_tokens.expect("it counts");
    json!({
        "load": loaded,
        "prompt_tokens": prompt_tokens,
        "prompt_rate": prompt_tokens as f64 / single.metrics.prefill.as_secs_f64(),
        "generated_tokens": generated,
        "decode_rate": (generated - 1) as f64 / single.metrics.decode.as_secs_f64(),
        "resident": resident,
        "batch_tokens": batch_tokens.sum::<u64>(),
        "batch_seconds": batch_seconds,
        "row_seconds": row_seconds,
        "first_of_prefix": first,
        "second_of_prefix": second,
    })
}

async fn answer(model: &dyn TextModel, text: &str, options: GenerateOptions) -> Generation {
    let answer = model.generate(Prompt::Text(text.to_owned()), options);
    answer.into_generation().await.expect("the model answers")
}

/// Seconds to the first token.
async fn first_token(model: &dyn TextModel, text: &str) -> f64 {
    let options = GenerateOptions::default().max_tokens(1);
    let start = Instant::now();
    let mut answer = model.generate(Prompt::Text(text.to_owned()), options);
    while let Some(event) = answer.next().await {
        if let Event::Token(_) = event.expect("the model answers") {
            break;
        }
    }
    start.elapsed().as_secs_f64()
}

/// Bytes of this process in memory.
fn resident() -> u64 {
    let status = fs::read_to_string("/proc/self/status").expect("Linux has it");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|line| line.split_whitespace().next());
    kib.and_then(|kib| kib.parse::<u64>().ok())
        .expect("it is a number")
        * 1024
}
