//! Counts and times of one call.

use std::time::{Duration, Instant};

use inference_core::{Metrics, Usage};

use super::{Verdict, answer, ensure, greedy, not_exercised, prompt};
use crate::subject::{Scenario, Subject};

const TOKENS: u32 = 16;
/// Clocks of two processes, and rounding.
const SLACK: Duration = Duration::from_millis(100);

pub(super) async fn usage(subject: &dyn Subject) -> Verdict {
    let prompt = prompt(subject, Scenario::Long)?;
    let start = Instant::now();
    let answer = answer(&*subject.model(), &prompt, greedy(TOKENS)).await?;
    check_times(&answer.metrics, start.elapsed())?;
    check_counts(&answer.usage)
}

fn check_times(metrics: &Metrics, elapsed: Duration) -> Verdict {
    let total = metrics.total;
    ensure(total > Duration::ZERO && total <= elapsed + SLACK, || {
        format!("a call of {elapsed:?} is said to have taken {total:?}")
    })?;
    let parts = metrics.prefill + metrics.decode;
    ensure(parts <= total + SLACK, || {
        format!("prefill and decode took {parts:?} of {total:?}")
    })?;
    for rate in [
        metrics.prefill_tokens_per_second,
        metrics.decode_tokens_per_second,
    ] {
        let possible = rate.is_none_or(|rate| rate.is_finite() && rate > 0.0);
        ensure(possible, || format!("a rate is {rate:?} tokens per second"))?;
    }
    Ok(())
}

fn check_counts(usage: &Usage) -> Verdict {
    let Some(generated) = usage.generated_tokens else {
        return not_exercised("the backend tells no counts");
    };
    ensure((1..=u64::from(TOKENS)).contains(&generated), || {
        format!("with max_tokens {TOKENS}, {generated} tokens are counted")
    })?;
    ensure(usage.prompt_tokens != Some(0), || {
        "a prompt of no tokens is counted".to_owned()
    })?;
    let cached = usage.cached_tokens.unwrap_or(0);
    ensure(cached <= usage.prompt_tokens.unwrap_or(u64::MAX), || {
        format!("{cached} tokens were cached of {:?}", usage.prompt_tokens)
    })
}
