//! Where output goes: terminals, colour, and output that somebody closed.

use std::fmt;
use std::io::{self, IsTerminal as _, Write as _};

use clap::ValueEnum;
use clap::builder::styling::{AnsiColor, Style};

use crate::failure::Failure;

/// When to use colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ColorWhen {
    /// On a terminal, unless `NO_COLOR` is set
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

impl From<ColorWhen> for clap::ColorChoice {
    fn from(when: ColorWhen) -> Self {
        match when {
            ColorWhen::Auto => Self::Auto,
            ColorWhen::Always => Self::Always,
            ColorWhen::Never => Self::Never,
        }
    }
}

/// What is known of stdout and stderr.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Screen {
    /// Whether a person reads stdout.
    pub(crate) stdout_is_terminal: bool,
    /// Whether a person reads stderr.
    pub(crate) stderr_is_terminal: bool,
    /// Styles for stdout.
    pub(crate) out: Paint,
    /// Styles for stderr.
    pub(crate) err: Paint,
}

impl Screen {
    /// Looks at the process's own streams and environment.
    pub(crate) fn new(when: ColorWhen) -> Self {
        let stdout_is_terminal = io::stdout().is_terminal();
        let stderr_is_terminal = io::stderr().is_terminal();
        Self {
            stdout_is_terminal,
            stderr_is_terminal,
            out: Paint::new(when, stdout_is_terminal),
            err: Paint::new(when, stderr_is_terminal),
        }
    }
}

/// Writes one line to stderr. That nobody reads it is not an error.
pub(crate) fn say(line: impl fmt::Display) {
    let _ = writeln!(io::stderr(), "{line}");
}

/// Writes to stdout at once.
///
/// # Errors
/// [`Failure::OutputClosed`] when the reader has gone, [`Failure::Failed`] for anything else.
pub(crate) fn write_out(text: &str) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())
        .and_then(|()| out.flush())
        .map_err(Failure::output)
}

/// A value as JSON on one line.
pub(crate) fn json_line(value: &impl serde::Serialize) -> String {
    let json = serde_json::to_string(value).expect("what is printed has only string keys");
    json + "\n"
}

/// Styles that vanish where colour is not wanted.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Paint {
    on: bool,
}

impl Paint {
    fn new(when: ColorWhen, is_terminal: bool) -> Self {
        let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        let dumb = || std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        let on = match when {
            ColorWhen::Always => true,
            ColorWhen::Never => false,
            ColorWhen::Auto => is_terminal && !set("NO_COLOR") && !dumb(),
        };
        Self { on }
    }

    /// Nothing is styled.
    #[cfg(test)]
    pub(crate) const PLAIN: Self = Self { on: false };

    /// Whether anything is styled.
    pub(crate) fn is_on(self) -> bool {
        self.on
    }

    /// Like its surroundings.
    pub(crate) fn plain<T: fmt::Display>(self, text: T) -> Painted<T> {
        self.style(Style::new(), text)
    }

    /// Less important than its surroundings.
    pub(crate) fn dim<T: fmt::Display>(self, text: T) -> Painted<T> {
        self.style(Style::new().dimmed(), text)
    }

    /// More important than its surroundings.
    pub(crate) fn bold<T: fmt::Display>(self, text: T) -> Painted<T> {
        self.style(Style::new().bold(), text)
    }

    /// All is well.
    pub(crate) fn good<T: fmt::Display>(self, text: T) -> Painted<T> {
        self.style(AnsiColor::Green.on_default(), text)
    }

    /// Not a failure, but to be looked at.
    pub(crate) fn warn<T: fmt::Display>(self, text: T) -> Painted<T> {
        self.style(AnsiColor::Yellow.on_default(), text)
    }

    /// A failure.
    pub(crate) fn bad<T: fmt::Display>(self, text: T) -> Painted<T> {
        self.style(AnsiColor::Red.on_default().bold(), text)
    }

    fn style<T: fmt::Display>(self, style: Style, text: T) -> Painted<T> {
        let style = if self.on { style } else { Style::new() };
        Painted { style, text }
    }
}

/// A styled value, to be displayed.
#[derive(Debug)]
pub(crate) struct Painted<T> {
    style: Style,
    text: T,
}

impl<T: fmt::Display> fmt::Display for Painted<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}{}{}",
            self.style,
            self.text,
            self.style.render_reset()
        )
    }
}
