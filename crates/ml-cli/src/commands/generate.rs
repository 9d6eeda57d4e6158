//! `ml generate`: one prompt, one answer.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Args;
use inference_core::{
    EntryPoint, GenerateOptions, Message, ModelInfo, Prompt, ThinkSplitter, TokenStream,
};
use ml_service::system_message;

use crate::answer::{Answer, AnswerJson, Show, summary_line};
use crate::args;
use crate::commands::Context;
use crate::failure::{self, Failure};
use crate::interrupt::Interrupt;
use crate::model::{self, ModelArgs};
use crate::prompt;
use crate::sampling::SamplingArgs;
use crate::screen;
use crate::spinner::Spinner;

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct GenerateArgs {
    /// What to ask; - reads it from stdin
    #[arg(value_name = "PROMPT|-")]
    prompt: String,

    /// Instructions for the model, "" for none [default: "You are a helpful assistant." to a
    /// llama-server of our own, to others none]
    #[arg(
        short,
        long,
        value_name = "TEXT",
        conflicts_with = "raw",
        help_heading = "Prompt"
    )]
    system: Option<String>,

    /// Send the prompt as it is, without the model's chat template
    #[arg(long, help_heading = "Prompt")]
    raw: bool,

    #[command(flatten)]
    model: ModelArgs,

    #[command(flatten)]
    sampling: SamplingArgs,

    /// JSON schema that the answer must satisfy
    #[arg(long, value_name = "FILE", help_heading = "Sampling")]
    schema: Option<PathBuf>,

    /// Report each token's log probability and N alternatives
    #[arg(long, value_name = "N", requires = "json", help_heading = "Output")]
    logprobs: Option<u8>,

    /// Print one JSON object at the end instead of the text as it comes
    #[arg(long, help_heading = "Output")]
    json: bool,

    /// Say on stderr what it took, even where that is no terminal
    #[arg(long, help_heading = "Output")]
    stats: bool,
}

const EXAMPLES: &str = "\
Examples:
  ml generate \"What is the capital of France?\"
  ml generate --model ./SmolLM2-135M-Instruct.Q4_1.gguf --temperature 0.7 --seed 1 \"Tell a joke\"
  git diff | ml generate --system \"Write a commit message.\" -
  ml generate --url http://127.0.0.1:8080 --json \"Hello\" | jq -r .text
  ml generate --raw --stop $'\\n' --max-tokens 32 \"Once upon a time\"

Only the answer is on stdout. Exit codes: 0 answered, 1 failed, 2 wrong usage, 130 Ctrl-C.";

/// Answers one prompt. With `--json` a failure is an object on stdout too.
pub(crate) async fn run(args: GenerateArgs, context: &Context) -> Result<(), Failure> {
    let done = answer(&args, context).await;
    if args.json {
        match &done {
            Err(Failure::Failed(error)) => screen::write_out(&AnswerJson::failed(error).line())?,
            Err(Failure::Interrupted) => {
                let cancelled = inference_core::Error::cancelled().into();
                screen::write_out(&AnswerJson::failed(&cancelled).line())?;
            }
            _ => {}
        }
    }
    done
}

async fn answer(args: &GenerateArgs, context: &Context) -> Result<(), Failure> {
    let options = options(args, context)?;
    let text = text(args, context)?;
    // Until here nothing runs that Ctrl-C would have to end with care.
    let interrupt = Interrupt::listen().context("cannot listen to Ctrl-C")?;
    let spinner = Spinner::new(context.screen, "loading the model");
    let service = model::service(context, &spinner)?;
    let asked = async {
        let name = args.model.open(&service)?;
        let model = spinner.during(service.get(Some(&name))).await?;
        let prompt = prompt(args, text, model.info());
        let stream = service.generate(Some(&name), prompt, options, EntryPoint::Library);
        Ok::<_, Failure>((model, stream.await?))
    };
    let answered = match interrupt.during(asked).await.flatten() {
        Ok((model, stream)) => show(args, stream, model.info(), &interrupt, context).await,
        Err(failure) => Err(failure),
    };
    model::close(&service).await;
    answered
}

/// The options of the request.
///
/// # Errors
/// What no model could honour is wrong usage.
fn options(args: &GenerateArgs, context: &Context) -> Result<GenerateOptions, Failure> {
    let mut options = args.model.request_options(args.sampling.options());
    options.logprobs = args.logprobs;
    options.schema = args.schema.as_deref().map(schema).transpose()?;
    options
        .validate()
        .map_err(|error| args::usage("generate", context, error.message()))?;
    Ok(options)
}

/// The words of the prompt.
fn text(args: &GenerateArgs, context: &Context) -> Result<String, Failure> {
    let text = prompt::read(&args.prompt)?;
    match (text.is_empty(), args.prompt.as_str()) {
        (false, _) => Ok(text),
        (true, "-") => Err(anyhow::anyhow!("the prompt on stdin is empty").into()),
        (true, _) => Err(args::usage("generate", context, "the prompt is empty").into()),
    }
}

fn prompt(args: &GenerateArgs, text: String, model: &ModelInfo) -> Prompt {
    if args.raw {
        return Prompt::Text(text);
    }
    let system = system_message(args.system.as_deref(), model);
    let system = system.into_iter().map(Message::system);
    Prompt::Chat(system.chain([Message::user(text)]).collect())
}

fn schema(file: &Path) -> anyhow::Result<serde_json::Value> {
    let file_name = file.display();
    let text = std::fs::read_to_string(file)
        .with_context(|| format!("cannot read the schema {file_name}"))?;
    serde_json::from_str(&text).with_context(|| format!("the schema {file_name} is not JSON"))
}

/// Shows the answer as it comes, and what it took.
async fn show(
    args: &GenerateArgs,
    stream: TokenStream,
    model: &ModelInfo,
    interrupt: &Interrupt,
    context: &Context,
) -> Result<(), Failure> {
    let screen = context.screen;
    let stream = if args.raw {
        stream
    } else {
        stream.split_thinking(ThinkSplitter::new())
    };
    let show = if args.json {
        Show::Nothing
    } else {
        Show::Exact
    };
    let answer = Answer::read(stream.cancel_on(interrupt.pressed()), show, screen).await?;
    if args.json {
        let json = AnswerJson::new(&answer, model, args.logprobs.is_some());
        screen::write_out(&json.line())?;
    }
    match answer.end {
        Ok(summary) => {
            if args.stats || screen.stderr_is_terminal {
                screen::say(screen.err.dim(summary_line(&summary)));
            }
            Ok(())
        }
        Err(error) if error.is_cancelled() => Err(Failure::Said(130)),
        Err(error) => {
            failure::say(screen, &error.into());
            Err(Failure::Said(1))
        }
    }
}
