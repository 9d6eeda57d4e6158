//! The checks and their tools, from outside.

mod broken;
mod conformance;
#[cfg(feature = "fake-server")]
mod fake_server;
mod scripted;
