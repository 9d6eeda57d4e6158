//! Configurations written in several ways.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::spec;
use crate::native::network::Spec;

fn read(config: &Value) -> Spec {
    spec(config).expect("the configuration is sound")
}

/// The fields of one object and of another.
fn joined(one: &Value, other: &Value) -> Value {
    let mut joined = one.clone();
    let fields = other.as_object().expect("an object").clone();
    joined.as_object_mut().expect("an object").extend(fields);
    joined
}

fn sizes(model_type: &str) -> Value {
    json!({
        "model_type": model_type,
        "vocab_size": 256,
        "hidden_size": 64,
        "intermediate_size": 96,
        "num_hidden_layers": 8,
        "num_attention_heads": 4,
        "max_position_embeddings": 1024,
        "rms_norm_eps": 1e-6,
    })
}

#[track_caller]
fn check_same(base: &Value, older: &Value, newer: &Value) {
    assert_eq!(read(&joined(base, older)), read(&joined(base, newer)));
}

#[test]
fn newer_configurations_have_the_rotary_embedding_in_one_place() {
    let scaling = json!({"rope_type": "llama3", "factor": 8.0});
    check_same(
        &sizes("llama"),
        &json!({"rope_theta": 500_000.0, "rope_scaling": scaling.clone()}),
        &json!({"rope_parameters": joined(&scaling, &json!({"rope_theta": 500_000.0}))}),
    );
    check_same(
        &sizes("phi3"),
        &json!({"rope_theta": 5000.0, "partial_rotary_factor": 0.5}),
        &json!({"rope_parameters": {
            "rope_type": "default", "rope_theta": 5000.0, "partial_rotary_factor": 0.5,
        }}),
    );
    check_same(
        &sizes("gemma3_text"),
        &json!({
            "rope_theta": 5e5,
            "rope_local_base_freq": 5e3,
            "rope_scaling": {"rope_type": "linear", "factor": 8.0},
        }),
        &json!({"rope_parameters": {
            "full_attention": {"rope_type": "linear", "factor": 8.0, "rope_theta": 5e5},
            "sliding_attention": {"rope_type": "default", "rope_theta": 5e3},
        }}),
    );
}

#[test]
fn gemma_2_caps_where_its_configuration_is_silent_and_not_where_it_says_null() {
    let base = joined(&sizes("gemma2"), &json!({"head_dim": 16}));
    let silent = read(&base);
    let caps = (silent.attention_softcap, silent.logit_softcap);
    assert_eq!(caps, (Some(50.0), Some(30.0)));
    let null = json!({"attn_logit_softcapping": null, "final_logit_softcapping": null});
    let spoken = read(&joined(&base, &null));
    assert_eq!(
        (spoken.attention_softcap, spoken.logit_softcap),
        (None, None)
    );
}

#[test]
fn windows_go_to_the_layers_that_the_family_says() {
    let windows = |model_type: &str, fields: Value| {
        let windowed = read(&joined(&sizes(model_type), &fields)).layers;
        let marks = windowed.iter().map(|layer| match layer.window {
            Some(window) => {
                assert_eq!(window, 32);
                'w'
            }
            None => '.',
        });
        marks.collect::<String>()
    };
    let window = || json!({"sliding_window": 32});
    assert_eq!(windows("llama", window()), "........");
    assert_eq!(windows("mistral", window()), "wwwwwwww");
    assert_eq!(
        windows("mistral", json!({"sliding_window": null})),
        "........"
    );
    assert_eq!(windows("phi3", window()), "wwwwwwww");
    assert_eq!(windows("gemma2", window()), "w.w.w.w.");
    assert_eq!(windows("gemma3_text", window()), "wwwww.ww");
    for model_type in ["qwen2", "qwen3"] {
        assert_eq!(windows(model_type, window()), "........");
        let used = joined(&window(), &json!({"use_sliding_window": true}));
        assert_eq!(windows(model_type, used.clone()), "........");
        let upper = joined(&used, &json!({"max_window_layers": 5}));
        assert_eq!(windows(model_type, upper), ".....www");
        let all = joined(&used, &json!({"max_window_layers": 0}));
        assert_eq!(windows(model_type, all), "wwwwwwww");
    }
}

/// Fields that any family reads.
const FIELDS: [&str; 31] = [
    "model_type",
    "vocab_size",
    "hidden_size",
    "intermediate_size",
    "num_hidden_layers",
    "num_attention_heads",
    "num_key_value_heads",
    "head_dim",
    "max_position_embeddings",
    "original_max_position_embeddings",
    "rms_norm_eps",
    "rope_theta",
    "rope_local_base_freq",
    "rope_scaling",
    "rope_parameters",
    "rope_traditional",
    "partial_rotary_factor",
    "tie_word_embeddings",
    "attention_bias",
    "mlp_bias",
    "hidden_act",
    "hidden_activation",
    "layer_types",
    "sliding_window",
    "sliding_window_pattern",
    "use_sliding_window",
    "max_window_layers",
    "query_pre_attn_scalar",
    "attn_logit_softcapping",
    "final_logit_softcapping",
    "text_config",
];

fn any_value() -> impl Strategy<Value = Value> {
    let numbers = [
        0,
        1,
        2,
        3,
        1 << 12,
        1 << 24,
        (1 << 24) + 1,
        1 << 31,
        1 << 62,
    ];
    prop_oneof![
        prop::sample::select(numbers.map(|number: i64| json!(number)).to_vec()),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<bool>().prop_map(Value::from),
        prop::sample::select(vec![
            json!(null),
            json!(u64::MAX),
            json!([]),
            json!({}),
            json!("silu"),
            json!(["full_attention", "sliding_attention"]),
            json!({"rope_type": "linear", "factor": 1e-40}),
            json!({"rope_type": "llama3", "factor": 8, "low_freq_factor": 4}),
            json!({"type": "longrope", "long_factor": [1, 1, 1, 1, 1, 1, 1, 1]}),
            json!({"full_attention": 1, "sliding_attention": {"rope_theta": {}}}),
            json!({"hidden_size": 64}),
        ]),
    ]
}

proptest! {
    #[test]
    fn no_configuration_does_more_than_be_refused(
        family in prop::sample::select(vec![
            "llama", "mistral", "qwen2", "qwen3", "gemma2", "gemma3", "gemma3_text", "phi3",
        ]),
        fields in prop::collection::btree_map(
            prop::sample::select(FIELDS.to_vec()), any_value(), 0..5,
        ),
    ) {
        let config = joined(&sizes(family), &json!(fields));
        if let Ok(spec) = spec(&config) {
            prop_assert!(spec.inventory().len() > spec.layers.len());
        }
    }
}
