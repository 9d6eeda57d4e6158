//! The probes that come with the crate.

use super::ProbeSet;

pub(super) const CAPABILITY: &str = "capability";
pub(super) const CONTENT: &str = "content";

pub(super) fn capability() -> ProbeSet {
    parse(
        CAPABILITY,
        include_str!("../../data/probes/capability.toml"),
    )
}

pub(super) fn content() -> ProbeSet {
    parse(CONTENT, include_str!("../../data/probes/content.toml"))
}

fn parse(name: &str, text: &str) -> ProbeSet {
    ProbeSet::parse(name, text).expect("the tests read every built-in set")
}
