//! What is set, what is refused and what unset options become.

use super::*;

fn full() -> GenerateOptions {
    GenerateOptions::default()
        .model("m")
        .adapter("a")
        .max_tokens(1)
        .temperature(0.5)
        .top_k(4)
        .top_p(0.9)
        .min_p(0.1)
        .repeat_penalty(1.1)
        .repeat_window(8)
        .seed(7)
        .stop(["END"])
        .stop_tokens([2])
        .logprobs(3)
        .schema(serde_json::json!({"type": "object"}))
        .tools(vec![Tool {
            name: "clock".to_owned(),
            description: String::new(),
            parameters: serde_json::json!({}),
        }])
        .tool_choice(ToolChoice::Required)
}

#[test]
fn every_field_has_its_kind() {
    let kinds: Vec<_> = full().set_kinds().collect();
    assert_eq!(kinds, OptionKind::ALL);
    assert_eq!(GenerateOptions::default().set_kinds().count(), 0);
    let json = serde_json::to_value(full()).expect("serialises");
    for kind in OptionKind::ALL {
        assert!(json.get(kind.name()).is_some(), "{}", kind.name());
    }
}

#[test]
fn a_later_call_replaces_an_earlier_one() {
    let options = full().stop(["A", "B"]).temperature(0.0).stop_tokens([]);
    assert_eq!(
        options.stop.as_deref(),
        Some(&["A".to_owned(), "B".to_owned()][..])
    );
    assert_eq!(options.temperature, Some(0.0));
    assert_eq!(options.stop_tokens, Some(Vec::new()));
}

#[test]
fn unset_options_resolve_by_entry_point() {
    let limit = |entry| {
        let options = GenerateOptions::default().resolve(entry);
        assert_eq!(options.temperature, Some(0.0));
        assert_eq!(options.repeat_window, None);
        options.max_tokens.expect("resolved")
    };
    assert_eq!(limit(EntryPoint::Library), 256);
    assert_eq!(limit(EntryPoint::Chat), 2048);
    assert_eq!(limit(EntryPoint::Judge), 1024);
    assert_eq!(limit(EntryPoint::Serve), u32::MAX);
}

#[test]
fn resolving_keeps_what_is_set_and_is_idempotent() {
    assert_eq!(full().resolve(EntryPoint::Chat), full());
    let once = GenerateOptions::default().resolve(EntryPoint::Chat);
    assert_eq!(once.clone().resolve(EntryPoint::Library), once);
}

#[test]
fn a_window_that_was_not_asked_for_is_no_set_option() {
    let options = GenerateOptions::default().repeat_penalty(1.2);
    let resolved = options.resolve(EntryPoint::Chat);
    assert!(!resolved.is_set(OptionKind::RepeatWindow));
    assert_eq!(resolved.repeat_window_or_default(), 64);
    assert_eq!(resolved.repeat_window(8).repeat_window_or_default(), 8);
}

#[test]
fn values_that_no_backend_can_honour_are_refused_by_name() {
    #[track_caller]
    fn check(options: &GenerateOptions, name: &str) {
        let error = options.validate().expect_err("refused");
        assert_eq!(error.kind(), ErrorKind::InvalidRequest);
        assert!(error.message().contains(name), "{error}");
    }
    let options = GenerateOptions::default;
    for bad in [f64::NAN, f64::INFINITY, -0.1] {
        check(&options().temperature(bad), "temperature");
        check(&options().top_p(bad), "top_p");
        check(&options().min_p(bad), "min_p");
        check(&options().repeat_penalty(bad), "repeat_penalty");
    }
    check(&options().max_tokens(0), "max_tokens");
    check(&options().top_p(0.0), "top_p");
    check(&options().top_p(1.1), "top_p");
    check(&options().min_p(1.1), "min_p");
    check(&options().repeat_penalty(0.0), "repeat_penalty");
    check(&options().stop(["a", ""]), "stop");
    check(&options().schema(serde_json::json!([])), "schema");
    full().validate().expect("valid");
}

#[test]
fn an_option_that_a_backend_lacks_is_refused_by_name() {
    let supports = |kind| kind != OptionKind::MinP;
    let error = full().require("toy", supports).expect_err("refused");
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert_eq!(error.to_string(), "toy: the option min_p is not supported");
    let zero = GenerateOptions::default().temperature(0.0);
    zero.require("toy", supports)
        .expect("0 is a value like any other");
}

#[test]
fn an_unknown_field_is_refused() {
    let error =
        serde_json::from_str::<GenerateOptions>(r#"{"temprature":1}"#).expect_err("refused");
    assert!(error.to_string().contains("temprature"), "{error}");
}

#[test]
fn a_tool_that_must_be_called_is_there() {
    let named = |name: &str| ToolChoice::Named(name.to_owned());
    full()
        .tool_choice(named("clock"))
        .validate()
        .expect("it is");
    let nothing = GenerateOptions::default;
    for (options, says) in [
        (full().tool_choice(named("watch")), "\"watch\""),
        (nothing().tool_choice(named("clock")), "\"clock\""),
        (nothing().tool_choice(ToolChoice::Required), "no tools"),
    ] {
        let error = options.validate().expect_err("it is not");
        assert_eq!(error.kind(), ErrorKind::InvalidRequest);
        assert!(error.message().contains("tool_choice"), "{error}");
        assert!(error.message().contains(says), "{error}");
    }
}
