//! `ml man`: the manual pages, made of the command line's own help.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::{Args, CommandFactory as _};

use crate::args::Cli;
use crate::failure::Failure;
use crate::screen;

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct ManArgs {
    /// Write a page for each command into this folder
    #[arg(long, value_name = "FOLDER")]
    dir: Option<PathBuf>,
}

const EXAMPLES: &str = "\
Examples:
  ml man | man -l -
  ml man --dir ~/.local/share/man/man1";

pub(crate) fn run(args: &ManArgs) -> Result<(), Failure> {
    match &args.dir {
        Some(folder) => {
            write_pages(folder)?;
            let folder = folder.display();
            screen::say(format_args!("wrote the pages to {folder}"));
            Ok(())
        }
        None => screen::write_out(&main_page()?),
    }
}

fn main_page() -> anyhow::Result<String> {
    let mut page = Vec::new();
    clap_mangen::Man::new(Cli::command()).render(&mut page)?;
    Ok(String::from_utf8(page)?)
}

fn write_pages(folder: &Path) -> anyhow::Result<()> {
    std::fs::create_dir_all(folder)
        .and_then(|()| clap_mangen::generate_to(Cli::command(), folder))
        .with_context(|| format!("cannot write the pages to {}", folder.display()))
}
