use serde::{Deserialize, Serialize};
use serde_json::Value;
use ts_rs::TS;

/// How a call that ran can be taken back, as the journal keeps it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Undo {
    /// These calls, in this order, bring back what was there.
    Calls {
        /// At least one.
        calls: Vec<UndoCall>,
        /// What they do not bring back, a sentence each.
        leaves: Vec<String>,
    },
    /// There is no way back.
    None {
        /// Why, in a sentence.
        why: String,
    },
}

impl Undo {
    /// One call that brings back everything.
    pub fn by(tool: &str, arguments: Value) -> Self {
        Self::Calls { calls: vec![UndoCall::new(tool, arguments)], leaves: Vec::new() }
    }

    /// There is no way back, and why.
    pub fn none(why: impl Into<String>) -> Self {
        Self::None { why: why.into() }
    }

    /// The same, with one more sentence on what stays.
    #[must_use]
    pub fn leaving(mut self, what: impl Into<String>) -> Self {
        if let Self::Calls { leaves, .. } = &mut self {
            leaves.push(what.into());
        }
        self
    }
}

/// A call of a tool that takes another call back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct UndoCall {
    /// The tool.
    pub tool: String,
    /// Its arguments.
    pub arguments: Value,
    /// What the call that is taken back left in the records that this one names: values as Odoo reads them, by record and
    /// field. A record that holds something else by now was changed since. `null` where that is not looked at.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub left: Value,
}

impl UndoCall {
    /// A call whose records may hold anything by now.
    pub fn new(tool: &str, arguments: Value) -> Self {
        Self { tool: tool.to_owned(), arguments, left: Value::Null }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_undo_reads_back_as_it_was_written() {
        let undo = Undo::by("odoo_write", json!({"model": "res.partner"})).leaving("The message that went out stays.");
        let text = serde_json::to_string(&undo).unwrap();
        assert!(text.contains(r#""kind":"calls""#), "{text}");
        assert_eq!(serde_json::from_str::<Undo>(&text).unwrap(), undo);
        let Undo::Calls { calls, .. } = &undo else { panic!("no way back") };
        assert!(!text.contains("left\""), "{text}");
        let left = UndoCall { left: json!({"7": {"state": "sale"}}), ..calls[0].clone() };
        assert_eq!(serde_json::from_value::<UndoCall>(json!(left)).unwrap(), left);
        let none = Undo::none("Deleted records do not come back.").leaving("nothing");
        assert_eq!(none, Undo::None { why: "Deleted records do not come back.".into() });
    }
}
