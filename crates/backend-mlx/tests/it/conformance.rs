//! The contract's own checks, on a tiny model and on the real one.

use std::sync::Arc;

use backend_mlx::{MlxConfig, MlxTextModel};
use futures::FutureExt as _;
use futures::future::BoxFuture;
use inference_conformance::{Activity, Check, Kind, Limits, Outcome, Scenario, Subject, check_all};
use inference_core::{Prompt, TextModel};

use crate::cached::cached;
use crate::tiny::{CONTEXT, Tiny};

/// A tiny model whose answers are known.
struct Scripted {
    files: Tiny,
    model: Arc<MlxTextModel>,
}

impl Scripted {
    async fn load() -> Self {
        let files = Tiny::following(&[
            b"SParis.",
            // The digits go round and round.
            b"L0123456789,0",
            // Those of é, 你 and 😀.
            "U\u{e9}\u{4f60}\u{1f600}".as_bytes(),
            b"A1",
            b"B3",
            b"C5",
            b"D7",
        ]);
        let model = load(&files).await;
        Self { files, model }
    }
}

async fn load(files: &Tiny) -> Arc<MlxTextModel> {
    let model = MlxTextModel::load(files.path(), MlxConfig::default());
    Arc::new(model.await.unwrap())
}

impl Subject for Scripted {
    fn model(&self) -> Arc<dyn TextModel> {
        Arc::clone(&self.model) as _
    }

    fn prompt(&self, scenario: Scenario) -> Option<Prompt> {
        Some(match scenario {
            Scenario::Short => Prompt::user("Which town? S"),
            Scenario::Long | Scenario::Endless => Prompt::user("Count! L"),
            Scenario::Unicode => Prompt::text("Signs: U"),
            Scenario::Empty => Prompt::text("Nothing: E"),
            Scenario::Overflow => Prompt::text("x".repeat(CONTEXT)),
            _ => return None,
        })
    }

    fn different_prompts(&self) -> Vec<Prompt> {
        ["long before A", "B", "C C", "some D"]
            .map(Prompt::user)
            .into()
    }

    fn disposable(&self) -> BoxFuture<'_, Option<Arc<dyn TextModel>>> {
        load(&self.files).map(|model| Some(model as _)).boxed()
    }

    fn activity(&self) -> BoxFuture<'_, Option<Activity>> {
        let activity = self.model.activity();
        let activity = Activity::new(activity.generating + activity.waiting)
            .with_requests(activity.requests)
            .with_tokens(activity.tokens);
        futures::future::ready(Some(activity)).boxed()
    }

    fn limits(&self) -> Limits {
        let mut limits = Limits::default();
        limits.late_tokens = Some(1);
        // The one that was read, two that lie ready, and one that the answer of the check before
        // may still have had in work.
        limits.read_ahead = 4;
        limits
    }
}

/// The real model, for what a tiny one cannot show: text of words, and near ties.
struct Real(Arc<MlxTextModel>);

impl Subject for Real {
    fn model(&self) -> Arc<dyn TextModel> {
        Arc::clone(&self.0) as _
    }

    fn prompt(&self, scenario: Scenario) -> Option<Prompt> {
        Some(match scenario {
            Scenario::Unicode => Prompt::text("\u{1f600} \u{e9} \u{4f60}\u{597d} ".repeat(3)),
            _ => return None,
        })
    }
}

#[tokio::test]
async fn the_real_model_keeps_it_where_text_matters() {
    let path = cached("models/SmolLM2-135M-Instruct.Q4_1.gguf");
    let model = MlxTextModel::load(path, MlxConfig::default())
        .await
        .unwrap();
    let subject = Real(Arc::new(model));
    for check in [Check::NoCrossTalk, Check::Utf8] {
        assert_eq!(check.run(&subject).await, Outcome::Passed, "{check}");
    }
}

#[tokio::test]
async fn the_contract_is_kept() {
    let report = check_all(&Scripted::load().await).await;
    println!("{report}");
    report.require(Kind::InProcess);
    let faults = [Check::Cut, Check::Stall, Check::RateLimit, Check::Crash];
    assert_eq!(report.not_exercised(), faults);
}
