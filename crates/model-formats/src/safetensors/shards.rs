//! Writes the weights of a model folder, in shards where they are many.

use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::io::Write;
use std::path::PathBuf;

use serde::Serialize;

use super::folder::{INDEX, SINGLE};
use super::{SafetensorsError, SafetensorsFault, SafetensorsWriter, TensorSpec};

/// Most bytes of tensors in one shard, as mlx-lm has it: 5 GiB.
pub const MAX_SHARD_BYTES: u64 = 5 << 30;

/// Writes the weights of a model folder.
///
/// Up to `max_shard` bytes of tensors go into `model.safetensors`, more into
/// `model-00001-of-0000N.safetensors` and so on, filled by name. Either way
/// `model.safetensors.index.json` tells where each tensor lies.
#[derive(Debug)]
pub struct SafetensorsFolderWriter {
    folder: PathBuf,
    shards: Vec<SafetensorsWriter>,
    /// Position in `shards` of the file for each tensor.
    places: BTreeMap<String, usize>,
    index: Index,
}

#[derive(Debug, Serialize)]
struct Index {
    metadata: Totals,
    weight_map: BTreeMap<String, String>,
}

#[derive(Debug, Serialize)]
struct Totals {
    total_size: u64,
}

impl SafetensorsFolderWriter {
    /// Creates the files for these tensors in a folder that exists. `max_shard` is
    /// [`MAX_SHARD_BYTES`] outside tests; a tensor that is larger gets a shard of its own.
    ///
    /// # Errors
    /// As [`SafetensorsWriter::create`].
    pub fn create(
        folder: impl Into<PathBuf>,
        tensors: &[TensorSpec],
        metadata: &BTreeMap<String, String>,
        max_shard: u64,
    ) -> Result<Self, SafetensorsError> {
        let folder = folder.into();
        let plan = plan(tensors, max_shard);
        let mut writer = Self {
            shards: Vec::new(),
            places: BTreeMap::new(),
            index: Index {
                metadata: Totals {
                    total_size: tensors.iter().map(len).fold(0, u64::saturating_add),
                },
                weight_map: BTreeMap::new(),
            },
            folder,
        };
        for (at, shard) in plan.iter().enumerate() {
            let name = match plan.len() {
                1 => SINGLE.to_owned(),
                count => format!("model-{:05}-of-{count:05}.safetensors", at + 1),
            };
            let file = SafetensorsWriter::create(writer.folder.join(&name), shard, metadata)?;
            writer.shards.push(file);
            for spec in shard {
                writer.places.insert(spec.name.clone(), at);
                let map = &mut writer.index.weight_map;
                if map.insert(spec.name.clone(), name.clone()).is_some() {
                    return Err(SafetensorsError {
                        path: writer.folder,
                        fault: SafetensorsFault::Duplicate {
                            tensor: spec.name.clone(),
                        },
                    });
                }
            }
        }
        Ok(writer)
    }

    /// Writes a tensor: row by row, little-endian. The order is free.
    ///
    /// # Errors
    /// As [`SafetensorsWriter::write`].
    pub fn write(&mut self, name: &str, data: &[u8]) -> Result<(), SafetensorsError> {
        match self.places.get(name) {
            Some(&at) => self.shards[at].write(name, data),
            None => Err(SafetensorsError {
                path: self.folder.clone(),
                fault: SafetensorsFault::Unannounced {
                    tensor: name.to_owned(),
                },
            }),
        }
    }

    /// Finishes all files, then writes the index.
    ///
    /// # Errors
    /// As [`SafetensorsWriter::finish`].
    pub fn finish(self) -> Result<(), SafetensorsError> {
        for shard in self.shards {
            shard.finish()?;
        }
        let path = self.folder.join(INDEX);
        let json = serde_json::to_vec_pretty(&self.index).map_err(SafetensorsFault::Index);
        let written = json.and_then(|json| {
            let mut options = OpenOptions::new();
            let file = options.write(true).create_new(true).open(&path);
            file.and_then(|mut file| file.write_all(&json).and_then(|()| file.sync_all()))
                .map_err(SafetensorsFault::Io)
        });
        written.map_err(|fault| SafetensorsError { path, fault })
    }
}

fn len(spec: &TensorSpec) -> u64 {
    spec.byte_len().map_or(u64::MAX, |len| len as u64)
}

/// Which tensors go into which shard; at least one shard, even without tensors.
fn plan(tensors: &[TensorSpec], max_shard: u64) -> Vec<Vec<TensorSpec>> {
    let mut sorted = tensors.to_vec();
    sorted.sort_by(|a, b| a.name.cmp(&b.name));
    let mut shards = vec![Vec::new()];
    let mut filled = 0_u64;
    for spec in sorted {
        let len = len(&spec);
        let last = shards.last_mut().expect("there is always a shard");
        if last.is_empty() || filled.saturating_add(len) <= max_shard {
            filled = filled.saturating_add(len);
            last.push(spec);
        } else {
            filled = len;
            shards.push(vec![spec]);
        }
    }
    shards
}
