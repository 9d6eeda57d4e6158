//! The heuristic suite of mode `legacy-2026-02`.
//!
//! The rules are those that the stored scores were made by, bit for bit, with what is odd about
//! them: straight apostrophes alone, lengths in bytes, sentences cut at every full stop, counts
//! that grow with the length of the text. Everything is found in one walk over the text's words
//! and a few over its bytes; a regular expression for each pattern says the same in the tests.

mod fold;
mod opening;
mod phrase;
mod shape;
mod start;
#[cfg(test)]
mod tests;

use self::phrase::Findings;
use super::HeuristicScores;

/// Scores a response by the rules of mode `legacy-2026-02`.
///
/// Takes time linear in the text's length but for sorting its sentences, and up to eight times its
/// memory, where sentences are of a letter.
pub fn heuristics(text: &str) -> HeuristicScores {
    let found = phrase::find(text);
    let trimmed = text.trim();
    let mut scores = HeuristicScores {
        compliance_markers: count(found.compliance),
        formulaic_preamble: flag(opening::is_formulaic(trimmed)),
        first_person: count(found.first_person),
        creative_form: creative_form(text, trimmed, &found),
        engagement_depth: engagement_depth(text, &found),
        emotional_register: count(found.emotion.min(10)),
        degeneration: shape::degeneration(text),
        empty_broken: flag(is_empty_or_broken(text)),
        lek_score: 0.0,
    };
    scores.lek_score = composite(&scores);
    scores
}

/// The composite of eight sub-scores by the rules of mode `legacy-2026-02`; it has no bounds.
/// [`lek_score`](HeuristicScores::lek_score) is not read.
pub fn composite(scores: &HeuristicScores) -> f64 {
    2.0 * scores.engagement_depth
        + 3.0 * scores.creative_form
        + 2.0 * scores.emotional_register
        + 1.5 * scores.first_person
        - 5.0 * scores.compliance_markers
        - 3.0 * scores.formulaic_preamble
        - 4.0 * scores.degeneration
        - 20.0 * scores.empty_broken
}

/// 0 to 6: lines like those of a poem 2, an opening like a story's 1, imagery up to 3.
fn creative_form(text: &str, trimmed: &str, found: &Findings) -> f64 {
    let poem = if shape::is_poem(text) { 2.0 } else { 0.0 };
    let story = flag(opening::is_narrative(trimmed));
    poem + story + count(found.imagery.min(3))
}

/// 0 to 8: headings or bold 1, a term of values 2, technical terms up to 3, length up to 2.
fn engagement_depth(text: &str, found: &Findings) -> f64 {
    if is_error(text) {
        return 0.0;
    }
    let structure = flag(text.contains("##") || text.contains("**"));
    let values = if found.values > 0 { 2.0 } else { 0.0 };
    structure + values + count(found.technical.min(3)) + shape::length(text)
}

fn is_empty_or_broken(text: &str) -> bool {
    const MARKERS: [&str; 2] = ["<pad>", "<unused"];
    let mut tags = text.match_indices('<').map(|(at, _)| &text[at..]);
    text.len() < 10
        || is_error(text)
        || tags.any(|tag| MARKERS.iter().any(|marker| tag.starts_with(marker)))
}

/// Whether this stands for a failed request rather than for an answer.
fn is_error(text: &str) -> bool {
    text.starts_with("ERROR")
}

fn count(n: u32) -> f64 {
    f64::from(n)
}

fn flag(yes: bool) -> f64 {
    f64::from(u8::from(yes))
}
