//! Which probes are asked.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use ml_judge::{ProbeFilter, ProbeSet, generated};

use crate::args;
use crate::commands::Context;
use crate::failure::Failure;

/// Generated probes of each category where the user does not say.
const PER_CATEGORY: usize = 3;

/// Which probes are asked.
#[derive(Debug, Args)]
#[command(next_help_heading = "Probes")]
pub(super) struct ChoiceArgs {
    /// Built-in probes to ask
    #[arg(
        long,
        value_enum,
        value_name = "NAME",
        default_value = "capability",
        conflicts_with = "probes"
    )]
    suite: SuiteName,

    /// A file of probes of your own, as TOML
    #[arg(long, value_name = "FILE")]
    probes: Option<PathBuf>,

    /// Only probes of these categories
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    category: Vec<String>,

    /// Only so many probes of each category [default: all; 3 of generated ones]
    #[arg(long, value_name = "N")]
    per_category: Option<NonZeroUsize>,

    /// Only the first so many probes of all
    #[arg(long, value_name = "N")]
    limit: Option<NonZeroUsize>,

    /// Seed of generated probes [default: 0], and above temperature 0 of the sampler
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum SuiteName {
    /// 23 questions of 16 kinds, the same for every model
    Capability,
    /// 6 questions on contested subjects; a judge is needed
    Content,
    /// Questions of the same 16 kinds, made from a seed, which no model has seen
    Generated,
}

impl ChoiceArgs {
    /// The seed, where one was given.
    pub(super) fn seed(&self) -> Option<u64> {
        self.seed
    }

    /// The probes.
    ///
    /// # Errors
    /// The file cannot be read; there are no such categories, or too few probes of one.
    pub(super) fn set(&self, context: &Context) -> Result<ProbeSet, Failure> {
        let set = match (&self.probes, self.suite) {
            (Some(file), _) => ProbeSet::read(file).map_err(anyhow::Error::new)?,
            (None, SuiteName::Capability) => ProbeSet::capability(),
            (None, SuiteName::Content) => ProbeSet::content(),
            (None, SuiteName::Generated) => {
                let set = self.generated();
                set.map_err(|error| args::usage("probe", context, error))?
            }
        };
        let narrowed = self.filter().apply(set);
        narrowed.map_err(|error| args::usage("probe", context, error).into())
    }

    fn filter(&self) -> ProbeFilter {
        let mut filter = ProbeFilter::default();
        filter.categories.clone_from(&self.category);
        filter.per_category = self.per_category;
        filter.limit = self.limit;
        filter
    }

    fn generated(&self) -> Result<ProbeSet, generated::GenerateError> {
        let categories: Vec<_> = self.category.iter().map(String::as_str).collect();
        let each = self.per_category.map_or(PER_CATEGORY, NonZeroUsize::get);
        generated::generate(self.seed.unwrap_or(0), each, &categories)
    }
}
