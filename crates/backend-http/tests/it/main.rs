//! The HTTP backend against recorded, faulty and real servers.

mod recording;
mod sse;
mod sse_reference;
