//! A safetensors file of any bytes: opened, and every tensor that it claims to have read.

#![no_main]

use std::io::Write as _;

use libfuzzer_sys::fuzz_target;
use model_formats::SafetensorsFile;

fuzz_target!(|bytes: &[u8]| {
    let mut file = tempfile::NamedTempFile::new().expect("a file can be made");
    file.write_all(bytes).expect("it can be written");
    let Ok(file) = SafetensorsFile::open(file.path()) else {
        return;
    };
    for (name, info) in file.tensors() {
        let tensor = file.read(name).expect("what was checked can be read");
        assert_eq!(tensor.data.len(), info.len);
    }
});
