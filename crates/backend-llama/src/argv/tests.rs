//! The command line, case by case.

use std::num::NonZeroU32;

use super::*;

fn model() -> LlamaConfig {
    LlamaConfig::new("/m/smol.gguf")
}

fn n(value: u32) -> NonZeroU32 {
    NonZeroU32::new(value).unwrap()
}

#[track_caller]
fn check(config: &LlamaConfig, expected: &str) {
    let argv = argv(config, Path::new("/tmp/x/llama.sock")).unwrap();
    let argv: Vec<_> = argv
        .iter()
        .map(|argument| argument.to_str().unwrap())
        .collect();
    let all = format!("--model /m/smol.gguf --alias smol --host /tmp/x/llama.sock {expected}");
    assert_eq!(argv.join(" "), all.trim_end());
}

#[track_caller]
fn refused(config: &LlamaConfig) -> String {
    argv(config, Path::new("/s.sock")).unwrap_err().to_string()
}

#[test]
fn what_is_unset_is_left_to_the_server() {
    check(&model(), "");
}

#[test]
fn each_setting_becomes_its_argument() {
    check(&model().with_context_length(n(512)), "--ctx-size 512");
    check(&model().with_gpu_layers(-1), "--n-gpu-layers 999");
    check(&model().with_gpu_layers(0), "--n-gpu-layers 0");
    check(&model().with_parallel(n(3)), "--parallel 3");
    check(&model().with_threads(n(1)), "--threads 1");
    check(&model().with_extra_args(["-fa", "on"]), "-fa on");
}

#[test]
fn every_slot_gets_the_whole_context() {
    let config = model().with_context_length(n(2048)).with_parallel(n(2));
    check(&config, "--ctx-size 4096 --parallel 2");
}

#[test]
fn adapters_keep_their_order_and_scale() {
    let config = model()
        .with_adapter(LoraAdapter::new("/a:b.gguf"))
        .with_adapter(LoraAdapter::new("/b.gguf").with_scale(0.5))
        .with_adapter(LoraAdapter::new("/c.gguf").with_scale(-2.0));
    check(
        &config,
        "--lora /a:b.gguf --lora-scaled /b.gguf:0.5 --lora-scaled /c.gguf:-2",
    );
}

#[test]
fn the_path_of_an_adapter_is_one_field_of_csv() {
    for (path, written) in [
        ("/a b.gguf", "/a b.gguf"),
        ("/a,b.gguf", "\"/a,b.gguf\""),
        ("/\"", "\"/\"\"\""),
    ] {
        check(
            &model().with_adapter(LoraAdapter::new(path)),
            &format!("--lora {written}"),
        );
    }
    let scaled = LoraAdapter::new("/a,b.gguf").with_scale(2.0);
    check(
        &model().with_adapter(scaled),
        "--lora-scaled \"/a,b.gguf:2\"",
    );
}

#[test]
fn a_path_need_not_be_utf_8() {
    let path = OsString::from_vec(b"/m/\xff.gguf".to_vec());
    let config = LlamaConfig::new(path.clone());
    assert_eq!(argv(&config, Path::new("/s.sock")).unwrap()[1], path);
}

#[test]
fn an_argument_that_is_ours_is_refused_by_name() {
    for argument in [
        "--host",
        "--port",
        "--api-key",
        "-m",
        "--model",
        "--alias",
        "-c",
        "--ctx_size",
        "--parallel=4",
        "-ngl",
        "-t",
        "--lora",
        "--models-dir",
        "--embeddings",
        "--version",
        "--hf-repo",
    ] {
        let error = refused(&model().with_extra_args(["--no-warmup", argument, "1"]));
        assert!(error.contains(argument), "{argument}: {error}");
    }
}

#[test]
fn arguments_that_only_look_alike_pass() {
    check(
        &model().with_extra_args(["-tb", "2", "--model-draft", "d.gguf"]),
        "-tb 2 --model-draft d.gguf",
    );
}

#[test]
fn values_that_make_no_sense_are_refused() {
    assert!(refused(&LlamaConfig::new("")).contains("empty"));
    assert!(refused(&model().with_gpu_layers(-2)).contains("-2"));
    let endless = model()
        .with_context_length(n(u32::MAX))
        .with_parallel(n(u32::MAX));
    assert!(refused(&endless).contains("too long"));
    let lora = || LoraAdapter::new("/a:b.gguf");
    assert!(refused(&model().with_adapter(lora().with_scale(f32::NAN))).contains("NaN"));
    assert!(refused(&model().with_adapter(lora().with_scale(0.5))).contains("colon"));
    let twice = model().with_adapter(lora()).with_adapter(lora());
    assert!(refused(&twice).contains("a:b"));
}
