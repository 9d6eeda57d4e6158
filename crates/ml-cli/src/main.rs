//! The binary `ml`: argument parsing and printing, nothing else.

mod answer;
mod args;
mod bulk;
mod chat;
mod commands;
mod failure;
mod features;
mod interrupt;
mod log;
mod model;
mod prompt;
mod sampling;
mod screen;
mod shell;
mod spinner;
mod table;
mod visible;

use std::process::ExitCode;
use std::sync::Arc;

use commands::Context;
use screen::Screen;
use signal_hook::consts::SIGXFSZ;

fn main() -> ExitCode {
    let cli = match args::parse() {
        Ok(cli) => cli,
        Err(said) => return args::exit(&said),
    };
    let screen = Screen::new(cli.global.color);
    log::init(&cli.global, cli.command.logs_requests(), screen);
    // A file that reaches its limit (`ulimit -f`) is a failed write with a message, where without
    // a handler the signal would end the program.
    let _ = signal_hook::flag::register(SIGXFSZ, Arc::default());
    let context = Context {
        global: cli.global,
        screen,
    };
    match cli.command.run(&context) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(context.screen),
    }
}
