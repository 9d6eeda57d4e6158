//! Options: honoured or refused, by name.

use inference_core::{
    ErrorKind, GenerateOptions, Generation, ModelInfo, OptionKind, Tool, ToolChoice,
};
use serde_json::json;

use super::{Verdict, answer, ensure, expect_kind, failed, greedy, prompt, refusal};
use crate::subject::{Scenario, Subject};

pub(super) async fn refused(subject: &dyn Subject) -> Verdict {
    let model = subject.model();
    let prompt = prompt(subject, Scenario::Short)?;
    let before = subject.activity().await;
    let denied = OptionKind::ALL
        .into_iter()
        .filter(|kind| !model.supports(*kind))
        // It comes with tools, and where those are denied the refusal names them.
        .filter(|kind| *kind != OptionKind::ToolChoice || model.supports(OptionKind::Tools));
    for kind in denied {
        let Some(options) = with(GenerateOptions::default(), kind, model.info()) else {
            continue;
        };
        let name = format!("the unsupported option {}", kind.name());
        let answer = model.generate(prompt.clone(), options).into_generation();
        let error = refusal(&name, answer).await?;
        expect_kind(&name, &error, ErrorKind::Unsupported)?;
        ensure(error.message().contains(kind.name()), || {
            format!("the refusal does not name {}: {error}", kind.name())
        })?;
    }
    let requests = |activity: Option<crate::Activity>| activity.and_then(|a| a.requests);
    let after = subject.activity().await;
    ensure(requests(before) == requests(after), || {
        "requests that were refused had been sent all the same".to_owned()
    })
}

pub(super) async fn honoured(subject: &dyn Subject) -> Verdict {
    let model = subject.model();
    let prompt = prompt(subject, Scenario::Short)?;
    let claimed = OptionKind::ALL
        .into_iter()
        .filter(|kind| model.supports(*kind));
    for kind in claimed {
        let Some(options) = with(greedy(4), kind, model.info()) else {
            continue;
        };
        let answer = model
            .generate(prompt.clone(), options)
            .into_generation()
            .await;
        match answer {
            Ok(answer) if kind == OptionKind::Logprobs => logprobs(&answer)?,
            Ok(_) => {}
            Err(failure) => {
                return failed(format!(
                    "the option {} is claimed, but failed with {}",
                    kind.name(),
                    super::described(&failure)
                ));
            }
        }
    }
    Ok(())
}

fn logprobs(answer: &Generation) -> Verdict {
    let shown = answer.tokens.iter().filter(|token| !token.text.is_empty());
    for token in shown {
        let text = &token.text;
        let valid = token.logprob.is_some_and(|p| p.is_finite() && p <= 0.0);
        ensure(valid, || {
            format!(
                "asked for logprobs, the token {text:?} has {:?}",
                token.logprob
            )
        })?;
        let count = token.alternatives.len();
        ensure((1..=2).contains(&count), || {
            format!("asked for 2 logprobs, the token {text:?} has {count} alternatives")
        })?;
    }
    Ok(())
}

/// Sets an option to a harmless value; `None` where none is known.
fn with(options: GenerateOptions, kind: OptionKind, model: &ModelInfo) -> Option<GenerateOptions> {
    Some(match kind {
        OptionKind::Model => options.model(&model.name),
        OptionKind::MaxTokens => options.max_tokens(4),
        OptionKind::Temperature => options.temperature(0.5),
        OptionKind::TopK => options.top_k(20),
        OptionKind::TopP => options.top_p(0.9),
        OptionKind::MinP => options.min_p(0.05),
        OptionKind::RepeatPenalty => options.repeat_penalty(1.1),
        OptionKind::RepeatWindow => options.repeat_window(32),
        OptionKind::Seed => options.seed(1),
        OptionKind::Stop => options.stop(["\u{2063}"]),
        OptionKind::StopTokens => options.stop_tokens([0]),
        OptionKind::Logprobs => options.logprobs(2),
        OptionKind::Schema => options.schema(json!({"type": "object"})),
        OptionKind::Tools => options.tools(vec![clock()]),
        OptionKind::ToolChoice => options
            .tools(vec![clock()])
            .tool_choice(ToolChoice::Required),
        _ => return None,
    })
}

fn clock() -> Tool {
    Tool {
        name: "time".to_owned(),
        description: "the time of day".to_owned(),
        parameters: json!({"type": "object", "properties": {}}),
    }
}

pub(super) async fn invalid(subject: &dyn Subject) -> Verdict {
    let model = subject.model();
    let prompt = prompt(subject, Scenario::Short)?;
    let options = GenerateOptions::default;
    let cases = [
        ("max_tokens", options().max_tokens(0)),
        ("temperature", options().temperature(f64::NAN)),
        ("temperature", options().temperature(-1.0)),
        ("top_p", options().top_p(1.5)),
        ("min_p", options().min_p(-0.1)),
        ("repeat_penalty", options().repeat_penalty(0.0)),
        ("stop", options().stop([""])),
    ];
    for (name, options) in cases {
        let what = format!("an impossible {name}");
        let answer = model.generate(prompt.clone(), options).into_generation();
        let error = refusal(&what, answer).await?;
        expect_kind(&what, &error, ErrorKind::InvalidRequest)?;
        ensure(error.message().contains(name), || {
            format!("the refusal does not name {name}: {error}")
        })?;
    }
    // The model still answers after all that.
    answer(&*model, &prompt, greedy(4)).await.map(drop)
}
