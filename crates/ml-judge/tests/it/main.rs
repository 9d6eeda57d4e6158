//! What users of the crate see: one file per behaviour.

mod cache;
mod crash;
mod examples;
mod judge;
mod judge_injection;
mod judge_pairs;
mod judge_panel;
mod judge_script;
mod legacy_exact;
mod legacy_golden;
mod legacy_heuristics;
mod legacy_json;
mod legacy_probes;
mod legacy_think;
mod race;
mod rate_limit;
mod refusal;
mod runner;
mod trust;
