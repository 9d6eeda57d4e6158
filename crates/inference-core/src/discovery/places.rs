//! Where programs keep their models.

use std::env;
use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};

use super::walk::Walk;
use super::{DiscoveredModel, DiscoverySource, hugging_face, lm_studio, ollama};

/// The well-known places for models on one machine.
///
/// | place | where |
/// |---|---|
/// | our cache | `$ML_CACHE/models`, by default in `$XDG_CACHE_HOME/ml`, `~/.cache/ml` |
/// | Hugging Face | `$HF_HUB_CACHE`, `$HF_HOME/hub`, by default in `$XDG_CACHE_HOME/huggingface`, `~/.cache/huggingface` |
/// | LM Studio | `~/.lmstudio/models`, `~/.cache/lm-studio/models` |
/// | Ollama | `$OLLAMA_MODELS`, by default `~/.ollama/models` |
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Places {
    /// Our own models.
    pub ml_cache: Option<PathBuf>,
    /// The hub cache of Hugging Face's libraries.
    pub hugging_face: Option<PathBuf>,
    /// LM Studio's folders of models.
    pub lm_studio: Vec<PathBuf>,
    /// Ollama's folder of models.
    pub ollama: Option<PathBuf>,
}

impl Places {
    /// The places that this process's environment names.
    pub fn from_env() -> Self {
        Self::from_vars(|name| env::var_os(name))
    }

    /// The places that an environment names; an empty variable is as good as unset.
    pub fn from_vars(vars: impl Fn(&str) -> Option<OsString>) -> Self {
        let var = |name| {
            let value = vars(name).filter(|value| !value.is_empty());
            value.map(PathBuf::from)
        };
        let home = var("HOME").or_else(|| var("USERPROFILE"));
        let in_home = |path| home.as_ref().map(|home| home.join(path));
        let cache = var("XDG_CACHE_HOME").or_else(|| in_home(".cache"));
        let in_cache = |path| cache.as_ref().map(|cache| cache.join(path));
        let hf_home = || var("HF_HOME").or_else(|| in_cache("huggingface"));
        Self {
            ml_cache: var("ML_CACHE")
                .or_else(|| in_cache("ml"))
                .map(|cache| cache.join("models")),
            hugging_face: var("HF_HUB_CACHE").or_else(|| hf_home().map(|home| home.join("hub"))),
            lm_studio: [".lmstudio/models", ".cache/lm-studio/models"]
                .into_iter()
                .filter_map(in_home)
                .collect(),
            ollama: var("OLLAMA_MODELS").or_else(|| in_home(".ollama/models")),
        }
    }

    /// The models of all places, in the order of the fields. A place that does not exist has
    /// none; one that cannot be read is an entry with a [`problem`](DiscoveredModel::problem),
    /// as everything else that cannot be used.
    pub fn discover(&self) -> Vec<DiscoveredModel> {
        let flat: Find = |walk, folder| walk.models_below(folder, "");
        let places: [(&[PathBuf], DiscoverySource, Find); 4] = [
            (self.ml_cache.as_slice(), DiscoverySource::MlCache, flat),
            (
                self.hugging_face.as_slice(),
                DiscoverySource::HuggingFaceCache,
                hugging_face::find,
            ),
            (&self.lm_studio, DiscoverySource::LmStudio, lm_studio::find),
            (
                self.ollama.as_slice(),
                DiscoverySource::Ollama,
                ollama::find,
            ),
        ];
        places
            .into_iter()
            .flat_map(|(places, source, find)| {
                places.iter().map(move |place| (place, source, find))
            })
            .flat_map(|(place, source, find)| models_of(place, source, find))
            .collect()
    }
}

type Find = fn(&mut Walk, &Path) -> io::Result<()>;

fn models_of(place: &Path, source: DiscoverySource, find: Find) -> Vec<DiscoveredModel> {
    let mut walk = Walk::new(source);
    let place = std::path::absolute(place).unwrap_or_else(|_| place.to_owned());
    match find(&mut walk, &place) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        result => walk.attempt(&place, |_| result),
    }
    walk.finish()
}
