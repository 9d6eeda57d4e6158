//! Tool calls put together from the pieces of a stream.

use inference_core::ToolCall;
use openai_wire::ToolCallDelta;

/// The calls of one answer so far.
#[derive(Debug, Default)]
pub(crate) struct ToolCalls(Vec<(u32, ToolCall)>);

impl ToolCalls {
    /// Adds a piece to the call it belongs to.
    pub(crate) fn extend(&mut self, delta: ToolCallDelta<'_>) {
        let function = delta.function.unwrap_or_default();
        let call = self.call(delta.index, delta.id.as_deref());
        if let Some(name) = function.name.filter(|name| !name.is_empty()) {
            call.name = name.into_owned();
        }
        if let Some(arguments) = function.arguments {
            call.arguments.push_str(&arguments);
        }
    }

    /// Adds a whole call.
    pub(crate) fn push(&mut self, call: openai_wire::ToolCall) {
        let index = u32::try_from(self.0.len()).unwrap_or(u32::MAX);
        let call = ToolCall {
            id: call.id,
            name: call.function.name,
            arguments: call.function.arguments,
        };
        self.0.push((index, call));
    }

    /// All calls; one without an id gets its place as one, so that an answer can name it.
    pub(crate) fn take(&mut self) -> Vec<ToolCall> {
        let calls = std::mem::take(&mut self.0).into_iter().enumerate();
        calls
            .map(|(place, (_, mut call))| {
                if call.id.is_empty() {
                    call.id = format!("call_{place}");
                }
                call
            })
            .collect()
    }

    /// The call of an index. Some servers send whole calls that all have the index 0: a new id
    /// starts a new call.
    fn call(&mut self, index: u32, id: Option<&str>) -> &mut ToolCall {
        let id = id.filter(|id| !id.is_empty());
        let found = self.0.iter().rposition(|(known, call)| {
            *known == index && id.is_none_or(|id| call.id.is_empty() || call.id == id)
        });
        let place = found.unwrap_or_else(|| {
            let call = ToolCall {
                id: String::new(),
                name: String::new(),
                arguments: String::new(),
            };
            self.0.push((index, call));
            self.0.len() - 1
        });
        let call = &mut self.0[place].1;
        if let Some(id) = id {
            id.clone_into(&mut call.id);
        }
        call
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(events: &[&str]) -> Vec<ToolCall> {
        let mut calls = ToolCalls::default();
        for event in events {
            calls.extend(serde_json::from_str(event).expect("a delta"));
        }
        calls.take()
    }

    fn call(id: &str, name: &str, arguments: &str) -> ToolCall {
        ToolCall {
            id: id.to_owned(),
            name: name.to_owned(),
            arguments: arguments.to_owned(),
        }
    }

    #[test]
    fn pieces_go_to_the_call_of_their_index() {
        let calls = read(&[
            r#"{"index":0,"id":"a","function":{"name":"f","arguments":""}}"#,
            r#"{"index":1,"id":"b","function":{"name":"g","arguments":"{"}}"#,
            r#"{"index":0,"function":{"arguments":"{\"x\":"}}"#,
            r#"{"index":0,"id":"a","function":{"name":"","arguments":"1}"}}"#,
            r#"{"index":1,"function":{"arguments":"}"}}"#,
        ]);
        assert_eq!(calls, [call("a", "f", r#"{"x":1}"#), call("b", "g", "{}")]);
    }

    #[test]
    fn whole_calls_that_share_an_index_stay_apart() {
        let calls = read(&[
            r#"{"id":"a","function":{"name":"f","arguments":"{}"}}"#,
            r#"{"id":"b","function":{"name":"f","arguments":"{}"}}"#,
        ]);
        assert_eq!(calls, [call("a", "f", "{}"), call("b", "f", "{}")]);
    }

    #[test]
    fn a_call_without_an_id_gets_one() {
        let calls = read(&[r#"{"function":{"name":"f","arguments":"{}"}}"#]);
        assert_eq!(calls, [call("call_0", "f", "{}")]);
    }
}
