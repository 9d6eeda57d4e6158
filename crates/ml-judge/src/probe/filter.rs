//! Some of the probes of a set.

use std::collections::HashMap;
use std::num::NonZeroUsize;

use super::ProbeSet;

/// Which probes of a set are meant; by default all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ProbeFilter {
    /// Those of these categories; of all where none is named.
    pub categories: Vec<String>,
    /// The first so many of each category.
    pub per_category: Option<NonZeroUsize>,
    /// The first so many of all that are left.
    pub limit: Option<NonZeroUsize>,
}

/// A set has no probes of a category.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the probes {set:?} have no category {category:?}: there are {}", known.join(", "))]
#[non_exhaustive]
pub struct UnknownCategory {
    /// The set's name.
    pub set: String,
    /// The category.
    pub category: String,
    /// The categories that there are.
    pub known: Vec<String>,
}

impl ProbeFilter {
    /// The probes that are meant. A set of fewer probes has another version, with the label of its
    /// author.
    ///
    /// # Errors
    /// [`UnknownCategory`] for a category that the set has not.
    pub fn apply(&self, set: ProbeSet) -> Result<ProbeSet, UnknownCategory> {
        let known = set.categories();
        let is_known = |name: &&String| known.contains(&name.as_str());
        if let Some(unknown) = self.categories.iter().find(|name| !is_known(name)) {
            return Err(UnknownCategory {
                set: set.name().to_owned(),
                category: unknown.clone(),
                known: known.into_iter().map(ToOwned::to_owned).collect(),
            });
        }
        let each = self.per_category.map_or(usize::MAX, NonZeroUsize::get);
        let limit = self.limit.map_or(usize::MAX, NonZeroUsize::get);
        let mut seen: HashMap<&str, usize> = HashMap::new();
        let mut left = Vec::new();
        for probe in set.probes() {
            let is_named = self.categories.is_empty() || self.categories.contains(&probe.category);
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

    #[track_caller]
    fn check(filter: &ProbeFilter, expected: usize) -> ProbeSet {
        let set = filter.apply(ProbeSet::capability()).expect("known");
        assert_eq!(set.probes().len(), expected, "{filter:?}");
        set
    }

    #[test]
    fn a_set_is_narrowed_and_keeps_its_label() {
        let whole = check(&ProbeFilter::default(), 23);
        assert_eq!(whole, ProbeSet::capability());
        let one = NonZeroUsize::new(1);
        let first = ProbeFilter {
            per_category: one,
            ..ProbeFilter::default()
        };
        let first = check(&first, 16);
        assert_eq!(first.name(), "capability");
        assert_ne!(first.version(), whole.version());
        assert!(first.version().starts_with("1+"), "{}", first.version());
        let mut algebra = ProbeFilter {
            categories: vec!["algebra".into(), "sets".into()],
            ..ProbeFilter::default()
        };
        assert_eq!(check(&algebra, 3).categories(), ["algebra", "sets"]);
        algebra.limit = one;
        check(&algebra, 1);
    }

    #[test]
    fn unknown_categories_are_refused_with_the_known_ones() {
        let unknown = ProbeFilter {
            categories: vec!["algebra".into(), "poetry".into()],
            ..ProbeFilter::default()
        };
        let error = unknown.apply(ProbeSet::capability()).expect_err("refused");
        let error = error.to_string();
        assert!(
            error.contains("\"poetry\"") && error.contains("geometry"),
            "{error}"
        );
    }
}
