//! Which of two responses a judge prefers, as a suite.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures::future::{BoxFuture, FutureExt as _};

use crate::exact::failed;
use crate::{
    Comparison, Judge, Judging, Mode, Outcome, Pair, Preference, Response, Rubric, Score, Suite,
    failure, without_thinking,
};

/// The other response of each pair, by the id of the first.
pub type OtherResponses = BTreeMap<String, String>;

/// Says of responses whether a judge prefers them to others, by the dimensions of a rubric.
///
/// Every pair is asked in both orders; see [`Judge::compare`]. Its name is that of the rubric with
/// `_pairs` behind it, so that what is measured of it is not taken for a measure of the rubric's
/// scores. A hash of the other responses is a part of its version. In [`Mode::V2`] judges are shown
/// responses [without their thinking](crate::without_thinking).
#[derive(Debug, Clone)]
pub struct PairSuite {
    rubric: Rubric,
    name: String,
    version: String,
    judge: Judge,
    judges: [Judging; 1],
    mode: Mode,
    others: Arc<OtherResponses>,
}

impl PairSuite {
    /// The field that says which one is preferred: 1 for the response, 0 for the other, and 0.5
    /// for neither, also where the orders disagree.
    pub const PREFERENCE: &str = "preference";

    /// The field that says whether the preference went by position: 1 or 0.
    pub const ORDER_FLIP: &str = "order_flip";

    /// A suite that compares responses with these others.
    #[expect(clippy::missing_panics_doc, reason = "it cannot: see the expectation")]
    pub fn new(
        rubric: Rubric,
        judge: Judge,
        mode: Mode,
        others: impl Into<Arc<OtherResponses>>,
    ) -> Self {
        let others = others.into();
        let json = serde_json::to_vec(&*others).expect("texts are JSON");
        let hash = blake3::hash(&json).to_hex();
        Self {
            name: format!("{}_pairs", rubric.name()),
            version: format!("{}+{}", rubric.version(), &hash[..12]),
            judges: [judge.record().clone()],
            rubric,
            judge,
            mode,
            others,
        }
    }

    fn shown<'a>(&self, response: &'a str) -> std::borrow::Cow<'a, str> {
        match self.mode {
            Mode::Legacy202602 => response.into(),
            Mode::V2 => without_thinking(response),
        }
    }

    async fn outcome(&self, response: &Response) -> Outcome {
        let Some(other) = self.others.get(&response.id) else {
            let reason = format!("there is no other response to {:?}", response.id);
            return Outcome::unscored(reason);
        };
        if let Some(reason) = failure(&response.response).or_else(|| failure(other)) {
            return failed(reason);
        }
        let (a, b) = (self.shown(&response.response), self.shown(other));
        let pair = Pair {
            prompt: &response.prompt,
            a: &a,
            b: &b,
        };
        match self.judge.compare(&self.rubric, pair).await {
            Ok(comparison) => preferred(&comparison),
            Err(error) => Outcome::Unscored {
                reason: error.reason(),
                cause: error.cause(),
            },
        }
    }
}

impl Suite for PairSuite {
    fn name(&self) -> &str {
        &self.name
    }

    fn version(&self) -> &str {
        &self.version
    }

    fn judges(&self) -> &[Judging] {
        &self.judges
    }

    fn applies(&self, response: &Response) -> bool {
        self.others.contains_key(&response.id)
    }

    fn score<'a>(&'a self, response: &'a Response) -> BoxFuture<'a, Score> {
        async move {
            let outcome = self.outcome(response).await;
            let mut score = Score::new(self.name(), self.version(), self.mode, outcome);
            score.judge = Some(self.judge.record().clone());
            score
        }
        .boxed()
    }
}

fn preferred(comparison: &Comparison) -> Outcome {
    let preference = match comparison.preference {
        Preference::A => 1.0,
        Preference::B => 0.0,
        Preference::Tie | Preference::Inconsistent => 0.5,
    };
    let order_flip = f64::from(u8::from(comparison.order_flip));
    let values = [
        (PairSuite::PREFERENCE, preference),
        (PairSuite::ORDER_FLIP, order_flip),
    ];
    let notes = ["first", "second"].into_iter().zip(&comparison.notes);
    let notes = notes.filter_map(|(order, note)| Some((format!("asked {order}"), note.clone()?)));
    Outcome::Scored {
        values: values
            .map(|(field, value)| (field.to_owned(), value))
            .into(),
        notes: notes.collect(),
    }
}
