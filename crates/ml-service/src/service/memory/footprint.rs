//! How much memory a model takes, estimated from its files.

use std::fs;
use std::path::Path;

use inference_core::ModelSource;

use crate::config::ModelConfig;

/// The bytes that a model is counted with: what its configuration says, else the sizes of the
/// files that hold its weights and those of its adapters. Keys, values and buffers are not known
/// before the load and come on top. A served model takes none here.
pub(in crate::service) fn footprint(config: &ModelConfig) -> u64 {
    if let Some(bytes) = config.memory {
        return bytes;
    }
    match config.source() {
        Ok(ModelSource::Path(path)) => {
            let adapters = config.adapters.iter().map(|adapter| &adapter.path);
            let adapters = adapters.chain(&config.adapter);
            weights(&path) + adapters.map(|path| weights(path)).sum::<u64>()
        }
        _ => 0,
    }
}

/// The size of a file, with the other parts of a split one, or of the safetensors in a folder.
/// What cannot be looked at counts as nothing: the load says what is wrong with it.
fn weights(path: &Path) -> u64 {
    if path.is_dir() {
        return files_of(path, |name| name.ends_with(".safetensors"));
    }
    let name = path.file_name().and_then(|name| name.to_str());
    match (path.parent(), name.and_then(split)) {
        (Some(folder), Some((start, end))) => {
            let folder = if folder.as_os_str().is_empty() {
                Path::new(".")
            } else {
                folder
            };
            files_of(folder, |name| {
                split(name).is_some_and(|parts| parts == (start, end))
            })
        }
        _ => size(path),
    }
}

fn files_of(folder: &Path, is_meant: impl Fn(&str) -> bool) -> u64 {
    let Ok(entries) = fs::read_dir(folder) else {
        return 0;
    };
    let meant = entries.flatten().filter(|entry| {
        let name = entry.file_name();
        name.to_str().is_some_and(&is_meant)
    });
    meant.map(|entry| size(&entry.path())).sum()
}

fn size(path: &Path) -> u64 {
    fs::metadata(path).map_or(0, |metadata| metadata.len())
}

/// What the parts of a split GGUF file have in common: `("model-", "-of-00005.gguf")` for
/// `model-00002-of-00005.gguf`.
fn split(name: &str) -> Option<(&str, &str)> {
    const NUMBER: usize = 5;
    let at = name.strip_suffix(".gguf")?.rfind("-of-")?;
    let start = at.checked_sub(NUMBER)?;
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let number = name.get(start..at)?;
    is_number(number).then(|| (&name[..start], &name[at..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(folder: &Path, name: &str, bytes: usize) -> std::path::PathBuf {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, vec![0; bytes]).unwrap();
        path
    }

    #[test]
    fn files_parts_folders_and_adapters_are_counted() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        let alone = write(folder, "alone.gguf", 7);
        let first = write(folder, "m-00001-of-00002.gguf", 10);
        write(folder, "m-00002-of-00002.gguf", 20);
        write(folder, "other-00001-of-00002.gguf", 1000);
        write(folder, "mlx/a.safetensors", 3);
        write(folder, "mlx/b.safetensors", 4);
        write(folder, "mlx/tokenizer.json", 1000);
        let adapter = write(folder, "lora/adapters.safetensors", 5);
        for (path, bytes) in [
            (alone.clone(), 7),
            (first, 30),
            (folder.join("mlx"), 7),
            (folder.join("none"), 0),
        ] {
            assert_eq!(footprint(&ModelConfig::at_path(&path)), bytes, "{path:?}");
        }
        let mut with_adapter = ModelConfig::at_path(&alone);
        with_adapter.adapter = Some(adapter);
        assert_eq!(footprint(&with_adapter), 12);
        with_adapter.memory = Some(99);
        assert_eq!(footprint(&with_adapter), 99);
        assert_eq!(footprint(&ModelConfig::at_url("http://x")), 0);
    }
}
