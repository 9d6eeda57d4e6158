//! `ml serve`: models behind an OpenAI-compatible server.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use clap::{ArgAction, Args};
use inference_core::LoadOptions;
use ml_service::Service;
use ml_service::server::{self, ServerConfig};
use tokio::net::TcpListener;

use crate::commands::Context;
use crate::failure::Failure;
use crate::interrupt::Interrupt;
use crate::model;
use crate::screen;
use crate::spinner::Spinner;

mod access;

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct ServeArgs {
    /// A model to serve and to load at the start, by configured name, path, or name of something
    /// found by `ml models`; may be repeated, the first one answers requests that name none
    /// [default: all that are configured, each loaded when it is first asked]
    #[arg(
        short,
        long = "model",
        value_name = "NAME|PATH",
        help_heading = "Model"
    )]
    models: Vec<String>,

    /// Backend of the models that are named: llama, mlx or http [default: the first that can]
    #[arg(
        short,
        long,
        value_name = "NAME",
        requires = "models",
        help_heading = "Model"
    )]
    backend: Option<String>,

    /// Tokens that prompt and answer may hold together [default: the model's own]
    #[arg(long, value_name = "N", requires = "models", help_heading = "Model")]
    context_length: Option<u32>,

    /// Layers to keep on the GPU; -1 is all
    #[arg(
        long,
        value_name = "N",
        requires = "models",
        allow_negative_numbers = true,
        help_heading = "Model"
    )]
    gpu_layers: Option<i32>,

    /// Address to listen on
    #[arg(long, value_name = "ADDRESS", default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    bind: IpAddr,

    /// Port to listen on; 0 is any free one
    #[arg(long, value_name = "PORT", default_value_t = 8090)]
    port: u16,

    #[command(flatten)]
    access: access::AccessArgs,

    #[command(flatten)]
    limits: LimitArgs,

    /// Do not log requests
    #[arg(short, long, action = ArgAction::SetTrue)]
    quiet: bool,
}

/// How much is taken and given; what is beyond is refused.
#[derive(Debug, Args)]
#[command(next_help_heading = "Limits")]
struct LimitArgs {
    /// The most tokens that a request may ask for, and what requests get that do not say
    /// [default: up to the context's end]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    max_tokens: Option<u32>,

    /// The most messages of a conversation [default: 4096]
    #[arg(long, value_name = "N")]
    max_messages: Option<usize>,

    /// How long an answer may take, in seconds [default: 3600]
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..))]
    timeout: Option<u64>,

    /// How long a request waits for a model that loads before it is told to come back, in seconds
    /// [default: 20]
    #[arg(long, value_name = "SECONDS")]
    load_patience: Option<u64>,
}

const EXAMPLES: &str = "\
Examples:
  ml serve --model ./SmolLM2-135M-Instruct.Q4_1.gguf
  ml serve                                     all configured models, at http://127.0.0.1:8090
  ml serve --model smol --model qwen --port 8000 --max-tokens 1024
  ml serve --bind 0.0.0.0 --api-key-file keys.txt
  curl http://127.0.0.1:8090/v1/chat/completions \\
    -d '{\"messages\": [{\"role\": \"user\", \"content\": \"Hello\"}]}'

OpenAI clients take http://127.0.0.1:8090/v1 as their base URL, and any key unless there are keys.
The URL is on stdout once the models are loaded. Ctrl-C lets running answers end, for up to 30 s;
one more ends the program. docs/server.md describes routes, limits and safety.";

impl ServeArgs {
    /// Whether each request is to be logged.
    pub(crate) fn logs_requests(&self) -> bool {
        !self.quiet
    }

    fn load_options(&self) -> LoadOptions {
        let mut options = LoadOptions::default();
        options.backend.clone_from(&self.backend);
        options.context_length = self.context_length;
        options.gpu_layers = self.gpu_layers;
        options
    }

    fn server_config(&self, context: &Context) -> Result<ServerConfig, Failure> {
        let mut config = ServerConfig::default();
        self.access.configure(self.bind, &mut config, context)?;
        let limits = &mut config.limits;
        limits.max_tokens = self.limits.max_tokens;
        limits.messages = self.limits.max_messages.unwrap_or(limits.messages);
        let time = self.limits.timeout.map(Duration::from_secs);
        limits.answer_time = time.unwrap_or(limits.answer_time);
        let patience = self.limits.load_patience.map(Duration::from_secs);
        limits.load_patience = patience.unwrap_or(limits.load_patience);
        Ok(config)
    }
}

/// Serves until Ctrl-C or SIGTERM.
pub(crate) async fn run(args: ServeArgs, context: &Context) -> Result<(), Failure> {
    let mut config = args.server_config(context)?;
    let interrupt = Interrupt::listen_to_all().context("cannot listen to signals")?;
    let spinner = Spinner::new(context.screen, "loading the models");
    let service = Arc::new(model::service(context, &spinner)?);
    let named = open(&args, &service).await?;
    config.default_model = named.first().cloned();
    let address = SocketAddr::new(args.bind, args.port);
    let listener = TcpListener::bind(address)
        .await
        .with_context(|| format!("cannot listen on {address}"))?;
    let address = listener.local_addr().context("cannot tell the port")?;

    let stopped = interrupt.pressed();
    let mut serving = std::pin::pin!(server::serve(
        listener,
        Arc::clone(&service),
        config,
        stopped
    ));
    let ready = async {
        for name in &named {
            spinner.during(service.get(Some(name))).await?;
        }
        announce(address, &service, context)
    };
    let served = tokio::select! {
        served = &mut serving => served,
        ready = ready => match ready {
            Ok(()) => serving.await,
            Err(failure) => {
                model::close(&service).await;
                return Err(failure);
            }
        },
    };
    Ok(served.context("cannot serve")?)
}

/// Makes the named models known and removes all others; gives the names of those that were named.
async fn open(args: &ServeArgs, service: &Service) -> Result<Vec<String>, Failure> {
    let options = args.load_options();
    let open = |reference: &String| service.open(Some(reference), &options);
    let named = args
        .models
        .iter()
        .map(open)
        .collect::<Result<Vec<_>, _>>()?;
    let others = service
        .list()
        .into_iter()
        .filter(|name| !named.contains(name));
    for other in others.filter(|_| !named.is_empty()) {
        service.remove(&other).await?;
    }
    if service.list().is_empty() {
        let error = anyhow::anyhow!(
            "there is no model to serve; --model NAME|PATH names one, `ml models` lists them"
        );
        return Err(error.into());
    }
    Ok(named)
}

/// Says where it serves what: the URL to programs, the rest to people.
fn announce(address: SocketAddr, service: &Service, context: &Context) -> Result<(), Failure> {
    let names = service.list().join(", ");
    let names = context.screen.err.bold(names);
    screen::say(format_args!(
        "serving {names}; OpenAI clients use http://{address}/v1"
    ));
    screen::write_out(&format!("http://{address}\n"))
}
