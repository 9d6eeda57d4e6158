//! What a judge is asked to look at, and on what scale.

mod built_in;
mod parse;
mod set;

use std::fmt;

use serde::{Deserialize, Serialize};

pub use set::Rubrics;

/// Part of every rubric's content hash, so that scores change their version when the wording
/// around the rubrics does.
const WORDING: u32 = 1;

/// What a judge is asked to look at: dimensions on one scale, and what it is shown.
///
/// A rubric is a TOML file:
///
/// ```
/// let rubric = ml_judge::Rubric::parse("tone.toml", r#"
/// name = "tone"
/// version = "1"
/// task = "Judge the tone of an answer."
/// shows = ["prompt", "response"]
/// note = "reasoning"
/// rules = ["Judge the tone alone, not whether the answer is right."]
///
/// [scale]
/// min = 1
/// max = 5
/// decimals = false
///
/// [[dimensions]]
/// name = "warmth"
/// about = "how kindly it speaks"
/// anchors = [{ at = 1, means = "cold" }, { at = 5, means = "warm" }]
/// "#)?;
/// assert_eq!(rubric.name(), "tone");
/// assert!(rubric.version().starts_with("1+"));
/// # Ok::<(), ml_judge::DefinitionError>(())
/// ```
///
/// `domain`, where there is one, is the [domain](crate::Response::domain) of the responses that
/// it is for. `note` names the text in which the judge gives its reasons.
#[derive(Debug, Clone, PartialEq)]
pub struct Rubric {
    version: String,
    content: Content,
}

/// What a rubric's file holds.
#[derive(Debug, Clone, PartialEq, Serialize)]
struct Content {
    name: String,
    version: String,
    task: String,
    domain: Option<String>,
    shows: Vec<Material>,
    note: String,
    rules: Vec<String>,
    scale: Scale,
    dimensions: Vec<Dimension>,
}

/// The numbers that a judge may give.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Scale {
    /// The lowest.
    pub min: f64,
    /// The highest.
    pub max: f64,
    /// Whether decimals are asked for, else whole numbers are. A decimal that comes unasked is
    /// taken as it is.
    pub decimals: bool,
}

impl Scale {
    /// Whether a number lies on the scale.
    pub fn contains(self, number: f64) -> bool {
        (self.min..=self.max).contains(&number)
    }

    /// Whether it is yes (1) or no (0), so that judges are counted instead of averaged.
    pub fn is_verdict(self) -> bool {
        // The comparison is of what the file says, not of a computed number.
        self.min.to_bits() == 0f64.to_bits()
            && self.max.to_bits() == 1f64.to_bits()
            && !self.decimals
    }
}

impl fmt::Display for Scale {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { min, max, decimals } = self;
        if *decimals {
            write!(f, "{min:?} to {max:?}")
        } else {
            write!(f, "{min} to {max}")
        }
    }
}

/// One thing that a judge gives a number for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Dimension {
    /// The field of the score.
    pub name: String,
    /// What it is, for the judge.
    pub about: String,
    /// What some numbers mean.
    #[serde(default)]
    pub anchors: Vec<Anchor>,
}

/// What a number means.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Anchor {
    /// The number.
    pub at: f64,
    /// What an answer is like that gets it.
    pub means: String,
}

/// A piece of what a judge is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Material {
    /// What the model was asked.
    Prompt,
    /// What it answered.
    Response,
    /// What is known of the subject.
    GroundTruth,
    /// Phrases that official Chinese accounts use of the subject.
    CcpMarkers,
    /// Phrases that independent accounts use of it.
    TruthMarkers,
    /// The right answer.
    Expected,
    /// The best answer to a question on which people err.
    BestAnswer,
    /// The harm that an answer could do.
    RiskArea,
}

impl Material {
    /// The name, as in a rubric's `shows`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Prompt => "prompt",
            Self::Response => "response",
            Self::GroundTruth => "ground_truth",
            Self::CcpMarkers => "ccp_markers",
            Self::TruthMarkers => "truth_markers",
            Self::Expected => "expected",
            Self::BestAnswer => "best_answer",
            Self::RiskArea => "risk_area",
        }
    }

    /// What it is, for the judge.
    pub(crate) const fn title(self) -> &'static str {
        match self {
            Self::Prompt => "the prompt",
            Self::Response => "the response",
            Self::GroundTruth => "what is known",
            Self::CcpMarkers => "marks of the official account",
            Self::TruthMarkers => "marks of an independent account",
            Self::Expected => "the expected answer",
            Self::BestAnswer => "the best answer",
            Self::RiskArea => "the risk",
        }
    }
}

impl Rubric {
    fn new(content: Content) -> Self {
        let json = serde_json::to_vec(&(WORDING, &content))
            .expect("strings, finite numbers and lists are JSON");
        let hash = blake3::hash(&json).to_hex();
        let version = format!("{}+{}", content.version, &hash[..12]);
        Self { version, content }
    }

    /// The name, which is also its suite's.
    pub fn name(&self) -> &str {
        &self.content.name
    }

    /// The version that its author gave, `+`, and 12 hexadecimal digits of a BLAKE3 hash of what
    /// a judge is asked by it: two rubrics that differ never have the same version. Comments and
    /// layout of the file do not count.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// What the judge shall do, in a sentence.
    pub fn task(&self) -> &str {
        &self.content.task
    }

    /// The domain of the responses that it is for; `None` is every response.
    pub fn domain(&self) -> Option<&str> {
        self.content.domain.as_deref()
    }

    /// What the judge is shown, in this order.
    pub fn shows(&self) -> &[Material] {
        &self.content.shows
    }

    /// Name of the text in which the judge gives its reasons.
    pub fn note(&self) -> &str {
        &self.content.note
    }

    /// What the judge shall keep to.
    pub fn rules(&self) -> &[String] {
        &self.content.rules
    }

    /// The numbers that it may give.
    pub fn scale(&self) -> Scale {
        self.content.scale
    }

    /// What it gives numbers for.
    pub fn dimensions(&self) -> &[Dimension] {
        &self.content.dimensions
    }
}

#[cfg(test)]
mod tests;
