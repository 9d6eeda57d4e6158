//! From finished items to a report.

use std::collections::{BTreeMap, HashMap};

use super::{
    Counts, Report, ReportError, ReportItem, RunDescription, SuiteRun, SuiteTrust, aggregate, pass,
    sample,
};
use crate::{Check, Done, Probe, ProbeSet, RunSummary, Score};

/// Makes a report of what a [`Runner`](crate::Runner) delivers. Let it
/// [deliver](crate::Reuse::Deliver) what the ledger has: items that are passed over are missing.
#[derive(Debug, Clone)]
pub struct ReportBuilder {
    run: RunDescription,
    probes: HashMap<String, Known>,
    trust: HashMap<String, SuiteTrust>,
    suites: Suites,
    /// With their places in the source.
    items: Vec<(u64, ReportItem)>,
}

/// What a probe says of the answers to it.
#[derive(Debug, Clone)]
struct Known {
    category: String,
    expected: Option<String>,
}

/// The suites so far.
#[derive(Debug, Clone, Default)]
struct Suites(BTreeMap<String, SuiteRun>);

impl ReportBuilder {
    /// A report of this run.
    pub fn new(run: RunDescription) -> Self {
        Self {
            run,
            probes: HashMap::new(),
            trust: HashMap::new(),
            suites: Suites::default(),
            items: Vec::new(),
        }
    }

    /// Names the probes that are asked. Items get the categories and right answers of the probes
    /// of their ids.
    #[must_use]
    pub fn probes(mut self, set: &ProbeSet) -> Self {
        self.run.probes = Some(set.into());
        let known = |probe: &Probe| (probe.id.clone(), Known::of(probe));
        self.probes = set.probes().iter().map(known).collect();
        self
    }

    /// Says how far the scores of a suite are to be believed. Those of a judged suite of which
    /// nothing is said are marked untrusted.
    #[must_use]
    pub fn trust(mut self, suite: impl Into<String>, trust: SuiteTrust) -> Self {
        self.trust.insert(suite.into(), trust);
        self
    }

    /// Adds a finished item.
    ///
    /// # Errors
    /// [`ReportError::Mixed`] where a score was made by other rules or judges than one of the same
    /// suite before it; the item is not added then.
    pub fn add(&mut self, done: &Done) -> Result<(), ReportError> {
        let mut item = ReportItem::of(done);
        for score in &item.scores {
            self.suites.add(score)?;
        }
        if let Some(known) = self.probes.get(&item.id) {
            item.category = Some(known.category.clone());
            item.expected = item.expected.or_else(|| known.expected.clone());
        }
        self.items.push((done.index, item));
        Ok(())
    }

    /// The report of all that was added. `ended` is the time, as RFC 3339 has it.
    ///
    /// Blocks while it resamples: up to a second for each ten suites' fields of some thousand
    /// items.
    pub fn finish(mut self, ended: impl Into<String>, summary: &RunSummary) -> Report {
        self.run.ended = ended.into();
        self.items.sort_by_key(|(place, _)| *place);
        let items: Vec<_> = self.items.into_iter().map(|(_, item)| item).collect();
        let mut counts = Counts::default();
        for item in &items {
            counts.add(item);
        }
        counts.end(summary);
        let mut suites: Vec<_> = self.suites.0.into_values().collect();
        for suite in &mut suites {
            suite.trust = self.trust.remove(&suite.name);
        }
        let samples = sample::collect(&items);
        let aggregates = aggregate::all(&suites, &samples);
        let passes = pass::all(&suites, &samples);
        Report {
            format: Report::FORMAT,
            run: self.run,
            suites,
            counts,
            aggregates,
            passes,
            items,
        }
    }
}

impl Report {
    /// Refuses items whose scores have no common mean.
    pub(super) fn check_suites(&self) -> Result<(), ReportError> {
        let mut suites = Suites::default();
        let mut scores = self.items.iter().flat_map(|item| &item.scores);
        scores.try_for_each(|score| suites.add(score))
    }
}

impl Suites {
    fn add(&mut self, score: &Score) -> Result<(), ReportError> {
        if let Some(suite) = self.0.get_mut(&score.suite) {
            return suite.merge(score);
        }
        self.0.insert(score.suite.clone(), SuiteRun::of(score));
        Ok(())
    }
}

impl Known {
    fn of(probe: &Probe) -> Self {
        let checked = || probe.check.as_ref().map(Check::expected);
        Self {
            category: probe.category.clone(),
            expected: probe.expected.clone().or_else(checked),
        }
    }
}
