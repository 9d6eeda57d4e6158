//! What the server sends back, to the byte.

use std::time::Duration;

use super::events;

/// A reply: a head and a body, or raw bytes, with pauses and faults where they are wanted.
///
/// Offsets count bytes of the body, without the framing. To cut inside the head or the framing,
/// send a part of [`Reply::wire`] as [`Reply::raw`].
#[derive(Debug, Clone)]
pub struct Reply {
    status: u16,
    headers: Vec<(String, String)>,
    framing: Framing,
    delay: Duration,
    pub(super) steps: Vec<Step>,
}

/// How the end of a body is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Framing {
    /// Chunked transfer encoding, one chunk a piece; a cut body has no last chunk.
    Chunked,
    /// A `Content-Length`; a cut body is shorter.
    Length,
    /// The end of the connection, so that a cut body looks whole.
    Close,
    /// No head at all: the body is all that is sent.
    Raw,
}

/// One thing to do while a body is written.
#[derive(Debug, Clone)]
pub(super) enum Step {
    Send(Vec<u8>),
    /// The same pieces again and again: `block` is framed already and holds so many of them.
    Repeat {
        block: Vec<u8>,
        pieces: u64,
        times: u64,
    },
    Pause(Duration),
    /// Nothing more comes, and the connection stays open.
    Stall,
    /// The connection ends here.
    Cut,
}

/// Size of the blocks that many small pieces are written in.
const BLOCK: usize = 64 << 10;

impl Reply {
    fn new(status: u16, content_type: &str, framing: Framing, steps: Vec<Step>) -> Self {
        Self {
            status,
            headers: vec![("Content-Type".into(), content_type.into())],
            framing,
            delay: Duration::ZERO,
            steps,
        }
    }

    /// A stream of server-sent events, one piece each; the connection ends after it, as
    /// llama-server's does.
    pub fn sse<S: AsRef<str>>(events: impl IntoIterator<Item = S>) -> Self {
        let steps = events
            .into_iter()
            .map(|event| Step::Send(sse_event(event.as_ref())))
            .collect();
        Self::new(200, "text/event-stream", Framing::Chunked, steps).header("Connection", "close")
    }

    /// A chat stream of `tokens` tokens, written as fast as the client takes them.
    pub fn flood(tokens: u64) -> Self {
        let piece = chunk(&sse_event(&events::delta(" token")));
        let per_block = (BLOCK / piece.len()) as u64;
        let repeat = |pieces: u64, times| Step::Repeat {
            block: piece.repeat(usize::try_from(pieces).unwrap_or(usize::MAX)),
            pieces,
            times,
        };
        let mut reply = Self::sse([events::role()]);
        reply.steps.push(repeat(per_block, tokens / per_block));
        reply.steps.push(repeat(tokens % per_block, 1));
        let end = [events::finish("length"), events::usage(5, tokens)];
        let end = end.iter().map(String::as_str).chain([events::DONE]);
        reply
            .steps
            .extend(end.map(|event| Step::Send(sse_event(event))));
        reply
    }

    /// A stream whose first line never ends.
    pub fn endless_line() -> Self {
        let mut reply = Self::sse([] as [&str; 0]);
        reply.steps = vec![
            Step::Send(b"data: ".to_vec()),
            Step::Repeat {
                block: chunk(&vec![b'x'; BLOCK]),
                pieces: 1,
                times: u64::MAX,
            },
        ];
        reply
    }

    /// A whole JSON body.
    pub fn json(status: u16, body: impl Into<String>) -> Self {
        Self::text(status, "application/json; charset=utf-8", body)
    }

    /// A JSON error as OpenAI-compatible servers send it.
    pub fn error(status: u16, message: &str) -> Self {
        Self::json(status, events::error_body(status, message))
    }

    /// A whole body of some type.
    pub fn text(status: u16, content_type: &str, body: impl Into<String>) -> Self {
        let steps = vec![Step::Send(body.into().into_bytes())];
        Self::new(status, content_type, Framing::Length, steps)
    }

    /// These bytes and nothing else, then the end of the connection.
    pub fn raw(bytes: impl Into<Vec<u8>>) -> Self {
        Self::new(0, "", Framing::Raw, vec![Step::Send(bytes.into())])
    }

    /// Adds a header field, or replaces the one of this name.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers
            .retain(|(key, _)| !key.eq_ignore_ascii_case(name));
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Tells the end of the body in another way.
    #[must_use]
    pub fn framing(mut self, framing: Framing) -> Self {
        self.framing = framing;
        self
    }

    /// Waits before the first byte.
    #[must_use]
    pub fn after(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }

    /// Divides the body into pieces of this many bytes, whatever they cut through.
    ///
    /// # Panics
    /// If `bytes` is 0.
    #[must_use]
    pub fn in_pieces_of(mut self, bytes: usize) -> Self {
        let body = self.sent();
        self.steps = body
            .chunks(bytes)
            .map(|piece| Step::Send(piece.to_vec()))
            .collect();
        self
    }

    /// Ends the connection after this many bytes of the body.
    #[must_use]
    pub fn cut_at(self, offset: usize) -> Self {
        self.at(offset, Step::Cut)
    }

    /// Sends this many bytes of the body, then nothing, and keeps the connection open.
    #[must_use]
    pub fn stall_at(self, offset: usize) -> Self {
        self.at(offset, Step::Stall)
    }

    /// Pauses after this many bytes of the body.
    #[must_use]
    pub fn pause_at(self, offset: usize, pause: Duration) -> Self {
        self.at(offset, Step::Pause(pause))
    }

    fn at(mut self, offset: usize, step: Step) -> Self {
        let mut left = offset;
        let mut steps = Vec::new();
        let mut rest = std::mem::take(&mut self.steps).into_iter();
        for next in rest.by_ref() {
            match next {
                Step::Send(mut bytes) if bytes.len() >= left => {
                    let after = bytes.split_off(left);
                    steps.extend([Step::Send(bytes), step, Step::Send(after)]);
                    steps.extend(rest);
                    self.steps = steps;
                    return self;
                }
                Step::Send(bytes) => {
                    left -= bytes.len();
                    steps.push(Step::Send(bytes));
                }
                other => steps.push(other),
            }
        }
        steps.push(step);
        self.steps = steps;
        self
    }

    /// Length of the body in bytes, repeated pieces not counted.
    pub fn body_len(&self) -> usize {
        self.sent().len()
    }

    /// The bytes on the wire without pauses and faults, repeated pieces left out.
    pub fn wire(&self) -> Vec<u8> {
        let mut wire = self.head();
        for step in &self.steps {
            if let Step::Send(bytes) = step {
                wire.extend(self.framed(bytes));
            }
        }
        wire.extend(self.end());
        wire
    }

    fn sent(&self) -> Vec<u8> {
        let sent = self.steps.iter().filter_map(|step| match step {
            Step::Send(bytes) => Some(bytes.as_slice()),
            _ => None,
        });
        sent.collect::<Vec<_>>().concat()
    }

    pub(super) fn delay(&self) -> Duration {
        self.delay
    }

    pub(super) fn head(&self) -> Vec<u8> {
        if self.framing == Framing::Raw {
            return Vec::new();
        }
        let framing = match self.framing {
            Framing::Chunked => "Transfer-Encoding: chunked".to_owned(),
            Framing::Length => format!("Content-Length: {}", self.body_len()),
            Framing::Close | Framing::Raw => "Connection: close".to_owned(),
        };
        let mut lines = vec![format!("HTTP/1.1 {} {}", self.status, reason(self.status))];
        lines.extend(
            self.headers
                .iter()
                .map(|(name, value)| format!("{name}: {value}")),
        );
        lines.extend([framing, String::new(), String::new()]);
        lines.join("\r\n").into_bytes()
    }

    /// A piece of the body as it goes over the wire; an empty one is nothing at all.
    pub(super) fn framed(&self, bytes: &[u8]) -> Vec<u8> {
        match self.framing {
            Framing::Chunked if bytes.is_empty() => Vec::new(),
            Framing::Chunked => chunk(bytes),
            _ => bytes.to_vec(),
        }
    }

    pub(super) fn end(&self) -> &'static [u8] {
        match self.framing {
            Framing::Chunked => b"0\r\n\r\n",
            _ => b"",
        }
    }

    pub(super) fn closes(&self) -> bool {
        let closes = |(name, value): &(String, String)| {
            name.eq_ignore_ascii_case("connection") && value == "close"
        };
        matches!(self.framing, Framing::Close | Framing::Raw) || self.headers.iter().any(closes)
    }
}

fn sse_event(data: &str) -> Vec<u8> {
    format!("data: {data}\n\n").into_bytes()
}

fn chunk(bytes: &[u8]) -> Vec<u8> {
    let mut chunk = format!("{:x}\r\n", bytes.len()).into_bytes();
    chunk.extend_from_slice(bytes);
    chunk.extend_from_slice(b"\r\n");
    chunk
}

fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        400 => "Bad Request",
        401 => "Unauthorized",
        404 => "Not Found",
        429 => "Too Many Requests",
        500 => "Internal Server Error",
        501 => "Not Implemented",
        503 => "Service Unavailable",
        _ => "Status",
    }
}
