//! JSON with the place of everything, and with what serde_json drops: duplicate keys and the text of numbers.

use crate::PolicyProblem;
use crate::decimal::Decimal;

/// How deep values may nest.
const MAX_DEPTH: usize = 64;
/// The longest text, in bytes.
const MAX_TEXT: usize = 1_000_000;

/// Where something stands in a text: line and column, from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) line: usize,
    pub(crate) column: usize,
}

/// A value and where it begins.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Node {
    pub(crate) place: Place,
    pub(crate) value: Value,
}

/// A JSON value. An object keeps every key as it stands, repeated ones too.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value {
    Null,
    Bool(bool),
    Number(Decimal),
    Text(String),
    List(Vec<Node>),
    Object(Vec<(String, Place, Node)>),
}

impl Value {
    /// `a text`, `an object`: what it is, in a sentence.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "true or false",
            Self::Number(_) => "a number",
            Self::Text(_) => "a text",
            Self::List(_) => "a list",
            Self::Object(_) => "an object",
        }
    }
}

/// Reads a text that is one JSON value and nothing else (RFC 8259; no comments, no trailing commas, no byte order mark).
pub(crate) fn read(text: &str) -> Result<Node, PolicyProblem> {
    let mut reader = Reader { rest: text, place: Place { line: 1, column: 1 } };
    if text.len() > MAX_TEXT {
        return Err(reader.refuse("the text is longer than a megabyte"));
    }
    let node = reader.value(0)?;
    reader.space();
    if reader.rest.is_empty() { Ok(node) } else { Err(reader.refuse("nothing may follow the policy")) }
}

struct Reader<'a> {
    rest: &'a str,
    place: Place,
}

impl Reader<'_> {
    fn value(&mut self, depth: usize) -> Result<Node, PolicyProblem> {
        self.space();
        if depth > MAX_DEPTH {
            return Err(self.refuse("values nest too deep"));
        }
        let place = self.place;
        let value = match self.rest.chars().next() {
            None => return Err(self.refuse("the text ends in the middle")),
            Some('{') => self.object(depth)?,
            Some('[') => self.list(depth)?,
            Some('"') => Value::Text(self.text()?),
            Some('-' | '0'..='9') => Value::Number(self.number()?),
            Some(_) => self.word()?,
        };
        Ok(Node { place, value })
    }

    fn object(&mut self, depth: usize) -> Result<Value, PolicyProblem> {
        self.take();
        let mut entries = Vec::new();
        self.space();
        if self.taken('}') {
            return Ok(Value::Object(entries));
        }
        loop {
            self.space();
            let place = self.place;
            if !self.rest.starts_with('"') {
                return Err(self.refuse("a key in double quotes is expected"));
            }
            let key = self.text()?;
            self.space();
            if !self.taken(':') {
                return Err(self.refuse("a colon is expected"));
            }
            let node = self.value(depth + 1)?;
            entries.push((key, place, node));
            self.space();
            if self.taken('}') {
                return Ok(Value::Object(entries));
            }
            if !self.taken(',') {
                return Err(self.refuse("a comma or the end of the object is expected"));
            }
        }
    }

    fn list(&mut self, depth: usize) -> Result<Value, PolicyProblem> {
        self.take();
        let mut items = Vec::new();
        self.space();
        if self.taken(']') {
            return Ok(Value::List(items));
        }
        loop {
            items.push(self.value(depth + 1)?);
            self.space();
            if self.taken(']') {
                return Ok(Value::List(items));
            }
            if !self.taken(',') {
                return Err(self.refuse("a comma or the end of the list is expected"));
            }
        }
    }

    fn text(&mut self) -> Result<String, PolicyProblem> {
        self.take();
        let mut text = String::new();
        loop {
            match self.rest.chars().next() {
                None => return Err(self.refuse("a text does not end")),
                Some(c) if u32::from(c) < 0x20 => return Err(self.refuse("a text holds a raw control character")),
                Some('"') => {
                    self.take();
                    return Ok(text);
                }
                Some('\\') => text.push(self.escape()?),
                Some(c) => {
                    self.take();
                    text.push(c);
                }
            }
        }
    }

    fn escape(&mut self) -> Result<char, PolicyProblem> {
        self.take();
        let plain = match self.rest.chars().next() {
            Some(c @ ('"' | '\\' | '/')) => c,
            Some('b') => '\u{8}',
            Some('f') => '\u{c}',
            Some('n') => '\n',
            Some('r') => '\r',
            Some('t') => '\t',
            Some('u') => return self.code_point(),
            _ => return Err(self.refuse("this escape is not one of JSON's")),
        };
        self.take();
        Ok(plain)
    }

    /// What follows a backslash and begins with `u`; a surrogate only as half of a pair.
    fn code_point(&mut self) -> Result<char, PolicyProblem> {
        let unit = self.code_unit()?;
        let code = match unit {
            0xD800..=0xDBFF => {
                if !self.taken('\\') {
                    return Err(self.refuse("half of a surrogate pair"));
                }
                match self.code_unit()? {
                    low @ 0xDC00..=0xDFFF => 0x1_0000 + ((unit - 0xD800) << 10) + (low - 0xDC00),
                    _ => return Err(self.refuse("half of a surrogate pair")),
                }
            }
            unit => unit,
        };
        char::from_u32(code).ok_or_else(|| self.refuse("half of a surrogate pair"))
    }

    fn code_unit(&mut self) -> Result<u32, PolicyProblem> {
        let digits = self.rest.get(1..5).filter(|d| d.bytes().all(|b| b.is_ascii_hexdigit()));
        let unit = digits.filter(|_| self.rest.starts_with('u')).and_then(|d| u32::from_str_radix(d, 16).ok());
        let unit = unit.ok_or_else(|| self.refuse("\\u wants four hex digits"))?;
        for _ in 0..5 {
            self.take();
        }
        Ok(unit)
    }

    fn number(&mut self) -> Result<Decimal, PolicyProblem> {
        let length = self.rest.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '+' | '.')));
        let text = &self.rest[..length.unwrap_or(self.rest.len())];
        let number = Decimal::parse(text).ok_or_else(|| self.refuse("this is not a number in JSON's form"))?;
        for _ in 0..text.len() {
            self.take();
        }
        Ok(number)
    }

    fn word(&mut self) -> Result<Value, PolicyProblem> {
        for (word, value) in [("true", Value::Bool(true)), ("false", Value::Bool(false)), ("null", Value::Null)] {
            if self.rest.starts_with(word) {
                for _ in 0..word.len() {
                    self.take();
                }
                return Ok(value);
            }
        }
        Err(self.refuse("a JSON value is expected here"))
    }

    fn space(&mut self) {
        while self.rest.starts_with([' ', '\t', '\n', '\r']) {
            self.take();
        }
    }

    fn taken(&mut self, wanted: char) -> bool {
        let there = self.rest.starts_with(wanted);
        if there {
            self.take();
        }
        there
    }

    fn take(&mut self) {
        let mut chars = self.rest.chars();
        match chars.next() {
            Some('\n') => self.place = Place { line: self.place.line + 1, column: 1 },
            Some(_) => self.place.column += 1,
            None => {}
        }
        self.rest = chars.as_str();
    }

    fn refuse(&self, why: &str) -> PolicyProblem {
        PolicyProblem {
            pointer: String::new(),
            line: self.place.line,
            column: self.place.column,
            message: format!("This is not JSON: {why}."),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_reads_what_serde_json_reads_and_nothing_more() {
        for text in [
            "{}",
            "[]",
            " [1, -2.5e3, \"a\\u00e9\\n\\ud83d\\ude00\\/\", true, false, null]\n",
            "{\"a\":{\"b\":[{}]}}",
            "0",
            "-0",
            "1E+2",
            "\"\"",
            "",
            "{",
            "[1,]",
            "{\"a\":1,}",
            "{a:1}",
            "01",
            "+1",
            ".5",
            "5.",
            "1e",
            "nul",
            "NaN",
            "'a'",
            "\"\\x\"",
            "\"\\u12\"",
            "\"\\ud800\"",
            "\"\\udc00\"",
            "\"a\nb\"",
            "[1] x",
            "// a\n[]",
            "\u{feff}[]",
            "\"",
            "[\"a\" \"b\"]",
            "{\"a\" 1}",
            "true false",
            "1_0",
            "0x1",
            "--1",
            "\"\\ud800\\u0041\"",
        ] {
            let theirs = serde_json::from_str::<serde_json::Value>(text);
            assert_eq!(read(text).is_ok(), theirs.is_ok(), "{text:?}");
        }
        assert!(read(&"[".repeat(100_000)).is_err());
    }

    #[test]
    fn everything_has_its_place() {
        let node = read("{\n  \"é\": 1,\n  \"é\": [2]\n}").unwrap();
        let Value::Object(entries) = node.value else { panic!() };
        assert_eq!(entries.len(), 2, "a repeated key is kept");
        assert_eq!(entries[1].1, Place { line: 3, column: 3 });
        assert_eq!(entries[1].2.place, Place { line: 3, column: 8 });
        let problem = read("{\n \"a\": x}").unwrap_err();
        assert_eq!((problem.line, problem.column), (2, 7));
    }
}
