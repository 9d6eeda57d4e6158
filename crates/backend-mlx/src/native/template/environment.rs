//! Jinja as Hugging Face sets it up for chat templates (`transformers`,
//! `utils/chat_template_utils.py`).

use std::borrow::Cow;

use jiff::Zoned;
use minijinja::syntax::SyntaxConfig;
use minijinja::{Environment, Error, ErrorKind, UndefinedBehavior};

use super::error::Raised;
use super::{json, python};

/// Tells the time, in the time zone in which dates are wanted.
pub(crate) type Clock = fn() -> Zoned;

/// The only template of an environment.
pub(super) const NAME: &str = "chat template";

/// An environment with the template compiled in it.
///
/// # Errors
/// The template's syntax.
pub(super) fn compile(source: &str, clock: Clock) -> Result<Environment<'static>, Error> {
    let mut environment = Environment::new();
    let syntax = SyntaxConfig::builder()
        .trim_blocks(true)
        .lstrip_blocks(true)
        .build()?;
    environment.set_syntax(syntax);
    environment.set_undefined_behavior(UndefinedBehavior::Lenient);
    environment.set_unknown_method_callback(python::method);
    environment.set_formatter(python::show);
    environment.add_filter("string", python::string);
    environment.add_filter("trim", python::trim);
    environment.add_filter("tojson", json::tojson);
    environment.add_test("iterable", python::is_iterable);
    environment.add_function("raise_exception", raise_exception);
    environment.add_function("strftime_now", move |format: String| {
        strftime(&clock(), &format)
    });
    environment.add_template_owned(NAME, without_generation_tags(source).into_owned())?;
    Ok(environment)
}

fn raise_exception(message: String) -> Result<(), Error> {
    let error = Error::new(ErrorKind::InvalidOperation, "raised by the template");
    Err(error.with_source(Raised(message)))
}

fn strftime(now: &Zoned, format: &str) -> Result<String, Error> {
    jiff::fmt::strtime::format(format, now).map_err(|error| {
        let message = format!("strftime_now({format:?})");
        Error::new(ErrorKind::InvalidOperation, message).with_source(error)
    })
}

/// Hugging Face's own tags `{% generation %}` and `{% endgeneration %}` mark what the model said,
/// for training, and change nothing that is rendered. A block of the same scope stands for them.
fn without_generation_tags(source: &str) -> Cow<'_, str> {
    if !source.contains("generation") {
        return source.into();
    }
    let mut rest = source;
    let mut plain = String::with_capacity(source.len());
    while let Some(start) = rest.find("{%") {
        let (before, tag) = rest.split_at(start);
        plain.push_str(before);
        let Some(end) = tag.find("%}") else {
            break;
        };
        let inside = &tag[2..end];
        let word = inside.trim_matches(|c: char| c.is_whitespace() || "-+".contains(c));
        let stand_in = match word {
            "generation" => "with",
            "endgeneration" => "endwith",
            other => other,
        };
        plain.push_str("{%");
        plain.push_str(&inside.replacen(word, stand_in, 1));
        rest = &tag[end..];
    }
    plain.push_str(rest);
    plain.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_tags_are_replaced() {
        for (source, plain) in [
            (
                "a{% generation %}b{%- endgeneration -%}c",
                "a{% with %}b{%- endwith -%}c",
            ),
            ("{%generation%}{%endgeneration%}", "{%with%}{%endwith%}"),
            (
                "generation {{ add_generation_prompt }}",
                "generation {{ add_generation_prompt }}",
            ),
            (
                "{% if add_generation_prompt %}",
                "{% if add_generation_prompt %}",
            ),
            ("{% generation", "{% generation"),
            ("{%- -%}generation", "{%- -%}generation"),
        ] {
            assert_eq!(without_generation_tags(source), plain);
        }
    }
}
