//! Why there is no report.

/// A report cannot be made or read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReportError {
    /// Scores of one suite were made by different rules or judges, and have no common mean.
    #[error(
        "the suite {suite} has scores by {first} and by {second}: score all answers alike, or in \
         runs of their own"
    )]
    Mixed {
        /// The suite.
        suite: String,
        /// Who made the first score.
        first: String,
        /// Who made another one.
        second: String,
    },
    /// It was written by a newer version of this program.
    #[error("the report has format {format}, and this program reads up to {newest}: update it")]
    Newer {
        /// The report's format.
        format: u32,
        /// The newest that is read.
        newest: u32,
    },
    /// It is longer than a report may be.
    #[error("the report is longer than {limit} bytes")]
    TooLong {
        /// The most bytes that are read.
        limit: u64,
    },
    /// It is no report.
    #[error("the file is no report as `ml probe` and `ml score` write it")]
    Json(#[source] serde_json::Error),
    /// It cannot be read or written.
    #[error("the report cannot be read or written")]
    Io(#[from] std::io::Error),
}
