//! JSON with the place of everything, and with what serde_json drops: duplicate keys and the text of numbers.

use crate::PolicyProblem;
use crate::decimal::Decimal;
use std::borrow::Cow;

/// How deep values may nest.
const MAX_DEPTH: usize = 64;
/// The longest text, in bytes.
const MAX_TEXT: usize = 4_000_000;

/// A value and where it begins: a byte of the text.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Node<'t> {
    pub(crate) at: usize,
    pub(crate) value: Value<'t>,
}

/// A key of an object, where it begins, and its value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Entry<'t> {
    pub(crate) key: Cow<'t, str>,
    pub(crate) key_at: usize,
    pub(crate) node: Node<'t>,
}

/// A JSON value. An object keeps every key as it stands, repeated ones too.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value<'t> {
    Null,
    Bool(bool),
    Number(Decimal),
    Text(Cow<'t, str>),
    List(Vec<Node<'t>>),
    Object(Vec<Entry<'t>>),
}

impl Value<'_> {
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

/// Lines and columns of places in a text, asked for in ascending order: the text is walked once.
pub(crate) struct Places<'t> {
    text: &'t str,
    at: usize,
    line: usize,
    column: usize,
}

impl<'t> Places<'t> {
    pub(crate) fn of(text: &'t str) -> Self {
        Self { text, at: 0, line: 1, column: 1 }
    }

    /// Line and character of a byte, both from 1. A byte before the last one asked for is told as that one.
    pub(crate) fn at(&mut self, at: usize) -> (usize, usize) {
        let passed = self.text.get(self.at..at).unwrap_or_default();
        for c in passed.chars() {
            if c == '\n' {
                (self.line, self.column) = (self.line + 1, 1);
            } else {
                self.column += 1;
            }
        }
        self.at = self.at.max(at);
        (self.line, self.column)
    }
}

/// Reads a text that is one JSON value and nothing else (RFC 8259; no comments, no trailing commas, no byte order mark).
pub(crate) fn read(text: &str) -> Result<Node<'_>, PolicyProblem> {
    let mut reader = Reader { text, bytes: text.as_bytes(), at: 0 };
    if text.len() > MAX_TEXT {
        return Err(reader.refuse("the text is longer than four megabytes"));
    }
    let node = reader.value(0)?;
    reader.space();
    if reader.at == text.len() { Ok(node) } else { Err(reader.refuse("nothing may follow the policy")) }
}

struct Reader<'t> {
    text: &'t str,
    bytes: &'t [u8],
    at: usize,
}

impl<'t> Reader<'t> {
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn value(&mut self, depth: usize) -> Result<Node<'t>, PolicyProblem> {
        self.space();
        if depth > MAX_DEPTH {
            return Err(self.refuse("values nest too deep"));
        }
        let at = self.at;
        let value = match self.peek() {
            None => return Err(self.refuse("the text ends in the middle")),
            Some(b'{') => self.object(depth)?,
            Some(b'[') => self.list(depth)?,
            Some(b'"') => Value::Text(self.text()?),
            Some(b'-' | b'0'..=b'9') => Value::Number(self.number()?),
            Some(_) => self.word()?,
        };
        Ok(Node { at, value })
    }

    fn object(&mut self, depth: usize) -> Result<Value<'t>, PolicyProblem> {
        self.at += 1;
        let mut entries = Vec::new();
        self.space();
        if self.taken(b'}') {
            return Ok(Value::Object(entries));
        }
        loop {
            self.space();
            let key_at = self.at;
            if self.peek() != Some(b'"') {
                return Err(self.refuse("a key in double quotes is expected"));
            }
            let key = self.text()?;
            self.space();
            if !self.taken(b':') {
                return Err(self.refuse("a colon is expected"));
            }
            let node = self.value(depth + 1)?;
            entries.push(Entry { key, key_at, node });
            self.space();
            if self.taken(b'}') {
                return Ok(Value::Object(entries));
            }
            if !self.taken(b',') {
                return Err(self.refuse("a comma or the end of the object is expected"));
            }
        }
    }

    fn list(&mut self, depth: usize) -> Result<Value<'t>, PolicyProblem> {
        self.at += 1;
        let mut items = Vec::new();
        self.space();
        if self.taken(b']') {
            return Ok(Value::List(items));
        }
        loop {
            items.push(self.value(depth + 1)?);
            self.space();
            if self.taken(b']') {
                return Ok(Value::List(items));
            }
            if !self.taken(b',') {
                return Err(self.refuse("a comma or the end of the list is expected"));
            }
        }
    }

    /// A text; borrowed where nothing in it is escaped.
    fn text(&mut self) -> Result<Cow<'t, str>, PolicyProblem> {
        self.at += 1;
        let mut unescaped = String::new();
        loop {
            let start = self.at;
            while self.peek().is_some_and(|b| b != b'"' && b != b'\\' && b >= 0x20) {
                self.at += 1;
            }
            // Quotes, backslashes and control characters are single bytes, so both ends stand between characters.
            let plain = &self.text[start..self.at];
            match self.peek() {
                None => return Err(self.refuse("a text does not end")),
                Some(b'"') => {
                    self.at += 1;
                    return Ok(if unescaped.is_empty() {
                        Cow::Borrowed(plain)
                    } else {
                        unescaped.push_str(plain);
                        Cow::Owned(unescaped)
                    });
                }
                Some(b'\\') => {
                    unescaped.push_str(plain);
                    unescaped.push(self.escape()?);
                }
                Some(_) => return Err(self.refuse("a text holds a raw control character")),
            }
        }
    }

    fn escape(&mut self) -> Result<char, PolicyProblem> {
        self.at += 1;
        let plain = match self.peek() {
            Some(b @ (b'"' | b'\\' | b'/')) => char::from(b),
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => return self.code_point(),
            _ => return Err(self.refuse("this escape is not one of JSON's")),
        };
        self.at += 1;
        Ok(plain)
    }

    /// What follows a backslash and begins with `u`; a surrogate only as half of a pair.
    fn code_point(&mut self) -> Result<char, PolicyProblem> {
        let unit = self.code_unit()?;
        let code = match unit {
            0xD800..=0xDBFF => {
                if !self.taken(b'\\') {
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
        let digits = self.text.get(self.at + 1..self.at + 5).filter(|d| d.bytes().all(|b| b.is_ascii_hexdigit()));
        let unit = digits.filter(|_| self.peek() == Some(b'u')).and_then(|d| u32::from_str_radix(d, 16).ok());
        let unit = unit.ok_or_else(|| self.refuse("\\u wants four hex digits"))?;
        self.at += 5;
        Ok(unit)
    }

    fn number(&mut self) -> Result<Decimal, PolicyProblem> {
        let rest = &self.bytes[self.at..];
        let length = rest.iter().position(|b| !(b.is_ascii_alphanumeric() || matches!(b, b'-' | b'+' | b'.')));
        let end = self.at + length.unwrap_or(rest.len());
        let number = Decimal::parse(&self.text[self.at..end]).ok_or_else(|| {
            self.refuse("this is not a number in JSON's form, or its exponent has more than six digits")
        })?;
        self.at = end;
        Ok(number)
    }

    fn word(&mut self) -> Result<Value<'t>, PolicyProblem> {
        for (word, value) in [("true", Value::Bool(true)), ("false", Value::Bool(false)), ("null", Value::Null)] {
            if self.bytes[self.at..].starts_with(word.as_bytes()) {
                self.at += word.len();
                return Ok(value);
            }
        }
        Err(self.refuse("a JSON value is expected here"))
    }

    fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn taken(&mut self, wanted: u8) -> bool {
        let there = self.peek() == Some(wanted);
        self.at += usize::from(there);
        there
    }

    fn refuse(&self, why: &str) -> PolicyProblem {
        let (line, column) = Places::of(self.text).at(self.at);
        PolicyProblem { pointer: String::new(), line, column, message: format!("This is not JSON: {why}.") }
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
        let text = "{\n  \"é\": 1,\n  \"é\": [2]\n}";
        let node = read(text).unwrap();
        let Value::Object(entries) = node.value else { panic!() };
        assert_eq!(entries.len(), 2, "a repeated key is kept");
        let mut places = Places::of(text);
        assert_eq!(places.at(entries[1].key_at), (3, 3));
        assert_eq!(places.at(entries[1].node.at), (3, 8));
        let problem = read("{\n \"a\": x}").unwrap_err();
        assert_eq!((problem.line, problem.column), (2, 7));
    }
}
