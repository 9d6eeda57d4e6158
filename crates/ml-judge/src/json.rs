//! JSON objects in what a model says.

pub(crate) mod legacy;
