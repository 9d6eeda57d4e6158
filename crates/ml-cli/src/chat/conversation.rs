//! A conversation as `ml chat` keeps it: what was said, and whether it was cut short.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::path::Path;

use anyhow::{Context as _, bail};
use inference_core::{Message, Prompt, Role};
use serde::{Deserialize, Serialize};

/// The largest file that is loaded, in bytes.
const MAX_FILE: u64 = 64 * 1024 * 1024;

/// One message, and whether it ended before its end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Turn {
    #[serde(flatten)]
    pub(crate) message: Message,
    /// The answer was stopped: what is there is not all.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) partial: bool,
}

/// What was said so far, with the instructions for all of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Conversation {
    system: Option<String>,
    turns: Vec<Turn>,
}

/// Whether [`Conversation::save`] may replace a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Existing {
    /// A file that exists is an error.
    Keep,
    /// A file that exists is replaced.
    Replace,
}

/// One line of a chat file, as trainers read it.
#[derive(Serialize, Deserialize)]
struct Line {
    messages: Vec<Turn>,
}

impl Conversation {
    /// A conversation that has not begun.
    pub(crate) fn new(system: Option<String>) -> Self {
        Self {
            system,
            turns: Vec::new(),
        }
    }

    /// The instructions for the whole conversation.
    pub(crate) fn system(&self) -> Option<&str> {
        self.system.as_deref()
    }

    /// Replaces the instructions; what was said stays.
    pub(crate) fn set_system(&mut self, system: Option<String>) {
        self.system = system;
    }

    /// What the model is asked when the user says `text`.
    pub(crate) fn prompt(&self, text: &str) -> Prompt {
        let system = self.system.iter().map(Message::system);
        let said = self.turns.iter().map(|turn| turn.message.clone());
        Prompt::Chat(system.chain(said).chain([Message::user(text)]).collect())
    }

    /// Keeps a question and its answer.
    pub(crate) fn keep(&mut self, question: &str, answer: &str, partial: bool) {
        let turn = |message, partial| Turn { message, partial };
        self.turns.push(turn(Message::user(question), false));
        self.turns.push(turn(Message::assistant(answer), partial));
    }

    /// Takes back the last thing the user said and all that followed; gives it, if there was one.
    pub(crate) fn undo(&mut self) -> Option<String> {
        let is_user = |turn: &Turn| turn.message.role == Role::User;
        let last = self.turns.iter().rposition(is_user)?;
        let undone = self.turns.drain(last..).next()?;
        Some(undone.message.content)
    }

    /// Forgets what was said; the instructions stay.
    pub(crate) fn clear(&mut self) {
        self.turns.clear();
    }

    /// Whether nothing was said yet.
    pub(crate) fn is_empty(&self) -> bool {
        self.turns.is_empty()
    }

    /// What was said, in order.
    pub(crate) fn turns(&self) -> &[Turn] {
        &self.turns
    }

    /// Writes the conversation as one line of JSON, `{"messages":[…]}`.
    pub(crate) fn save(&self, path: &Path, existing: Existing) -> anyhow::Result<()> {
        let system = self.system.iter().map(|text| Turn {
            message: Message::system(text),
            partial: false,
        });
        let messages = system.chain(self.turns.iter().cloned()).collect();
        let mut line = serde_json::to_vec(&Line { messages })?;
        line.push(b'\n');
        let mut options = OpenOptions::new();
        match existing {
            Existing::Keep => options.write(true).create_new(true),
            Existing::Replace => options.write(true).create(true).truncate(true),
        };
        let written = options
            .open(path)
            .and_then(|mut file| file.write_all(&line));
        match written {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                bail!("{} is there already; /save! replaces it", path.display())
            }
            written => written.with_context(|| format!("cannot save to {}", path.display())),
        }
    }

    /// Reads what [`save`](Self::save) wrote; of several conversations in a file, the last.
    pub(crate) fn load(path: &Path) -> anyhow::Result<Self> {
        let mut text = String::new();
        let read =
            File::open(path).and_then(|file| file.take(MAX_FILE + 1).read_to_string(&mut text));
        read.with_context(|| format!("cannot load {}", path.display()))?;
        if text.len() as u64 > MAX_FILE {
            bail!("{} is larger than {MAX_FILE} bytes", path.display());
        }
        let lines = text.lines().enumerate();
        let Some((index, last)) = lines.filter(|(_, line)| !line.trim().is_empty()).last() else {
            bail!("{} is empty", path.display());
        };
        let line: Line = serde_json::from_str(last).with_context(|| {
            let line = index + 1;
            format!(
                "{}:{line}: not a conversation of the form {{\"messages\":[…]}}",
                path.display()
            )
        })?;
        Ok(Self::from_turns(line.messages))
    }

    fn from_turns(mut turns: Vec<Turn>) -> Self {
        let leads = |turn: &Turn| turn.message.role == Role::System;
        let system = turns
            .first()
            .is_some_and(leads)
            .then(|| turns.remove(0).message.content);
        Self { system, turns }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn conversation() -> Conversation {
        let mut conversation = Conversation::new(Some("Be brief.".into()));
        conversation.keep("One?", "1", false);
        conversation.keep("Two?", "2 and", true);
        conversation
    }

    #[test]
    fn the_model_sees_all_that_was_said() {
        let Prompt::Chat(messages) = conversation().prompt("Three?") else {
            panic!("a chat");
        };
        let roles: Vec<_> = messages
            .iter()
            .map(|message| message.role.as_str())
            .collect();
        let expected = ["system", "user", "assistant", "user", "assistant", "user"];
        assert_eq!(roles, expected);
        assert_eq!(messages[5].content, "Three?");
    }

    #[test]
    fn undo_takes_back_a_question_with_its_answer() {
        let mut conversation = conversation();
        assert_eq!(conversation.undo().as_deref(), Some("Two?"));
        assert_eq!(conversation.turns().len(), 2);
        assert_eq!(conversation.undo().as_deref(), Some("One?"));
        assert_eq!(conversation.undo(), None);
        assert_eq!(conversation.system(), Some("Be brief."));
    }

    #[test]
    fn what_is_saved_is_loaded_again_with_its_marks() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("chat.jsonl");
        conversation().save(&path, Existing::Keep).expect("saved");
        assert_eq!(Conversation::load(&path).expect("loaded"), conversation());
        let text = std::fs::read_to_string(&path).expect("readable");
        assert!(text.starts_with(r#"{"messages":[{"role":"system","content":"Be brief."}"#));
        assert!(
            text.ends_with("\"content\":\"2 and\",\"partial\":true}]}\n"),
            "{text}"
        );
    }

    #[test]
    fn a_file_is_replaced_only_when_asked_to() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("chat.jsonl");
        std::fs::write(&path, "precious").expect("written");
        let refused = conversation().save(&path, Existing::Keep);
        assert!(refused.is_err());
        assert_eq!(
            std::fs::read_to_string(&path).expect("readable"),
            "precious"
        );
        conversation()
            .save(&path, Existing::Replace)
            .expect("saved");
    }

    #[test]
    fn a_file_that_holds_no_conversation_is_refused_by_line() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("chat.jsonl");
        for (text, what) in [
            ("", "is empty"),
            ("\n{\"a\":1}\n", ":2: not a conversation"),
        ] {
            std::fs::write(&path, text).expect("written");
            let error = Conversation::load(&path).expect_err("refused");
            assert!(error.to_string().contains(what), "{error}");
        }
    }
}
