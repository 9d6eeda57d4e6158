//! `ml_generate`: one prompt, one answer.

use futures::StreamExt as _;
use inference_core::{
    EntryPoint, Error, Event, GenerateOptions, Message, Prompt, ThinkSplitter, TokenStream,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Tool;
use super::call::{Call, check_length, check_text, invalid};
use super::progress::Tokens;
use crate::system_message;

/// The most stop strings of a call.
const STOPS: usize = 16;

pub(crate) struct Generate;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Arguments {
    /// What to ask the model.
    prompt: String,
    /// Instructions for the model; an empty text is none.
    system: Option<String>,
    /// Name of the model, as `ml_status` lists it. Default: the one that is marked so.
    #[serde(alias = "backend")]
    model: Option<String>,
    /// From 0, which is greedy, to 2. Default: what is configured, else 0.
    temperature: Option<f64>,
    /// The most tokens to generate. Default: what is configured, else 2048.
    max_tokens: Option<u32>,
    /// The same seed gives the same answer.
    seed: Option<u64>,
    /// The answer ends before any of these texts.
    stop: Option<Vec<String>>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Output {
    /// The answer.
    response: String,
    /// The model's thinking before it, where it is told from the answer.
    #[serde(skip_serializing_if = "String::is_empty")]
    reasoning: String,
    /// The model that answered.
    model: String,
    /// The backend that ran it.
    backend: String,
    /// Why the answer ended: `stop`, or `length` where it was cut at the most tokens.
    finish_reason: String,
    /// Tokens of the prompt, where the backend tells.
    #[serde(skip_serializing_if = "Option::is_none")]
    prompt_tokens: Option<u64>,
    /// Tokens that were generated, where the backend tells.
    #[serde(skip_serializing_if = "Option::is_none")]
    generated_tokens: Option<u64>,
}

impl Tool for Generate {
    type Arguments = Arguments;
    type Output = Output;

    async fn run(call: &Call, arguments: Arguments) -> Result<Output, Error> {
        let options = arguments.options()?;
        let service = &call.service;
        let name = call.model(arguments.model);
        let name = name.as_deref();
        let options = service.options(name, options, EntryPoint::Chat)?;
        let turn = service.enter(name, &call.caller).await?;
        let model = turn.model();
        let system = system_message(arguments.system.as_deref(), model.info());
        let messages = system.into_iter().map(Message::system);
        let prompt = Prompt::Chat(messages.chain([Message::user(arguments.prompt)]).collect());
        let most = options.max_tokens;
        let most = most.filter(|most| *most != GenerateOptions::TO_CONTEXT_END);
        let mut tokens = Tokens::new(&*call.progress, most);
        let output = Output {
            response: String::new(),
            reasoning: String::new(),
            model: turn.name().to_owned(),
            backend: model.info().backend.clone(),
            finish_reason: String::new(),
            prompt_tokens: None,
            generated_tokens: None,
        };
        let stream = turn.generate(prompt, options, EntryPoint::Chat)?;
        let stream = stream.split_thinking(ThinkSplitter::new());
        output.read(stream, &mut tokens).await
    }
}

impl Arguments {
    fn options(&self) -> Result<GenerateOptions, Error> {
        check_text("prompt", &self.prompt)?;
        check_length("system", self.system.as_deref().unwrap_or_default())?;
        let stops = self.stop.iter().flatten();
        if stops.clone().count() > STOPS {
            return Err(invalid(format!("stop may have {STOPS} texts at most")));
        }
        for stop in stops {
            check_length("stop", stop)?;
        }
        if let Some(asked) = self.temperature
            && !(0.0..=2.0).contains(&asked)
        {
            return Err(invalid(format!(
                "temperature is {asked}, but may be 0 to 2"
            )));
        }
        let mut options = GenerateOptions::default();
        options.temperature = self.temperature;
        options.max_tokens = self.max_tokens;
        options.seed = self.seed;
        options.stop.clone_from(&self.stop);
        Ok(options)
    }
}

impl Output {
    /// Reads an answer to its end.
    async fn read(
        mut self,
        mut stream: TokenStream,
        tokens: &mut Tokens<'_>,
    ) -> Result<Self, Error> {
        while let Some(event) = stream.next().await {
            match event? {
                Event::Token(token) => {
                    self.response.push_str(&token.text);
                    tokens.add(&token.text).await;
                }
                Event::Reasoning(token) => {
                    self.reasoning.push_str(&token.text);
                    tokens.add("").await;
                }
                Event::Finished(summary) => {
                    summary
                        .finish_reason
                        .as_str()
                        .clone_into(&mut self.finish_reason);
                    self.prompt_tokens = summary.usage.prompt_tokens;
                    self.generated_tokens = summary.usage.generated_tokens;
                }
                _ => {}
            }
        }
        Ok(self)
    }
}
