//! Chunks that repeat the one before but for their text are not serialised again.

use serde::Serialize;

use crate::{ChatChunk, ChatChunkChoice, CompletionChunk, CompletionChunkChoice, Delta};

/// Stands for the text while the rest is serialised. A control character is written as an escape,
/// so that nothing else in the chunk can look like it.
const PLACE: &str = "\u{1}";
const PLACE_AS_JSON: &str = r#""\u0001""#;

/// Writes the chunks of one answer that carry nothing but text.
///
/// The other direction of [`ChunkTemplate`](crate::ChunkTemplate): id, model and time repeat with
/// every token, so they are serialised once.
///
/// ```
/// use openai_wire::{ChatChunk, ChunkWriter};
///
/// let head = ChatChunk { id: "c".into(), ..ChatChunk::default() };
/// let mut out = Vec::new();
/// ChunkWriter::chat(head, 0).write("Par", &mut out);
/// let chunk: ChatChunk<'_> = serde_json::from_slice(&out)?;
/// assert_eq!(chunk.only_text(), Some("Par"));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct ChunkWriter {
    before: String,
    after: String,
}

impl ChunkWriter {
    /// A writer of the chunks of one answer of a chat. `head` gives everything but the choices.
    pub fn chat(head: ChatChunk<'_>, index: u32) -> Self {
        let delta = Delta {
            content: Some(PLACE.into()),
            ..Delta::default()
        };
        let choice = ChatChunkChoice {
            index,
            delta,
            ..ChatChunkChoice::default()
        };
        Self::around(&ChatChunk {
            choices: vec![choice],
            ..head
        })
    }

    /// A writer of the chunks of one text completion. `head` gives everything but the choices.
    pub fn completion(head: CompletionChunk<'_>, index: u32) -> Self {
        let choice = CompletionChunkChoice {
            text: PLACE.into(),
            index,
            ..CompletionChunkChoice::default()
        };
        Self::around(&CompletionChunk {
            choices: vec![choice],
            ..head
        })
    }

    /// Appends the chunk that carries `text`, as JSON.
    #[expect(
        clippy::missing_panics_doc,
        reason = "a string can always be written into memory"
    )]
    pub fn write(&self, text: &str, out: &mut Vec<u8>) {
        out.reserve(self.before.len() + text.len() + self.after.len() + 2);
        out.extend_from_slice(self.before.as_bytes());
        serde_json::to_writer(&mut *out, text).expect("a string can be written into memory");
        out.extend_from_slice(self.after.as_bytes());
    }

    fn around(chunk: &impl Serialize) -> Self {
        let json = serde_json::to_string(chunk).expect("a chunk can be written into memory");
        // The last one: the field that holds the text comes after those that a caller fills.
        let (before, after) = json
            .rsplit_once(PLACE_AS_JSON)
            .expect("the text is in the chunk");
        Self {
            before: before.to_owned(),
            after: after.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::FinishReason;

    const TEXTS: [&str; 5] = ["", " sea", "\"\\\n\u{1}\u{7f}", "漢😀", "</script>"];

    #[test]
    fn a_chat_chunk_is_the_one_that_is_serialised() {
        let head = || ChatChunk {
            id: "\u{1}".into(),
            object: "chat.completion.chunk".into(),
            created: 7,
            model: r#""\u0001""#.into(),
            ..ChatChunk::default()
        };
        let writer = ChunkWriter::chat(head(), 3);
        for text in TEXTS {
            let mut chunk = head();
            chunk.choices.push(ChatChunkChoice {
                index: 3,
                delta: Delta {
                    content: Some(text.into()),
                    ..Delta::default()
                },
                ..ChatChunkChoice::default()
            });
            let mut out = b"data: ".to_vec();
            writer.write(text, &mut out);
            let whole = serde_json::to_string(&chunk).expect("writes");
            assert_eq!(String::from_utf8_lossy(&out), format!("data: {whole}"));
        }
    }

    #[test]
    fn a_completion_chunk_is_the_one_that_is_serialised() {
        let writer = ChunkWriter::completion(CompletionChunk::default(), 0);
        for text in TEXTS {
            let mut out = Vec::new();
            writer.write(text, &mut out);
            let chunk: CompletionChunk<'_> = serde_json::from_slice(&out).expect("parses");
            assert_eq!(chunk.only_text(), Some(text));
            assert_eq!(chunk.choices[0].finish_reason, None::<FinishReason>);
        }
    }
}
