//! The binary as users run it.

#![cfg(unix)]

mod bad_input;
#[cfg(feature = "http")]
mod chat;
#[cfg(feature = "http")]
mod compare;
mod compare_reports;
mod config;
mod convert;
mod disk_fault;
// The fake hub of the crate that does the fetching.
#[cfg(feature = "http")]
mod examples;
#[cfg(feature = "http")]
mod expand;
#[cfg(feature = "hub")]
#[expect(dead_code, reason = "the crate that has it tries more")]
#[path = "../../../ml-service/tests/it/fake_hub.rs"]
mod fake_hub;
#[cfg(feature = "http")]
mod generate;
mod help;
#[cfg(feature = "hub")]
#[expect(dead_code, reason = "the crate that has it tries more")]
#[path = "../../../ml-service/tests/it/hub_fault.rs"]
mod hub_fault;
#[cfg(feature = "http")]
mod interrupt;
mod judge_check;
#[cfg(feature = "http")]
mod judge_fault;
#[cfg(feature = "mcp")]
mod mcp;
#[cfg(feature = "mcp")]
#[path = "../../../ml-service/tests/it/mcp_client.rs"]
#[expect(
    clippy::unwrap_used,
    reason = "a client that does not work fails the test"
)]
#[cfg_attr(
    not(feature = "llama"),
    expect(dead_code, reason = "only a real model makes progress")
)]
mod mcp_client;
#[cfg(feature = "mlx")]
mod mlx;
mod models;
#[cfg(feature = "http")]
mod probe;
#[cfg(any(feature = "http", feature = "hub"))]
#[cfg_attr(
    not(feature = "http"),
    expect(dead_code, reason = "only conversations are typed into")
)]
mod pty;
#[cfg(feature = "hub")]
mod pull;
#[cfg(feature = "llama")]
mod real_model;
mod score;
#[cfg(all(feature = "http", feature = "server"))]
mod serve;
// It counts what the process takes.
#[cfg(all(feature = "http", feature = "server", target_os = "linux"))]
mod serve_vanishing;
#[cfg(feature = "http")]
mod server;
#[cfg_attr(
    not(any(
        feature = "http",
        feature = "hub",
        feature = "llama",
        feature = "mlx-cpu",
        all(feature = "mlx", target_os = "macos", target_arch = "aarch64")
    )),
    expect(dead_code, reason = "there is less to look at without them")
)]
mod support;
