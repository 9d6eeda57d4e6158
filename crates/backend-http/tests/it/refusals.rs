//! Bad input, and servers that cannot be reached or refuse: each with a message that says what
//! to do.

use std::net::TcpListener;
use std::time::Duration;

use backend_http::{Dialect, HttpConfig, HttpTextModel};
use inference_conformance::fake_server::{Reply, events};
use inference_core::{ErrorKind, GenerateOptions, Prompt, Retry, TextModel as _};
use tokio::io::AsyncWriteExt as _;

use crate::server::{ask_with, config, model, refused, serve, soon};

#[tokio::test]
async fn a_refused_connection_asks_whether_the_server_runs() {
    let free = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = free.local_addr().expect("an address").port();
    drop(free);
    let error = refused(HttpConfig::new(format!("http://127.0.0.1:{port}/v1"))).await;
    assert_eq!(
        (error.kind(), error.retry()),
        (ErrorKind::Connection, Retry::Backoff)
    );
    let says = format!("nothing listens at http://127.0.0.1:{port}: is the server running?");
    assert!(error.message().contains(&says), "{error}");
    assert_eq!(error.backend(), Some("http"));
}

#[cfg(unix)]
#[tokio::test]
async fn a_socket_that_is_not_there_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("no.sock");
    let error = refused(
        HttpConfig::new("http://localhost")
            .unix_socket(&path)
            .max_retries(0),
    )
    .await;
    assert_eq!(error.kind(), ErrorKind::Connection);
    assert!(error.message().contains("no.sock"), "{error}");
}

#[tokio::test]
async fn an_unknown_host_is_named() {
    let error = refused(HttpConfig::new("http://no-such-host.invalid:8080").max_retries(0)).await;
    assert_eq!(error.kind(), ErrorKind::Connection);
    assert!(error.message().contains("no-such-host.invalid"), "{error}");
    assert!(error.message().contains("check the URL"), "{error}");
}

#[tokio::test]
async fn a_server_without_tls_is_told_from_one_that_is_down() {
    let plain = tokio::net::TcpListener::bind("127.0.0.1:0")
        .await
        .expect("a port");
    let address = plain.local_addr().expect("an address");
    let server = tokio::spawn(async move {
        while let Ok((mut client, _)) = plain.accept().await {
            let reply = b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n";
            client.write_all(reply).await.expect("a reply");
        }
    });
    let error = refused(HttpConfig::new(format!("https://{address}"))).await;
    server.abort();
    assert_eq!(
        (error.kind(), error.retry()),
        (ErrorKind::Connection, Retry::Never)
    );
    assert!(
        error.message().contains("TLS") && error.message().contains("http://"),
        "{error}"
    );
}

#[tokio::test]
async fn a_server_that_never_says_anything_times_out() {
    let silent = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = silent.local_addr().expect("an address");
    let config = HttpConfig::new(format!("http://{address}"));
    let error = refused(config.first_token_timeout(Duration::from_millis(200))).await;
    assert_eq!(
        (error.kind(), error.retry()),
        (ErrorKind::Timeout, Retry::Never)
    );
    assert!(
        error.message().contains("did not answer within 200ms"),
        "{error}"
    );
}

/// The queue of a listener that accepts nothing is filled, so that the next connection waits.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_connection_that_is_not_accepted_times_out() {
    use tokio::net::{TcpSocket, TcpStream};

    let socket = TcpSocket::new_v4().expect("a socket");
    socket.bind(([127, 0, 0, 1], 0).into()).expect("a port");
    let listener = socket.listen(1).expect("a listener");
    let address = listener.local_addr().expect("an address");
    let wait = Duration::from_millis(200);
    let mut queued = Vec::new();
    while let Ok(connected) = tokio::time::timeout(wait, TcpStream::connect(address)).await {
        queued.push(connected.expect("a place in the queue"));
    }
    let config = HttpConfig::new(format!("http://{address}")).connect_timeout(wait);
    let error = refused(config).await;
    assert_eq!(
        (error.kind(), error.retry()),
        (ErrorKind::Timeout, Retry::Never)
    );
    assert!(
        error.message().contains("connecting to http://127.0.0.1"),
        "{error}"
    );
}

#[tokio::test]
async fn every_status_says_what_to_do() {
    for (status, kind, says) in [
        (400, ErrorKind::InvalidRequest, "refused the request"),
        (401, ErrorKind::Unauthorized, "refused the API key"),
        (403, ErrorKind::Unauthorized, "refused the API key"),
        (
            404,
            ErrorKind::NotFound,
            "check the URL and the model's name",
        ),
        (422, ErrorKind::InvalidRequest, "refused the request"),
        (429, ErrorKind::RateLimited, "fewer requests"),
        (500, ErrorKind::Backend, "the server failed"),
        (501, ErrorKind::Unsupported, "cannot do this"),
        (503, ErrorKind::Unavailable, "cannot answer now"),
    ] {
        let server = serve(Reply::error(status, "says the server"));
        let error = refused(config(&server)).await;
        assert_eq!(error.kind(), kind, "{error}");
        assert!(error.message().contains(says), "{error}");
        assert!(error.message().contains("says the server"), "{error}");
        assert!(error.message().contains(&status.to_string()), "{error}");
    }
}

#[tokio::test]
async fn a_redirection_is_not_followed_but_named() {
    let moved = Reply::text(301, "text/plain", "").header("Location", "https://api.example.com/v1");
    let server = serve(moved);
    let error = refused(config(&server)).await;
    assert!(
        error
            .message()
            .contains("redirects to https://api.example.com/v1"),
        "{error}"
    );
    assert_eq!(server.stats().requests, 1);
}

#[tokio::test]
async fn the_key_is_struck_out_of_what_the_server_says() {
    let server = serve(Reply::error(401, "the key sk-topsecret is not known"));
    let error = refused(config(&server).api_key("sk-topsecret")).await;
    assert!(error.message().contains("[hidden]"), "{error}");
    assert!(!format!("{error:?}").contains("topsecret"), "{error:?}");
    let model = HttpTextModel::new(config(&server).api_key("sk-topsecret")).expect("a model");
    assert!(!format!("{model:?}").contains("topsecret"));
}

#[tokio::test]
async fn a_password_in_the_url_is_never_shown() {
    let error =
        refused(HttpConfig::new("http://user:topsecret@127.0.0.1:1/v1").max_retries(0)).await;
    let mut shown = format!("{error:?}");
    let mut cause = std::error::Error::source(&error);
    while let Some(error) = cause {
        shown.push_str(&error.to_string());
        cause = error.source();
    }
    assert!(!shown.contains("topsecret"), "{shown}");
}

#[test]
fn what_cannot_be_sent_is_refused_at_once() {
    for (config, says) in [
        (HttpConfig::new("localhost:8080"), "http://localhost:8080"),
        (HttpConfig::new(""), "is not an address"),
        (HttpConfig::new("http://h").api_key("a\nb"), "the API key"),
        (HttpConfig::new("http://h").header("x y", "z"), "\"x y\""),
        (HttpConfig::new("http://h").header("x", "a\nb"), "\"x\""),
    ] {
        let error = HttpTextModel::new(config).expect_err(says);
        assert_eq!(error.kind(), ErrorKind::InvalidRequest);
        assert!(error.to_string().starts_with("http: "), "{error}");
        assert!(error.message().contains(says), "{error}");
    }
}

#[tokio::test]
async fn options_that_the_dialect_lacks_are_refused_before_any_request() {
    let server = serve(Reply::sse(events::chat(["a"])));
    for (options, name) in [
        (GenerateOptions::default().top_k(3), "top_k"),
        (GenerateOptions::default().min_p(0.1), "min_p"),
        (
            GenerateOptions::default().repeat_penalty(1.1),
            "repeat_penalty",
        ),
        (GenerateOptions::default().adapter("a"), "adapter"),
        (GenerateOptions::default().stop_tokens([2]), "stop_tokens"),
    ] {
        let failed = ask_with(&model(&server), options).await.expect_err(name);
        assert_eq!(failed.error.kind(), ErrorKind::Unsupported);
        assert!(failed.error.message().contains(name), "{}", failed.error);
    }
    assert_eq!(server.stats().requests, 0);
}

#[tokio::test]
async fn empty_prompts_and_impossible_values_are_refused_before_any_request() {
    let server = serve(Reply::sse(events::chat(["a"])));
    let model = model(&server);
    for (options, name) in [
        (
            GenerateOptions::default().temperature(f64::NAN),
            "temperature",
        ),
        (GenerateOptions::default().temperature(-1.0), "temperature"),
        (GenerateOptions::default().top_p(0.0), "top_p"),
        (GenerateOptions::default().max_tokens(0), "max_tokens"),
    ] {
        let failed = ask_with(&model, options).await.expect_err(name);
        assert_eq!(failed.error.kind(), ErrorKind::InvalidRequest);
        assert!(failed.error.message().contains(name), "{}", failed.error);
    }
    for prompt in [Prompt::text(""), Prompt::Chat(Vec::new()), Prompt::user("")] {
        let answer = model
            .generate(prompt, GenerateOptions::default())
            .into_generation();
        let failed = soon(answer).await.expect_err("an empty prompt");
        assert_eq!(failed.error.kind(), ErrorKind::InvalidRequest);
    }
    assert_eq!(server.stats().requests, 0);
}

#[tokio::test]
async fn a_raw_prompt_that_would_not_stay_raw_is_refused() {
    let server = serve(Reply::sse(events::completion(["a"])));
    let config = config(&server).dialect(Dialect::Ollama);
    let model = HttpTextModel::new(config).expect("a model");
    let answer = model.generate(Prompt::text("hi"), GenerateOptions::default());
    let failed = soon(answer.into_generation())
        .await
        .expect_err("a raw prompt");
    assert_eq!(failed.error.kind(), ErrorKind::Unsupported);
    assert_eq!(server.stats().requests, 0);
}
