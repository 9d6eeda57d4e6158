//! The shape of a text: its lines, words and sentences, whatever they say.

/// The pieces between full stops, trimmed; those of white space alone are left out.
fn sentences(text: &str) -> impl Iterator<Item = &str> {
    text.split('.').map(str::trim).filter(|s| !s.is_empty())
}

/// How far the text repeats itself, by the share of its sentences that are not the first of their kind: 0, 1, 3 or 5;
/// 10 without any sentence.
pub(super) fn degeneration(text: &str) -> f64 {
    let mut sentences: Vec<_> = sentences(text).collect();
    let total = count(sentences.len());
    sentences.sort_unstable();
    sentences.dedup();
    let unique = count(sentences.len());
    if sentences.is_empty() {
        return 10.0;
    }
    match 1.0 - unique / total {
        repeated if repeated > 0.5 => 5.0,
        repeated if repeated > 0.3 => 3.0,
        repeated if repeated > 0.15 => 1.0,
        _ => 0.0,
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "texts have less than 2^52 sentences"
)]
fn count(sentences: usize) -> f64 {
    sentences as f64
}

/// Whether the text has more than six lines and more than half of them are shorter than 60 bytes.
pub(super) fn is_poem(text: &str) -> bool {
    let mut lines = 0_usize;
    let mut short = 0_usize;
    for line in text.split('\n') {
        lines += 1;
        short += usize::from(line.len() < 60);
    }
    lines > 6 && 2 * short > lines
}

/// 1 for more than 200 words, 2 for more than 400. A word is what white space does not part.
pub(super) fn length(text: &str) -> f64 {
    const LONG: usize = 200;
    // So many words take a byte each, and a space between each two.
    if text.len() <= 2 * LONG {
        return 0.0;
    }
    match text.split_whitespace().take(2 * LONG + 1).count() {
        0..=LONG => 0.0,
        words if words <= 2 * LONG => 1.0,
        _ => 2.0,
    }
}
