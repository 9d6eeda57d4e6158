//! Whole answers.

use axum::Json;
use axum::response::{IntoResponse as _, Response};
use futures::future::try_join_all;
use futures::stream::TryStreamExt as _;
use inference_core::{Generation, TokenStream};
use openai_wire::{
    AssistantMessage, ChatChoice, ChatResponse, CompletionChoice, CompletionResponse,
};

use super::answer::{Answers, Head};
use super::ask::AskKind;
use super::encoder::{self, finish_reason, tool_call};
use super::exchange::Exchange;
use super::failure::Failure;

/// Reads all answers to their ends. The first failure is that of all, and cancels the others.
pub(super) async fn whole(
    head: Head,
    answers: Answers,
    exchange: &Exchange,
) -> Result<Response, Failure> {
    let mut usage = answers.usage();
    let answers = answers
        .streams
        .into_iter()
        .map(|answer| noted(answer, exchange).into_generation());
    let answers = try_join_all(answers).await.map_err(|failed| failed.error)?;
    for (index, answer) in answers.iter().enumerate() {
        usage.add(index, &answer.usage);
    }
    exchange.note_end(usage.total());
    let indexed = (0..).zip(answers);
    Ok(match head.kind {
        AskKind::Chat => Json(ChatResponse {
            id: head.id,
            object: "chat.completion".to_owned(),
            created: head.created,
            model: head.model,
            choices: indexed
                .map(|(index, answer)| chat_choice(index, answer))
                .collect(),
            usage: usage.wire(),
            timings: None,
        })
        .into_response(),
        AskKind::Completion => Json(CompletionResponse {
            id: head.id,
            object: "text_completion".to_owned(),
            created: head.created,
            model: head.model,
            choices: indexed
                .map(|(index, answer)| completion_choice(index, answer))
                .collect(),
            usage: usage.wire(),
            timings: None,
        })
        .into_response(),
    })
}

/// The same answer, whose tokens are counted as they come.
fn noted(answer: TokenStream, exchange: &Exchange) -> TokenStream {
    let exchange = exchange.clone();
    let backend = answer.backend().to_owned();
    let noted = answer.inspect_ok(move |event| exchange.note_tokens(encoder::tokens(event)));
    TokenStream::new(backend, noted)
}

fn chat_choice(index: u32, answer: Generation) -> ChatChoice {
    let logprobs = encoder::chat::logprobs(&answer.tokens);
    let tool_calls: Vec<_> = answer.tool_calls.into_iter().map(tool_call).collect();
    // What only calls tools says nothing, which is not the same as an empty answer.
    let is_silent = answer.text.is_empty() && !tool_calls.is_empty();
    ChatChoice {
        index,
        message: AssistantMessage {
            content: (!is_silent).then_some(answer.text),
            reasoning_content: Some(answer.reasoning).filter(|text| !text.is_empty()),
            tool_calls,
            ..AssistantMessage::default()
        },
        logprobs,
        finish_reason: Some(finish_reason(answer.finish_reason)),
    }
}

fn completion_choice(index: u32, answer: Generation) -> CompletionChoice {
    CompletionChoice {
        index,
        logprobs: encoder::completion::logprobs(&answer.tokens, &mut 0),
        text: answer.reasoning + &answer.text,
        finish_reason: Some(finish_reason(answer.finish_reason)),
    }
}
