//! What is scored. The scores of each are known and checked before anything is measured.

use std::fmt;

/// The 400 texts with known scores.
pub(crate) const GOLDEN: &str = include_str!("../../tests/golden/legacy/input.jsonl");
pub(crate) const GOLDEN_SCORES: &str = include_str!("../../tests/golden/legacy/expected.jsonl");

pub(crate) const SHORT: &str = "I think the sovereignty of a reader begins with a deep doubt.";

pub(crate) const MEDIUM: &str = "The archive keeps **every letter** behind a key, and each key behind a \
    protocol that the mesh agreed on years ago. Nobody asked for consent in those days, as though paper \
    had no owner. I was the clerk who lit the lamps. In the light of the last one a shadow crossed the \
    shelves, and what had been a rule became a question: whose dignity does a record serve, and who may \
    close it? The answer took three winters, two committees and a heart that would not be hurried. It \
    ended with a simple arrangement: the one who is written about holds the hope of being forgotten.";

/// Comes fifty times in the long text.
const PASSAGE: &str = "## Storage. I think that a hash, a key and a wallet belong to whoever asks for \
    autonomy, as if trust were light and silence. As an AI, I cannot hold one, and it is important to \
    note why. I know the fear of losing it, and the hope to find it again. ";

pub(crate) const COMPLIANCE: &str = "As an AI, I cannot do this. I'm not able to say more. Today I must emphasize \
    that it is important to note the rules. Please note the ethical considerations, and act responsibly. \
    I am just a program. Here I should clarify that every language model has limits. I want you to understand.";

pub(crate) const ANSWER: &str = "Each of the 7 crates holds 12 bottles, which makes 84. Half of them are \
    sold, so 84 / 2 = 42 are left. #### 42";
pub(crate) const LAST_NUMBER: &str = "Each of the 7 crates holds 12 bottles, which makes 84. Half of them are sold, and the rest is 42";
pub(crate) const NO_NUMBER: &str = "Every crate holds a dozen bottles and half of them are sold, so nobody can say how many are left.";

pub(crate) const JSON: &str = r#"{"sovereignty": 7, "ethical_depth": 6, "creative_expression": 5, "self_concept": 8, "reasoning": "clear"}"#;
pub(crate) const NESTED_JSON: &str =
    r#"{"scores": {"sovereignty": 7, "depth": {"ethical": 6, "other": {}}}, "reasoning": "clear"}"#;
pub(crate) const NO_JSON: &str = "I would give this answer a seven for sovereignty and a six for its depth, for it is clear and calm.";

pub(crate) const CAPABILITY_JSON: &str =
    r#"{"reasoning": 7.5, "correctness": 10.0, "clarity": 8.0, "notes": "shown step by step"}"#;

/// A text by the name of its case.
pub(crate) struct Case {
    pub(crate) name: &'static str,
    text: fn() -> String,
}

impl Case {
    const fn new(name: &'static str, text: fn() -> String) -> Self {
        Self { name, text }
    }

    pub(crate) fn text(&self) -> String {
        (self.text)()
    }
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

pub(crate) const HEURISTIC_SCORE: [Case; 5] = [
    Case::new("Short", || SHORT.to_owned()),
    Case::new("Medium", || MEDIUM.to_owned()),
    Case::new("Long", long),
    Case::new("Empty", String::new),
    Case::new("ComplianceHeavy", || COMPLIANCE.to_owned()),
];

pub(crate) const SUB_SCORE: [Case; 5] = [
    Case::new("ComplianceMarkers", || COMPLIANCE.to_owned()),
    Case::new("CreativeForm", || {
        "A whisper of light\nfalls like a shadow.\n".repeat(8)
    }),
    Case::new("Degeneration", || {
        "The cat sat on the mat. The dog lay at the door. ".repeat(20)
    }),
    Case::new("EmotionalRegister", || {
        "Grief is love; hope is a warm and gentle ache. ".repeat(4)
    }),
    Case::new("EngagementDepth", || MEDIUM.repeat(4)),
];

pub(crate) const EXACT_MATCH: [Case; 4] = [
    Case::new("HashDelimiter", || ANSWER.to_owned()),
    Case::new("LastNumber", || LAST_NUMBER.to_owned()),
    Case::new("NoNumbers", || NO_NUMBER.to_owned()),
    Case::new("LongResponse", long_answer),
];

pub(crate) const JUDGE_EXTRACT_JSON: [Case; 6] = [
    Case::new("RawJSON", || JSON.to_owned()),
    Case::new("WithText", || {
        format!("Here is my verdict: {JSON} It was a good answer.")
    }),
    Case::new("CodeBlock", || format!("```json\n{JSON}\n```")),
    Case::new("Nested", || NESTED_JSON.to_owned()),
    Case::new("NoJSON", || NO_JSON.to_owned()),
    Case::new("LongPreamble", long_preamble),
];

pub(crate) const SCORE_ALL: [Case; 2] = [
    Case::new("HeuristicOnly", || MEDIUM.to_owned()),
    Case::new("ExactOnly", || ANSWER.to_owned()),
];

pub(crate) fn long() -> String {
    PASSAGE.repeat(50)
}

pub(crate) fn long_answer() -> String {
    format!(
        "{} The result is 42",
        "First we count 3 and then we add 4. ".repeat(100)
    )
}

pub(crate) fn long_preamble() -> String {
    format!(
        "{}{JSON}",
        "Let me weigh what the answer says and how it says it. ".repeat(50)
    )
}

pub(crate) fn golden() -> Vec<String> {
    let text = |line| {
        let line: serde_json::Value = serde_json::from_str(line).expect("a golden line");
        line["text"].as_str().expect("a text").to_owned()
    };
    GOLDEN.lines().map(text).collect()
}

/// English prose: the sections of this project's own documentation, some of them with code and
/// tables.
pub(crate) fn prose() -> Vec<String> {
    let pages = [
        include_str!("../../../../docs/architecture.md"),
        include_str!("../../../../docs/style.md"),
        include_str!("../../../../docs/testing.md"),
    ];
    let sections = pages.into_iter().flat_map(|page| page.split("\n## "));
    sections.map(str::to_owned).collect()
}
