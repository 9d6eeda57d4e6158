//! What users of the crate see: one file per behaviour.

mod legacy_exact;
mod legacy_golden;
mod legacy_heuristics;
mod legacy_json;
mod legacy_probes;
mod legacy_think;
mod refusal;
