//! `ml completions`: the shell's knowledge of this command line.

use clap::{Args, CommandFactory as _};
use clap_complete::Shell;

use crate::args::Cli;
use crate::failure::Failure;
use crate::screen;

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct CompletionsArgs {
    /// The shell that is to complete
    shell: Shell,
}

const EXAMPLES: &str = "\
Examples:
  ml completions bash > ~/.local/share/bash-completion/completions/ml
  ml completions zsh > ~/.zfunc/_ml
  ml completions fish > ~/.config/fish/completions/ml.fish";

pub(crate) fn run(args: &CompletionsArgs) -> Result<(), Failure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "ml", &mut script);
    screen::write_out(&String::from_utf8_lossy(&script))
}
