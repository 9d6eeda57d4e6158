//! A GGUF file of any bytes: opened as a file and as a model, and all that it claims to have read.

#![no_main]

use std::io::Write as _;

use libfuzzer_sys::fuzz_target;
use model_formats::{GgufFile, GgufModel, Precision};

fuzz_target!(|bytes: &[u8]| {
    let mut file = tempfile::NamedTempFile::new().expect("a file can be made");
    file.write_all(bytes).expect("it can be written");
    if let Ok(file) = GgufFile::open(file.path()) {
        for name in file.tensors().keys() {
            file.read(name).expect("what was checked can be read");
        }
    }
    let Ok(model) = GgufModel::open(file.path(), Precision::AsStored) else {
        return;
    };
    let _ = model.tokenizer();
    let _ = model.tokenizer_config();
    for weight in model.weights() {
        if let Ok(parts) = model.read(&weight.name) {
            let shapes: Vec<_> = weight.parts().into_iter().map(|part| part.shape).collect();
            let read: Vec<_> = parts.into_iter().map(|(_, tensor)| tensor.shape).collect();
            assert_eq!(read, shapes);
        }
    }
});
