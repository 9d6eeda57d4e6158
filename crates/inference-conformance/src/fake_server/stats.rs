//! What a fake server has seen.

/// Counters of a fake server.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stats {
    /// Connections accepted so far.
    pub connections: u64,
    /// Connections open now.
    pub open_connections: u64,
    /// Whole requests received so far.
    pub requests: u64,
    /// Replies that are being written now, stalled ones included.
    pub open_replies: u64,
    /// Pieces of replies handed to the operating system so far; in a stream of events, events.
    pub pieces: u64,
}
