//! What set-up needs of the operating system: a C++ compiler, Python and a browser.

use std::fmt;
use std::process::{Command, Stdio};

use anyhow::{Result, bail};

use super::browser;
use crate::{spoken, watch};

/// Something the system has to bring along.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Need {
    /// The C++ compiler, which builds llama-server and the C interface of MLX.
    Compiler,
    /// Python 3.10 or newer with its `venv` module, which downloads.
    Python,
    /// A Chromium, which shows the chat page in tests.
    Browser,
}

impl fmt::Display for Need {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Compiler => "a C++ compiler",
            Self::Python => "Python 3.10 or newer with venv",
            Self::Browser => "Chromium or Google Chrome (where it is, ML_CHROMIUM can say)",
        })
    }
}

impl Need {
    fn met(self) -> bool {
        match self {
            // A variable that names no file is reported by the browser's own check.
            Self::Browser => browser::installed().is_ok_and(|found| found.is_some()),
            // On a Mac without the tools, `c++` and `python3` are there and only open a dialogue.
            _ if cfg!(target_os = "macos") && !succeeds("xcode-select", &["-p"]) => false,
            Self::Compiler => succeeds("c++", &["--version"]),
            Self::Python => succeeds("python3", &["-c", MODERN_PYTHON]),
        }
    }
}

const MODERN_PYTHON: &str = "import ensurepip, venv, sys; sys.exit(sys.version_info < (3, 10))";

/// Sees to what is missing: on Debian and its kin installs it for root; otherwise fails with the command that does.
///
/// # Errors
/// Something is missing and cannot be installed by us.
pub(super) fn provide(needs: &[Need]) -> Result<()> {
    let needs = missing(needs);
    if needs.is_empty() {
        return Ok(());
    }
    let names: Vec<_> = needs.iter().map(ToString::to_string).collect();
    let names = names.join(" and ");
    let Some(packages) = Packages::of_this_system() else {
        bail!("{names} must be installed first");
    };
    let commands = packages.install(&needs);
    if packages != Packages::Apt || !is_root() {
        bail!(
            "{names} must be installed first, with\n  {}",
            typed(&commands, packages)
        );
    }
    for words in commands {
        let mut command = Command::new(words[0]);
        command
            .args(&words[1..])
            .env("DEBIAN_FRONTEND", "noninteractive");
        println!("    $ {}", spoken::command(&command));
        watch::run(&mut command)?;
    }
    Ok(())
}

/// What is not there of what is needed.
pub(super) fn missing(needs: &[Need]) -> Vec<Need> {
    needs.iter().copied().filter(|need| !need.met()).collect()
}

/// The systems whose commands we know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Packages {
    Apt,
    Dnf,
    Pacman,
    Xcode,
}

impl Packages {
    fn of_this_system() -> Option<Self> {
        if cfg!(target_os = "macos") {
            return Some(Self::Xcode);
        }
        let known = [
            (Self::Apt, "apt-get"),
            (Self::Dnf, "dnf"),
            (Self::Pacman, "pacman"),
        ];
        let (packages, _) = known
            .into_iter()
            .find(|(_, tool)| succeeds(tool, &["--version"]))?;
        Some(packages)
    }

    /// The commands to run as root, in their order.
    fn install(self, needs: &[Need]) -> Vec<Vec<&'static str>> {
        let mut command: Vec<&str> = match self {
            Self::Apt => vec!["apt-get", "install", "--yes", "--no-install-recommends"],
            Self::Dnf => vec!["dnf", "install", "--assumeyes"],
            Self::Pacman => vec!["pacman", "--sync", "--noconfirm"],
            Self::Xcode => return on_a_mac(needs),
        };
        for need in needs {
            command.extend(self.packages(*need));
        }
        match self {
            Self::Apt => vec![vec!["apt-get", "update"], command],
            _ => vec![command],
        }
    }

    fn packages(self, need: Need) -> &'static [&'static str] {
        match (self, need) {
            (Self::Apt, Need::Compiler) => &["g++"],
            (Self::Apt, Need::Python) => &["python3", "python3-venv"],
            (Self::Dnf, Need::Compiler) => &["gcc-c++"],
            (Self::Dnf, Need::Python) => &["python3"],
            (Self::Pacman, Need::Compiler) => &["gcc"],
            (Self::Pacman, Need::Python) => &["python"],
            (Self::Apt | Self::Dnf | Self::Pacman, Need::Browser) => &["chromium"],
            (Self::Xcode, _) => &[],
        }
    }
}

fn on_a_mac(needs: &[Need]) -> Vec<Vec<&'static str>> {
    let mut commands = Vec::new();
    if needs.iter().any(|need| *need != Need::Browser) {
        // One installation has both the compiler and Python.
        commands.push(vec!["xcode-select", "--install"]);
    }
    if needs.contains(&Need::Browser) {
        commands.push(vec!["brew", "install", "--cask", "google-chrome"]);
    }
    commands
}

/// The commands on one line, as somebody who is not root types them.
fn typed(commands: &[Vec<&str>], packages: Packages) -> String {
    let sudo = if packages == Packages::Xcode {
        ""
    } else {
        "sudo "
    };
    let lines: Vec<_> = commands
        .iter()
        .map(|words| format!("{sudo}{}", words.join(" ")))
        .collect();
    lines.join(" && ")
}

fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output();
    id.is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}

pub(super) fn succeeds(program: &str, arguments: &[&str]) -> bool {
    Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(packages: Packages, needs: &[Need], expected: &str) {
        assert_eq!(typed(&packages.install(needs), packages), expected);
    }

    #[test]
    fn only_what_is_missing_is_installed() {
        check(
            Packages::Apt,
            &[Need::Compiler, Need::Python],
            "sudo apt-get update && sudo apt-get install --yes --no-install-recommends g++ python3 python3-venv",
        );
        check(
            Packages::Apt,
            &[Need::Compiler],
            "sudo apt-get update && sudo apt-get install --yes --no-install-recommends g++",
        );
        check(
            Packages::Dnf,
            &[Need::Python],
            "sudo dnf install --assumeyes python3",
        );
        check(
            Packages::Pacman,
            &[Need::Compiler],
            "sudo pacman --sync --noconfirm gcc",
        );
        check(
            Packages::Xcode,
            &[Need::Compiler, Need::Python],
            "xcode-select --install",
        );
        check(
            Packages::Apt,
            &[Need::Browser],
            "sudo apt-get update && sudo apt-get install --yes --no-install-recommends chromium",
        );
        check(
            Packages::Xcode,
            &[Need::Python, Need::Browser],
            "xcode-select --install && brew install --cask google-chrome",
        );
    }

    #[test]
    fn a_program_that_is_not_there_does_not_succeed() {
        assert!(succeeds("true", &[]));
        assert!(!succeeds("false", &[]));
        assert!(!succeeds("no-such-command", &[]));
    }
}
