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

use commands::Context;
use screen::Screen;

fn main() -> ExitCode {
    let cli = match args::parse() {
        Ok(cli) => cli,
        Err(said) => return args::exit(&said),
    };
    let screen = Screen::new(cli.global.color);
    log::init(&cli.global, screen);
    let context = Context {
        global: cli.global,
        screen,
    };
    match cli.command.run(&context) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(context.screen),
    }
}
