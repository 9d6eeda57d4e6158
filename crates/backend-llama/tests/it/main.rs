//! What a user of the crate sees, with the real llama-server and with one that misbehaves.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod adapters;
mod conformance;
mod crash;
mod leaks;
mod loader;
mod parent_death;
mod real_start;
mod secrets;
mod start;
mod stop;
mod support;
mod text_model;
