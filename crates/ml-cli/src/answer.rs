//! An answer on its way to the user: shown as it comes, and kept.

mod json;

use std::io::{self, Write as _};

use futures::stream::{self, Stream, StreamExt as _};
use inference_core::{Error, ErrorKind, Event, Partial, Summary, TokenStream};

use crate::failure::Failure;
use crate::screen::{self, Screen};
use crate::spinner::Spinner;
use crate::visible::visible;
pub(crate) use json::{AnswerJson, ErrorJson};

/// How the pieces of an answer are shown as they come. Thinking goes to stderr, dimmed, where that
/// is a terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Show {
    /// The answer on stdout to the byte; only on a terminal its last line is ended.
    Exact,
    /// The answer on stdout, its last line always ended.
    Line,
    /// Nothing: the whole is printed afterwards.
    Nothing,
}

/// What came, and how it ended.
#[derive(Debug)]
pub(crate) struct Answer {
    /// All that came.
    pub(crate) parts: Partial,
    /// The backend's summary, or why there is none.
    pub(crate) end: Result<Summary, Error>,
}

impl Answer {
    /// Reads a stream to its end and shows it.
    ///
    /// # Errors
    /// [`Failure::OutputClosed`] when nobody reads stdout any more; an error of the stream is
    /// part of the answer.
    pub(crate) async fn read(
        mut stream: TokenStream,
        show: Show,
        screen: Screen,
    ) -> Result<Self, Failure> {
        let spinner = Spinner::new(screen, "waiting for the first token");
        let printer = Printer::new(show, screen, spinner.clone());
        if show == Show::Nothing {
            return spinner.during(Self::follow(stream, printer)).await;
        }
        let first = spinner.during(stream.next()).await;
        Self::follow(stream::iter(first).chain(stream), printer).await
    }

    async fn follow(
        mut events: impl Stream<Item = Result<Event, Error>> + Unpin,
        mut printer: Printer,
    ) -> Result<Self, Failure> {
        let mut parts = Partial::default();
        let end = loop {
            match events.next().await {
                Some(Ok(Event::Token(token))) => {
                    printer.answer(&token.text)?;
                    parts.text.push_str(&token.text);
                    // Without a log probability there is nothing in it but the text.
                    if token.logprob.is_some() {
                        parts.tokens.push(token);
                    }
                }
                Some(Ok(Event::Reasoning(token))) => {
                    printer.reasoning(&token.text);
                    parts.reasoning.push_str(&token.text);
                }
                Some(Ok(Event::ToolCall(call))) => parts.tool_calls.push(call),
                Some(Ok(Event::Finished(summary))) => break Ok(summary),
                Some(Ok(_)) => {}
                Some(Err(error)) => break Err(error),
                None => {
                    let message = "the answer stopped before its end";
                    break Err(Error::new(ErrorKind::Truncated, message));
                }
            }
        };
        printer.end()?;
        Ok(Self { parts, end })
    }
}

/// Prints the pieces, thinking and answer apart.
struct Printer {
    show: Show,
    screen: Screen,
    spinner: Spinner,
    /// How many pieces came.
    pieces: usize,
    /// Thinking is on the screen and its line has not ended.
    thinking: bool,
    /// The answer's last line has not ended.
    open_line: bool,
}

impl Printer {
    fn new(show: Show, screen: Screen, spinner: Spinner) -> Self {
        Self {
            show,
            screen,
            spinner,
            pieces: 0,
            thinking: false,
            open_line: false,
        }
    }

    fn answer(&mut self, text: &str) -> Result<(), Failure> {
        if self.show == Show::Nothing {
            self.count();
            return Ok(());
        }
        if text.is_empty() {
            return Ok(());
        }
        self.end_thinking();
        self.open_line = !text.ends_with('\n');
        if self.screen.stdout_is_terminal {
            screen::write_out(&visible(text))
        } else {
            screen::write_out(text)
        }
    }

    fn reasoning(&mut self, text: &str) {
        if self.show == Show::Nothing {
            return self.count();
        }
        if !self.screen.stderr_is_terminal {
            return;
        }
        self.thinking = true;
        let text = visible(text);
        let _ = write!(io::stderr(), "{}", self.screen.err.dim(text));
    }

    /// The only sign of life of an answer that is not shown.
    fn count(&mut self) {
        self.pieces += 1;
        self.spinner.say(format!("{} tokens", self.pieces));
    }

    fn end_thinking(&mut self) {
        if std::mem::take(&mut self.thinking) {
            let _ = write!(io::stderr(), "\n\n");
        }
    }

    /// Ends the last line where that is wanted.
    fn end(&mut self) -> Result<(), Failure> {
        self.end_thinking();
        let wanted = self.show == Show::Line || self.screen.stdout_is_terminal;
        if wanted && self.open_line {
            return screen::write_out("\n");
        }
        Ok(())
    }
}

/// One line about what an answer took.
pub(crate) fn summary_line(summary: &Summary) -> String {
    let tokens = summary.usage.generated_tokens.map(|tokens| match tokens {
        1 => "1 token".to_owned(),
        _ => format!("{tokens} tokens"),
    });
    let rate = summary.metrics.decode_tokens_per_second;
    let rate = rate.map(|rate| format!("{rate:.1} tokens/s"));
    let first = summary.metrics.prefill;
    let first = match first.as_millis() {
        ms @ 0..1000 => format!("first token after {ms} ms"),
        _ => format!("first token after {:.1} s", first.as_secs_f64()),
    };
    let reason = summary.finish_reason.as_str().to_owned();
    let parts: Vec<_> = [tokens, rate, Some(first), Some(reason)]
        .into_iter()
        .flatten()
        .collect();
    parts.join(" · ")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use inference_core::{FinishReason, Metrics, Usage};

    use super::*;

    #[test]
    fn a_summary_says_what_is_known() {
        let line = |usage: Usage| {
            let (prefill, decode) = (Duration::from_millis(250), Duration::from_secs(2));
            let metrics = Metrics::new(&usage, prefill, decode, prefill + decode);
            summary_line(&Summary::new(FinishReason::Length, usage, metrics))
        };
        assert_eq!(
            line(Usage::new(5, 21)),
            "21 tokens · 10.0 tokens/s · first token after 250 ms · length"
        );
        assert_eq!(
            line(Usage::new(5, 1)),
            "1 token · first token after 250 ms · length"
        );
        assert_eq!(line(Usage::default()), "first token after 250 ms · length");
    }
}
