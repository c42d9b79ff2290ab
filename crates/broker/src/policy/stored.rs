use super::layers::PolicyText;
use crate::view::{PolicyEdit, PolicySave};
use gatehouse_core::Timestamp;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Earlier states that are kept.
const KEPT: usize = 10;
/// Their texts together; what is more is forgotten, oldest first.
const KEPT_BYTES: usize = 2 * 1024 * 1024;

/// A layer as it lies sealed among the settings: what was chosen, and the states before it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Stored {
    pub(crate) edit: PolicyEdit,
    /// Newest first.
    pub(crate) saves: Vec<PolicySave>,
}

impl Default for Stored {
    fn default() -> Self {
        Self { edit: PolicyEdit::Absent, saves: Vec::new() }
    }
}

impl Stored {
    /// Reads a sealed setting. Before there were layers, the user's held the bare text of a policy.
    pub(crate) fn parse(value: &str) -> Self {
        serde_json::from_str(value)
            .unwrap_or_else(|_| Self { edit: PolicyEdit::Custom { text: value.to_owned() }, saves: Vec::new() })
    }

    /// As it is sealed; none when there is nothing to keep.
    pub(crate) fn print(&self) -> Option<String> {
        let nothing = self.edit == PolicyEdit::Absent && self.saves.is_empty();
        if nothing { None } else { serde_json::to_string(self).ok() }
    }

    /// The same after another choice: the one before joins the earlier states, with the text that was in force.
    pub(crate) fn replaced(&self, edit: PolicyEdit, before: Option<&Arc<PolicyText>>, now: Timestamp) -> Self {
        let id = self.saves.first().map_or(1, |newest| newest.id + 1);
        let text = before.map(|before| before.text.clone());
        let mut saves = vec![PolicySave { id, replaced_at: now, edit: self.edit.clone(), text }];
        let mut bytes = saves[0].text.as_ref().map_or(0, String::len);
        saves.extend(self.saves.iter().take(KEPT - 1).cloned().take_while(|save| {
            bytes += save.text.as_ref().map_or(0, String::len);
            bytes <= KEPT_BYTES
        }));
        Self { edit, saves }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gatehouse_policy::Preset;

    const T0: Timestamp = Timestamp::from_millis(0);

    #[test]
    fn the_last_ten_states_are_kept_newest_first() {
        let mut stored = Stored::default();
        for _ in 0..7 {
            stored = stored.replaced(PolicyEdit::Preset { preset: Preset::Locked }, None, T0);
            stored = stored.replaced(PolicyEdit::Absent, None, T0);
        }
        let ids: Vec<u64> = stored.saves.iter().map(|save| save.id).collect();
        assert_eq!(ids, [14, 13, 12, 11, 10, 9, 8, 7, 6, 5]);
        assert_eq!(Stored::parse(&stored.print().unwrap()), stored);
    }

    #[test]
    fn a_bare_text_of_an_earlier_version_is_read_and_nothing_is_kept_of_nothing() {
        let text = r#"{"version": "1", "default": "deny"}"#;
        assert_eq!(Stored::parse(text).edit, PolicyEdit::Custom { text: text.into() });
        assert_eq!(Stored::default().print(), None);
    }
}
