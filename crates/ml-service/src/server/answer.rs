//! From what is asked to an answer: finds the model, asks it, and sends what it says.

use axum::http::StatusCode;
use axum::response::Response;
use inference_core::{EntryPoint, GenerateOptions, ThinkSplitter, TokenStream};
use tokio::time::timeout;

use super::ask::{Ask, AskKind, Delivery};
use super::encoder::UsageSum;
use super::exchange::Exchange;
use super::failure::Failure;
use super::state::{ServerState, now};
use super::{events, reply};

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
    ask: Ask,
) -> Result<Response, Failure> {
    let limits = &state.config().limits;
    let left = limits.answer_time.saturating_sub(exchange.elapsed());
    let answered = async {
        let delivery = ask.sampling.delivery;
        let (head, answers) = begin(state, &exchange, ask).await?;
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

async fn begin(
    state: &ServerState,
    exchange: &Exchange,
    ask: Ask,
) -> Result<(Head, Answers), Failure> {
    let service = state.service();
    let name = state.model(ask.model.clone())?;
    let model = service.get(Some(&name)).await?;
    exchange.note(|facts| facts.model = Some(name.clone()));
    ask.check(&*model)?;
    let options = options(state, &name, &ask)?;
    let to_each = ask.sampling.answers;
    // With log probabilities every token is shown as it is, tags included.
    let splits = ask.kind == AskKind::Chat && options.logprobs.is_none();
    let mut streams = Vec::new();
    for prompt in ask.prompts {
        for index in 0..to_each {
            let options = nth(options.clone(), index);
            let answer = service.generate(Some(&name), prompt.clone(), options, EntryPoint::Serve);
            let answer = answer.await?;
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
    let answers = Answers {
        streams,
        to_each: to_each as usize,
    };
    Ok((head, answers))
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
