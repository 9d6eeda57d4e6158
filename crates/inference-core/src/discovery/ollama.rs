//! Ollama's models: `manifests/<host>/<namespace>/<model>/<tag>` name GGUF files in `blobs`.
//!
//! The manifests are those of the OCI image specification, with media types of Ollama's own.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::parts::Weights;
use super::walk::{Entry, EntryKind, Walk, file_name};
use super::{DiscoveredModel, ModelFormat, gguf_files};

const MODEL_LAYER: &str = "application/vnd.ollama.image.model";
const MAX_MANIFEST: u64 = 1 << 20;
/// Host, namespace and model; the tag is the file.
const FOLDERS: usize = 3;

#[derive(Deserialize)]
struct Manifest {
    #[serde(default)]
    layers: Vec<Layer>,
}

#[derive(Deserialize)]
struct Layer {
    #[serde(rename = "mediaType")]
    media_type: String,
    digest: String,
    size: u64,
}

/// Adds the models below the folder.
pub(super) fn find(walk: &mut Walk, folder: &Path) -> io::Result<()> {
    let blobs = folder.join("blobs");
    walk_manifests(walk, &folder.join("manifests"), &mut Vec::new(), &blobs)
}

fn walk_manifests(
    walk: &mut Walk,
    folder: &Path,
    names: &mut Vec<String>,
    blobs: &Path,
) -> io::Result<()> {
    for entry in walk.list(folder)? {
        names.push(entry.name.clone());
        match entry.kind {
            EntryKind::Folder if names.len() <= FOLDERS => {
                walk.attempt(&entry.path, |walk| {
                    walk_manifests(walk, &entry.path, names, blobs)
                });
            }
            EntryKind::File if names.len() == FOLDERS + 1 => {
                add_model(walk, &entry, display_name(names), blobs);
            }
            _ => {}
        }
        names.pop();
    }
    Ok(())
}

/// The name that `ollama list` shows.
fn display_name(names: &[String]) -> String {
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    match names.as_slice() {
        ["registry.ollama.ai", "library", model, tag] => format!("{model}:{tag}"),
        ["registry.ollama.ai", user, model, tag] => format!("{user}/{model}:{tag}"),
        [folders @ .., tag] => format!("{}:{tag}", folders.join("/")),
        [] => String::new(),
    }
}

fn add_model(walk: &mut Walk, manifest: &Entry, name: String, blobs: &Path) {
    let model = match read(&manifest.path, blobs) {
        Ok(Some((path, weights))) => gguf_files::model(name, path, weights, walk.source),
        Ok(None) => None,
        Err(problem) => {
            let path = manifest.path.clone();
            Some(DiscoveredModel {
                problem: Some(problem),
                ..DiscoveredModel::new(name, path, ModelFormat::Unknown, walk.source)
            })
        }
    };
    if let Some(model) = model {
        walk.add(model);
    }
}

/// The blob that holds a manifest's model; models that run elsewhere have none.
fn read(manifest: &Path, blobs: &Path) -> Result<Option<(PathBuf, Weights)>, String> {
    let mut text = Vec::new();
    File::open(manifest)
        .and_then(|file| file.take(MAX_MANIFEST).read_to_end(&mut text))
        .map_err(|error| format!("the manifest cannot be read: {error}"))?;
    let manifest: Manifest = serde_json::from_slice(&text)
        .map_err(|error| format!("the manifest is not valid ({error}): pull the model again"))?;
    let is_model = |layer: &&Layer| layer.media_type == MODEL_LAYER;
    let Some(layer) = manifest.layers.iter().find(is_model) else {
        return Ok(None);
    };
    let blob = blob_name(&layer.digest)
        .ok_or_else(|| "the manifest names no valid digest: pull the model again".to_owned())?;
    let path = blobs.join(blob);
    let weights = weights(&path, layer.size);
    Ok(Some((path, weights)))
}

fn weights(blob: &Path, expected: u64) -> Weights {
    let (size_bytes, num_files, problem) = match fs::metadata(blob) {
        Ok(file) if file.len() == expected => (file.len(), 1, None),
        Ok(file) => {
            let problem = format!(
                "{} has {} bytes instead of {expected}: pull the model again",
                file_name(blob),
                file.len()
            );
            (file.len(), 1, Some(problem))
        }
        Err(error) => {
            let problem = format!(
                "{} cannot be read ({error}): pull the model again",
                file_name(blob)
            );
            (0, 0, Some(problem))
        }
    };
    Weights {
        size_bytes,
        num_files,
        problem,
    }
}

/// `sha256-…` for `sha256:…`, and nothing that leads out of the folder.
fn blob_name(digest: &str) -> Option<String> {
    let hash = digest.strip_prefix("sha256:")?;
    let valid = hash.len() == 64 && hash.bytes().all(|byte| byte.is_ascii_hexdigit());
    valid.then(|| format!("sha256-{hash}"))
}
