//! A sign of life on stderr while something takes long.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use inference_core::{LoadProgress, ProgressCallback};

use crate::screen::Screen;

/// What takes less is not worth a flicker.
const PATIENCE: Duration = Duration::from_millis(300);

/// A line that turns while something is waited for. It shows on a terminal only.
#[derive(Debug, Clone)]
pub(crate) struct Spinner {
    bar: ProgressBar,
    is_terminal: bool,
}

impl Spinner {
    /// A spinner that does not show yet.
    pub(crate) fn new(screen: Screen, message: &'static str) -> Self {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden());
        bar.set_message(message);
        Self {
            bar,
            is_terminal: screen.stderr_is_terminal,
        }
    }

    /// Changes what the line says.
    pub(crate) fn say(&self, message: String) {
        self.bar.set_message(message);
    }

    /// Shows the phases of a load.
    pub(crate) fn load_progress(&self) -> ProgressCallback {
        let bar = self.bar.clone();
        std::sync::Arc::new(move |progress| bar.set_message(describe(&progress)))
    }

    /// Waits for `work`, and shows the line if it takes long. The line is gone when this returns
    /// or is dropped.
    pub(crate) async fn during<T>(&self, work: impl Future<Output = T>) -> T {
        if !self.is_terminal {
            return work.await;
        }
        let mut work = std::pin::pin!(work);
        if let Ok(done) = tokio::time::timeout(PATIENCE, &mut work).await {
            return done;
        }
        let _clear = Clear(&self.bar);
        // One that was taken away before would not show again.
        self.bar.reset();
        self.bar.set_style(style());
        self.bar.set_draw_target(ProgressDrawTarget::stderr());
        self.bar.enable_steady_tick(Duration::from_millis(100));
        work.await
    }
}

/// Takes the line away again.
struct Clear<'a>(&'a ProgressBar);

impl Drop for Clear<'_> {
    fn drop(&mut self) {
        self.0.disable_steady_tick();
        self.0.finish_and_clear();
    }
}

fn style() -> ProgressStyle {
    ProgressStyle::with_template("{spinner} {msg} ({elapsed})")
        .expect("the template is valid")
        .tick_chars("⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏ ")
}

/// One line for a phase of a load.
fn describe(progress: &LoadProgress) -> String {
    match progress.fraction {
        Some(fraction) => format!("{} {:.0} %", progress.phase, fraction * 100.0),
        None => progress.phase.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_phase_shows_how_far_it_is_where_that_is_known() {
        let phase = LoadProgress::new("loading the model");
        assert_eq!(describe(&phase), "loading the model");
        assert_eq!(
            describe(&phase.with_fraction(0.4)),
            "loading the model 40 %"
        );
    }

    #[test]
    fn the_line_can_be_styled() {
        let _ = style();
    }
}
