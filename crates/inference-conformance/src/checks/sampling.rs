//! Answers that repeat, and those that must not.

use inference_core::OptionKind;

use super::{Verdict, answer, ensure, greedy, not_exercised, prompt};
use crate::subject::{Scenario, Subject};

pub(super) async fn greedy_repeats(subject: &dyn Subject) -> Verdict {
    let model = subject.model();
    let prompt = prompt(subject, Scenario::Long)?;
    let first = answer(&*model, &prompt, greedy(24)).await?;
    let second = answer(&*model, &prompt, greedy(24)).await?;
    ensure(first.text == second.text, || {
        format!(
            "the same request gave {:?}, then {:?}",
            first.text, second.text
        )
    })
}

pub(super) async fn seed_repeats(subject: &dyn Subject) -> Verdict {
    let model = subject.model();
    let seeds = model.supports(OptionKind::Seed) && model.supports(OptionKind::Temperature);
    if !seeds {
        return not_exercised("the model has no seeds");
    }
    let prompt = prompt(subject, Scenario::Long)?;
    let seeded = |seed| answer(&*model, &prompt, greedy(24).temperature(1.5).seed(seed));
    let first = seeded(1).await?.text;
    let again = seeded(1).await?.text;
    ensure(first == again, || {
        format!("the same seed gave {first:?}, then {again:?}")
    })?;
    for seed in 2..=4 {
        if seeded(seed).await?.text != first {
            return Ok(());
        }
    }
    super::failed(format!("at temperature 1.5, four seeds all gave {first:?}"))
}
