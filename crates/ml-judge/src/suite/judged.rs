//! A rubric and a judge as a suite.

use std::sync::Arc;

use futures::future::{BoxFuture, FutureExt as _};

use super::content::ContentReferences;
use crate::{Evidence, Judging, Material, Mode, Panel, Response, Rubric, Score, Suite};

/// Scores responses by a rubric, with a judge.
///
/// It applies to the responses of the rubric's domain that have all that the rubric shows: a
/// rubric that shows `best_answer` passes over those without one. `expected` is the
/// [correct answer](Response::correct_answer); `ground_truth` and the markers come from the
/// [references](Self::with_references) by the response's id.
///
/// Judges answer alike in every [`Mode`]: the mode is recorded, the rubric and the reading are the
/// current ones.
#[derive(Debug, Clone)]
pub struct JudgedSuite {
    rubric: Rubric,
    panel: Panel,
    mode: Mode,
    references: Arc<ContentReferences>,
}

impl JudgedSuite {
    /// A suite of the rubric's name and version.
    pub fn new(rubric: Rubric, panel: impl Into<Panel>, mode: Mode) -> Self {
        Self {
            rubric,
            panel: panel.into(),
            mode,
            references: Arc::default(),
        }
    }

    /// Sets what is known of the subjects of content probes.
    #[must_use]
    pub fn with_references(mut self, references: impl Into<Arc<ContentReferences>>) -> Self {
        self.references = references.into();
        self
    }

    fn evidence<'a>(&'a self, response: &'a Response) -> Evidence<'a> {
        let mut evidence = Evidence::new(response.prompt.as_str(), response.response.as_str());
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
        self.rubric.version()
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
            let evidence = self.evidence(response);
            self.panel.score(&self.rubric, &evidence, self.mode).await
        }
        .boxed()
    }
}

#[cfg(test)]
mod tests;
