//! Which of two responses is better, asked in both orders.

use std::ops::AddAssign;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Judge, Unjudged, Unreadable, ask, prompt, reading, schema};
use crate::Rubric;

/// Two responses to one prompt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(
    clippy::exhaustive_structs,
    reason = "a pair will never have a third response"
)]
pub struct Pair<'a> {
    /// What was asked.
    pub prompt: &'a str,
    /// One response.
    pub a: &'a str,
    /// The other.
    pub b: &'a str,
}

/// Which of two responses a judge prefers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Preference {
    /// The first of the pair, in both orders.
    A,
    /// The second of the pair, in both orders.
    B,
    /// Neither, in both orders.
    Tie,
    /// Not the same in both orders.
    Inconsistent,
}

/// What a judge said of a pair.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Comparison {
    /// What both orders together say.
    pub preference: Preference,
    /// Whether the judge prefers A in one order and B in the other: it went by position.
    pub order_flip: bool,
    /// The judge's reasons with A first and with B first, where it gave any.
    pub notes: [Option<String>; 2],
}

/// Comparisons, counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PairTally {
    /// A was preferred.
    pub a: u64,
    /// B was preferred.
    pub b: u64,
    /// Neither was.
    pub ties: u64,
    /// The orders disagree, flips included.
    pub inconsistent: u64,
    /// One order prefers A and the other B.
    pub order_flips: u64,
}

impl AddAssign<&Comparison> for PairTally {
    fn add_assign(&mut self, comparison: &Comparison) {
        match comparison.preference {
            Preference::A => self.a += 1,
            Preference::B => self.b += 1,
            Preference::Tie => self.ties += 1,
            Preference::Inconsistent => self.inconsistent += 1,
        }
        self.order_flips += u64::from(comparison.order_flip);
    }
}

/// A pair in the order in which the judge sees it.
pub(super) struct Shown<'a> {
    pub(super) prompt: &'a str,
    pub(super) first: &'a str,
    pub(super) second: &'a str,
}

/// What a judge says of a pair in one order.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Winner {
    First,
    Second,
    Neither,
}

impl Judge {
    /// Decides which of two responses is better by a rubric's dimensions.
    ///
    /// Both orders are asked, at the same time, since judges favour a position (Zheng et al.
    /// 2023, "Judging LLM-as-a-Judge", section 3.4): a response wins only where it does in both.
    /// At most four requests. Dropping the future cancels.
    ///
    /// # Errors
    /// Why one of the orders could not be judged.
    pub async fn compare(&self, rubric: &Rubric, pair: Pair<'_>) -> Result<Comparison, Unjudged> {
        let Pair { prompt, a, b } = pair;
        let order = |first, second| Shown {
            prompt,
            first,
            second,
        };
        let ((forward, note), (backward, other_note)) = futures::try_join!(
            self.winner(rubric, order(a, b)),
            self.winner(rubric, order(b, a)),
        )?;
        let preference = match (forward, backward) {
            (Winner::First, Winner::Second) => Preference::A,
            (Winner::Second, Winner::First) => Preference::B,
            (Winner::Neither, Winner::Neither) => Preference::Tie,
            _ => Preference::Inconsistent,
        };
        Ok(Comparison {
            preference,
            order_flip: forward == backward && forward != Winner::Neither,
            notes: [note, other_note],
        })
    }

    async fn winner(
        &self,
        rubric: &Rubric,
        shown: Shown<'_>,
    ) -> Result<(Winner, Option<String>), Unjudged> {
        let prompt = prompt::preference(rubric, &shown, self.record.seed);
        let texts = [shown.prompt, shown.first, shown.second];
        let read = |reply: &str| {
            let object = reading::answer(reply, &["winner"], &texts)?;
            Ok((winner(&object["winner"])?, reading::note(&object, rubric)))
        };
        let read = ask::ask(self, prompt, schema::preference(rubric), read).await?;
        Ok(read.value)
    }
}

fn winner(value: &Value) -> Result<Winner, Unreadable> {
    let said = match value {
        Value::String(text) => text.trim().to_lowercase(),
        other => other.to_string(),
    };
    match said.as_str() {
        "1" | "response 1" => Ok(Winner::First),
        "2" | "response 2" => Ok(Winner::Second),
        "tie" => Ok(Winner::Neither),
        _ => Err(Unreadable::NoWinner {
            found: reading::found(value),
        }),
    }
}
