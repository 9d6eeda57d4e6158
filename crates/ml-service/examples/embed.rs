//! An axum application of one's own with the service inside: a route that answers in plain text.
//! `cargo run -p ml-service --example embed -- MODEL`, then
//! `curl -N http://127.0.0.1:8091/ask -d "What is the capital of France?"`.
#![expect(clippy::print_stderr, reason = "a program that says where it listens")]

use std::convert::Infallible;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use futures::StreamExt as _;
use inference_core::{Event, GenerateOptions, LoadOptions, Message};
use ml_service::{Config, ConfigSources, Service};
use tokio::net::TcpListener;

/// What the application's own routes share.
#[derive(Clone)]
struct App {
    service: Arc<Service>,
    model: String,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let model = std::env::args().nth(1).ok_or("usage: embed MODEL")?;
    let config = Config::load(&ConfigSources::from_env())?;
    let service = Arc::new(Service::new(&config));
    let model = service.open(Some(&model), &LoadOptions::default())?;
    let app = App {
        service: Arc::clone(&service),
        model,
    };
    let routes = Router::new().route("/ask", post(ask)).with_state(app);
    let listener = TcpListener::bind("127.0.0.1:8091").await?;
    eprintln!("listening on http://{}", listener.local_addr()?);
    let stop = async {
        // Without a signal to wait for it runs on.
        let _ = tokio::signal::ctrl_c().await;
    };
    axum::serve(listener, routes)
        .with_graceful_shutdown(stop)
        .await?;
    // A llama-server of the service ends before the application does.
    service.close().await?;
    Ok(())
}

/// Streams the answer to the body of the request. A client that leaves drops the stream, which
/// stops the model.
async fn ask(State(app): State<App>, question: String) -> Response {
    let messages = vec![Message::user(question)];
    let options = GenerateOptions::default();
    let stream = match app.service.chat(Some(&app.model), messages, options).await {
        Ok(stream) => stream,
        Err(error) => return (StatusCode::BAD_REQUEST, error.to_string()).into_response(),
    };
    let text = stream.filter_map(|event| async {
        match event {
            Ok(Event::Token(token)) => Some(Ok::<_, Infallible>(token.text)),
            Err(error) => Some(Ok(format!("\n[{error}]\n"))),
            Ok(_) => None,
        }
    });
    Body::from_stream(text).into_response()
}
