//! Bodies as each dialect wants them.

use super::*;

fn body_of(dialect: Dialect, prompt: Prompt, options: GenerateOptions) -> Result<Value, Error> {
    let config = HttpConfig::new("http://h").model("m");
    let request = Request::new(&config, dialect, prompt, options, None)?;
    Ok(serde_json::from_slice(&request.body).expect("JSON"))
}

fn chat(dialect: Dialect, options: GenerateOptions) -> Value {
    body_of(dialect, Prompt::user("hi"), options).expect("a body")
}

fn text(dialect: Dialect, options: GenerateOptions) -> Value {
    body_of(dialect, Prompt::text("hi"), options).expect("a body")
}

#[test]
fn unset_options_are_the_librarys_defaults_and_nothing_else() {
    assert_eq!(
        chat(Dialect::OpenAi, GenerateOptions::default()),
        json!({
            "model": "m", "messages": [{"role": "user", "content": "hi"}],
            "stream": true, "stream_options": {"include_usage": true},
            "max_tokens": 256, "temperature": 0.0,
        })
    );
    let body = text(Dialect::OpenAi, GenerateOptions::default());
    assert_eq!(
        (&body["prompt"], &body["messages"]),
        (&json!("hi"), &Value::Null)
    );
}

#[test]
fn a_server_with_defaults_of_its_own_is_told_to_use_none() {
    let body = chat(Dialect::LlamaServer, GenerateOptions::default());
    assert_eq!(
        body["samplers"],
        json!(["penalties", "top_k", "top_p", "min_p", "temperature"])
    );
    assert_eq!(
        (&body["top_k"], &body["repeat_penalty"]),
        (&json!(0), &json!(1.0))
    );
    let body = chat(Dialect::Vllm, GenerateOptions::default());
    assert_eq!((&body["top_k"], &body["top_p"]), (&json!(-1), &json!(1.0)));
}

#[test]
fn every_sampling_option_has_the_dialects_name() {
    let options = GenerateOptions::default()
        .max_tokens(100)
        .temperature(0.8)
        .top_k(40)
        .top_p(0.9)
        .min_p(0.05)
        .repeat_penalty(1.1)
        .repeat_window(32)
        .seed(7)
        .stop(["END"]);
    let llama = chat(Dialect::LlamaServer, options.clone());
    let mlx = chat(Dialect::MlxLm, options);
    for (name, value) in [
        ("max_tokens", json!(100)),
        ("temperature", json!(0.8)),
        ("top_k", json!(40)),
        ("top_p", json!(0.9)),
        ("min_p", json!(0.05)),
        ("seed", json!(7)),
        ("stop", json!(["END"])),
    ] {
        assert_eq!(llama[name], value, "{name}");
        assert_eq!(mlx[name], value, "{name}");
    }
    assert_eq!(
        (&llama["repeat_penalty"], &llama["repeat_last_n"]),
        (&json!(1.1), &json!(32))
    );
    assert_eq!(
        (&mlx["repetition_penalty"], &mlx["repetition_context_size"]),
        (&json!(1.1), &json!(32))
    );
}

#[test]
fn a_penalty_alone_has_the_default_window_where_there_is_one() {
    let penalty = GenerateOptions::default()
        .repeat_penalty(1.3)
        .resolve(EntryPoint::Chat);
    let llama = chat(Dialect::LlamaServer, penalty.clone());
    assert_eq!(
        (&llama["repeat_penalty"], &llama["repeat_last_n"]),
        (&json!(1.3), &json!(64))
    );
    assert!(
        penalty
            .require("http", |kind| Dialect::Vllm.supports(kind))
            .is_ok()
    );
    assert_eq!(chat(Dialect::Vllm, penalty)["repetition_penalty"], 1.3);
}

#[test]
fn values_that_mean_off_are_spelled_as_the_server_wants_them() {
    let off = GenerateOptions::default().top_k(0);
    assert_eq!(chat(Dialect::Vllm, off.clone())["top_k"], -1);
    assert_eq!(chat(Dialect::LlamaServer, off)["top_k"], 0);
    let none = GenerateOptions::default()
        .repeat_penalty(1.3)
        .repeat_window(0);
    let body = chat(Dialect::MlxLm, none);
    assert_eq!(body["repetition_penalty"], 1.0);
    assert_eq!(body["repetition_context_size"], Value::Null);
    assert_eq!(
        chat(Dialect::OpenAi, GenerateOptions::default().stop([""; 0]))["stop"],
        Value::Null
    );
}

#[test]
fn no_limit_is_told_in_the_servers_way() {
    let free = || GenerateOptions::default().max_tokens(u32::MAX);
    assert!(
        !chat(Dialect::OpenAi, free())
            .as_object()
            .expect("object")
            .contains_key("max_tokens")
    );
    assert_eq!(chat(Dialect::LlamaServer, free())["max_tokens"], -1);
    let vllm = text(Dialect::Vllm, free());
    assert_eq!(vllm.get("max_tokens"), Some(&Value::Null));
    let error = body_of(Dialect::OpenAi, Prompt::text("hi"), free()).expect_err("refused");
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert!(error.message().contains("max_tokens"), "{error}");
}

#[test]
fn seeds_fold_into_the_servers_range() {
    let seed = |dialect, seed| chat(dialect, GenerateOptions::default().seed(seed))["seed"].clone();
    assert_eq!(seed(Dialect::LlamaServer, u64::from(u32::MAX)), 1);
    assert_eq!(seed(Dialect::OpenAi, u64::from(u32::MAX)), u32::MAX);
    assert!(seed(Dialect::OpenAi, u64::MAX).as_i64().is_some());
}

#[test]
fn logprobs_take_the_shape_of_the_route() {
    let some = GenerateOptions::default().logprobs(3);
    let body = chat(Dialect::OpenAi, some.clone());
    assert_eq!(
        (&body["logprobs"], &body["top_logprobs"]),
        (&json!(true), &json!(3))
    );
    let body = text(Dialect::OpenAi, some);
    assert_eq!(
        (&body["logprobs"], &body["top_logprobs"]),
        (&json!(3), &Value::Null)
    );
    let none = GenerateOptions::default().logprobs(0);
    assert_eq!(chat(Dialect::LlamaServer, none)["top_logprobs"], 1);
}

#[test]
fn a_schema_goes_where_the_route_takes_it() {
    let schema = json!({"type": "object"});
    let options = GenerateOptions::default().schema(schema.clone());
    let body = chat(Dialect::OpenAi, options.clone());
    assert_eq!(body["response_format"]["json_schema"]["schema"], schema);
    assert_eq!(
        text(Dialect::LlamaServer, options.clone())["json_schema"],
        schema
    );
    let error = body_of(Dialect::OpenAi, Prompt::text("hi"), options).expect_err("refused");
    assert!(
        error.message().contains("schema with a raw prompt"),
        "{error}"
    );
}

#[test]
fn tools_and_tool_turns_have_their_wire_form() {
    let tool = Tool {
        name: "clock".to_owned(),
        description: String::new(),
        parameters: json!({"type": "object"}),
    };
    let call = inference_core::ToolCall {
        id: "c1".to_owned(),
        name: "clock".to_owned(),
        arguments: "{}".to_owned(),
    };
    let messages = vec![
        Message::user("time?"),
        Message::assistant("").with_tool_calls(vec![call]),
        Message::tool("c1", "noon"),
    ];
    let options = GenerateOptions::default().tools(vec![tool]);
    let body = body_of(Dialect::OpenAi, Prompt::Chat(messages), options).expect("a body");
    assert_eq!(
        body["tools"],
        json!([{"type": "function",
                "function": {"name": "clock", "parameters": {"type": "object"}}}])
    );
    assert_eq!(
        body["messages"][1],
        json!({"role": "assistant", "content": null, "tool_calls": [
            {"id": "c1", "type": "function", "function": {"name": "clock", "arguments": "{}"}}]})
    );
    assert_eq!(
        body["messages"][2],
        json!({"role": "tool", "content": "noon", "tool_call_id": "c1"})
    );
}

#[test]
fn a_tool_that_must_be_called_is_named() {
    let tool = |name: &str| Tool {
        name: name.to_owned(),
        description: String::new(),
        parameters: json!({}),
    };
    let both = GenerateOptions::default().tools(vec![tool("clock"), tool("map")]);
    let named = json!({"type": "function", "function": {"name": "map"}});
    for (choice, wire) in [
        (ToolChoice::Required, json!("required")),
        (ToolChoice::Named("map".to_owned()), named),
    ] {
        let options = both.clone().tool_choice(choice);
        let body = body_of(Dialect::OpenAi, Prompt::user("time?"), options).expect("a body");
        assert_eq!(body["tool_choice"], wire);
        assert_eq!(body["tools"].as_array().map(Vec::len), Some(2));
    }
}

#[test]
fn a_raw_prompt_is_refused_where_it_would_not_stay_raw() {
    let error = body_of(
        Dialect::Ollama,
        Prompt::text("hi"),
        GenerateOptions::default(),
    )
    .expect_err("refused");
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert!(error.message().contains("messages"), "{error}");
}

#[test]
fn an_adapter_is_a_model_for_vllm_and_a_list_for_llama_server() {
    let options = GenerateOptions::default().model("base").adapter("tuned");
    assert_eq!(chat(Dialect::Vllm, options.clone())["model"], "tuned");
    let config = HttpConfig::new("http://h");
    let lora = json!([{"id": 0, "scale": 1.0}]);
    let dialect = Dialect::LlamaServer;
    let request = Request::new(
        &config,
        dialect,
        Prompt::user("hi"),
        options,
        Some(lora.clone()),
    )
    .expect("a body");
    let body: Value = serde_json::from_slice(&request.body).expect("JSON");
    assert_eq!(body["lora"], lora);
}

#[test]
fn extra_fields_win_and_null_removes() {
    let config = HttpConfig::new("http://h")
        .extra_body("top_a", 0.5)
        .extra_body("temperature", 1)
        .extra_body("max_tokens", Value::Null);
    let options = GenerateOptions::default();
    let request =
        Request::new(&config, Dialect::OpenAi, Prompt::user("hi"), options, None).expect("a body");
    let body: Value = serde_json::from_slice(&request.body).expect("JSON");
    assert_eq!(
        (&body["top_a"], &body["temperature"]),
        (&json!(0.5), &json!(1))
    );
    assert!(!body.as_object().expect("object").contains_key("max_tokens"));
}

#[test]
fn more_stop_strings_than_the_server_takes_still_end_the_answer_here() {
    let config = HttpConfig::new("http://h");
    let options = GenerateOptions::default().stop(["a", "b", "c", "d", "e"]);
    let request =
        Request::new(&config, Dialect::OpenAi, Prompt::user("hi"), options, None).expect("a body");
    let body: Value = serde_json::from_slice(&request.body).expect("JSON");
    assert_eq!(body["stop"], json!(["a", "b", "c", "d"]));
    assert_eq!(request.stop.len(), 5);
}
