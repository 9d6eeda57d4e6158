//! What a client asked.

use std::io;

use tokio::io::{AsyncRead, AsyncReadExt as _};

use super::Stats;

const MAX_HEAD: usize = 64 << 10;
const MAX_BODY: usize = 64 << 20;

/// A request as it came over the wire.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Request {
    /// `GET`, `POST`, …
    pub method: String,
    /// Path and query.
    pub path: String,
    /// Header fields in order, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body as it came.
    pub body: Vec<u8>,
    /// What the server had seen when the request came, itself included.
    pub stats: Stats,
}

impl Request {
    /// The first header field of this name, in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        let found = headers.find(|(key, _)| key == name);
        found.map(|(_, value)| value.as_str())
    }

    /// The body as JSON; `null` where it is none.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// Reads the next request. `None` is the end of the connection. `buffer` holds what was read
    /// beyond the request before.
    pub(super) async fn read(
        reader: &mut (impl AsyncRead + Unpin),
        buffer: &mut Vec<u8>,
    ) -> io::Result<Option<Self>> {
        let head = loop {
            if let Some(end) = buffer.windows(4).position(|bytes| bytes == b"\r\n\r\n") {
                break end + 4;
            }
            if buffer.len() > MAX_HEAD {
                return Err(invalid("the request's head is too long"));
            }
            if reader.read_buf(buffer).await? == 0 {
                return Ok(None);
            }
        };
        let mut request = parse_head(&buffer[..head])?;
        let length = match request.header("content-length") {
            Some(length) => length.parse().map_err(|_| invalid("bad content-length"))?,
            None => 0,
        };
        if length > MAX_BODY {
            return Err(invalid("the request's body is too long"));
        }
        while buffer.len() < head + length {
            if reader.read_buf(buffer).await? == 0 {
                return Ok(None);
            }
        }
        request.body = buffer[head..head + length].to_vec();
        buffer.drain(..head + length);
        Ok(Some(request))
    }
}

fn parse_head(head: &[u8]) -> io::Result<Request> {
    let head = std::str::from_utf8(head).map_err(|_| invalid("the request's head is not UTF-8"))?;
    let mut lines = head.lines();
    let mut start = lines.next().unwrap_or_default().split(' ');
    let (Some(method), Some(path)) = (start.next(), start.next()) else {
        return Err(invalid("no request line"));
    };
    let headers = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    Ok(Request {
        method: method.to_owned(),
        path: path.to_owned(),
        headers,
        ..Request::default()
    })
}

fn invalid(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}
