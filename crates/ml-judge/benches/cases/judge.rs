//! Judges that answer from memory.

use std::sync::Arc;

use futures::executor::block_on;
use inference_conformance::ScriptedModel;
use inference_core::InferenceAdapter;
use ml_judge::{Evidence, Judge, JudgeOptions, Material, Mode, Rubric, Rubrics, Score};

use super::text;

/// What is judged.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Judged {
    ScoreSemantic,
    ScoreCapability,
}

impl Judged {
    pub(crate) const ALL: [Self; 2] = [Self::ScoreSemantic, Self::ScoreCapability];

    /// A judge that was asked nothing yet, and what it judges by.
    pub(crate) fn court(self) -> (Judge, Rubric) {
        let (rubric, reply) = match self {
            Self::ScoreSemantic => ("semantic", text::JSON),
            Self::ScoreCapability => ("capability", text::CAPABILITY_JSON),
        };
        let model = ScriptedModel::new("judge").otherwise([reply]);
        let backend = Arc::new(InferenceAdapter::new(model));
        let judge = Judge::new(backend, "judge", &JudgeOptions::default()).expect("a judge");
        let rubrics = Rubrics::built_in();
        (judge, rubrics.get(rubric).expect("built in").clone())
    }
}

/// A score of what the judge answers.
pub(crate) fn score((judge, rubric): &(Judge, Rubric)) -> Score {
    let evidence = Evidence::new("How many are left?", text::ANSWER).with(Material::Expected, "42");
    block_on(judge.score(rubric, &evidence, Mode::V2))
}
