//! What a user of the crate sees, with tiny models and with a real one.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod availability;
#[cfg(mlx)]
mod conformance;
#[cfg(mlx)]
mod tiny;
