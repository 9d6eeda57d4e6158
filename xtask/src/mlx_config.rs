//! `cargo xtask mlx-config`: how another workspace finds MLX.

use anyhow::Result;

use crate::setup;

pub(crate) const EXAMPLES: &str = "\
Examples:
  cargo xtask mlx-config >> ~/my-project/.cargo/config.toml";

/// Prints the configuration alone, so that it can be appended to a file.
pub(crate) fn run() -> Result<()> {
    match setup::mlx_configuration()? {
        Some(configuration) => print!("{configuration}"),
        None => eprintln!("nothing is needed here: Cargo builds MLX"),
    }
    Ok(())
}
