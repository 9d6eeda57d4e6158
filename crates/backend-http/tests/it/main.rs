//! The HTTP backend against recorded, faulty and real servers.

mod classify;
mod conformance;
mod connection;
mod discovery;
mod faults;
mod llama_server;
mod llama_server_process;
mod predecessor;
mod recording;
mod refusals;
mod replay;
mod retries;
mod server;
mod sse;
mod sse_reference;
