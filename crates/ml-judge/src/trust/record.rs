//! What was measured of a judge.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Consensus;
use crate::stats::{Estimate, Level};
use crate::{Judging, Mode, Score};

/// What was measured of a judge, or of a heuristic, against people's labels.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct TrustRecord {
    /// The version of this form, [`TrustRecord::VERSION`].
    pub version: u32,
    /// What was measured.
    pub subject: TrustSubject,
    /// Against which labels.
    pub gold: GoldIdentity,
    /// When, as the caller says it.
    pub at: String,
    /// What the labels mean.
    pub scale: LabelScale,
    /// How those of several raters became one.
    pub consensus: Consensus,
    /// The items that there were.
    pub items: usize,
    /// The items with a label of people and of the judge, which all agreement is about.
    pub compared: usize,
    /// The items without a label on which people agree.
    pub without_consensus: usize,
    /// How far the judge agrees with people.
    pub agreement: Agreement,
    /// How far it agrees with itself.
    pub reliability: Reliability,
}

/// What a record is about, and whose scores it applies to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct TrustSubject {
    /// The suite.
    pub suite: String,
    /// Version of its formula or rubric.
    pub version: String,
    /// The rules.
    pub mode: Mode,
    /// The judges and how they are asked, without the seed; none for a heuristic.
    pub judges: Vec<Judging>,
}

/// The labels that a judge was measured against.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GoldIdentity {
    /// The file.
    pub name: String,
    /// BLAKE3 of its content, in hexadecimal digits.
    pub hash: String,
}

/// What labels mean.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct LabelScale {
    /// Names, an order, or numbers.
    pub level: Level,
    /// From which value on a label means yes, where yes and no are asked for. Labels of a nominal
    /// scale then are yes or no and nothing else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub positive_from: Option<f64>,
}

/// How far a judge agrees with people, as far as the scale has a meaning for it. The judge's first
/// answer to every item counts: it is measured as it is used, asked once.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Agreement {
    /// The share of right verdicts, or of equal labels where the scale has no verdicts.
    pub accuracy: Option<Estimate>,
    /// The share of right ones among those judged yes.
    pub precision: Option<Estimate>,
    /// The share judged yes among those that are.
    pub recall: Option<Estimate>,
    /// The harmonic mean of precision and recall.
    pub f1: Option<Estimate>,
    /// Cohen's kappa: plain for names, with quadratic weights for an order.
    pub kappa: Option<Estimate>,
    /// Krippendorff's alpha of the judge and people's consensus.
    pub alpha: Alphas,
    /// Krippendorff's alpha of the people alone: what a judge can hope for.
    pub between_people: Option<Estimate>,
    /// The mean distance of the judge's label from people's.
    pub mean_absolute_error: Option<Estimate>,
}

/// Krippendorff's alpha by what labels are taken for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Alphas {
    /// Names.
    pub nominal: Option<Estimate>,
    /// An order.
    pub ordinal: Option<Estimate>,
    /// Numbers.
    pub interval: Option<Estimate>,
}

/// How far a judge agrees with itself, and how often it gives no score.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Reliability {
    /// The share of pairs whose preference changed with the order, where pairs were judged.
    pub order_flips: Option<Estimate>,
    /// The share of items that got the same label in all repeats, where there were some.
    pub same_in_repeats: Option<Estimate>,
    /// The mean over items of the standard deviation of an item's repeats.
    pub deviation_of_repeats: Option<Estimate>,
    /// The share of calls without a score.
    pub unscored: Option<Estimate>,
    /// The share of calls that failed, by the judge's server or the time they took.
    pub failed: Option<Estimate>,
    /// The share of unreadable answers among calls that did not fail.
    pub unreadable: Option<Estimate>,
    /// How many for which reason: the first twenty reasons, and the others together.
    pub unscored_reasons: BTreeMap<String, u64>,
}

impl TrustRecord {
    /// The form that is written. Records of another one are not believed.
    pub const VERSION: u32 = 1;

    /// Krippendorff's alpha for what the labels are.
    pub fn alpha(&self) -> Option<Estimate> {
        self.agreement.alpha.of(self.scale.level)
    }
}

impl Alphas {
    /// The one for labels of this level.
    pub fn of(&self, level: Level) -> Option<Estimate> {
        match level {
            Level::Nominal => self.nominal,
            Level::Ordinal => self.ordinal,
            Level::Interval => self.interval,
        }
    }

    pub(super) fn set(&mut self, level: Level, estimate: Option<Estimate>) {
        *match level {
            Level::Nominal => &mut self.nominal,
            Level::Ordinal => &mut self.ordinal,
            Level::Interval => &mut self.interval,
        } = estimate;
    }
}

impl LabelScale {
    /// Yes from one half on, else no.
    pub const VERDICT: Self = Self {
        level: Level::Nominal,
        positive_from: Some(0.5),
    };

    /// Labels of this level without a yes and no.
    pub fn of(level: Level) -> Self {
        Self {
            level,
            positive_from: None,
        }
    }

    /// The label that a value is: of a nominal scale with verdicts 1 or 0, else itself.
    pub(super) fn label(&self, value: f64) -> f64 {
        match (self.level, self.positive_from) {
            (Level::Nominal, Some(from)) => f64::from(u8::from(value >= from)),
            _ => value,
        }
    }
}

impl TrustSubject {
    /// A heuristic.
    pub fn heuristic(suite: impl Into<String>, version: impl Into<String>, mode: Mode) -> Self {
        Self {
            suite: suite.into(),
            version: version.into(),
            mode,
            judges: Vec::new(),
        }
    }

    /// What made this score. Its seed does not matter: repeats differ by it.
    pub fn of(score: &Score) -> Self {
        let all = std::iter::once(score).chain(&score.members);
        let judges = all.filter_map(|score| score.judge.clone());
        let unseeded = |mut judge: Judging| {
            judge.seed = None;
            judge
        };
        Self {
            judges: judges.map(unseeded).collect(),
            ..Self::heuristic(&score.suite, &score.version, score.mode)
        }
    }

    /// The name under which its record is kept: equal for equal subjects, and only for these.
    #[expect(clippy::missing_panics_doc, reason = "it cannot: see the expectation")]
    pub fn key(&self) -> String {
        let json = serde_json::to_vec(self).expect("its fields are text and numbers");
        blake3::hash(&json).to_hex().to_string()
    }
}
