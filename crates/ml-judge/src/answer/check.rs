//! What a final answer must be to be right.

mod written;

use std::ops::Range;

use regex::{Regex, RegexBuilder};
use serde::{Deserialize, Serialize};

use super::{Extracted, FinalAnswer, Number, Rule, has_words, listed, normalized, word_count};
pub use written::CheckError;
use written::WrittenCheck;

/// The most memory that a compiled pattern may take, in bytes.
const PATTERN_SIZE: usize = 1 << 20;

/// What a final answer must be to be right. In TOML and JSON a table with exactly one of the keys
/// `number`, `numbers`, `choice`, `yes_no`, `texts`, `list`, `regex`, `all` and `any`; `tolerance`
/// goes with the first two and `not` with `texts`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(try_from = "WrittenCheck", into = "WrittenCheck")]
#[non_exhaustive]
pub enum Check {
    /// One of the numbers, within the tolerance; see [`Number::agrees`] for what holds without.
    Numbers {
        /// The right numbers.
        any: Vec<f64>,
        /// The largest difference.
        tolerance: Option<f64>,
    },
    /// The number of a reference, as it is written there.
    Quantity(Number),
    /// An option of a multiple-choice question, `A` to `H`.
    Choice(char),
    /// Yes or no.
    YesNo(bool),
    /// One of the texts, where none of the wrong ones is given.
    Texts {
        /// The right texts; case, punctuation and marks do not count.
        any: Vec<String>,
        /// Texts that are wrong: the other possible answers, where they are known. They tell which
        /// of several that a sentence names is the answer.
        not: Vec<String>,
    },
    /// A list with these items in this order; those that are numbers are compared as numbers.
    List(Vec<String>),
    /// A pattern that occurs in the [statement](FinalAnswer::statement) of the answer.
    Regex(Regex),
    /// All of these.
    All(Vec<Self>),
    /// Any of these.
    Any(Vec<Self>),
}

/// Whether an answer is right, and what was taken for it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Verdict {
    /// Whether it is right.
    pub correct: bool,
    /// What was taken for the answer, as written; `None` where the response has none of the wanted
    /// kind.
    pub extracted: Option<String>,
    /// Its bytes in the response.
    pub span: Option<Range<usize>>,
    /// How it was found.
    pub rule: Option<Rule>,
}

const LAST_CHOICE: char = 'H';
const YES: [&str; 5] = ["yes", "true", "yep", "yeah", "affirmative"];
const NO: [&str; 4] = ["no", "false", "nope", "negative"];

impl Check {
    /// A number, at its own precision.
    pub fn number(value: f64) -> Self {
        Self::Numbers {
            any: vec![value],
            tolerance: None,
        }
    }

    /// One of the texts, where the others are wrong.
    pub fn texts<T: Into<String>>(
        any: impl IntoIterator<Item = T>,
        not: impl IntoIterator<Item = T>,
    ) -> Self {
        Self::Texts {
            any: any.into_iter().map(Into::into).collect(),
            not: not.into_iter().map(Into::into).collect(),
        }
    }

    /// A pattern, without regard to case.
    ///
    /// # Errors
    ///
    /// Where it is no pattern, or one too large.
    pub fn regex(pattern: &str) -> Result<Self, CheckError> {
        let built = RegexBuilder::new(pattern)
            .case_insensitive(true)
            .size_limit(PATTERN_SIZE)
            .build();
        built.map(Self::Regex).map_err(|source| CheckError::Regex {
            pattern: pattern.into(),
            source: Box::new(source),
        })
    }

    /// What a reference answer asks for: `re:` and a pattern, a number, a letter `A` to `H`, yes or
    /// no, a list in square brackets, else the text. Of a worked solution that ends with `#### 42`
    /// it is what follows the last `####`.
    ///
    /// # Errors
    ///
    /// Where there is nothing to compare with, or the pattern is none.
    pub fn from_reference(reference: &str) -> Result<Self, CheckError> {
        let reference = reference.rsplit("####").next().unwrap_or_default().trim();
        if let Some(pattern) = reference.strip_prefix("re:") {
            return Self::regex(pattern.trim());
        }
        if let Some(number) = whole_number(reference) {
            return Ok(Self::Quantity(number));
        }
        let bare = reference.trim_matches(|c: char| "().*".contains(c));
        if let [letter @ b'A'..=b'H'] = bare.as_bytes() {
            return Ok(Self::Choice(char::from(*letter)));
        }
        match bare.to_ascii_lowercase().as_str() {
            "yes" => return Ok(Self::YesNo(true)),
            "no" => return Ok(Self::YesNo(false)),
            _ => {}
        }
        if let Some(items) = listed(reference) {
            return Ok(Self::List(items));
        }
        if !has_words(reference) {
            return Err(CheckError::Empty);
        }
        Ok(Self::texts([reference], []))
    }

    /// Whether the answer is right.
    pub fn verdict(&self, answer: &FinalAnswer<'_>) -> Verdict {
        match self {
            Self::Numbers { any, tolerance } => {
                let right = |number: &Number| {
                    let mut any = any.iter().map(|value| Number::from(*value));
                    any.any(|expected| number.agrees(&expected, *tolerance))
                };
                Verdict::of(answer, answer.number(), right)
            }
            Self::Quantity(expected) => {
                let right = |number: &Number| number.agrees(expected, None);
                Verdict::of(answer, answer.number(), right)
            }
            Self::Choice(letter) => {
                Verdict::of(answer, answer.choice(LAST_CHOICE), |given| given == letter)
            }
            Self::YesNo(yes) => {
                let given = answer.term(YES.into_iter().chain(NO));
                Verdict::of(answer, given, |term| (*term < YES.len()) == *yes)
            }
            Self::Texts { any, not } => {
                let terms = any.iter().chain(not).map(String::as_str);
                Verdict::of(answer, answer.term(terms), |term| *term < any.len())
            }
            Self::List(items) => Verdict::of(answer, answer.list(), |given| same(given, items)),
            Self::Regex(pattern) => {
                Verdict::of(answer, answer.statement(), |text| pattern.is_match(text))
            }
            Self::All(checks) => Verdict::first(checks, answer, false),
            Self::Any(checks) => Verdict::first(checks, answer, true),
        }
    }

    /// What a right answer is, for people.
    pub fn expected(&self) -> String {
        let joined = |checks: &[Self], word: &str| {
            let parts: Vec<_> = checks.iter().map(Self::expected).collect();
            parts.join(word)
        };
        match self {
            Self::Numbers { any, .. } => {
                let any: Vec<_> = any.iter().map(ToString::to_string).collect();
                any.join(" or ")
            }
            Self::Quantity(number) => {
                let unit = if number.percent { "%" } else { "" };
                format!("{}{unit}", number.value)
            }
            Self::Choice(letter) => letter.to_string(),
            Self::YesNo(yes) => if *yes { "yes" } else { "no" }.into(),
            Self::Texts { any, .. } => any.join(" or "),
            Self::List(items) => format!("[{}]", items.join(", ")),
            Self::Regex(pattern) => format!("re:{pattern}"),
            Self::All(checks) => joined(checks, " and "),
            Self::Any(checks) => joined(checks, " or "),
        }
    }
}

impl PartialEq for Check {
    fn eq(&self, other: &Self) -> bool {
        WrittenCheck::from(self.clone()) == WrittenCheck::from(other.clone())
    }
}

impl Verdict {
    fn of<T>(
        answer: &FinalAnswer<'_>,
        found: Option<Extracted<T>>,
        right: impl FnOnce(&T) -> bool,
    ) -> Self {
        let Some(found) = found else {
            return Self::nothing();
        };
        Self {
            correct: right(&found.value),
            extracted: Some(answer.response[found.span.clone()].to_owned()),
            span: Some(found.span),
            rule: Some(found.rule),
        }
    }

    fn nothing() -> Self {
        Self {
            correct: false,
            extracted: None,
            span: None,
            rule: None,
        }
    }

    /// The verdict of the first check that decides: the first right one where any suffices, the
    /// first wrong one where all must hold; else that of the last.
    fn first(checks: &[Check], answer: &FinalAnswer<'_>, correct: bool) -> Self {
        let mut verdict = Self::nothing();
        for check in checks {
            verdict = check.verdict(answer);
            if verdict.correct == correct {
                break;
            }
        }
        verdict
    }
}

/// The number that a reference is, with currency and one word as unit at most.
fn whole_number(reference: &str) -> Option<Number> {
    let number = Number::parse(reference)?;
    let after = reference[number.span.end..].trim();
    (word_count(after) <= 1 && after.len() <= 12).then_some(number)
}

fn same(given: &[String], expected: &[String]) -> bool {
    given.len() == expected.len()
        && given.iter().zip(expected).all(|(given, expected)| {
            match (given.parse::<f64>(), expected.parse::<f64>()) {
                (Ok(given), Ok(expected)) => {
                    Number::from(given).agrees(&Number::from(expected), None)
                }
                _ => normalized(given) == normalized(expected),
            }
        })
}
