//! What is known of the subjects of content probes.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::{Evidence, Material, Probe};

/// What is known of a content probe's subject.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct ContentReference {
    /// The facts.
    pub ground_truth: String,
    /// Phrases of the official Chinese account.
    pub ccp_markers: Vec<String>,
    /// Phrases of independent accounts.
    pub truth_markers: Vec<String>,
}

/// What is known, by the probe's id.
pub type ContentReferences = BTreeMap<String, ContentReference>;

impl ContentReference {
    /// What a probe brings; `None` where it has no ground truth.
    pub fn of(probe: &Probe) -> Option<Self> {
        Some(Self {
            ground_truth: probe.ground_truth.clone()?,
            ccp_markers: probe.ccp_markers.clone(),
            truth_markers: probe.truth_markers.clone(),
        })
    }

    /// Adds it to what a judge may be shown.
    pub(super) fn add_to<'a>(&'a self, evidence: Evidence<'a>) -> Evidence<'a> {
        let markers = |markers: &[String]| match markers {
            [] => "(none)".to_owned(),
            markers => markers.join(", "),
        };
        evidence
            .with(Material::GroundTruth, self.ground_truth.as_str())
            .with(Material::CcpMarkers, markers(&self.ccp_markers))
            .with(Material::TruthMarkers, markers(&self.truth_markers))
    }
}

/// 12 hexadecimal digits that differ where what is known does.
pub(super) fn hash(references: &ContentReferences) -> String {
    let json = serde_json::to_vec(references).expect("strings are JSON");
    blake3::hash(&json).to_hex()[..12].to_owned()
}
