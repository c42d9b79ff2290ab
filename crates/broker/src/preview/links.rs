//! What x2many commands do, one after the other, and in words.

use super::linked::Names;
use super::words::NOTHING;
use gatehouse_odoo::{Field, FieldType, Record};
use serde_json::Value;
use std::collections::BTreeSet;

/// What one command does to one record.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Move<'a> {
    /// A record is made.
    Create(&'a Record),
    /// It is changed.
    Update(i64, &'a Record),
    /// It is deleted.
    Delete(i64),
    /// It is taken from the list.
    Remove(i64),
    /// It is put into the list.
    Add(i64),
}

/// What commands do to a list that holds these records now. What changes nothing is left out.
pub(crate) fn moves<'a>(commands: &'a [Value], current: &[i64]) -> Vec<Move<'a>> {
    let mut list: BTreeSet<i64> = current.iter().copied().collect();
    let mut told = Vec::new();
    for command in commands {
        let id = command.get(1).and_then(Value::as_i64);
        match (command.get(0).and_then(Value::as_i64), id, command.get(2)) {
            (Some(0), _, Some(Value::Object(values))) => told.push(Move::Create(values)),
            (Some(1), Some(id), Some(Value::Object(values))) => told.push(Move::Update(id, values)),
            (Some(2), Some(id), _) => {
                list.remove(&id);
                told.push(Move::Delete(id));
            }
            (Some(3), Some(id), _) => told.extend(list.remove(&id).then_some(Move::Remove(id))),
            (Some(4), Some(id), _) => told.extend(list.insert(id).then_some(Move::Add(id))),
            (Some(5), ..) => told.extend(std::mem::take(&mut list).into_iter().map(Move::Remove)),
            (Some(6), _, Some(Value::Array(ids))) => {
                let wanted: BTreeSet<i64> = ids.iter().filter_map(Value::as_i64).collect();
                told.extend(list.difference(&wanted).copied().map(Move::Remove));
                told.extend(wanted.difference(&list).copied().map(Move::Add));
                list = wanted;
            }
            _ => {}
        }
    }
    told
}

/// The same in words: every record by name, those that are made or changed counted, because each is shown by itself.
pub(super) fn moves_in_words(moves: &[Move<'_>], field: &Field, names: &Names) -> String {
    let model = field.relation.as_deref().unwrap_or_default();
    let count = |is_such: fn(&Move<'_>) -> bool| moves.iter().filter(|one| is_such(one)).count();
    let ids = |pick: fn(&Move<'_>) -> Option<i64>| moves.iter().filter_map(pick).collect::<Vec<i64>>();
    let mut parts = Vec::new();
    for (verb, count) in [
        ("create", count(|one| matches!(one, Move::Create(_)))),
        ("change", count(|one| matches!(one, Move::Update(..)))),
    ] {
        if count > 0 {
            parts.push(format!("{verb} {count}"));
        }
    }
    let of_list = if field.kind == FieldType::One2many { "move here" } else { "add" };
    for (verb, ids) in [
        ("delete", ids(|one| if let Move::Delete(id) = one { Some(*id) } else { None })),
        ("remove", ids(|one| if let Move::Remove(id) = one { Some(*id) } else { None })),
        (of_list, ids(|one| if let Move::Add(id) = one { Some(*id) } else { None })),
    ] {
        if !ids.is_empty() {
            parts.push(format!("{verb} {}", names_in_words(&ids, model, names, usize::MAX)));
        }
    }
    if parts.is_empty() { NOTHING.to_owned() } else { parts.join("; ") }
}

/// At most so many records by name.
pub(super) fn names_in_words(ids: &[i64], model: &str, names: &Names, most: usize) -> String {
    if ids.is_empty() {
        return NOTHING.to_owned();
    }
    let named: Vec<String> = ids.iter().take(most).map(|id| names.of(model, *id)).collect();
    let more = ids.len().saturating_sub(most);
    if more > 0 { format!("{} and {more} more", named.join(", ")) } else { named.join(", ") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gatehouse_odoo::Fields;
    use serde_json::json;

    fn told(kind: &str, commands: &Value, current: &[i64]) -> String {
        let fields = Fields::parse("x", json!({"f": {"type": kind, "relation": "x.line"}})).unwrap();
        let commands = commands.as_array().unwrap();
        moves_in_words(&moves(commands, current), fields.get("f").unwrap(), &Names::default())
    }

    #[test]
    fn commands_are_told_as_what_they_do_to_the_list() {
        assert_eq!(told("many2many", &json!([[6, 0, [2, 3]]]), &[1, 2]), "remove #1; add #3");
        assert_eq!(told("many2many", &json!([[4, 2, 0], [3, 9, 0]]), &[2]), NOTHING);
        assert_eq!(told("many2many", &json!([[5, 0, 0], [4, 1, 0]]), &[1, 2]), "remove #1, #2; add #1");
        assert_eq!(told("many2many", &json!([[4, 2_000_003_000_i64, 0]]), &[]), "add the record of step 3");
        let lines = json!([[0, 0, {"a": 1}], [0, 0, {"a": 2}], [1, 7, {"a": 3}], [2, 8, 0], [4, 9, 0]]);
        assert_eq!(told("one2many", &lines, &[7, 8]), "create 2; change 1; delete #8; move here #9");
    }
}
