//! `ml serve` under clients that go whenever they like: nothing of them stays behind.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use inference_conformance::fake_server::{Reply, Request, events};
use rustix::process::Signal;
use serde_json::{Value, json};

use crate::server::{Server, stalling};
use crate::support::{Running, eventually, ml};

const CLIENTS: usize = 16;
const WARM_UP: Duration = Duration::from_secs(3);
const LOAD: Duration = Duration::from_secs(30);

/// Of what a process takes.
#[derive(Debug)]
struct Taken {
    descriptors: usize,
    threads: usize,
    resident_kib: usize,
}

impl Taken {
    fn by(process: u32) -> Self {
        let count = |folder| {
            let entries = fs::read_dir(format!("/proc/{process}/{folder}"));
            entries.expect("it runs").count()
        };
        let status = fs::read_to_string(format!("/proc/{process}/status")).expect("it runs");
        let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let resident = resident.and_then(|line| line.split_whitespace().next());
        Self {
            descriptors: count("fd"),
            threads: count("task"),
            resident_kib: resident.expect("a size").parse().expect("a number"),
        }
    }
}

/// The model `staller` never ends.
fn upstream() -> Server {
    Server::new(|request: &Request| {
        if request.json()["model"] == "staller" {
            stalling(&["Par"])
        } else {
            Reply::sse(events::chat(["Par", "is", "."]))
        }
    })
}

fn connect(address: &str) -> TcpStream {
    let stream = TcpStream::connect(address).expect("it listens");
    let patience = Some(Duration::from_secs(30));
    stream.set_read_timeout(patience).expect("a socket");
    stream
}

fn request(model: &str, more: &Value) -> String {
    let mut body = json!({"model": model, "messages": [{"role": "user", "content": "x"}]});
    body["stream"] = more.clone();
    let body = body.to_string();
    format!(
        "POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\
         content-length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// Reads until the text has come.
fn read_until(stream: &mut TcpStream, text: &str) {
    let mut read = Vec::new();
    let mut piece = [0; 4096];
    while !String::from_utf8_lossy(&read).contains(text) {
        let count = stream.read(&mut piece).expect("it sends");
        assert!(count > 0, "{}", String::from_utf8_lossy(&read));
        read.extend_from_slice(&piece[..count]);
    }
}

/// What one client does, by turns.
fn visit(address: &str, turn: usize) {
    let mut stream = connect(address);
    let whole = request("talker", &json!(turn.is_multiple_of(2)));
    let sent = match turn % 6 {
        0 | 1 => &*whole,
        2 => &whole[..40],
        3 => &whole[..whole.len() - 10],
        4 => &request("staller", &json!(true)),
        _ => &request("staller", &json!(false)),
    };
    stream.write_all(sent.as_bytes()).expect("it listens");
    match turn % 6 {
        0 | 1 => {
            let mut reply = String::new();
            stream.read_to_string(&mut reply).expect("a reply");
            assert!(reply.starts_with("HTTP/1.1 200"), "{reply}");
            assert!(reply.contains("Par"), "{reply}");
        }
        4 => read_until(&mut stream, "Par"),
        _ => {}
    }
}

/// Clients come and go for so long; says how many visits there were.
fn load(address: &str, time: Duration) -> usize {
    let visits = AtomicUsize::new(0);
    let end = Instant::now() + time;
    thread::scope(|scope| {
        for client in 0..CLIENTS {
            let visits = &visits;
            scope.spawn(move || {
                let mut turn = client;
                while Instant::now() < end {
                    visit(address, turn);
                    turn += 1;
                    visits.fetch_add(1, Ordering::Relaxed);
                    thread::sleep(Duration::from_millis(2));
                }
            });
        }
    });
    visits.into_inner()
}

fn settle(address: &str, upstream: &Server) {
    let is_idle = || {
        let mut stream = connect(address);
        let health = "GET /health HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
        stream.write_all(health.as_bytes()).expect("it listens");
        let mut reply = String::new();
        stream.read_to_string(&mut reply).expect("a reply");
        reply.contains("\"active_requests\":0")
    };
    eventually("the server is idle", is_idle);
    upstream.wait_until(|stats| stats.open_replies == 0);
}

fn start(upstream: &Server) -> (Running, String) {
    let model = |name| format!("[models.{name}]\nurl = \"{}\"\n", upstream.url());
    let config = ["talker", "staller"].map(model).concat();
    let running = ml(["serve", "--port", "0", "--quiet"])
        .file("ml.toml", config)
        .start();
    let line = running.stdout.line();
    let address = line.strip_prefix("http://").expect("a URL").to_owned();
    (running, address)
}

#[test]
fn clients_that_vanish_leave_nothing_behind() {
    let upstream = upstream();
    let (running, address) = start(&upstream);
    load(&address, WARM_UP);
    settle(&address, &upstream);
    let before = Taken::by(running.id());
    let visits = load(&address, LOAD);
    settle(&address, &upstream);
    let after = Taken::by(running.id());
    assert!(visits > 10 * CLIENTS, "{visits} visits");
    // Connections to the models' server are kept for a while.
    let said = format!("{visits} visits: {before:?}, {after:?}");
    assert!(after.descriptors <= before.descriptors + CLIENTS, "{said}");
    assert!(after.threads <= before.threads, "{said}");
    assert!(
        after.resident_kib <= before.resident_kib + 8 * 1024,
        "{said}"
    );
    running.signal(Signal::TERM);
    running.end().code(0);
}
