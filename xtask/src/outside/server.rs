//! The pinned llama-server on the small model, for as long as a check needs it.

use std::env;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, ChildStderr, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, Result};

use crate::cache::Cache;
use crate::setup;

/// How long loading may take: a second on an idle machine.
const PATIENCE: Duration = Duration::from_mins(2);

/// What the server logs before its address, once the model is loaded.
const LISTENING: &str = "listening on ";

/// A running server; dropping it ends it.
#[derive(Debug)]
pub(super) struct Server {
    child: Child,
    url: String,
}

impl Server {
    /// Starts a server and waits until it has loaded the model.
    pub(super) fn start(cache: &Cache) -> Result<Self> {
        let mut child = command(cache).spawn().context("start llama-server")?;
        let log = child.stderr.take().expect("stderr is piped");
        let mut server = Self {
            child,
            url: String::new(),
        };
        server.url = wait_for_address(log)?;
        Ok(server)
    }

    /// Where it listens, as in `http://127.0.0.1:40123`.
    pub(super) fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Nothing of it is worth saving. Both fail only if it has ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn command(cache: &Cache) -> Command {
    let mut command = Command::new(setup::llama_server(cache));
    // The port is the system's choice: nobody can take it in between.
    command.args(["--host", "127.0.0.1", "--port", "0"]);
    command.args(["-c", "2048", "-t", "1", "-np", "1", "--model"]);
    command.arg(setup::model(cache));
    for (name, _) in env::vars_os() {
        let settings = name.to_string_lossy();
        if settings.starts_with("LLAMA_ARG_") || settings == "LLAMA_API_KEY" {
            command.env_remove(&name);
        }
    }
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    command
}

/// Reads the log until the address appears; goes on reading after that, so that the server never blocks on it.
fn wait_for_address(log: ChildStderr) -> Result<String> {
    let (sender, addresses) = mpsc::channel();
    thread::spawn(move || {
        for line in BufReader::new(log).lines().map_while(Result::ok) {
            if let Some(address) = address(&line) {
                // Nobody listens any more once the first one has been received.
                let _ = sender.send(address.to_owned());
            }
        }
    });
    let address = addresses.recv_timeout(PATIENCE);
    address.context("llama-server did not say where it listens")
}

fn address(line: &str) -> Option<&str> {
    let (_, rest) = line.split_once(LISTENING)?;
    rest.split_whitespace().next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_is_the_word_after_the_phrase() {
        let line = "0.00.272.581 I srv  llama_server: listening on http://127.0.0.1:36717";
        assert_eq!(address(line), Some("http://127.0.0.1:36717"));
        assert_eq!(
            address("0.00.272.557 I srv  llama_server: model loaded"),
            None
        );
    }
}
