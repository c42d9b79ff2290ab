//! One field, before and after.

use super::linked::Names;
use super::links::{moves, moves_in_words};
use super::words::{NOTHING, form, words};
use crate::view::{FieldChange, ValueForm};
use gatehouse_odoo::{Field, FieldType, Fields, Record};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// What the values of one model are put into words with.
#[derive(Clone, Copy)]
pub(crate) struct Wording<'a> {
    pub(crate) fields: &'a Fields,
    /// The names of the records that they point to.
    pub(crate) names: &'a Names,
}

impl Wording<'_> {
    /// What writing `values` changes in one record: fields whose value stays are left out. `found` has words for records
    /// that were found by name.
    pub(crate) fn changes(&self, row: &Record, values: &Record, found: &BTreeMap<String, String>) -> Vec<FieldChange> {
        let one = |(name, after): (&String, &Value)| {
            let field = self.fields.get(name)?;
            let before = row.get(name).unwrap_or(&Value::Null);
            let is_list = field.kind.is_x2many();
            if is_list && moves(list(after), &ids(before)).is_empty() || !is_list && is_same(before, after, field) {
                return None;
            }
            self.change(name, Some((before, row)), Some((after, values)), found.get(name))
        };
        values.iter().filter_map(one).collect()
    }

    /// The values of a record that will be made; `filled` are those that Odoo adds.
    pub(crate) fn new_values(
        &self,
        values: &Record,
        filled: Option<&Record>,
        found: &BTreeMap<String, String>,
    ) -> Vec<FieldChange> {
        let with_currency = |name: &str| {
            let currency = currency_of(self.fields.get(name)?)?;
            if values.contains_key(currency) { None } else { filled.filter(|filled| filled.contains_key(currency)) }
        };
        let one = |(name, after): (&String, &Value)| {
            let record = with_currency(name).unwrap_or(values);
            self.change(name, None, Some((after, record)), found.get(name))
        };
        values.iter().filter_map(one).collect()
    }

    /// A value as it is now.
    pub(crate) fn now(&self, name: &str, row: &Record) -> Option<FieldChange> {
        self.change(name, Some((row.get(name)?, row)), None, None)
    }

    /// One value with the record that each stands in.
    pub(crate) fn change(
        &self,
        name: &str,
        before: Option<(&Value, &Record)>,
        after: Option<(&Value, &Record)>,
        found: Option<&String>,
    ) -> Option<FieldChange> {
        let field = self.fields.get(name)?;
        let old = before.map(|(value, _)| words(value, field, self.names));
        let new = after.map(|(value, _)| match found {
            // Commands always stand in full.
            Some(found) if !field.kind.is_x2many() && !is_file(field) => found.clone(),
            _ if field.kind.is_x2many() && is_commands(value) => {
                let current = before.map(|(value, _)| ids(value)).unwrap_or_default();
                moves_in_words(&moves(list(value), &current), field, self.names)
            }
            _ => words(value, field, self.names),
        });
        let mut change = FieldChange::new(name, field.label.clone(), old, new);
        change.form = form(field, change.before.as_deref(), change.after.as_deref());
        if field.kind == FieldType::Html && change.before == change.after {
            // They differ in what nobody reads: all of it is shown.
            let raw = |side: Option<(&Value, &Record)>| side.and_then(|(value, _)| value.as_str().map(str::to_owned));
            change.before = change.before.and(raw(before).or_else(|| Some(NOTHING.to_owned())));
            change.after = change.after.and(raw(after).or_else(|| Some(NOTHING.to_owned())));
        }
        self.set_unit(&mut change, field, before.map(|(_, row)| row), after.map(|(_, values)| values));
        Some(change)
    }

    /// The currency of an amount. Where it differs before and after, each amount tells its own.
    fn set_unit(&self, change: &mut FieldChange, field: &Field, row: Option<&Record>, values: Option<&Record>) {
        let Some(currency) = currency_of(field) else { return };
        let Some(of) = self.fields.get(currency) else { return };
        let name = |record: Option<&Record>| match record?.get(currency)? {
            Value::Array(pair) => pair.get(1)?.as_str().map(str::to_owned),
            id @ Value::Number(number) => {
                let name = self.names.name(of.relation.as_deref()?, number.as_i64()?);
                Some(name.map_or_else(|| words(id, of, self.names), str::to_owned))
            }
            _ => None,
        };
        let before = name(row);
        let after = name(values).or_else(|| before.clone().filter(|_| change.after.is_some()));
        match (before, after) {
            (Some(before), Some(after)) if before != after => {
                for (amount, currency) in [(&mut change.before, before), (&mut change.after, after)] {
                    *amount = amount.take().map(|amount| format!("{amount} {currency}"));
                }
                change.form = ValueForm::Plain;
            }
            (before, after) => change.unit = after.or(before),
        }
    }
}

/// The field that an amount has its currency in.
fn currency_of(field: &Field) -> Option<&str> {
    (field.kind == FieldType::Monetary).then(|| field.currency_field.as_deref().unwrap_or("currency_id"))
}

/// The fields that amounts among `names` have their currencies in.
pub(crate) fn currencies<'a>(fields: &'a Fields, names: &[&str]) -> BTreeSet<&'a str> {
    let of = |name: &&str| currency_of(fields.get(name)?).filter(|currency| fields.get(currency).is_some());
    names.iter().filter_map(of).collect()
}

/// Whether a value as Odoo reads it is the value as it is written.
pub(crate) fn is_same(before: &Value, after: &Value, field: &Field) -> bool {
    let empty = |value: &Value| match value {
        Value::Null => true,
        Value::Bool(false) => field.kind != FieldType::Boolean,
        Value::String(text) => text.is_empty(),
        _ => false,
    };
    if empty(before) && empty(after) {
        return true;
    }
    match (before, field.kind) {
        (Value::Array(pair), FieldType::Many2one) => pair.first() == Some(after),
        (_, FieldType::One2many | FieldType::Many2many) => false,
        (Value::Number(a), FieldType::Float | FieldType::Monetary) => {
            after.as_f64().is_some_and(|b| a.as_f64() == Some(b))
        }
        _ => before == after,
    }
}

fn is_file(field: &Field) -> bool {
    matches!(field.kind, FieldType::Binary | FieldType::Image)
}

fn is_commands(value: &Value) -> bool {
    list(value).iter().any(Value::is_array)
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

fn ids(value: &Value) -> Vec<i64> {
    list(value).iter().filter_map(Value::as_i64).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn fields() -> Fields {
        let answer = json!({
            "name": {"type": "char", "string": "Name"},
            "active": {"type": "boolean", "string": "Active"},
            "state": {"type": "selection", "string": "Status", "selection": [["draft", "Quotation"], ["sale", "Sales Order"]]},
            "country_id": {"type": "many2one", "string": "Country", "relation": "res.country"},
            "rate": {"type": "float", "string": "Rate"},
            "amount": {"type": "monetary", "string": "Amount", "currency_field": "money_id"},
            "money_id": {"type": "many2one", "string": "Currency", "relation": "res.currency"},
            "note": {"type": "html", "string": "Note"},
            "tag_ids": {"type": "many2many", "string": "Tags", "relation": "x.tag"},
        });
        Fields::parse("x", answer).unwrap()
    }

    fn changes(row: &Value, values: &Value, found: &[(&str, &str)]) -> Vec<FieldChange> {
        let fields = fields();
        let found = found.iter().map(|(name, words)| ((*name).to_owned(), (*words).to_owned())).collect();
        let wording = Wording { fields: &fields, names: &Names::default() };
        wording.changes(row.as_object().unwrap(), values.as_object().unwrap(), &found)
    }

    fn both(change: &FieldChange) -> (&str, &str) {
        (change.before.as_deref().unwrap(), change.after.as_deref().unwrap())
    }

    #[test]
    fn fields_that_stay_as_they_are_are_left_out() {
        let row = json!({
            "name": "A", "active": true, "country_id": [75, "France"], "rate": 2, "state": false, "tag_ids": [1, 2],
        });
        let values = json!({
            "name": "B", "active": true, "country_id": 75, "rate": 2.0, "state": null, "tag_ids": [[6, 0, [2, 1]]],
        });
        let changed = changes(&row, &values, &[]);
        assert_eq!(changed.len(), 1, "{changed:?}");
        assert_eq!(both(&changed[0]), ("A", "B"));
    }

    #[test]
    fn values_are_shown_in_the_words_of_odoo() {
        let row = json!({"state": "draft", "country_id": false, "active": true});
        let values = json!({"state": "sale", "country_id": 75, "active": false});
        let changed = changes(&row, &values, &[("country_id", "France (#75)")]);
        let shown: Vec<_> = changed.iter().map(|change| (change.label.as_str(), both(change))).collect();
        assert!(shown.contains(&("Status", ("Quotation", "Sales Order"))));
        assert!(shown.contains(&("Country", ("—", "France (#75)"))));
        assert!(shown.contains(&("Active", ("Yes", "No"))));
    }

    #[test]
    fn an_amount_tells_its_currency_and_both_where_that_changes_too() {
        let row = json!({"amount": 5.0, "money_id": [1, "USD"]});
        let changed = changes(&row, &json!({"amount": 7.5}), &[]);
        assert_eq!((both(&changed[0]), changed[0].unit.as_deref()), (("5", "7.5"), Some("USD")));
        assert_eq!(changed[0].form, ValueForm::Number);
        let changed = changes(&row, &json!({"amount": 7.5, "money_id": 2}), &[]);
        let amount = changed.iter().find(|change| change.field == "amount").unwrap();
        assert_eq!((both(amount), amount.unit.as_deref()), (("5 USD", "7.5 #2"), None));
        assert_eq!(amount.form, ValueForm::Plain);
    }

    #[test]
    fn html_that_differs_only_in_what_nobody_reads_is_shown_whole() {
        let of = |before: &str, after: &str| changes(&json!({"note": before}), &json!({"note": after}), &[]).remove(0);
        let seen = of("<p>a</p>", "<p>b</p>");
        assert_eq!((both(&seen), seen.form), (("a", "b"), ValueForm::Text));
        let hidden = of("<p>a</p>", "<p class=\"x\">a</p>");
        assert_eq!(both(&hidden), ("<p>a</p>", "<p class=\"x\">a</p>"));
    }
}
