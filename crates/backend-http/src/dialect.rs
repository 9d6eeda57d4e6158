//! What kinds of servers understand: for each option its wire name, or that there is none.

use std::fmt;
use std::str::FromStr;

use inference_core::OptionKind;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// The options that a kind of server understands, and under which names.
///
/// | option | `openai` | `llama-server` | `vllm` | `ollama` | `mlx-lm` |
/// |---|---|---|---|---|---|
/// | `model` | `model` | `model` | `model` | `model` | `model` |
/// | `adapter` | – | `lora` | `model` | – | `adapters` |
/// | `max_tokens` | `max_tokens` | `max_tokens` | `max_tokens` | `max_tokens` | `max_tokens` |
/// | `temperature` | `temperature` | `temperature` | `temperature` | `temperature` | `temperature` |
/// | `top_k` | – | `top_k` | `top_k` | – | `top_k` |
/// | `top_p` | `top_p` | `top_p` | `top_p` | `top_p` | `top_p` |
/// | `min_p` | – | `min_p` | `min_p` | – | `min_p` |
/// | `repeat_penalty` | – | `repeat_penalty` | `repetition_penalty` | – | `repetition_penalty` |
/// | `repeat_window` | – | `repeat_last_n` | – | – | `repetition_context_size` |
/// | `seed` | `seed` | `seed` | `seed` | `seed` | `seed` |
/// | `stop` | `stop` | `stop` | `stop` | `stop` | `stop` |
/// | `stop_tokens` | – | – | `stop_token_ids` | – | – |
/// | `logprobs` | `logprobs` | `logprobs` | `logprobs` | `logprobs` | – |
/// | `schema`, chat | `response_format` | `response_format` | `response_format` | `response_format` | – |
/// | `schema`, raw | – | `json_schema` | `response_format` | – | – |
/// | `tools`, chat only | `tools` | `tools` | `tools` | `tools` | `tools` |
/// | `tool_choice`, chat only | `tool_choice` | – | `tool_choice` | – | – |
/// | raw prompts | yes | yes | yes | no | yes |
///
/// llama-server takes a `tool_choice` and does not hold the model to it.
///
/// An option without a name is refused. llama-server, vLLM and mlx-lm apply defaults of their own
/// to options that are unset, so they are sent what switches those off. llama-server is told the
/// order of our samplers: repeat penalty, top-k, top-p, min-p, temperature. The others cannot be
/// told: vLLM divides by the temperature first, mlx-lm applies top-p, min-p, then top-k, and
/// vLLM's penalty looks at the whole context.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Dialect {
    /// The published OpenAI API and nothing else: for OpenAI and for servers that are not known.
    #[default]
    #[serde(rename = "openai")]
    OpenAi,
    /// llama.cpp's server.
    LlamaServer,
    /// vLLM.
    Vllm,
    /// Ollama's OpenAI routes.
    Ollama,
    /// mlx-lm's server.
    MlxLm,
}

/// Which of the two routes a request takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Endpoint {
    /// Chat completions: the server applies the model's template.
    Chat,
    /// Text completions: the prompt is raw.
    Text,
}

/// How one option is spelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Spelling {
    /// There is no such option.
    Unsupported,
    /// The field's name on both routes.
    Field(&'static str),
    /// The field's name for chats; there is none for raw prompts.
    Chat(&'static str),
    /// One name for chats, another for raw prompts.
    Each {
        chat: &'static str,
        text: &'static str,
    },
}

use Spelling::{Chat, Each, Field, Unsupported};

/// Rows are options, columns are dialects in the order of [`Dialect::ALL`].
#[rustfmt::skip]
const SPELLINGS: [(OptionKind, [Spelling; 5]); 16] = [
    (OptionKind::Model,         [Field("model"),           Field("model"),           Field("model"),              Field("model"),          Field("model")]),
    (OptionKind::Adapter,       [Unsupported,              Field("lora"),            Field("model"),              Unsupported,             Field("adapters")]),
    (OptionKind::MaxTokens,     [Field("max_tokens"),      Field("max_tokens"),      Field("max_tokens"),         Field("max_tokens"),     Field("max_tokens")]),
    (OptionKind::Temperature,   [Field("temperature"),     Field("temperature"),     Field("temperature"),        Field("temperature"),    Field("temperature")]),
    (OptionKind::TopK,          [Unsupported,              Field("top_k"),           Field("top_k"),              Unsupported,             Field("top_k")]),
    (OptionKind::TopP,          [Field("top_p"),           Field("top_p"),           Field("top_p"),              Field("top_p"),          Field("top_p")]),
    (OptionKind::MinP,          [Unsupported,              Field("min_p"),           Field("min_p"),              Unsupported,             Field("min_p")]),
    (OptionKind::RepeatPenalty, [Unsupported,              Field("repeat_penalty"),  Field("repetition_penalty"), Unsupported,             Field("repetition_penalty")]),
    (OptionKind::RepeatWindow,  [Unsupported,              Field("repeat_last_n"),   Unsupported,                 Unsupported,             Field("repetition_context_size")]),
    (OptionKind::Seed,          [Field("seed"),            Field("seed"),            Field("seed"),               Field("seed"),           Field("seed")]),
    (OptionKind::Stop,          [Field("stop"),            Field("stop"),            Field("stop"),               Field("stop"),           Field("stop")]),
    (OptionKind::StopTokens,    [Unsupported,              Unsupported,              Field("stop_token_ids"),     Unsupported,             Unsupported]),
    (OptionKind::Logprobs,      [Field("logprobs"),        Field("logprobs"),        Field("logprobs"),           Field("logprobs"),       Unsupported]),
    (OptionKind::Schema,        [Chat("response_format"),  SCHEMA_OF_LLAMA_SERVER,   Field("response_format"),    Chat("response_format"), Unsupported]),
    (OptionKind::Tools,         [Chat("tools"),            Chat("tools"),            Chat("tools"),               Chat("tools"),           Chat("tools")]),
    (OptionKind::ToolChoice,    [Chat("tool_choice"),      Unsupported,              Chat("tool_choice"),         Unsupported,             Unsupported]),
];

const SCHEMA_OF_LLAMA_SERVER: Spelling = Each {
    chat: "response_format",
    text: "json_schema",
};

/// How a server is told that only the context's end limits an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoLimit {
    /// By sending no limit.
    Absent,
    /// By a null, since an absent limit is a small default.
    Null,
    /// By this number.
    Number(i64),
    /// It cannot be told: an absent limit is a small default.
    Unsupported,
}

impl Dialect {
    /// Every dialect.
    pub const ALL: [Self; 5] = [
        Self::OpenAi,
        Self::LlamaServer,
        Self::Vllm,
        Self::Ollama,
        Self::MlxLm,
    ];

    /// Its name in configurations.
    pub const fn name(self) -> &'static str {
        match self {
            Self::OpenAi => "openai",
            Self::LlamaServer => "llama-server",
            Self::Vllm => "vllm",
            Self::Ollama => "ollama",
            Self::MlxLm => "mlx-lm",
        }
    }

    /// Whether chats may set the option.
    pub fn supports(self, option: OptionKind) -> bool {
        self.spelling(option) != Unsupported
    }

    /// The field's name on a route, where there is one.
    pub(crate) fn field(self, option: OptionKind, endpoint: Endpoint) -> Option<&'static str> {
        match (self.spelling(option), endpoint) {
            (Unsupported, _) | (Chat(_), Endpoint::Text) => None,
            (Field(name) | Chat(name), _) => Some(name),
            (Each { chat, .. }, Endpoint::Chat) => Some(chat),
            (Each { text, .. }, Endpoint::Text) => Some(text),
        }
    }

    fn spelling(self, option: OptionKind) -> Spelling {
        let row = SPELLINGS.iter().find(|(kind, _)| *kind == option);
        row.map_or(Unsupported, |(_, row)| row[self as usize])
    }

    /// Fields that every request carries: what switches the server's own defaults off.
    pub(crate) fn neutral(self) -> Value {
        match self {
            Self::OpenAi | Self::Ollama => json!({}),
            Self::LlamaServer => json!({
                "samplers": ["penalties", "top_k", "top_p", "min_p", "temperature"],
                "top_k": 0, "top_p": 1.0, "min_p": 0.0, "repeat_penalty": 1.0,
                "return_progress": true,
            }),
            Self::Vllm => json!({
                "top_k": self.all_tokens(), "top_p": 1.0, "min_p": 0.0, "repetition_penalty": 1.0,
            }),
            Self::MlxLm => json!({
                "top_k": 0, "top_p": 1.0, "min_p": 0.0, "repetition_penalty": 1.0,
            }),
        }
    }

    /// The `top_k` that keeps all tokens. Older vLLM refuses 0.
    pub(crate) fn all_tokens(self) -> i64 {
        match self {
            Self::Vllm => -1,
            _ => 0,
        }
    }

    /// The largest seed.
    pub(crate) fn max_seed(self) -> u64 {
        match self {
            // The largest 32-bit number asks for a random seed.
            Self::LlamaServer | Self::MlxLm => (u32::MAX - 1).into(),
            Self::OpenAi | Self::Vllm | Self::Ollama => i64::MAX.unsigned_abs(),
        }
    }

    /// How many stop strings a request may carry.
    pub(crate) fn max_stops(self) -> usize {
        match self {
            Self::OpenAi => 4,
            _ => usize::MAX,
        }
    }

    /// The fewest alternatives that give log probabilities at all.
    pub(crate) fn min_logprobs(self) -> u8 {
        match self {
            Self::LlamaServer => 1,
            _ => 0,
        }
    }

    pub(crate) fn no_limit(self, endpoint: Endpoint) -> NoLimit {
        match (self, endpoint) {
            (Self::LlamaServer, _) => NoLimit::Number(-1),
            (Self::MlxLm, _) => NoLimit::Number(i32::MAX.into()),
            (Self::Vllm, Endpoint::Text) => NoLimit::Null,
            (Self::OpenAi, Endpoint::Text) => NoLimit::Unsupported,
            _ => NoLimit::Absent,
        }
    }

    /// Whether the route for text completions leaves the prompt as it is.
    pub(crate) fn takes_raw_prompts(self) -> bool {
        self != Self::Ollama
    }
}

impl Endpoint {
    pub(crate) const fn path(self) -> &'static str {
        match self {
            Self::Chat => "/v1/chat/completions",
            Self::Text => "/v1/completions",
        }
    }
}

impl fmt::Display for Dialect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A name that is no dialect's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{name:?} is no dialect: there is openai, llama-server, vllm, ollama and mlx-lm")]
pub struct UnknownDialect {
    /// The name.
    pub name: String,
}

impl FromStr for Dialect {
    type Err = UnknownDialect;

    fn from_str(name: &str) -> Result<Self, UnknownDialect> {
        let dialect = Self::ALL.into_iter().find(|dialect| dialect.name() == name);
        dialect.ok_or_else(|| UnknownDialect {
            name: name.to_owned(),
        })
    }
}

#[cfg(test)]
mod tests;
