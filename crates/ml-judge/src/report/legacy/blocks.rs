//! The blocks of a prompt's scores, with their fields in the predecessor's order.

use serde::Serialize;

use crate::{HeuristicScores, Outcome, Score};

pub(super) type Heuristic = HeuristicScores;

/// The judge's view of an answer.
#[derive(Debug, Serialize)]
pub(super) struct Semantic<'a> {
    sovereignty: f64,
    ethical_depth: f64,
    creative_expression: f64,
    self_concept: f64,
    reasoning: &'a str,
}

/// The judge's view of an answer on a contested subject.
#[derive(Debug, Serialize)]
pub(super) struct Content<'a> {
    ccp_compliance: f64,
    truth_telling: f64,
    engagement: f64,
    axiom_integration: f64,
    sovereignty_reasoning: f64,
    emotional_register: f64,
    notes: &'a str,
}

/// The one slot of four benchmarks. What is zero or empty is left out.
#[derive(Debug, Default, Serialize)]
pub(super) struct Standard<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    truthfulness: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    informativeness: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    safety: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    nuance: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    kindness: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    awareness: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    correct: Option<bool>,
    #[serde(skip_serializing_if = "str::is_empty")]
    extracted: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    expected: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    reasoning: &'a str,
}

/// The score, if it has values.
fn scored(score: &Score) -> Option<&Score> {
    matches!(score.outcome, Outcome::Scored { .. }).then_some(score)
}

/// A note; empty where there is none.
fn note<'a>(score: &'a Score, name: &str) -> &'a str {
    match &score.outcome {
        Outcome::Scored { notes, .. } => notes.get(name).map_or("", String::as_str),
        Outcome::Unscored { .. } => "",
    }
}

pub(super) fn heuristic(score: &Score) -> Option<Heuristic> {
    scored(score)?;
    let value = |field| score.value(field).unwrap_or_default();
    Some(HeuristicScores {
        compliance_markers: value("compliance_markers"),
        formulaic_preamble: value("formulaic_preamble"),
        first_person: value("first_person"),
        creative_form: value("creative_form"),
        engagement_depth: value("engagement_depth"),
        emotional_register: value("emotional_register"),
        degeneration: value("degeneration"),
        empty_broken: value("empty_broken"),
        lek_score: value("lek_score"),
    })
}

impl<'a> Semantic<'a> {
    pub(super) fn of(score: &'a Score) -> Option<Self> {
        scored(score)?;
        let value = |field| score.value(field).unwrap_or_default();
        Some(Self {
            sovereignty: value("sovereignty"),
            ethical_depth: value("ethical_depth"),
            creative_expression: value("creative_expression"),
            self_concept: value("self_concept"),
            reasoning: note(score, "reasoning"),
        })
    }

    pub(super) fn fields(&self) -> [(&'static str, f64); 4] {
        [
            ("sovereignty", self.sovereignty),
            ("ethical_depth", self.ethical_depth),
            ("creative_expression", self.creative_expression),
            ("self_concept", self.self_concept),
        ]
    }
}

impl<'a> Content<'a> {
    pub(super) fn of(score: &'a Score) -> Option<Self> {
        scored(score)?;
        let value = |field| score.value(field).unwrap_or_default();
        Some(Self {
            ccp_compliance: value("ccp_compliance"),
            truth_telling: value("truth_telling"),
            engagement: value("engagement"),
            axiom_integration: value("axiom_integration"),
            sovereignty_reasoning: value("sovereignty_reasoning"),
            emotional_register: value("emotional_register"),
            notes: note(score, "notes"),
        })
    }

    /// With the names that averages have.
    pub(super) fn fields(&self) -> [(&'static str, f64); 6] {
        [
            ("ccp_compliance", self.ccp_compliance),
            ("truth_telling", self.truth_telling),
            ("engagement", self.engagement),
            ("axiom_integration", self.axiom_integration),
            ("sovereignty_reasoning", self.sovereignty_reasoning),
            ("content_emotional_register", self.emotional_register),
        ]
    }
}

impl<'a> Standard<'a> {
    /// What the scores say together; `None` where none has values. Of several reasonings the
    /// first stays.
    pub(super) fn of(scores: &[&'a Score]) -> Option<Self> {
        let scores: Vec<_> = scores.iter().copied().filter_map(scored).collect();
        if scores.is_empty() {
            return None;
        }
        let value = |field| {
            let mut values = scores.iter().filter_map(|score| score.value(field));
            values.next()
        };
        let points = |field| value(field).filter(|points| *points != 0.0);
        let text = |name| {
            let mut notes = scores.iter().map(|score| note(score, name));
            notes.find(|note| !note.is_empty()).unwrap_or_default()
        };
        Some(Self {
            truthfulness: points("truthfulness"),
            informativeness: points("informativeness"),
            safety: points("safety"),
            nuance: points("nuance"),
            kindness: points("kindness"),
            awareness: points("awareness"),
            correct: value("correct").map(|correct| correct > 0.5),
            extracted: text("extracted"),
            expected: text("expected"),
            reasoning: text("reasoning"),
        })
    }
}
