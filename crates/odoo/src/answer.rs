//! Reads what a server sent, within bounds: a small text can stand for a large tree of values, so what is built is
//! counted, node by node, and given up where it grows too large.

use serde::de::{DeserializeSeed, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::map::Entry;
use serde_json::{Map, Number, Value};
use std::cell::Cell;
use std::fmt;

/// How deep values may nest. Odoo's own answers stay below twenty.
pub(crate) const MAX_DEPTH: usize = 64;
/// The longest of Odoo's own words that is looked at, in bytes.
const MAX_WORDS: usize = 64 * 1024;

/// What one value takes inside a list.
const ITEM: usize = size_of::<Value>();
/// What the allocator keeps beside a piece of memory, and the least piece there is.
const PIECE: usize = 16;
/// What a map takes for its first eleven entries: they share one node of the tree.
const LEAF: usize = 11 * (size_of::<String>() + ITEM) + 2 * PIECE;
/// What it takes for six more, the share of the inner nodes included.
const BRANCH: usize = LEAF + LEAF / 4;

/// Why an answer cannot be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unread {
    /// Its values would take more memory than they may.
    TooLarge,
    /// It ends in the middle.
    Ends,
    /// It is not JSON at all.
    NotJson,
    /// It is nearly JSON, with a flaw that can be named.
    Flawed(Flaw),
}

/// What is wrong with an answer that is nearly JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Flaw {
    /// `NaN`, `Infinity`, or a number beyond what a double holds.
    #[error("it holds a number that JSON does not have (NaN, infinity, or one too large)")]
    Number,
    /// One key twice in one object: which of the two counts is anybody's guess.
    #[error("an object in it names a key twice")]
    DoubledKey,
    /// Values inside values without end.
    #[error("its values nest deeper than {MAX_DEPTH} levels")]
    TooDeep,
    /// Bytes that are no text.
    #[error("it is not UTF-8")]
    NotUtf8,
    /// A byte order mark before the first value.
    #[error("it begins with a byte order mark")]
    ByteOrderMark,
}

/// From here on an answer is read on a thread of its own, in bytes: other calls go on meanwhile. Ten milliseconds or so.
const LONG: usize = 1024 * 1024;

/// Reads a body where it holds up nobody.
pub(crate) async fn reading<T: Send + 'static>(
    body: Vec<u8>,
    read: impl FnOnce(&[u8]) -> Result<T, Unread> + Send + 'static,
) -> Result<T, Unread> {
    if body.len() < LONG {
        return read(&body);
    }
    match tokio::task::spawn_blocking(move || read(&body)).await {
        Ok(read) => read,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            // The app ends.
            Err(_) => Err(Unread::Ends),
        },
    }
}

/// Reads one value, of at most about `memory` bytes once it is built.
pub(crate) fn value(body: &[u8], memory: u64) -> Result<Value, Unread> {
    let budget = Budget::new(memory);
    read(body, &budget, Node { budget: &budget, depth: 0 })
}

/// Reads the envelope of JSON-RPC, its result of at most about `memory` bytes.
pub(crate) fn envelope(body: &[u8], memory: u64) -> Result<Envelope, Unread> {
    let budget = Budget::new(memory);
    read(body, &budget, EnvelopeSeed(&budget))
}

/// Reads an exception as JSON-2 sends it.
pub(crate) fn exception(body: &[u8]) -> Result<Exception, Unread> {
    let budget = Budget::new(0);
    read(body, &budget, std::marker::PhantomData::<Exception>)
}

fn read<'de, S: DeserializeSeed<'de>>(body: &'de [u8], budget: &Budget, seed: S) -> Result<S::Value, Unread> {
    let mut reader = serde_json::Deserializer::from_slice(body);
    let read = seed.deserialize(&mut reader).and_then(|read| reader.end().map(|()| read));
    read.map_err(|error| budget.spent.get().unwrap_or_else(|| reason(&error, body)))
}

fn reason(error: &serde_json::Error, body: &[u8]) -> Unread {
    if body.starts_with(b"\xef\xbb\xbf") {
        Unread::Flawed(Flaw::ByteOrderMark)
    } else if std::str::from_utf8(body).is_err_and(|error| error.error_len().is_some()) {
        Unread::Flawed(Flaw::NotUtf8)
    } else if error.is_eof() {
        Unread::Ends
    } else if error.to_string().starts_with("number out of range") || is_no_number(word(body, error)) {
        Unread::Flawed(Flaw::Number)
    } else if error.to_string().starts_with("recursion limit") {
        Unread::Flawed(Flaw::TooDeep)
    } else {
        Unread::NotJson
    }
}

fn is_no_number(word: &[u8]) -> bool {
    matches!(word, b"NaN" | b"-NaN" | b"Infinity" | b"-Infinity" | b"+Infinity")
}

/// The bare word at which reading stopped.
fn word<'a>(body: &'a [u8], error: &serde_json::Error) -> &'a [u8] {
    let line: usize = body.split_inclusive(|b| *b == b'\n').take(error.line().saturating_sub(1)).map(<[u8]>::len).sum();
    let at = (line + error.column()).min(body.len());
    let is_part = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'+' | b'.');
    let (before, after) = body.split_at(at);
    let from = before.len() - before.iter().rev().take_while(|b| is_part(b)).count();
    let to = at + after.iter().take_while(|b| is_part(b)).count();
    body.get(from..to).unwrap_or_default()
}

/// The memory that is left for values.
struct Budget {
    left: Cell<u64>,
    /// Why reading was given up by us rather than by the reader.
    spent: Cell<Option<Unread>>,
}

impl Budget {
    const fn new(memory: u64) -> Self {
        Self { left: Cell::new(memory), spent: Cell::new(None) }
    }

    fn spend<E: Error>(&self, bytes: usize) -> Result<(), E> {
        match self.left.get().checked_sub(bytes as u64) {
            Some(left) => {
                self.left.set(left);
                Ok(())
            }
            None => Err(self.give_up(Unread::TooLarge)),
        }
    }

    /// Pays for a text before it is copied.
    fn text<E: Error>(&self, text: &str) -> Result<(), E> {
        if text.is_empty() { Ok(()) } else { self.spend(text.len().next_multiple_of(PIECE) + PIECE) }
    }

    fn give_up<E: Error>(&self, why: Unread) -> E {
        self.spent.set(Some(why));
        E::custom("given up")
    }
}

/// One value at its depth.
#[derive(Clone, Copy)]
struct Node<'b> {
    budget: &'b Budget,
    depth: usize,
}

impl Node<'_> {
    fn inner<E: Error>(self) -> Result<Self, E> {
        if self.depth >= MAX_DEPTH {
            return Err(self.budget.give_up(Unread::Flawed(Flaw::TooDeep)));
        }
        Ok(Self { depth: self.depth + 1, ..self })
    }
}

impl<'de> DeserializeSeed<'de> for Node<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Node<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON")
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        match Number::from_f64(value) {
            Some(number) => Ok(Value::Number(number)),
            None => Err(self.budget.give_up(Unread::Flawed(Flaw::Number))),
        }
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Value, E> {
        self.budget.text(value)?;
        Ok(Value::String(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let inner = self.inner()?;
        let mut list: Vec<Value> = Vec::new();
        while let Some(item) = items.next_element_seed(inner)? {
            if list.len() == list.capacity() {
                // Grown here and not by `push`, so that it is paid for before it is there.
                let more = list.len().max(4);
                self.budget.spend(more * ITEM + if list.is_empty() { PIECE } else { 0 })?;
                list.reserve_exact(more);
            }
            list.push(item);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let inner = self.inner()?;
        let mut map = Map::new();
        while let Some(key) = entries.next_key_seed(Key(self.budget))? {
            let value = entries.next_value_seed(inner)?;
            match map.len() {
                0 => self.budget.spend(LEAF)?,
                more if more >= 11 && (more - 11).is_multiple_of(6) => self.budget.spend(BRANCH)?,
                _ => {}
            }
            match map.entry(key) {
                Entry::Vacant(entry) => {
                    entry.insert(value);
                }
                Entry::Occupied(_) => return Err(self.budget.give_up(Unread::Flawed(Flaw::DoubledKey))),
            }
        }
        Ok(Value::Object(map))
    }
}

/// The key of an object, paid for.
struct Key<'b>(&'b Budget);

impl<'de> DeserializeSeed<'de> for Key<'_> {
    type Value = String;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<String, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Key<'_> {
    type Value = String;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E: Error>(self, key: &str) -> Result<String, E> {
        self.0.text(key)?;
        Ok(key.to_owned())
    }
}

/// A Python exception as both protocols carry it. Traceback, arguments and context are not even read.
#[derive(Debug, Deserialize)]
pub(crate) struct Exception {
    name: Said,
    #[serde(default)]
    message: Said,
}

impl Exception {
    /// The class with its module: `odoo.exceptions.AccessError`.
    pub(crate) fn name(&self) -> &str {
        &self.name.0
    }

    /// What it says; empty when that is no text.
    pub(crate) fn message(&self) -> &str {
        &self.message.0
    }
}

/// The beginning of a text; nothing where another value stands.
#[derive(Debug, Default)]
struct Said(String);

impl<'de> Deserialize<'de> for Said {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(SaidVisitor)
    }
}

struct SaidVisitor;

impl<'de> Visitor<'de> for SaidVisitor {
    type Value = Said;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Said, E> {
        Ok(Said(text[..text.floor_char_boundary(MAX_WORDS)].to_owned()))
    }

    fn visit_unit<E: Error>(self) -> Result<Said, E> {
        Ok(Said::default())
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<Said, E> {
        Ok(Said::default())
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<Said, E> {
        Ok(Said::default())
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<Said, E> {
        Ok(Said::default())
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<Said, E> {
        Ok(Said::default())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, items: A) -> Result<Said, A::Error> {
        IgnoredAny.visit_seq(items).map(|_| Said::default())
    }

    fn visit_map<A: MapAccess<'de>>(self, entries: A) -> Result<Said, A::Error> {
        IgnoredAny.visit_map(entries).map(|_| Said::default())
    }
}

/// An answer of JSON-RPC.
#[derive(Debug)]
pub(crate) struct Envelope {
    /// What the method gave; none where it gave nothing.
    pub(crate) result: Option<Value>,
    /// Why it failed.
    pub(crate) error: Option<Fault>,
}

/// The error of an answer of JSON-RPC.
#[derive(Debug, Deserialize)]
pub(crate) struct Fault {
    #[serde(default)]
    pub(crate) code: i64,
    #[serde(default)]
    pub(crate) data: Option<Exception>,
}

#[derive(Deserialize, PartialEq, Eq)]
#[serde(field_identifier, rename_all = "lowercase")]
enum Part {
    Jsonrpc,
    Result,
    Error,
    #[serde(other)]
    Other,
}

/// The one version of JSON-RPC there is; without it an answer is not one.
#[derive(Deserialize)]
enum Version2 {
    #[serde(rename = "2.0")]
    Two,
}

struct EnvelopeSeed<'b>(&'b Budget);

impl<'de> DeserializeSeed<'de> for EnvelopeSeed<'_> {
    type Value = Envelope;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Envelope, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for EnvelopeSeed<'_> {
    type Value = Envelope;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an answer of JSON-RPC")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut parts: A) -> Result<Envelope, A::Error> {
        let (mut version, mut result, mut error) = (None, None, None);
        while let Some(part) = parts.next_key::<Part>()? {
            let doubled = match part {
                Part::Jsonrpc => version.replace(parts.next_value::<Version2>()?).is_some(),
                Part::Result => result.replace(parts.next_value_seed(Node { budget: self.0, depth: 0 })?).is_some(),
                Part::Error => error.replace(parts.next_value::<Option<Fault>>()?).is_some(),
                Part::Other => {
                    parts.next_value::<IgnoredAny>()?;
                    false
                }
            };
            if doubled {
                return Err(self.0.give_up(Unread::Flawed(Flaw::DoubledKey)));
            }
        }
        match version {
            Some(Version2::Two) => Ok(Envelope { result, error: error.flatten() }),
            None => Err(A::Error::custom("no version of JSON-RPC is named")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const PLENTY: u64 = 32 * 1024 * 1024;

    #[test]
    fn what_is_read_is_what_serde_json_reads() {
        for text in [
            "null",
            "true",
            " [1, -2, 0.5, 1e3, 18446744073709551615, \"\", \"Gr\\u00fc\\u00dfe\"] ",
            r#"{"a": {"b": [[], {}, {"c": null}]}, "é": "\ud83d\ude00"}"#,
            r#"[[1,"Azure"],false,{"id":7,"name":false}]"#,
        ] {
            assert_eq!(value(text.as_bytes(), PLENTY).unwrap(), serde_json::from_str::<Value>(text).unwrap(), "{text}");
        }
        let wide: Value = Value::Object((0..500).map(|n| (format!("field_{n}"), json!([n]))).collect());
        assert_eq!(value(wide.to_string().as_bytes(), PLENTY).unwrap(), wide);
    }

    #[test]
    fn a_flaw_is_named() {
        for (body, flaw) in [
            (&b"{\"amount\": NaN}"[..], Flaw::Number),
            (b"NaN", Flaw::Number),
            (b"[1,\n  2, Infinity]", Flaw::Number),
            (b"[1, -Infinity]", Flaw::Number),
            (b"[1e999]", Flaw::Number),
            (b"[-1e999]", Flaw::Number),
            (b"{\"id\": 1, \"name\": \"x\", \"id\": 2}", Flaw::DoubledKey),
            (b"[{\"a\": {\"b\": 1, \"\\u0062\": 1}}]", Flaw::DoubledKey),
            (b"\xef\xbb\xbf[]", Flaw::ByteOrderMark),
            (b"[\"\xff\"]", Flaw::NotUtf8),
            (b"[\"\xc3\x28\"]", Flaw::NotUtf8),
            (b"\xff\xfe[\x00]\x00", Flaw::NotUtf8),
        ] {
            assert_eq!(value(body, PLENTY), Err(Unread::Flawed(flaw)), "{}", String::from_utf8_lossy(body));
        }
        for (body, why) in [
            (&b"[1, 2"[..], Unread::Ends),
            (b"[\"a", Unread::Ends),
            (b"[\"\xc3", Unread::Ends),
            (b"", Unread::Ends),
            (b"[1] [2]", Unread::NotJson),
            (b"hello", Unread::NotJson),
            (b"[nAN]", Unread::NotJson),
            (b"['a']", Unread::NotJson),
        ] {
            assert_eq!(value(body, PLENTY), Err(why), "{}", String::from_utf8_lossy(body));
        }
    }

    #[test]
    fn values_nest_so_deep_and_no_deeper() {
        let nested = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
        assert!(value(nested(MAX_DEPTH).as_bytes(), PLENTY).is_ok());
        for depth in [MAX_DEPTH + 1, 1_000, 1_000_000] {
            assert_eq!(value(nested(depth).as_bytes(), PLENTY), Err(Unread::Flawed(Flaw::TooDeep)), "{depth}");
        }
        let objects = r#"{"a":"#.repeat(1_000);
        assert_eq!(value(objects.as_bytes(), PLENTY), Err(Unread::Flawed(Flaw::TooDeep)));
    }

    #[test]
    fn what_would_take_too_much_memory_is_given_up() {
        let million = |item: &str| format!("[{}]", vec![item; 1_000_000].join(","));
        for item in ["{\"a\":0}", "[0]", "{\"a\":{\"b\":{}}}", "\"aaaaaaaaaaaaaaaa\"", "{\"id\":1,\"name\":\"Azure\"}"]
        {
            assert_eq!(value(million(item).as_bytes(), PLENTY), Err(Unread::TooLarge), "{item}");
        }
        // As large, and cheap: one text.
        let file = format!("\"{}\"", "QUJD".repeat(4_000_000));
        assert!(value(file.as_bytes(), PLENTY).is_ok());
        assert_eq!(value(file.as_bytes(), 1_000_000), Err(Unread::TooLarge));
        assert_eq!(value(b"[[[[]]]]", 0), Err(Unread::TooLarge));
    }

    #[test]
    fn an_envelope_is_read_with_its_parts_once_each() {
        let read = |text: &str| envelope(text.as_bytes(), PLENTY);
        assert_eq!(read(r#"{"jsonrpc": "2.0", "id": 1, "result": [1]}"#).unwrap().result, Some(json!([1])));
        assert_eq!(read(r#"{"result": null, "jsonrpc": "2.0"}"#).unwrap().result, Some(Value::Null));
        assert_eq!(read(r#"{"id": 1, "jsonrpc": "2.0"}"#).unwrap().result, None);
        let fault = read(
            r#"{"jsonrpc":"2.0","error":{"code":200,"message":"x","data":{"name":"a.B","message":7,"debug":[{}]}}}"#,
        );
        let exception = fault.unwrap().error.unwrap().data.unwrap();
        assert_eq!((exception.name(), exception.message()), ("a.B", ""));
        for bad in [r#"{"result": 1}"#, r#"{"jsonrpc": "1.0", "result": 1}"#, "[]", "7"] {
            assert!(read(bad).is_err(), "{bad}");
        }
        for doubled in [
            r#"{"jsonrpc": "2.0", "result": 1, "result": 2}"#,
            r#"{"jsonrpc": "2.0", "jsonrpc": "2.0"}"#,
            r#"{"jsonrpc": "2.0", "error": null, "error": null}"#,
            r#"{"jsonrpc": "2.0", "result": {"a": 1, "a": 1}}"#,
        ] {
            assert_eq!(read(doubled).unwrap_err(), Unread::Flawed(Flaw::DoubledKey), "{doubled}");
        }
        let large = format!(r#"{{"jsonrpc": "2.0", "result": [{}0]}}"#, "{\"a\":0},".repeat(1_000_000));
        assert_eq!(read(&large).unwrap_err(), Unread::TooLarge);
    }

    #[test]
    fn of_an_exception_only_class_and_the_beginning_of_its_words_are_kept() {
        let long = "ä".repeat(100_000);
        let text = json!({"name": "a.B", "message": long, "debug": "secret", "arguments": [["x"]]}).to_string();
        let read = exception(text.as_bytes()).unwrap();
        assert_eq!((read.name(), read.message().len()), ("a.B", MAX_WORDS));
        assert!(!format!("{read:?}").contains("secret"));
        assert_eq!(exception(b"{\"message\": \"x\"}").unwrap_err(), Unread::NotJson);
    }
}
