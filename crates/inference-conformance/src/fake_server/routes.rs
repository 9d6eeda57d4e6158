//! Faults by address, for the server as a process.

use std::time::Duration;

use super::{Framing, Reply, Request, events};

/// Replies by the start of the path, so that a client's base URL chooses the fault:
///
/// | base URL | reply |
/// |---|---|
/// | `/v1` | a chat or completion answer, `/v1/models`, `/health` |
/// | `/flood/N` | N tokens as fast as possible |
/// | `/cut/N`, `/stall/N` | the answer, cut or stalled after N bytes |
/// | `/eof/N` | the answer, ended after N bytes as if it were whole |
/// | `/slow/MS` | the answer, MS milliseconds late |
/// | `/pieces/N` | the answer in pieces of N bytes |
/// | `/status/CODE` | an error with this status |
/// | `/retry-after/VALUE` | 429 with this `Retry-After`, `%20` for a space |
/// | `/error-event` | an error in the middle of the answer |
/// | `/garbage`, `/html`, `/wrong-type`, `/no-choices`, `/endless-line`, `/half-character` | what the name says, with status 200 |
///
/// `/stats` tells the server's [`Stats`](super::Stats) as JSON.
pub fn by_path(request: &Request) -> Reply {
    let path = request.path.trim_start_matches('/');
    let mut segments = path.split('/');
    let fault = segments.next().unwrap_or_default();
    let value = segments.next().unwrap_or_default();
    let number = || value.parse::<u32>().unwrap_or(0);
    let offset = || number() as usize;
    match fault {
        "health" => Reply::json(200, r#"{"status":"ok"}"#),
        "stats" => stats(request),
        "flood" => Reply::flood(number().into()),
        "cut" => answer(request).cut_at(offset()),
        "stall" => answer(request).stall_at(offset()),
        "eof" => answer(request).framing(Framing::Close).cut_at(offset()),
        "slow" => answer(request).after(Duration::from_millis(number().into())),
        "pieces" => answer(request).in_pieces_of(offset().max(1)),
        "status" => {
            let status = value.parse().unwrap_or(500);
            Reply::error(status, &format!("fake error {status}"))
        }
        "retry-after" => {
            Reply::error(429, "slow down").header("Retry-After", &value.replace("%20", " "))
        }
        "error-event" => {
            let mut events = events::chat(["Hello", " world"]);
            events.splice(3.., [events::error(500, "the context is full")]);
            Reply::sse(events)
        }
        "garbage" => Reply::text(200, "text/event-stream", "\u{1}\u{2}not an event\n\n{]\n\n"),
        "html" => Reply::text(200, "text/html", "<!DOCTYPE html><title>Login</title>"),
        "wrong-type" => answer(request).header("Content-Type", "application/octet-stream"),
        "no-choices" => Reply::sse([events::usage(5, 0), events::DONE.to_owned()]),
        "endless-line" => Reply::endless_line(),
        "half-character" => {
            let event = format!("data: {}\n\n", events::delta("h\u{e9}"));
            let half = event.find('\u{e9}').map_or(0, |start| start + 1);
            Reply::sse([events::delta("h\u{e9}")]).cut_at(half)
        }
        _ => answer(request),
    }
}

fn answer(request: &Request) -> Reply {
    let words = ["Hello", " world", ",", " gr\u{fc}\u{df}", " \u{1f30d}", "!"];
    if request.path.ends_with("/models") {
        let models = r#"{"object":"list","data":[{"id":"fake","object":"model"}]}"#;
        return Reply::json(200, models);
    }
    if request.path.ends_with("/chat/completions") {
        return match request.json()["stream"].as_bool() {
            Some(true) => Reply::sse(events::chat(words)),
            _ => Reply::json(200, events::whole_chat(&words.concat())),
        };
    }
    if request.path.ends_with("/completions") {
        return Reply::sse(events::completion(words));
    }
    Reply::error(404, "no such path")
}

fn stats(request: &Request) -> Reply {
    let stats = request.stats;
    let body = serde_json::json!({
        "connections": stats.connections,
        "open_connections": stats.open_connections,
        "requests": stats.requests,
        "open_replies": stats.open_replies,
        "pieces": stats.pieces,
    });
    Reply::json(200, body.to_string())
}
