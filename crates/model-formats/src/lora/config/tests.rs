//! Configurations of mlx-lm and PEFT, of all versions that are about.

#![expect(clippy::float_cmp, reason = "the quotients are exact")]

use serde_json::json;

use super::*;

#[track_caller]
fn parse(config: &Value) -> Declared {
    Declared::parse(config.to_string().as_bytes()).unwrap()
}

#[track_caller]
fn refused(config: &Value, message: &str) {
    let error = Declared::parse(config.to_string().as_bytes()).expect_err(message);
    assert!(error.to_string().contains(message), "{error}");
}

fn peft(more: &Value) -> Value {
    let mut config = json!({
        "peft_type": "LORA",
        "r": 8,
        "lora_alpha": 16,
        "bias": "none",
        "modules_to_save": null,
        "use_dora": false,
        "rank_pattern": {},
        "layer_replication": null,
        "init_lora_weights": true,
        "runtime_config": {"ephemeral_gpu_offload": false},
    });
    let fields = config.as_object_mut().unwrap();
    for (field, value) in more.as_object().unwrap() {
        fields.insert(field.clone(), value.clone());
    }
    config
}

#[test]
fn mlx_lm_declares_rank_and_scale() {
    let declared = parse(&json!({
        "fine_tune_type": "lora",
        "lora_parameters": {"rank": 8, "dropout": 0.0, "scale": 20.0},
        "model": "mlx-community/some",
        "num_layers": 8,
    }));
    assert_eq!(declared.layout, Layout::MlxLm(Orientation::InputFirst));
    assert_eq!(declared.base_model.as_deref(), Some("mlx-community/some"));
    assert_eq!((declared.rank("any"), declared.scale("any")), (8, 20.0));
}

#[test]
fn rank_and_alpha_at_the_top_are_of_matrices_with_the_rank_first() {
    let declared = parse(&json!({"fine_tune_type": "lora", "rank": 16, "alpha": 32}));
    assert_eq!(declared.layout, Layout::MlxLm(Orientation::RankFirst));
    assert_eq!((declared.rank("any"), declared.scale("any")), (16, 2.0));
}

#[test]
fn what_mlx_lm_does_not_declare_is_not_guessed() {
    refused(&json!({}), "lacks lora_parameters.rank");
    refused(
        &json!({"lora_parameters": {"scale": 20.0}}),
        "lacks lora_parameters.rank",
    );
    refused(
        &json!({"lora_parameters": {"rank": 8}}),
        "lacks lora_parameters.scale",
    );
    refused(&json!({"rank": 8}), "lacks lora_parameters.scale");
    refused(
        &json!({"lora_parameters": {"rank": -8, "scale": 20}}),
        "malformed",
    );
    refused(
        &json!({"lora_parameters": {"rank": "8", "scale": 20}}),
        "malformed",
    );
    refused(&json!([]), "malformed");
}

#[test]
fn an_old_alpha_beside_a_scale_is_ambiguous_where_it_would_matter() {
    let config =
        |alpha: f64| json!({"lora_parameters": {"rank": 8, "alpha": alpha, "scale": 10.0}});
    refused(&config(16.0), "the scale 10 and the alpha 16");
    assert_eq!(parse(&config(8.0)).scale("any"), 10.0);
}

#[test]
fn other_kinds_of_fine_tunes_are_refused_by_name() {
    refused(&json!({"fine_tune_type": "dora"}), "DoRA is not supported");
    refused(
        &json!({"fine_tune_type": "full"}),
        "a full fine-tune is not supported",
    );
    refused(
        &json!({"fine_tune_type": "x"}),
        "the fine_tune_type \"x\" is not supported",
    );
}

#[test]
fn peft_declares_rank_and_alpha() {
    let declared = parse(&peft(&json!({"base_model_name_or_path": "org/some"})));
    assert_eq!(declared.layout, Layout::Peft);
    assert_eq!(declared.base_model.as_deref(), Some("org/some"));
    assert_eq!((declared.rank("any"), declared.scale("any")), (8, 2.0));
    let stabilised = parse(&peft(&json!({"use_rslora": true, "r": 16})));
    assert_eq!(stabilised.scale("any"), 4.0);
}

#[test]
fn patterns_give_modules_their_own_rank_and_alpha() {
    let config = r#"{"peft_type": "LORA", "r": 8, "lora_alpha": 16,
        "rank_pattern": {"v_proj": 4, "layers\\.[01]\\.mlp\\.(up|down)_proj": 2, "mlp.up_proj": 64},
        "alpha_pattern": {"^model.layers.0.self_attn.q_proj": 32, "v_proj": 4.5}}"#;
    let declared = Declared::parse(config.as_bytes()).unwrap();
    let of = |module| (declared.rank(module), declared.scale(module));
    assert_eq!(of("model.layers.0.self_attn.q_proj"), (8, 4.0));
    assert_eq!(of("model.layers.1.self_attn.q_proj"), (8, 2.0));
    assert_eq!(of("model.layers.1.self_attn.v_proj"), (4, 1.125));
    assert_eq!(
        of("model.layers.1.mlp.up_proj"),
        (2, 8.0),
        "the first pattern counts"
    );
    assert_eq!(of("model.layers.2.mlp.up_proj"), (64, 0.25));
    assert_eq!(
        of("model.layers.2.mlp.xup_proj"),
        (8, 2.0),
        "patterns begin at a dot"
    );
}

#[test]
fn patterns_that_are_no_expressions_or_grow_too_large_are_refused() {
    refused(
        &peft(&json!({"rank_pattern": {"(": 4}})),
        "the rank_pattern of adapter_config.json is not understood",
    );
    let huge = "(a{1000}){1000}";
    refused(
        &peft(&json!({"alpha_pattern": {huge: 4}})),
        "the alpha_pattern of adapter_config.json is not understood",
    );
    parse(&peft(&json!({"rank_pattern": null})));
    refused(&peft(&json!({"rank_pattern": [1]})), "malformed");
}

#[test]
fn what_peft_does_not_declare_is_not_guessed() {
    refused(&json!({"peft_type": "LORA", "lora_alpha": 16}), "lacks r");
    refused(&json!({"peft_type": "LORA", "r": 8}), "lacks lora_alpha");
}

#[test]
fn more_than_lora_is_refused_by_name() {
    let cases = [
        (json!({"peft_type": "LOHA"}), "the peft_type \"LOHA\""),
        (json!({"use_dora": true}), "DoRA"),
        (json!({"modules_to_save": ["lm_head"]}), "modules_to_save"),
        (json!({"bias": "lora_only"}), "trained biases"),
        (json!({"layer_replication": [[0, 4]]}), "layer_replication"),
        (
            json!({"trainable_token_indices": {"embed_tokens": [1]}}),
            "trained tokens",
        ),
        (
            json!({"alora_invocation_tokens": [1]}),
            "an invocation activates",
        ),
        (
            json!({"init_lora_weights": "pissa_niter_16"}),
            "\"pissa_niter_16\", which changes the base",
        ),
    ];
    for (more, message) in cases {
        refused(&peft(&more), message);
    }
    parse(&peft(
        &json!({"init_lora_weights": "gaussian", "modules_to_save": []}),
    ));
}
