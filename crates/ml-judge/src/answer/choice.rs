//! Which option of a multiple-choice question a place gives: `B`, `(B)`, `B) Paris`, `option b`.

use std::ops::Range;

use super::region::{Region, Rule};

/// The letter that a place gives as the choice, of `A` to `last`, and its bytes.
pub(super) fn find(text: &str, region: &Region, last: char) -> Option<(char, Range<usize>)> {
    let part = &text[region.span.clone()];
    let mut letters = letters(part, last);
    if region.rule.is_marked() {
        letters.retain(|letter| letter.form > Form::Article);
        return Some(letters.first()?.place(region));
    }
    let named = letters.iter().any(|letter| letter.form == Form::Named);
    let least = if named {
        Form::Named
    } else {
        Form::CapitalApart
    };
    letters.retain(|letter| letter.form >= least);
    let found = match region.rule {
        Rule::Opening => letters.first().filter(|letter| letter.opens)?,
        _ => letters.last()?,
    };
    Some(found.place(region))
}

/// Whether a line is one of several listed options: `B) Paris`.
pub(super) fn is_option(text: &str, span: &Range<usize>, last: char) -> bool {
    let statement = &text[span.clone()];
    let first = letters(statement, last).into_iter().next();
    first.is_some_and(|letter| {
        let rest = &statement[letter.at + 1..];
        let rest = rest
            .trim_start_matches(['*', '_'])
            .strip_prefix(['.', ')', ':']);
        letter.opens && rest.is_some_and(|rest| rest.contains(char::is_alphanumeric))
    })
}

/// A letter that stands alone.
struct Letter {
    choice: char,
    at: usize,
    form: Form,
    /// Nothing but marks is before it.
    opens: bool,
}

/// How a letter is written, from what is hardly a choice to what surely is. *Apart* is what
/// punctuation or marks set off, or what is last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Form {
    /// In lower case among words.
    Article,
    SmallApart,
    Capital,
    CapitalApart,
    /// After "option" and the like.
    Named,
}

impl Letter {
    fn place(&self, region: &Region) -> (char, Range<usize>) {
        let start = region.span.start + self.at;
        (self.choice, start..start + 1)
    }
}

fn letters(text: &str, last: char) -> Vec<Letter> {
    let mut found = Vec::new();
    let mut previous = None;
    let mut word = 0;
    let mut opens = true;
    for (at, c) in text.char_indices() {
        let next = text[at + c.len_utf8()..].chars().next();
        let upper = c.to_ascii_uppercase();
        let lone = !previous.is_some_and(is_inside) && !next.is_some_and(is_inside);
        if lone && ('A'..=last).contains(&upper) {
            let after = text[at + 1..].trim_start_matches(' ').chars().next();
            let marked = matches!(
                next,
                Some('.' | ')' | ':' | ',' | '*' | '}' | '"' | ';' | ']')
            );
            let apart = marked || after.is_none_or(|c| c == '\n');
            let form = match (c == upper, apart) {
                _ if is_naming(&text[word..at]) => Form::Named,
                (true, true) => Form::CapitalApart,
                (true, false) => Form::Capital,
                (false, true) => Form::SmallApart,
                (false, false) => Form::Article,
            };
            found.push(Letter {
                choice: upper,
                at,
                form,
                opens,
            });
        }
        if c.is_alphanumeric() {
            opens = false;
            if !previous.is_some_and(char::is_alphanumeric) {
                word = at;
            }
        }
        previous = Some(c);
    }
    found
}

fn is_inside(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '\'' | '’' | '\\' | '^' | '=' | '+')
}

/// Whether the text is "option", "choice" or the like, and marks.
fn is_naming(before: &str) -> bool {
    let word = before.trim_end_matches(|c: char| !c.is_alphanumeric());
    let names = ["option", "choice", "answer", "alternative"];
    names.iter().any(|name| name.eq_ignore_ascii_case(word))
}
