//! `ml chat`: a conversation.

use std::io::{self, IsTerminal as _};

use anyhow::Context as _;
use clap::Args;
use inference_core::{
    EntryPoint, Error, ErrorKind, FinishReason, GenerateOptions, ModelInfo, Role, Summary,
    ThinkSplitter,
};
use ml_service::{Service, system_message};

use crate::answer::{Answer, Show, summary_line};
use crate::args;
use crate::chat::conversation::Conversation;
use crate::chat::input::{Input, Read};
use crate::chat::slash::{self, COMMANDS, Request, Slash};
use crate::commands::Context;
use crate::failure::{self, Failure};
use crate::interrupt::Interrupt;
use crate::model::{self, ModelArgs};
use crate::sampling::SamplingArgs;
use crate::screen;
use crate::spinner::Spinner;
use crate::visible::visible;

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct ChatArgs {
    /// Instructions for the model, "" for none [default: "You are a helpful assistant." to a
    /// llama-server of our own, to others none]
    #[arg(short, long, value_name = "TEXT")]
    system: Option<String>,

    #[command(flatten)]
    model: ModelArgs,

    #[command(flatten)]
    sampling: SamplingArgs,

    /// Say what each answer took
    #[arg(long, help_heading = "Output")]
    stats: bool,
}

const EXAMPLES: &str = "\
Examples:
  ml chat
  ml chat --model smol --system \"You are a pirate.\" --temperature 0.8
  printf 'What is the capital of France?\\nAnd of Italy?\\n' | ml chat > answers.txt

In the conversation /help lists the commands, Ctrl-C stops an answer, Ctrl-D leaves.
A line that ends in \\ goes on in the next one; \"\"\" opens and closes several lines.";

/// Talks until the input ends. Where stdin is no terminal, each line is a turn.
pub(crate) async fn run(args: ChatArgs, context: &Context) -> Result<(), Failure> {
    let options = args.model.request_options(args.sampling.options());
    options
        .validate()
        .map_err(|error| args::usage("chat", context, error.message()))?;
    let interrupt = Interrupt::listen().context("cannot listen to Ctrl-C")?;
    let input = Input::new(io::stdin().is_terminal(), context.screen)?;
    let loading = Loaded::new(&args.model, context);
    let model = interrupt.during(loading).await??;
    let system = system_message(args.system.as_deref(), &model.info);
    let mut talk = Talk {
        model,
        conversation: Conversation::new(system),
        has_default_system: args.system.is_none(),
        options,
        args: &args,
        interrupt,
        context,
        failed: false,
    };
    let ended = talk.run(input).await;
    model::close(&talk.model.service).await;
    ended
}

/// The model that answers, alone in its service so that it can be exchanged.
struct Loaded {
    service: Service,
    name: String,
    info: ModelInfo,
}

impl Loaded {
    async fn new(args: &ModelArgs, context: &Context) -> Result<Self, Failure> {
        let spinner = Spinner::new(context.screen, "loading the model");
        let service = model::service(context, &spinner)?;
        let name = args.open(&service)?;
        let model = spinner.during(service.get(Some(&name))).await?;
        let info = model.info().clone();
        Ok(Self {
            service,
            name,
            info,
        })
    }

    /// What it is, in one line.
    fn describe(&self) -> String {
        let context = self.info.context_length;
        let context = context.map(|tokens| format!(" · context {tokens}"));
        let ModelInfo { name, backend, .. } = &self.info;
        format!("{name} · {backend}{}", context.unwrap_or_default())
    }
}

/// A conversation with a model.
struct Talk<'a> {
    model: Loaded,
    conversation: Conversation,
    /// Nobody has said anything about the system message: it is the default for the model.
    has_default_system: bool,
    options: GenerateOptions,
    args: &'a ChatArgs,
    interrupt: Interrupt,
    context: &'a Context,
    /// A turn was not answered.
    failed: bool,
}

/// Whether the conversation goes on.
#[derive(Debug, PartialEq, Eq)]
enum Next {
    Turn,
    End,
}

impl Talk<'_> {
    async fn run(&mut self, mut input: Input) -> Result<(), Failure> {
        let interactive = input.is_interactive();
        if interactive {
            self.note(self.model.describe());
            self.note("/help lists the commands, Ctrl-D leaves");
        }
        loop {
            let read;
            (input, read) = if interactive {
                input.read().await?
            } else {
                self.interrupt.during(input.read()).await??
            };
            let next = match read {
                Read::Text(text) => self.turn(&text, interactive).await?,
                Read::Interrupted => {
                    self.note("Ctrl-D or /exit leaves");
                    Next::Turn
                }
                Read::End => Next::End,
            };
            if next == Next::End {
                break;
            }
        }
        if self.failed && !interactive {
            return Err(Failure::Said(1));
        }
        Ok(())
    }

    async fn turn(&mut self, text: &str, interactive: bool) -> Result<Next, Failure> {
        match slash::parse(text) {
            Request::Nothing => {}
            Request::Do(Slash::Exit) => return Ok(Next::End),
            Request::Do(command) => self.follow(command).await,
            Request::Unclear(hint) => self.refuse(&anyhow::Error::msg(hint)),
            Request::Say(text) => {
                self.interrupt.rearm();
                let stopped = self.say(&text).await?;
                if stopped && !interactive {
                    return Err(Failure::Interrupted);
                }
                if interactive {
                    screen::say("");
                }
                self.interrupt.rearm();
            }
        }
        Ok(Next::Turn)
    }

    /// Asks the model and keeps what is to be kept; says whether the user stopped it.
    async fn say(&mut self, text: &str) -> Result<bool, Failure> {
        let prompt = self.conversation.prompt(text);
        let name = Some(self.model.name.as_str());
        let options = self.options.clone();
        let stream = self
            .model
            .service
            .generate(name, prompt, options, EntryPoint::Chat);
        let stream = match stream.await {
            Ok(stream) => stream,
            Err(error) => {
                self.lose(error);
                return Ok(false);
            }
        };
        let stream = stream
            .split_thinking(ThinkSplitter::new())
            .cancel_on(self.interrupt.pressed());
        let answer = Answer::read(stream, Show::Line, self.context.screen).await?;
        let said = answer.parts.text;
        match answer.end {
            Ok(summary) => {
                self.conversation.keep(text, &said, false);
                self.remark(&summary);
                Ok(false)
            }
            Err(error) if error.is_cancelled() => {
                if said.is_empty() {
                    self.note("[stopped before the answer; the question was not kept]");
                } else {
                    self.conversation.keep(text, &said, true);
                    self.note("[stopped]");
                }
                Ok(true)
            }
            Err(error) => {
                self.lose(error);
                Ok(false)
            }
        }
    }

    /// Says what there is to say of an answer that ended well.
    fn remark(&self, summary: &Summary) {
        if summary.finish_reason == FinishReason::Length {
            self.note("[cut: --max-tokens or the context's end was reached]");
        }
        if self.args.stats {
            self.note(summary_line(summary));
        }
    }

    /// Says why there is no answer. The conversation is what it was before the question.
    fn lose(&mut self, error: Error) {
        let full = error.kind() == ErrorKind::ContextExceeded;
        self.refuse(&error.into());
        self.note(if full {
            "[the question was not kept; /undo or /clear makes room]"
        } else {
            "[the question was not kept]"
        });
    }

    fn refuse(&mut self, error: &anyhow::Error) {
        self.failed = true;
        failure::say(self.context.screen, error);
    }

    fn note(&self, text: impl std::fmt::Display) {
        screen::say(self.context.screen.err.dim(text));
    }

    async fn follow(&mut self, command: Slash) {
        let done = match command {
            Slash::ShowSystem => Ok(match self.conversation.system() {
                Some(text) => visible(text).into_owned(),
                None => "there is no system message".to_owned(),
            }),
            Slash::SetSystem(text) => {
                let done = if text.is_some() { "set" } else { "dropped" };
                self.conversation.set_system(text);
                self.has_default_system = false;
                Ok(format!("system message {done}"))
            }
            Slash::Undo => Ok(match self.conversation.undo() {
                Some(question) => format!("took back: {}", visible(&question)),
                None => "there is nothing to take back".to_owned(),
            }),
            Slash::Clear => {
                self.conversation.clear();
                Ok("the conversation starts anew".to_owned())
            }
            Slash::History => Ok(self.history()),
            Slash::Save(file, existing) => self
                .conversation
                .save(&file, existing)
                .map(|()| format!("saved to {}", file.display())),
            Slash::Load(file) => Conversation::load(&file).map(|conversation| {
                self.conversation = conversation;
                self.has_default_system = false;
                let messages = self.conversation.turns().len();
                format!("going on with {messages} messages of {}", file.display())
            }),
            Slash::ShowModel => Ok(self.model.describe()),
            Slash::SetModel(name) => self.exchange(&name).await,
            Slash::Help => Ok(help()),
            Slash::Exit => Ok(String::new()),
        };
        match done {
            Ok(said) => self.note(said),
            Err(error) => self.refuse(&error),
        }
    }

    /// Loads another model, then lets the old one go.
    async fn exchange(&mut self, name: &str) -> anyhow::Result<String> {
        self.interrupt.rearm();
        let args = self.args.model.with_model(name);
        let loading = Loaded::new(&args, self.context);
        let loaded = self.interrupt.during(loading).await.flatten();
        self.interrupt.rearm();
        match loaded {
            Ok(loaded) => {
                let old = std::mem::replace(&mut self.model, loaded);
                if self.has_default_system {
                    let system = system_message(None, &self.model.info);
                    self.conversation.set_system(system);
                }
                model::close(&old.service).await;
                Ok(format!("going on with {}", self.model.describe()))
            }
            Err(Failure::Failed(error)) => Err(error),
            Err(_) => Ok(format!("still with {}", self.model.describe())),
        }
    }

    fn history(&self) -> String {
        if self.conversation.is_empty() {
            return "nothing was said yet".to_owned();
        }
        let turns = self.conversation.turns().iter().map(|turn| {
            let text = visible(&turn.message.content);
            let mark = if turn.partial { " [stopped]" } else { "" };
            match turn.message.role {
                Role::User => format!("> {text}"),
                _ => format!("{text}{mark}"),
            }
        });
        turns.collect::<Vec<_>>().join("\n")
    }
}

fn help() -> String {
    let width = |(name, argument, _): &(&str, &str, &str)| name.len() + argument.len() + 1;
    let widest = COMMANDS.iter().map(width).max().unwrap_or_default();
    let lines = COMMANDS.iter().map(|command| {
        let (name, argument, meaning) = command;
        let usage = format!("{name} {argument}");
        format!("{usage:widest$}  {meaning}")
    });
    let mut lines: Vec<_> = lines.collect();
    lines.push(
        "\nCtrl-C stops an answer. A line that ends in \\ goes on in the next one;".to_owned(),
    );
    lines.push(
        "\"\"\" opens and closes several lines; // starts a message with a slash.".to_owned(),
    );
    lines.join("\n")
}
