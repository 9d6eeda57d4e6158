//! Which probes are asked.

use std::collections::HashMap;
use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use ml_judge::{ProbeSet, generated};

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
        self.narrowed(set)
            .map_err(|message| args::usage("probe", context, message).into())
    }

    fn generated(&self) -> Result<ProbeSet, generated::GenerateError> {
        let categories: Vec<_> = self.category.iter().map(String::as_str).collect();
        let each = self.per_category.map_or(PER_CATEGORY, NonZeroUsize::get);
        generated::generate(self.seed.unwrap_or(0), each, &categories)
    }

    /// The probes that are left of a set.
    fn narrowed(&self, set: ProbeSet) -> Result<ProbeSet, String> {
        let known = set.categories();
        let is_known = |name: &&String| known.contains(&name.as_str());
        if let Some(unknown) = self.category.iter().find(|name| !is_known(name)) {
            let (name, known) = (set.name(), known.join(", "));
            return Err(format!(
                "the probes {name:?} have no category {unknown:?}: there are {known}"
            ));
        }
        let each = self.per_category.map_or(usize::MAX, NonZeroUsize::get);
        let limit = self.limit.map_or(usize::MAX, NonZeroUsize::get);
        let mut seen: HashMap<&str, usize> = HashMap::new();
        let mut left = Vec::new();
        for probe in set.probes() {
            let is_named = self.category.is_empty() || self.category.contains(&probe.category);
            let seen = seen.entry(probe.category.as_str()).or_default();
            *seen += 1;
            if is_named && *seen <= each && left.len() < limit {
                left.push(probe.clone());
            }
        }
        if left.len() == set.probes().len() {
            return Ok(set);
        }
        // The set makes a hash of its own for what is left.
        let version = set.version();
        let label = version.rsplit_once('+').map_or(version, |(label, _)| label);
        Ok(ProbeSet::new(set.name(), label, left))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn choice() -> ChoiceArgs {
        ChoiceArgs {
            suite: SuiteName::Capability,
            probes: None,
            category: Vec::new(),
            per_category: None,
            limit: None,
            seed: None,
        }
    }

    #[track_caller]
    fn check(choice: &ChoiceArgs, expected: usize) -> ProbeSet {
        let set = choice.narrowed(ProbeSet::capability()).expect("known");
        assert_eq!(set.probes().len(), expected, "{choice:?}");
        set
    }

    #[test]
    fn a_set_is_narrowed_and_keeps_its_label() {
        let whole = check(&choice(), 23);
        assert_eq!(whole, ProbeSet::capability());
        let one = NonZeroUsize::new(1);
        let mut first = choice();
        first.per_category = one;
        let first = check(&first, 16);
        assert_eq!(first.name(), "capability");
        assert_ne!(first.version(), whole.version());
        assert!(first.version().starts_with("1+"), "{}", first.version());
        let mut algebra = choice();
        algebra.category = vec!["algebra".into(), "sets".into()];
        assert_eq!(check(&algebra, 3).categories(), ["algebra", "sets"]);
        algebra.limit = one;
        check(&algebra, 1);
    }

    #[test]
    fn unknown_categories_are_refused_with_the_known_ones() {
        let mut unknown = choice();
        unknown.category = vec!["algebra".into(), "poetry".into()];
        let error = unknown.narrowed(ProbeSet::capability());
        let error = error.expect_err("refused");
        assert!(
            error.contains("\"poetry\"") && error.contains("geometry"),
            "{error}"
        );
    }
}
