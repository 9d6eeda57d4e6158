//! A file of answers of any bytes: every line that is not blank comes once, as an answer or as an error.

#![no_main]

use libfuzzer_sys::fuzz_target;
use ml_judge::{JsonLines, Response};

fuzz_target!(|bytes: &[u8]| {
    let most = bytes.split(|byte| *byte == b'\n').count();
    let lines = JsonLines::<Response>::new("answers", bytes).limit(200);
    assert!(lines.count() <= most);
});
