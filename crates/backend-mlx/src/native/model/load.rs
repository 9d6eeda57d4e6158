//! From a path to a model.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use futures::future;
use inference_core::{Error, ErrorKind, LoadProgress, ModelInfo};
use serde_json::Value;

use super::MlxTextModel;
use super::shared::Shared;
use crate::BACKEND;
use crate::config::{MlxConfig, stem};
use crate::native::arch;
use crate::native::engine::{Engine, Order};
use crate::native::quantization::Quantization;
use crate::native::source::{Source, Texts};
use crate::native::template::ChatTemplate;
use crate::native::tokenizer::Tokenizer;

/// Whom the progress of a load is told.
#[derive(Clone)]
pub(crate) struct Report(Arc<dyn Fn(LoadProgress) + Send + Sync>);

impl Report {
    pub(crate) fn new(report: impl Fn(LoadProgress) + Send + Sync + 'static) -> Self {
        Self(Arc::new(report))
    }

    pub(crate) fn nobody() -> Self {
        Self::new(|_| ())
    }
}

/// What a model's files say, before its weights are read.
struct Checked {
    source: Source,
    vocabulary: usize,
    info: ModelInfo,
}

/// What turns text into tokens.
struct Words {
    tokenizer: Tokenizer,
    template: ChatTemplate,
}

/// Loads a model. Dropping the future gives up the load.
pub(crate) async fn load(
    path: PathBuf,
    config: MlxConfig,
    report: Report,
) -> Result<MlxTextModel, Error> {
    let loaded = try_load(path, config, report).await;
    loaded.map_err(|error| error.with_backend(BACKEND))
}

async fn try_load(
    path: PathBuf,
    config: MlxConfig,
    Report(report): Report,
) -> Result<MlxTextModel, Error> {
    let (adapter, adapters) = adapters(&config)?;
    let engine = Engine::get()?;
    report(LoadProgress::new("checking the model's files"));
    let model = path.clone();
    let Checked {
        mut source,
        vocabulary,
        mut info,
    } = blocking(move || check(&model)).await?;
    let (texts, model) = (std::mem::take(&mut source.texts), source.config.clone());
    let words = blocking(move || words(&texts, &model, vocabulary));
    let tell = Arc::clone(&report);
    let mut told = None;
    let order = Order {
        path,
        source,
        adapters: adapter.iter().chain(adapters.values()).cloned().collect(),
        config,
        progress: Box::new(move |done, total| {
            let percent = done * 100 / total.max(1);
            if told.replace(percent) != Some(percent) {
                let progress = LoadProgress::new("loading the weights");
                tell(progress.with_fraction(fraction(done, total)));
            }
        }),
    };
    // The words, half of the time that a small model takes, are read beside the weights.
    let (loaded, words) = future::try_join(engine.load(order), words).await?;
    let Words {
        tokenizer,
        template,
    } = words;
    info.has_chat_template = Some(template.exists());
    info.context_length = u32::try_from(loaded.context).ok();
    info.parallel_slots = u32::try_from(loaded.slots).ok();
    report(LoadProgress::new("ready").with_fraction(1.0));
    Ok(MlxTextModel {
        shared: Arc::new(Shared {
            link: loaded.link,
            info,
            tokenizer: Arc::new(tokenizer),
            template,
            vocabulary,
            context: loaded.context,
            slots: NonZeroUsize::new(loaded.slots).unwrap_or(NonZeroUsize::MIN),
            adapter,
            adapters,
        }),
    })
}

/// Does something that waits for files, or takes long.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|panic| {
        let message = "the model's files could not be read";
        Error::new(ErrorKind::Backend, message).with_source(panic)
    })?
}

/// Reads the configuration, and what the weights are called.
fn check(path: &Path) -> Result<Checked, Error> {
    let source = Source::open(path)?;
    let spec = arch::spec(&source.config)?;
    let setting = Quantization::read(&source.config)?.default;
    let number = |number: usize| u32::try_from(number).ok();
    let mut info = ModelInfo::new(BACKEND, stem(path));
    info.architecture = Some(spec.architecture.clone());
    info.vocab_size = number(spec.vocab_size);
    info.num_layers = number(spec.layers.len());
    info.hidden_size = number(spec.hidden_size);
    info.quant_bits = number(setting.map_or(0, |setting| setting.bits));
    info.quant_group = setting.and_then(|setting| number(setting.group));
    Ok(Checked {
        source,
        vocabulary: spec.vocab_size,
        info,
    })
}

/// Reads the tokenizer and the chat template of a model with this configuration.
fn words(texts: &Texts, config: &Value, vocabulary: usize) -> Result<Words, Error> {
    let tokenizer = Tokenizer::new(texts, config)?;
    tokenizer.check_against(vocabulary)?;
    let template = ChatTemplate::load(texts, tokenizer.named());
    Ok(Words {
        tokenizer,
        template,
    })
}

type Adapters = (Option<PathBuf>, BTreeMap<String, PathBuf>);

/// The adapter of requests that name none, and all of them by name.
fn adapters(config: &MlxConfig) -> Result<Adapters, Error> {
    let invalid = |message: String| Err(Error::new(ErrorKind::InvalidRequest, message));
    let mut always = None;
    let mut named = BTreeMap::new();
    for adapter in &config.adapters {
        if !adapter.on_request && always.replace(adapter.path.clone()).is_some() {
            let message = "two adapters are for every request, but one at most can be: set \
                           on_request on the others";
            return invalid(message.to_owned());
        }
        let name = adapter.name();
        if named.insert(name.clone(), adapter.path.clone()).is_some() {
            return invalid(format!(
                "two adapters have the name {name:?}: set another name"
            ));
        }
    }
    Ok((always, named))
}

#[expect(clippy::cast_precision_loss, reason = "some hundred tensors")]
fn fraction(done: usize, total: usize) -> f32 {
    done as f32 / total.max(1) as f32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::MlxAdapter;

    fn error(config: &MlxConfig) -> String {
        adapters(config).unwrap_err().to_string()
    }

    #[test]
    fn adapters_are_found_by_name_and_one_may_be_for_all() {
        let config = MlxConfig::default()
            .with_adapter(MlxAdapter::new("a/one"))
            .with_adapter(MlxAdapter::new("b").with_name("two").on_request());
        let (always, named) = adapters(&config).unwrap();
        assert_eq!(always, Some("a/one".into()));
        let names: Vec<_> = named.keys().collect();
        assert_eq!(names, ["one", "two"]);

        let both = config.clone().with_adapter(MlxAdapter::new("c"));
        assert!(error(&both).contains("on_request"));
        let same = config.with_adapter(MlxAdapter::new("x/two").on_request());
        assert!(error(&same).contains("\"two\""));
    }
}
