//! Chunks that repeat the one before but for their text are not parsed again.

/// What surrounds the text of a chunk.
///
/// A stream repeats id, model and time with every token. Where a chunk has the same bytes as an
/// earlier one before and after its text, and the text has nothing that JSON would escape, it is
/// the same chunk with another text: comparing bytes is several times faster than parsing.
///
/// ```
/// use openai_wire::{ChatChunk, ChunkTemplate};
///
/// # fn main() -> serde_json::Result<()> {
/// let mut template = ChunkTemplate::default();
/// let first = r#"{"choices":[{"index":0,"delta":{"content":"Par"}}],"id":"c"}"#;
/// let chunk: ChatChunk<'_> = serde_json::from_str(first)?;
/// if let Some(text) = chunk.only_text() {
///     template.learn(first, text);
/// }
/// let second = r#"{"choices":[{"index":0,"delta":{"content":"is"}}],"id":"c"}"#;
/// assert_eq!(template.text(second), Some("is"));
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Default)]
pub struct ChunkTemplate {
    /// Up to and with the quote that opens the text; empty before anything was learnt.
    before: String,
    /// From the quote that closes it.
    after: String,
}

impl ChunkTemplate {
    /// The text of a chunk that is otherwise the one that was learnt; none where that cannot be
    /// told without parsing it.
    pub fn text<'a>(&self, data: &'a str) -> Option<&'a str> {
        if self.before.is_empty() {
            return None;
        }
        let text = data
            .strip_prefix(self.before.as_str())?
            .strip_suffix(self.after.as_str())?;
        text.bytes().all(is_plain).then_some(text)
    }

    /// Learns a chunk whose only content is `text`. One whose text is not borrowed from `data`,
    /// because it holds escapes, teaches nothing.
    pub fn learn(&mut self, data: &str, text: &str) {
        let start = (text.as_ptr() as usize).wrapping_sub(data.as_ptr() as usize);
        let before = data.get(..start);
        let after = data.get(start.wrapping_add(text.len())..);
        if let Some((before, after)) = before.zip(after)
            && before.ends_with('"')
            && after.starts_with('"')
        {
            before.clone_into(&mut self.before);
            after.clone_into(&mut self.after);
        }
    }
}

/// Whether a byte stands for itself in a JSON string.
fn is_plain(byte: u8) -> bool {
    byte >= b' ' && byte != b'"' && byte != b'\\'
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ChatChunk, CompletionChunk};

    const CHAT: &str =
        r#"{"choices":[{"finish_reason":null,"index":0,"delta":{"content":"The"}}],"id":"c"}"#;

    fn learnt(data: &str) -> ChunkTemplate {
        let chunk: ChatChunk<'_> = serde_json::from_str(data).expect("parses");
        let mut template = ChunkTemplate::default();
        if let Some(text) = chunk.only_text() {
            template.learn(data, text);
        }
        template
    }

    #[test]
    fn nothing_is_told_before_anything_was_learnt() {
        assert_eq!(ChunkTemplate::default().text(CHAT), None);
        assert_eq!(ChunkTemplate::default().text(""), None);
    }

    #[test]
    fn a_repeated_chunk_gives_the_text_that_parsing_gives() {
        let template = learnt(CHAT);
        for (text, told) in [
            (" sea", true),
            ("", true),
            ("漢😀", true),
            ("\u{7f}", true),
            (r"\n", false),
            (r#"\""#, false),
            (r"\u00e9", false),
        ] {
            let data = CHAT.replace("The", text);
            let chunk: ChatChunk<'_> = serde_json::from_str(&data).expect("parses");
            let parsed = chunk.choices[0].delta.content.as_deref();
            assert_eq!(template.text(&data), told.then_some(text), "{data}");
            assert!(!told || parsed == Some(text), "{data}");
        }
    }

    #[test]
    fn what_differs_in_anything_else_is_parsed() {
        let template = learnt(CHAT);
        for data in [
            CHAT.replace("null", "\"stop\""),
            CHAT.replace("\"c\"", "\"d\""),
            CHAT.replace("The\"", "The\",\"role\":\"x\""),
            CHAT.replace("The", "a\",\"content\":\"b"),
            CHAT.replace("The", "a\nb"),
            CHAT[..CHAT.len() - 1].to_owned(),
            CHAT[..70].to_owned(),
        ] {
            assert_eq!(template.text(&data), None, "{data}");
        }
    }

    #[test]
    fn only_plain_chunks_are_learnt() {
        for data in [
            r#"{"choices":[{"delta":{"content":"a\n"}}]}"#,
            r#"{"choices":[{"delta":{"content":"a"},"finish_reason":"stop"}]}"#,
            r#"{"choices":[{"delta":{"content":"a","reasoning":"b"}}]}"#,
            r#"{"choices":[{"delta":{"content":"a"}},{"index":1,"delta":{"content":"b"}}]}"#,
            r#"{"choices":[{"index":1,"delta":{"content":"a"}}]}"#,
            r#"{"choices":[{"delta":{"content":"a"},"logprobs":{"content":[]}}]}"#,
            r#"{"choices":[{"delta":{"content":"a"}}],"usage":{"prompt_tokens":1}}"#,
            r#"{"choices":[{"delta":{"content":"a","tool_calls":[{"index":0}]}}]}"#,
            r#"{"choices":[],"error":"no"}"#,
        ] {
            assert_eq!(learnt(data).text(data), None, "{data}");
        }
    }

    #[test]
    fn text_from_elsewhere_teaches_nothing() {
        let mut template = ChunkTemplate::default();
        template.learn(CHAT, "The");
        template.learn("", CHAT);
        assert_eq!(template.text(CHAT), None);
        let mut template = learnt(CHAT);
        template.learn(&CHAT.replace("The", "\\n"), "\n");
        assert_eq!(template.text(CHAT), Some("The"), "what was learnt stays");
    }

    #[test]
    fn text_completions_repeat_too() {
        let data = r#"{"choices":[{"text":" a","index":0,"finish_reason":null}],"id":"c"}"#;
        let chunk: CompletionChunk<'_> = serde_json::from_str(data).expect("parses");
        let mut template = ChunkTemplate::default();
        template.learn(data, chunk.only_text().expect("plain"));
        assert_eq!(template.text(&data.replace(" a", "b")), Some("b"));
    }
}
