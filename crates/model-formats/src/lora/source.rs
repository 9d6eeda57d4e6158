//! Finds the files of an adapter and reads them by their layout.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Read};
use std::path::{Path, PathBuf};

use super::config::{Declared, Layout};
use super::tensors::{Pairs, Part};
use super::{LoraAdapter, LoraBase, LoraError, LoraFault, LoraLayout, gguf, mlx_lm, peft};
use crate::{GgufFile, SafetensorsFile};

pub(super) const CONFIG: &str = "adapter_config.json";
/// Adapters' configurations have a few KB.
const MAX_CONFIG: u64 = 1 << 20;

/// Splits a tensor's name into module and matrix.
type Parse = fn(&str) -> Result<(&str, Part), LoraFault>;

/// An adapter that was found.
enum Found {
    Gguf(PathBuf),
    Safetensors {
        config: Declared,
        /// Where the configuration lies.
        folder: PathBuf,
        weights: PathBuf,
    },
}

pub(super) fn open(path: &Path, base: Option<&LoraBase>) -> Result<LoraAdapter, LoraError> {
    match find(path)? {
        Found::Gguf(file) => {
            let read = GgufFile::open(&file)
                .map_err(LoraFault::from)
                .and_then(|opened| gguf::read(&opened, base));
            read.map_err(|fault| LoraError { path: file, fault })
        }
        Found::Safetensors {
            config, weights, ..
        } => read(&weights, config).map_err(|fault| at(&weights, fault)),
    }
}

/// The files that an adapter is read from.
pub(crate) struct LoraFiles {
    pub(crate) weights: PathBuf,
    /// Where the layout has one.
    pub(crate) config: Option<PathBuf>,
}

/// Tells which files [`open`] reads.
pub(crate) fn files(path: &Path) -> Result<LoraFiles, LoraError> {
    Ok(match find(path)? {
        Found::Gguf(weights) => LoraFiles {
            weights,
            config: None,
        },
        Found::Safetensors {
            folder, weights, ..
        } => LoraFiles {
            weights,
            config: Some(folder.join(CONFIG)),
        },
    })
}

pub(super) fn layout(path: &Path) -> Result<LoraLayout, LoraError> {
    Ok(match find(path)? {
        Found::Gguf(_) => LoraLayout::Gguf,
        Found::Safetensors { config, .. } => match config.layout {
            Layout::MlxLm(_) => LoraLayout::MlxLm,
            Layout::Peft => LoraLayout::Peft,
        },
    })
}

fn at(path: &Path, fault: LoraFault) -> LoraError {
    LoraError {
        path: path.to_owned(),
        fault,
    }
}

fn find(path: &Path) -> Result<Found, LoraError> {
    let io = |error| at(path, LoraFault::Io(error));
    if fs::metadata(path).map_err(io)?.is_dir() {
        return find_in(path);
    }
    if is_gguf(path).map_err(io)? {
        return Ok(Found::Gguf(path.to_owned()));
    }
    let folder = match path.parent() {
        Some(parent) if parent != Path::new("") => parent.to_owned(),
        _ => PathBuf::from("."),
    };
    match read_config(&folder.join(CONFIG))? {
        Some(config) => Ok(Found::Safetensors {
            config,
            folder,
            weights: path.to_owned(),
        }),
        None => Err(at(path, LoraFault::NoConfig)),
    }
}

fn find_in(folder: &Path) -> Result<Found, LoraError> {
    if let Some(config) = read_config(&folder.join(CONFIG))? {
        return Ok(Found::Safetensors {
            weights: weights(folder, config.layout).map_err(|fault| at(folder, fault))?,
            config,
            folder: folder.to_owned(),
        });
    }
    let is_gguf = |name: &str| Path::new(name).extension() == Some(OsStr::new("gguf"));
    let names = names(folder, is_gguf).map_err(|fault| at(folder, fault))?;
    match &names[..] {
        [name] => Ok(Found::Gguf(folder.join(name))),
        _ => Err(at(folder, LoraFault::NoConfig)),
    }
}

fn is_gguf(path: &Path) -> Result<bool, io::Error> {
    let mut start = Vec::new();
    File::open(path)?.take(4).read_to_end(&mut start)?;
    Ok(start == b"GGUF")
}

fn read_config(path: &Path) -> Result<Option<Declared>, LoraError> {
    let read = || -> io::Result<Vec<u8>> {
        let mut json = Vec::new();
        let file = File::open(path)?;
        file.take(MAX_CONFIG + 1).read_to_end(&mut json)?;
        Ok(json)
    };
    let parsed = match read() {
        Ok(json) if json.len() as u64 > MAX_CONFIG => {
            Err(LoraFault::ConfigTooLong { limit: MAX_CONFIG })
        }
        Ok(json) => Declared::parse(&json),
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => Err(LoraFault::Io(error)),
    };
    parsed.map(Some).map_err(|fault| at(path, fault))
}

/// The names of a folder's files that are wanted, sorted.
fn names(folder: &Path, wanted: impl Fn(&str) -> bool) -> Result<Vec<String>, LoraFault> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).map_err(LoraFault::Io)? {
        let name = entry.map_err(LoraFault::Io)?.file_name();
        if let Some(name) = name.to_str().filter(|name| wanted(name)) {
            names.push(name.to_owned());
        }
    }
    names.sort_unstable();
    Ok(names)
}

/// The file with the weights in a folder.
fn weights(folder: &Path, layout: Layout) -> Result<PathBuf, LoraFault> {
    let expected = match layout {
        Layout::MlxLm(_) => mlx_lm::WEIGHTS,
        Layout::Peft => peft::WEIGHTS,
    };
    let file = folder.join(expected);
    if file.exists() {
        return Ok(file);
    }
    match layout {
        Layout::Peft if folder.join(peft::PICKLE).exists() => Err(LoraFault::Pickle),
        Layout::Peft => Err(LoraFault::NoWeights { expected }),
        Layout::MlxLm(_) => {
            let mut choices = names(folder, mlx_lm::is_checkpoint)?;
            match choices.len() {
                0 => Err(LoraFault::NoWeights { expected }),
                1 => Ok(folder.join(choices.remove(0))),
                _ => Err(LoraFault::SeveralCheckpoints { choices }),
            }
        }
    }
}

fn read(weights: &Path, config: Declared) -> Result<LoraAdapter, LoraFault> {
    let file = SafetensorsFile::open(weights)?;
    let (parse, orientation): (Parse, _) = match config.layout {
        Layout::MlxLm(orientation) => (mlx_lm::parse, orientation),
        Layout::Peft => (peft::parse, peft::ORIENTATION),
    };
    let mut pairs = Pairs::default();
    for name in file.tensors().keys() {
        let (module, part) = parse(name)?;
        let matrix = file.read(name)?;
        pairs.insert(module, part, matrix)?;
    }
    let rank = |module: &str| config.rank(module);
    let scale = |module: &str| config.scale(module);
    Ok(LoraAdapter {
        modules: pairs.modules(orientation, rank, scale)?,
        base_model: config.base_model,
    })
}
