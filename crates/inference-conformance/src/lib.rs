//! The behaviour every inference backend must show, as checks to run in its tests.

#[cfg(feature = "fake-server")]
pub mod fake_server;
