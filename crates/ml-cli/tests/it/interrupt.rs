//! Ctrl-C.

use rustix::process::Signal;

use crate::server::Server;
use crate::support::ml;

#[test]
fn it_ends_the_answer_and_keeps_what_came() {
    let server = Server::stalling_after(&["so", " far"]);
    let running = ml(["generate", "--url", &server.url(), "hi"]).start();
    running.stdout.until("so far");
    running.signal(Signal::INT);
    let done = running.end().code(130);
    assert_eq!(done.stdout, "so far");
    assert_eq!(done.stderr, "");
    server.wait_until(|stats| stats.open_replies == 0);
}

#[test]
fn with_json_what_came_is_an_object() {
    let server = Server::stalling_after(&["so", " far"]);
    let running = ml(["generate", "--json", "--url", &server.url(), "hi"]).start();
    // The stream has begun once the server has sent its three events.
    server.wait_until(|stats| stats.pieces >= 3);
    running.signal(Signal::INT);
    let json = running.end().code(130).json();
    assert_eq!(json["error"]["code"], "cancelled", "{json}");
}

#[test]
fn it_ends_the_wait_for_the_first_token() {
    let server = Server::stalling_after(&[]);
    let running = ml(["generate", "--url", &server.url(), "hi"]).start();
    server.wait_until(|stats| stats.open_replies == 1);
    running.signal(Signal::INT);
    assert_eq!(running.end().code(130).stdout, "");
}

#[test]
fn in_a_piped_chat_it_ends_the_program() {
    let server = Server::stalling_after(&["so", " far"]);
    let running = ml(["chat", "--url", &server.url()])
        .stdin("hi\nmore\n")
        .start();
    running.stdout.until("so far");
    running.signal(Signal::INT);
    running.end().code(130);
    assert_eq!(server.chats().len(), 1);
}
