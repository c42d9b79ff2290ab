//! What one value tells: the one written, the one from before, neither, or nothing.

use crate::html;
use crate::preview::{KEPT_TEXT, is_same};
use gatehouse_odoo::{Field, FieldType};
use serde_json::Value;
use std::collections::BTreeSet;

/// Half a cent: Odoo rounds numbers as a field or a currency says.
const ROUNDED: f64 = 0.005;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tells {
    New,
    Old,
    Neither,
    Nothing,
}

impl Tells {
    /// Both together: they must agree.
    pub(super) fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Nothing, told) | (told, Self::Nothing) => told,
            (one, other) if one == other => one,
            _ => Self::Neither,
        }
    }

    fn of(is_new: bool, is_old: bool) -> Self {
        match (is_new, is_old) {
            (true, true) => Self::Nothing,
            (true, false) => Self::New,
            (false, true) => Self::Old,
            (false, false) => Self::Neither,
        }
    }
}

/// What the value of a field tells: as it was, as it is now, as it was written.
pub(super) fn tells(before: &Value, now: &Value, after: &Value, field: &Field) -> Tells {
    match field.kind {
        FieldType::Binary
        | FieldType::Image
        | FieldType::Properties
        | FieldType::PropertiesDefinition
        | FieldType::Json
        | FieldType::Other => Tells::Nothing,
        // Longer ones are not kept whole.
        _ if after.as_str().is_some_and(|text| text.len() > KEPT_TEXT) => Tells::Nothing,
        FieldType::One2many | FieldType::Many2many => links(before, now, after),
        FieldType::Float | FieldType::Monetary => number(before, now, after, field),
        FieldType::Html => {
            Tells::of(words(now) == words(after), words(now) == words(before) && words(before) != words(after))
        }
        FieldType::Many2one => Tells::of(is_same(now, after, field), id_of(now) == id_of(before)),
        _ => Tells::of(is_same(now, after, field), now == before),
    }
}

fn number(before: &Value, now: &Value, after: &Value, field: &Field) -> Tells {
    let exact = Tells::of(is_same(now, after, field), now == before);
    let (Tells::Neither, Some(now), Some(after)) = (exact, now.as_f64(), after.as_f64()) else { return exact };
    if (now - after).abs() <= ROUNDED { Tells::New } else { Tells::Neither }
}

/// A many2one is read as id and name; the name is another record's.
fn id_of(value: &Value) -> Option<i64> {
    value.get(0).and_then(Value::as_i64)
}

/// Text without what only a browser looks at: Odoo cleans HTML before it keeps it.
fn words(value: &Value) -> String {
    let mut text = String::new();
    let never: Result<(), std::convert::Infallible> = html::pieces(value.as_str().unwrap_or_default(), |piece| {
        match piece {
            html::Piece::Words(words) => text.push_str(words),
            _ => text.push(' '),
        }
        Ok(())
    });
    let Ok(()) = never;
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Links after commands: those that stay and are added, and so many new ones whose ids nobody knows.
fn links(before: &Value, now: &Value, commands: &Value) -> Tells {
    let set = |value: &Value| -> Option<BTreeSet<i64>> { value.as_array()?.iter().map(Value::as_i64).collect() };
    let (Some(before), Some(now)) = (set(before), set(now)) else { return Tells::Nothing };
    let mut expected = before.clone();
    let mut made = 0;
    for command in commands.as_array().into_iter().flatten() {
        let id = command.get(1).and_then(Value::as_i64);
        match (command.get(0).and_then(Value::as_i64), id) {
            (Some(0), _) => made += 1,
            (Some(1), _) => {}
            (Some(2 | 3), Some(id)) => drop(expected.remove(&id)),
            (Some(4), Some(id)) => drop(expected.insert(id)),
            (Some(5), _) => expected.clear(),
            (Some(6), _) => expected = command.get(2).and_then(set).unwrap_or_default(),
            _ => return Tells::Nothing,
        }
    }
    let is_new = expected.is_subset(&now) && now.len() == expected.len() + made;
    Tells::of(is_new, now == before)
}

#[cfg(test)]
mod tests {
    use super::*;
    use gatehouse_odoo::Fields;
    use serde_json::json;

    #[expect(clippy::needless_pass_by_value, reason = "values made on the spot")]
    fn told(kind: &str, before: Value, now: Value, after: Value) -> Tells {
        let fields = Fields::parse("x", json!({"f": {"type": kind, "string": "F", "relation": "y"}})).unwrap();
        tells(&before, &now, &after, fields.get("f").unwrap())
    }

    #[test]
    fn a_value_tells_whether_it_is_the_one_written_or_the_one_from_before() {
        for (kind, before, after, other) in [
            ("char", json!("a"), json!("b"), json!("c")),
            ("char", json!(false), json!("b"), json!("c")),
            ("integer", json!(1), json!(2), json!(3)),
            ("selection", json!("draft"), json!("sale"), json!("cancel")),
            ("date", json!("2026-01-01"), json!("2026-01-02"), json!(false)),
            ("float", json!(1.5), json!(2.5), json!(9.0)),
        ] {
            assert_eq!(told(kind, before.clone(), after.clone(), after.clone()), Tells::New, "{kind}");
            assert_eq!(told(kind, before.clone(), before.clone(), after.clone()), Tells::Old, "{kind}");
            assert_eq!(told(kind, before.clone(), other, after), Tells::Neither, "{kind}");
            assert_eq!(told(kind, before.clone(), before.clone(), before), Tells::Nothing, "{kind}");
        }
        assert_eq!(told("boolean", json!(false), json!(false), json!(true)), Tells::Old);
        assert_eq!(told("char", json!("a"), json!(false), json!(null)), Tells::New, "emptied");
    }

    #[test]
    fn a_link_is_told_by_its_id_whatever_the_record_is_called_by_now() {
        let of = |now: Value| told("many2one", json!([75, "France"]), now, json!(20));
        assert_eq!(of(json!([20, "Belgium"])), Tells::New);
        assert_eq!(of(json!([75, "République française"])), Tells::Old);
        assert_eq!(of(json!([76, "Gabon"])), Tells::Neither);
        assert_eq!(of(json!(false)), Tells::Neither);
    }

    #[test]
    fn a_number_that_odoo_rounded_and_html_that_it_cleaned_are_the_ones_written() {
        assert_eq!(told("float", json!(1.0), json!(2.111), json!(2.111_111)), Tells::New);
        assert_eq!(told("monetary", json!(1.0), json!(1.0), json!(1.001)), Tells::Old);
        let html = |now: &str| told("html", json!("<p>a</p>"), json!(now), json!("b &amp; c<script>x</script>"));
        assert_eq!(html("<p>b &amp; c</p>"), Tells::New);
        assert_eq!(html("<p>a</p>"), Tells::Old);
        assert_eq!(html("<p>d</p>"), Tells::Neither);
    }

    #[test]
    fn lines_and_links_are_told_by_what_commands_leave() {
        let of = |now: Value, commands: Value| told("one2many", json!([1, 2]), now, commands);
        assert_eq!(of(json!([1, 2, 9]), json!([[0, 0, {"name": "x"}]])), Tells::New);
        assert_eq!(of(json!([1, 2]), json!([[0, 0, {"name": "x"}]])), Tells::Old);
        assert_eq!(of(json!([1, 2, 8, 9]), json!([[0, 0, {}]])), Tells::Neither);
        assert_eq!(of(json!([1]), json!([[2, 2, 0]])), Tells::New);
        assert_eq!(of(json!([4]), json!([[6, 0, [4]]])), Tells::New);
        assert_eq!(of(json!([1, 2]), json!([[4, 2, 0]])), Tells::Nothing, "it was there");
        assert_eq!(of(json!([1, 2]), json!([[1, 2, {"name": "x"}]])), Tells::Nothing, "the line itself tells");
    }

    #[test]
    fn files_and_long_texts_tell_nothing() {
        assert_eq!(told("binary", json!("1 Kb"), json!("2 Kb"), json!("QUJD")), Tells::Nothing);
        let long = "x".repeat(KEPT_TEXT + 1);
        assert_eq!(told("text", json!("a"), json!("a"), json!(long)), Tells::Nothing);
        assert_eq!(Tells::New.and(Tells::Nothing).and(Tells::New), Tells::New);
        assert_eq!(Tells::New.and(Tells::Old), Tells::Neither);
    }
}
