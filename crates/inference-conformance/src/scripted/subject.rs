//! The scripted model as a subject: it passes every check.

use std::sync::Arc;
use std::time::Duration;

use futures::future::{BoxFuture, FutureExt as _};
use inference_core::{Error, ErrorKind, Prompt, Retry, TextModel};

use super::{Script, ScriptedModel};
use crate::subject::{Activity, Fault, Limits, Provoked, Scenario, Subject};

/// A [`ScriptedModel`] with a script for every scenario and fault.
#[derive(Debug)]
pub struct ScriptedSubject {
    model: Arc<ScriptedModel>,
}

impl ScriptedSubject {
    /// The model with its scripts.
    pub fn new() -> Self {
        Self {
            model: Arc::new(Self::scripted()),
        }
    }

    /// A new model that has a script for every scenario.
    pub fn scripted() -> ScriptedModel {
        let numbers: Vec<String> = (1..=200).map(|number| format!("{number}, ")).collect();
        ScriptedModel::new("conformance")
            .on(
                "capital of France",
                ["The", " capital", " is", " Paris", "."],
            )
            .on("capital of Japan", ["To", "kyo", "."])
            .on("capital of Italy", ["Ro", "me", "."])
            .on("capital of Egypt", ["Cai", "ro", "."])
            .on("Count", numbers)
            .on("Repeat", ["caf\u{e9} ", "\u{4f60}\u{597d}", " \u{1f600}"])
            .on("nothing", Script::default())
            .on("endless", Script::new([" and", " on"]).endlessly())
    }
}

impl Default for ScriptedSubject {
    fn default() -> Self {
        Self::new()
    }
}

impl Subject for ScriptedSubject {
    fn model(&self) -> Arc<dyn TextModel> {
        Arc::clone(&self.model) as _
    }

    fn prompt(&self, scenario: Scenario) -> Option<Prompt> {
        Some(Prompt::user(match scenario {
            Scenario::Short => "What is the capital of France?".to_owned(),
            Scenario::Long => "Count.".to_owned(),
            Scenario::Unicode => "Repeat.".to_owned(),
            Scenario::Empty => "Say nothing.".to_owned(),
            Scenario::Endless => "Be endless.".to_owned(),
            Scenario::Overflow => "word ".repeat(5000),
        }))
    }

    fn disposable(&self) -> BoxFuture<'_, Option<Arc<dyn TextModel>>> {
        async { Some(Arc::new(Self::scripted()) as _) }.boxed()
    }

    fn provoke(&self, fault: Fault) -> BoxFuture<'_, Option<Provoked>> {
        let error = match fault {
            Fault::Cut => Error::new(ErrorKind::Truncated, "the answer stopped before its end"),
            Fault::Stall => Error::new(ErrorKind::Timeout, "nothing came for 30 s"),
            Fault::RateLimit => Error::new(ErrorKind::RateLimited, "too many requests")
                .with_retry(Retry::After(Duration::from_secs(1))),
            Fault::Crash => Error::new(ErrorKind::Crashed, "the engine died"),
        };
        let script = Script::new(["So", " far"]).then_fail(error);
        let model = ScriptedModel::new("faulty").otherwise(script);
        let provoked = Provoked::new(Arc::new(model), Prompt::user("Go on."));
        async { Some(provoked) }.boxed()
    }

    fn activity(&self) -> BoxFuture<'_, Option<Activity>> {
        async { Some(self.model.activity()) }.boxed()
    }

    fn limits(&self) -> Limits {
        Limits {
            late_tokens: Some(0),
            read_ahead: 1,
            ..Limits::default()
        }
    }
}
