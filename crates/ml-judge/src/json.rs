//! JSON objects in what a model says.

pub(crate) mod legacy;
mod objects;
mod parser;

pub use objects::{Object, Objects, objects};
