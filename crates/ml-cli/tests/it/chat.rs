//! `ml chat`: piped, and on a terminal.

use std::os::unix::fs::PermissionsExt as _;

use inference_conformance::fake_server::{Reply, Request, events};
use serde_json::json;

use crate::pty::Terminal;
use crate::server::{Server, stalling};
use crate::support::{Ml, ml};

/// Answers with how many messages it was given, stalls or fails where the last one says so.
fn counting() -> Server {
    Server::new(|request: &Request| {
        let body = request.json();
        let messages = body["messages"].as_array().cloned().unwrap_or_default();
        let last = messages.last().map(|message| message["content"].clone());
        match last.as_ref().and_then(|text| text.as_str()) {
            Some("stall") => stalling(&["half", " an answer"]),
            Some("fail") => Reply::error(400, "no such luck"),
            Some("think") => Reply::sse(events::chat(["<think>hmm</think>", "done"])),
            _ => Reply::sse(events::chat([format!("heard {}", messages.len())])),
        }
    })
}

fn chat(server: &Server, args: &[&str]) -> Ml {
    ml(["chat", "--url", &server.url()].iter().chain(args))
}

#[test]
fn each_line_of_stdin_is_a_turn() {
    let server = counting();
    let done = chat(&server, &["--system", "Be brief."])
        .stdin("one\n\ntwo\nthree")
        .run();
    let done = done.code(0);
    assert_eq!(done.stdout, "heard 2\nheard 4\nheard 6\n");
    assert_eq!(done.stderr, "");
    let last = &server.chats()[2];
    assert_eq!(
        last["messages"][0],
        json!({"role": "system", "content": "Be brief."})
    );
    assert_eq!(
        last["messages"][3],
        json!({"role": "user", "content": "two"})
    );
    assert_eq!(last["max_tokens"], 2048);
}

#[test]
fn undo_clear_and_system_change_what_the_model_sees() {
    let server = counting();
    let turns = "one\ntwo\n/undo\nthree\n/clear\nfour\n/system Be brief.\nfive\n/exit\nnever\n";
    let done = chat(&server, &[]).stdin(turns).run().code(0);
    assert_eq!(done.stdout, "heard 1\nheard 3\nheard 3\nheard 1\nheard 4\n");
    done.says(["took back: two"]);
    assert_eq!(server.chats().len(), 5);
}

#[test]
fn several_lines_may_be_one_turn() {
    let server = counting();
    chat(&server, &[])
        .stdin("one\\\ntwo\n\"\"\"\nthree\n\nfour\n\"\"\"\n")
        .run()
        .code(0);
    let chats = server.chats();
    assert_eq!(chats[0]["messages"][0]["content"], "one\ntwo");
    assert_eq!(chats[1]["messages"][2]["content"], "three\n\nfour");
}

#[test]
fn an_error_leaves_the_conversation_as_it_was() {
    let server = counting();
    let done = chat(&server, &[]).stdin("one\nfail\ntwo\n").run().code(1);
    assert_eq!(done.stdout, "heard 1\nheard 3\n");
    done.says(["no such luck", "the question was not kept"]);
}

#[test]
fn a_command_that_is_none_is_not_sent() {
    let server = counting();
    let done = chat(&server, &[])
        .stdin("/claer\n//tmp is a folder?\n")
        .run()
        .code(1);
    done.says(["did you mean /clear?"]);
    let chats = server.chats();
    assert_eq!(chats.len(), 1);
    assert_eq!(chats[0]["messages"][0]["content"], "/tmp is a folder?");
}

#[test]
fn a_conversation_is_saved_and_loaded() {
    let server = counting();
    let turns = "one\n/save talk.jsonl\n/save talk.jsonl\n/clear\n/load talk.jsonl\ntwo\n";
    let done = chat(&server, &[]).stdin(turns).run().code(1);
    assert_eq!(done.stdout, "heard 1\nheard 3\n");
    done.says([
        "saved to talk.jsonl",
        "talk.jsonl is there already",
        "/save!",
        "2 messages",
    ]);
}

#[test]
fn a_model_can_be_exchanged() {
    let (server, other) = (counting(), Server::saying(&["another"]));
    let config = format!(
        "default = \"one\"\n[models.one]\nurl = \"{}\"\n[models.two]\nurl = \"{}\"\n",
        server.url(),
        other.url()
    );
    let turns = "hi\n/model nobody\nhi\n/model two\nhi\n";
    let done = ml(["chat"])
        .file("ml.toml", config)
        .stdin(turns)
        .run()
        .code(1);
    assert_eq!(done.stdout, "heard 1\nheard 3\nanother\n");
    let messages = other.chats()[0]["messages"].clone();
    assert_eq!(messages.as_array().map(Vec::len), Some(5), "{messages}");
    done.says(["unknown model \"nobody\"", "going on with"]);
}

#[test]
fn a_person_gets_a_prompt_and_thinking_is_apart() {
    let server = counting();
    let mut terminal = Terminal::open(chat(&server, &["--model", "fake"]));
    terminal.screen.until("fake · http");
    terminal.enter("think");
    terminal.screen.until("\u{1b}[2mhmm\u{1b}[0m");
    terminal.screen.until("done\r\n");
    terminal.enter("/help");
    terminal.screen.until("/undo");
    terminal.press("\u{4}");
    let (code, home) = terminal.end();
    assert_eq!(code, Some(0));

    // What the model thought is not said to it again, and what was typed is remembered in private.
    let history = home.path().join(".local/state/ml/chat_history");
    let mode = history.metadata().expect("a history").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let typed = std::fs::read_to_string(&history).expect("readable");
    assert!(typed.contains("think"), "{typed}");
    let folder = history
        .parent()
        .expect("a folder")
        .metadata()
        .expect("it is there");
    assert_eq!(folder.permissions().mode() & 0o777, 0o700);
}

#[test]
fn ctrl_c_stops_the_answer_and_not_the_program() {
    let server = counting();
    let mut terminal = Terminal::open(chat(&server, &[]));
    terminal.enter("stall");
    terminal.screen.until("half an answer");
    terminal.interrupt();
    terminal.screen.until("[stopped]");
    server.wait_until(|stats| stats.open_replies == 0);
    terminal.enter("next");
    terminal.screen.until("heard 3");
    terminal.enter("/history");
    terminal.screen.until("half an answer [stopped]");
    terminal.enter("/save talk.jsonl");
    terminal.screen.until("saved to talk.jsonl");
    terminal.press("\u{3}");
    terminal.screen.until("Ctrl-D or /exit leaves");
    terminal.enter("/exit");
    let (code, home) = terminal.end();
    assert_eq!(code, Some(0));
    let saved = std::fs::read_to_string(home.path().join("talk.jsonl")).expect("saved");
    let saved: serde_json::Value = serde_json::from_str(&saved).expect("one line of JSON");
    assert_eq!(
        saved["messages"][1],
        json!({"role": "assistant", "content": "half an answer", "partial": true})
    );
    assert_eq!(
        saved["messages"][3],
        json!({"role": "assistant", "content": "heard 3"})
    );
}
