//! Runs a long, talkative command and shows only that it lives.

use std::collections::VecDeque;
use std::io::{self, BufRead as _, BufReader, IsTerminal as _, Read, Write as _};
use std::process::{Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};

use crate::spoken;

/// How many of the last lines a failure shows.
const KEPT: usize = 40;

/// How often a terminal's line is redrawn, at the least.
const TICK: Duration = Duration::from_secs(1);

/// How often a line is printed where there is no terminal.
const BEAT: Duration = Duration::from_secs(15);

/// Runs the command to its end; meanwhile shows the time and the last line of its output.
///
/// # Errors
/// It cannot be started, or fails: then with its last lines.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let line = spoken::command(command);
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| format!("start `{line}`"))?;
    let (lines, received) = mpsc::channel();
    forward(child.stdout.take().expect("stdout is piped"), lines.clone());
    forward(child.stderr.take().expect("stderr is piped"), lines);

    let mut display = Display::new();
    let mut last = VecDeque::with_capacity(KEPT);
    loop {
        match received.recv_timeout(TICK) {
            Ok(line) => {
                if last.len() == KEPT {
                    last.pop_front();
                }
                last.push_back(line);
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => break,
        }
        display.show(last.back().map_or("", String::as_str));
    }
    display.clear();

    let status = child.wait().with_context(|| format!("wait for `{line}`"))?;
    if !status.success() {
        let output = Vec::from(last).join("\n  ");
        bail!("`{line}` failed ({status}); its last lines:\n  {output}");
    }
    Ok(())
}

/// Sends each line of the output until it ends. Bytes that are not UTF-8 are replaced.
fn forward(output: impl Read + Send + 'static, lines: Sender<String>) {
    thread::spawn(move || {
        for line in BufReader::new(output).split(b'\n') {
            let Ok(line) = line else { return };
            let line = String::from_utf8_lossy(&line).trim_end().to_owned();
            if !line.is_empty() && lines.send(line).is_err() {
                return;
            }
        }
    });
}

/// One line that is redrawn on a terminal, and a line now and then elsewhere.
struct Display {
    started: Instant,
    terminal: bool,
    shown: Instant,
}

impl Display {
    fn new() -> Self {
        let now = Instant::now();
        Self {
            started: now,
            terminal: io::stdout().is_terminal(),
            shown: now,
        }
    }

    fn show(&mut self, last: &str) {
        let pause = if self.terminal { TICK / 10 } else { BEAT };
        if self.shown.elapsed() < pause {
            return;
        }
        self.shown = Instant::now();
        let status = status(self.started.elapsed(), last);
        if self.terminal {
            print!("\r\x1b[2K{status}");
            // A terminal that cannot be written to is no reason to stop the work.
            let _ = io::stdout().flush();
        } else {
            println!("{status}");
        }
    }

    fn clear(&self) {
        if self.terminal {
            print!("\r\x1b[2K");
            let _ = io::stdout().flush();
        }
    }
}

/// Short enough for a terminal of 80 columns.
fn status(elapsed: Duration, last: &str) -> String {
    let plain = last.chars().filter(|c| !c.is_control());
    format!(
        "    {:>11}  {}",
        spoken::duration(elapsed),
        plain.take(60).collect::<String>()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn success_is_quiet_about_both_outputs() {
        let mut shell = Command::new("sh");
        shell.args(["-c", "seq 200000; seq 200000 >&2"]);
        run(&mut shell).expect("neither pipe fills up");
    }

    #[test]
    fn a_failure_shows_the_last_lines_and_no_others() {
        let mut shell = Command::new("sh");
        shell.args(["-c", "seq 100; exit 3"]);
        let message = run(&mut shell).expect_err("it exits with 3").to_string();
        assert!(message.contains("exit status: 3"), "{message}");
        assert!(message.ends_with("\n  99\n  100"), "{message}");
        assert!(!message.contains("\n  60\n"), "{message}");
    }

    #[test]
    fn a_command_that_does_not_exist_is_named() {
        let message = run(&mut Command::new("no-such-command")).expect_err("it cannot start");
        assert!(message.to_string().contains("no-such-command"), "{message}");
    }

    #[test]
    fn the_status_line_fits_and_moves_no_cursor() {
        let line = status(
            Duration::from_secs(191),
            &format!("\x1b[31m{}", "x".repeat(300)),
        );
        assert!(line.starts_with("     3 min 11 s  [31mxxx"), "{line}");
        assert!(line.len() < 80, "{line}");
    }
}
