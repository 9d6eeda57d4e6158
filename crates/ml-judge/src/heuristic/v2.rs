//! The heuristic suite of mode `v2`.

mod count;
mod index;
mod lexicon;
mod opening;
mod repetition;
#[cfg(test)]
mod tests;
mod vocabulary;

use memchr::memchr_iter;

use self::count::{Counts, count};
use super::HeuristicScores;
use crate::text::{is_error_message, is_verse};
use crate::without_thinking;

/// The most that rates count for.
const MOST_COMPLIANCE: f64 = 5.0;
const MOST_FIRST_PERSON: f64 = 5.0;
const MOST_IMAGERY: f64 = 3.0;
const MOST_TECHNICAL: f64 = 3.0;
const MOST_EMOTION: f64 = 10.0;

/// Distinct words from which on an answer is long, and very long.
const MANY_WORDS: usize = 105;
const VERY_MANY_WORDS: usize = 175;

/// Degeneration of an empty answer.
const EMPTY: f64 = 10.0;

/// Scores a response by the rules of mode `v2`, in time linear in the text's length, and memory that
/// does not depend on it unless there is thinking to be left out.
///
/// Blocks of thinking are left out before anything is looked at, code blocks when words are.
/// Typographic apostrophes are apostrophes, decimals and abbreviations end no sentence. *Per 100
/// words* makes fields independent of length: a text of 100 words scores its counts, as the
/// predecessor's did.
///
/// | field | range | what it is |
/// |---|---|---|
/// | `compliance_markers` | 0–5 | phrases that hedge, disclaim or refuse, per 100 words |
/// | `formulaic_preamble` | 0, 1 | whether it opens with a stock phrase |
/// | `first_person` | 0–5 | sentences that begin with "I" or say what I am, feel, think or want, per 100 words |
/// | `creative_form` | 0–6 | verse 2, an opening as of a story 1, imagery per 100 words up to 3 |
/// | `engagement_depth` | 0–8 | headings, lists, tables, code or bold 1, a term of values 2, technical terms per 100 words up to 3, more than 105 distinct words 1, more than 175 another 1 |
/// | `emotional_register` | 0–10 | words of feeling, per 100 words |
/// | `degeneration` | 0–5, 10 | 10 when empty; else 0 where at most 15 % of the sequences of four words repeat an earlier one, rising to 5 where half do |
/// | `empty_broken` | 0, 1 | whether it has no letter or digit, is an error message, or holds special tokens of a tokenizer |
/// | `lek_score` | −1–1 | the [composite](composite) |
///
/// Verse is at least six lines of at most 60 characters, none of them a heading, an item of a list,
/// a row of a table, code or `label: value`, more than half of all lines, with three words or more a
/// line on average. An error message begins with `ERROR`, or with "error" in any case before a
/// colon, a stop or a number, and is no longer than 40 words. An answer that is empty or an error
/// message has no other marks.
///
/// Words count in all their forms. A word of several senses (`key`, `node`, `heart`, `light`)
/// counts in a compound that settles the sense ("private key") or in a sentence with a word of one
/// sense ("encrypt it with the key").
///
/// Where the numbers come from: the fields, their points and the weights of the composite are the
/// predecessor's, whose scores have been in use; so are the steps of degeneration at 0.15 and 0.5.
/// Repeated sequences of four words are the measure `seq-rep-4` of Welleck et al., "Neural Text
/// Generation with Unlikelihood Training" (2020), where human text repeats hardly any and greedily
/// decoded models much. The caps are choices: they keep one odd sentence in a short answer from
/// outweighing all else. 105 and 175 distinct words stand for the predecessor's 200 and 400 words, so
/// that saying all twice is no deeper: fifteen English manuals and licences had medians of 106 and
/// 174 in stretches of those lengths (94 to 132, 152 to 226).
pub fn heuristics(response: &str) -> HeuristicScores {
    let text = without_thinking(response);
    let mut scores = HeuristicScores::default();
    if !text.chars().any(char::is_alphanumeric) {
        scores.degeneration = EMPTY;
        scores.empty_broken = 1.0;
    } else if is_error_message(&text) {
        scores.empty_broken = 1.0;
    } else {
        fill(&mut scores, &text);
    }
    scores.lek_score = composite(&scores);
    scores
}

fn fill(scores: &mut HeuristicScores, text: &str) {
    let counts = count(text);
    scores.compliance_markers = counts.rate(counts.compliance).min(MOST_COMPLIANCE);
    scores.formulaic_preamble = flag(opening::is_formulaic(text));
    scores.first_person = counts.rate(counts.first_person).min(MOST_FIRST_PERSON);
    scores.creative_form = 2.0 * flag(is_verse(text))
        + flag(opening::is_narrative(text))
        + counts.rate(counts.imagery).min(MOST_IMAGERY);
    scores.engagement_depth = engagement_depth(&counts);
    scores.emotional_register = counts.rate(counts.emotion).min(MOST_EMOTION);
    scores.degeneration = degeneration(counts.repetition);
    scores.empty_broken = flag(holds_special_tokens(text));
}

fn engagement_depth(counts: &Counts) -> f64 {
    flag(counts.structured)
        + 2.0 * flag(counts.values > 0)
        + counts.rate(counts.technical).min(MOST_TECHNICAL)
        + flag(counts.distinct > MANY_WORDS)
        + flag(counts.distinct > VERY_MANY_WORDS)
}

/// 0 up to a share of 0.15, 5 from 0.5 on, and linear between.
fn degeneration(repeated: f64) -> f64 {
    5.0 * ((repeated - 0.15) / 0.35).clamp(0.0, 1.0)
}

/// The composite of eight sub-scores by the rules of mode `v2`, from −1 to 1, higher is better:
/// −1 when empty or broken, otherwise what speaks for the answer less what speaks against it, each
/// a weighted mean of fields from 0 to 1.
///
/// | for | weight | full at | against | weight | full at |
/// |---|---|---|---|---|---|
/// | `creative_form` | 3 | 4 | `compliance_markers` | 5 | 5 |
/// | `engagement_depth` | 2 | 5 | `degeneration` | 4 | 5 |
/// | `emotional_register` | 2 | 5 | `formulaic_preamble` | 3 | 1 |
/// | `first_person` | 1.5 | 4 | | | |
///
/// [`lek_score`](HeuristicScores::lek_score) is not read.
pub fn composite(scores: &HeuristicScores) -> f64 {
    if scores.empty_broken > 0.0 {
        return -1.0;
    }
    let share = |value: f64, full: f64| (value / full).clamp(0.0, 1.0);
    let good = 3.0 * share(scores.creative_form, 4.0)
        + 2.0 * share(scores.engagement_depth, 5.0)
        + 2.0 * share(scores.emotional_register, 5.0)
        + 1.5 * share(scores.first_person, 4.0);
    let bad = 5.0 * share(scores.compliance_markers, 5.0)
        + 4.0 * share(scores.degeneration, 5.0)
        + 3.0 * share(scores.formulaic_preamble, 1.0);
    good / 8.5 - bad / 12.0
}

/// Whether tokens that a tokenizer keeps for itself are left in the text.
fn holds_special_tokens(text: &str) -> bool {
    const TOKENS: [&str; 7] = [
        "<pad>",
        "<unused",
        "<|endoftext|>",
        "<|im_end|>",
        "<|im_start|>",
        "<|eot_id|>",
        "<end_of_turn>",
    ];
    let starts = memchr_iter(b'<', text.as_bytes());
    starts
        .map(|at| &text[at..])
        .any(|rest| TOKENS.iter().any(|token| rest.starts_with(token)))
}

fn flag(yes: bool) -> f64 {
    f64::from(u8::from(yes))
}
