//! Safetensors files: what is written is read again, and what is damaged is refused by name.

use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::path::Path;

use model_formats::{
    Dtype, SafetensorsError, SafetensorsFault, SafetensorsFile, SafetensorsWriter, TensorSpec,
};

/// A file of this header and so many bytes of tensors.
fn bytes(header: &str, data: usize) -> Vec<u8> {
    let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
    bytes.extend_from_slice(header.as_bytes());
    bytes.extend((0..data).map(|byte| u8::try_from(byte % 251).unwrap()));
    bytes
}

fn open(bytes: &[u8]) -> Result<SafetensorsFile, SafetensorsError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("some.safetensors");
    fs::write(&path, bytes).unwrap();
    SafetensorsFile::open(path)
}

/// Expects a refusal whose message names the file, says `fault`, and does not repeat its source.
#[track_caller]
fn refused(bytes: &[u8], fault: &str) {
    let error = open(bytes).expect_err(fault);
    let message = error.to_string();
    assert!(message.contains("some.safetensors: "), "{message}");
    assert!(
        message.contains(fault),
        "{message:?} does not say {fault:?}"
    );
    if let Some(source) = error.source() {
        assert!(!message.contains(&source.to_string()), "{message}");
    }
}

fn write(path: &Path, tensors: &[TensorSpec], metadata: &BTreeMap<String, String>) {
    let mut writer = SafetensorsWriter::create(path, tensors, metadata).unwrap();
    for spec in tensors {
        let fill = spec.name.as_bytes()[0];
        let data = vec![fill; spec.byte_len().unwrap()];
        writer.write(&spec.name, &data).unwrap();
    }
    writer.finish().unwrap();
}

#[test]
fn reads_what_mlx_writes() {
    // Null metadata, no padding after the header, tensors in no order.
    let header = r#"{"__metadata__":null,"a":{"data_offsets":[8,12],"dtype":"BF16","shape":[2,1]},"b":{"data_offsets":[0,8],"dtype":"U32","shape":[2]},"scalar":{"dtype":"U8","shape":[],"data_offsets":[12,13]},"none":{"dtype":"F32","shape":[3,0],"data_offsets":[13,13]}}"#;
    let file = open(&bytes(header, 13)).unwrap();
    assert!(file.metadata().is_empty());
    assert_eq!(
        file.tensors().keys().collect::<Vec<_>>(),
        ["a", "b", "none", "scalar"]
    );
    let a = file.read("a").unwrap();
    assert_eq!(
        (a.dtype, a.shape, a.data),
        (Dtype::Bf16, vec![2, 1], vec![8, 9, 10, 11])
    );
    let b = file.read("b").unwrap();
    assert_eq!(
        (b.dtype, b.shape, b.data),
        (Dtype::U32, vec![2], (0..8).collect())
    );
    assert_eq!(file.read("scalar").unwrap().data, [12]);
    assert!(file.read("none").unwrap().data.is_empty());
}

#[test]
fn an_absent_tensor_is_named() {
    let file = open(&bytes("{}", 0)).unwrap();
    let error = file.read("lm_head.weight").unwrap_err().to_string();
    assert!(
        error.ends_with("there is no tensor lm_head.weight"),
        "{error}"
    );
}

#[test]
fn what_is_written_is_read_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("w.safetensors");
    let tensors = [
        TensorSpec::new("b.scales", Dtype::F16, [3, 1]),
        TensorSpec::new("a.weight", Dtype::U32, [3, 4]),
        TensorSpec::new("d.bool", Dtype::Bool, [5]),
        TensorSpec::new("c.empty", Dtype::F64, [0, 7]),
    ];
    let metadata = BTreeMap::from([("format".to_owned(), "mlx".to_owned())]);
    write(&path, &tensors, &metadata);
    let file = SafetensorsFile::open(&path).unwrap();
    assert_eq!(file.metadata(), &metadata);
    for spec in &tensors {
        let info = &file.tensors()[&spec.name];
        assert_eq!((info.dtype, &info.shape), (spec.dtype, &spec.shape));
        assert_eq!(
            info.offset % spec.dtype.size() as u64,
            0,
            "{} is not aligned",
            spec.name
        );
        let fill = spec.name.as_bytes()[0];
        assert!(
            file.read(&spec.name)
                .unwrap()
                .data
                .iter()
                .all(|&byte| byte == fill)
        );
    }
    let raw = fs::read(&path).unwrap();
    assert_eq!(raw[0] % 8, 0, "the tensors begin at a multiple of eight");
    assert!(raw[8..].starts_with(br#"{"__metadata__":{"format":"mlx"},"a.weight":{"dtype":"U32""#));
}

#[test]
fn an_unfinished_file_does_not_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("w.safetensors");
    let tensors = [
        TensorSpec::new("a", Dtype::F32, [2]),
        TensorSpec::new("b", Dtype::F32, [2]),
    ];
    let mut writer = SafetensorsWriter::create(&path, &tensors, &BTreeMap::new()).unwrap();
    writer.write("b", &[1; 8]).unwrap();
    let error = writer.finish().unwrap_err();
    assert!(matches!(error.fault, SafetensorsFault::Unwritten { tensor } if tensor == "a"));
    assert!(SafetensorsFile::open(&path).is_err());
}

#[test]
fn the_writer_takes_what_was_announced_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("w.safetensors");
    let spec = TensorSpec::new("a", Dtype::F32, [2]);
    let twice = [spec.clone(), spec.clone()];
    let error = SafetensorsWriter::create(&path, &twice, &BTreeMap::new()).unwrap_err();
    assert!(
        matches!(error.fault, SafetensorsFault::Duplicate { .. }),
        "{error}"
    );
    let huge = [TensorSpec::new("huge", Dtype::F32, [usize::MAX, 2])];
    assert!(SafetensorsWriter::create(&path, &huge, &BTreeMap::new()).is_err());
    assert!(!path.exists(), "a refused plan leaves nothing");

    let mut writer = SafetensorsWriter::create(&path, &[spec], &BTreeMap::new()).unwrap();
    let error = writer.write("a", &[0; 4]).unwrap_err();
    assert!(matches!(
        error.fault,
        SafetensorsFault::NotAsAnnounced {
            bytes: 4,
            announced: 8,
            ..
        }
    ));
    let error = writer.write("b", &[0; 8]).unwrap_err();
    assert!(
        matches!(error.fault, SafetensorsFault::Unannounced { .. }),
        "{error}"
    );
    writer.write("a", &[0; 8]).unwrap();
    let error = writer.write("a", &[0; 8]).unwrap_err();
    assert!(
        matches!(error.fault, SafetensorsFault::Unannounced { .. }),
        "{error}"
    );
    writer.finish().unwrap();
    let error = SafetensorsWriter::create(&path, &[], &BTreeMap::new()).unwrap_err();
    assert!(
        matches!(error.fault, SafetensorsFault::Io(_)),
        "an existing file is kept: {error}"
    );
}

#[test]
fn every_fault_of_a_header_is_named() {
    let one = r#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#;
    refused(&[], "the file ends at byte 0, inside its header");
    refused(
        &bytes(one, 8)[..20],
        "the file ends at byte 20, inside its header",
    );
    refused(
        b"version https://git-lfs.github.com/spec/v1\n",
        "git lfs pull",
    );
    refused(&[b'x'; 4096], "at most 100000000 is read");
    refused(&bytes("[]", 0), "the safetensors header is malformed");
    refused(
        &bytes(r#"{"a":{}}"#, 0),
        "the safetensors header is malformed",
    );
    refused(
        &bytes(r#"{"__metadata__":{"a":1}}"#, 0),
        "the safetensors header is malformed",
    );
    refused(
        &bytes(one, 7),
        "the tensor a ends at byte 70, the file at byte 69",
    );
    refused(
        &bytes(one, 10),
        "2 bytes after the last tensor belong to no tensor",
    );

    let tensors = |text: &str| text.replace("F32_", r#""dtype":"F32","shape"#);
    let cases = [
        (
            r#"{"a":{"dtype":"F8_E4M3","shape":[8],"data_offsets":[0,8]}}"#,
            "a has the unsupported type \"F8_E4M3\"",
        ),
        (
            r#"{"a":{F32_":[3],"data_offsets":[0,8]}}"#,
            "a of type F32 and shape [3] cannot have 8 bytes",
        ),
        (
            r#"{"a":{F32_":[2],"data_offsets":[0,8]},"b":{F32_":[0],"data_offsets":[8,0]}}"#,
            "b of type F32 and shape [0] cannot have -8 bytes",
        ),
        (
            r#"{"a":{F32_":[4611686018427387904,4],"data_offsets":[0,8]}}"#,
            "cannot have 8 bytes",
        ),
        (
            r#"{"a":{F32_":[2],"data_offsets":[0,8]},"b":{F32_":[1],"data_offsets":[4,8]}}"#,
            "the tensors b and a overlap",
        ),
        (
            r#"{"a":{F32_":[1],"data_offsets":[4,8]}}"#,
            "4 bytes before the tensor a belong to no tensor",
        ),
        (
            r#"{"a":{F32_":[2],"data_offsets":[0,8]},"a":{F32_":[0],"data_offsets":[8,8]}}"#,
            "the tensor a is there twice",
        ),
        (
            r#"{"a":{F32_":[2],"data_offsets":[0,18446744073709551615]}}"#,
            "the tensor a ends at byte 18446744073709551615",
        ),
    ];
    for (header, fault) in cases {
        refused(&bytes(&tensors(header), 8), fault);
    }
}

#[test]
fn a_shape_of_thousands_of_dimensions_is_refused() {
    let shape = vec!["1"; 5000].join(",");
    let header = format!(r#"{{"a":{{"dtype":"U8","shape":[{shape}],"data_offsets":[0,1]}}}}"#);
    let error = open(&bytes(&header, 1)).unwrap_err();
    let source = error.source().unwrap().to_string();
    assert!(
        source.starts_with("a: invalid length 65, expected at most 64 sizes"),
        "{source}"
    );
}

/// A damaged file opens (its names or numbers are others then) or is refused; it never panics.
#[test]
fn any_cut_and_any_changed_byte_is_survived() {
    let header = r#"{"__metadata__":{"k":"v"},"a":{"dtype":"F32","shape":[2,1],"data_offsets":[0,8]},"b":{"dtype":"U8","shape":[4],"data_offsets":[8,12]}}"#;
    let whole = bytes(header, 12);
    for cut in 0..whole.len() {
        assert!(open(&whole[..cut]).is_err(), "cut at {cut}");
    }
    let mut changed = whole.clone();
    for at in 0..8 + header.len() {
        for change in [0, b'"', b'9', 0xff] {
            changed[at] = change;
            if let Ok(file) = open(&changed) {
                for name in file.tensors().keys() {
                    file.read(name).unwrap();
                }
            }
        }
        changed[at] = whole[at];
    }
}

#[test]
fn a_file_that_shrinks_after_it_was_opened_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("w.safetensors");
    write(
        &path,
        &[TensorSpec::new("a", Dtype::F32, [1024])],
        &BTreeMap::new(),
    );
    let file = SafetensorsFile::open(&path).unwrap();
    let shorter = fs::OpenOptions::new().write(true).open(&path).unwrap();
    shorter.set_len(1000).unwrap();
    let error = file.read("a").unwrap_err();
    assert!(
        matches!(
            error.fault,
            SafetensorsFault::Truncated { length: 1000, .. }
        ),
        "{error}"
    );
}
