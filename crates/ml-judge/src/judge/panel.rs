//! Several judges of one response.

use std::collections::BTreeMap;

use futures::future::join_all;

use super::{Evidence, Judge, repeat::median};
use crate::{Cause, Judging, Mode, Outcome, Rubric, Score};

/// One judge, or several whose scores are combined.
#[derive(Debug, Clone)]
pub struct Panel {
    judges: Vec<Judge>,
    records: Vec<Judging>,
}

/// A panel needs a judge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a panel needs at least one judge")]
pub struct NoJudge;

impl Panel {
    /// A panel of these judges.
    ///
    /// # Errors
    /// [`NoJudge`] where there are none.
    pub fn new(judges: Vec<Judge>) -> Result<Self, NoJudge> {
        if judges.is_empty() {
            return Err(NoJudge);
        }
        Ok(Self::of(judges))
    }

    fn of(judges: Vec<Judge>) -> Self {
        let records = judges.iter().map(|judge| judge.record().clone()).collect();
        Self { judges, records }
    }

    /// The judges, in their order; at least one.
    pub fn judges(&self) -> &[Judge] {
        &self.judges
    }

    /// The judges and how they are asked, in their order.
    pub fn records(&self) -> &[Judging] {
        &self.records
    }

    /// The panel for the repeat of a number; see [`Judge::repeat`].
    #[must_use]
    pub fn repeat(&self, index: u32) -> Self {
        let judges = self.judges.iter().map(|judge| judge.repeat(index));
        Self::of(judges.collect())
    }

    /// Scores a response.
    ///
    /// One judge's score is the panel's. Of several, all asked at the same time, each judge's
    /// score is a [member](Score::members), and the panel's is for each dimension the median, or
    /// the majority where the rubric's scale is a [verdict](crate::Scale::is_verdict). It is
    /// unscored where not more than half of the judges scored, and where a verdict is a tie.
    /// Dropping the future cancels.
    pub async fn score(&self, rubric: &Rubric, evidence: &Evidence<'_>, mode: Mode) -> Score {
        if let [judge] = self.judges.as_slice() {
            return judge.score(rubric, evidence, mode).await;
        }
        let ask = |judge| Judge::score(judge, rubric, evidence, mode);
        let members = join_all(self.judges.iter().map(ask)).await;
        let outcome = combined(rubric, &members);
        let mut score = Score::new(rubric.name(), rubric.version(), mode, outcome);
        score.members = members;
        score
    }
}

impl From<Judge> for Panel {
    fn from(judge: Judge) -> Self {
        Self::of(vec![judge])
    }
}

fn combined(rubric: &Rubric, members: &[Score]) -> Outcome {
    let reasons: Vec<_> = members.iter().filter_map(reason).collect();
    let scored = members.len() - reasons.len();
    if scored * 2 <= members.len() {
        let (reasons, of) = (reasons.join("; "), members.len());
        return Outcome::Unscored {
            reason: format!("{scored} of {of} judges scored: {reasons}"),
            cause: common_cause(members),
        };
    }
    let mut values = BTreeMap::new();
    for dimension in rubric.dimensions() {
        let field = &dimension.name;
        let given: Vec<_> = members
            .iter()
            .filter_map(|score| score.value(field))
            .collect();
        let combined = if rubric.scale().is_verdict() {
            majority(&given)
        } else {
            median(&given)
        };
        let Some(combined) = combined else {
            let reason = format!("the judges are divided on {field}: {given:?}");
            return Outcome::unscored(reason);
        };
        values.insert(field.clone(), combined);
    }
    Outcome::Scored {
        values,
        notes: BTreeMap::new(),
    }
}

/// What failed, where it is of one kind for all judges that did not score: the first failure, with
/// the longest wait.
fn common_cause(members: &[Score]) -> Option<Cause> {
    let unscored = members.iter().filter(|score| reason(score).is_some());
    let causes = unscored.map(|score| score.outcome.cause().cloned());
    let common = causes.reduce(|first, next| match (first?, next?) {
        (Cause::Unreadable, Cause::Unreadable) => Some(Cause::Unreadable),
        (
            Cause::Failed {
                code,
                retry_after_seconds: first,
            },
            Cause::Failed {
                retry_after_seconds: next,
                ..
            },
        ) => Some(Cause::Failed {
            code,
            retry_after_seconds: first.into_iter().chain(next).reduce(f64::max),
        }),
        _ => None,
    });
    common.flatten()
}

/// Why a judge did not score.
fn reason(score: &Score) -> Option<String> {
    let Outcome::Unscored { reason, .. } = &score.outcome else {
        return None;
    };
    let model = score.judge.as_ref().map_or("a judge", |judge| &judge.model);
    Some(format!("{model}: {reason}"))
}

/// 1 where most of the numbers are above a half, 0 where most are below; `None` for a tie.
fn majority(verdicts: &[f64]) -> Option<f64> {
    let yes = verdicts.iter().filter(|verdict| **verdict > 0.5).count();
    let no = verdicts.iter().filter(|verdict| **verdict < 0.5).count();
    match yes.cmp(&no) {
        std::cmp::Ordering::Greater => Some(1.0),
        std::cmp::Ordering::Less => Some(0.0),
        std::cmp::Ordering::Equal => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_majority_needs_more_on_one_side() {
        assert_eq!(majority(&[1.0, 0.0, 1.0]), Some(1.0));
        assert_eq!(majority(&[0.0, 0.0, 1.0]), Some(0.0));
        assert_eq!(majority(&[1.0, 0.0]), None);
        assert_eq!(majority(&[]), None);
    }

    #[test]
    fn a_panel_needs_a_judge() {
        assert_eq!(Panel::new(Vec::new()).err(), Some(NoJudge));
    }
}
