//! The fake server as a process: `fake-server [--port N | --socket PATH]`.
//!
//! Prints its address as the first line of standard output, serves the faults of
//! [`by_path`], and ends when its standard input does, so that it never outlives a test.
#![expect(clippy::print_stdout, reason = "the address is its output")]

use std::io::{Error, Write as _};

use inference_conformance::fake_server::{FakeServer, by_path};
use tokio::io::AsyncReadExt as _;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let mut arguments = std::env::args().skip(1);
    let server = match (arguments.next().as_deref(), arguments.next()) {
        (None, _) => FakeServer::tcp(by_path)?,
        (Some("--port"), Some(port)) => {
            let port = port.parse().map_err(Error::other)?;
            FakeServer::tcp_at(port, by_path)?
        }
        #[cfg(unix)]
        (Some("--socket"), Some(path)) => FakeServer::unix(path, by_path)?,
        _ => {
            return Err(Error::other(
                "usage: fake-server [--port N | --socket PATH]",
            ));
        }
    };
    println!("{server}");
    std::io::stdout().flush()?;
    let mut input = [0; 1024];
    let mut stdin = tokio::io::stdin();
    while stdin.read(&mut input).await? > 0 {}
    Ok(())
}
