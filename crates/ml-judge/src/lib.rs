//! Probes, heuristic and model-judged scores of language models' answers, with their uncertainty.
//!
//! A [`Response`] is an answer with what it answers. A [`Suite`] makes a [`Score`] of it, in a
//! [`Mode`] that is recorded with it: by patterns ([`HeuristicSuite`], [`RefusalSuite`]), by a known
//! answer ([`ExactSuite`], [`ProbeSuite`]), or by a [`Judge`] with a [`Rubric`] ([`JudgedSuite`]).
//! A [`Runner`] asks and scores in bulk and keeps all of it in a [`Ledger`]. A [`report`] is what
//! came of a run, with an interval to every mean; [`trust`] says how far to believe a judge, and
//! [`stats`] how sure a number is.
//!
//! ```
//! use ml_judge::{ExactSuite, Mode, Response};
//!
//! let mut response = Response::new("product", "How much is 6 times 7?", "It is **42**.");
//! response.correct_answer = Some("42".into());
//! let score = ExactSuite::new(Mode::V2).score_now(&response).expect("it has a right answer");
//! assert_eq!(score.value("correct"), Some(1.0));
//! ```

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
mod text;
pub mod trust;

pub use answer::{
    Check, CheckError, Extracted, FinalAnswer, Number, Rule, Verdict, failure, without_thinking,
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
    Recorded, Seen, Table,
};
pub use mode::{Mode, UnknownMode};
pub use probe::{Probe, ProbeFilter, ProbeSet, UnknownCategory, generated};
pub use response::Response;
pub use rubric::{Anchor, Dimension, Material, Rubric, Rubrics, Scale};
pub use runner::{
    Answered, Ask, Asker, Done, Failure, ModelIdentity, Origin, Reuse, Run, RunSummary, Runner,
    Scored, Scorer, Tally, WorkItem,
};
pub use score::{Cause, Judging, Outcome, Score};
pub use suite::{
    Catalog, ContentReference, ContentReferences, HeuristicSuite, JudgeAbsent, JudgedSuite,
    OtherResponses, PairSuite, ProbeSuite, RefusalSuite, Selection, SelectionError, Suite,
};
