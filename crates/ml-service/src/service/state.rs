//! What a model of the service is doing, as others see it.

use std::time::{Duration, SystemTime};

use inference_core::{Error, LoadProgress};

/// What a model of the service is doing.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum ModelState {
    /// It is loaded by the next request.
    Unloaded,
    /// It is being loaded.
    #[non_exhaustive]
    Loading {
        /// Since when.
        since: SystemTime,
        /// What is being done, and how much of it is done where that is known.
        progress: LoadProgress,
        /// How long it may still take, between 1 s and 60 s: by the fraction that is done, else by
        /// what the last load of the model took, else as long again as it has taken.
        time_left: Duration,
    },
    /// It can answer at once.
    #[non_exhaustive]
    Loaded {
        /// Since when.
        since: SystemTime,
        /// Answers in work, and other holders of the model.
        in_use: usize,
        /// What it is counted with under the memory ceiling.
        memory_bytes: u64,
    },
    /// It is being unloaded.
    Unloading,
    /// The last load failed. The next request tries again.
    #[non_exhaustive]
    Failed {
        /// When.
        at: SystemTime,
        /// Why.
        error: Error,
    },
}

impl ModelState {
    /// Whether it can answer at once.
    pub fn is_loaded(&self) -> bool {
        matches!(self, Self::Loaded { .. })
    }

    /// A stable name for JSON and metrics: `unloaded`, `loading`, `loaded`, `unloading`, `failed`.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Unloaded => "unloaded",
            Self::Loading { .. } => "loading",
            Self::Loaded { .. } => "loaded",
            Self::Unloading => "unloading",
            Self::Failed { .. } => "failed",
        }
    }
}

/// [`ModelState::Loading::time_left`]. A fraction counts from a hundredth on; the bounds are there
/// because clients are told to come back after it.
pub(super) fn time_left(
    elapsed: Duration,
    fraction: Option<f32>,
    last: Option<Duration>,
) -> Duration {
    let left = match (fraction.filter(|done| *done > 0.01), last) {
        (Some(done), _) => elapsed.mul_f32((1.0 - done.min(1.0)) / done),
        (None, Some(last)) if last > elapsed => last.saturating_sub(elapsed),
        _ => elapsed,
    };
    left.clamp(Duration::from_secs(1), Duration::from_mins(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_left_is_told_by_the_best_that_is_known() {
        let s = Duration::from_secs;
        for (elapsed, fraction, last, left) in [
            (s(0), None, None, s(1)),
            (s(7), None, None, s(7)),
            (s(7), None, Some(s(10)), s(3)),
            (s(20), None, Some(s(10)), s(20)),
            (s(10), Some(0.25), Some(s(10)), s(30)),
            (s(10), Some(0.001), None, s(10)),
            (s(10), Some(1.5), None, s(1)),
            (s(1000), None, None, s(60)),
        ] {
            assert_eq!(time_left(elapsed, fraction, last), left, "{elapsed:?}");
        }
    }
}
