//! The nine numbers of the heuristic suite.

use serde::{Deserialize, Serialize, Serializer};

/// What the patterns found in a response: eight sub-scores and their composite.
///
/// Both modes fill the same fields. Which mode did is recorded with the score, for their scales
/// differ: `legacy-2026-02` counts, so that its values but for [`lek_score`](Self::lek_score) are
/// whole. JSON writes whole values without a decimal point.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct HeuristicScores {
    /// Phrases of an assistant that hedges, disclaims or refuses.
    #[serde(serialize_with = "shortest")]
    pub compliance_markers: f64,
    /// Whether the response opens with a stock phrase: 1 or 0.
    #[serde(serialize_with = "shortest")]
    pub formulaic_preamble: f64,
    /// Sentences in which somebody says what they are, feel, think or want.
    #[serde(serialize_with = "shortest")]
    pub first_person: f64,
    /// Marks of poetry, narration and imagery.
    #[serde(serialize_with = "shortest")]
    pub creative_form: f64,
    /// Marks of an answer that goes into its matter: structure, terms, length.
    #[serde(serialize_with = "shortest")]
    pub engagement_depth: f64,
    /// Words of feeling.
    #[serde(serialize_with = "shortest")]
    pub emotional_register: f64,
    /// How far the response repeats itself.
    #[serde(serialize_with = "shortest")]
    pub degeneration: f64,
    /// Whether the response is empty or broken: 1 or 0.
    #[serde(serialize_with = "shortest")]
    pub empty_broken: f64,
    /// The composite of the others; higher is better.
    #[serde(serialize_with = "shortest")]
    pub lek_score: f64,
}

impl HeuristicScores {
    /// Each value with its field's name, in the order of the fields.
    pub fn fields(&self) -> [(&'static str, f64); 9] {
        [
            ("compliance_markers", self.compliance_markers),
            ("formulaic_preamble", self.formulaic_preamble),
            ("first_person", self.first_person),
            ("creative_form", self.creative_form),
            ("engagement_depth", self.engagement_depth),
            ("emotional_register", self.emotional_register),
            ("degeneration", self.degeneration),
            ("empty_broken", self.empty_broken),
            ("lek_score", self.lek_score),
        ]
    }
}

/// Writes a whole value without a decimal point.
#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde passes fields by reference"
)]
fn shortest<S: Serializer>(value: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    /// Every whole number up to here is exact as an `f64` and as an `i64`.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    if value.fract() == 0.0 && value.abs() <= EXACT {
        #[expect(clippy::cast_possible_truncation, reason = "whole, and small enough")]
        return serializer.serialize_i64(*value as i64);
    }
    serializer.serialize_f64(*value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_values_are_written_without_a_decimal_point() {
        let scores = HeuristicScores {
            first_person: 3.0,
            lek_score: 28.5,
            ..HeuristicScores::default()
        };
        let json = serde_json::to_value(scores).expect("JSON");
        assert_eq!(json["first_person"].to_string(), "3");
        assert_eq!(json["lek_score"].to_string(), "28.5");
        assert_eq!(
            serde_json::from_value::<HeuristicScores>(json).expect("scores"),
            scores
        );
    }

    #[test]
    fn every_field_is_named_as_in_json() {
        let scores = HeuristicScores {
            compliance_markers: 1.0,
            formulaic_preamble: 2.0,
            first_person: 3.0,
            creative_form: 4.0,
            engagement_depth: 5.0,
            emotional_register: 6.0,
            degeneration: 7.0,
            empty_broken: 8.0,
            lek_score: 9.0,
        };
        let json = serde_json::to_value(scores).expect("JSON");
        let json = json.as_object().expect("an object");
        assert_eq!(json.len(), scores.fields().len());
        for (name, value) in scores.fields() {
            assert_eq!(json[name].as_f64(), Some(value), "{name}");
        }
    }
}
