//! Recordings of a real server: the request, then the raw reply with its chunk framing.

use std::path::{Path, PathBuf};

use inference_conformance::fake_server::Reply;
use serde_json::Value;

/// One recorded exchange.
#[derive(Debug, Clone)]
pub(crate) struct Recording {
    /// The JSON body that was sent; null where there was none.
    pub(crate) request: Value,
    /// Status line and headers of the reply.
    pub(crate) head: String,
    /// The body as the server divided it into chunks, or whole where it did not.
    pub(crate) chunks: Vec<Vec<u8>>,
    /// Whether the server ended the body as it should.
    pub(crate) whole: bool,
}

impl Recording {
    pub(crate) fn read(name: &str) -> Self {
        Self::open(&fixtures().join(name).with_extension("txt"))
    }

    fn open(path: &Path) -> Self {
        let text = std::fs::read_to_string(path)
            .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let (request, reply) = text.split_once("<<< RAW REPLY").expect("a reply");
        let (_, reply) = reply.split_once('\n').expect("a line");
        let (head, body) = reply.split_once("\r\n\r\n").unwrap_or((reply, ""));
        let request = request.split_once("\r\n\r\n").map_or("", |(_, body)| body);
        let (chunks, whole) = if head.contains("Transfer-Encoding: chunked") {
            unchunk(body)
        } else {
            (vec![body.as_bytes().to_vec()], true)
        };
        Self {
            request: serde_json::from_str(request).unwrap_or(Value::Null),
            head: head.to_owned(),
            chunks,
            whole,
        }
    }

    /// All recorded streams of events, with their names.
    pub(crate) fn streams() -> Vec<(String, Self)> {
        let mut streams: Vec<_> = std::fs::read_dir(fixtures())
            .expect("fixtures")
            .map(|entry| entry.expect("an entry").path())
            .filter(|path| path.extension().is_some_and(|extension| extension == "txt"))
            .map(|path| {
                let name = path.file_stem().expect("a name").to_string_lossy();
                (name.into_owned(), Self::open(&path))
            })
            .filter(|(_, recording)| recording.head.contains("text/event-stream"))
            .collect();
        streams.sort_by(|a, b| a.0.cmp(&b.0));
        streams
    }

    /// The reply as it went over the wire.
    ///
    /// Lengths are computed anew, since paths in the recordings were shortened.
    pub(crate) fn wire(&self) -> Vec<u8> {
        let chunked = self.head.contains("Transfer-Encoding: chunked");
        let body = self.body();
        let mut head: Vec<String> = self
            .head
            .lines()
            .filter(|line| !line.starts_with("Content-Length"))
            .map(str::to_owned)
            .collect();
        if !chunked {
            head.push(format!("Content-Length: {}", body.len()));
        }
        let mut wire = format!("{}\r\n\r\n", head.join("\r\n")).into_bytes();
        if !chunked {
            wire.extend(body);
            return wire;
        }
        for chunk in &self.chunks {
            wire.extend(format!("{:x}\r\n", chunk.len()).into_bytes());
            wire.extend(chunk);
            wire.extend(b"\r\n");
        }
        if self.whole {
            wire.extend(b"0\r\n\r\n");
        }
        wire
    }

    /// The reply for a fake server to send.
    pub(crate) fn reply(&self) -> Reply {
        Reply::raw(self.wire())
    }

    /// The body without its chunk framing.
    pub(crate) fn body(&self) -> Vec<u8> {
        self.chunks.concat()
    }
}

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures")
}

/// The chunks of a body, and whether the last one says that it was the last. Their sizes are not
/// used.
fn unchunk(body: &str) -> (Vec<Vec<u8>>, bool) {
    let mut lines = body.split("\r\n");
    let mut chunks = Vec::new();
    while let (Some(size), Some(chunk)) = (lines.next(), lines.next()) {
        if size == "0" {
            return (chunks, true);
        }
        chunks.push(chunk.as_bytes().to_vec());
    }
    (chunks, false)
}
