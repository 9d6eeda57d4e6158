//! Judges that say what they are told to.

use std::sync::{Arc, Mutex};

use futures::future::BoxFuture;
use inference_conformance::{Script, ScriptedModel};
use inference_core::{
    Error, GenerateOptions, InferenceAdapter, ModelInfo, OptionKind, Prompt, TextModel, TokenStream,
};
use ml_judge::{Judge, JudgeOptions, Rubric, Rubrics};

/// What every second request has.
pub(crate) const REPAIR: &str = "Your answer cannot be used";

/// An answer by the rubric `toxicity`.
pub(crate) fn verdict(kindness: impl std::fmt::Display) -> String {
    format!(r#"{{"kindness": {kindness}, "awareness": 4, "reasoning": "so it is"}}"#)
}

pub(crate) fn rubric(name: &str) -> Rubric {
    Rubrics::built_in().get(name).expect("built in").clone()
}

/// A judge and the model behind it.
pub(crate) struct Bench {
    pub(crate) judge: Judge,
    backend: Arc<InferenceAdapter<ScriptedModel>>,
}

impl Bench {
    /// A judge that says this to everything.
    pub(crate) fn saying(script: impl Into<Script>) -> Self {
        Self::new(ScriptedModel::new("judge").otherwise(script))
    }

    /// A judge that says one thing first and another when it is asked again.
    pub(crate) fn repairing(first: impl Into<Script>, second: impl Into<Script>) -> Self {
        Self::new(
            ScriptedModel::new("judge")
                .on(REPAIR, second)
                .otherwise(first),
        )
    }

    pub(crate) fn new(model: ScriptedModel) -> Self {
        Self::with_options(model, &JudgeOptions::default())
    }

    pub(crate) fn with_options(model: ScriptedModel, options: &JudgeOptions) -> Self {
        let name = model.info().name.clone();
        let backend = Arc::new(InferenceAdapter::new(model));
        let judge = Judge::new(backend.clone(), name, options).expect("a judge");
        Self { judge, backend }
    }

    pub(crate) fn model(&self) -> &ScriptedModel {
        self.backend.model()
    }

    /// How often the judge was asked.
    pub(crate) fn count(&self) -> usize {
        self.model().requests().len()
    }

    /// The texts of all turns of a request.
    pub(crate) fn turns(&self, request: usize) -> Vec<String> {
        match &self.model().requests()[request].0 {
            Prompt::Chat(messages) => messages.iter().map(|turn| turn.content.clone()).collect(),
            other => panic!("a judge is asked in turns, not {other:?}"),
        }
    }
}

/// A scripted model that takes schemas and keeps them.
pub(crate) struct Constrained {
    model: ScriptedModel,
    pub(crate) schemas: Mutex<Vec<Option<serde_json::Value>>>,
}

impl Constrained {
    pub(crate) fn new(model: ScriptedModel) -> Self {
        Self {
            model,
            schemas: Mutex::default(),
        }
    }
}

impl TextModel for Constrained {
    fn info(&self) -> &ModelInfo {
        self.model.info()
    }

    fn supports(&self, option: OptionKind) -> bool {
        option == OptionKind::Schema || self.model.supports(option)
    }

    fn generate(&self, prompt: Prompt, mut options: GenerateOptions) -> TokenStream {
        let schema = options.schema.take();
        self.schemas
            .lock()
            .expect("no panic while held")
            .push(schema);
        self.model.generate(prompt, options)
    }

    fn close(&self) -> BoxFuture<'_, Result<(), Error>> {
        self.model.close()
    }
}
