//! Who was shown, beside who would get it now.

use crate::tools::{made_of, step_of};
use serde_json::Value;
use std::collections::BTreeMap;

/// How those who would get it now differ from those who were shown.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Difference {
    /// For the agent: no name and no address, which policy may keep from it.
    pub(crate) told: String,
    /// For the person, by name and address.
    pub(crate) seen: String,
}

/// A recipient, by partner and address: what has to be the same. The words are for people.
type Key<'v> = (Option<i64>, Option<&'v str>);

impl Difference {
    /// Between two values of [`super::Recipients::observed`]; `None` where there is none. Partners that steps have `made` since
    /// are who they were said to be. Where others could come, only those who were named have to be the same.
    pub(crate) fn between(shown: &Value, now: &Value, made: &BTreeMap<usize, Vec<i64>>) -> Option<Self> {
        let is_pending = |key: &Key<'_>| key.0.is_some_and(|id| step_of(id).is_some());
        let arrived: Vec<i64> =
            listed(shown).keys().filter_map(|(id, _)| *id).filter_map(|id| made_of(id, made)).collect();
        let (was, mut is) = (listed(shown), listed(now));
        is.retain(|(id, _), _| !id.is_some_and(|id| arrived.contains(&id)));
        let gone: Vec<&str> =
            was.iter().filter(|(key, _)| !is_pending(key) && !is.contains_key(*key)).map(|(_, words)| *words).collect();
        let is_open = shown["open"] == Value::Bool(true);
        let may_come = |key: &Key<'_>| is_open && !was.keys().any(|(id, _)| id.is_some() && *id == key.0);
        let new: Vec<&str> =
            is.iter().filter(|(key, _)| !was.contains_key(*key) && !may_come(key)).map(|(_, words)| *words).collect();
        let opened = !is_open && now["open"] == Value::Bool(true);
        if gone.is_empty() && new.is_empty() && !opened {
            return None;
        }
        let mut seen = vec!["Who would get it is not who was shown.".to_owned()];
        if !new.is_empty() {
            seen.push(format!("It would go to {} now.", new.join(", ")));
        }
        if !gone.is_empty() {
            seen.push(format!("It was shown to go to {}.", gone.join(", ")));
        }
        if opened {
            seen.push("It may go to others now than can be named.".to_owned());
        }
        let told = format!(
            "Nothing was sent: who would get it has changed since the person saw it ({} shown, {} now). What went before in \
             this plan, or somebody in Odoo, changed an address or who follows the record. Send it in a call of its own: the \
             person is then shown who gets it.",
            was.len(),
            listed(now).len(),
        );
        Some(Self { told, seen: seen.join(" ") })
    }
}

fn listed(observed: &Value) -> BTreeMap<Key<'_>, &str> {
    let all = observed["to"].as_array().into_iter().flatten();
    all.map(|item| ((item[0].as_i64(), item[1].as_str()), item[2].as_str().unwrap_or_default())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[expect(clippy::needless_pass_by_value, reason = "values made on the spot")]
    fn between(shown: Value, now: Value, is_open: bool) -> Option<Difference> {
        let made = BTreeMap::from([(1, vec![41])]);
        Difference::between(&json!({"to": shown, "open": is_open}), &json!({"to": now, "open": false}), &made)
    }

    #[test]
    fn another_address_another_partner_and_a_missing_one_differ_and_a_name_does_not() {
        let shown = json!([[3, "a@x", "A <a@x>"]]);
        assert_eq!(between(shown.clone(), json!([[3, "a@x", "Renamed <a@x>"]]), false), None);
        let other = between(shown.clone(), json!([[3, "b@x", "A <b@x>"]]), false).unwrap();
        assert!(other.seen.contains("go to A <b@x> now. It was shown to go to A <a@x>."), "{}", other.seen);
        assert!(other.told.contains("(1 shown, 1 now)") && !other.told.contains("b@x"), "{}", other.told);
        assert!(between(shown.clone(), json!([[3, "a@x", "A <a@x>"], [4, null, "B"]]), false).is_some());
        assert!(between(shown, json!([]), false).is_some());
    }

    #[test]
    fn where_others_may_come_the_named_ones_have_to_stay() {
        let shown = json!([[3, "a@x", "A <a@x>"]]);
        assert_eq!(between(shown.clone(), json!([[3, "a@x", "A <a@x>"], [4, null, "B"]]), true), None);
        assert!(between(shown, json!([[3, "b@x", "A <b@x>"], [4, null, "B"]]), true).is_some());
    }

    #[test]
    fn the_contact_that_a_step_made_is_who_it_was_said_to_be() {
        let shown = json!([[2_000_001_000, null, "the contact of step 1"], [3, "a@x", "A"]]);
        assert_eq!(between(shown.clone(), json!([[41, "new@x", "New <new@x>"], [3, "a@x", "A"]]), false), None);
        assert!(between(shown, json!([[42, "z@x", "Z"], [3, "a@x", "A"]]), false).is_some());
    }
}
