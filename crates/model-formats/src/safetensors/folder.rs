//! Reads the weights of a model folder, in one file or in shards.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::{Component, Path, PathBuf};

use serde::Deserialize;

use super::{SafetensorsError, SafetensorsFault, SafetensorsFile, TensorInfo};
use crate::Tensor;

pub(super) const SINGLE: &str = "model.safetensors";
pub(super) const INDEX: &str = "model.safetensors.index.json";
/// The largest models' indices have a few MB.
const MAX_INDEX: u64 = 100_000_000;

/// The weights of a Hugging Face or MLX model folder.
///
/// They lie in the shards that `model.safetensors.index.json` names, else in `model.safetensors`.
/// A shard's tensors count whether or not the index names them.
#[derive(Debug)]
pub struct SafetensorsFolder {
    path: PathBuf,
    files: Vec<SafetensorsFile>,
    /// Position in `files` of the file that has the tensor.
    places: BTreeMap<String, usize>,
}

impl SafetensorsFolder {
    /// Opens all files of a folder and checks their headers and the index.
    ///
    /// # Errors
    /// Neither of the two files is there; the index is not JSON, names a path outside the folder,
    /// a file that is not there, or a tensor that its file does not have; two files have a tensor
    /// of the same name; or a file is damaged, see [`SafetensorsFile::open`].
    pub fn open(path: impl Into<PathBuf>) -> Result<Self, SafetensorsError> {
        let path = path.into();
        let index = path.join(INDEX);
        match File::open(&index) {
            Ok(file) => Self::sharded(path, &file).map_err(|error| match error {
                Failure::Index(fault) => SafetensorsError { path: index, fault },
                Failure::File(error) => error,
            }),
            Err(error) if error.kind() == ErrorKind::NotFound => Self::single(path),
            Err(error) => Err(SafetensorsError {
                path: index,
                fault: SafetensorsFault::Io(error),
            }),
        }
    }

    fn single(path: PathBuf) -> Result<Self, SafetensorsError> {
        let file =
            SafetensorsFile::open(path.join(SINGLE)).map_err(|error| match &error.fault {
                SafetensorsFault::Io(cause) if cause.kind() == ErrorKind::NotFound => {
                    SafetensorsError {
                        path: path.clone(),
                        fault: SafetensorsFault::NoWeights,
                    }
                }
                _ => error,
            })?;
        let places = file.tensors().keys().map(|name| (name.clone(), 0));
        Ok(Self {
            places: places.collect(),
            files: vec![file],
            path,
        })
    }

    fn sharded(path: PathBuf, index: &File) -> Result<Self, Failure> {
        let index = read_index(index)?;
        let mut files = BTreeMap::new();
        for (tensor, shard) in &index.weight_map {
            if !files.contains_key(shard.as_str()) {
                files.insert(shard.as_str(), open_shard(&path, shard, tensor)?);
            }
            if !files[shard.as_str()].tensors().contains_key(tensor) {
                return Err(Failure::Index(SafetensorsFault::MissingTensor {
                    tensor: tensor.clone(),
                    shard: shard.clone(),
                }));
            }
        }
        let mut places = BTreeMap::new();
        let shards: Vec<_> = files.keys().copied().collect();
        for (at, file) in files.values().enumerate() {
            for name in file.tensors().keys() {
                if let Some(first) = places.insert(name.clone(), at) {
                    return Err(Failure::Index(SafetensorsFault::InTwoShards {
                        tensor: name.clone(),
                        first: shards[first].to_owned(),
                        second: shards[at].to_owned(),
                    }));
                }
            }
        }
        Ok(Self {
            path,
            files: files.into_values().collect(),
            places,
        })
    }

    /// The path that the folder was opened by.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The files, by name; one, unless the model is sharded.
    pub fn files(&self) -> &[SafetensorsFile] {
        &self.files
    }

    /// The file that has the tensor.
    pub fn file_of(&self, name: &str) -> Option<&SafetensorsFile> {
        self.places.get(name).map(|&at| &self.files[at])
    }

    /// What the header says of a tensor.
    pub fn info(&self, name: &str) -> Option<&TensorInfo> {
        self.file_of(name)?.tensors().get(name)
    }

    /// All tensors, by name.
    pub fn tensors(&self) -> impl Iterator<Item = (&str, &TensorInfo)> {
        let info = |(name, &at): (&'_ String, &usize)| self.files[at].tensors().get_key_value(name);
        self.places
            .iter()
            .filter_map(info)
            .map(|(name, info)| (name.as_str(), info))
    }

    /// Reads a tensor.
    ///
    /// # Errors
    /// As [`SafetensorsFile::read`].
    pub fn read(&self, name: &str) -> Result<Tensor, SafetensorsError> {
        match self.file_of(name) {
            Some(file) => file.read(name),
            None => Err(SafetensorsError {
                path: self.path.clone(),
                fault: SafetensorsFault::NoSuchTensor {
                    tensor: name.to_owned(),
                },
            }),
        }
    }
}

/// A fault of the index itself, or of a file that it names.
enum Failure {
    Index(SafetensorsFault),
    File(SafetensorsError),
}

impl From<SafetensorsFault> for Failure {
    fn from(fault: SafetensorsFault) -> Self {
        Self::Index(fault)
    }
}

#[derive(Deserialize)]
struct Index {
    weight_map: BTreeMap<String, String>,
}

fn read_index(file: &File) -> Result<Index, SafetensorsFault> {
    let mut json = Vec::new();
    let read = file.take(MAX_INDEX + 1).read_to_end(&mut json);
    let length = read.map_err(SafetensorsFault::Io)? as u64;
    if length > MAX_INDEX {
        return Err(SafetensorsFault::IndexTooLong {
            length,
            limit: MAX_INDEX,
        });
    }
    serde_json::from_slice(&json).map_err(SafetensorsFault::Index)
}

fn open_shard(folder: &Path, shard: &str, tensor: &str) -> Result<SafetensorsFile, Failure> {
    let mut components = Path::new(shard).components();
    let plain = matches!(components.next(), Some(Component::Normal(_)));
    if !plain || components.next().is_some() {
        return Err(Failure::Index(SafetensorsFault::OutsideFolder {
            tensor: tensor.to_owned(),
            shard: shard.to_owned(),
        }));
    }
    SafetensorsFile::open(folder.join(shard)).map_err(|error| match &error.fault {
        SafetensorsFault::Io(cause) if cause.kind() == ErrorKind::NotFound => {
            Failure::Index(SafetensorsFault::MissingShard {
                shard: shard.to_owned(),
                tensor: tensor.to_owned(),
            })
        }
        _ => Failure::File(error),
    })
}
