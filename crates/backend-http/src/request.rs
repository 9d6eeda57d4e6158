//! Prompt and options → route and JSON body, by the server's dialect.

use bytes::Bytes;
use inference_core::{
    EntryPoint, Error, ErrorKind, GenerateOptions, Message, OptionKind, Prompt, Role, Tool,
    ToolChoice,
};
use openai_wire::{
    ChatMessage, Content, FunctionDefinition, ResponseFormat, StreamOptions, ToolCall,
    ToolDefinition,
};
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::HttpConfig;
use crate::dialect::{Dialect, Endpoint, NoLimit};

/// A request that can be sent, and sent again.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) endpoint: Endpoint,
    pub(crate) body: Bytes,
    /// Stop strings that end the answer here, whatever the server does about them.
    pub(crate) stop: Vec<String>,
    /// How many alternatives were asked for.
    pub(crate) alternatives: usize,
}

/// Which adapter of the server a request uses, once the server was asked for its list.
pub(crate) type LoraScales = Value;

impl Request {
    /// Writes the body of a request whose options the dialect supports.
    ///
    /// `lora` is what llama-server needs in place of an adapter's name.
    pub(crate) fn new(
        config: &HttpConfig,
        dialect: Dialect,
        prompt: Prompt,
        options: GenerateOptions,
        lora: Option<LoraScales>,
    ) -> Result<Self, Error> {
        let options = options.resolve(EntryPoint::Library);
        let (endpoint, name, prompt) = match prompt {
            Prompt::Text(text) => (Endpoint::Text, "prompt", Value::String(text)),
            Prompt::Chat(messages) => (Endpoint::Chat, "messages", wire_messages(messages)?),
            _ => return Err(Error::unsupported(&config.backend, "a prompt of this kind")),
        };
        require_route(&config.backend, dialect, endpoint, &options)?;
        let mut fields = Fields::new(dialect, endpoint);
        fields.put(name, prompt);
        if let Some(model) = options.model.as_ref().or(config.model.as_ref()) {
            fields.put("model", model);
        }
        fields.put("stream", true);
        if config.stream_usage {
            let usage = StreamOptions {
                include_usage: true,
            };
            fields.put("stream_options", usage);
        }
        fields.options(&config.backend, &options, lora)?;
        fields.extend(&config.extra_body);
        Ok(Self {
            endpoint,
            body: fields.into_body(),
            stop: options.stop.unwrap_or_default(),
            alternatives: options.logprobs.unwrap_or(0).into(),
        })
    }
}

/// Refuses what the dialect has for chats but not for raw prompts.
fn require_route(
    backend: &str,
    dialect: Dialect,
    endpoint: Endpoint,
    options: &GenerateOptions,
) -> Result<(), Error> {
    if endpoint == Endpoint::Chat {
        return Ok(());
    }
    if !dialect.takes_raw_prompts() {
        let what = format_args!(
            "a raw prompt, to which {dialect} would apply a chat template; send messages instead;"
        );
        return Err(Error::unsupported(backend, what));
    }
    let missing = [
        OptionKind::Schema,
        OptionKind::Tools,
        OptionKind::ToolChoice,
    ]
    .into_iter()
    .find(|kind| options.is_set(*kind) && dialect.field(*kind, endpoint).is_none());
    match missing {
        Some(kind) => Err(Error::unsupported(
            backend,
            format_args!("the option {} with a raw prompt", kind.name()),
        )),
        None => Ok(()),
    }
}

/// The fields of a body.
struct Fields {
    dialect: Dialect,
    endpoint: Endpoint,
    body: Map<String, Value>,
}

impl Fields {
    fn new(dialect: Dialect, endpoint: Endpoint) -> Self {
        let body = match dialect.neutral() {
            Value::Object(neutral) => neutral,
            _ => Map::new(),
        };
        Self {
            dialect,
            endpoint,
            body,
        }
    }

    fn put(&mut self, name: &str, value: impl Serialize) {
        let value = serde_json::to_value(value).expect("plain data has a JSON form");
        self.body.insert(name.to_owned(), value);
    }

    /// Puts an option under the dialect's name for it.
    fn option(&mut self, kind: OptionKind, value: Option<impl Serialize>) {
        if let (Some(name), Some(value)) = (self.dialect.field(kind, self.endpoint), value) {
            self.put(name, value);
        }
    }

    fn options(
        &mut self,
        backend: &str,
        options: &GenerateOptions,
        lora: Option<LoraScales>,
    ) -> Result<(), Error> {
        let dialect = self.dialect;
        match lora {
            Some(lora) => self.option(OptionKind::Adapter, Some(lora)),
            None => self.option(OptionKind::Adapter, options.adapter.as_ref()),
        }
        self.max_tokens(backend, options)?;
        self.option(OptionKind::Temperature, options.temperature);
        let top_k = options.top_k.map(|k| match k {
            0 => dialect.all_tokens(),
            k => k.into(),
        });
        self.option(OptionKind::TopK, top_k);
        self.option(OptionKind::TopP, options.top_p);
        self.option(OptionKind::MinP, options.min_p);
        // mlx-lm takes a window of 0 for the whole context.
        let window = options.repeat_window_or_default();
        if window != 0 {
            let window = options.repeat_penalty.map(|_| window);
            self.option(OptionKind::RepeatPenalty, options.repeat_penalty);
            self.option(OptionKind::RepeatWindow, window.or(options.repeat_window));
        }
        let seed = options.seed.map(|seed| fold(seed, dialect.max_seed()));
        self.option(OptionKind::Seed, seed);
        let stop = options.stop.as_deref().filter(|stop| !stop.is_empty());
        let stop = stop.map(|stop| &stop[..stop.len().min(dialect.max_stops())]);
        self.option(OptionKind::Stop, stop);
        self.option(OptionKind::StopTokens, options.stop_tokens.as_ref());
        self.logprobs(options.logprobs);
        self.schema(options.schema.as_ref());
        let tools = options.tools.as_ref().filter(|tools| !tools.is_empty());
        let tools = tools.map(|tools| tools.iter().map(wire_tool).collect::<Vec<_>>());
        self.option(OptionKind::Tools, tools);
        self.option(
            OptionKind::ToolChoice,
            options.tool_choice.as_ref().map(wire_choice),
        );
        Ok(())
    }

    fn max_tokens(&mut self, backend: &str, options: &GenerateOptions) -> Result<(), Error> {
        let limit = options
            .max_tokens
            .filter(|limit| *limit != GenerateOptions::TO_CONTEXT_END);
        if limit.is_some() {
            self.option(OptionKind::MaxTokens, limit);
            return Ok(());
        }
        match self.dialect.no_limit(self.endpoint) {
            NoLimit::Absent => {}
            NoLimit::Null => self.option(OptionKind::MaxTokens, Some(Value::Null)),
            NoLimit::Number(number) => self.option(OptionKind::MaxTokens, Some(number)),
            NoLimit::Unsupported => {
                let what = "max_tokens without a limit, for a raw prompt,";
                return Err(Error::unsupported(backend, what));
            }
        }
        Ok(())
    }

    fn logprobs(&mut self, alternatives: Option<u8>) {
        let Some(alternatives) = alternatives else {
            return;
        };
        let alternatives = alternatives.max(self.dialect.min_logprobs());
        match self.endpoint {
            Endpoint::Chat => {
                self.option(OptionKind::Logprobs, Some(true));
                self.put("top_logprobs", alternatives);
            }
            Endpoint::Text => self.option(OptionKind::Logprobs, Some(alternatives)),
        }
    }

    fn schema(&mut self, schema: Option<&Value>) {
        let Some(schema) = schema else {
            return;
        };
        match self.dialect.field(OptionKind::Schema, self.endpoint) {
            Some("response_format") => {
                let format = ResponseFormat::schema("answer", schema.clone());
                self.option(OptionKind::Schema, Some(format));
            }
            _ => self.option(OptionKind::Schema, Some(schema)),
        }
    }

    /// The caller's own fields win; null removes a field.
    fn extend(&mut self, extra: &Map<String, Value>) {
        for (name, value) in extra {
            if value.is_null() {
                self.body.remove(name);
            } else {
                self.body.insert(name.clone(), value.clone());
            }
        }
    }

    fn into_body(self) -> Bytes {
        Value::Object(self.body).to_string().into()
    }
}

/// A seed within a server's range; equal seeds stay equal.
fn fold(seed: u64, max: u64) -> u64 {
    if seed <= max { seed } else { seed % max }
}

fn wire_messages(messages: Vec<Message>) -> Result<Value, Error> {
    let messages: Result<Vec<_>, _> = messages.into_iter().map(wire_message).collect();
    Ok(json!(messages?))
}

fn wire_message(message: Message) -> Result<ChatMessage, Error> {
    let role = match message.role {
        Role::System => openai_wire::Role::System,
        Role::User => openai_wire::Role::User,
        Role::Assistant => openai_wire::Role::Assistant,
        Role::Tool => openai_wire::Role::Tool,
        other => {
            let message = format!("the role {} has no name on the wire", other.as_str());
            return Err(Error::new(ErrorKind::Unsupported, message));
        }
    };
    let silent = message.content.is_empty() && !message.tool_calls.is_empty();
    Ok(ChatMessage {
        content: (!silent).then_some(Content::Text(message.content)),
        tool_calls: message
            .tool_calls
            .into_iter()
            .map(|call| ToolCall::new(call.id, call.name, call.arguments))
            .collect(),
        tool_call_id: message.tool_call_id,
        ..ChatMessage::new(role, "")
    })
}

fn wire_tool(tool: &Tool) -> ToolDefinition {
    ToolDefinition::new(FunctionDefinition {
        name: tool.name.clone(),
        description: (!tool.description.is_empty()).then(|| tool.description.clone()),
        parameters: Some(tool.parameters.clone()),
        strict: None,
    })
}

fn wire_choice(choice: &ToolChoice) -> openai_wire::ToolChoice {
    match choice {
        ToolChoice::Named(name) => openai_wire::ToolChoice::Function(name.clone()),
        _ => openai_wire::ToolChoice::Required,
    }
}

#[cfg(test)]
mod tests;
