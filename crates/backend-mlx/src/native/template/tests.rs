//! Templates beside what transformers makes of them, and templates that harm.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use inference_core::{Error, ErrorKind, GgufHeader, ToolCall};
use jiff::tz::TimeZone;
use serde::Deserialize;
use serde_json::json;

use super::*;
use crate::native::cached::cached;

/// What transformers makes of the conversations; see xtask/oracle/templates.py.
#[derive(Debug, Deserialize)]
struct Golden {
    /// Where the template is in the cache, if it is not ours.
    file: Option<String>,
    tokens: BTreeMap<String, String>,
    answers: BTreeMap<String, Answers>,
}

#[derive(Debug, Deserialize)]
struct Answers {
    /// Of the conversation as it is.
    strict: Answer,
    /// Of the conversation whose system message is part of the first turn, where the template
    /// has no place for one.
    merged: Option<Answer>,
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Answer {
    Prompt(String),
    Raised(String),
    /// With an exception of this name.
    Failed(String),
}

/// A message as the goldens have it.
#[derive(Debug, Deserialize)]
struct Turn {
    role: inference_core::Role,
    content: String,
    #[serde(default)]
    tool_calls: Vec<ToolCall>,
    tool_call_id: Option<String>,
}

impl From<Turn> for Message {
    fn from(turn: Turn) -> Self {
        let message = match turn.tool_call_id {
            Some(id) => Self::tool(id, turn.content),
            None => Self::new(turn.role, turn.content),
        };
        message.with_tool_calls(turn.tool_calls)
    }
}

fn goldens() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/templates")
}

fn read(name: &str) -> String {
    let path = goldens().join(name);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Name, template and golden.
fn templates() -> Vec<(String, String, Golden)> {
    let entries = fs::read_dir(goldens()).expect("the goldens");
    let files = entries.map(|entry| entry.expect("a file").file_name());
    let files = files.map(|name| name.into_string().expect("a name"));
    let files = files.filter(|name| name != "conversations.json");
    let names = files.filter_map(|name| Some(name.strip_suffix(".json")?.to_owned()));
    let templates: Vec<_> = names
        .map(|name| {
            let golden: Golden =
                serde_json::from_str(&read(&format!("{name}.json"))).expect("a golden");
            let source = match &golden.file {
                None => read(&format!("{name}.jinja")),
                Some(file) => source(&cached(file)),
            };
            (name, source, golden)
        })
        .collect();
    assert_eq!(templates.len(), 10, "{templates:?}");
    templates
}

/// The template in a file.
fn source(path: &Path) -> String {
    if path
        .extension()
        .is_some_and(|extension| extension == "gguf")
    {
        let header = GgufHeader::open(path).expect("a model");
        return header.chat_template.expect("a template");
    }
    fs::read_to_string(path).expect("a text")
}

fn clock() -> Zoned {
    jiff::civil::date(2026, 3, 5)
        .at(14, 7, 9, 0)
        .to_zoned(TimeZone::UTC)
        .expect("a time")
}

fn compiled(source: &str, tokens: &BTreeMap<String, String>) -> Compiled {
    Compiled::new(source, tokens, clock).expect("a template")
}

fn answer(rendered: Result<String, TemplateError>) -> Answer {
    match rendered {
        Ok(prompt) => Answer::Prompt(prompt),
        Err(TemplateError::Raised { message }) => Answer::Raised(message),
        Err(other) => Answer::Failed(other.to_string()),
    }
}

#[track_caller]
fn template(source: &str) -> ChatTemplate {
    ChatTemplate::new(source, &BTreeMap::new(), clock)
}

#[track_caller]
fn rendered(source: &str, messages: &[Message]) -> String {
    template(source).render(messages).expect("renders")
}

#[track_caller]
fn refused(source: &str) -> TemplateError {
    let template = template(source);
    template
        .render(&[Message::user("hello")])
        .expect_err("refused")
}

#[test]
fn every_conversation_is_what_transformers_makes_of_it() {
    let conversations: BTreeMap<String, Vec<Turn>> =
        serde_json::from_str(&read("conversations.json")).expect("conversations");
    let conversations: BTreeMap<String, Vec<Message>> = conversations
        .into_iter()
        .map(|(name, turns)| (name, turns.into_iter().map(Message::from).collect()))
        .collect();
    for (name, source, golden) in templates() {
        assert_eq!(golden.answers.len(), conversations.len(), "{name}");
        for (conversation, answers) in golden.answers {
            let messages = &conversations[&conversation];
            let strict = answer(compiled(&source, &golden.tokens).render(messages));
            assert_eq!(strict, answers.strict, "{name}, {conversation}");
            let template = ChatTemplate::new(&source, &golden.tokens, clock);
            let expected = answers.merged.unwrap_or(answers.strict);
            assert_eq!(
                answer(template.render(messages)),
                expected,
                "{name}, {conversation}"
            );
        }
    }
}

#[test]
fn a_system_message_without_a_place_goes_before_the_first_turn() {
    let silent = "{% for m in messages %}{% if m.role != 'system' %}{{ m.role }}: {{ m.content }};\
                  {% endif %}{% endfor %}";
    let raising = "{% if messages[0].role == 'system' %}{{ raise_exception('no') }}{% endif %}\
                   {% for m in messages %}{{ m.role }}: {{ m.content }};{% endfor %}";
    let native = "{% for m in messages %}{{ m.role }}: {{ m.content }};{% endfor %}";
    let messages = [
        Message::system("Be brief."),
        Message::user("Hi"),
        Message::assistant("Hello"),
    ];
    for source in [silent, raising] {
        assert_eq!(
            rendered(source, &messages),
            "user: Be brief.\n\nHi;assistant: Hello;"
        );
        assert_eq!(
            rendered(source, &[Message::system(""), Message::user("Hi")]),
            "user: Hi;"
        );
    }
    assert_eq!(
        rendered(native, &messages),
        "system: Be brief.;user: Hi;assistant: Hello;"
    );
    let error = template(raising).render(&[Message::system("alone")]);
    let error = Error::from(error.expect_err("there is no turn to put it in"));
    assert_eq!(error.kind(), ErrorKind::InvalidRequest);
    assert_eq!(
        error.message(),
        "the model's chat template refuses the conversation: no"
    );
}

#[test]
fn files_come_before_tokenizer_config_and_its_default_before_others() {
    let find = |file: Option<&str>, config: serde_json::Value| {
        let texts = Texts {
            chat_template: file.map(str::to_owned),
            tokenizer_config: Some(json!({ "chat_template": config })),
            ..Texts::default()
        };
        let template = ChatTemplate::load(&texts, &BTreeMap::new());
        template.render(&[Message::user("")]).ok()
    };
    let named = json!([
        { "name": "tool_use", "template": "tools" },
        { "name": "default", "template": "default" },
    ]);
    assert_eq!(find(Some("file"), json!("config")).as_deref(), Some("file"));
    assert_eq!(find(None, json!("config")).as_deref(), Some("config"));
    assert_eq!(find(None, named).as_deref(), Some("default"));
    assert_eq!(
        find(None, json!([{ "name": "tool_use", "template": "tools" }])),
        None
    );
}

#[test]
fn a_model_without_a_template_names_the_raw_way() {
    let absent = ChatTemplate::load(&Texts::default(), &BTreeMap::new());
    assert!(!absent.exists());
    let error = Error::from(absent.render(&[Message::user("hi")]).expect_err("refused"));
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert!(error.message().contains("raw prompt"), "{error}");
}

#[test]
fn dates_are_those_of_the_clock() {
    let source = "{{ strftime_now('%d %b %Y') }} {{ strftime_now('%Y-%m-%d %H:%M:%S %A') }}";
    assert_eq!(
        rendered(source, &[]),
        "05 Mar 2026 2026-03-05 14:07:09 Thursday"
    );
    let error = refused("{{ strftime_now('%é') }}");
    assert!(matches!(error, TemplateError::Failed(_)), "{error:?}");
}

#[test]
fn json_is_that_of_python() {
    let call = |arguments: &str| {
        let call = ToolCall {
            id: "1".to_owned(),
            name: "f".to_owned(),
            arguments: arguments.to_owned(),
        };
        [Message::assistant("").with_tool_calls(vec![call])]
    };
    let arguments = r#"{"z": [1, 2.5, 1e300, -0.0, []], "a": {"<é>": "\"\\\n\u0001😀'&"}, "n": null, "t": true, "o": {}}"#;
    // json.dumps of the same in Python 3.11, without and with these options.
    for (options, expected) in [
        (
            "",
            r#"{"z": [1, 2.5, 1e+300, -0.0, []], "a": {"<é>": "\"\\\n\u0001😀'&"}, "n": null, "t": true, "o": {}}"#,
        ),
        (
            "ensure_ascii=true, sort_keys=true, separators=[',', ':']",
            r#"{"a":{"<\u00e9>":"\"\\\n\u0001\ud83d\ude00'&"},"n":null,"o":{},"t":true,"z":[1,2.5,1e+300,-0.0,[]]}"#,
        ),
        (
            "indent=2",
            "{\n  \"z\": [\n    1,\n    2.5,\n    1e+300,\n    -0.0,\n    []\n  ],\n  \"a\": {\n    \
          \"<é>\": \"\\\"\\\\\\n\\u0001😀'&\"\n  },\n  \"n\": null,\n  \"t\": true,\n  \"o\": {}\n}",
        ),
    ] {
        let source =
            format!("{{{{ messages[0].tool_calls[0].function.arguments | tojson({options}) }}}}");
        assert_eq!(rendered(&source, &call(arguments)), expected, "{options}");
    }
    let source = "{{ messages[0].tool_calls[0].function.arguments is string }}";
    assert_eq!(rendered(source, &call("{broken")), "True");
    assert_eq!(rendered(source, &call("[1]")), "True");
    assert_eq!(rendered(source, &call("{}")), "False");
    for wrong in ["indent=65", "separators=['a']", "magic=1"] {
        let error = refused(&format!("{{{{ messages | tojson({wrong}) }}}}"));
        assert!(matches!(error, TemplateError::Failed(_)), "{error:?}");
    }
}

#[test]
fn the_dialect_is_that_of_transformers() {
    let messages = [Message::user("a"), Message::user("b"), Message::user("c")];
    for (source, expected) in [
        (
            "{% for m in messages %}{% if loop.index > 2 %}{% break %}{% endif %}{{ m.content }}{% endfor %}",
            "ab",
        ),
        (
            "{% for m in messages %}{% if m.content == 'b' %}{% continue %}{% endif %}{{ m.content }}{% endfor %}",
            "ac",
        ),
        (
            "{% for m in messages %}{% generation %}{{ m.content }}{% endgeneration %}{% endfor %}",
            "abc",
        ),
        (
            "{% for m in messages %}{{ loop.previtem.content if not loop.first }}{% endfor %}",
            "ab",
        ),
        ("  {% if true %}\n x\n  {% endif %}\ny\n", " x\ny"),
        (
            "{{ messages[::-1] | map(attribute='content') | join(',') }}",
            "c,b,a",
        ),
        (
            "{{ tools is none }} {{ documents is none }} {{ nothing is defined }} {{ none }}",
            "True True False None",
        ),
        (
            "{{ '<b>' ~ 1.0 }} {{ 'a b'.split(' ')[-1].upper() }}",
            "<b>1.0 B",
        ),
        (
            "{% set ns = namespace(n=0) %}{% for m in messages %}{% set ns.n = ns.n + 1 %}{% endfor %}{{ ns.n }}",
            "3",
        ),
        ("{% macro f(x) %}[{{ x }}]{% endmacro %}{{ f('y') }}", "[y]"),
        ("{{ dict(a=1) | tojson }}", r#"{"a": 1}"#),
        (
            "{{ tools is iterable }} {{ messages is iterable }} {{ 'x' is iterable }}",
            "False True True",
        ),
    ] {
        assert_eq!(rendered(source, &messages), expected, "{source}");
    }
}

#[test]
fn templates_that_do_not_end_or_grow_are_stopped() {
    for source in [
        "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}",
        "{% macro f(x) %}{{ f(x) }}{{ f(x) }}{% endmacro %}{{ f(1) }}",
        "{% set ns = namespace(x='xx') %}{% for a in range(99999) %}{% set ns.x = ns.x ~ ns.x %}{% endfor %}",
        "{% set ns = namespace(x=[1]) %}{% for a in range(99) %}{% set ns.x = [ns.x, ns.x] %}{% endfor %}{{ ns.x | tojson }}",
        "{% set ns = namespace(x=[1]) %}{% for a in range(99) %}{% set ns.x = [ns.x, ns.x] %}{% endfor %}{{ ns.x }}",
        "{% set ns = namespace(x=[1]) %}{% for a in range(99) %}{% set ns.x = [ns.x, ns.x] %}{% endfor %}{{ ns.x | string | length }}",
        "{% set ns = namespace(x=['']) %}{% for a in range(99) %}{% set ns.x = {'': ns.x, ' ': ns.x} %}{% endfor %}{{ ns.x }}",
        "{% set x = 'x' * 50000 %}{% set ns = namespace(x=[x]) %}{% for a in range(99) %}{% set ns.x = [ns.x, ns.x] %}{% endfor %}{{ ns.x | tojson }}",
        "{{ 'x' * 999999999 }}",
        "{{ '%999999999d' % 1 }}",
        "{{ 'x'.replace('', 'y' * 99999).replace('', 'y' * 99999) }}",
        "{{ messages | tojson(indent=64) * 9999999 }}",
    ] {
        let error = refused(source);
        let stopped = matches!(
            error,
            TemplateError::Endless { .. } | TemplateError::Failed(_)
        );
        assert!(stopped, "{source}: {error:?}");
        assert_eq!(Error::from(error).kind(), ErrorKind::InvalidModel);
    }
}

#[test]
fn long_conversations_are_not_taken_for_endless_ones() {
    let turns = |count, text: &str| -> Vec<Message> {
        (0..count)
            .flat_map(|_| [Message::user(text), Message::assistant(text)])
            .collect()
    };
    for (_, source, golden) in templates() {
        let template = ChatTemplate::new(&source, &golden.tokens, clock);
        template.render(&turns(600, "")).expect("many turns");
        template
            .render(&turns(1, &"long ".repeat(400_000)))
            .expect("long ones");
    }
}

#[test]
fn broken_templates_are_refused_when_they_are_used() {
    for source in [
        "{% if %}",
        "{{ a",
        "{% endfor %}",
        "{% magic %}",
        &"(".repeat(100_000),
    ] {
        let source = format!("{{{{ 1 }}}}{source}{{{{ {source}");
        let template = template(&source);
        assert!(template.exists());
        let error = template.render(&[Message::user("x")]).expect_err("refused");
        assert!(matches!(error, TemplateError::Syntax(_)), "{error:?}");
    }
    let error = refused("{{ messages[0].nothing.more }}");
    assert!(matches!(error, TemplateError::Failed(_)), "{error:?}");
    let error = Error::from(error);
    assert!(std::error::Error::source(&error).is_some(), "{error:?}");
}
