//! A report as JSON.

use std::io::{BufWriter, Read, Write};

use serde::Deserialize;

use super::{Report, ReportError};

/// The most bytes of JSON that are read.
const MAX_BYTES: u64 = 2 << 30;

/// What every version of a report has.
#[derive(Deserialize)]
struct Head {
    format: u32,
}

impl Report {
    /// Writes the report as JSON, item by item, without a copy in memory.
    ///
    /// # Errors
    /// That of the writer.
    pub fn write(&self, to: impl Write) -> Result<(), ReportError> {
        let mut to = BufWriter::new(to);
        serde_json::to_writer(&mut to, self).map_err(|error| ReportError::Io(error.into()))?;
        writeln!(to)?;
        Ok(to.flush()?)
    }

    /// Reads a report of up to 2 GiB of JSON, which is held in memory beside it meanwhile.
    ///
    /// # Errors
    /// It cannot be read, is longer, is no report, or one of a newer format.
    pub fn read(from: impl Read) -> Result<Self, ReportError> {
        let mut json = Vec::new();
        from.take(MAX_BYTES + 1).read_to_end(&mut json)?;
        if json.len() as u64 > MAX_BYTES {
            return Err(ReportError::TooLong { limit: MAX_BYTES });
        }
        let head: Head = serde_json::from_slice(&json).map_err(ReportError::Json)?;
        if head.format > Self::FORMAT {
            return Err(ReportError::Newer {
                format: head.format,
                newest: Self::FORMAT,
            });
        }
        let report: Self = serde_json::from_slice(&json).map_err(ReportError::Json)?;
        report.check_suites()?;
        Ok(report)
    }
}
