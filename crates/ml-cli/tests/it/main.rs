//! The binary as users run it.

#![cfg(unix)]

mod bad_input;
#[cfg(feature = "http")]
mod chat;
mod config;
#[cfg(feature = "http")]
mod generate;
mod help;
#[cfg(feature = "http")]
mod interrupt;
mod models;
#[cfg(feature = "http")]
mod pty;
#[cfg(feature = "llama")]
mod real_model;
#[cfg(feature = "http")]
mod server;
#[cfg_attr(
    not(any(feature = "http", feature = "llama")),
    expect(dead_code, reason = "without a backend there is less to look at")
)]
mod support;
