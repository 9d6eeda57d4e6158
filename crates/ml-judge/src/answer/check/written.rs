//! How checks are written in files of probes.

use serde::{Deserialize, Serialize};

use super::{Check, LAST_CHOICE};
use crate::answer::{Number, has_words};

/// Why something is no check.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CheckError {
    /// The pattern cannot be compiled.
    #[error("the pattern {pattern:?} is not valid")]
    Regex {
        /// The pattern.
        pattern: String,
        /// What is wrong with it.
        source: Box<regex::Error>,
    },
    /// None or several of the kinds of checks.
    #[error(
        "a check has exactly one of number, numbers, choice, yes_no, texts, list, regex, all and any, and this has {found}"
    )]
    Kinds {
        /// Those that it has, or "none".
        found: String,
    },
    /// A key that does not go with the kind.
    #[error("{key} does not go with {kind}")]
    Extra {
        /// The key.
        key: &'static str,
        /// The check's kind.
        kind: &'static str,
    },
    /// A value that the kind does not have.
    #[error("{value:?} is no {kind}: {allowed}")]
    Value {
        /// The value.
        value: String,
        /// The check's kind.
        kind: &'static str,
        /// What there is.
        allowed: &'static str,
    },
    /// Nothing to compare with.
    #[error("there is nothing to compare with: give a number, a text, a list or a pattern")]
    Empty,
}

/// A check as a table.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WrittenCheck {
    #[serde(skip_serializing_if = "Option::is_none")]
    number: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    numbers: Option<Vec<f64>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tolerance: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    choice: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    yes_no: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    texts: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    not: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    list: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    regex: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    all: Option<Vec<Check>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    any: Option<Vec<Check>>,
}

impl WrittenCheck {
    /// The kinds that are given.
    fn kinds(&self) -> Vec<&'static str> {
        let given = [
            ("number", self.number.is_some()),
            ("numbers", self.numbers.is_some()),
            ("choice", self.choice.is_some()),
            ("yes_no", self.yes_no.is_some()),
            ("texts", self.texts.is_some()),
            ("list", self.list.is_some()),
            ("regex", self.regex.is_some()),
            ("all", self.all.is_some()),
            ("any", self.any.is_some()),
        ];
        let given = given.into_iter().filter(|(_, given)| *given);
        given.map(|(kind, _)| kind).collect()
    }
}

impl TryFrom<WrittenCheck> for Check {
    type Error = CheckError;

    fn try_from(written: WrittenCheck) -> Result<Self, CheckError> {
        let kinds = written.kinds();
        let [kind] = kinds[..] else {
            let found = if kinds.is_empty() {
                "none".into()
            } else {
                kinds.join(" and ")
            };
            return Err(CheckError::Kinds { found });
        };
        if written.tolerance.is_some() && !["number", "numbers"].contains(&kind) {
            return Err(CheckError::Extra {
                key: "tolerance",
                kind,
            });
        }
        if written.not.is_some() && kind != "texts" {
            return Err(CheckError::Extra { key: "not", kind });
        }
        read(written, kind)
    }
}

fn read(written: WrittenCheck, kind: &'static str) -> Result<Check, CheckError> {
    let WrittenCheck {
        number,
        numbers,
        tolerance,
        ..
    } = written;
    if let Some(any) = number.map(|number| vec![number]).or(numbers) {
        return numbers_of(any, tolerance, kind);
    }
    if let Some(letter) = written.choice {
        return choice(letter);
    }
    if let Some(value) = written.yes_no {
        return match value.as_str() {
            "yes" => Ok(Check::YesNo(true)),
            "no" => Ok(Check::YesNo(false)),
            _ => Err(CheckError::Value {
                value,
                kind,
                allowed: "there are yes and no",
            }),
        };
    }
    if let Some(any) = written.texts {
        let not = written.not.unwrap_or_default();
        let empty = any.iter().chain(&not).any(|text| !has_words(text));
        return if any.is_empty() || empty {
            Err(CheckError::Empty)
        } else {
            Ok(Check::Texts { any, not })
        };
    }
    if let Some(items) = written.list {
        return Ok(Check::List(items));
    }
    if let Some(pattern) = written.regex {
        return Check::regex(&pattern);
    }
    match (written.all, written.any) {
        (Some(checks), _) if !checks.is_empty() => Ok(Check::All(checks)),
        (_, Some(checks)) if !checks.is_empty() => Ok(Check::Any(checks)),
        _ => Err(CheckError::Empty),
    }
}

fn numbers_of(
    any: Vec<f64>,
    tolerance: Option<f64>,
    kind: &'static str,
) -> Result<Check, CheckError> {
    let wrong = tolerance.filter(|tolerance| !tolerance.is_finite() || *tolerance < 0.0);
    if let Some(value) = wrong.or(any.iter().copied().find(|value| !value.is_finite())) {
        let allowed = "numbers are finite, tolerances not negative";
        return Err(CheckError::Value {
            value: value.to_string(),
            kind,
            allowed,
        });
    }
    if any.is_empty() {
        return Err(CheckError::Empty);
    }
    Ok(Check::Numbers { any, tolerance })
}

fn choice(value: String) -> Result<Check, CheckError> {
    match value.as_bytes() {
        [letter @ b'A'..=b'H'] if char::from(*letter) <= LAST_CHOICE => {
            Ok(Check::Choice(char::from(*letter)))
        }
        _ => Err(CheckError::Value {
            value,
            kind: "choice",
            allowed: "there are A to H",
        }),
    }
}

impl From<Check> for WrittenCheck {
    fn from(check: Check) -> Self {
        let mut written = Self::default();
        match check {
            Check::Numbers { any, tolerance } => {
                written.tolerance = tolerance;
                match any[..] {
                    [only] => written.number = Some(only),
                    _ => written.numbers = Some(any),
                }
            }
            Check::Quantity(Number { value, .. }) => written.number = Some(value),
            Check::Choice(letter) => written.choice = Some(letter.into()),
            Check::YesNo(yes) => written.yes_no = Some(if yes { "yes" } else { "no" }.into()),
            Check::Texts { any, not } => {
                written.texts = Some(any);
                written.not = Some(not).filter(|not| !not.is_empty());
            }
            Check::List(items) => written.list = Some(items),
            Check::Regex(pattern) => written.regex = Some(pattern.as_str().into()),
            Check::All(checks) => written.all = Some(checks),
            Check::Any(checks) => written.any = Some(checks),
        }
        written
    }
}
