//! GGUF models that are not converted: each is refused by the name of what is wrong.

use std::error::Error;

use model_formats::{GgufFault, GgufFileError, GgufModel, Precision};
use proptest::prelude::*;

use crate::gguf_blocks::tiny_llama;
use crate::gguf_bytes::{GgufBytes, f32s, save};

const F32: u32 = 0;

#[track_caller]
fn check(file: &GgufBytes, message: &str) {
    let (_folder, path) = file.save();
    let error = GgufModel::open(path, Precision::AsStored).expect_err("the model is refused");
    assert!(error.fault.to_string().contains(message), "{error}");
    assert!(error.source().is_none(), "{error:?}");
}

/// The metadata of the tiny model under another architecture.
fn renamed(architecture: &str) -> GgufBytes {
    let key = |name: &str| format!("{architecture}.{name}");
    tiny_llama()
        .text("general.architecture", architecture)
        .u32(&key("block_count"), 1)
        .u32(&key("context_length"), 64)
        .u32(&key("embedding_length"), 4)
        .u32(&key("feed_forward_length"), 4)
        .u32(&key("attention.head_count"), 1)
        .f32(&key("attention.layer_norm_rms_epsilon"), 1e-5)
}

#[test]
fn the_tiny_model_itself_is_fine() {
    let (_folder, path) = tiny_llama().save();
    let model = GgufModel::open(&path, Precision::AsStored).unwrap();
    assert_eq!(model.path(), path);
    assert_eq!(model.weights().len(), 11);
    assert_eq!(model.config()["rope_theta"], 10_000.0);
    assert_eq!(model.config()["tie_word_embeddings"], true);
    assert_eq!(model.chat_template(), None);
    assert_eq!(model.tokenizer_config().get("chat_template"), None);
    let fault = model.read("model.embed_tokens").unwrap_err().fault;
    assert!(matches!(fault, GgufFault::NoSuchTensor { .. }), "{fault}");
}

#[test]
fn other_architectures_and_parts_of_models() {
    let none = tiny_llama().without("general.architecture");
    check(&none, "general.architecture is missing");
    check(
        &renamed("mamba"),
        "the architecture mamba is not supported, only llama,",
    );
    check(
        &tiny_llama().u32("split.count", 3),
        "split into 3 files: join them",
    );
    let whole = tiny_llama().u32("split.count", 1).save();
    GgufModel::open(whole.1, Precision::AsStored).unwrap();
}

#[test]
fn tensors_that_are_missing_or_too_many() {
    for tensor in [
        "token_embd.weight",
        "output_norm.weight",
        "blk.0.attn_k.weight",
    ] {
        let message = format!("the tensor {tensor} is missing");
        check(&tiny_llama().without_tensor(tensor), &message);
    }
    let layers = tiny_llama().u32("llama.block_count", (1 << 31) - 1);
    check(&layers, "the tensor blk.1.attn_norm.weight is missing");
    for tensor in [
        "blk.0.ffn_gate_exps.weight",
        "blk.1.attn_q.weight",
        "v.patch_embd.weight",
    ] {
        let message = format!("the tensor {tensor} is none of a llama model");
        check(&tiny_llama().tensor(tensor, &[1], F32, &[0; 4]), &message);
    }
    let biased = tiny_llama().tensor("blk.0.attn_norm.bias", &[4], F32, &[0; 16]);
    check(
        &biased,
        "the tensor blk.0.attn_norm.bias is none of a llama model",
    );
}

#[test]
fn tensors_of_the_wrong_shape() {
    let shaped = |tensor: &str, shape: &[u64]| {
        let numbers = usize::try_from(shape.iter().product::<u64>()).unwrap();
        let data = f32s(&vec![0.0; numbers]);
        tiny_llama()
            .without_tensor(tensor)
            .tensor(tensor, shape, F32, &data)
    };
    let norm = shaped("blk.0.attn_norm.weight", &[1, 4]);
    check(
        &norm,
        "attn_norm.weight has the shape [1, 4], not one of 1 dimensions",
    );
    check(
        &shaped("token_embd.weight", &[16]),
        "has the shape [16], not one of 2 dimensions",
    );
    check(
        &shaped("blk.0.ffn_up.weight", &[1, 4, 4]),
        "has the shape [1, 4, 4], not one of 2",
    );
    for rows in [0, 3] {
        let queries = shaped("blk.0.attn_q.weight", &[rows, 4]);
        check(&queries, "not 1 heads of an even size");
    }
    let heads = tiny_llama()
        .u32("llama.attention.head_count", (1 << 31) - 1)
        .u32("llama.embedding_length", (1 << 31) - 1);
    check(&heads, "not 2147483647 heads of an even size");
    check(
        &shaped("token_embd.weight", &[3, 4]),
        "token_embd.weight has 3 entries for 4 tokens",
    );
}

#[test]
fn settings_that_are_missing_or_senseless() {
    for name in [
        "block_count",
        "context_length",
        "embedding_length",
        "feed_forward_length",
        "attention.head_count",
        "attention.layer_norm_rms_epsilon",
    ] {
        let key = format!("llama.{name}");
        check(
            &tiny_llama().without(&key),
            &format!("the metadata key {key} is missing"),
        );
        check(
            &tiny_llama().text(&key, "4"),
            &format!("the metadata key {key} is not a"),
        );
    }
    for size in [0, u32::MAX] {
        let context = tiny_llama().u32("llama.context_length", size);
        check(
            &context,
            "llama.context_length is not a positive number below 2^31",
        );
    }
    let per_layer = tiny_llama().i32s("llama.attention.head_count", &[1]);
    check(
        &per_layer,
        "llama.attention.head_count is not a positive number",
    );
    for number in [f32::NAN, f32::INFINITY] {
        let base = tiny_llama().f32("llama.rope.freq_base", number);
        check(&base, "llama.rope.freq_base is not a finite number");
    }
    let values = tiny_llama().u32("llama.attention.value_length", 2);
    check(
        &values,
        "llama.attention.value_length = 2, which is not converted",
    );
    let narrow = tiny_llama()
        .u32("llama.embedding_length", 1)
        .u32("llama.attention.head_count", 2);
    check(&narrow, "more heads than the model is wide");
}

#[test]
fn settings_that_hugging_faces_form_has_not() {
    for (name, value) in [
        ("attention.scale", 0.5),
        ("embedding_scale", 12.0),
        ("logit_scale", 0.1),
        ("residual_scale", 0.2),
    ] {
        let key = format!("llama.{name}");
        let file = tiny_llama().f32(&key, value);
        check(&file, &format!("the model has {key} = {value}"));
    }
    check(
        &tiny_llama().u32("llama.expert_count", 8),
        "llama.expert_count = 8",
    );
    check(
        &tiny_llama().text("llama.logit_scale", "?"),
        "llama.logit_scale = something",
    );
    check(
        &tiny_llama().bool("llama.attention.causal", false),
        "llama.attention.causal = false",
    );
    let neutral = tiny_llama()
        .u32("llama.expert_count", 0)
        .f32("llama.logit_scale", 1.0)
        .bool("llama.attention.causal", true)
        .save();
    GgufModel::open(neutral.1, Precision::AsStored).unwrap();
}

#[test]
fn scalings_of_the_rotary_embedding_that_are_not_known() {
    let scaled = |kind: &str| tiny_llama().text("llama.rope.scaling.type", kind);
    check(&scaled("dynamic"), "llama.rope.scaling.type = dynamic");
    check(&scaled("longrope"), "llama.rope.scaling.type = longrope");
    check(&scaled("yarn"), "llama.rope.scaling.type = yarn");
    let extrapolated = scaled("yarn")
        .f32("llama.rope.scaling.factor", 4.0)
        .f32("llama.rope.scaling.yarn_ext_factor", 0.5);
    check(&extrapolated, "yarn_ext_factor = 0.5");
    let factors = |shape: &[u64], numbers: &[f32]| {
        tiny_llama().tensor("rope_freqs.weight", shape, F32, &f32s(numbers))
    };
    check(
        &factors(&[2], &[1.0, 7.5]),
        "rope_freqs.weight = factors that are not those of Llama 3",
    );
    check(
        &factors(&[3], &[1.0, 1.0, 8.0]),
        "factors that are not those of Llama 3",
    );
    check(
        &factors(&[1, 2], &[1.0, 8.0]),
        "rope_freqs.weight has the shape [1, 2]",
    );
    check(
        &factors(&[2], &[f32::NAN, 1.0]),
        "factors that are not those of Llama 3",
    );
    let both = factors(&[2], &[1.0, 1.0])
        .text("llama.rope.scaling.type", "yarn")
        .f32("llama.rope.scaling.factor", 4.0);
    check(&both, "llama.rope.scaling.type = yarn");
    let many = 1 << 13;
    check(
        &factors(&[many], &vec![1.0; 1 << 13]),
        "rope_freqs.weight has the shape [8192]",
    );
}

#[test]
fn a_window_pattern_is_a_number_or_regular() {
    let key = "gemma3.attention.sliding_window_pattern";
    let pattern = |locals: &[u8]| {
        let (_folder, path) = gemma3(7).array(key, 7, locals.len() as u64, locals).save();
        let model = GgufModel::open(path, Precision::AsStored)?;
        Ok::<_, GgufFileError>(model.config()["sliding_window_pattern"].as_u64().unwrap())
    };
    assert_eq!(pattern(&[1, 1, 0, 1, 1, 0, 1]).unwrap(), 3);
    assert_eq!(pattern(&[1, 0, 1, 0, 1, 0, 1]).unwrap(), 2);
    assert_eq!(pattern(&[0; 7]).unwrap(), 1);
    assert_eq!(pattern(&[1; 7]).unwrap(), 8);
    for irregular in [&[1, 0, 0, 1, 1, 0, 1][..], &[1, 0, 1], &[]] {
        let fault = pattern(irregular).unwrap_err().fault;
        assert!(
            fault.to_string().contains("an irregular pattern"),
            "{fault}"
        );
    }
    let (_folder, path) = gemma3(1).u32(key, 4).save();
    let model = GgufModel::open(path, Precision::AsStored).unwrap();
    assert_eq!(model.config()["sliding_window_pattern"], 4);
    let (_folder, path) = gemma3(1).u32("gemma3.attention.sliding_window", 0).save();
    let model = GgufModel::open(path, Precision::AsStored).unwrap();
    assert_eq!(model.config()["sliding_window_pattern"], 1);
}

/// The tiny model as one of Gemma 3's, with so many layers.
fn gemma3(layers: u32) -> GgufBytes {
    let mut file = renamed("gemma3")
        .u32("gemma3.block_count", layers)
        .u32("gemma3.attention.sliding_window", 16);
    for layer in 0..layers {
        for norm in [
            "attn_norm",
            "attn_q_norm",
            "attn_k_norm",
            "post_attention_norm",
            "ffn_norm",
            "post_ffw_norm",
        ] {
            let name = format!("blk.{layer}.{norm}.weight");
            file = file
                .without_tensor(&name)
                .tensor(&name, &[4], F32, &[0; 16]);
        }
        for matrix in [
            "attn_q",
            "attn_k",
            "attn_v",
            "attn_output",
            "ffn_gate",
            "ffn_up",
            "ffn_down",
        ] {
            let name = format!("blk.{layer}.{matrix}.weight");
            file = file
                .without_tensor(&name)
                .tensor(&name, &[4, 4], F32, &[0; 64]);
        }
    }
    file
}

proptest! {
    #[test]
    fn flipped_bytes_never_panic(at: prop::sample::Index, byte: u8) {
        let mut file = tiny_llama().bytes();
        let at = at.index(file.len());
        file[at] = byte;
        try_everything(&file);
    }

    #[test]
    fn random_settings_never_panic(sizes: [u32; 5], numbers: [f32; 3], kind in 0_usize..4) {
        let [layers, heads, key_heads, width, window] = sizes.map(|size| size >> (size % 32));
        let architecture = ["llama", "qwen2", "gemma2", "phi3"][kind];
        let key = |name: &str| format!("{architecture}.{name}");
        let file = renamed(architecture)
            .u32(&key("block_count"), layers)
            .u32(&key("attention.head_count"), heads)
            .u32(&key("attention.head_count_kv"), key_heads)
            .u32(&key("embedding_length"), width)
            .u32(&key("attention.sliding_window"), window)
            .f32(&key("rope.freq_base"), numbers[0])
            .f32(&key("rope.scaling.factor"), numbers[1])
            .tensor("rope_freqs.weight", &[2], F32, &f32s(&numbers[1..]));
        try_everything(&file.bytes());
    }
}

fn try_everything(file: &[u8]) {
    let (_folder, path) = save(file);
    let Ok(model) = GgufModel::open(path, Precision::F16) else {
        return;
    };
    let _ = model.tokenizer();
    let _ = (model.tokenizer_config(), model.generation_config());
    for weight in model.weights() {
        let parts = weight.parts();
        if let Ok(read) = model.read(&weight.name) {
            for (spec, (_, tensor)) in parts.iter().zip(read) {
                assert_eq!(spec.byte_len(), Some(tensor.data.len()));
            }
        }
    }
}
