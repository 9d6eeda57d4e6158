//! How far a conversion is, on a terminal.

use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::screen::Screen;

/// What takes less needs no line.
const PATIENCE: Duration = Duration::from_secs(2);

/// A line on stderr that shows where something takes long. It is gone when this is dropped.
pub(super) struct Bar {
    line: ProgressBar,
    is_terminal: bool,
}

impl Bar {
    /// A line that does not show yet.
    pub(super) fn new(screen: Screen) -> Self {
        let line = ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden());
        line.set_style(style());
        Self {
            line,
            is_terminal: screen.stderr_is_terminal,
        }
    }

    /// What is to be told of the bytes that are done and of all there are.
    pub(super) fn callback(&self) -> impl FnMut(u64, u64) + Send + 'static {
        let line = self.line.clone();
        let started = Instant::now();
        let mut hidden = self.is_terminal;
        move |done, total| {
            line.set_length(total);
            line.set_position(done);
            if hidden && started.elapsed() > PATIENCE {
                hidden = false;
                line.set_draw_target(ProgressDrawTarget::stderr());
                line.enable_steady_tick(Duration::from_millis(100));
            }
        }
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.line.disable_steady_tick();
        self.line.finish_and_clear();
    }
}

fn style() -> ProgressStyle {
    let template = "{spinner} {bar:20} {percent} % of {decimal_total_bytes}, {eta} left";
    ProgressStyle::with_template(template)
        .expect("the template is valid")
        .tick_chars("⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏ ")
        .progress_chars("━╸─")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_can_be_styled() {
        let _ = style();
    }
}
