//! What a real llama-server sent is read whole.

use openai_wire::{
    ChatChunk, ChatRequest, ChatResponse, CompletionChunk, CompletionRequest, CompletionResponse,
    ErrorResponse, FinishReason, ModelList, ResponseFormat, ToolChoice,
};

use crate::recording::Recording;

#[test]
fn a_chat_reply() {
    let reply: ChatResponse =
        serde_json::from_str(&Recording::read("chat_logprobs").reply).expect("parses");
    let choice = &reply.choices[0];
    assert_eq!(choice.message.content.as_deref(), Some("Two and"));
    assert_eq!(choice.finish_reason, Some(FinishReason::Length));
    assert_eq!(reply.usage.expect("usage").cached_tokens(), 25);
    assert_eq!(reply.timings.expect("timings").predicted_n, 2);
    let entries = choice.logprobs.clone().expect("logprobs").entries();
    assert_eq!(entries[0].token, "Two");
    assert_eq!(entries[0].top_logprobs.len(), 2);
}

#[test]
fn chat_requests() {
    let read = |name| -> ChatRequest {
        serde_json::from_str(&Recording::read(name).request).expect("parses")
    };
    let tools = read("tools");
    assert_eq!(tools.tools[0].function.name, "get_weather");
    assert_eq!(tools.tool_choice, Some(ToolChoice::Required));
    let schema = read("json_schema").sampling.response_format;
    assert!(
        matches!(schema, Some(ResponseFormat::JsonSchema { .. })),
        "{schema:?}"
    );
    let usage = read("chat_stream_usage").sampling.stream_options;
    assert!(usage.expect("options").include_usage);
    assert_eq!(read("kvfull_0").other["ignore_eos"], true);
    assert_eq!(read("err_bad_role").messages[0].content, None);
}

#[test]
fn requests_are_written_as_they_were_read() {
    for name in [
        "chat",
        "chat_logprobs",
        "json_schema",
        "tools",
        "kvfull_0",
        "chat_stream_usage",
    ] {
        let recorded: serde_json::Value =
            serde_json::from_str(&Recording::read(name).request).expect("JSON");
        let request: ChatRequest = serde_json::from_value(recorded.clone()).expect("parses");
        let written = serde_json::to_value(request).expect("writes");
        assert_eq!(
            numbers_as_floats(written),
            numbers_as_floats(recorded),
            "{name}"
        );
    }
}

/// The recorded requests write a temperature of zero as an integer.
fn numbers_as_floats(mut value: serde_json::Value) -> serde_json::Value {
    if let Some(temperature) = value.get_mut("temperature") {
        *temperature = temperature.as_f64().into();
    }
    value
}

#[test]
fn a_chat_stream_with_usage() {
    let recording = Recording::read("chat_stream_usage");
    let events = recording.events();
    let (done, chunks) = events.split_last().expect("events");
    assert_eq!(*done, "[DONE]");
    let chunks: Vec<ChatChunk<'_>> = chunks
        .iter()
        .map(|event| serde_json::from_str(event).expect("parses"))
        .collect();
    let text: String = chunks
        .iter()
        .flat_map(|chunk| &chunk.choices)
        .filter_map(|choice| choice.delta.content.as_deref())
        .collect();
    assert_eq!(text, "Two and two is");
    let last = chunks.last().expect("a chunk");
    assert!(last.choices.is_empty());
    assert_eq!(last.usage.as_ref().expect("usage").completion_tokens, 4);
}

#[test]
fn streamed_logprobs_of_both_endpoints() {
    let chat = Recording::read("chat_stream_logprobs");
    let chunk: ChatChunk<'_> = serde_json::from_str(chat.events()[2]).expect("parses");
    let logprobs = chunk.choices[0].logprobs.clone().expect("logprobs");
    assert_eq!(logprobs.entries()[0].id, Some(284));

    let text = Recording::read("v1_completions_stream_logprobs");
    let chunk: CompletionChunk<'_> = serde_json::from_str(text.events()[0]).expect("parses");
    assert_eq!(chunk.choices[0].text, " Paris");
    let logprobs = chunk.choices[0].logprobs.clone().expect("logprobs");
    assert_eq!(logprobs.entries()[0].top_logprobs[1].token, " the");
}

#[test]
fn a_completion_and_its_request() {
    let recording = Recording::read("v1_completions_logprobs");
    let request: CompletionRequest = serde_json::from_str(&recording.request).expect("parses");
    assert_eq!(request.logprobs, Some(2));
    let reply: CompletionResponse = serde_json::from_str(&recording.reply).expect("parses");
    assert_eq!(reply.choices[0].text, " Paris.");
}

#[test]
fn a_list_of_models() {
    let list: ModelList =
        serde_json::from_str(&Recording::read("v1_models").reply).expect("parses");
    let meta = list.data[0].meta.clone().expect("meta");
    assert_eq!(meta.ftype.as_deref(), Some("Q4_1"));
    assert_eq!(list.data[0].context_length(), Some(2048));
}

#[test]
fn an_error_in_the_middle_of_a_stream() {
    let recording = Recording::read("kvfull_0");
    let events = recording.events();
    let last: ChatChunk<'_> = serde_json::from_str(events.last().expect("events")).expect("parses");
    let error = last.error.expect("an error");
    assert!(error.is_context_exceeded(), "{error:?}");
}

#[test]
fn errors_of_refused_requests() {
    let read = |name| {
        let reply = Recording::read(name).reply;
        serde_json::from_str::<ErrorResponse>(&reply)
            .expect("parses")
            .error
    };
    assert!(read("err_too_long_chat").is_context_exceeded());
    assert_eq!(
        read("key_chat_wrong").kind.as_deref(),
        Some("authentication_error")
    );
    assert_eq!(read("loading_chat").message, "Loading model");
}
