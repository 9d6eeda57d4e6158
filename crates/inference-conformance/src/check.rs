//! The checks by name, and what each demands.

use std::fmt;

use crate::checks::{self, Unmet};
use crate::subject::Subject;
use crate::timer;

/// One demand of the contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Check {
    /// Order and end of a stream.
    Finish,
    /// Nothing happens before the first poll.
    Lazy,
    /// Characters stay whole.
    Utf8,
    /// An answer without text is an answer.
    EmptyAnswer,
    /// Dropping a stream cancels.
    DropCancels,
    /// Cancelling keeps the partial answer.
    CancelKeepsPartial,
    /// A slow reader slows the producer.
    SlowReader,
    /// A cut answer.
    Cut,
    /// An answer that stalls.
    Stall,
    /// A server that asks for fewer requests.
    RateLimit,
    /// A dead process or engine.
    Crash,
    /// Unsupported options.
    OptionsRefused,
    /// Supported options.
    OptionsHonoured,
    /// Values that no backend can honour.
    InvalidOptions,
    /// Stop strings.
    StopStrings,
    /// Repeatability of greedy answers.
    GreedyRepeats,
    /// Repeatability of seeded answers.
    SeedRepeats,
    /// Answers given at the same time.
    NoCrossTalk,
    /// Many prompts in one call.
    Batch,
    /// The limit of tokens.
    MaxTokens,
    /// A prompt longer than the context.
    ContextOverflow,
    /// A prompt without text.
    EmptyPrompt,
    /// A closed model.
    Close,
    /// Streams of a model that is closed.
    CloseEndsStreams,
    /// Counts and times.
    Usage,
}

/// How a check came out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The demand is met.
    Passed,
    /// The subject cannot show whether it is.
    NotExercised {
        /// What it lacks.
        why: String,
    },
    /// The demand is not met.
    Failed {
        /// What happened instead.
        found: String,
    },
}

impl Check {
    /// Every check, in the order they run.
    pub const ALL: [Self; 25] = [
        Self::Finish,
        Self::Lazy,
        Self::Utf8,
        Self::EmptyAnswer,
        Self::DropCancels,
        Self::CancelKeepsPartial,
        Self::SlowReader,
        Self::Cut,
        Self::Stall,
        Self::RateLimit,
        Self::Crash,
        Self::OptionsRefused,
        Self::OptionsHonoured,
        Self::InvalidOptions,
        Self::StopStrings,
        Self::GreedyRepeats,
        Self::SeedRepeats,
        Self::NoCrossTalk,
        Self::Batch,
        Self::MaxTokens,
        Self::ContextOverflow,
        Self::EmptyPrompt,
        Self::Close,
        Self::CloseEndsStreams,
        Self::Usage,
    ];

    /// The name in reports, such as `drop_cancels`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Finish => "finish",
            Self::Lazy => "lazy",
            Self::Utf8 => "utf8",
            Self::EmptyAnswer => "empty_answer",
            Self::DropCancels => "drop_cancels",
            Self::CancelKeepsPartial => "cancel_keeps_partial",
            Self::SlowReader => "slow_reader",
            Self::Cut => "cut",
            Self::Stall => "stall",
            Self::RateLimit => "rate_limit",
            Self::Crash => "crash",
            Self::OptionsRefused => "options_refused",
            Self::OptionsHonoured => "options_honoured",
            Self::InvalidOptions => "invalid_options",
            Self::StopStrings => "stop_strings",
            Self::GreedyRepeats => "greedy_repeats",
            Self::SeedRepeats => "seed_repeats",
            Self::NoCrossTalk => "no_cross_talk",
            Self::Batch => "batch",
            Self::MaxTokens => "max_tokens",
            Self::ContextOverflow => "context_overflow",
            Self::EmptyPrompt => "empty_prompt",
            Self::Close => "close",
            Self::CloseEndsStreams => "close_ends_streams",
            Self::Usage => "usage",
        }
    }

    /// What the contract demands, as a sentence.
    pub const fn demand(self) -> &'static str {
        match self {
            Self::Finish => {
                "a stream gives its tokens, then exactly one Finished, and nothing after it"
            }
            Self::Lazy => "generate does nothing before its stream is first polled",
            Self::Utf8 => "characters are never split between tokens nor replaced",
            Self::EmptyAnswer => "an answer without text is a Finished stream, not an error",
            Self::DropCancels => "dropping a stream ends its request at once",
            Self::CancelKeepsPartial => {
                "a cancelled stream ends at once with Cancelled, the partial text stays, \
                 and polling never blocks its thread"
            }
            Self::SlowReader => "a reader that stops reading stops the producer",
            Self::Cut => {
                "an answer that stops before its end is Truncated, never a success, \
                 and keeps its partial text"
            }
            Self::Stall => "an answer that stalls ends with Timeout and keeps its partial text",
            Self::RateLimit => "status 429 is RateLimited and says when to try again",
            Self::Crash => {
                "an answer whose engine dies ends with Crashed and keeps its partial text"
            }
            Self::OptionsRefused => {
                "an option that supports() denies is refused as Unsupported, by its name, \
                 before anything is asked"
            }
            Self::OptionsHonoured => {
                "an option that supports() claims is accepted and has its effect"
            }
            Self::InvalidOptions => {
                "a value that no backend can honour is InvalidRequest and names the option"
            }
            Self::StopStrings => {
                "an answer ends before the first stop string and never shows a part of it, \
                 also where tokens divide it"
            }
            Self::GreedyRepeats => "at temperature 0 the same request gives the same answer",
            Self::SeedRepeats => "the same seed gives the same answer, and other seeds give others",
            Self::NoCrossTalk => {
                "prompts asked at the same time give the answers they give alone, up to tied tokens"
            }
            Self::Batch => {
                "a batch gives each index once, with its own answer, and one failure touches no other"
            }
            Self::MaxTokens => "at most max_tokens tokens come, and reaching the limit is Length",
            Self::ContextOverflow => {
                "a prompt longer than the context is ContextExceeded, to be tried with a shorter one"
            }
            Self::EmptyPrompt => "an empty prompt is InvalidRequest",
            Self::Close => "closing twice is no error, and every later call is Closed",
            Self::CloseEndsStreams => "closing a model ends its running streams with Closed",
            Self::Usage => "counts and times belong to the call and are possible",
        }
    }

    /// Runs this check alone.
    pub async fn run(self, subject: &dyn Subject) -> Outcome {
        let patience = subject.limits().patience;
        match timer::within(patience, checks::run(self, subject)).await {
            Some(Ok(())) => Outcome::Passed,
            Some(Err(Unmet::NotExercised(why))) => Outcome::NotExercised { why },
            Some(Err(Unmet::Failed(found))) => Outcome::Failed { found },
            None => Outcome::Failed {
                found: format!("it was not over after {patience:?}"),
            },
        }
    }
}

impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
