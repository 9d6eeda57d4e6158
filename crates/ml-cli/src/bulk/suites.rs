//! The suites that the command line names, ready to score.

use std::num::NonZeroU32;
use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use ml_judge::{Mode, OtherResponses, PairSuite, Rubric, Rubrics, Scorer, Suite};
use ml_service::SuiteRules;

use super::Judges;

/// By which rules suites score, and how often.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Scoring")]
pub(crate) struct RulesArgs {
    /// The rules: v2, or legacy-2026-02 to compare with scores of that time
    #[arg(long, value_name = "MODE", default_value_t = Mode::V2)]
    pub(crate) mode: Mode,

    /// A rubric of your own, as TOML; it replaces the built-in one of its name
    #[arg(long, value_name = "FILE")]
    rubric: Vec<PathBuf>,

    /// How often judges are asked for each response
    #[arg(
        long,
        value_name = "N",
        default_value = "1",
        allow_negative_numbers = true
    )]
    repeats: NonZeroU32,
}

/// Scorers of one suite, one for each repeat.
#[derive(Debug, Clone)]
pub(crate) struct SuiteScorers {
    /// The suite as it is asked first.
    pub(crate) suite: Arc<dyn Suite>,
    /// The rules that its scores are made by.
    pub(crate) mode: Mode,
    /// What the runner runs.
    pub(crate) scorers: Vec<Scorer>,
}

impl RulesArgs {
    /// The rules, with the built-in rubrics and those that were named.
    ///
    /// # Errors
    /// A file cannot be read, or is no rubric.
    pub(crate) fn rules(&self) -> anyhow::Result<SuiteRules> {
        let mut rubrics = Rubrics::built_in();
        for file in &self.rubric {
            rubrics.insert(Rubric::read(file)?);
        }
        Ok(SuiteRules::new(self.mode, rubrics))
    }

    /// The scorers of a suite. A suite of a rubric needs judges.
    pub(crate) fn scorers(
        &self,
        name: &str,
        rules: &SuiteRules,
        judges: Option<&Judges>,
    ) -> Option<SuiteScorers> {
        let panel = judges.map(|judges| &judges.panel);
        let suite = rules.suite(name, panel)?;
        let Some(judges) = judges.filter(|_| !suite.judges().is_empty()) else {
            let mode = rules.mode_of(name);
            return Some(SuiteScorers {
                scorers: vec![Scorer::new(Arc::clone(&suite), mode)],
                suite,
                mode,
            });
        };
        Some(self.repeated(judges, |repeat| {
            let panel = judges.panel.repeat(repeat);
            let suite = rules.suite(name, Some(&panel));
            suite.expect("it was made for the first repeat")
        }))
    }

    /// The scorers that compare responses with others by a rubric. The first judge is asked.
    pub(crate) fn pairs(
        &self,
        rubric: &Rubric,
        judges: &Judges,
        others: OtherResponses,
    ) -> SuiteScorers {
        let others = Arc::new(others);
        self.repeated(judges, |repeat| {
            let judge = judges.panel.judges()[0].repeat(repeat);
            let others = Arc::clone(&others);
            Arc::new(PairSuite::new(rubric.clone(), judge, self.mode, others))
        })
    }

    /// A scorer for each repeat of a suite.
    fn repeated(&self, judges: &Judges, suite: impl Fn(u32) -> Arc<dyn Suite>) -> SuiteScorers {
        let mode = self.mode;
        let scorer = |repeat: u32| {
            let scorer = judges.scorer(suite(repeat), mode);
            // The first is the one of a run without repeats.
            if repeat == 0 {
                scorer
            } else {
                scorer.repeat(repeat)
            }
        };
        SuiteScorers {
            suite: suite(0),
            mode,
            scorers: (0..self.repeats.get()).map(scorer).collect(),
        }
    }
}
