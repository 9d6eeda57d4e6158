//! One JSON value, read as leniently as models write.

use serde_json::{Map, Number, Value};

/// Objects and arrays within each other, at most.
const MAX_DEPTH: u32 = 64;

/// Reads a value from a place in a text. Beyond RFC 8259 it takes a comma before a closing
/// bracket, line breaks and other control characters in strings, unknown escapes (as the
/// character itself), and numbers such as `+5` and `.5`.
///
/// After a failure, `at` is where it failed; never in the middle of a character.
pub(super) struct Parser<'a> {
    text: &'a str,
    pub(super) at: usize,
}

impl<'a> Parser<'a> {
    pub(super) fn new(text: &'a str, at: usize) -> Self {
        Self { text, at }
    }

    /// The object that begins here.
    pub(super) fn object(&mut self) -> Option<Map<String, Value>> {
        self.members(MAX_DEPTH)
    }

    fn value(&mut self, depth: u32) -> Option<Value> {
        match self.peek()? {
            b'{' => self.members(depth.checked_sub(1)?).map(Value::Object),
            b'[' => self.items(depth.checked_sub(1)?).map(Value::Array),
            b'"' => self.string().map(Value::String),
            b't' => self.word("true", Value::Bool(true)),
            b'f' => self.word("false", Value::Bool(false)),
            b'n' => self.word("null", Value::Null),
            _ => self.number().map(Value::Number),
        }
    }

    fn members(&mut self, depth: u32) -> Option<Map<String, Value>> {
        let mut members = Map::new();
        self.eat(b'{')?;
        loop {
            self.skip_space();
            if self.eat(b'}').is_some() {
                return Some(members);
            }
            let name = self.string()?;
            self.skip_space();
            self.eat(b':')?;
            self.skip_space();
            members.insert(name, self.value(depth)?);
            self.comma_unless(b'}')?;
        }
    }

    fn items(&mut self, depth: u32) -> Option<Vec<Value>> {
        let mut items = Vec::new();
        self.eat(b'[')?;
        loop {
            self.skip_space();
            if self.eat(b']').is_some() {
                return Some(items);
            }
            items.push(self.value(depth)?);
            self.comma_unless(b']')?;
        }
    }

    /// Steps over the comma after a member, which may only be absent before `close`.
    fn comma_unless(&mut self, close: u8) -> Option<()> {
        self.skip_space();
        if self.peek()? == close {
            return Some(());
        }
        self.eat(b',')
    }

    fn string(&mut self) -> Option<String> {
        self.eat(b'"')?;
        let mut string = String::new();
        loop {
            let rest = &self.text[self.at..];
            let Some(plain) = rest.bytes().position(|byte| matches!(byte, b'"' | b'\\')) else {
                self.at = self.text.len();
                return None;
            };
            string.push_str(&rest[..plain]);
            self.at += plain + 1;
            if rest.as_bytes()[plain] == b'"' {
                return Some(string);
            }
            string.push(self.escaped()?);
        }
    }

    /// The character of an escape, whose backslash was read.
    fn escaped(&mut self) -> Option<char> {
        let escape = self.text[self.at..].chars().next()?;
        self.at += escape.len_utf8();
        Some(match escape {
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'u' => self.code_point(),
            other => other,
        })
    }

    /// The character of `\uXXXX`, or of two that form a surrogate pair; U+FFFD where there is
    /// none.
    fn code_point(&mut self) -> char {
        let Some(first) = self.hex() else {
            return char::REPLACEMENT_CHARACTER;
        };
        let mut units = vec![first];
        if (0xD800..0xDC00).contains(&first) && self.text[self.at..].starts_with("\\u") {
            let before = self.at;
            self.at += 2;
            match self.hex() {
                Some(second) if (0xDC00..0xE000).contains(&second) => units.push(second),
                _ => self.at = before,
            }
        }
        let mut decoded = char::decode_utf16(units);
        let first = decoded.next().and_then(Result::ok);
        first.unwrap_or(char::REPLACEMENT_CHARACTER)
    }

    fn hex(&mut self) -> Option<u16> {
        let digits = self.text.get(self.at..self.at + 4)?;
        if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        self.at += 4;
        u16::from_str_radix(digits, 16).ok()
    }

    fn number(&mut self) -> Option<Number> {
        let rest = &self.text[self.at..];
        let is_part = |byte: u8| matches!(byte, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E');
        let length = rest.bytes().take_while(|byte| is_part(*byte)).count();
        let digits = &rest[..length];
        let number = match digits.parse::<i64>() {
            Ok(whole) => Number::from(whole),
            Err(_) => Number::from_f64(digits.parse().ok()?)?,
        };
        self.at += length;
        Some(number)
    }

    fn word(&mut self, word: &str, value: Value) -> Option<Value> {
        if !self.text[self.at..].starts_with(word) {
            return None;
        }
        self.at += word.len();
        Some(value)
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn eat(&mut self, byte: u8) -> Option<()> {
        (self.peek()? == byte).then(|| self.at += 1)
    }

    fn skip_space(&mut self) {
        while self.peek().is_some_and(|byte| byte.is_ascii_whitespace()) {
            self.at += 1;
        }
    }
}
