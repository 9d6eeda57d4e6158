//! The fields of a request, taken one by one, so that a wrong one can be named.

use axum::http::StatusCode;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use serde_path_to_error::Segment;

use super::failure::Failure;

/// A JSON object of which fields are taken; null is as good as absent.
pub(super) struct Fields(Map<String, Value>);

impl Fields {
    pub(super) fn parse(body: &[u8]) -> Result<Self, Failure> {
        serde_json::from_slice(body).map(Self).map_err(|error| {
            let message = format!("the body is not a JSON object: {error}");
            Failure::new(StatusCode::BAD_REQUEST, message).with_code("invalid_json")
        })
    }

    /// Takes a field that may be absent.
    pub(super) fn take<T: DeserializeOwned>(&mut self, name: &str) -> Result<Option<T>, Failure> {
        match self.0.remove(name) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => read(name, value).map(Some),
        }
    }

    /// Takes a field that must be there.
    pub(super) fn require<T: DeserializeOwned>(&mut self, name: &str) -> Result<T, Failure> {
        self.take(name)?.ok_or_else(|| {
            let message = format!("{name} is missing");
            Failure::field(name, message).with_code("missing_required_parameter")
        })
    }

    /// Takes the field of which a request may have only one under these names.
    pub(super) fn take_any<T: DeserializeOwned>(
        &mut self,
        names: [&'static str; 2],
    ) -> Result<Option<(&'static str, T)>, Failure> {
        let [first, second] = names.map(|name| (name, self.take(name)));
        match (first.1?, second.1?) {
            (Some(_), Some(_)) => {
                let message = format!("{} and {} are the same; send one", first.0, second.0);
                Err(Failure::field(second.0, message))
            }
            (Some(value), None) => Ok(Some((first.0, value))),
            (None, Some(value)) => Ok(Some((second.0, value))),
            (None, None) => Ok(None),
        }
    }

    /// The fields that nobody has taken and that are not null.
    pub(super) fn rest(self) -> impl Iterator<Item = (String, Value)> {
        self.0.into_iter().filter(|(_, value)| !value.is_null())
    }

    /// Takes all of them at once.
    pub(super) fn read<T: DeserializeOwned>(self) -> Result<T, Failure> {
        read("", Value::Object(self.rest().collect()))
    }
}

fn read<T: DeserializeOwned>(name: &str, value: Value) -> Result<T, Failure> {
    serde_path_to_error::deserialize(value).map_err(|error| {
        let mut param = name.to_owned();
        param.extend(error.path().iter().map(|segment| match segment {
            Segment::Seq { index } => format!("[{index}]"),
            Segment::Map { key } => format!(".{key}"),
            _ => String::new(),
        }));
        // Fields of the request itself have no name in front of theirs.
        let param = param.trim_start_matches('.').to_owned();
        if param.is_empty() {
            return Failure::new(StatusCode::BAD_REQUEST, error.inner().to_string());
        }
        let message = format!("{param}: {}", error.inner());
        Failure::field(param, message)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(json: &str) -> Fields {
        Fields::parse(json.as_bytes()).expect("an object")
    }

    #[test]
    fn a_wrong_field_is_named_down_to_its_place() {
        let mut fields = fields(r#"{"list":[{"size":1},{"size":"x"}],"n":1.5,"null":null}"#);
        let wrong = fields.take::<Vec<std::collections::BTreeMap<String, u8>>>("list");
        let wrong = wrong.expect_err("refused");
        assert_eq!(wrong.error().param.as_deref(), Some("list[1].size"));
        assert!(wrong.error().message.contains("expected u8"), "{wrong:?}");
        let wrong = fields.take::<u32>("n").expect_err("refused");
        assert_eq!(wrong.error().param.as_deref(), Some("n"));
        assert_eq!(fields.take::<u8>("null").expect("absent"), None);
        let missing = fields.require::<u8>("null").expect_err("refused");
        assert_eq!(missing.code(), "missing_required_parameter");
    }

    #[test]
    fn two_names_of_one_field_are_one_too_many() {
        let names = ["max_tokens", "max_completion_tokens"];
        let both = fields(r#"{"max_tokens":1,"max_completion_tokens":2}"#).take_any::<u8>(names);
        assert_eq!(
            both.expect_err("refused").error().param.as_deref(),
            Some(names[1])
        );
        let one = fields(r#"{"max_tokens":null,"max_completion_tokens":2}"#).take_any::<u8>(names);
        assert_eq!(one.expect("taken"), Some((names[1], 2)));
    }

    #[test]
    fn what_is_no_object_is_refused() {
        for body in ["", "[]", "{", "\"x\"", r#"{"a":NaN}"#, "{} {}"] {
            let refused = Fields::parse(body.as_bytes()).err().expect("refused");
            assert_eq!(refused.code(), "invalid_json", "{body}");
        }
        let deep = format!("{}{}", r#"{"a":"#.repeat(1000), "}".repeat(1000));
        assert!(Fields::parse(deep.as_bytes()).is_err());
    }
}
