//! From labels and scores to a record.

use super::consensus::equal;
use super::record::{Agreement, Reliability};
use super::{Consensus, GoldIdentity, LabelScale, TrustRecord, TrustSubject};
use crate::stats::{
    self, Bootstrap, Confusion, Estimate, Level, StatsError, Weights, mean_absolute_error,
};
use crate::{Cause, Outcome, Score};

/// An item with people's labels and what a judge made of it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct JudgedItem {
    /// People's labels, one for each rater; `None` where this rater gave none.
    pub labels: Vec<Option<f64>>,
    /// The judge's, one for each repeat.
    pub judgments: Vec<Judgment>,
    /// Of pairs judged in both orders: whether the preference changed with the order, once for
    /// each repeat that has both.
    pub order_flips: Vec<bool>,
}

/// What a judge made of an item.
#[derive(Debug, Clone, PartialEq)]
pub enum Judgment {
    /// A score on the scale of the labels.
    Value(f64),
    /// None.
    Unscored {
        /// Why, for people.
        reason: String,
        /// What failed, where something did.
        cause: Option<Cause>,
    },
}

impl Judgment {
    /// The value of a field of a score.
    pub fn of(score: &Score, field: &str) -> Self {
        let unscored = |reason| Self::Unscored {
            reason,
            cause: None,
        };
        match &score.outcome {
            Outcome::Unscored { reason, cause } => Self::Unscored {
                reason: reason.clone(),
                cause: cause.clone(),
            },
            Outcome::Scored { .. } => match score.value(field) {
                Some(value) if value.is_finite() => Self::Value(value),
                Some(_) => unscored(format!("{field} is no finite number")),
                None => unscored(format!("the score has no {field}")),
            },
        }
    }

    fn value(&self) -> Option<f64> {
        match self {
            Self::Value(value) => Some(*value),
            Self::Unscored { .. } => None,
        }
    }

    fn cause(&self) -> Option<&Cause> {
        match self {
            Self::Value(_) => None,
            Self::Unscored { cause, .. } => cause.as_ref(),
        }
    }

    fn failed(&self) -> bool {
        matches!(self.cause(), Some(Cause::Failed { .. }))
    }

    fn is_unreadable(&self) -> bool {
        matches!(self.cause(), Some(Cause::Unreadable))
    }
}

/// How a judge is measured.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Measurement {
    /// What labels and scores mean.
    pub scale: LabelScale,
    /// How the labels of several raters become one.
    pub consensus: Consensus,
    /// How intervals are made; its confidence holds for all of them.
    pub bootstrap: Bootstrap,
}

/// The reasons that a record tells apart.
const REASONS: usize = 20;

impl Measurement {
    /// The measurement that fits a scale.
    pub fn new(scale: LabelScale) -> Self {
        Self {
            scale,
            consensus: Consensus::of_level(scale.level),
            bootstrap: Bootstrap::default(),
        }
    }

    /// Measures a judge by what it made of labelled items. What has no value for these, such as
    /// the precision of a judge that never says yes, is absent of the record. `at` is the date.
    ///
    /// # Errors
    /// A label or a value is not finite.
    pub fn record(
        &self,
        subject: TrustSubject,
        gold: GoldIdentity,
        at: impl Into<String>,
        items: &[JudgedItem],
    ) -> Result<TrustRecord, StatsError> {
        for item in items {
            let values = item.judgments.iter().filter_map(Judgment::value);
            let all: Vec<f64> = item
                .labels
                .iter()
                .flatten()
                .copied()
                .chain(values)
                .collect();
            StatsError::finite(&all)?;
        }
        let people: Vec<_> = items.iter().map(|item| self.people(item)).collect();
        let pairs: Vec<(f64, f64)> = items
            .iter()
            .zip(&people)
            .filter_map(|(item, people)| Some(((*people)?, item.judgments.first()?.value()?)))
            .map(|(people, judge)| (people, self.scale.label(judge)))
            .collect();
        let mut agreement = self.agreement(&pairs);
        agreement.between_people = self.between_people(items);
        Ok(TrustRecord {
            version: TrustRecord::VERSION,
            subject,
            gold,
            at: at.into(),
            scale: self.scale,
            consensus: self.consensus,
            items: items.len(),
            compared: pairs.len(),
            without_consensus: people.iter().filter(|label| label.is_none()).count(),
            agreement,
            reliability: self.reliability(items),
        })
    }

    /// The label on which people agree.
    fn people(&self, item: &JudgedItem) -> Option<f64> {
        let labels = item.labels.iter().flatten();
        let labels: Vec<f64> = labels.map(|label| self.scale.label(*label)).collect();
        self.consensus.of(&labels)
    }

    /// Of pairs of people's label and the judge's.
    fn agreement(&self, pairs: &[(f64, f64)]) -> Agreement {
        let (bootstrap, level) = (&self.bootstrap, self.scale.level);
        let mut agreement = self.accuracy(pairs);
        let weights = match level {
            Level::Nominal => Some(Weights::None),
            Level::Ordinal => Some(Weights::Quadratic),
            Level::Interval => None,
        };
        agreement.kappa =
            weights.and_then(|weights| stats::kappa(&categories(pairs), weights, bootstrap).ok());
        let both = |(people, judge): &(f64, f64)| [Some(*people), Some(*judge)];
        let both: Vec<_> = pairs.iter().map(both).collect();
        let levels: &[Level] = match level {
            Level::Nominal => &[Level::Nominal],
            Level::Ordinal => &[Level::Nominal, Level::Ordinal],
            Level::Interval => &[Level::Ordinal, Level::Interval],
        };
        for level in levels {
            let alpha = stats::alpha(&both, *level, bootstrap);
            agreement.alpha.set(*level, alpha.ok());
        }
        if level != Level::Nominal {
            let (people, judge): (Vec<_>, Vec<_>) = pairs.iter().copied().unzip();
            agreement.mean_absolute_error = mean_absolute_error(&people, &judge, bootstrap).ok();
        }
        agreement
    }

    /// Of verdicts, where the scale has them, else of equal labels.
    fn accuracy(&self, pairs: &[(f64, f64)]) -> Agreement {
        let confidence = self.bootstrap.confidence;
        let from = match (self.scale.level, self.scale.positive_from) {
            // Its labels are 1 and 0.
            (Level::Nominal, Some(_)) => Some(0.5),
            (_, from) => from,
        };
        let Some(from) = from else {
            let equal = pairs
                .iter()
                .filter(|(people, judge)| equal(*people, *judge));
            let share = Estimate::proportion(equal.count(), pairs.len(), confidence).ok();
            return Agreement {
                accuracy: share.filter(|_| self.scale.level != Level::Interval),
                ..Agreement::default()
            };
        };
        let verdicts = pairs
            .iter()
            .map(|(people, judge)| (*people >= from, *judge >= from));
        let confusion = Confusion::of(verdicts);
        Agreement {
            accuracy: confusion.accuracy(confidence).ok(),
            precision: confusion.precision(confidence).ok(),
            recall: confusion.recall(confidence).ok(),
            f1: confusion.f1(&self.bootstrap).ok(),
            ..Agreement::default()
        }
    }

    fn between_people(&self, items: &[JudgedItem]) -> Option<Estimate> {
        let label = |label: &Option<f64>| label.map(|label| self.scale.label(label));
        let labels = |item: &JudgedItem| item.labels.iter().map(label).collect::<Vec<_>>();
        let people: Vec<_> = items.iter().map(labels).collect();
        stats::alpha(&people, self.scale.level, &self.bootstrap).ok()
    }

    fn reliability(&self, items: &[JudgedItem]) -> Reliability {
        let repeats = |item: &JudgedItem| {
            let values = item.judgments.iter().filter_map(Judgment::value);
            values
                .map(|value| self.scale.label(value))
                .collect::<Vec<_>>()
        };
        let repeated: Vec<_> = items
            .iter()
            .map(repeats)
            .filter(|item| item.len() > 1)
            .collect();
        let same = repeated
            .iter()
            .filter(|item| item.iter().all(|label| equal(*label, item[0])));
        let confidence = self.bootstrap.confidence;
        let deviations: Vec<f64> = match self.scale.level {
            Level::Nominal => Vec::new(),
            _ => repeated
                .iter()
                .filter_map(|item| crate::Spread::of(item)?.sd)
                .collect(),
        };
        let mut reliability = Reliability {
            order_flips: self.share(items.iter().map(|item| item.order_flips.clone())),
            same_in_repeats: Estimate::proportion(same.count(), repeated.len(), confidence).ok(),
            deviation_of_repeats: self.bootstrap.mean(&deviations).ok(),
            unscored: self.share_of_calls(items, |judgment| Some(judgment.value().is_none())),
            failed: self.share_of_calls(items, |judgment| Some(judgment.failed())),
            unreadable: self.share_of_calls(items, |judgment| {
                (!judgment.failed()).then(|| judgment.is_unreadable())
            }),
            ..Reliability::default()
        };
        for judgment in items.iter().flat_map(|item| &item.judgments) {
            let Judgment::Unscored { reason, .. } = judgment else {
                continue;
            };
            let reasons = &mut reliability.unscored_reasons;
            let known = reasons.contains_key(reason) || reasons.len() < REASONS;
            let reason = if known {
                reason.as_str()
            } else {
                "other reasons"
            };
            *reasons.entry(reason.to_owned()).or_default() += 1;
        }
        reliability
    }

    /// The share of yes over all calls that the question is asked of.
    fn share_of_calls(
        &self,
        items: &[JudgedItem],
        asked: impl Fn(&Judgment) -> Option<bool>,
    ) -> Option<Estimate> {
        self.share(
            items
                .iter()
                .map(|item| item.judgments.iter().filter_map(&asked).collect()),
        )
    }

    /// The share of yes over all items, of which each may be asked several times.
    fn share(&self, items: impl Iterator<Item = Vec<bool>>) -> Option<Estimate> {
        let items: Vec<_> = items.filter(|item| !item.is_empty()).collect();
        // Items that are all of one mind are as good as asked once.
        if items
            .iter()
            .all(|item| item.iter().all(|yes| *yes == item[0]))
        {
            let yes = items.iter().filter(|item| item[0]).count();
            return Estimate::proportion(yes, items.len(), self.bootstrap.confidence).ok();
        }
        let values = items
            .iter()
            .enumerate()
            .flat_map(|(at, item)| item.iter().map(move |yes| (at, f64::from(u8::from(*yes)))));
        self.bootstrap.clustered_mean(values).ok()
    }
}

/// Labels as categories in their order: whole numbers by their distance, others by their rank
/// among those that occur.
fn categories(pairs: &[(f64, f64)]) -> Vec<(usize, usize)> {
    let mut values: Vec<f64> = pairs.iter().flat_map(|(a, b)| [*a, *b]).collect();
    values.sort_unstable_by(f64::total_cmp);
    values.dedup();
    let least = values.first().copied().unwrap_or_default();
    let whole = values
        .iter()
        .all(|value| value.fract() == 0.0 && value - least < 1e3);
    let category = |value: f64| {
        if whole {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "it is a whole number from 0 to 999"
            )]
            return (value - least) as usize;
        }
        values.partition_point(|other| *other < value)
    };
    pairs
        .iter()
        .map(|(a, b)| (category(*a), category(*b)))
        .collect()
}
