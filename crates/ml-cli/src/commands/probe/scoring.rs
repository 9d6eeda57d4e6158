//! Who scores the answers to probes.

use ml_judge::report::{ReportBuilder, SuiteTrust};
use ml_judge::trust::TrustThreshold;
use ml_judge::{Mode, ProbeSet, Rubrics, Runner, Scorer};
use ml_service::{SuiteRules, Unscorable};

use crate::bulk::{Bulk, Judges, trust_subject};
use crate::failure::Failure;

/// Refuses probes that nothing could score, and says how they could be.
pub(super) fn check(set: &ProbeSet, mode: Mode, has_judge: bool) -> Result<(), String> {
    let checked = rules(mode).check_probes(set, has_judge);
    checked.map_err(|error| {
        let way_out = match error {
            Unscorable::NoJudge { .. } => {
                "name one with --judge MODEL, which may be the URL of a server"
            }
            _ => "leave --mode away",
        };
        format!("{error}: {way_out}")
    })
}

fn rules(mode: Mode) -> SuiteRules {
    SuiteRules::new(mode, Rubrics::built_in())
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
        let panel = judges.map(|judges| &judges.panel);
        for suite in rules(mode).of_probes(set, panel) {
            let Some(judges) = judges.filter(|_| !suite.judges().is_empty()) else {
                scoring.scorers.push(Scorer::new(suite, mode));
                continue;
            };
            let record = bulk.trust_record(&trust_subject(&*suite, mode))?;
            let trust = SuiteTrust::new(record, &TrustThreshold::default());
            scoring.trust.push((suite.name().to_owned(), trust));
            scoring.scorers.push(judges.scorer(suite, mode));
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nothing_could_score_is_refused_with_the_way_out() {
        let content = ProbeSet::content();
        assert_eq!(check(&content, Mode::V2, true), Ok(()));
        let unjudged = check(&content, Mode::V2, false).expect_err("there is no judge");
        assert!(unjudged.contains("--judge"), "{unjudged}");
        let set = ml_judge::generated::generate(7, 1, &["code"]).expect("known");
        let unknown = check(&set, Mode::Legacy202602, false).expect_err("no such check");
        assert!(unknown.contains("--mode"), "{unknown}");
    }
}
