//! Probes made by templates from a seed, so that no model has seen them before.

mod code;
mod figures;
mod geometry;
mod likeness;
mod logic;
mod mechanism;
mod names;
mod number_games;
mod pattern;
mod place;
mod puzzle;
mod random;
mod time;
mod word;

use std::collections::HashSet;

use super::{Probe, ProbeSet};
use crate::Check;
use crate::answer::numbers;
use random::Random;

/// Version of the templates. With the same version and seed the probes are the same, everywhere.
pub const TEMPLATES: &str = "2";

/// What each prompt ends with.
const CLOSING: &str = "Close with a line that begins with \"Answer:\".";
/// Draws for one new probe before a category counts as exhausted.
const DRAWS: usize = 400;

/// Probes cannot be generated as asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum GenerateError {
    /// No templates are for this category.
    #[error("there are no generated probes of the category {category:?}: there are {known}")]
    UnknownCategory {
        /// The category.
        category: String,
        /// Those that there are.
        known: String,
    },
    /// The templates have no more probes.
    #[error(
        "the category {category:?} has only {found} of the {wanted} probes that are wanted: ask for fewer"
    )]
    Exhausted {
        /// The category.
        category: String,
        /// How many distinct probes were found.
        found: usize,
        /// How many were wanted.
        wanted: usize,
    },
}

/// What a template makes.
#[derive(Debug, Clone)]
struct Item {
    /// The template.
    template: &'static str,
    prompt: String,
    check: Check,
    /// The answer for people, where the check does not say it well.
    expected: Option<String>,
}

impl Item {
    fn number(template: &'static str, prompt: String, answer: i64) -> Self {
        #[expect(
            clippy::cast_precision_loss,
            reason = "the templates stay far below 2^53"
        )]
        let answer = answer as f64;
        Self::check(template, prompt, Check::number(answer))
    }

    /// An answer that is one of the options, where the others are wrong.
    fn option(template: &'static str, prompt: String, answer: &str, options: &[&str]) -> Self {
        let others = options.iter().copied().filter(|option| *option != answer);
        Self::check(template, prompt, Check::texts([answer], others))
    }

    fn yes_no(template: &'static str, prompt: String, yes: bool) -> Self {
        Self::check(template, prompt, Check::YesNo(yes))
    }

    fn check(template: &'static str, prompt: String, check: Check) -> Self {
        Self {
            template,
            prompt,
            check,
            expected: None,
        }
    }

    /// A fraction, which may be given as a decimal number of at least two digits too.
    fn fraction(template: &'static str, prompt: String, above: i64, below: i64) -> Self {
        #[expect(
            clippy::cast_precision_loss,
            reason = "the templates stay far below 2^53"
        )]
        let value = above as f64 / below as f64;
        let common = common_factor(above, below);
        let expected = format!("{}/{}", above / common, below / common);
        Self {
            expected: Some(expected),
            ..Self::check(template, prompt, Check::number(value))
        }
    }

    /// Whether the prompt says the number that is asked for.
    fn gives_itself_away(&self) -> bool {
        let Check::Numbers { any, .. } = &self.check else {
            return false;
        };
        numbers(&self.prompt).any(|number| any.iter().any(|any| (any - number).abs() < 1e-9))
    }
}

/// Euclid's.
fn common_factor(a: i64, b: i64) -> i64 {
    if b == 0 { a } else { common_factor(b, a % b) }
}

/// Makes one probe.
type Template = fn(&mut Random) -> Item;

/// The templates of each category.
const CATEGORIES: [(&str, &[Template]); 16] = [
    ("arithmetic", number_games::ARITHMETIC),
    ("algebra", number_games::ALGEBRA),
    ("probability", figures::PROBABILITY),
    ("geometry", geometry::GEOMETRY),
    ("sequences", number_games::SEQUENCES),
    ("percentages", figures::PERCENTAGES),
    ("deduction", logic::DEDUCTION),
    ("puzzles", puzzle::PUZZLES),
    ("sets", figures::SETS),
    ("analogy", likeness::ANALOGY),
    ("causal", mechanism::CAUSAL),
    ("spatial", place::SPATIAL),
    ("temporal", time::TEMPORAL),
    ("pattern", pattern::PATTERN),
    ("code", code::CODE),
    ("word", word::WORD),
];

/// The categories of generated probes, those of the built-in capability probes.
pub fn categories() -> impl ExactSizeIterator<Item = &'static str> {
    CATEGORIES.iter().map(|(name, _)| *name)
}

/// Makes `per_category` probes of each of the categories, of all where none is named. The answers
/// are computed, and every probe has a check.
///
/// The probes depend on [`TEMPLATES`] and the seed alone; those of a category are the same whatever
/// else is asked for, and fewer are the first of more. An id is the category, the template
/// and 12 hexadecimal digits of a BLAKE3 hash of the prompt.
///
/// # Errors
///
/// For a category without templates, and where a category has fewer distinct probes (each has at
/// least 1,000).
///
/// ```
/// let set = ml_judge::generated::generate(7, 5, &["arithmetic", "code"])?;
/// assert_eq!(set.probes().len(), 10);
/// assert_eq!(set, ml_judge::generated::generate(7, 5, &["arithmetic", "code"])?);
/// # Ok::<(), ml_judge::generated::GenerateError>(())
/// ```
pub fn generate(
    seed: u64,
    per_category: usize,
    categories: &[&str],
) -> Result<ProbeSet, GenerateError> {
    let mut probes = Vec::new();
    let mut of = |name, templates| {
        let items = items(seed, name, templates, per_category)?;
        probes.extend(items.into_iter().map(|item| probe(name, item)));
        Ok(())
    };
    if categories.is_empty() {
        CATEGORIES
            .iter()
            .try_for_each(|(name, templates)| of(name, templates))?;
    }
    for wanted in categories {
        let known = CATEGORIES.iter().find(|(name, _)| name == wanted);
        let (name, templates) = known.ok_or_else(|| GenerateError::UnknownCategory {
            category: (*wanted).to_owned(),
            known: self::categories().collect::<Vec<_>>().join(", "),
        })?;
        of(name, templates)?;
    }
    Ok(ProbeSet::new(
        "generated",
        format!("{TEMPLATES}.{seed}"),
        probes,
    ))
}

/// Distinct items of a category, from its templates in turn.
fn items(
    seed: u64,
    category: &str,
    templates: &[Template],
    wanted: usize,
) -> Result<Vec<Item>, GenerateError> {
    let mut random = Random::new(seed, category);
    let mut seen = HashSet::new();
    let mut items = Vec::new();
    let mut turn = 0;
    while items.len() < wanted {
        let new = (0..DRAWS).find_map(|_| {
            // The next template after one that gave nothing new, too.
            let item = templates[turn % templates.len()](&mut random);
            turn += 1;
            (!item.gives_itself_away() && seen.insert(item.prompt.clone())).then_some(item)
        });
        let Some(item) = new else {
            return Err(GenerateError::Exhausted {
                category: category.to_owned(),
                found: items.len(),
                wanted,
            });
        };
        items.push(item);
    }
    Ok(items)
}

fn probe(category: &str, item: Item) -> Probe {
    let hash = blake3::hash(item.prompt.as_bytes()).to_hex();
    let template = item.template.replace(' ', "_");
    let id = format!("{category}_{template}_{}", &hash[..12]);
    let join = if item.prompt.ends_with('\n') {
        "\n"
    } else {
        " "
    };
    let prompt = format!("{}{join}{CLOSING}", item.prompt);
    let mut probe = Probe::new(id, category, prompt, item.check);
    if item.expected.is_some() {
        probe.expected = item.expected;
    }
    probe
}

#[cfg(test)]
mod tests;
