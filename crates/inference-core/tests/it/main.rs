//! The contract as its users see it.

mod adapter;
mod backend_model;
mod batch;
mod registry;
mod toy;
