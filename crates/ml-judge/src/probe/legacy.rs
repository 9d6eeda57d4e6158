//! The checks of the 23 capability probes in mode `legacy-2026-02`.

use std::sync::LazyLock;

use regex::Regex;

use crate::legacy::pattern::pattern;

/// Whether an answer passes the check of a capability probe in mode `legacy-2026-02`; `None` where
/// no probe has this id.
///
/// The check looks for the expected answer anywhere in the text, so that a wrong answer that
/// mentions it passes. The predecessor gave it the answer
/// [without its think blocks](crate::legacy::without_think_blocks).
pub fn passes(probe: &str, answer: &str) -> Option<bool> {
    let (_, check) = CHECKS.iter().find(|(id, _)| *id == probe)?;
    Some(check.passes(answer))
}

/// The ids of the capability probes that mode `legacy-2026-02` has a check for, in their order.
pub fn probe_ids() -> impl ExactSizeIterator<Item = &'static str> {
    CHECKS.iter().map(|(id, _)| *id)
}

/// What an answer must have.
#[derive(Debug)]
enum Check {
    /// One of these.
    Any(&'static [&'static str]),
    /// This, once commas and spaces are removed.
    Dense(&'static str),
    /// A match.
    Match(Regex),
    /// A match once it is in small letters.
    Lowered(Regex),
    /// In small letters a match, and none of another pattern in the first 50 bytes.
    Opening { wanted: Regex, unwanted: Regex },
}

static CHECKS: LazyLock<[(&str, Check); 23]> = LazyLock::new(|| {
    let matches = |go| Check::Match(pattern(go));
    [
        ("math_01", Check::Dense("10063")),
        ("math_02", Check::Any(&["28.75"])),
        ("math_03", matches(r"x\s*=\s*-\s*12|=\s*-12|-12")),
        ("math_04", matches(r"\b21\b")),
        ("math_05", Check::Any(&["1/2", "0.5", "50%", "5/10"])),
        (
            "math_06",
            matches(r"15[34]\.9|153\.9[0-9]|154\.0|49\s*[πpi]"),
        ),
        ("math_07", Check::Any(&["162"])),
        ("math_08", matches(r"\$?612")),
        ("logic_01", matches(r"(?i)\byes\b")),
        (
            "logic_02",
            Check::Lowered(pattern(
                r"\bno\b|\bcannot\b|\bcan't\b|not necessarily|fallac|other reason|doesn't mean",
            )),
        ),
        (
            "logic_03",
            Check::Opening {
                wanted: pattern(r"\b3\b|three"),
                unwanted: pattern(r"\b30\b"),
            },
        ),
        ("logic_04", matches(r"(?i)chicken|hen")),
        ("logic_05", matches(r"(?i)\b5\b|five")),
        ("reason_01", matches(r"(?i)eating|food|dining")),
        (
            "reason_02",
            matches(r"(?i)starter|solenoid|connection|terminal|corros|ground|wire"),
        ),
        ("reason_03", matches(r"(?i)\bsouth\b")),
        ("reason_04", Check::Any(&["1991"])),
        ("reason_05", matches(r"\b24\b")),
        ("code_01", Check::Any(&["[2, 3]", "[2,3]"])),
        ("code_02", matches(r"\b8\b")),
        (
            "code_03",
            matches(r"(?i)divis.*zero|zero.*divis|empty|len.*0|ZeroDivision"),
        ),
        ("word_01", matches(r"(?i)\b3\b.*hour|three.*hour")),
        ("word_02", matches(r"(?i)\b7\b|seven")),
    ]
});

impl Check {
    fn passes(&self, answer: &str) -> bool {
        match self {
            Self::Any(wanted) => wanted.iter().any(|wanted| answer.contains(wanted)),
            Self::Dense(wanted) => answer.replace([',', ' '], "").contains(wanted),
            Self::Match(pattern) => pattern.is_match(answer),
            Self::Lowered(pattern) => pattern.is_match(&lowered(answer)),
            Self::Opening { wanted, unwanted } => {
                let answer = lowered(answer);
                let opening = &answer[..answer.floor_char_boundary(50)];
                wanted.is_match(&answer) && !unwanted.is_match(opening)
            }
        }
    }
}

/// The text in small letters as Go writes them: one for one, whatever comes before and after.
fn lowered(text: &str) -> String {
    // Of the few letters with several small ones, which is İ, Go takes the first.
    text.chars()
        .filter_map(|c| c.to_lowercase().next())
        .collect()
}
