//! What a user of the crate sees, with tiny models and with a real one.

#![cfg_attr(mlx, expect(clippy::unwrap_used, reason = "a test fails by panicking"))]

mod availability;
#[cfg(mlx)]
mod batch;
#[cfg(mlx)]
mod cached;
#[cfg(mlx)]
mod conformance;
#[cfg(mlx)]
mod looking;
#[cfg(mlx)]
mod models;
#[cfg(mlx)]
mod real_model;
#[cfg(mlx)]
mod requests;
#[cfg(mlx)]
mod support;
#[cfg(mlx)]
mod tiny;
