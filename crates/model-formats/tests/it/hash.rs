//! Hashes of content: what changes them, and what does not.

use std::fs;
use std::path::Path;

use model_formats::{ContentHash, HashError};

fn model(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, content) in files {
        fs::write(folder.path().join(name), content).unwrap();
    }
    folder
}

fn of_model(files: &[(&str, &str)]) -> ContentHash {
    ContentHash::of_model(model(files).path()).unwrap()
}

/// From the test vectors of BLAKE3's authors: the empty input, and `abc`.
#[test]
fn a_file_has_the_hash_that_b3sum_prints() {
    let folder = model(&[("empty", ""), ("abc", "abc")]);
    let hash = |name: &str| {
        ContentHash::of_file(folder.path().join(name))
            .unwrap()
            .to_string()
    };
    assert_eq!(
        hash("empty"),
        "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262"
    );
    assert_eq!(
        hash("abc"),
        "6437b3ac38465133ffb63b75273a8db548c558465d79db03fd359c6cd5bd9d85"
    );
}

#[test]
fn a_large_file_is_read_in_parts() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("large");
    let large: Vec<u8> = (0..300_000_u32).flat_map(u32::to_le_bytes).collect();
    fs::write(&path, &large).unwrap();
    let hash = ContentHash::of_file(&path).unwrap();
    assert_eq!(hash.as_bytes(), blake3::hash(&large).as_bytes());
}

/// Stored scores are keyed by these hashes: they must never change for the same files.
#[test]
fn the_hash_of_a_folder_is_forever() {
    let files = [("config.json", "{}"), ("model.safetensors", "weights")];
    let expected = "add8fa1ce46f0f4d819d0b8ff530894800084ad550335cf42b31122d60ed19f0";
    assert_eq!(of_model(&files).to_string(), expected);
}

#[test]
fn what_answers_depend_on_changes_the_hash_of_a_folder() {
    let hash = of_model(&[("config.json", "{}"), ("model.safetensors", "weights")]);
    let others: [&[(&str, &str)]; 5] = [
        &[("config.json", "{} "), ("model.safetensors", "weights")],
        &[("config.jso", "n{}"), ("model.safetensors", "weights")],
        &[("config.json", "weights"), ("model.safetensors", "{}")],
        &[("config.json", "{}")],
        &[
            ("config.json", "{}"),
            ("model.safetensors", "weights"),
            ("merges.txt", ""),
        ],
    ];
    for other in others {
        assert_ne!(of_model(other), hash, "{other:?}");
    }
}

#[test]
fn what_they_do_not_depend_on_does_not_change_it() {
    let files = [("config.json", "{}"), ("model.safetensors", "weights")];
    let hash = of_model(&files);
    let more = [
        ("README.md", "a"),
        ("LICENSE.txt", "b"),
        ("NOTICE", "c"),
        (".gitattributes", "d"),
    ];
    let folder = model(&[files, [more[0], more[1]]].concat());
    fs::write(folder.path().join(".gitattributes"), "d").unwrap();
    fs::write(folder.path().join("NOTICE"), "c").unwrap();
    fs::create_dir(folder.path().join("original")).unwrap();
    fs::write(folder.path().join("original/consolidated.pth"), "e").unwrap();
    assert_eq!(ContentHash::of_model(folder.path()).unwrap(), hash);
}

#[cfg(unix)]
#[test]
fn links_count_as_what_they_point_to() {
    let files = [("config.json", "{}"), ("model.safetensors", "weights")];
    let blobs = model(&files);
    let snapshot = tempfile::tempdir().unwrap();
    for (name, _) in files {
        std::os::unix::fs::symlink(blobs.path().join(name), snapshot.path().join(name)).unwrap();
    }
    let hash = ContentHash::of_model(snapshot.path()).unwrap();
    assert_eq!(hash, ContentHash::of_model(blobs.path()).unwrap());
}

#[test]
fn a_checkpoint_is_its_weights_and_its_configuration() {
    let pirate =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/adapters-smol-pirate");
    let copy = |folder: &Path, from: &str, to: &str| {
        fs::copy(pirate.join(from), folder.join(to)).unwrap();
    };
    let folder = tempfile::tempdir().unwrap();
    copy(
        folder.path(),
        "0000040_adapters.safetensors",
        "adapters.safetensors",
    );
    copy(folder.path(), "adapter_config.json", "adapter_config.json");
    let hash = ContentHash::of_adapter(folder.path()).unwrap();
    let of = |name: &str| ContentHash::of_adapter(pirate.join(name)).unwrap();
    assert_eq!(
        of("0000040_adapters.safetensors"),
        hash,
        "the name does not count"
    );
    assert_ne!(of("0000020_adapters.safetensors"), hash);
    copy(
        folder.path(),
        "0000060_adapters.safetensors",
        "0000060_adapters.safetensors",
    );
    assert_eq!(
        ContentHash::of_adapter(folder.path()).unwrap(),
        hash,
        "nor do others beside it"
    );

    let config = folder.path().join("adapter_config.json");
    let scaled = fs::read_to_string(&config).unwrap().replace("20.0", "10.0");
    fs::write(&config, scaled).unwrap();
    assert_ne!(ContentHash::of_adapter(folder.path()).unwrap(), hash);
    let error = ContentHash::of_adapter(&pirate).unwrap_err();
    assert!(error.to_string().contains("several checkpoints"), "{error}");
}

#[test]
fn what_cannot_be_read_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let absent = folder.path().join("absent.gguf");
    let error = ContentHash::of_model(&absent).unwrap_err();
    assert!(
        matches!(&error, HashError::Io { path, .. } if *path == absent),
        "{error}"
    );
    assert!(
        ContentHash::of_file(folder.path()).is_err(),
        "a folder is not a file"
    );
}
