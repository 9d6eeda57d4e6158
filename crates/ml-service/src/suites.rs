//! Suites by name, ready to score.

use std::sync::Arc;

use ml_judge::{
    Catalog, ExactSuite, HeuristicSuite, JudgedSuite, Mode, Panel, ProbeSet, ProbeSuite,
    RefusalSuite, Rubrics, Selection, SelectionError, Suite, legacy,
};

/// By which rules suites score.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct SuiteRules {
    /// The mode; v2 by default.
    pub mode: Mode,
    /// What judges score by; the built-in rubrics by default.
    pub rubrics: Rubrics,
}

impl SuiteRules {
    /// These rules.
    pub fn new(mode: Mode, rubrics: Rubrics) -> Self {
        Self { mode, rubrics }
    }

    /// Reads names of suites, as [`Catalog::select`] does, those of the rubrics among them.
    ///
    /// # Errors
    /// [`SelectionError`] for a name that there is not, and for a rubric that has the name of
    /// something else.
    pub fn select(&self, names: &str) -> Result<Selection, SelectionError> {
        let catalog = Catalog::built_in().with_rubrics(&self.rubrics)?;
        catalog.select(names)
    }

    /// The mode of the scores of a suite: `refusal` has rules of v2 only.
    pub fn mode_of(&self, suite: &str) -> Mode {
        match suite {
            "refusal" => Mode::V2,
            _ => self.mode,
        }
    }

    /// The suite of a name; `None` where there is none, or where it needs judges and has none.
    pub fn suite(&self, name: &str, judges: Option<&Panel>) -> Option<Arc<dyn Suite>> {
        Some(match name {
            "heuristic" => Arc::new(HeuristicSuite::new(self.mode)),
            "exact" => Arc::new(ExactSuite::new(self.mode)),
            "refusal" => Arc::new(RefusalSuite),
            rubric => {
                let rubric = self.rubrics.get(rubric)?.clone();
                let suite = JudgedSuite::new(rubric, judges?.clone(), self.mode);
                Arc::new(suite.with_probes(&ProbeSet::content()))
            }
        })
    }

    /// The suites that score the answers to probes: checks for those that have one, and with
    /// judges the rubric `capability` for these and `content` for the others.
    pub fn of_probes(&self, set: &ProbeSet, judges: Option<&Panel>) -> Vec<Arc<dyn Suite>> {
        let any = |is_checked: bool| {
            let mut probes = set.probes().iter();
            probes.any(|probe| probe.check.is_some() == is_checked)
        };
        let mut suites: Vec<Arc<dyn Suite>> = Vec::new();
        if any(true) {
            suites.push(Arc::new(ProbeSuite::new(set, self.mode)));
        }
        for (name, is_wanted) in [("capability", any(true)), ("content", any(false))] {
            let rubric = self.rubrics.get(name).filter(|_| is_wanted);
            if let (Some(rubric), Some(judges)) = (rubric, judges) {
                let suite = JudgedSuite::new(rubric.clone(), judges.clone(), self.mode);
                suites.push(Arc::new(suite.with_probes(set)));
            }
        }
        suites
    }

    /// Refuses probes that nothing could score, before anything is asked.
    ///
    /// # Errors
    /// [`Unscorable`] names the first of them.
    pub fn check_probes(&self, set: &ProbeSet, has_judge: bool) -> Result<(), Unscorable> {
        let probes = || set.probes().iter();
        if !has_judge && let Some(open) = probes().find(|probe| probe.check.is_none()) {
            return Err(Unscorable::NoJudge {
                probe: open.id.clone(),
            });
        }
        let is_known = |id: &str| legacy::probe_ids().any(|known| known == id);
        let unknown = probes().find(|probe| probe.check.is_some() && !is_known(&probe.id));
        match unknown {
            Some(unknown) if self.mode == Mode::Legacy202602 => Err(Unscorable::NoLegacyCheck {
                probe: unknown.id.clone(),
            }),
            _ => Ok(()),
        }
    }
}

impl Default for SuiteRules {
    fn default() -> Self {
        Self::new(Mode::default(), Rubrics::built_in())
    }
}

/// Nothing could score a probe.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Unscorable {
    /// It has no check, and there is no judge.
    #[error("only a judge can score the probe {probe:?}, and none is named")]
    NoJudge {
        /// The probe's id.
        probe: String,
    },
    /// The legacy mode does not know it.
    #[error(
        "mode {} has no check for the probe {probe:?}, only for the built-in capability probes",
        Mode::Legacy202602
    )]
    NoLegacyCheck {
        /// The probe's id.
        probe: String,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn probes_that_nothing_could_score_are_refused_by_name() {
        let (capability, content) = (ProbeSet::capability(), ProbeSet::content());
        let v2 = SuiteRules::default();
        let legacy = SuiteRules::new(Mode::Legacy202602, Rubrics::built_in());
        assert_eq!(v2.check_probes(&capability, false), Ok(()));
        assert_eq!(legacy.check_probes(&capability, false), Ok(()));
        assert_eq!(v2.check_probes(&content, true), Ok(()));
        let probe = content.probes()[0].id.clone();
        assert_eq!(
            v2.check_probes(&content, false),
            Err(Unscorable::NoJudge { probe })
        );
        let set = ml_judge::generated::generate(7, 1, &["code"]).expect("known");
        assert_eq!(v2.check_probes(&set, false), Ok(()));
        let unknown = legacy.check_probes(&set, false).expect_err("no such check");
        assert!(unknown.to_string().contains("legacy-2026-02"), "{unknown}");
    }

    #[test]
    fn every_suite_without_a_judge_is_made_and_no_other() {
        let rules = SuiteRules::default();
        let all = rules.select("all").expect("known");
        let made: Vec<_> = all
            .names()
            .filter_map(|name| rules.suite(name, None))
            .collect();
        let names: Vec<_> = made.iter().map(|suite| suite.name()).collect();
        assert_eq!(names, ["heuristic", "exact", "refusal"]);
    }
}
