//! `ml mcp`: the models as tools of the program that starts this one.

use std::sync::Arc;

use anyhow::Context as _;
use clap::Args;
use inference_core::LoadOptions;
use ml_service::ToolServer;

use crate::commands::Context;
use crate::failure::Failure;
use crate::interrupt::Interrupt;
use crate::model;
use crate::spinner::Spinner;

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct McpArgs {
    /// A model to offer beside those of the configuration: a GGUF file or folder, or the name of
    /// something found by `ml models`; the first of them is asked where a call names no model
    #[arg(short, long, value_name = "NAME|PATH")]
    model: Vec<String>,
}

const EXAMPLES: &str = "\
Examples:
  ml mcp --model smol                          started by a program that speaks the protocol
  {\"mcpServers\": {\"ml\": {\"command\": \"ml\", \"args\": [\"mcp\"]}}}
                                               what such a program's configuration says

It speaks the Model Context Protocol on stdin and stdout until stdin ends; what it logs is on stderr.
Tools: ml_generate, ml_score, ml_probe, ml_status, ml_backends. Models are loaded when they are
first asked.
Exit codes: 0 stdin ended, 1 failed, 2 wrong usage, 130 Ctrl-C.";

/// Serves the program that started this one until it closes stdin.
pub(crate) async fn run(args: McpArgs, context: &Context) -> Result<(), Failure> {
    let interrupt = Interrupt::listen().context("cannot listen to Ctrl-C")?;
    let spinner = Spinner::new(context.screen, "loading the model");
    let service = Arc::new(model::service(context, &spinner)?);
    let open = |reference: &String| service.open(Some(reference), &LoadOptions::default());
    let names: Vec<_> = args.model.iter().map(open).collect::<Result<_, _>>()?;
    let server = ToolServer::new(Arc::clone(&service));
    let server = match names.into_iter().next() {
        Some(name) => server.with_default(name),
        None => server,
    };
    let served = interrupt.during(server.serve_stdio()).await;
    model::close(&service).await;
    served?.map_err(|error| anyhow::Error::new(error).into())
}
