//! What a real llama-server wrote when it did not start, and what it means.

use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::time::Instant;

use super::*;

const MODEL: &str = "/m/smol.gguf";

fn diagnosed(output: &str) -> StartErrorKind {
    let lines: Vec<_> = output.lines().map(str::to_owned).collect();
    let exit = Exit {
        status: Some(ExitStatus::from_raw(1 << 8)),
        at: Instant::now(),
    };
    diagnose(&lines, Path::new(MODEL), exit)
}

#[track_caller]
fn model(output: &str, expected: ModelProblem) {
    let StartErrorKind::Model {
        path,
        problem,
        detail,
    } = diagnosed(output)
    else {
        panic!("{output} is {:?}", diagnosed(output));
    };
    assert_eq!(
        (path.as_path(), problem),
        (Path::new(MODEL), expected),
        "{output}"
    );
    assert!(
        output.contains(&detail) && !detail.starts_with("0.00"),
        "{detail}"
    );
}

#[test]
fn the_trouble_with_a_model_is_told() {
    model(
        "0.00.004.468 E common_fit_params: encountered an error while trying to fit params to free device memory: failed to load model
0.00.004.472 E gguf_init_from_file: failed to open GGUF file '/m/smol.gguf' (No such file or directory)
0.00.004.476 E llama_model_load: error loading model: llama_model_loader: failed to load model from /m/smol.gguf
0.00.004.876 E srv  llama_server: exiting due to model loading error",
        ModelProblem::Missing,
    );
    model(
        "0.00.004.472 E gguf_init_from_file: failed to open GGUF file '/m/smol.gguf' (Permission denied)",
        ModelProblem::Unreadable,
    );
    model(
        "0.00.005.239 E gguf_init_from_reader: invalid magic characters: 'XXXX', expected 'GGUF'",
        ModelProblem::NotGguf,
    );
    model(
        "0.00.004.824 E gguf_init_from_reader: failed to read magic",
        ModelProblem::NotGguf,
    );
    model(
        "0.00.006.300 E gguf_init_from_reader: this GGUF file is version 99 but this software only supports up to version 3
0.00.006.312 E gguf_init_from_reader: failed to read header",
        ModelProblem::Version,
    );
    model(
        "0.00.024.769 E llama_model_load: error loading model: tensor 'blk.16.ffn_down.weight' data is not within the file bounds, model is corrupted or incomplete",
        ModelProblem::Damaged,
    );
    model(
        "0.00.006.754 E gguf_init_from_reader: failed to read key-value pairs",
        ModelProblem::Damaged,
    );
    model(
        "llama_model_load: error loading model: error loading model architecture: unknown model architecture: 'x'",
        ModelProblem::Architecture,
    );
    model(
        "llama_model_load: error loading model: missing tensor 'x'",
        ModelProblem::Other,
    );
}

#[test]
fn an_adapter_is_not_taken_for_the_model() {
    for output in [
        "0.00.181.780 E gguf_init_from_reader: failed to read magic
0.00.181.900 E llama_adapter_lora_init_from_file_ptr: failed to apply lora adapter: failed to load lora adapter from file",
        "0.00.229.967 E llama_adapter_lora_init: failed to open '/a.gguf': No such file or directory
0.00.229.978 E cmn  common_init_: failed to load lora adapter '/a.gguf'",
    ] {
        let StartErrorKind::Adapter { detail } = diagnosed(output) else {
            panic!("{output} is {:?}", diagnosed(output));
        };
        assert!(detail.starts_with("llama_adapter"), "{detail}");
    }
}

#[test]
fn arguments_sockets_and_memory_are_told() {
    let argument = diagnosed("error: invalid argument: --nope");
    assert!(argument.to_string().contains("--nope"));
    let value = diagnosed("error while handling argument \"-c\": stoi\n\nusage:\n");
    assert!(matches!(value, StartErrorKind::Argument { .. }));
    let socket = diagnosed(
        "0.00.002.280 E srv         start: couldn't bind HTTP server socket, hostname: /x.sock, port: 1",
    );
    assert!(matches!(socket, StartErrorKind::Socket { .. }));
    for output in [
        "0.00.256.163 E ggml_backend_cpu_buffer_type_alloc_buffer: failed to allocate buffer of size 188743680",
        "ggml_backend_cuda_buffer_type_alloc_buffer: allocating 9.00 MiB on device 0: cudaMalloc failed: out of memory",
        "llama_model_load: error loading model: mmap failed: Cannot allocate memory",
        "ggml/src/ggml.c:1644: GGML_ASSERT(ctx->mem_buffer != NULL) failed",
        "terminate called after throwing an instance of 'std::bad_alloc'",
    ] {
        assert!(
            matches!(diagnosed(output), StartErrorKind::OutOfMemory { .. }),
            "{output}"
        );
    }
}

#[test]
fn what_is_unknown_keeps_its_exit() {
    for output in ["", "llama_server: hello", "error"] {
        assert!(
            matches!(diagnosed(output), StartErrorKind::Exited { .. }),
            "{output}"
        );
    }
}
