//! Who scores the answers to probes.

use std::sync::Arc;

use ml_judge::report::{ReportBuilder, SuiteTrust};
use ml_judge::trust::TrustThreshold;
use ml_judge::{JudgedSuite, Mode, ProbeSet, ProbeSuite, Rubrics, Runner, Scorer, Suite, legacy};

use crate::bulk::{Bulk, Judges, trust_subject};
use crate::failure::Failure;

/// Refuses probes that nothing could score, and says how they could be.
pub(super) fn check(set: &ProbeSet, mode: Mode, has_judge: bool) -> Result<(), String> {
    let open = set.probes().iter().find(|probe| probe.check.is_none());
    if let Some(open) = open
        && !has_judge
    {
        return Err(format!(
            "only a judge can score the probe {:?}: name one with --judge MODEL, which may be the \
             URL of a server",
            open.id
        ));
    }
    let unknown = set
        .probes()
        .iter()
        .find(|probe| probe.check.is_some() && !legacy::probe_ids().any(|known| known == probe.id));
    match unknown {
        Some(unknown) if mode == Mode::Legacy202602 => Err(format!(
            "--mode {mode} has no check for the probe {:?}, only for the built-in capability \
             probes: leave --mode away",
            unknown.id
        )),
        _ => Ok(()),
    }
}

/// The suites that score, and how far the judged ones are to be believed.
pub(super) struct Scoring {
    scorers: Vec<Scorer>,
    trust: Vec<(String, SuiteTrust)>,
}

impl Scoring {
    /// Checks for the probes that have one; with judges also the rubrics for them and for others.
    ///
    /// # Errors
    /// The ledger, which has the judges' records, cannot be read.
    pub(super) fn new(
        set: &ProbeSet,
        mode: Mode,
        judges: Option<&Judges>,
        bulk: &Bulk<'_>,
    ) -> Result<Self, Failure> {
        let mut scoring = Self {
            scorers: Vec::new(),
            trust: Vec::new(),
        };
        if set.probes().iter().any(|probe| probe.check.is_some()) {
            let checks = Arc::new(ProbeSuite::new(set, mode));
            scoring.scorers.push(Scorer::new(checks, mode));
        }
        if let Some(judges) = judges {
            for suite in judged(set, mode, judges) {
                let record = bulk.ledger.trust(&trust_subject(&*suite, mode).key());
                let record = record.map_err(anyhow::Error::new)?;
                // One that cannot be read is of another version, as good as none.
                let record = record.and_then(|record| serde_json::from_value(record).ok());
                let trust = SuiteTrust::new(record, &TrustThreshold::default());
                scoring.trust.push((suite.name().to_owned(), trust));
                scoring.scorers.push(judges.scorer(suite, mode));
            }
        }
        Ok(scoring)
    }

    /// The runner with these suites.
    pub(super) fn runner(&self, runner: Runner) -> Runner {
        self.scorers.iter().cloned().fold(runner, Runner::scorer)
    }

    /// The report with how far they are to be believed.
    pub(super) fn trust(&self, report: ReportBuilder) -> ReportBuilder {
        let trust = self.trust.iter().cloned();
        trust.fold(report, |report, (suite, trust)| report.trust(suite, trust))
    }
}

/// The suites of the rubrics that are for some of the probes.
fn judged(set: &ProbeSet, mode: Mode, judges: &Judges) -> Vec<Arc<dyn Suite>> {
    let any = |is_checked: bool| {
        let mut probes = set.probes().iter();
        probes.any(|probe| probe.check.is_some() == is_checked)
    };
    let rubrics = Rubrics::built_in();
    let mut suites: Vec<Arc<dyn Suite>> = Vec::new();
    for (name, is_wanted) in [("capability", any(true)), ("content", any(false))] {
        if let Some(rubric) = rubrics.get(name).filter(|_| is_wanted) {
            let suite = JudgedSuite::new(rubric.clone(), judges.panel.clone(), mode);
            suites.push(Arc::new(suite.with_probes(set)));
        }
    }
    suites
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nothing_could_score_is_refused_with_the_way_out() {
        let (capability, content) = (ProbeSet::capability(), ProbeSet::content());
        let (legacy, v2) = (Mode::Legacy202602, Mode::V2);
        assert_eq!(check(&capability, v2, false), Ok(()));
        assert_eq!(check(&capability, legacy, false), Ok(()));
        assert_eq!(check(&content, v2, true), Ok(()));
        let unjudged = check(&content, v2, false).expect_err("there is no judge");
        assert!(unjudged.contains("--judge"), "{unjudged}");
        let set = ml_judge::generated::generate(7, 1, &["code"]).expect("known");
        assert_eq!(check(&set, v2, false), Ok(()));
        let unknown = check(&set, legacy, false).expect_err("they have no such check");
        assert!(unknown.contains("--mode"), "{unknown}");
    }
}
