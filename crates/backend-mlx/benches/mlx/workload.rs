//! What both are asked, and of which models.

use std::path::{Path, PathBuf};
use std::{env, fs};

use model_formats::{Dtype, FolderConversion, Precision, gguf_to_folder};
use serde::{Deserialize, Serialize};

/// What both are asked.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Workload {
    pub(crate) prompt: String,
    pub(crate) max_tokens: u32,
    /// Asked at once.
    pub(crate) batch: Vec<String>,
    pub(crate) batch_max_tokens: u32,
}

impl Default for Workload {
    fn default() -> Self {
        let batch = [
            "One, two, three, four,",
            "The colours of the rainbow are red, orange,",
            "In the morning the farmer",
            "A computer is a machine that",
            "The largest ocean of the world is",
            "My favourite book is about",
            "Water boils when",
            "The train to the north leaves at",
        ];
        Self {
            prompt: PROMPT.to_owned(),
            max_tokens: 48,
            batch: batch.map(str::to_owned).into(),
            batch_max_tokens: 24,
        }
    }
}

/// 107 tokens of SmolLM2, after which it goes on for long.
pub(crate) const PROMPT: &str = "The history of the city begins with a small settlement at the river. \
    Merchants came from the south and brought cloth, salt and iron, and farmers of the valley \
    sold them grain and wool. In the years that followed, the settlement became a town with a \
    wall, a market and a bridge of stone. Its people built a church and a school, and they wrote \
    down the laws by which they lived. When the old king died, the town chose its own council. \
    The council met every week in the great hall, and";

/// SmolLM2 in three forms, made from the cached GGUF file.
#[derive(Debug)]
pub(crate) struct Models {
    folder: PathBuf,
}

impl Models {
    /// Makes the folders that are not there yet, beside Cargo's other products.
    pub(crate) fn provide() -> Self {
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("bench-models");
        fs::create_dir_all(&folder).expect("the target folder can be written to");
        let models = Self { folder };
        for (name, path) in models.folders() {
            if !path.exists() {
                eprintln!("writing {}", path.display());
                convert(name, &path);
            }
        }
        models
    }

    /// Name and folder of each.
    pub(crate) fn folders(&self) -> [(&'static str, PathBuf); 3] {
        ["4-bit", "bf16", "f32"].map(|name| (name, self.folder.join(name)))
    }
}

/// Writes one of the folders; the dense ones are made of the quantised one.
fn convert(name: &str, folder: &Path) {
    if name == "4-bit" {
        gguf_to_folder(gguf(), folder, Precision::F32, |_| ()).expect("the model is converted");
        return;
    }
    let dense = FolderConversion {
        dtype: Some(if name == "bf16" {
            Dtype::Bf16
        } else {
            Dtype::F32
        }),
        quantization: None,
    };
    let quantized = folder.with_file_name("4-bit");
    dense
        .run(quantized, folder, |_| ())
        .expect("the model is converted");
}

/// The model that set-up downloads.
fn gguf() -> PathBuf {
    let folder = |name: &str| {
        env::var_os(name)
            .filter(|v| !v.is_empty())
            .map(PathBuf::from)
    };
    let cache = folder("ML_CACHE")
        .or_else(|| Some(folder("XDG_CACHE_HOME")?.join("ml")))
        .or_else(|| Some(folder("HOME")?.join(".cache/ml")));
    let file = cache.map(|cache| cache.join("models/SmolLM2-135M-Instruct.Q4_1.gguf"));
    let file = file.filter(|file| file.is_file());
    file.expect("the model is in the cache after `cargo xtask setup`")
}
