//! Probes, heuristic and model-judged scores of language models' answers, with their uncertainty.
//!
//! A [`Response`] is an answer with what it answers. A [`Suite`] makes a [`Score`] of it, in a
//! [`Mode`] that is recorded with it.

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

mod answer;
mod definition;
mod engine;
mod exact;
mod heuristic;
pub mod json;
mod jsonl;
mod judge;
mod ledger;
pub mod legacy;
mod mode;
mod probe;
pub mod refusal;
pub mod report;
mod response;
mod rubric;
mod runner;
mod score;
pub mod stats;
mod suite;
pub mod text;
pub mod trust;

pub use answer::{
    Check, CheckError, Extracted, FinalAnswer, Number, Rule, SEARCHED, Verdict, failure,
    without_thinking,
};
pub use definition::DefinitionError;
pub use engine::{Concurrency, Engine, Interrupted, Order, Signal};
pub use exact::ExactSuite;
pub use heuristic::{HeuristicScores, composite, heuristics};
pub use jsonl::{DuplicateId, Ids, JsonLines, JsonLinesError, Line};
pub use judge::{
    Assessment, Comparison, Evidence, Judge, JudgeOptions, NoJudge, Pair, PairTally, Panel,
    Preference, Spread, Unjudged, Unreadable, pass_at_k, pass_hat_k,
};
pub use ledger::{
    AnswerFacts, AnswerRecord, Conflict, Key, KeyHasher, Ledger, LedgerError, Migrations, Receipt,
    Recorded, RunId, RunRecord, Seen, Table,
};
pub use mode::{Mode, UnknownMode};
pub use probe::{Probe, ProbeSet, generated};
pub use response::Response;
pub use rubric::{Anchor, Dimension, Material, Rubric, Rubrics, Scale};
pub use runner::{
    Answered, Ask, Asker, Done, Failure, ModelIdentity, Origin, Reuse, Run, Runner, Scored, Scorer,
    Summary, Tally, WorkItem,
};
pub use score::{Cause, Judging, Outcome, Score};
pub use suite::{
    Catalog, ContentReference, ContentReferences, HeuristicSuite, JudgeAbsent, JudgedSuite,
    OtherResponses, PairSuite, ProbeSuite, RefusalSuite, Selection, SelectionError, Suite,
};
