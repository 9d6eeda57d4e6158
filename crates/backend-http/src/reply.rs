//! The protocol of one answer: chunks, or a whole reply → the events of the contract.

use std::collections::VecDeque;
use std::time::Instant;

use inference_core::{Error, ErrorKind, Event, FinishReason, StopMatcher, Summary, Token, Usage};
use openai_wire::{
    ApiError, ChatChunk, ChatResponse, ChunkTemplate, CompletionChunk, CompletionResponse,
    ErrorResponse, Logprobs, Text, Timings,
};

use crate::clock::Clock;
use crate::dialect::Endpoint;
use crate::excerpt::excerpt;
use crate::logprobs;
use crate::refusal;
use crate::request::Request;
use crate::tool_calls::ToolCalls;

/// Reads one answer. Events are taken out with [`Reply::next`].
pub(crate) struct Reply {
    endpoint: Endpoint,
    done_marker: bool,
    alternatives: usize,
    template: ChunkTemplate,
    stop: Option<StopMatcher>,
    events: VecDeque<Event>,
    calls: ToolCalls,
    clock: Clock,
    has_choice: bool,
    finish: Option<FinishReason>,
    usage: Usage,
    timings: Option<Box<Timings>>,
    ended: bool,
}

/// What a piece of the answer belongs to.
#[derive(Clone, Copy)]
enum Part {
    Answer,
    Reasoning,
}

impl Reply {
    /// The answer to a request that is sent now, in a call that began at `call`.
    pub(crate) fn new(request: &Request, done_marker: bool, call: Instant) -> Self {
        let stop = &request.stop;
        Self {
            endpoint: request.endpoint,
            done_marker,
            alternatives: request.alternatives,
            template: ChunkTemplate::default(),
            stop: (!stop.is_empty()).then(|| StopMatcher::new(stop)),
            events: VecDeque::new(),
            calls: ToolCalls::default(),
            clock: Clock::new(call),
            has_choice: false,
            finish: None,
            usage: Usage::default(),
            timings: None,
            ended: false,
        }
    }

    /// The next event of what was read so far.
    pub(crate) fn next(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// Puts an event back that was taken too early.
    pub(crate) fn put_back(&mut self, event: Event) {
        self.events.push_front(event);
    }

    /// Whether the answer has ended well: nothing more is to be read.
    pub(crate) fn has_ended(&self) -> bool {
        self.ended
    }

    /// Whether a token, or a part of a tool call, has come.
    pub(crate) fn has_token(&self) -> bool {
        self.clock.has_token()
    }

    /// Reads the data of one event of a stream.
    pub(crate) fn read_event(&mut self, kind: &str, data: &str) -> Result<(), Error> {
        if kind == "error" {
            return Err(failure(data));
        }
        if let Some(text) = self.template.text(data) {
            self.piece(Part::Answer, text.into(), None);
            return Ok(());
        }
        if data == "[DONE]" {
            return self.done();
        }
        match self.endpoint {
            Endpoint::Chat => self.read_chat(data),
            Endpoint::Text => self.read_text(data),
        }
    }

    /// The body has ended.
    ///
    /// It gives what was held back, since nothing can complete a stop string any more.
    pub(crate) fn end_of_body(&mut self) -> Result<(), Error> {
        if self.ended {
            return Ok(());
        }
        if !self.done_marker && self.finish.is_some() {
            return self.done();
        }
        let message = match (self.has_choice, &self.finish) {
            (false, _) => "the reply ended before its first choice",
            (true, None) => "the answer stopped before its end: no finish reason came",
            (true, Some(_)) => {
                "the answer stopped before its end: a finish reason came, but no [DONE] (if this server never sends it, configure that)"
            }
        };
        Err(Error::new(ErrorKind::Truncated, message))
    }

    /// Gives the text that waits for more, because there will not be more.
    pub(crate) fn release(&mut self) {
        if let Some(stop) = &mut self.stop {
            let text = stop.finish().text;
            if !text.is_empty() {
                self.events.push_back(Event::Token(Token::new(text)));
            }
        }
    }

    /// Reads a whole reply of a server that does not stream.
    pub(crate) fn read_whole(&mut self, body: &[u8]) -> Result<(), Error> {
        if let Ok(response) = serde_json::from_slice::<ErrorResponse>(body) {
            return Err(refusal::in_stream(&response.error));
        }
        match self.endpoint {
            Endpoint::Chat => self.read_whole_chat(body)?,
            Endpoint::Text => self.read_whole_text(body)?,
        }
        self.done()
    }

    fn read_chat(&mut self, data: &str) -> Result<(), Error> {
        let chunk: ChatChunk<'_> = parse(data)?;
        if let Some(text) = chunk.only_text() {
            self.template.learn(data, text);
        }
        if chunk.choices.is_empty() && chunk.usage.is_none() {
            no_failure(data, chunk.error)?;
        }
        self.count(chunk.usage, chunk.timings);
        for choice in chunk.choices.into_iter().filter(|choice| choice.index == 0) {
            self.has_choice = true;
            let mut logprobs = choice.logprobs;
            let thought = choice.delta.reasoning_content.or(choice.delta.reasoning);
            if let Some(text) = thought.filter(|text| !text.is_empty()) {
                self.piece(Part::Reasoning, text, logprobs.take());
            }
            let text = choice.delta.content.unwrap_or_default();
            self.piece(Part::Answer, text, logprobs);
            for delta in choice.delta.tool_calls {
                self.clock.token();
                self.calls.extend(delta);
            }
            self.finish_with(choice.finish_reason)?;
        }
        Ok(())
    }

    fn read_text(&mut self, data: &str) -> Result<(), Error> {
        let chunk: CompletionChunk<'_> = parse(data)?;
        if let Some(text) = chunk.only_text() {
            self.template.learn(data, text);
        }
        if chunk.choices.is_empty() && chunk.usage.is_none() {
            no_failure(data, chunk.error)?;
        }
        self.count(chunk.usage, chunk.timings);
        for choice in chunk.choices.into_iter().filter(|choice| choice.index == 0) {
            self.has_choice = true;
            self.piece(Part::Answer, choice.text, choice.logprobs);
            self.finish_with(choice.finish_reason)?;
        }
        Ok(())
    }

    fn read_whole_chat(&mut self, body: &[u8]) -> Result<(), Error> {
        let reply: ChatResponse = parse_slice(body)?;
        self.count(reply.usage.map(Box::new), reply.timings.map(Box::new));
        let Some(choice) = reply.choices.into_iter().next() else {
            return Err(no_choices());
        };
        self.has_choice = true;
        let message = choice.message;
        if let Some(text) = message.reasoning_content.filter(|text| !text.is_empty()) {
            self.piece(Part::Reasoning, text.into(), None);
        }
        let text = message.content.unwrap_or_default().into();
        self.piece(Part::Answer, text, choice.logprobs.map(Box::new));
        for call in message.tool_calls {
            self.clock.token();
            self.calls.push(call);
        }
        self.finish_with(choice.finish_reason)
    }

    fn read_whole_text(&mut self, body: &[u8]) -> Result<(), Error> {
        let reply: CompletionResponse = parse_slice(body)?;
        self.count(reply.usage.map(Box::new), reply.timings.map(Box::new));
        let Some(choice) = reply.choices.into_iter().next() else {
            return Err(no_choices());
        };
        self.has_choice = true;
        self.piece(
            Part::Answer,
            choice.text.into(),
            choice.logprobs.map(Box::new),
        );
        self.finish_with(choice.finish_reason)
    }

    /// Notes token counts and the server's clock.
    fn count(&mut self, usage: Option<Box<openai_wire::Usage>>, timings: Option<Box<Timings>>) {
        if let Some(usage) = usage {
            self.usage = Usage::new(usage.prompt_tokens, usage.completion_tokens);
            if usage.prompt_tokens_details.is_some() {
                self.usage = self.usage.with_cached_tokens(usage.cached_tokens());
            }
        }
        // The counts before the first token are of a prompt in work.
        if timings.is_some() {
            self.timings = timings;
        }
    }

    /// Gives a piece of text, with the log probabilities of its tokens where they come.
    fn piece(&mut self, part: Part, text: Text<'_>, logprobs: Option<Box<Logprobs>>) {
        match logprobs {
            None if text.is_empty() => {}
            None => self.give(part, Token::new(text.into_owned())),
            Some(logprobs) => {
                for token in logprobs::tokens(&text, *logprobs, self.alternatives) {
                    self.give(part, token);
                }
            }
        }
    }

    /// Gives one token, as far as no stop string may begin in it.
    fn give(&mut self, part: Part, mut token: Token) {
        if self.ended {
            return;
        }
        self.clock.token();
        let mut stopped = false;
        if let (Some(stop), Part::Answer) = (&mut self.stop, part) {
            let step = stop.push(&token.text);
            (token.text, stopped) = (step.text, step.stopped);
        }
        if !token.text.is_empty() || token.logprob.is_some() {
            self.events.push_back(match part {
                Part::Answer => Event::Token(token),
                Part::Reasoning => Event::Reasoning(token),
            });
        }
        if stopped {
            self.end(FinishReason::Stop);
        }
    }

    fn finish_with(&mut self, reason: Option<openai_wire::FinishReason>) -> Result<(), Error> {
        if let Some(reason) = reason {
            self.finish = Some(finish_reason(&reason)?);
        }
        Ok(())
    }

    /// The server says that this was all.
    fn done(&mut self) -> Result<(), Error> {
        if self.ended {
            return Ok(());
        }
        let Some(reason) = self.finish else {
            return Err(if self.has_choice {
                let message =
                    "the answer stopped before its end: [DONE] came without a finish reason";
                Error::new(ErrorKind::Truncated, message)
            } else {
                no_choices()
            });
        };
        self.release();
        self.end(reason);
        Ok(())
    }

    fn end(&mut self, reason: FinishReason) {
        self.ended = true;
        let calls = self.calls.take();
        let reason = match reason {
            FinishReason::Stop if !calls.is_empty() => FinishReason::ToolCalls,
            reason => reason,
        };
        self.events.extend(calls.into_iter().map(Event::ToolCall));
        let usage = self.usage_of_all();
        let metrics = self.clock.metrics(&usage, self.timings.as_deref());
        let summary = Summary::new(reason, usage, metrics);
        self.events.push_back(Event::Finished(summary));
    }

    /// The token counts; llama-server's clock has them too.
    fn usage_of_all(&self) -> Usage {
        match &self.timings {
            Some(timings) if self.usage.generated_tokens.is_none() => {
                let prompt = timings.cache_n + timings.prompt_n;
                Usage::new(prompt, timings.predicted_n).with_cached_tokens(timings.cache_n)
            }
            _ => self.usage,
        }
    }
}

/// The reason in the words of the contract.
fn finish_reason(reason: &openai_wire::FinishReason) -> Result<FinishReason, Error> {
    use openai_wire::FinishReason as Wire;
    match reason {
        Wire::Stop => Ok(FinishReason::Stop),
        Wire::Length => Ok(FinishReason::Length),
        Wire::ToolCalls | Wire::FunctionCall => Ok(FinishReason::ToolCalls),
        Wire::ContentFilter => Ok(FinishReason::ContentFilter),
        other => match other.as_str() {
            "eos" | "eos_token" | "end_turn" | "stop_sequence" => Ok(FinishReason::Stop),
            "max_tokens" | "model_length" => Ok(FinishReason::Length),
            unknown => {
                let unknown = excerpt(unknown);
                let message = format!("the server ended the answer for the reason {unknown:?}");
                Err(Error::new(ErrorKind::Backend, message))
            }
        },
    }
}

fn parse<'a, T: serde::Deserialize<'a>>(data: &'a str) -> Result<T, Error> {
    serde_json::from_str(data).map_err(|error| {
        let message = format!("an event of the stream is no chunk: {}", excerpt(data));
        Error::new(ErrorKind::Protocol, message).with_source(error)
    })
}

fn parse_slice<T: serde::de::DeserializeOwned>(body: &[u8]) -> Result<T, Error> {
    serde_json::from_slice(body).map_err(|error| {
        let shown = excerpt(&String::from_utf8_lossy(body));
        let message = format!("the reply is no completion: {shown}");
        Error::new(ErrorKind::Protocol, message).with_source(error)
    })
}

fn no_choices() -> Error {
    Error::new(ErrorKind::Protocol, "the reply has no choices")
}

/// Nothing, unless an event that carries no part of an answer carries an error.
fn no_failure(data: &str, error: Option<Box<ApiError>>) -> Result<(), Error> {
    match error {
        Some(error) => Err(refusal::in_stream(&error)),
        None => match serde_json::from_str::<ErrorResponse>(data) {
            Ok(response) => Err(refusal::in_stream(&response.error)),
            Err(_) => Ok(()),
        },
    }
}

/// The error of an event that says to be one.
fn failure(data: &str) -> Error {
    let api = serde_json::from_str::<ErrorResponse>(data).map(|response| response.error);
    let api = api.or_else(|_| serde_json::from_str::<ApiError>(data));
    refusal::in_stream(&api.unwrap_or_else(|_| ApiError::new(data)))
}

#[cfg(test)]
mod tests;
