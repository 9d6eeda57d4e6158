//! What is read from the body of a chat.

use serde_json::{Value, json};

use super::*;

fn read(messages: &Value, more: Value) -> Result<Ask, Failure> {
    let mut body = json!({"messages": messages});
    let Value::Object(more) = more else {
        panic!("fields are an object");
    };
    body.as_object_mut().expect("an object").extend(more);
    ask(
        Fields::parse(body.to_string().as_bytes())?,
        &Limits::default(),
    )
}

#[test]
fn turns_become_messages() {
    let call = json!({"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}});
    let messages = json!([
        {"role": "developer", "content": "be brief"},
        {"role": "user", "content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]},
        {"role": "assistant", "content": null, "tool_calls": [call], "refusal": null},
        {"role": "tool", "tool_call_id": "c", "name": "f", "content": "1"},
    ]);
    let ask = read(&messages, json!({})).expect("accepted");
    let call = ToolCall {
        id: "c".to_owned(),
        name: "f".to_owned(),
        arguments: "{}".to_owned(),
    };
    let expected = vec![
        Message::system("be brief"),
        Message::user("ab"),
        Message::assistant("").with_tool_calls(vec![call]),
        Message::tool("c", "1"),
    ];
    assert_eq!(ask.prompts, [Prompt::Chat(expected)]);
}

#[test]
fn a_speakers_name_is_refused() {
    let messages = json!([{"role": "user", "content": "x", "name": "ada"}]);
    let refused = read(&messages, json!({})).expect_err("refused");
    assert_eq!(refused.error().param.as_deref(), Some("messages[0].name"));
}

#[test]
fn tools_are_passed_on_unless_none_is_to_be_called() {
    let user = || json!([{"role": "user", "content": "x"}]);
    let tools = json!([{"type": "function", "function": {"name": "clock"}}]);
    let ask = read(&user(), json!({"tools": tools})).expect("accepted");
    let passed = ask.sampling.options.tools.expect("tools");
    assert_eq!(passed[0].name, "clock");
    assert_eq!(passed[0].parameters["type"], "object");
    let none = json!({"tools": tools, "tool_choice": "none"});
    assert_eq!(
        read(&user(), none)
            .expect("accepted")
            .sampling
            .options
            .tools,
        None
    );
}

#[test]
fn the_tool_that_has_to_be_called_is_one_of_the_tools() {
    let user = || json!([{"role": "user", "content": "x"}]);
    let tools = json!([{"type": "function", "function": {"name": "clock"}}]);
    let named = |name: &str| json!({"type": "function", "function": {"name": name}});
    let with = |tools: &Value, choice: Value| {
        let asked = read(&user(), json!({"tools": tools, "tool_choice": choice}));
        asked.map(|ask| ask.sampling.options.tool_choice)
    };
    for (choice, expected) in [
        (json!("auto"), None),
        (json!("required"), Some(ToolChoice::Required)),
        (named("clock"), Some(ToolChoice::Named("clock".to_owned()))),
    ] {
        assert_eq!(with(&tools, choice).expect("accepted"), expected);
    }
    for (tools, choice) in [(&tools, named("watch")), (&json!([]), json!("required"))] {
        let refused = with(tools, choice).expect_err("refused");
        assert_eq!(refused.error().param.as_deref(), Some("tool_choice"));
    }
}
