//! The wire types against recorded requests and replies of a real server.

mod recorded;
mod recording;
