//! `ml convert`: a model or an adapter in another format.

use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use anyhow::Context as _;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, ValueEnum};
use inference_core::{Error, ErrorKind};
use ml_service::{Conversion, ConvertRequest, Converted, Dtype, LoraLayout, Service};

use super::models::size;
use crate::args;
use crate::commands::Context;
use crate::failure::Failure;
use crate::interrupt::Interrupt;
use crate::model;
use crate::screen::{self, Screen};
use crate::shell::quoted;

mod bar;
mod json;

use bar::Bar;
use json::{ConvertedJson, FailedJson};

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct ConvertArgs {
    /// A GGUF model, a model folder, or a LoRA adapter (a folder or a file); a model also by a name
    /// that `ml models` lists
    #[arg(value_name = "IN")]
    input: String,

    /// The folder to make, or the GGUF file of an adapter
    #[arg(value_name = "OUT")]
    output: PathBuf,

    /// Layout to convert to [default: mlx; of an adapter gguf where OUT ends in .gguf, else the
    /// other of mlx and peft]
    #[arg(long, value_enum, value_name = "LAYOUT")]
    to: Option<Layout>,

    /// Quantise a model folder to so many bits
    #[arg(long, value_name = "N", value_parser = one_of(["2", "3", "4", "6", "8"]))]
    bits: Option<u32>,

    /// Weights that share a scale [default: 64]
    #[arg(long, value_name = "N", requires = "bits", value_parser = one_of(["32", "64", "128"]))]
    group_size: Option<u32>,

    /// Type of all numbers that are not quantised; without --bits it makes a model folder dense
    #[arg(long, value_enum, value_name = "TYPE")]
    dtype: Option<Number>,

    /// The model that an adapter belongs to, where a GGUF file is read or made
    #[arg(long, value_name = "MODEL")]
    base: Option<String>,

    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

const EXAMPLES: &str = "\
Examples:
  ml convert SmolLM2-135M-Instruct.Q4_1.gguf smol    a folder for MLX, quantised as the file is
  ml convert Qwen3-4B Qwen3-4B-4bit --bits 4
  ml convert Qwen3-4B-4bit Qwen3-4B-dense --dtype bf16
  ml convert training/0000600_adapters.safetensors pirate --to peft
  ml convert pirate pirate.gguf --base SmolLM2-135M-Instruct.Q4_1.gguf

OUT must not exist, or be an empty folder; it appears when it is complete.
Exit codes: 0 converted, 1 failed, 2 wrong usage, 130 Ctrl-C.";

/// Layouts by the names of who uses them.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Layout {
    Mlx,
    Peft,
    Gguf,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Number {
    F32,
    F16,
    Bf16,
}

impl From<Layout> for LoraLayout {
    fn from(layout: Layout) -> Self {
        match layout {
            Layout::Mlx => Self::MlxLm,
            Layout::Peft => Self::Peft,
            Layout::Gguf => Self::Gguf,
        }
    }
}

impl From<Number> for Dtype {
    fn from(number: Number) -> Self {
        match number {
            Number::F32 => Self::F32,
            Number::F16 => Self::F16,
            Number::Bf16 => Self::Bf16,
        }
    }
}

/// Takes one of these numbers.
fn one_of<const N: usize>(numbers: [&'static str; N]) -> impl TypedValueParser<Value = u32> {
    PossibleValuesParser::new(numbers)
        .map(|number| number.parse().expect("only numbers are possible"))
}

/// Converts. With `--json` a failure is an object on stdout too.
pub(crate) async fn run(args: ConvertArgs, context: &Context) -> Result<(), Failure> {
    let done = convert(&args, context).await;
    if args.json {
        match &done {
            Err(Failure::Failed(error)) => screen::write_out(&FailedJson::line(error))?,
            Err(Failure::Interrupted) => {
                screen::write_out(&FailedJson::line(&Error::cancelled().into()))?;
            }
            _ => {}
        }
    }
    done
}

async fn convert(args: &ConvertArgs, context: &Context) -> Result<(), Failure> {
    let screen = context.screen;
    let started = Instant::now();
    let conversion = plan(args, context)?;
    let interrupt = Interrupt::listen().context("cannot listen to Ctrl-C")?;
    let bar = Bar::new(screen);
    let converted = work(conversion, &interrupt, &bar).await?;
    drop(bar);
    let text = if args.json {
        screen::json_line(&ConvertedJson::new(&converted, started.elapsed()))
    } else {
        format!("{}\n", converted.path.display())
    };
    screen::write_out(&text)?;
    say(args, &converted, screen);
    Ok(())
}

/// What is to be done.
///
/// # Errors
/// A request that cannot be meant is wrong usage.
fn plan(args: &ConvertArgs, context: &Context) -> Result<Conversion, Failure> {
    let service = Service::new(&model::config(context)?);
    let mut request = ConvertRequest::default();
    request.input = service.locate(&args.input)?;
    request.output.clone_from(&args.output);
    request.layout = args.to.map(Into::into);
    request.bits = args.bits;
    request.group_size = args.group_size.map(|size| size as usize);
    request.dtype = args.dtype.map(Into::into);
    request.base = args
        .base
        .as_deref()
        .map(|base| service.locate(base))
        .transpose()?;
    Conversion::plan(&request).map_err(|error| match error.kind() {
        ErrorKind::InvalidRequest => args::usage("convert", context, error.message()).into(),
        _ => error.into(),
    })
}

/// Converts beside the listener to Ctrl-C, which waits until nothing is left of what was begun.
async fn work(
    conversion: Conversion,
    interrupt: &Interrupt,
    bar: &Bar,
) -> Result<Converted, Failure> {
    let stop = Arc::new(AtomicBool::new(false));
    let stopped = Arc::clone(&stop);
    let mut show = bar.callback();
    let working = tokio::task::spawn_blocking(move || {
        conversion.run(|done, total| {
            show(done, total);
            if stopped.load(Ordering::Relaxed) {
                return ControlFlow::Break(());
            }
            ControlFlow::Continue(())
        })
    });
    let mut working = std::pin::pin!(working);
    let done = tokio::select! {
        done = &mut working => done,
        () = interrupt.pressed() => {
            stop.store(true, Ordering::Relaxed);
            working.await
        }
    };
    match done.context("the conversion broke off")? {
        Err(error) if error.is_cancelled() => Err(Failure::Interrupted),
        converted => Ok(converted?),
    }
}

/// Says what was made, and what to do with it.
fn say(args: &ConvertArgs, converted: &Converted, screen: Screen) {
    let files = match converted.files.len() {
        1 => "1 file".to_owned(),
        n => format!("{n} files"),
    };
    let bytes = converted.files.iter().map(|file| file.bytes).sum();
    let quantization = converted.quantization.map(|quantization| {
        let (bits, group_size) = (quantization.bits(), quantization.group_size());
        format!(", {bits}-bit in groups of {group_size}")
    });
    let line = format!(
        "{files}, {}, {} tensors{}",
        size(bytes),
        converted.tensors,
        quantization.unwrap_or_default()
    );
    screen::say(screen.err.dim(line));
    let path = quoted(&converted.path.display().to_string());
    let next = if converted.adapter.is_some() {
        let base = args.base.as_deref().map_or("BASE".to_owned(), quoted);
        format!("ml generate --model {base} --adapter {path} \"Hello\"")
    } else {
        format!("ml generate --model {path} \"Hello\"")
    };
    screen::say(format_args!("{} {next}", screen.err.good("next:")));
}
