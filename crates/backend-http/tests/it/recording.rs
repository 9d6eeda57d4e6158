//! Recordings of a real server: the request, then the raw reply with its chunk framing.

use std::path::{Path, PathBuf};

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
        let chunks = if head.contains("Transfer-Encoding: chunked") {
            unchunk(body)
        } else {
            vec![body.as_bytes().to_vec()]
        };
        Self {
            request: serde_json::from_str(request).unwrap_or(Value::Null),
            head: head.to_owned(),
            chunks,
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

    /// The body without its chunk framing.
    pub(crate) fn body(&self) -> Vec<u8> {
        self.chunks.concat()
    }
}

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures")
}

/// The chunks of a body. Their sizes are not used: paths in the recordings were shortened.
fn unchunk(body: &str) -> Vec<Vec<u8>> {
    let mut lines = body.split("\r\n");
    let mut chunks = Vec::new();
    while let (Some(size), Some(chunk)) = (lines.next(), lines.next()) {
        if size == "0" {
            break;
        }
        chunks.push(chunk.as_bytes().to_vec());
    }
    chunks
}
