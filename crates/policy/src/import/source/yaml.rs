//! YAML as a tree, from its parser's events: bounded while it grows.

use super::{Entry, MAX_NODES, Node, Place, Value, refusal};
use crate::PolicyProblem;
use saphyr_parser::{Event, Marker, Parser, ScalarStyle, StrInput, Tag};
use std::borrow::Cow;
use std::collections::HashMap;

/// How deep values may nest.
const MAX_DEPTH: usize = 64;

/// What an anchor names: the tree, how many values it is, and how deep.
struct Anchored {
    node: Node,
    nodes: usize,
    depth: usize,
}

/// An object or a list that is not closed yet.
struct Open {
    place: Place,
    anchor: usize,
    nodes: usize,
    depth: usize,
    into: Filled,
}

enum Filled {
    List(Vec<Node>),
    Object(Vec<Entry>, Option<(String, Place)>),
}

struct Builder {
    open: Vec<Open>,
    anchors: HashMap<usize, Anchored>,
    nodes: usize,
    root: Option<Node>,
}

pub(super) fn yaml(text: &str) -> Result<Node, PolicyProblem> {
    let mut builder = Builder { open: Vec::new(), anchors: HashMap::new(), nodes: 0, root: None };
    let mut parser: Parser<'_, StrInput<'_>> = Parser::new_from_str(text);
    let end = end_of(text);
    while let Some(event) = parser.next_event() {
        let (event, span) = event.map_err(|error| {
            let message = format!("This is neither JSON nor YAML: {}.", error.info());
            refusal(place_at(*error.marker(), end), message)
        })?;
        builder.take(event, place_at(span.start, end))?;
    }
    builder.root.ok_or_else(|| refusal(end, "The text is empty."))
}

/// The place behind the last character. Lines end as YAML's do.
fn end_of(text: &str) -> Place {
    let mut end = Place { line: 1, column: 1 };
    let mut before = ' ';
    for c in text.chars() {
        match c {
            '\n' if before == '\r' => {}
            '\n' | '\r' => end = Place { line: end.line + 1, column: 1 },
            _ => end.column += 1,
        }
        before = c;
    }
    end
}

/// The scanner counts a last line that is not there.
fn place_at(marker: Marker, end: Place) -> Place {
    Place { line: marker.line().max(1), column: marker.col() + 1 }.min(end)
}

impl Builder {
    fn take(&mut self, event: Event<'_>, place: Place) -> Result<(), PolicyProblem> {
        match event {
            Event::DocumentStart(_) if self.root.is_some() => {
                Err(refusal(place, "The text holds more than one document; import one at a time."))
            }
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentStart(_) | Event::DocumentEnd => {
                Ok(())
            }
            Event::Scalar(text, style, anchor, tag) => {
                let node = Node { place, value: scalar(text, style, tag.as_deref(), place)? };
                self.close(node, anchor, 1, 1)
            }
            Event::SequenceStart(anchor, tag) => self.begin(place, anchor, tag.as_deref(), Filled::List(Vec::new())),
            Event::MappingStart(anchor, tag) => {
                self.begin(place, anchor, tag.as_deref(), Filled::Object(Vec::new(), None))
            }
            Event::SequenceEnd | Event::MappingEnd => self.end(),
            Event::Alias(anchor) => {
                let Some(anchored) = self.anchors.get(&anchor) else {
                    return Err(refusal(place, "An alias stands inside what it names."));
                };
                let (nodes, depth) = (anchored.nodes, anchored.depth);
                self.room(nodes, depth, place)?;
                let node = Node { place, ..self.anchors[&anchor].node.clone() };
                self.close(node, 0, nodes, depth)
            }
        }
    }

    /// Refuses what would be too much before it is made.
    fn room(&self, nodes: usize, depth: usize, place: Place) -> Result<(), PolicyProblem> {
        if self.open.len() + depth > MAX_DEPTH {
            return Err(refusal(place, format!("Values nest deeper than {MAX_DEPTH} levels.")));
        }
        if self.nodes + nodes > MAX_NODES {
            return Err(refusal(place, "The text stands for more than 200,000 values, aliases written out."));
        }
        Ok(())
    }

    fn begin(&mut self, place: Place, anchor: usize, tag: Option<&Tag>, into: Filled) -> Result<(), PolicyProblem> {
        self.room(1, 1, place)?;
        if let Some(tag) = tag {
            return Err(refusal(place, format!("The tag {tag} is not read; leave it out.")));
        }
        self.open.push(Open { place, anchor, nodes: 1, depth: 1, into });
        Ok(())
    }

    fn end(&mut self) -> Result<(), PolicyProblem> {
        let Some(open) = self.open.pop() else { return Ok(()) };
        let value = match open.into {
            Filled::List(items) => Value::List(items),
            Filled::Object(entries, _) => Value::Object(entries),
        };
        // Its inside was counted already.
        self.nodes -= open.nodes - 1;
        self.close(Node { place: open.place, value }, open.anchor, open.nodes, open.depth)
    }

    /// A whole value: a key, a value of a key, an item, or the root.
    fn close(&mut self, node: Node, anchor: usize, nodes: usize, depth: usize) -> Result<(), PolicyProblem> {
        self.room(nodes, depth, node.place)?;
        self.nodes += nodes;
        if anchor > 0 {
            self.nodes += nodes;
            self.anchors.insert(anchor, Anchored { node: node.clone(), nodes, depth });
        }
        let Some(open) = self.open.last_mut() else {
            self.root = Some(node);
            return Ok(());
        };
        open.nodes += nodes;
        open.depth = open.depth.max(depth + 1);
        match &mut open.into {
            Filled::List(items) => items.push(node),
            Filled::Object(entries, waiting) => match waiting.take() {
                Some((key, place)) => entries.push(Entry { key, place, node }),
                None => *waiting = Some((key_of(&node)?, node.place)),
            },
        }
        Ok(())
    }
}

fn key_of(node: &Node) -> Result<String, PolicyProblem> {
    match &node.value {
        Value::Text(text) | Value::Odd(text) | Value::Number(text) if text == "<<" => {
            Err(refusal(node.place, "The merge key << is not read; write the keys out."))
        }
        Value::Text(text) | Value::Odd(text) | Value::Number(text) => Ok(text.clone()),
        Value::Bool(flag) => Ok(flag.to_string()),
        _ => Err(refusal(node.place, format!("A key is a text, not {}.", node.kind()))),
    }
}

fn scalar(text: Cow<'_, str>, style: ScalarStyle, tag: Option<&Tag>, place: Place) -> Result<Value, PolicyProblem> {
    match tag {
        None if style == ScalarStyle::Plain => Ok(plain(text)),
        None => Ok(Value::Text(text.into_owned())),
        Some(tag) if tag.is_yaml_core_schema() && tag.suffix == "str" => Ok(Value::Text(text.into_owned())),
        Some(tag) => Err(refusal(place, format!("The tag {tag} is not read; leave it out."))),
    }
}

/// What a word without quotes means, where all readers agree.
fn plain(text: Cow<'_, str>) -> Value {
    match text.as_ref() {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "true" | "True" | "TRUE" => Value::Bool(true),
        "false" | "False" | "FALSE" => Value::Bool(false),
        number if crate::decimal::Decimal::parse(number).is_some() => Value::Number(text.into_owned()),
        odd if is_odd(odd) => Value::Odd(text.into_owned()),
        _ => Value::Text(text.into_owned()),
    }
}

fn is_odd(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    if ["y", "n", "yes", "no", "on", "off", "=", ".inf", "+.inf", "-.inf", ".nan"].contains(&lower.as_str()) {
        return true;
    }
    let digits = lower.trim_start_matches(['+', '-']);
    let begins = digits.starts_with(|c: char| c.is_ascii_digit())
        || digits.strip_prefix('.').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
    if !begins {
        return false;
    }
    let based = ["0x", "0o", "0b"].iter().any(|base| {
        digits.strip_prefix(base).is_some_and(|rest| rest.bytes().all(|b| b.is_ascii_hexdigit() || b == b'_'))
    });
    // Octal, sexagesimal, grouped, signed, without a digit before or behind the point; dates.
    let numeric =
        digits.bytes().all(|b| b.is_ascii_digit() || b"_:.e+-".contains(&b)) && digits.matches('.').count() <= 1;
    let date = digits.len() >= 8
        && digits.as_bytes().get(4) == Some(&b'-')
        && digits.bytes().take(4).all(|b| b.is_ascii_digit());
    based || numeric || date
}
