//! The commands of a conversation, and what is no command.

use std::path::PathBuf;

use super::conversation::Existing;

/// What the user wants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Request {
    /// Nothing: an empty line.
    Nothing,
    /// To say something to the model.
    Say(String),
    /// To do something with the conversation.
    Do(Slash),
    /// A command that cannot be followed, and what to do instead.
    Unclear(String),
}

/// A command of the conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Slash {
    /// Show the instructions.
    ShowSystem,
    /// Replace the instructions, or drop them.
    SetSystem(Option<String>),
    /// Take back the last question and its answer.
    Undo,
    /// Forget what was said.
    Clear,
    /// Show what was said.
    History,
    /// Write the conversation to a file.
    Save(PathBuf, Existing),
    /// Read a conversation from a file.
    Load(PathBuf),
    /// Show the model.
    ShowModel,
    /// Go on with another model.
    SetModel(String),
    /// Show the commands.
    Help,
    /// Leave.
    Exit,
}

/// The commands with their arguments and meanings, as `/help` shows them.
pub(crate) const COMMANDS: [(&str, &str, &str); 9] = [
    (
        "/system",
        "[TEXT|off]",
        "show, set or drop the system message",
    ),
    ("/undo", "", "take back the last question and its answer"),
    (
        "/clear",
        "",
        "forget the conversation, keep the system message",
    ),
    ("/history", "", "show the conversation"),
    (
        "/save",
        "FILE",
        "write the conversation as JSON; /save! replaces a file",
    ),
    ("/load", "FILE", "go on with a saved conversation"),
    (
        "/model",
        "[NAME|PATH]",
        "show the model, or go on with another",
    ),
    ("/help", "", "show this"),
    ("/exit", "", "leave, as Ctrl-D does"),
];

/// Reads a line, or several joined by line ends.
///
/// A message that starts with a slash is written with two.
pub(crate) fn parse(input: &str) -> Request {
    let text = input.trim();
    if text.is_empty() {
        return Request::Nothing;
    }
    let Some(rest) = text.strip_prefix('/') else {
        return Request::Say(unquote(text));
    };
    if rest.starts_with('/') {
        return Request::Say(unquote(rest));
    }
    let (name, argument) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
    command(name, argument.trim())
}

fn command(name: &str, argument: &str) -> Request {
    let file = |make: fn(PathBuf) -> Slash| match argument {
        "" => Request::Unclear(format!("/{name} needs a file: /{name} FILE")),
        path => Request::Do(make(PathBuf::from(path))),
    };
    let slash = match name {
        "system" => match unquote(argument) {
            text if text.is_empty() => Slash::ShowSystem,
            text if text == "off" => Slash::SetSystem(None),
            text => Slash::SetSystem(Some(text)),
        },
        "model" if argument.is_empty() => Slash::ShowModel,
        "model" => Slash::SetModel(argument.to_owned()),
        "save" => return file(|path| Slash::Save(path, Existing::Keep)),
        "save!" => return file(|path| Slash::Save(path, Existing::Replace)),
        "load" => return file(Slash::Load),
        "undo" => Slash::Undo,
        "clear" => Slash::Clear,
        "history" => Slash::History,
        "help" | "?" => Slash::Help,
        "exit" | "quit" => Slash::Exit,
        _ => return unknown(name),
    };
    Request::Do(slash)
}

fn unknown(name: &str) -> Request {
    let likeness = |known: &str| strsim::normalized_damerau_levenshtein(name, &known[1..]);
    let nearest = COMMANDS
        .iter()
        .map(|(known, _, _)| (likeness(known), *known))
        .max_by(|left, right| left.0.total_cmp(&right.0));
    let hint = match nearest {
        Some((likeness, known)) if likeness >= 0.5 => format!("did you mean {known}?"),
        _ => "/help shows the commands; // starts a message with a slash".to_owned(),
    };
    Request::Unclear(format!("there is no command /{name}: {hint}"))
}

/// Whether more lines belong to what was typed so far: a last line that ends in a backslash, or a
/// block that three quotes have opened.
pub(crate) fn is_open(input: &str) -> bool {
    match input.split_once(QUOTES) {
        Some((before, after)) if starts_text(before) => !after.contains(QUOTES),
        _ => input.ends_with('\\'),
    }
}

const QUOTES: &str = "\"\"\"";

/// Whether a block may begin here: at the start, or as the argument of a command.
fn starts_text(before: &str) -> bool {
    before.trim().is_empty() || before.trim_start().starts_with('/')
}

/// Removes the marks that kept several lines together.
fn unquote(text: &str) -> String {
    let block = text
        .strip_prefix(QUOTES)
        .and_then(|rest| rest.strip_suffix(QUOTES));
    match block {
        Some(block) => block.trim_matches('\n').to_owned(),
        None => text.replace("\\\n", "\n"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(input: &str, expected: &Request) {
        assert_eq!(&parse(input), expected);
    }

    #[test]
    fn what_has_no_slash_is_said() {
        check("  hello ", &Request::Say("hello".into()));
        check(
            "//etc is a folder",
            &Request::Say("/etc is a folder".into()),
        );
        check(" \t", &Request::Nothing);
    }

    #[test]
    fn commands_are_told_from_their_arguments() {
        check("/undo", &Request::Do(Slash::Undo));
        check("/system", &Request::Do(Slash::ShowSystem));
        check("/system off", &Request::Do(Slash::SetSystem(None)));
        check(
            "/system Be  brief.",
            &Request::Do(Slash::SetSystem(Some("Be  brief.".into()))),
        );
        let path = || PathBuf::from("my chat.jsonl");
        check(
            "/save my chat.jsonl",
            &Request::Do(Slash::Save(path(), Existing::Keep)),
        );
        check(
            "/save! my chat.jsonl",
            &Request::Do(Slash::Save(path(), Existing::Replace)),
        );
        check("/quit", &Request::Do(Slash::Exit));
    }

    #[test]
    fn a_command_that_cannot_be_followed_says_what_to_do() {
        let unclear = |input: &str| match parse(input) {
            Request::Unclear(hint) => hint,
            other => panic!("{other:?}"),
        };
        assert_eq!(unclear("/save"), "/save needs a file: /save FILE");
        assert_eq!(
            unclear("/claer"),
            "there is no command /claer: did you mean /clear?"
        );
        assert!(unclear("/usr/bin is what?").contains("// starts a message"));
    }

    #[test]
    fn several_lines_are_one_message() {
        for open in ["one\\", "\"\"\"", "\"\"\"one\ntwo", "/system \"\"\"one"] {
            assert!(is_open(open), "{open:?}");
        }
        for whole in ["one", "one\\\ntwo", "\"\"\"one\"\"\"", "say \"\"\" and go"] {
            assert!(!is_open(whole), "{whole:?}");
        }
        check("one\\\ntwo", &Request::Say("one\ntwo".into()));
        check(
            "\"\"\"\none\n\ntwo\n\"\"\"",
            &Request::Say("one\n\ntwo".into()),
        );
        check(
            "/system \"\"\"one\ntwo\"\"\"",
            &Request::Do(Slash::SetSystem(Some("one\ntwo".into()))),
        );
    }
}
