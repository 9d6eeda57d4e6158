//! Files that do not fit are refused, each with the name of what is wrong.

use serde_json::{Value, json};

use super::model::{Golden, Stated};
use crate::native::load_error::LoadError;

const QUERY: &str = "model.layers.1.self_attn.q_proj";

#[track_caller]
fn check(case: &Golden, expected: &str) {
    let error = case.try_load().expect_err("it is refused");
    assert_eq!(error.to_string(), expected);
}

/// The case with a field of its configuration set, or taken away by null.
fn with(case: &Golden, field: &str, value: Value) -> Golden {
    let mut case = case.clone();
    case.config[field] = value;
    case
}

#[track_caller]
fn check_field(field: &str, value: Value, expected: &str) {
    check(&with(&llama(), field, value), expected);
}

fn llama() -> Golden {
    Golden::case("llama", "untied")
}

fn quantised() -> Golden {
    Golden::case("quantised", "4 bits in groups of 64")
}

impl Golden {
    fn without_tensor(mut self, name: &str) -> Self {
        self.tensors.retain_mut(|tensor| tensor.name_mut() != name);
        self
    }

    fn tensor(&mut self, name: &str) -> &mut Stated {
        let mut tensors = self.tensors.iter_mut();
        let tensor = tensors.find_map(|tensor| (tensor.name_mut() == name).then_some(tensor));
        tensor.expect("the model has this tensor")
    }
}

#[test]
fn a_missing_tensor() {
    for name in [
        "model.embed_tokens.weight",
        "model.layers.2.mlp.down_proj.weight",
        "model.layers.0.input_layernorm.weight",
        "model.norm.weight",
        "lm_head.weight",
    ] {
        let expected = format!("the tensor {name} is missing");
        check(&llama().without_tensor(name), &expected);
    }
    let bias = "model.layers.0.self_attn.q_proj.bias";
    let without = Golden::case("qwen2", "untied").without_tensor(bias);
    check(&without, &format!("the tensor {bias} is missing"));
    // What has scales is quantised.
    for part in ["weight", "biases"] {
        let name = format!("model.layers.0.mlp.up_proj.{part}");
        let expected = format!("the tensor {name} is missing");
        check(&quantised().without_tensor(&name), &expected);
    }
}

#[test]
fn a_tensor_that_nothing_needs() {
    let mut case = llama();
    let name = "model.layers.1.self_attn.q_proj.bias".to_owned();
    case.tensors.push(Stated::Numbers(name, vec![64], 0.0, 0.0));
    check(
        &case,
        "the tensor model.layers.1.self_attn.q_proj.bias has no place in the architecture that \
         the configuration names",
    );
    let mut case = llama();
    case.config["num_hidden_layers"] = json!(2);
    let error = case.try_load().expect_err("a layer is left over");
    assert!(matches!(error, LoadError::UnknownTensor { .. }), "{error}");
}

#[test]
fn tensors_beside_the_text_model_are_not_looked_at() {
    let mut case = Golden::case("gemma3", "text within a model that sees pictures");
    let name = "vision_tower.embeddings.weight".to_owned();
    case.tensors.push(Stated::Numbers(name, vec![7], 0.0, 0.0));
    case.load();
    let mut case = llama();
    let name = "model.layers.0.self_attn.rotary_emb.inv_freq".to_owned();
    case.tensors.push(Stated::Numbers(name, vec![8], 0.0, 0.0));
    case.load();
}

#[test]
fn a_tensor_of_another_shape() {
    let mut case = llama();
    *case.tensor(&format!("{QUERY}.weight")).shape_mut() = vec![64, 32];
    check(
        &case,
        "the tensor model.layers.1.self_attn.q_proj.weight has the shape [64, 32], but the \
         configuration says [64, 64]",
    );
    let mut case = llama();
    *case.tensor("model.norm.weight").shape_mut() = vec![1, 64];
    check(
        &case,
        "the tensor model.norm.weight has the shape [1, 64], but the configuration says [64]",
    );
    let mut case = quantised();
    *case.tensor("lm_head.scales").shape_mut() = vec![128, 4];
    check(
        &case,
        "the tensor lm_head.scales has the shape [128, 4], but the configuration says [128, 2]",
    );
    check(
        &with(
            &quantised(),
            "quantization",
            json!({"bits": 8, "group_size": 64}),
        ),
        "the tensor model.embed_tokens.weight has the shape [128, 16], but the configuration \
         says [128, 32]",
    );
}

#[test]
fn a_tensor_of_another_type() {
    let words = |name: &str, shape| Stated::Words(name.to_owned(), shape);
    let mut case = llama();
    *case.tensor("model.norm.weight") = words("model.norm.weight", vec![64]);
    check(
        &case,
        "the tensor model.norm.weight has the type U32, but must be F16, BF16 or F32",
    );
    let mut case = quantised();
    let name = "lm_head.weight";
    *case.tensor(name) = Stated::Numbers(name.to_owned(), vec![128, 16], 0.0, 1.0);
    check(
        &case,
        "the tensor lm_head.weight has the type F32, but must be U32",
    );
}

#[test]
fn a_missing_field() {
    for field in [
        "model_type",
        "vocab_size",
        "hidden_size",
        "intermediate_size",
        "num_hidden_layers",
        "num_attention_heads",
        "max_position_embeddings",
        "rms_norm_eps",
    ] {
        let expected = format!("config.json: {field} is missing");
        check_field(field, Value::Null, &expected);
    }
    let mut case = llama();
    case.config = json!([]);
    check(&case, "config.json: model_type is missing");
}

#[test]
fn a_missing_field_of_a_nested_configuration() {
    let mut case = Golden::case("gemma3", "text within a model that sees pictures");
    case.config["text_config"]["hidden_size"] = Value::Null;
    let expected = "config.json: text_config.hidden_size is missing";
    check(&case, expected);
}

#[test]
fn a_field_of_the_wrong_kind() {
    let size = "a whole number of 1 to 16777216";
    let number = "a number above 0";
    for (field, value, expected) in [
        ("model_type", json!(5), "a text"),
        ("vocab_size", json!("256"), size),
        ("vocab_size", json!(0), size),
        ("hidden_size", json!(-64), size),
        ("hidden_size", json!(64.5), size),
        ("num_hidden_layers", json!(1_u64 << 60), size),
        ("intermediate_size", json!(u64::MAX), size),
        ("max_position_embeddings", json!(1e300), size),
        ("rms_norm_eps", json!(0), number),
        ("rms_norm_eps", json!(1e300), number),
        ("rope_theta", json!(-1.0), number),
        ("rope_theta", json!(1e300), number),
        ("rope_scaling", json!(2), "an object"),
        ("attention_bias", json!("yes"), "true or false"),
        ("layer_types", json!([1]), "a list of texts"),
        ("hidden_act", json!({}), "a text"),
    ] {
        let expected = format!("config.json: {field} is {value}, but must be {expected}");
        check_field(field, value, &expected);
    }
    let long = json!("x".repeat(1000));
    let shown = format!("\"{}…", "x".repeat(59));
    let expected = format!("config.json: vocab_size is {shown}, but must be {size}");
    check_field("vocab_size", long, &expected);
}

#[test]
fn numbers_that_do_not_go_together() {
    check_field(
        "num_key_value_heads",
        json!(3),
        "config.json: num_key_value_heads is 3, which does not divide 4",
    );
    check_field(
        "num_attention_heads",
        json!(128),
        "config.json: num_attention_heads is 128, but must be at most the hidden_size of 64",
    );
    check_field(
        "head_dim",
        json!(15),
        "config.json: head_dim is 15, of which 15 cannot be rotated in pairs",
    );
    check_field(
        "partial_rotary_factor",
        json!(1e9),
        "config.json: head_dim is 16, of which 16000000000 cannot be rotated in pairs",
    );
    check_field(
        "layer_types",
        json!(["full_attention"]),
        "config.json: layer_types names 1 layers of 3",
    );
    let sliding = ["sliding_attention"; 3];
    check_field(
        "layer_types",
        json!(sliding),
        "config.json: sliding_window is missing",
    );
}

#[test]
fn sizes_that_no_model_has() {
    check_field(
        "num_hidden_layers",
        json!(1025),
        "config.json: num_hidden_layers is 1025, but must be at most 1024",
    );
    check_field(
        "head_dim",
        json!(8192),
        "config.json: head_dim is 8192, but must be at most 4096",
    );
    let mut case = with(&llama(), "head_dim", json!(4096));
    case.config["num_attention_heads"] = json!(8192);
    check(
        &case,
        "config.json: num_attention_heads times head_dim is more than 16777216",
    );
    let mut case = llama();
    for field in ["vocab_size", "hidden_size", "intermediate_size"] {
        case.config[field] = json!(1 << 24);
    }
    case.config["num_attention_heads"] = json!(1 << 14);
    check(
        &case,
        "the tensor model.embed_tokens.weight has the shape [256, 64], but the configuration \
         says [16777216, 16777216]",
    );
}

#[test]
fn what_is_not_supported() {
    check_field(
        "model_type",
        json!("mamba"),
        "the architecture mamba is not supported; these are: llama, mistral, qwen2, qwen3, \
         gemma2, gemma3, gemma3_text, phi3",
    );
    check_field(
        "hidden_act",
        json!("relu"),
        "config.json: hidden_act is relu, which is not supported",
    );
    check_field(
        "rope_traditional",
        json!(true),
        "config.json: rope_traditional is true, which is not supported",
    );
    check_field(
        "rope_scaling",
        json!({"rope_type": "yarn", "factor": 4.0}),
        "config.json: rope_scaling.rope_type is yarn, which is not supported",
    );
    check_field(
        "layer_types",
        json!(["chunked_attention", "full_attention", "full_attention"]),
        "config.json: layer_types is chunked_attention, which is not supported",
    );
    let gemma = Golden::case("gemma3", "text");
    check(
        &with(&gemma, "use_bidirectional_attention", json!(true)),
        "config.json: use_bidirectional_attention is true, which is not supported",
    );
}

#[test]
fn a_rotary_embedding_that_lacks_something() {
    check_field(
        "rope_scaling",
        json!({"type": "linear"}),
        "config.json: rope_scaling.factor is missing",
    );
    check_field(
        "rope_scaling",
        json!({"rope_type": "llama3"}),
        "config.json: rope_scaling.factor is missing",
    );
    check_field(
        "rope_scaling",
        json!({"rope_type": "longrope", "long_factor": [1.0, 2.0]}),
        "config.json: rope_scaling.long_factor has 2 numbers, but must have 8",
    );
    check_field(
        "rope_scaling",
        json!({"rope_type": "longrope", "long_factor": [0.0]}),
        "config.json: rope_scaling.long_factor is [0.0], but must be a list of numbers above 0",
    );
    check_field(
        "rope_parameters",
        json!({"rope_type": "longrope", "long_factor": [1, 1, 1, 1, 1, 1, 1, 1]}),
        "config.json: original_max_position_embeddings is missing",
    );
}

#[test]
fn a_quantisation_that_does_not_fit() {
    check(
        &with(&quantised(), "quantization", Value::Null),
        "config.json: quantization is missing, but model.embed_tokens is quantised",
    );
    check(
        &with(&quantised(), "quantization", json!(4)),
        "config.json: quantization is not an object",
    );
    let mut case = quantised();
    case.config["quantization"]["model.layers.0.mlp.up_proj"] = json!({"bits": 4});
    check(
        &case,
        "config.json: quantization.model.layers.0.mlp.up_proj.group_size is missing",
    );
    let mut case = Golden::case("llama", "untied");
    case.config["quantization"] = json!({"bits": 4, "group_size": 128});
    let name = "model.embed_tokens.scales".to_owned();
    case.tensors.push(Stated::Numbers(name, vec![1], 0.0, 1.0));
    check(
        &case,
        "config.json: quantization.group_size is 128, which does not divide the 64 of \
         model.embed_tokens",
    );
}

#[test]
fn a_load_can_be_given_up_between_tensors() {
    let mut seen = Vec::new();
    let given_up = llama().load_with(&mut |done, all| {
        seen.push((done, all));
        if done == 7 {
            Err(LoadError::Aborted)
        } else {
            Ok(())
        }
    });
    let error = given_up.expect_err("it was given up");
    assert_eq!(error.to_string(), "the load was given up");
    // Nine tensors in each of three layers, the embedding, the norm and the output layer.
    let expected: Vec<_> = (0..=7).map(|done| (done, 3 * 9 + 3)).collect();
    assert_eq!(seen, expected);
}
