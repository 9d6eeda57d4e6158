//! Networks of every family, against what mlx-lm computes with the same weights.

mod golden;
mod model;
