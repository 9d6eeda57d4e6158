//! The flags that say how to sample, shared by all commands that ask a model.

use clap::Args;
use inference_core::GenerateOptions;

/// How to sample. What is not given is the model's configured value, else the default.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Sampling")]
pub(crate) struct SamplingArgs {
    /// Most tokens to generate [default: 256, in a chat 2048]
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    max_tokens: Option<u32>,

    /// Divides the logits; 0 is greedy [default: 0]
    #[arg(long, value_name = "T", allow_negative_numbers = true)]
    temperature: Option<f64>,

    /// Keep the K likeliest tokens; 0 keeps all
    #[arg(long, value_name = "K", allow_negative_numbers = true)]
    top_k: Option<u32>,

    /// Keep the likeliest tokens that hold this probability together
    #[arg(long, value_name = "P", allow_negative_numbers = true)]
    top_p: Option<f64>,

    /// Drop tokens less likely than this fraction of the likeliest
    #[arg(long, value_name = "P", allow_negative_numbers = true)]
    min_p: Option<f64>,

    /// Divides the logits of tokens that were there before; 1 is none
    #[arg(long, value_name = "R", allow_negative_numbers = true)]
    repeat_penalty: Option<f64>,

    /// How many tokens back the repeat penalty looks [default: 64]
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    repeat_window: Option<u32>,

    /// The same seed gives the same answer
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    seed: Option<u64>,

    /// End the answer before this text; may be given several times
    #[arg(long, value_name = "TEXT", action = clap::ArgAction::Append)]
    stop: Vec<String>,
}

impl SamplingArgs {
    /// The options that were given.
    pub(crate) fn options(&self) -> GenerateOptions {
        let mut options = GenerateOptions::default();
        options.max_tokens = self.max_tokens;
        options.temperature = self.temperature;
        options.top_k = self.top_k;
        options.top_p = self.top_p;
        options.min_p = self.min_p;
        options.repeat_penalty = self.repeat_penalty;
        options.repeat_window = self.repeat_window;
        options.seed = self.seed;
        options.stop = (!self.stop.is_empty()).then(|| self.stop.clone());
        options
    }
}
