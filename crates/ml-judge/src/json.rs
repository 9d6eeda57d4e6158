//! JSON objects in what a model says.
