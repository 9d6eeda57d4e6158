//! How far a pull is, on a terminal.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use ml_service::{PullProgress, RepoRef};

/// A line on stderr. It is gone when this is dropped.
pub(super) struct Bar(ProgressBar);

/// What the line looks like.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Look {
    /// Something is waited for; how far it is says nothing.
    Waiting,
    Fetching,
}

impl Look {
    fn style(self) -> ProgressStyle {
        let template = match self {
            Self::Waiting => "{spinner} {wide_msg}",
            Self::Fetching => {
                "{spinner} {bar:20} {percent} % of {decimal_total_bytes}, \
                 {decimal_bytes_per_sec}, {eta} left, {wide_msg}"
            }
        };
        ProgressStyle::with_template(template)
            .expect("the template is valid")
            .tick_chars("⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏ ")
            .progress_chars("━╸─")
    }
}

impl Bar {
    /// A line that shows, or none at all.
    pub(super) fn new(model: &RepoRef, shows: bool) -> Self {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden());
        bar.set_style(Look::Waiting.style());
        bar.set_message(format!("looking for {}", model.repository()));
        if shows {
            bar.set_draw_target(ProgressDrawTarget::stderr());
            bar.enable_steady_tick(Duration::from_millis(100));
        }
        Self(bar)
    }

    /// What is to be told of the progress.
    pub(super) fn callback(&self) -> impl Fn(&PullProgress) + Send + Sync + 'static {
        let bar = self.0.clone();
        let shown = Mutex::new(Look::Waiting);
        move |progress| {
            let (look, message) = describe(progress);
            bar.set_message(message);
            if bar.length().is_none() && progress.files > 0 {
                bar.set_length(progress.bytes);
            }
            bar.set_position(progress.bytes_done);
            let mut shown = shown.lock().unwrap_or_else(PoisonError::into_inner);
            if *shown != look {
                *shown = look;
                bar.set_style(look.style());
            }
        }
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.0.disable_steady_tick();
        self.0.finish_and_clear();
    }
}

fn describe(progress: &PullProgress) -> (Look, String) {
    if let Some(reason) = &progress.waiting {
        return (Look::Waiting, reason.clone());
    }
    let files = format!("{} of {} files", progress.files_done, progress.files);
    (Look::Fetching, files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_can_be_styled() {
        let _ = (Look::Waiting.style(), Look::Fetching.style());
    }
}
