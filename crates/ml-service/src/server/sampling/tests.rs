//! What is read from the fields that both routes share.

use serde_json::json;

use super::*;

fn read(body: &Value) -> Result<Sampling, Failure> {
    let mut fields = Fields::parse(body.to_string().as_bytes())?;
    let sampling = take(&mut fields, &Limits::default())?;
    refuse_rest(fields).map(|()| sampling)
}

#[track_caller]
fn options(body: &Value) -> GenerateOptions {
    read(body).expect("accepted").options
}

#[test]
fn names_of_other_servers_mean_the_same() {
    let ours = json!({"repeat_penalty": 1.1, "repeat_last_n": 64, "max_tokens": 5});
    let theirs = json!({
        "repetition_penalty": 1.1, "repetition_context_size": 64, "max_completion_tokens": 5,
    });
    assert_eq!(options(&ours), options(&theirs));
    let sampling = read(&theirs).expect("accepted");
    assert_eq!(sampling.max_tokens_field, "max_completion_tokens");
}

#[test]
fn what_is_not_set_stays_unset() {
    assert_eq!(options(&json!({})), GenerateOptions::default());
    let nulls = json!({"temperature": null, "stop": null, "seed": null, "max_tokens": null});
    assert_eq!(options(&nulls), GenerateOptions::default());
}

#[test]
fn zero_and_less_keep_all_tokens() {
    for asked in [0, -1] {
        assert_eq!(options(&json!({"top_k": asked})).top_k, Some(0));
    }
    assert_eq!(options(&json!({"top_k": 40})).top_k, Some(40));
}

#[test]
fn forms_of_an_answer_become_schemas() {
    let schema = |format: Value| options(&json!({"response_format": format})).schema;
    assert_eq!(schema(json!({"type": "text"})), None);
    let any = schema(json!({"type": "json_object"}));
    assert_eq!(any, Some(json!({"type": "object"})));
    let named = json!({"name": "n", "schema": {"type": "array"}, "strict": true});
    let named = schema(json!({"type": "json_schema", "json_schema": named}));
    assert_eq!(named, Some(json!({"type": "array"})));
}

#[test]
fn a_stream_may_carry_usage() {
    let delivery = |body: &Value| read(body).expect("accepted").delivery;
    assert_eq!(delivery(&json!({})), Delivery::Whole);
    let stream = json!({"stream": true, "stream_options": {"include_usage": true}});
    let include_usage = true;
    assert_eq!(delivery(&stream), Delivery::Stream { include_usage });
}

#[test]
fn a_value_that_asks_for_something_is_not_neutral() {
    for (field, neutral, other) in [
        ("presence_penalty", json!(0), json!(0.1)),
        ("frequency_penalty", json!(0.0), json!(-1)),
        ("logit_bias", json!({}), json!({"1": 1})),
        ("echo", json!(false), json!(true)),
        ("best_of", json!(1), json!(2)),
        ("suffix", json!(""), json!("x")),
        ("parallel_tool_calls", json!(true), json!(false)),
        ("modalities", json!(["text"]), json!(["audio"])),
    ] {
        assert!(read(&json!({field: neutral})).is_ok(), "{field}");
        let refused = read(&json!({field: other})).expect_err("refused");
        assert_eq!(refused.error().param.as_deref(), Some(field));
    }
}
