//! The checks and their tools, from outside.

#[cfg(feature = "fake-server")]
mod fake_server;
