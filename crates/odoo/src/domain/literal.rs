//! A domain written as text: JSON, or a Python list of literals. Names, calls and operators of Python are refused with
//! their place; a text is never taken for "no condition".

use super::problem::{Problem, clip};
use serde_json::{Map, Number, Value};

/// The longest text taken for a domain, in bytes.
const MAX_TEXT: usize = 200_000;
/// How deep lists may nest in it.
const MAX_NESTING: usize = 40;

/// Reads the text of a domain. The list is not looked at further.
pub(super) fn parse(text: &str) -> Result<Value, Problem> {
    if text.len() > MAX_TEXT {
        return Err(Problem::new("", format!("a domain's text may be at most {MAX_TEXT} bytes long")));
    }
    if let Ok(list @ Value::Array(_)) = serde_json::from_str(text) {
        return Ok(list);
    }
    let mut python = Python { rest: text, text };
    python.space();
    if !python.rest.starts_with('[') && !python.rest.starts_with('(') {
        return Err(Problem::new(
            "",
            format!(
                "“{}” is not a domain: write a list of terms such as [[\"name\", \"ilike\", \"azure\"]]",
                clip(text)
            ),
        ));
    }
    let list = python.value(0)?;
    python.space();
    if python.rest.is_empty() { Ok(list) } else { Err(python.refuse("nothing may follow the list")) }
}

struct Python<'a> {
    text: &'a str,
    rest: &'a str,
}

impl Python<'_> {
    fn value(&mut self, depth: usize) -> Result<Value, Problem> {
        self.space();
        match self.rest.chars().next() {
            None => Err(self.refuse("the text ends in the middle")),
            Some(_) if depth > MAX_NESTING => Err(self.refuse("lists are nested too deep")),
            Some('[') => self.list(']', depth),
            Some('(') => self.list(')', depth),
            Some('{') => self.object(depth),
            Some(quote @ ('\'' | '"')) => self.string(quote).map(Value::String),
            Some(c) if c.is_ascii_digit() || matches!(c, '-' | '+' | '.') => self.number(),
            Some(_) => self.word(),
        }
    }

    fn list(&mut self, close: char, depth: usize) -> Result<Value, Problem> {
        self.advance(1);
        let mut items = Vec::new();
        let mut commas = 0;
        loop {
            self.space();
            if self.rest.starts_with(close) {
                // (1) is a number in Python, not a list.
                if close == ')' && items.len() == 1 && commas == 0 {
                    return Err(self.refuse("a list of one in round brackets needs a comma: (x,)"));
                }
                self.advance(1);
                return Ok(Value::Array(items));
            }
            if commas < items.len() {
                return Err(self.refuse("a comma or the end of the list is expected"));
            }
            items.push(self.value(depth + 1)?);
            self.space();
            if self.rest.starts_with(',') {
                self.advance(1);
                commas += 1;
            }
        }
    }

    fn object(&mut self, depth: usize) -> Result<Value, Problem> {
        self.advance(1);
        let mut map = Map::new();
        loop {
            self.space();
            if self.rest.starts_with('}') {
                self.advance(1);
                return Ok(Value::Object(map));
            }
            let Value::String(key) = self.value(depth + 1)? else {
                return Err(self.refuse("a key is a text"));
            };
            self.space();
            if !self.rest.starts_with(':') {
                return Err(self.refuse("a colon is expected"));
            }
            self.advance(1);
            let value = self.value(depth + 1)?;
            if map.insert(key, value).is_some() {
                return Err(self.refuse("a key stands twice"));
            }
            self.space();
            if self.rest.starts_with(',') {
                self.advance(1);
            } else if !self.rest.starts_with('}') {
                return Err(self.refuse("a comma or the end is expected"));
            }
        }
    }

    fn string(&mut self, quote: char) -> Result<String, Problem> {
        self.advance(1);
        let mut text = String::new();
        loop {
            let Some(c) = self.rest.chars().next() else {
                return Err(self.refuse("a text does not end"));
            };
            if c == quote {
                self.advance(1);
                return Ok(text);
            }
            if c == '\n' {
                return Err(self.refuse("a text does not end on its line"));
            }
            if c != '\\' {
                self.advance(c.len_utf8());
                text.push(c);
                continue;
            }
            let (length, escaped) = match self.rest.as_bytes().get(1) {
                Some(b'n') => (2, '\n'),
                Some(b't') => (2, '\t'),
                Some(b'r') => (2, '\r'),
                Some(plain @ (b'\\' | b'\'' | b'"')) => (2, char::from(*plain)),
                Some(b'x') => (4, self.code(2, 4)?),
                Some(b'u') => (6, self.code(2, 6)?),
                _ => return Err(self.refuse("this escape is not understood")),
            };
            self.advance(length);
            text.push(escaped);
        }
    }

    fn code(&self, from: usize, to: usize) -> Result<char, Problem> {
        self.rest
            .get(from..to)
            .filter(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit()))
            .and_then(|digits| u32::from_str_radix(digits, 16).ok())
            .and_then(char::from_u32)
            .ok_or_else(|| self.refuse("this escape is not understood"))
    }

    fn number(&mut self) -> Result<Value, Problem> {
        let length = self.rest.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '+' | '.' | '_')));
        let text = &self.rest[..length.unwrap_or(self.rest.len())];
        // JSON's numbers are Python's too and mean the same; `010`, `1_000`, `0x10`, `5.` and `1-2` are left alone.
        let number: Number = serde_json::from_str(text).map_err(|_| self.refuse("this number is not understood"))?;
        self.advance(text.len());
        Ok(Value::Number(number))
    }

    fn word(&mut self) -> Result<Value, Problem> {
        let length = self.rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(self.rest.len());
        let value = match &self.rest[..length] {
            "True" | "true" => Value::Bool(true),
            "False" | "false" => Value::Bool(false),
            "None" | "null" => Value::Null,
            "" => return Err(self.refuse("this is not understood")),
            name => {
                let sentence = format!(
                    "“{}” is a name: only texts, numbers, True, False, None and lists are understood",
                    clip(name)
                );
                return Err(self.refuse(&sentence));
            }
        };
        self.advance(length);
        Ok(value)
    }

    fn space(&mut self) {
        self.rest = self.rest.trim_start_matches([' ', '\t', '\n', '\r']);
    }

    fn advance(&mut self, bytes: usize) {
        self.rest = &self.rest[bytes..];
    }

    fn refuse(&self, why: &str) -> Problem {
        let place = self.text[..self.text.len() - self.rest.len()].chars().count() + 1;
        Problem::new("", format!("the domain's text cannot be read at character {place}: {why}"))
    }
}
