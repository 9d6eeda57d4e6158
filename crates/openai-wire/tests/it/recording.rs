//! Recordings: the request, then the raw reply with its chunk framing.

use std::path::Path;

/// One recorded exchange.
pub(crate) struct Recording {
    /// The JSON body that was sent.
    pub(crate) request: String,
    /// The body that came back, without chunk framing.
    pub(crate) reply: String,
}

impl Recording {
    pub(crate) fn read(name: &str) -> Self {
        let path = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("tests/fixtures")
            .join(name)
            .with_extension("txt");
        let text = std::fs::read_to_string(&path)
            .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let (request, reply) = text.split_once("<<< RAW REPLY").expect("a reply");
        let (_, reply) = reply.split_once('\n').expect("a line");
        let (head, body) = reply.split_once("\r\n\r\n").expect("headers");
        let request = request.split_once("\r\n\r\n").map_or("", |(_, body)| body);
        Self {
            request: request.trim().to_owned(),
            reply: if head.contains("Transfer-Encoding: chunked") {
                unchunk(body)
            } else {
                body.to_owned()
            },
        }
    }

    /// The `data` of each event of a streamed reply.
    pub(crate) fn events(&self) -> Vec<&str> {
        self.reply
            .lines()
            .filter_map(|line| line.strip_prefix("data: "))
            .collect()
    }
}

/// Joins the chunks of a body. Their sizes are not used: paths in the recordings were shortened.
fn unchunk(body: &str) -> String {
    let mut lines = body.split("\r\n");
    let mut text = String::new();
    while let (Some(size), Some(chunk)) = (lines.next(), lines.next()) {
        if size == "0" {
            break;
        }
        text.push_str(chunk);
    }
    text
}
