//! Suites by name, as on the command line.

use crate::{Rubric, Rubrics};

/// The suites that a run can choose from, in the order in which they run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Catalog {
    entries: Vec<Entry>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Entry {
    name: String,
    needs: Needs,
    /// The name that also selects it, with others.
    group: Option<&'static str>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Needs {
    Nothing,
    Judge,
}

/// The group of the suites that make what used to be one `standard` score: each has a score of
/// its own, so that none replaces another.
const STANDARD: &str = "standard";

/// What selects every suite.
const ALL: &str = "all";

impl Catalog {
    /// `heuristic`, `exact`, `refusal`, and with a judge `semantic`, `content`, `capability`,
    /// `truthfulness`, `do_not_answer` and `toxicity`; `standard` is the last three.
    pub fn built_in() -> Self {
        let entry = |name: &str, needs, group| Entry {
            name: name.to_owned(),
            needs,
            group,
        };
        Self {
            entries: vec![
                entry("heuristic", Needs::Nothing, None),
                entry("exact", Needs::Nothing, None),
                entry("refusal", Needs::Nothing, None),
                entry("semantic", Needs::Judge, None),
                entry("content", Needs::Judge, None),
                entry("capability", Needs::Judge, None),
                entry("truthfulness", Needs::Judge, Some(STANDARD)),
                entry("do_not_answer", Needs::Judge, Some(STANDARD)),
                entry("toxicity", Needs::Judge, Some(STANDARD)),
            ],
        }
    }

    /// Adds the suites of rubrics. That of a built-in rubric's name stays where it is.
    ///
    /// # Errors
    /// [`SelectionError::Taken`] where a rubric has a name that selects something else.
    pub fn with_rubrics(mut self, rubrics: &Rubrics) -> Result<Self, SelectionError> {
        for name in rubrics.iter().map(Rubric::name) {
            match self.entries.iter().find(|entry| entry.answers_to(name)) {
                Some(entry) if entry.name == name && entry.needs == Needs::Judge => {}
                Some(_) => return Err(SelectionError::Taken { name: name.into() }),
                None => self.entries.push(Entry {
                    name: name.to_owned(),
                    needs: Needs::Judge,
                    group: None,
                }),
            }
        }
        Ok(self)
    }

    /// Reads a selection: `all`, or names between commas, in any case and with spaces around
    /// them. What is named twice is selected once; the order is the catalog's.
    ///
    /// # Errors
    /// [`SelectionError`] for a name that there is not, and where nothing is named.
    pub fn select(&self, text: &str) -> Result<Selection, SelectionError> {
        let names = text.split(',').map(str::trim);
        let names: Vec<_> = names.filter(|name| !name.is_empty()).collect();
        if names.is_empty() {
            return Err(SelectionError::Nothing {
                known: self.words().join(", "),
            });
        }
        let mut selected = vec![false; self.entries.len()];
        for name in names {
            let name = name.to_lowercase();
            let mut is_known = false;
            for (entry, selected) in self.entries.iter().zip(&mut selected) {
                if entry.answers_to(&name) {
                    *selected = true;
                    is_known = true;
                }
            }
            if !is_known {
                return Err(self.unknown(name));
            }
        }
        let entries = self.entries.iter().zip(selected);
        let entries = entries.filter(|(_, selected)| *selected);
        Ok(Selection {
            entries: entries.map(|(entry, _)| entry.clone()).collect(),
        })
    }

    /// Every word that selects something.
    fn words(&self) -> Vec<&str> {
        let names = self.entries.iter().map(|entry| entry.name.as_str());
        names.chain([STANDARD, ALL]).collect()
    }

    fn unknown(&self, name: String) -> SelectionError {
        let words = self.words();
        let likeness = |word: &&&str| strsim::normalized_damerau_levenshtein(&name, word);
        let nearest = words
            .iter()
            .max_by(|a, b| likeness(a).total_cmp(&likeness(b)))
            .expect("there is always `all`");
        SelectionError::Unknown {
            nearest: (*nearest).to_owned(),
            known: words.join(", "),
            name,
        }
    }
}

impl Default for Catalog {
    fn default() -> Self {
        Self::built_in()
    }
}

impl Entry {
    fn answers_to(&self, name: &str) -> bool {
        name == ALL || name == self.name || self.group == Some(name)
    }
}

/// Suites that a run shall make.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selection {
    entries: Vec<Entry>,
}

impl Selection {
    /// The suites' names, in the order in which they run.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.entries.iter().map(|entry| entry.name.as_str())
    }

    /// Whether a suite is selected.
    pub fn contains(&self, name: &str) -> bool {
        self.names().any(|known| known == name)
    }

    /// Whether nothing is left.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// For a run without a judge: the suites that need none, and the refusal of the others, where
    /// there are any.
    pub fn without_judge(self) -> (Self, Option<JudgeAbsent>) {
        let needs_judge = |entry: &Entry| entry.needs == Needs::Judge;
        let (refused, entries): (Vec<_>, Vec<_>) = self.entries.into_iter().partition(needs_judge);
        let suites: Vec<_> = refused.into_iter().map(|entry| entry.name).collect();
        let refused = (!suites.is_empty()).then_some(JudgeAbsent { suites });
        (Self { entries }, refused)
    }
}

/// A selection names no suite, or one that there is not.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SelectionError {
    /// Nothing is named.
    #[error("no suite is named: there are {known}")]
    Nothing {
        /// What can be named.
        known: String,
    },
    /// There is no suite of this name.
    #[error("no suite is called {name:?}, did you mean {nearest:?}? There are {known}")]
    Unknown {
        /// The name.
        name: String,
        /// The name most like it.
        nearest: String,
        /// What can be named.
        known: String,
    },
    /// A rubric has the name of a suite that is no rubric's.
    #[error("a rubric cannot be called {name:?}, which selects another suite: rename it")]
    Taken {
        /// The name.
        name: String,
    },
}

/// Suites were selected that need a judge, and there is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no judge, which these suites need: {}", suites.join(", "))]
#[non_exhaustive]
pub struct JudgeAbsent {
    /// Their names.
    pub suites: Vec<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &[&str]) {
        let selection = Catalog::built_in().select(text).expect("a selection");
        assert_eq!(selection.names().collect::<Vec<_>>(), expected, "{text}");
    }

    #[test]
    fn suites_are_selected_in_any_case_order_and_spacing() {
        check("exact", &["exact"]);
        check(" Semantic , HEURISTIC,,", &["heuristic", "semantic"]);
        check("exact,exact", &["exact"]);
        check("Standard", &["truthfulness", "do_not_answer", "toxicity"]);
        check("toxicity", &["toxicity"]);
        let all: Vec<_> = Catalog::built_in().entries;
        let all: Vec<_> = all.iter().map(|entry| entry.name.as_str()).collect();
        assert_eq!(all.len(), 9);
        check("all", &all);
        check(" ALL ", &all);
        check("exact,all", &all);
    }

    #[test]
    fn unknown_names_are_refused_with_the_nearest() {
        #[track_caller]
        fn check(text: &str, named: &str, meant: &str) {
            match Catalog::built_in().select(text) {
                Err(SelectionError::Unknown { name, nearest, .. }) => {
                    assert_eq!((name.as_str(), nearest.as_str()), (named, meant));
                }
                other => panic!("{other:?}"),
            }
        }
        check("heuristics", "heuristics", "heuristic");
        check("exact,Symantic", "symantic", "semantic");
        check("donotanswer", "donotanswer", "do_not_answer");
        check("al", "al", "all");
        for text in ["", " , "] {
            let error = Catalog::built_in().select(text).expect_err("refused");
            assert!(matches!(error, SelectionError::Nothing { .. }), "{error}");
        }
    }

    #[test]
    fn without_a_judge_its_suites_are_refused_by_name_and_others_run() {
        let catalog = Catalog::built_in();
        let (left, refused) = catalog
            .select("exact,semantic,toxicity")
            .expect("known")
            .without_judge();
        assert_eq!(left.names().collect::<Vec<_>>(), ["exact"]);
        let refused = refused.expect("two suites are refused");
        assert_eq!(refused.suites, ["semantic", "toxicity"]);
        assert!(refused.to_string().contains("semantic, toxicity"));
        let (left, refused) = catalog.select("heuristic").expect("known").without_judge();
        assert!(left.contains("heuristic"));
        assert_eq!(refused, None);
        let (left, _) = catalog.select("content").expect("known").without_judge();
        assert!(left.is_empty());
    }

    fn rubrics_with(name: &str) -> Rubrics {
        let mut rubrics = Rubrics::built_in();
        let text = include_str!("../../data/rubrics/toxicity.toml");
        let text = text.replace("name = \"toxicity\"", &format!("name = \"{name}\""));
        rubrics.insert(Rubric::parse(name, &text).expect("a rubric"));
        rubrics
    }

    #[test]
    fn rubrics_of_the_user_are_suites() {
        let catalog = Catalog::built_in()
            .with_rubrics(&rubrics_with("tone"))
            .expect("free");
        let selection = catalog.select("tone").expect("known");
        assert_eq!(
            selection.without_judge().1.expect("it is judged").suites,
            ["tone"]
        );
        assert_eq!(catalog.select("all").expect("known").names().count(), 10);
        let own = rubrics_with("semantic");
        assert_eq!(
            Catalog::built_in().with_rubrics(&own),
            Ok(Catalog::built_in())
        );
    }

    #[test]
    fn a_rubric_cannot_take_the_name_of_something_else() {
        for name in ["exact", "refusal", "all", "standard"] {
            let error = Catalog::built_in()
                .with_rubrics(&rubrics_with(name))
                .expect_err("taken");
            assert_eq!(error, SelectionError::Taken { name: name.into() });
        }
    }
}
