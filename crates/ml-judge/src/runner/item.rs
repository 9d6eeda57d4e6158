//! Work as plain values, named by their content.

use inference_core::{EntryPoint, GenerateOptions, Message, Prompt};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::ModelIdentity;
use crate::{Key, KeyHasher, Response};

/// One piece of work: a response to be scored, or a prompt to be answered and then scored.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct WorkItem {
    /// What is scored. Where a model is asked, its answer becomes the text.
    pub response: Response,
    /// What to ask a model; without it the response is scored as it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ask: Option<Ask>,
}

impl WorkItem {
    /// A response to score.
    pub fn score(response: Response) -> Self {
        Self {
            response,
            ask: None,
        }
    }

    /// A prompt to answer. `subject` has the prompt's id and what is known of the right answer; its
    /// epoch becomes that of `ask`.
    pub fn ask(subject: Response, ask: Ask) -> Self {
        Self {
            response: Response {
                epoch: ask.epoch,
                ..subject
            },
            ask: Some(ask),
        }
    }
}

/// What a model is asked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Ask {
    /// The prompt; in JSON a text, or a list of messages.
    #[serde(with = "prompt")]
    pub prompt: Prompt,
    /// How the answer is sampled.
    #[serde(default)]
    pub options: GenerateOptions,
    /// Which of several answers to the same prompt this is, from 0.
    #[serde(default)]
    pub epoch: u32,
}

impl Ask {
    /// A prompt, greedily answered.
    pub fn new(prompt: Prompt) -> Self {
        Self {
            prompt,
            options: GenerateOptions::default(),
            epoch: 0,
        }
    }

    /// Sets how the answer is sampled.
    #[must_use]
    pub fn options(mut self, options: GenerateOptions) -> Self {
        self.options = options;
        self
    }

    /// Sets which of several answers it is.
    #[must_use]
    pub fn epoch(mut self, epoch: u32) -> Self {
        self.epoch = epoch;
        self
    }

    /// The key of the answer of a model. Options that are unset are what a call resolves them to,
    /// see [`GenerateOptions::resolve`].
    pub fn key(&self, model: &ModelIdentity) -> Key {
        AnswerKeys::new(model).key(self)
    }
}

/// Keys of many answers of one model.
#[derive(Debug)]
pub(super) struct AnswerKeys {
    model: KeyHasher,
    /// Most items of a run are sampled alike.
    sampling: Option<(GenerateOptions, KeyHasher)>,
}

impl AnswerKeys {
    pub(super) fn new(model: &ModelIdentity) -> Self {
        let mut hasher = KeyHasher::new("answer 1");
        hasher.text(model.as_str());
        Self {
            model: hasher,
            sampling: None,
        }
    }

    pub(super) fn key(&mut self, ask: &Ask) -> Key {
        let mut hasher = self.sampled(&ask.options);
        hasher.number(u64::from(ask.epoch));
        match &ask.prompt {
            Prompt::Text(text) => {
                hasher.text("text").text(text);
            }
            Prompt::Chat(messages) => {
                hasher.text("chat").number(messages.len() as u64);
                for message in messages {
                    add_message(&mut hasher, message);
                }
            }
            other => {
                hasher.text(&format!("{other:?}"));
            }
        }
        hasher.finish()
    }

    fn sampled(&mut self, options: &GenerateOptions) -> KeyHasher {
        if let Some((known, hasher)) = &self.sampling
            && known == options
        {
            return hasher.clone();
        }
        let mut hasher = self.model.clone();
        hasher.text(&set_options(options));
        self.sampling = Some((options.clone(), hasher.clone()));
        hasher
    }
}

fn add_message(hasher: &mut KeyHasher, message: &Message) {
    hasher.text(message.role.as_str()).text(&message.content);
    hasher.optional(message.tool_call_id.as_deref());
    hasher.number(message.tool_calls.len() as u64);
    for call in &message.tool_calls {
        hasher.text(&call.id).text(&call.name).text(&call.arguments);
    }
}

/// The options that a call sets, as JSON. What is unset is left out, so that an option which a
/// later version adds changes no key.
fn set_options(options: &GenerateOptions) -> String {
    let resolved = options.clone().resolve(EntryPoint::Library);
    let mut json = serde_json::to_value(resolved).expect("options are JSON");
    if let Value::Object(fields) = &mut json {
        fields.retain(|_, value| !value.is_null());
    }
    json.to_string()
}

mod prompt {
    //! A prompt in JSON: raw text as a string, a conversation as a list.

    use inference_core::{Message, Prompt};
    use serde::{Deserialize, Deserializer, Serialize as _, Serializer, ser};

    pub(super) fn serialize<S: Serializer>(prompt: &Prompt, to: S) -> Result<S::Ok, S::Error> {
        match prompt {
            Prompt::Text(text) => text.serialize(to),
            Prompt::Chat(messages) => messages.serialize(to),
            other => Err(ser::Error::custom(format!("no JSON for {other:?}"))),
        }
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Prompt, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Either {
            Text(String),
            Chat(Vec<Message>),
        }
        Ok(match Either::deserialize(from)? {
            Either::Text(text) => Prompt::Text(text),
            Either::Chat(messages) => Prompt::Chat(messages),
        })
    }
}

#[cfg(test)]
mod tests {
    use inference_core::ToolCall;

    use super::*;

    fn model() -> ModelIdentity {
        ModelIdentity::of_content("llama_cpp", "abc", None)
    }

    #[test]
    fn work_comes_back_from_json_as_it_was() {
        let ask = Ask::new(Prompt::user("2 + 2?"))
            .options(GenerateOptions::default().seed(7))
            .epoch(3);
        let subject = Response::new("sum", "2 + 2?", "");
        for item in [
            WorkItem::ask(subject.clone(), ask),
            WorkItem::ask(subject.clone(), Ask::new(Prompt::text("2 + 2 ="))),
            WorkItem::score(subject),
        ] {
            let json = serde_json::to_string(&item).expect("JSON");
            assert_eq!(serde_json::from_str::<WorkItem>(&json).expect("work"), item);
        }
    }

    #[test]
    fn the_key_tells_what_makes_another_answer() {
        let chat = |message| Ask::new(Prompt::Chat(vec![message])).key(&model());
        let call = |id: &str, name: &str, arguments: &str| {
            let call = ToolCall {
                id: id.to_owned(),
                name: name.to_owned(),
                arguments: arguments.to_owned(),
            };
            chat(Message::assistant("2 + 2?").with_tool_calls(vec![call]))
        };
        let of = |identity: ModelIdentity| Ask::new(Prompt::user("2 + 2?")).key(&identity);
        let options = |options| {
            Ask::new(Prompt::user("2 + 2?"))
                .options(options)
                .key(&model())
        };
        let seeded = |seed| GenerateOptions::default().seed(seed);
        let keys = [
            ("as it is", of(model())),
            ("the prompt", chat(Message::user("2 + 3?"))),
            (
                "raw or chat",
                Ask::new(Prompt::text("2 + 2?")).key(&model()),
            ),
            ("the role", chat(Message::assistant("2 + 2?"))),
            (
                "one message more",
                Ask::new(Prompt::Chat(vec![
                    Message::system(""),
                    Message::user("2 + 2?"),
                ]))
                .key(&model()),
            ),
            ("a tool's answer", chat(Message::tool("1", "2 + 2?"))),
            (
                "the call that it answers",
                chat(Message::tool("2", "2 + 2?")),
            ),
            ("a call", call("1", "add", "{}")),
            ("the id of a call", call("2", "add", "{}")),
            ("the tool of a call", call("1", "sum", "{}")),
            ("the arguments of a call", call("1", "add", "[]")),
            ("sampling", options(seeded(1))),
            ("other sampling", options(seeded(2))),
            (
                "the epoch",
                Ask::new(Prompt::user("2 + 2?")).epoch(1).key(&model()),
            ),
            (
                "the model",
                of(ModelIdentity::of_content("llama_cpp", "abd", None)),
            ),
            (
                "the backend",
                of(ModelIdentity::of_content("mlx", "abc", None)),
            ),
            (
                "the adapter",
                of(ModelIdentity::of_content("llama_cpp", "abc", Some("x"))),
            ),
            (
                "another adapter",
                of(ModelIdentity::of_content("llama_cpp", "abc", Some("y"))),
            ),
            (
                "a server",
                of(ModelIdentity::served("http://a", "abc", "1")),
            ),
            (
                "its address",
                of(ModelIdentity::served("http://b", "abc", "1")),
            ),
            (
                "its model",
                of(ModelIdentity::served("http://a", "abd", "1")),
            ),
            (
                "what it tells of itself",
                of(ModelIdentity::served("http://a", "abc", "2")),
            ),
        ];
        for (place, (what, key)) in keys.iter().enumerate() {
            let same = keys[..place].iter().find(|(_, other)| other == key);
            assert_eq!(same, None, "{what}");
        }
        let spelled_out = GenerateOptions::default().max_tokens(256).temperature(0.0);
        assert_eq!(keys[0].1, options(spelled_out));
    }

    #[test]
    fn many_keys_are_those_of_single_ones() {
        let mut keys = AnswerKeys::new(&model());
        for seed in [1, 1, 2, 1] {
            let ask = Ask::new(Prompt::user("hi")).options(GenerateOptions::default().seed(seed));
            assert_eq!(keys.key(&ask), ask.key(&model()), "{seed}");
        }
    }
}
