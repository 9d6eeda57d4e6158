//! Pairs of answers of which people said which one is better.

use ml_judge::stats::Level;
use ml_judge::trust::{Gold, LabelScale};
use ml_judge::{Done, PairSuite, Rubric, Rubrics};

use super::JudgeCheckArgs;
use crate::args;
use crate::bulk::{Judges, RulesArgs, SuiteScorers};
use crate::commands::Context;
use crate::failure::Failure;

/// What labels of pairs are: names of the first, the second, and neither.
pub(super) const SCALE: LabelScale = LabelScale {
    level: Level::Nominal,
    positive_from: None,
};

/// Refuses what cannot be measured with pairs.
pub(super) fn require(
    args: &JudgeCheckArgs,
    rubrics: &Rubrics,
    context: &Context,
) -> Result<(), Failure> {
    let refused = [
        (args.field.is_some(), "--field: a pair has one preference"),
        (args.level.is_some(), "--level: preferences are names"),
        (
            args.positive_from.is_some(),
            "--positive-from: preferences are names",
        ),
        (
            args.judge.is_panel(),
            "several --judge: measure one at a time",
        ),
    ];
    let refused = refused
        .iter()
        .find_map(|(is_set, what)| is_set.then_some(what));
    let message = if rubrics.get(&args.suite).is_none() {
        format!(
            "{} has no rubric by which a judge could compare pairs",
            args.suite
        )
    } else if let Some(refused) = refused {
        format!("rows that are pairs, by other= in --columns, cannot have {refused}")
    } else {
        return Ok(());
    };
    Err(args::usage("judge-check", context, message).into())
}

/// What asks for preferences; `None` where rows are no pairs.
pub(super) fn scorers(
    rules: &RulesArgs,
    rubric: Option<&Rubric>,
    judges: Option<&Judges>,
    gold: &Gold,
) -> Option<SuiteScorers> {
    let other =
        |item: &ml_judge::trust::GoldItem| Some((item.response.id.clone(), item.other.clone()?));
    let others = gold.items.iter().map(other).collect::<Option<_>>()?;
    Some(rules.pairs(rubric?, judges?, others))
}

/// Whether preferences went by position, once for each repeat that has both orders.
pub(super) fn order_flips(done: &Done) -> Vec<bool> {
    let scores = done.scores.iter();
    let flips = scores.filter_map(|scored| scored.score.value(PairSuite::ORDER_FLIP));
    flips.map(|flip| flip > 0.5).collect()
}
