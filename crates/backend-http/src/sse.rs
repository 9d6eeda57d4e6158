//! Server-sent events: bytes in any chunking → events, exact to the WHATWG event-stream rules.

use std::borrow::Cow;
use std::ops::Range;
use std::time::Duration;

use bytes::Bytes;

/// One event of a stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SseEvent<'a> {
    /// The type: `message` where the stream names none.
    pub event: &'a str,
    /// The data lines, joined by line feeds; borrowed from the chunk where it is one line of it.
    pub data: Cow<'a, str>,
    /// The last id that the stream named, in this event or an earlier one; empty before any.
    pub id: &'a str,
}

/// Why a stream cannot be decoded any further.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SseError {
    /// A line, or the data of an event, is longer than the decoder may hold.
    #[error("an event of the stream is longer than {limit} bytes")]
    TooLong {
        /// The most bytes that a line or an event's data may have.
        limit: usize,
    },
}

/// Decodes a stream of server-sent events, chunk by chunk, by the rules of the
/// [HTML standard](https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation).
///
/// The events do not depend on how the bytes are divided into chunks. Bytes that are not UTF-8
/// become U+FFFD, as the standard's decoder does. An event that the stream does not end with an
/// empty line is never given: whether the stream ended as it should is for the caller to know.
///
/// ```
/// use backend_http::SseDecoder;
///
/// let mut decoder = SseDecoder::new();
/// decoder.push("data: Par".into());
/// assert!(decoder.next_event()?.is_none());
/// decoder.push("is\n\n: a comment\n\ndata: [DO".into());
/// assert_eq!(decoder.next_event()?.expect("an event").data, "Paris");
/// assert!(decoder.next_event()?.is_none());
/// # Ok::<(), backend_http::SseError>(())
/// ```
#[derive(Debug, Clone)]
pub struct SseDecoder {
    limit: usize,
    chunk: Bytes,
    /// Where the unread part of `chunk` starts.
    position: usize,
    /// The last byte read was a carriage return: a line feed right after it belongs to it.
    after_return: bool,
    /// No line was read yet: the first may start with a byte order mark.
    at_start: bool,
    /// The start of a line whose end is not in the chunks so far.
    line: Vec<u8>,
    data: Data,
    /// Data that is not one line of `chunk`.
    joined: Vec<u8>,
    event: String,
    id: String,
    retry: Option<Duration>,
    /// `next_event` gave an event, whose data and type are dropped when it is called again.
    given: bool,
    failed: Option<SseError>,
}

/// Where the data of the event in work is.
#[derive(Debug, Clone)]
enum Data {
    /// No data line was read.
    None,
    /// In the chunk.
    Chunk(Range<usize>),
    /// In `joined`.
    Joined,
}

/// A whole line, without its end.
enum Line {
    /// In the chunk.
    Chunk(Range<usize>),
    /// In `line`.
    Carried,
}

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

impl Default for SseDecoder {
    fn default() -> Self {
        Self::new()
    }
}

impl SseDecoder {
    /// The most bytes of a line, and of an event's data, unless
    /// [`with_limit`](Self::with_limit) says otherwise: 8 MiB.
    pub const DEFAULT_LIMIT: usize = 8 << 20;

    /// A decoder at the start of a stream.
    pub fn new() -> Self {
        Self::with_limit(Self::DEFAULT_LIMIT)
    }

    /// A decoder that fails at a line, or at an event's data, of more than `limit` bytes.
    pub fn with_limit(limit: usize) -> Self {
        Self {
            limit,
            chunk: Bytes::new(),
            position: 0,
            after_return: false,
            at_start: true,
            line: Vec::new(),
            data: Data::None,
            joined: Vec::new(),
            event: String::new(),
            id: String::new(),
            retry: None,
            given: false,
            failed: None,
        }
    }

    /// Takes the next chunk. Events of the chunks before it should be read first: what is unread
    /// of them is copied.
    pub fn push(&mut self, chunk: Bytes) {
        if self.position == self.chunk.len() {
            self.keep_data();
            self.chunk = chunk;
        } else {
            self.keep_data();
            self.chunk = [&self.chunk[self.position..], &chunk].concat().into();
        }
        self.position = 0;
    }

    /// The next whole event of the chunks so far; `None` until there are more of them.
    ///
    /// # Errors
    /// [`SseError::TooLong`], and the same at every call after it.
    pub fn next_event(&mut self) -> Result<Option<SseEvent<'_>>, SseError> {
        if let Some(error) = &self.failed {
            return Err(error.clone());
        }
        match self.read_event() {
            Ok(true) => Ok(Some(self.current())),
            Ok(false) => Ok(None),
            Err(error) => {
                self.failed = Some(error.clone());
                Err(error)
            }
        }
    }

    /// How long the stream wants a client to wait before it connects again, where it says so.
    pub fn retry(&self) -> Option<Duration> {
        self.retry
    }

    /// Reads lines until an event is whole.
    fn read_event(&mut self) -> Result<bool, SseError> {
        if std::mem::take(&mut self.given) {
            self.data = Data::None;
            self.event.clear();
        }
        while let Some(line) = self.next_line()? {
            self.take_line(&line)?;
            if matches!(line, Line::Carried) {
                self.line.clear();
            }
            if self.given {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The event that `read_event` found.
    fn current(&self) -> SseEvent<'_> {
        let data = match &self.data {
            Data::Chunk(range) => &self.chunk[range.clone()],
            Data::Joined => &self.joined,
            Data::None => &[],
        };
        SseEvent {
            event: match self.event.as_str() {
                "" => "message",
                event => event,
            },
            data: text(data),
            id: &self.id,
        }
    }

    /// The next whole line; what there is of an unfinished one moves to `line`.
    fn next_line(&mut self) -> Result<Option<Line>, SseError> {
        if self.after_return && self.position < self.chunk.len() {
            self.after_return = false;
            self.position += usize::from(self.chunk[self.position] == b'\n');
        }
        let start = self.position;
        let length = memchr::memchr2(b'\n', b'\r', &self.chunk[start..]);
        let end = length.map_or(self.chunk.len(), |length| start + length);
        if self.line.len() + (end - start) > self.limit {
            return Err(SseError::TooLong { limit: self.limit });
        }
        if length.is_none() {
            self.line.extend_from_slice(&self.chunk[start..end]);
            self.position = end;
            return Ok(None);
        }
        self.position = end + 1;
        if self.chunk[end] == b'\r' {
            match self.chunk.get(self.position) {
                Some(b'\n') => self.position += 1,
                Some(_) => {}
                None => self.after_return = true,
            }
        }
        if self.line.is_empty() {
            Ok(Some(Line::Chunk(start..end)))
        } else {
            self.line.extend_from_slice(&self.chunk[start..end]);
            Ok(Some(Line::Carried))
        }
    }

    /// Interprets one line; an empty one after data gives the event.
    fn take_line(&mut self, line: &Line) -> Result<(), SseError> {
        let (bytes, mut start) = match line {
            Line::Chunk(range) => (&self.chunk[range.clone()], range.start),
            Line::Carried => (&self.line[..], 0),
        };
        let bytes = match bytes.strip_prefix(BYTE_ORDER_MARK) {
            Some(bytes) if self.at_start => {
                start += BYTE_ORDER_MARK.len();
                bytes
            }
            _ => bytes,
        };
        self.at_start = false;
        if bytes.is_empty() {
            self.given = !matches!(self.data, Data::None);
            if !self.given {
                self.event.clear();
            }
            return Ok(());
        }
        let (name, value) = field(bytes);
        let value_start = start + value.start;
        let value = &bytes[value];
        match name {
            b"data" => {
                let in_chunk = matches!(line, Line::Chunk(_));
                if in_chunk && matches!(self.data, Data::None) {
                    self.data = Data::Chunk(value_start..value_start + value.len());
                    return Ok(());
                }
                match std::mem::replace(&mut self.data, Data::Joined) {
                    Data::None => self.joined.clear(),
                    Data::Chunk(first) => {
                        self.joined.clear();
                        self.joined.extend_from_slice(&self.chunk[first]);
                        self.joined.push(b'\n');
                    }
                    Data::Joined => self.joined.push(b'\n'),
                }
                self.joined.extend_from_slice(value);
                if self.joined.len() > self.limit {
                    return Err(SseError::TooLong { limit: self.limit });
                }
            }
            b"event" => self.event = text(value).into_owned(),
            b"id" if !value.contains(&0) => {
                self.id = text(value).into_owned();
            }
            b"retry" => self.retry = milliseconds(value).or(self.retry),
            _ => {}
        }
        Ok(())
    }

    /// Copies data of the event in work out of the chunk, which goes.
    fn keep_data(&mut self) {
        if let Data::Chunk(range) = &self.data {
            self.joined.clear();
            self.joined.extend_from_slice(&self.chunk[range.clone()]);
            self.data = Data::Joined;
        }
    }
}

/// The name of a field and where its value is. A comment is a field without a name.
fn field(line: &[u8]) -> (&[u8], Range<usize>) {
    let Some(colon) = memchr::memchr(b':', line) else {
        return (line, line.len()..line.len());
    };
    let space = usize::from(line.get(colon + 1) == Some(&b' '));
    (&line[..colon], colon + 1 + space..line.len())
}

/// The bytes as text. The check for valid UTF-8 is several times faster than `from_utf8_lossy`.
fn text(bytes: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => String::from_utf8_lossy(bytes),
    }
}

/// A `retry` value: nothing but digits.
fn milliseconds(value: &[u8]) -> Option<Duration> {
    if !value.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let digits = std::str::from_utf8(value).ok()?;
    digits.parse().ok().map(Duration::from_millis)
}
