//! A loader of scripted models, and small things that tests of the life cycle share.

use std::sync::{Arc, Mutex};

use futures::future::BoxFuture;
use inference_conformance::{Script, ScriptedModel};
use inference_core::{
    Availability, EntryPoint, Error, GenerateOptions, LoadOptions, ModelLoader, ModelSource,
    Prompt, Registry, TextModel, TokenStream,
};
use ml_service::{Config, ModelState, Service};

/// Any file that is there.
pub(crate) const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");

/// Each load is the next of the scripts, then the last of them over and over.
#[derive(Clone)]
pub(crate) struct Stage {
    scripts: Arc<Mutex<Vec<Script>>>,
}

impl Stage {
    pub(crate) fn new(scripts: impl IntoIterator<Item = Script>) -> Self {
        let mut scripts: Vec<_> = scripts.into_iter().collect();
        scripts.reverse();
        Self {
            scripts: Arc::new(Mutex::new(scripts)),
        }
    }

    pub(crate) fn registry(&self) -> Registry {
        Registry::new().with(self.clone())
    }
}

impl ModelLoader for Stage {
    fn name(&self) -> &'static str {
        "stage"
    }

    fn availability(&self) -> Availability {
        Availability::Available
    }

    fn accepts(&self, _source: &ModelSource) -> bool {
        true
    }

    fn load(
        &self,
        _source: ModelSource,
        _options: LoadOptions,
    ) -> BoxFuture<'static, Result<Arc<dyn TextModel>, Error>> {
        let mut scripts = self.scripts.lock().unwrap();
        let script = if scripts.len() > 1 {
            scripts.pop().unwrap()
        } else {
            scripts[0].clone()
        };
        let model = ScriptedModel::new("scripted").otherwise(script);
        Box::pin(async move { Ok(Arc::new(model) as Arc<dyn TextModel>) })
    }
}

/// A service with these models, each of a file that is there, and the keys of each.
pub(crate) fn service(registry: Registry, top: &str, models: &[(&str, &str)]) -> Arc<Service> {
    let section =
        |(name, keys): &(&str, &str)| format!("[models.{name}]\npath = '{FILE}'\n{keys}\n");
    let sections: String = models.iter().map(section).collect();
    let config = Config::from_toml(&format!("{top}\n{sections}")).unwrap();
    Arc::new(Service::with_registry(&config, registry))
}

/// An answer that nobody reads yet.
pub(crate) async fn ask(service: &Service, name: &str) -> Result<TokenStream, Error> {
    let options = GenerateOptions::default();
    let prompt = Prompt::user("x");
    service
        .generate(Some(name), prompt, options, EntryPoint::Library)
        .await
}

/// What the model is doing, in one word.
pub(crate) fn state(service: &Service, name: &str) -> &'static str {
    service.state(name).unwrap().name()
}

/// How many hold the model.
pub(crate) fn in_use(service: &Service, name: &str) -> usize {
    match service.state(name).unwrap() {
        ModelState::Loaded { in_use, .. } => in_use,
        other => panic!("{other:?}"),
    }
}
