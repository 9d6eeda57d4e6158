//! Writes one safetensors file, tensor by tensor.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use rustix::io::{Errno, pwrite};
use serde::Serialize;

use super::header::{METADATA, PREFIX, byte_len};
use super::{SafetensorsError, SafetensorsFault};
use crate::Dtype;

/// A tensor that is going to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TensorSpec {
    /// Its name.
    pub name: String,
    /// Type of the elements.
    pub dtype: Dtype,
    /// Sizes of the dimensions, outermost first.
    pub shape: Vec<usize>,
}

impl TensorSpec {
    /// A tensor of this name, type and shape.
    pub fn new(name: impl Into<String>, dtype: Dtype, shape: impl Into<Vec<usize>>) -> Self {
        Self {
            name: name.into(),
            dtype,
            shape: shape.into(),
        }
    }

    /// Bytes of all elements, unless that is more than can be addressed.
    pub fn byte_len(&self) -> Option<usize> {
        byte_len(self.dtype, &self.shape)
    }
}

/// Writes a safetensors file whose tensors are announced first and come one by one.
///
/// The tensors lie in the file by descending element size and then by name, as the reference
/// implementation lays them out, so that each is aligned to its elements; the header lists them by
/// name. They may be written in any order. The header is written last: a file that was dropped
/// before [`finish`](Self::finish) does not read as safetensors.
#[derive(Debug)]
pub struct SafetensorsWriter {
    path: PathBuf,
    file: File,
    header: Vec<u8>,
    /// Where the tensors that have not come yet belong.
    missing: BTreeMap<String, Place>,
}

#[derive(Debug, Clone, Copy)]
struct Place {
    offset: u64,
    len: usize,
}

impl SafetensorsWriter {
    /// Creates a file for these tensors.
    ///
    /// # Errors
    /// The file exists already or cannot be created, or a tensor is announced twice or is too
    /// large to address.
    pub fn create(
        path: impl Into<PathBuf>,
        tensors: &[TensorSpec],
        metadata: &BTreeMap<String, String>,
    ) -> Result<Self, SafetensorsError> {
        let path = path.into();
        match lay_out(tensors, metadata).and_then(|layout| Ok((layout, create(&path)?))) {
            Ok(((header, missing), file)) => Ok(Self {
                path,
                file,
                header,
                missing,
            }),
            Err(fault) => Err(SafetensorsError { path, fault }),
        }
    }

    /// Writes a tensor: row by row, little-endian.
    ///
    /// # Errors
    /// The tensor was not announced, has another length than announced, came before, or cannot be
    /// written.
    pub fn write(&mut self, name: &str, data: &[u8]) -> Result<(), SafetensorsError> {
        self.try_write(name, data)
            .map_err(|fault| SafetensorsError {
                path: self.path.clone(),
                fault,
            })
    }

    fn try_write(&mut self, name: &str, data: &[u8]) -> Result<(), SafetensorsFault> {
        let tensor = || name.to_owned();
        let Some(place) = self.missing.get(name).copied() else {
            return Err(SafetensorsFault::Unannounced { tensor: tensor() });
        };
        if data.len() != place.len {
            return Err(SafetensorsFault::NotAsAnnounced {
                tensor: tensor(),
                bytes: data.len(),
                announced: place.len,
            });
        }
        write_at(&self.file, data, place.offset).map_err(SafetensorsFault::Io)?;
        self.missing.remove(name);
        Ok(())
    }

    /// Writes the header and waits until the file is on disk.
    ///
    /// # Errors
    /// A tensor that was announced did not come, or the file cannot be written.
    pub fn finish(self) -> Result<(), SafetensorsError> {
        let fault = match self.missing.into_keys().next() {
            Some(tensor) => SafetensorsFault::Unwritten { tensor },
            None => match write_at(&self.file, &self.header, 0).and_then(|()| self.file.sync_all())
            {
                Ok(()) => return Ok(()),
                Err(error) => SafetensorsFault::Io(error),
            },
        };
        Err(SafetensorsError {
            path: self.path,
            fault,
        })
    }
}

fn create(path: &Path) -> Result<File, SafetensorsFault> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    options.open(path).map_err(SafetensorsFault::Io)
}

fn write_at(file: &File, mut data: &[u8], mut offset: u64) -> io::Result<()> {
    while !data.is_empty() {
        match pwrite(file, data, offset) {
            Ok(written) => {
                data = &data[written..];
                offset += written as u64;
            }
            Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

#[derive(Serialize)]
#[serde(untagged)]
enum Entry<'a> {
    Metadata(&'a BTreeMap<String, String>),
    Tensor {
        dtype: Dtype,
        shape: &'a [usize],
        data_offsets: [u64; 2],
    },
}

type Layout = (Vec<u8>, BTreeMap<String, Place>);

/// The bytes before the tensors, and where each tensor lies.
fn lay_out(
    tensors: &[TensorSpec],
    metadata: &BTreeMap<String, String>,
) -> Result<Layout, SafetensorsFault> {
    check_names(tensors)?;
    let mut sorted: Vec<_> = tensors.iter().collect();
    sorted.sort_by_key(|spec| (Reverse(spec.dtype.size()), &spec.name));
    let mut entries = BTreeMap::from([(METADATA, Entry::Metadata(metadata))]);
    let mut places = BTreeMap::new();
    let mut end = 0_u64;
    for spec in sorted {
        let len = spec.byte_len();
        let after = len.and_then(|len| end.checked_add(len as u64));
        let (Some(len), Some(after)) = (len, after) else {
            return Err(SafetensorsFault::OutOfMemory {
                tensor: spec.name.clone(),
                bytes: usize::MAX,
            });
        };
        let entry = Entry::Tensor {
            dtype: spec.dtype,
            shape: &spec.shape,
            data_offsets: [end, after],
        };
        entries.insert(&spec.name, entry);
        places.insert(spec.name.clone(), Place { offset: end, len });
        end = after;
    }
    let header = encode(&entries)?;
    for place in places.values_mut() {
        place.offset += header.len() as u64;
    }
    Ok((header, places))
}

fn check_names(tensors: &[TensorSpec]) -> Result<(), SafetensorsFault> {
    let mut names = BTreeSet::from([METADATA]);
    match tensors.iter().find(|spec| !names.insert(&spec.name)) {
        None => Ok(()),
        Some(spec) => Err(SafetensorsFault::Duplicate {
            tensor: spec.name.clone(),
        }),
    }
}

/// Length and JSON, padded with spaces so that the tensors begin at a multiple of eight.
fn encode(entries: &BTreeMap<&str, Entry<'_>>) -> Result<Vec<u8>, SafetensorsFault> {
    let mut bytes = vec![0; usize::try_from(PREFIX).expect("the prefix is eight bytes")];
    serde_json::to_writer(&mut bytes, entries).map_err(SafetensorsFault::Header)?;
    bytes.resize(bytes.len().next_multiple_of(8), b' ');
    let length = bytes.len() as u64 - PREFIX;
    bytes[..8].copy_from_slice(&length.to_le_bytes());
    Ok(bytes)
}
