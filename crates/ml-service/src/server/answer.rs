//! From what is asked to an answer: finds the model, asks it, and sends what it says.

use std::time::Instant;

use axum::http::StatusCode;
use axum::response::Response;
use inference_core::{EntryPoint, Error, ErrorKind, GenerateOptions, ThinkSplitter, TokenStream};
use tokio::time::timeout;

use super::ask::{Ask, AskKind, Delivery};
use super::client::Client;
use super::encoder::UsageSum;
use super::exchange::Exchange;
use super::failure::Failure;
use super::state::{ServerState, now};
use super::{events, reply};
use crate::{Caller, Turn};

/// What every part of an answer repeats.
#[derive(Debug, Clone)]
pub(super) struct Head {
    pub(super) kind: AskKind,
    pub(super) id: String,
    /// In seconds since the epoch.
    pub(super) created: u64,
    pub(super) model: String,
}

/// The answers to one request, in the order of their indices.
pub(super) struct Answers {
    pub(super) streams: Vec<TokenStream>,
    /// How many there are to each prompt.
    to_each: usize,
}

impl Answers {
    /// A count of the tokens that they take.
    pub(super) fn usage(&self) -> UsageSum {
        UsageSum::new(self.to_each)
    }
}

/// Answers, whole or as a stream. Dropping the future, or the stream's body, cancels.
pub(super) async fn answer(
    state: &ServerState,
    exchange: Exchange,
    client: Client,
    ask: Ask,
) -> Result<Response, Failure> {
    let limits = &state.config().limits;
    let left = limits.answer_time.saturating_sub(exchange.elapsed());
    let answered = async {
        let delivery = ask.sampling.delivery;
        let (head, answers) = begin(state, &exchange, client, ask).await?;
        match delivery {
            Delivery::Whole => reply::whole(head, answers, &exchange).await,
            Delivery::Stream { include_usage } => {
                let body = events::EventBody::new(head, answers, exchange.clone(), limits);
                body.include_usage(include_usage).begin().await
            }
        }
    };
    timeout(left, answered)
        .await
        .unwrap_or_else(|_| Err(too_slow()))
}

/// The answer takes longer than it may.
pub(super) fn too_slow() -> Failure {
    let message = "the answer took longer than this server allows";
    Failure::new(StatusCode::GATEWAY_TIMEOUT, message).with_code("timeout")
}

/// Waits for a turn at the model, and begins the answers.
async fn begin(
    state: &ServerState,
    exchange: &Exchange,
    client: Client,
    ask: Ask,
) -> Result<(Head, Answers), Failure> {
    let name = state.model(ask.model.clone())?;
    exchange.asks(ask.kind, state.service().served_name(&name)?);
    let turn = turn(state, exchange, client, &name).await?;
    ask.check(&*turn.model())?;
    let options = options(state, &name, &ask)?;
    let to_each = ask.sampling.answers;
    // With log probabilities every token is shown as it is, tags included.
    let splits = ask.kind == AskKind::Chat && options.logprobs.is_none();
    let mut streams = Vec::new();
    for prompt in ask.prompts {
        for index in 0..to_each {
            let options = nth(options.clone(), index);
            let answer = turn.generate(prompt.clone(), options, EntryPoint::Serve)?;
            streams.push(if splits {
                answer.split_thinking(ThinkSplitter::new())
            } else {
                answer
            });
        }
    }
    let head = Head {
        kind: ask.kind,
        id: format!("{}-{}", ask.kind.id_prefix(), exchange.id()),
        created: now(),
        model: name,
    };
    exchange.note(|facts| facts.answers = streams.len());
    let answers = Answers {
        streams,
        to_each: to_each as usize,
    };
    Ok((head, answers))
}

/// A client's turn at a model, all answers of which share it.
async fn turn(
    state: &ServerState,
    exchange: &Exchange,
    client: Client,
    name: &str,
) -> Result<Turn, Error> {
    let patience = state.config().limits.load_patience;
    let caller = Caller::new(client.to_string()).with_load_patience(patience);
    let came = Instant::now();
    let entered = state.service().enter(Some(name), &caller).await;
    exchange.note(|facts| {
        // What clients make up is no model.
        let is_known = !matches!(&entered, Err(error) if error.kind() == ErrorKind::NotFound);
        facts.model = is_known.then(|| name.to_owned());
        facts.queued = entered.is_ok().then(|| came.elapsed());
    });
    entered
}

/// What the model is asked with: the limit of this server is that of requests that set none.
fn options(state: &ServerState, name: &str, ask: &Ask) -> Result<GenerateOptions, Failure> {
    let asked = ask.sampling.options.clone();
    let mut options = state
        .service()
        .options(Some(name), asked, EntryPoint::Serve)?;
    let limit = state.config().limits.max_tokens;
    options.max_tokens = options.max_tokens.min(limit.or(options.max_tokens));
    Ok(options)
}

/// Several answers to a seeded request are to differ, and to be the same ones again.
fn nth(mut options: GenerateOptions, index: u32) -> GenerateOptions {
    options.seed = options.seed.map(|seed| seed.wrapping_add(index.into()));
    options
}
