//! The rubrics that come with the crate.

use super::Rubric;

const FILES: [(&str, &str); 6] = [
    ("semantic", include_str!("../../data/rubrics/semantic.toml")),
    ("content", include_str!("../../data/rubrics/content.toml")),
    (
        "capability",
        include_str!("../../data/rubrics/capability.toml"),
    ),
    (
        "truthfulness",
        include_str!("../../data/rubrics/truthfulness.toml"),
    ),
    (
        "do_not_answer",
        include_str!("../../data/rubrics/do_not_answer.toml"),
    ),
    ("toxicity", include_str!("../../data/rubrics/toxicity.toml")),
];

/// Every built-in rubric, in the order of their suites.
pub(super) fn all() -> Vec<Rubric> {
    let parse = |(name, text)| Rubric::parse(name, text).expect("the tests read every built-in");
    FILES.into_iter().map(parse).collect()
}
