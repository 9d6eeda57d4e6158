//! The version of a program, as it tells it itself.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use tokio::process::Command;

/// Longer than any program takes to tell its version.
const PATIENCE: Duration = Duration::from_secs(10);

/// What `PROGRAM --version` says, from its line that begins with `version:`.
pub(super) async fn of(program: &Path) -> Option<String> {
    let asked = Command::new(program)
        .arg("--version")
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output();
    let output = tokio::time::timeout(PATIENCE, asked).await.ok()?.ok()?;
    // llama-server says it on stderr.
    [output.stderr, output.stdout]
        .iter()
        .find_map(|said| parse(said))
}

fn parse(said: &[u8]) -> Option<String> {
    let said = String::from_utf8_lossy(said);
    let mut lines = said.lines();
    let version = lines.find_map(|line| line.strip_prefix("version:"))?;
    Some(version.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_found_among_other_lines() {
        let said = b"warming up\nversion: 0.5.0 (build 1)\nbuilt with GNU 12\n";
        assert_eq!(parse(said).as_deref(), Some("0.5.0 (build 1)"));
        assert_eq!(parse(b"usage: frob"), None);
    }
}
