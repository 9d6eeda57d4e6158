//! A piece of text with log probabilities → the tokens it is made of.

use inference_core::{Alternative, Token};
use openai_wire::{Logprobs, TokenLogprob};

/// The tokens of `text`, each with at most so many alternatives.
///
/// Where the tokens do not spell the text, because they make up a character together or the
/// server held some back, the text goes with the last of them.
pub(crate) fn tokens(text: &str, logprobs: Logprobs, alternatives: usize) -> Vec<Token> {
    let entries = logprobs.entries();
    let spelled = spell(&entries, text);
    let last = entries.len().saturating_sub(1);
    let tokens = entries.into_iter().enumerate().map(|(place, entry)| {
        let text = match place {
            _ if spelled => entry.token.clone(),
            place if place == last => text.to_owned(),
            _ => String::new(),
        };
        token(text, entry, alternatives)
    });
    let tokens: Vec<_> = tokens.collect();
    if tokens.is_empty() && !text.is_empty() {
        return vec![Token::new(text)];
    }
    tokens
}

/// Whether the tokens, one after the other, are the text.
fn spell(entries: &[TokenLogprob], text: &str) -> bool {
    let mut rest = text;
    let each = entries.iter().all(|entry| {
        let left = rest.strip_prefix(entry.token.as_str());
        rest = left.unwrap_or(rest);
        left.is_some()
    });
    each && rest.is_empty()
}

fn token(text: String, entry: TokenLogprob, alternatives: usize) -> Token {
    let others = entry.top_logprobs.into_iter().take(alternatives);
    let others = others.map(|other| Alternative {
        text: other.token,
        id: other.id,
        logprob: narrow(other.logprob),
    });
    let mut token = Token::new(text).with_logprob(narrow(entry.logprob), others.collect());
    token.id = entry.id;
    token
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "a logarithm needs no more digits"
)]
fn narrow(logprob: f64) -> f32 {
    logprob as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, content: &str) -> Vec<Token> {
        let json = format!(r#"{{"content":{content}}}"#);
        tokens(text, serde_json::from_str(&json).expect("parses"), 1)
    }

    fn texts(tokens: &[Token]) -> Vec<&str> {
        tokens.iter().map(|token| token.text.as_str()).collect()
    }

    #[test]
    fn tokens_that_spell_the_text_share_it_out() {
        let tokens = read(
            "ab",
            r#"[{"id":1,"token":"a","logprob":-0.5,"top_logprobs":[
                {"id":1,"token":"a","logprob":-0.5},{"id":7,"token":"x","logprob":-1}]},
                {"id":2,"token":"b","logprob":-0.25}]"#,
        );
        assert_eq!(texts(&tokens), ["a", "b"]);
        assert_eq!((tokens[0].id, tokens[0].logprob), (Some(1), Some(-0.5)));
        assert_eq!(tokens[0].alternatives.len(), 1, "as many as asked for");
    }

    #[test]
    fn tokens_that_make_up_a_character_give_it_to_the_last() {
        let halves = r#"[{"token":"\ufffd","logprob":-1},{"token":"\ufffd","logprob":-2}]"#;
        assert_eq!(texts(&read("é", halves)), ["", "é"]);
    }

    #[test]
    fn an_end_token_has_no_text_and_text_needs_no_token() {
        let end = read("", r#"[{"token":"</s>","logprob":-1}]"#);
        assert_eq!((texts(&end), end[0].logprob), (vec![""], Some(-1.0)));
        assert_eq!(texts(&read("a", "[]")), ["a"]);
        assert!(read("", "[]").is_empty());
    }
}
