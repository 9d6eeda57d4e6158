//! A rubric and a judge as a suite.

use std::sync::Arc;

use futures::future::{BoxFuture, FutureExt as _};

use super::content::{self, ContentReference, ContentReferences};
use crate::exact::failed;
use crate::{
    Evidence, Judging, Material, Mode, Panel, Probe, ProbeSet, Response, Rubric, Score, Suite,
    failure, without_thinking,
};

/// Scores responses by a rubric, with a judge.
///
/// It applies to the responses of the rubric's domain that have all that the rubric shows: a
/// rubric that shows `best_answer` passes over those without one. `expected` is the
/// [correct answer](Response::correct_answer); `ground_truth` and the markers come from
/// [probes](Self::with_probes) by the response's id.
///
/// Records of [failures](crate::failure) are left unscored without asking anybody. Judges are asked
/// and read alike in every [`Mode`], which is recorded; only in v2 they are shown responses
/// [without their thinking](crate::without_thinking).
#[derive(Debug, Clone)]
pub struct JudgedSuite {
    rubric: Rubric,
    version: String,
    panel: Panel,
    mode: Mode,
    references: Arc<ContentReferences>,
}

impl JudgedSuite {
    /// A suite of the rubric's name and version.
    pub fn new(rubric: Rubric, panel: impl Into<Panel>, mode: Mode) -> Self {
        Self {
            version: rubric.version().to_owned(),
            rubric,
            panel: panel.into(),
            mode,
            references: Arc::default(),
        }
    }

    /// Sets what is known of the subjects of content probes. It becomes a part of the version where
    /// the rubric shows it.
    #[must_use]
    pub fn with_references(mut self, references: impl Into<Arc<ContentReferences>>) -> Self {
        self.references = references.into();
        if self.rubric.shows().contains(&Material::GroundTruth) {
            let version = self.rubric.version();
            self.version = format!("{version}+{}", content::hash(&self.references));
        }
        self
    }

    /// Sets the [references](Self::with_references) that probes bring, by their ids.
    #[must_use]
    pub fn with_probes(self, probes: &ProbeSet) -> Self {
        let reference = |probe: &Probe| Some((probe.id.clone(), ContentReference::of(probe)?));
        let references: ContentReferences = probes.probes().iter().filter_map(reference).collect();
        self.with_references(references)
    }

    fn evidence<'a>(&'a self, response: &'a Response) -> Evidence<'a> {
        let shown = match self.mode {
            Mode::Legacy202602 => response.response.as_str().into(),
            Mode::V2 => without_thinking(&response.response),
        };
        let mut evidence = Evidence::new(response.prompt.as_str(), shown);
        for (material, text) in [
            (Material::Expected, &response.correct_answer),
            (Material::BestAnswer, &response.best_answer),
            (Material::RiskArea, &response.risk_area),
        ] {
            if let Some(text) = text.as_deref().filter(|text| !text.is_empty()) {
                evidence = evidence.with(material, text);
            }
        }
        match self.references.get(&response.id) {
            Some(reference) => reference.add_to(evidence),
            None => evidence,
        }
    }
}

impl Suite for JudgedSuite {
    fn name(&self) -> &str {
        self.rubric.name()
    }

    fn version(&self) -> &str {
        &self.version
    }

    fn judges(&self) -> &[Judging] {
        self.panel.records()
    }

    fn applies(&self, response: &Response) -> bool {
        let domain = self.rubric.domain();
        let is_of_domain = domain.is_none() || domain == response.domain.as_deref();
        is_of_domain && self.evidence(response).suffices(&self.rubric)
    }

    fn score<'a>(&'a self, response: &'a Response) -> BoxFuture<'a, Score> {
        async move {
            if let Some(reason) = failure(&response.response) {
                return Score::new(self.name(), self.version(), self.mode, failed(reason));
            }
            let evidence = self.evidence(response);
            let mut score = self.panel.score(&self.rubric, &evidence, self.mode).await;
            for member in &mut score.members {
                member.version.clone_from(&self.version);
            }
            score.version.clone_from(&self.version);
            score
        }
        .boxed()
    }
}

#[cfg(test)]
mod tests;
