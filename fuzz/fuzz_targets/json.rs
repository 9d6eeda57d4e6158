//! A judge's reply of any text.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|reply: &str| {
    let mut end = 0;
    for object in ml_judge::json::objects(reply) {
        assert!(object.range.start >= end && object.range.end > object.range.start);
        end = object.range.end;
        assert!(reply[object.range].starts_with('{'));
    }
});
