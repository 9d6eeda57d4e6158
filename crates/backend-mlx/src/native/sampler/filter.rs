//! What the options leave to choose from. Each filter keeps the order of ids.

use super::key::Key;
use super::weight::weigh;

/// Copies the logits and makes those of the tokens in `window` less likely: positive ones are
/// divided by the penalty, others multiplied (Keskar et al. 2019, section 4.1). A token counts
/// once, however often it is there; ids that the vocabulary does not have are passed over.
pub(super) fn penalise(logits: &[f32], window: &[u32], penalty: f64, penalised: &mut Vec<f32>) {
    penalised.clear();
    penalised.extend_from_slice(logits);
    for &id in window {
        let Some(&logit) = logits.get(id as usize) else {
            continue;
        };
        let logit = f64::from(logit);
        #[expect(
            clippy::cast_possible_truncation,
            reason = "rounded to the nearest; what becomes infinite is refused"
        )]
        let less = if logit > 0.0 {
            logit / penalty
        } else {
            logit * penalty
        } as f32;
        penalised[id as usize] = less;
    }
}

/// Keeps the `k` likeliest; 0 keeps all.
pub(super) fn top_k(kept: &mut Vec<Key>, k: usize, ordered: &mut Vec<Key>) {
    if k == 0 || k >= kept.len() {
        return;
    }
    ordered.clone_from(kept);
    let place = ordered.len() - k;
    let (_, least, _) = ordered.select_nth_unstable(place);
    let least = *least;
    kept.retain(|key| *key >= least);
}

/// Keeps the fewest of the likeliest that together hold the probability `p` < 1 of all that are
/// there. At least one is kept.
pub(super) fn top_p(
    kept: &mut Vec<Key>,
    p: f64,
    highest: f32,
    ordered: &mut Vec<Key>,
    weights: &mut Vec<u64>,
) {
    let weight = |key: Key| weigh(f64::from(key.logit()) - f64::from(highest));
    weights.clear();
    weights.extend(kept.iter().map(|key| weight(*key)));
    let total: u64 = weights.iter().sum();
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a part of the total, of which 53 bits are enough"
    )]
    let needed = ((total as f64 * p).ceil() as u64).clamp(1, total);
    // Tokens below this share of what may go all go, even if they were all the tokens there are:
    // most of a vocabulary need not be put in order.
    let negligible = (total - needed) / kept.len() as u64;
    ordered.clear();
    ordered.extend(
        kept.iter()
            .zip(weights.iter())
            .filter(|(_, weight)| **weight >= negligible)
            .map(|(key, _)| *key),
    );
    let least = least_needed(ordered, needed, weight);
    kept.retain(|key| *key >= least);
}

/// The last of the likeliest tokens that together weigh `needed`, which all together do.
fn least_needed(mut keys: &mut [Key], mut needed: u64, weight: impl Fn(Key) -> u64) -> Key {
    loop {
        let middle = keys.len() / 2;
        let (less, key, more) = keys.select_nth_unstable(middle);
        let above: u64 = more.iter().map(|key| weight(*key)).sum();
        if above >= needed {
            keys = more;
            continue;
        }
        needed = needed.saturating_sub(above + weight(*key));
        if needed == 0 || less.is_empty() {
            return *key;
        }
        keys = less;
    }
}

/// Keeps what is at least exp(`ln_min_p`) times as likely as the likeliest.
pub(super) fn min_p(kept: &mut Vec<Key>, ln_min_p: f64, highest: f32) {
    kept.retain(|key| f64::from(key.logit()) - f64::from(highest) >= ln_min_p);
}
