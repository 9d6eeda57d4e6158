//! Which column of a file is what.

use std::collections::BTreeMap;
use std::str::FromStr;

/// Which column of labelled answers is what: of a CSV file by its header, of JSON lines by field.
///
/// Written as a list, `response=assistant_response,prompt=objective,label=rater_1,label=rater_2`;
/// `yes:1` says which number a label in words is. With `other=second_response` every row is a pair,
/// and labels say which one is better.
#[derive(Debug, Clone, PartialEq)]
pub struct Columns {
    /// What the model answered: `response`.
    pub response: String,
    /// Another answer to the same, where the rows are pairs.
    pub other: Option<String>,
    /// People's labels, a column for each rater: `label`. Of pairs they are `a` or 1 where the first
    /// answer is better, `b` or 0 where the other is, `tie` or 0.5.
    pub labels: Vec<String>,
    /// What the model was asked, where the file has it.
    pub prompt: Option<String>,
    /// The right answer, where the file has it.
    pub reference: Option<String>,
    /// The name of the row, where the file has it; else rows are named by their line.
    pub id: Option<String>,
    /// The number that a label in words stands for. Other labels are numbers, or `true` for 1 and
    /// `false` for 0; an empty one is missing.
    pub values: BTreeMap<String, f64>,
}

impl Default for Columns {
    fn default() -> Self {
        Self {
            response: "response".into(),
            other: None,
            labels: vec!["label".into()],
            prompt: None,
            reference: None,
            id: None,
            values: BTreeMap::new(),
        }
    }
}

/// A list of columns cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ColumnsError {
    /// A part names no column and no label.
    #[error(
        "{part:?} is neither KIND=COLUMN, with response, other, prompt, reference, id or label as \
         its kind, nor LABEL:NUMBER"
    )]
    Part {
        /// The part.
        part: String,
    },
    /// A kind of which there is one is named twice.
    #[error("{kind} is named twice")]
    Twice {
        /// The kind.
        kind: String,
    },
}

impl FromStr for Columns {
    type Err = ColumnsError;

    fn from_str(list: &str) -> Result<Self, ColumnsError> {
        let (mut response, mut labels) = (None, Vec::new());
        let mut columns = Self::default();
        for part in list
            .split(',')
            .map(str::trim)
            .filter(|part| !part.is_empty())
        {
            let Some((kind, column)) = part.split_once('=') else {
                let (label, value) = label_value(part)?;
                columns.values.insert(label, value);
                continue;
            };
            let place = match kind.trim() {
                "response" => &mut response,
                "other" => &mut columns.other,
                "prompt" => &mut columns.prompt,
                "reference" => &mut columns.reference,
                "id" => &mut columns.id,
                "label" => {
                    labels.push(column.trim().to_owned());
                    continue;
                }
                _ => return Err(ColumnsError::Part { part: part.into() }),
            };
            if place.replace(column.trim().to_owned()).is_some() {
                return Err(ColumnsError::Twice {
                    kind: kind.trim().into(),
                });
            }
        }
        columns.response = response.unwrap_or(columns.response);
        if !labels.is_empty() {
            columns.labels = labels;
        }
        Ok(columns)
    }
}

fn label_value(part: &str) -> Result<(String, f64), ColumnsError> {
    let number = |text: &str| {
        text.trim()
            .parse()
            .ok()
            .filter(|value: &f64| value.is_finite())
    };
    part.rsplit_once(':')
        .and_then(|(label, value)| Some((label.trim().to_owned(), number(value)?)))
        .ok_or_else(|| ColumnsError::Part { part: part.into() })
}

impl Columns {
    /// Every column that a file must have.
    pub(super) fn names(&self) -> impl Iterator<Item = &String> {
        let optional = [&self.other, &self.prompt, &self.reference, &self.id];
        let optional = optional.into_iter().flatten();
        std::iter::once(&self.response)
            .chain(&self.labels)
            .chain(optional)
    }

    /// The value of a label; `Ok(None)` for one that is missing, `Err` for one that is no value.
    pub(super) fn value(&self, label: &str) -> Result<Option<f64>, ()> {
        let label = label.trim();
        if let Some(value) = self.values.get(label) {
            return Ok(Some(*value));
        }
        if label.is_empty() {
            return Ok(None);
        }
        let words: &[(&str, f64)] = match self.other {
            Some(_) => &[("a", 1.0), ("b", 0.0), ("tie", 0.5)],
            None => &[("true", 1.0), ("false", 0.0)],
        };
        let named = |(word, _): &&(&str, f64)| label.eq_ignore_ascii_case(word);
        let value = match words.iter().find(named) {
            Some((_, value)) => *value,
            None => label.parse().map_err(|_| ())?,
        };
        let is_preference = || words.iter().any(|(_, known)| same(*known, value));
        let is_value = value.is_finite() && (self.other.is_none() || is_preference());
        is_value.then_some(Some(value)).ok_or(())
    }
}

#[expect(
    clippy::float_cmp,
    reason = "a preference is exactly one of three numbers"
)]
fn same(one: f64, other: f64) -> bool {
    one == other
}
