//! Models that are GGUF files.

use std::path::{Path, PathBuf};

use super::parts::{Parts, Weights};
use super::walk::{Entry, file_name, joined};
use super::{DiscoveredModel, DiscoverySource, ModelFormat};
use crate::{GgufError, GgufHeader};

/// The models among the entries of a folder.
pub(super) fn models(
    entries: &[Entry],
    prefix: &str,
    source: DiscoverySource,
) -> Vec<DiscoveredModel> {
    let files = entries
        .iter()
        .filter(|entry| entry.has_extension("gguf") && entry.may_be_file());
    let groups = Parts::group(files);
    groups
        .iter()
        .filter_map(|parts| {
            let name = joined(prefix, &parts.name);
            model(name, parts.first()?.clone(), parts.weights(), source)
        })
        .collect()
}

/// The model whose first file is `path`; `None` where it is no language model.
pub(super) fn model(
    name: String,
    path: PathBuf,
    weights: Weights,
    source: DiscoverySource,
) -> Option<DiscoveredModel> {
    let header = GgufHeader::open(&path);
    if header.as_ref().is_ok_and(is_something_else) {
        return None;
    }
    let mut model = DiscoveredModel {
        size_bytes: weights.size_bytes,
        num_files: weights.num_files,
        problem: weights.problem,
        ..DiscoveredModel::new(name, path, ModelFormat::Gguf, source)
    };
    match header {
        Ok(header) => {
            model.quant_bits = header.quant_bits();
            model.architecture = header.architecture;
            model.context_length = header.context_length;
        }
        Err(error) => {
            model
                .problem
                .get_or_insert_with(|| describe(&model.path, &error));
        }
    }
    Some(model)
}

/// Adapters, importance matrices, and the vision encoders that go beside a language model.
fn is_something_else(header: &GgufHeader) -> bool {
    header.kind.as_deref().is_some_and(|kind| kind != "model")
        || header.architecture.as_deref() == Some("clip")
}

fn describe(path: &Path, error: &GgufError) -> String {
    let name = file_name(path);
    match std::error::Error::source(error) {
        Some(cause) => format!("{name}: {error} ({cause})"),
        None => format!("{name}: {error}"),
    }
}
