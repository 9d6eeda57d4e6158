//! Handmade GGUF files.

use std::path::PathBuf;

use tempfile::TempDir;

/// A small GGUF file in the making.
#[derive(Clone)]
pub(crate) struct GgufBytes {
    version: u32,
    alignment: usize,
    keys: Vec<(String, Vec<u8>)>,
    tensors: Vec<Entry>,
}

#[derive(Clone)]
pub(crate) struct Entry {
    pub(crate) name: String,
    /// Innermost first, as in the file.
    pub(crate) sizes: Vec<u64>,
    pub(crate) kind: u32,
    pub(crate) data: Vec<u8>,
    /// In place of the next free one.
    pub(crate) offset: Option<u64>,
}

impl GgufBytes {
    pub(crate) fn new() -> Self {
        Self {
            version: 3,
            alignment: 32,
            keys: Vec::new(),
            tensors: Vec::new(),
        }
    }

    pub(crate) fn version(mut self, version: u32) -> Self {
        self.version = version;
        self
    }

    /// A value of the type with this number; replaces a value of the same key.
    pub(crate) fn raw(mut self, key: &str, kind: u32, value: &[u8]) -> Self {
        let mut bytes = kind.to_le_bytes().to_vec();
        bytes.extend(value);
        match self.keys.iter_mut().find(|(known, _)| known == key) {
            Some(entry) => entry.1 = bytes,
            None => self.keys.push((key.to_owned(), bytes)),
        }
        self
    }

    pub(crate) fn without(mut self, key: &str) -> Self {
        self.keys.retain(|(known, _)| known != key);
        self
    }

    /// The key once more, with the same value.
    pub(crate) fn twice(mut self, key: &str) -> Self {
        let entry = self.keys.iter().find(|(known, _)| known == key);
        self.keys.push(entry.expect("the key is there").clone());
        self
    }

    pub(crate) fn text(self, key: &str, value: &str) -> Self {
        self.raw(key, 8, &string(value))
    }

    pub(crate) fn u32(self, key: &str, value: u32) -> Self {
        self.raw(key, 4, &value.to_le_bytes())
    }

    pub(crate) fn f32(self, key: &str, value: f32) -> Self {
        self.raw(key, 6, &value.to_le_bytes())
    }

    pub(crate) fn bool(self, key: &str, value: bool) -> Self {
        self.raw(key, 7, &[value.into()])
    }

    pub(crate) fn alignment(mut self, alignment: usize) -> Self {
        self.alignment = alignment;
        let value = u32::try_from(alignment).unwrap();
        self.u32("general.alignment", value)
    }

    pub(crate) fn array(self, key: &str, kind: u32, count: u64, elements: &[u8]) -> Self {
        let mut value = kind.to_le_bytes().to_vec();
        value.extend(count.to_le_bytes());
        value.extend(elements);
        self.raw(key, 9, &value)
    }

    pub(crate) fn strings(self, key: &str, values: &[&str]) -> Self {
        let elements: Vec<u8> = values.iter().flat_map(|value| string(value)).collect();
        self.array(key, 8, values.len() as u64, &elements)
    }

    pub(crate) fn i32s(self, key: &str, values: &[i32]) -> Self {
        let elements: Vec<u8> = values
            .iter()
            .flat_map(|value| value.to_le_bytes())
            .collect();
        self.array(key, 5, values.len() as u64, &elements)
    }

    pub(crate) fn f32s(self, key: &str, values: &[f32]) -> Self {
        let elements: Vec<u8> = values
            .iter()
            .flat_map(|value| value.to_le_bytes())
            .collect();
        self.array(key, 6, values.len() as u64, &elements)
    }

    /// A tensor, its sizes outermost first.
    pub(crate) fn tensor(self, name: &str, shape: &[u64], kind: u32, data: &[u8]) -> Self {
        self.entry(Entry {
            name: name.to_owned(),
            sizes: shape.iter().rev().copied().collect(),
            kind,
            data: data.to_vec(),
            offset: None,
        })
    }

    pub(crate) fn entry(mut self, entry: Entry) -> Self {
        self.tensors.push(entry);
        self
    }

    pub(crate) fn without_tensor(mut self, name: &str) -> Self {
        self.tensors.retain(|entry| entry.name != name);
        self
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut file = b"GGUF".to_vec();
        file.extend(self.version.to_le_bytes());
        file.extend((self.tensors.len() as u64).to_le_bytes());
        file.extend((self.keys.len() as u64).to_le_bytes());
        for (key, value) in &self.keys {
            file.extend(string(key));
            file.extend(value);
        }
        let mut data: Vec<u8> = Vec::new();
        for entry in &self.tensors {
            file.extend(string(&entry.name));
            file.extend(u32::try_from(entry.sizes.len()).unwrap().to_le_bytes());
            for size in &entry.sizes {
                file.extend(size.to_le_bytes());
            }
            file.extend(entry.kind.to_le_bytes());
            file.extend(entry.offset.unwrap_or(data.len() as u64).to_le_bytes());
            data.extend(&entry.data);
            data.resize(data.len().next_multiple_of(self.alignment), 0);
        }
        file.resize(file.len().next_multiple_of(self.alignment), 0);
        file.extend(data);
        file
    }

    /// The file on disk, for as long as the folder lives.
    pub(crate) fn save(&self) -> (TempDir, PathBuf) {
        save(&self.bytes())
    }
}

pub(crate) fn save(bytes: &[u8]) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.gguf");
    std::fs::write(&path, bytes).unwrap();
    (folder, path)
}

fn string(text: &str) -> Vec<u8> {
    let mut bytes = (text.len() as u64).to_le_bytes().to_vec();
    bytes.extend(text.as_bytes());
    bytes
}

/// The numbers as tensor data of type F32.
pub(crate) fn f32s(values: &[f32]) -> Vec<u8> {
    values
        .iter()
        .flat_map(|value| value.to_le_bytes())
        .collect()
}

/// The model that `cargo xtask setup` fetches.
pub(crate) fn smollm2() -> PathBuf {
    let variable = |name| std::env::var_os(name).map(PathBuf::from);
    let cache = variable("ML_CACHE")
        .or_else(|| variable("XDG_CACHE_HOME").map(|cache| cache.join("ml")))
        .or_else(|| variable("HOME").map(|home| home.join(".cache/ml")))
        .expect("HOME is set");
    let path = cache.join("models/SmolLM2-135M-Instruct.Q4_1.gguf");
    assert!(
        path.exists(),
        "{} is missing: run `cargo xtask setup`",
        path.display()
    );
    path
}
