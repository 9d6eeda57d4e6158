//! A server in a process of its own that emits tokens as fast as the socket takes them.

use std::io::{BufRead as _, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};

/// The argument that makes a benchmark's binary the server.
const SERVE: &str = "serve-tokens";

/// Events written in one go.
const EVENTS_IN_A_BLOCK: usize = 256;

/// The server's process. Dropping it ends the process.
pub(crate) struct Flood {
    process: Child,
    /// The server's address, `127.0.0.1:PORT`.
    pub(crate) address: String,
}

impl Flood {
    /// Starts the own binary as a server.
    pub(crate) fn start() -> Self {
        let own = std::env::current_exe().expect("a path");
        let mut process = Command::new(own)
            .arg(SERVE)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the server starts");
        let mut port = String::new();
        let stdout = process.stdout.take().expect("a pipe");
        BufReader::new(stdout)
            .read_line(&mut port)
            .expect("the server tells its port");
        Self {
            process,
            address: format!("127.0.0.1:{}", port.trim()),
        }
    }
}

impl Drop for Flood {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Serves for ever, if this process was started to do that; returns otherwise.
#[expect(clippy::print_stdout, reason = "the parent reads the port")]
pub(crate) fn serve_if_asked() {
    if std::env::args().nth(1).as_deref() != Some(SERVE) {
        return;
    }
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    println!("{}", listener.local_addr().expect("an address").port());
    // The process ends with its parent, which holds the other end of this pipe.
    std::thread::spawn(|| {
        let _ = std::io::stdin().read(&mut [0]);
        std::process::abort();
    });
    for stream in listener.incoming().flatten() {
        std::thread::spawn(move || answer(stream));
    }
}

/// Answers one request: as many tokens as its `max_tokens` asks for.
fn answer(mut stream: TcpStream) {
    let _ = stream.set_nodelay(true);
    let Some(tokens) = read_request(&mut stream) else {
        return;
    };
    let head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\
                Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n";
    let block = event(r#"{"content":" token"}"#, "null").repeat(EVENTS_IN_A_BLOCK);
    let end = format!(
        "{}e\r\ndata: [DONE]\n\n\r\n0\r\n\r\n",
        event("{}", "\"length\"")
    );
    let _ = write(&mut stream, head, &block, tokens, &end);
}

fn write(
    stream: &mut TcpStream,
    head: &str,
    block: &str,
    tokens: usize,
    end: &str,
) -> std::io::Result<()> {
    let one = block.len() / EVENTS_IN_A_BLOCK;
    // The head goes with the first token, as from a real server.
    stream.write_all(format!("{head}{}", &block[..one]).as_bytes())?;
    let mut left = tokens.saturating_sub(1);
    while left > 0 {
        let now = left.min(EVENTS_IN_A_BLOCK);
        stream.write_all(&block.as_bytes()[..now * one])?;
        left -= now;
    }
    stream.write_all(end.as_bytes())
}

/// An event in a chunk of its own, as llama-server writes them.
fn event(delta: &str, finish: &str) -> String {
    let data = format!(
        "data: {{\"choices\":[{{\"finish_reason\":{finish},\"index\":0,\"delta\":{delta}}}],\
         \"created\":1795424152,\"id\":\"chatcmpl-7Fzo1ny8MvG9KATWcaxtGhWts5R4i7cY\",\"model\":\"smol\",\
         \"system_fingerprint\":\"b1-0c1e570\",\"object\":\"chat.completion.chunk\"}}\n\n"
    );
    format!("{:x}\r\n{data}\r\n", data.len())
}

/// The `max_tokens` of the request's body.
fn read_request(stream: &mut TcpStream) -> Option<usize> {
    let mut request = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let text = String::from_utf8_lossy(&request);
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let head = head.to_ascii_lowercase();
            let length = head.split("content-length: ").nth(1)?;
            let length: usize = length.split("\r\n").next()?.parse().ok()?;
            if body.len() >= length {
                let digits = body.split("\"max_tokens\":").nth(1)?;
                let end = digits.find(|c: char| !c.is_ascii_digit())?;
                return digits[..end].parse().ok();
            }
        }
        let read = stream.read(&mut buffer).ok().filter(|read| *read > 0)?;
        request.extend_from_slice(&buffer[..read]);
    }
}
