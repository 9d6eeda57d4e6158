//! Networks of every family, against what mlx-lm computes with the same weights.

mod adapter;
mod cache;
mod golden;
mod model;
mod pass;
mod refusal;
