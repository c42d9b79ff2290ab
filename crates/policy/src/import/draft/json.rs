//! A draft as the text of a policy, for the parser.

use super::{Draft, LimitDraft, RuleDraft, ToolDraft};
use crate::import::source::quoted;

impl Draft<'_> {
    pub(super) fn json(&self) -> String {
        let default = if self.allow { "allow" } else { "deny" };
        let hide = if self.hide_every { "\"*\"".to_owned() } else { joined(&self.hide, |name| quoted(name)) };
        let tools: Vec<String> =
            self.listed.iter().map(|(name, draft)| format!("{}:{}", quoted(name), draft.json())).collect();
        format!(
            "{{\"version\":\"1\",\"default\":\"{default}\",\"hide\":[{hide}],\"all_tools\":{{\"limits\":[{}]}},\"tools\":{{{}}},\"redact\":[{}]}}",
            joined(&self.all_tools, LimitDraft::json),
            tools.join(","),
            joined(&self.redact, |pattern| quoted(pattern)),
        )
    }
}

impl ToolDraft {
    pub(super) fn json(&self) -> String {
        format!(
            "{{\"require\":[{}],\"deny_if\":[{}],\"limits\":[{}],\"require_approval\":[{}]}}",
            joined(&self.require, |rule| rule.json("on_deny")),
            joined(&self.deny_if, |rule| rule.json("on_deny")),
            joined(&self.limits, LimitDraft::json),
            joined(&self.ask, |rule| rule.json("reason")),
        )
    }
}

impl RuleDraft {
    pub(super) fn json(&self, words: &str) -> String {
        let words = self.words.as_ref().map_or_else(String::new, |text| format!(",\"{words}\":{}", quoted(text)));
        let time = self.timeout.as_ref().map_or_else(String::new, |time| format!(",\"timeout\":{}", quoted(time)));
        format!("{{\"conditions\":[{}]{words}{time}}}", self.conditions.join(","))
    }
}

impl LimitDraft {
    pub(super) fn json(&self) -> String {
        let from =
            self.counted.from.as_ref().map_or_else(String::new, |from| format!(",\"increment_from\":{}", quoted(from)));
        format!(
            "{{\"counter\":{},\"window\":\"{}\",\"max\":{},\"scope\":\"grant\"{from}}}",
            quoted(&self.counter),
            self.counted.window.as_str(),
            self.max
        )
    }
}

fn joined<T>(items: &[T], print: impl Fn(&T) -> String) -> String {
    items.iter().map(print).collect::<Vec<_>>().join(",")
}
