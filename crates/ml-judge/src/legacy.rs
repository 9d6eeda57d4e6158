//! Mode `legacy-2026-02` rule by rule, for comparison with scores that were stored under it.
//!
//! Each function gives for every text, bit for bit, what the Go predecessor gave in February 2026,
//! with its oddities. New texts are better scored in [`Mode::V2`](crate::Mode::V2).

pub(crate) mod pattern;

pub use crate::exact::legacy::{ExactScore, exact};
pub use crate::heuristic::legacy::{composite, heuristics};
pub use crate::json::legacy::json_object;
pub use crate::probe::legacy::{passes, probe_ids};
pub use crate::text::think::without_think_blocks;
