//! When a judge is believed.

use serde::{Deserialize, Serialize};

use super::TrustRecord;

/// What a record must show for its judge to be trusted.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct TrustThreshold {
    /// The least lower bound of Krippendorff's alpha; 0.667 unless set, the lowest limit at which
    /// Krippendorff (2004, "Content analysis", page 241) draws even tentative conclusions.
    pub alpha: f64,
    /// The fewest items that were compared; 50 unless set.
    pub items: usize,
}

impl Default for TrustThreshold {
    fn default() -> Self {
        Self {
            alpha: 0.667,
            items: 50,
        }
    }
}

/// Whether a judge's scores are to be believed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "trust", rename_all = "snake_case")]
pub enum Trust {
    /// It agrees with people well enough.
    Trusted,
    /// It does not, or nobody knows.
    Untrusted {
        /// Why, for people.
        reason: String,
    },
}

impl Trust {
    /// What a judge's record says; `None` where there is no record.
    pub fn of(record: Option<&TrustRecord>, threshold: &TrustThreshold) -> Self {
        match record.map(|record| fault(record, threshold)) {
            None => Self::Untrusted {
                reason: "it was never measured against people's labels".into(),
            },
            Some(Some(reason)) => Self::Untrusted { reason },
            Some(None) => Self::Trusted,
        }
    }

    /// Whether it is trusted.
    pub fn is_trusted(&self) -> bool {
        *self == Self::Trusted
    }
}

fn fault(record: &TrustRecord, threshold: &TrustThreshold) -> Option<String> {
    if record.version != TrustRecord::VERSION {
        return Some("it was measured by another version: measure it anew".into());
    }
    let (compared, needed) = (record.compared, threshold.items);
    if compared < needed {
        return Some(format!(
            "it was measured on {compared} items, and {needed} are needed"
        ));
    }
    let Some(alpha) = record.alpha() else {
        return Some("its agreement with people has no value: the labels do not vary".into());
    };
    let Some(interval) = alpha.interval else {
        return Some("its agreement with people hangs on a single item".into());
    };
    let (low, least) = (interval.low, threshold.alpha);
    // Written so that what is no number is not trusted.
    if low >= least {
        return None;
    }
    Some(format!(
        "its agreement with people, alpha {:.3}, may be as low as {low:.3}, and {least:.3} is needed",
        alpha.value
    ))
}
