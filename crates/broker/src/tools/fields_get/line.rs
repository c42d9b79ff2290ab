//! A field in one line, in full, and whether it is worth a line unasked.

use gatehouse_odoo::{Field, FieldType};
use serde_json::{Map, Value, json};

/// The most values of a selection in one line.
const MOST_VALUES: usize = 12;

/// What a sign after a field's name says.
const SIGNS: [(char, &str); 4] =
    [('*', "* required"), ('=', "= readonly"), ('!', "! not in domains"), ('x', "(x) kept from agents")];

/// `partner_id* m2o res.partner Customer`: name and signs, type, and the label where the name does not say it already.
pub(super) fn line(name: &str, field: &Field, is_kept: bool) -> String {
    let mut line = name.to_owned();
    for sign in signs(field, is_kept) {
        if sign == 'x' {
            line.push_str("(x)");
        } else {
            line.push(sign);
        }
    }
    line.push(' ');
    line.push_str(&kind(field, is_kept));
    if !says(name, &field.label) {
        line.push(' ');
        line.push_str(&field.label);
    }
    line
}

/// What the signs of these fields mean.
pub(super) fn key<'a>(fields: impl Iterator<Item = (&'a Field, bool)>) -> String {
    let mut used: Vec<char> = fields.flat_map(|(field, is_kept)| signs(field, is_kept)).collect();
    used.sort_unstable();
    used.dedup();
    let words = SIGNS.iter().filter(|(sign, _)| used.contains(sign)).map(|(_, word)| *word);
    words.collect::<Vec<_>>().join(", ")
}

/// Everything that is known of a field.
pub(super) fn full(name: &str, field: &Field, is_kept: bool) -> Value {
    let mut told = Map::new();
    told.insert("name".into(), json!(name));
    told.insert("type".into(), json!(field.kind.as_str()));
    told.insert("label".into(), json!(field.label));
    let texts = [
        ("relation", &field.relation),
        ("inverse", &field.relation_field),
        ("model_field", &field.model_field),
        ("currency_field", &field.currency_field),
        ("copy_of", &field.related),
        ("aggregator", &field.aggregator),
        ("help", &field.help),
    ];
    for (name, text) in texts {
        if let Some(text) = text {
            told.insert(name.into(), json!(text));
        }
    }
    // The options of a selection may be data.
    if !field.selection.is_empty() && !is_kept {
        let options = field.selection.iter().map(|(value, label)| (value.clone(), json!(label)));
        told.insert("values".into(), Value::Object(options.collect()));
    }
    if field.related.is_none() && !field.depends.is_empty() {
        told.insert("computed_from".into(), json!(field.depends));
    }
    let flags = [(field.required, "required"), (field.readonly, "readonly"), (is_kept, "kept from agents")];
    let lacks = [
        (!field.store, "stored"),
        (!field.searchable, "in domains"),
        (!field.sortable, "in order"),
        (!field.groupable, "in group_by"),
    ];
    for (name, words) in [("is", &flags[..]), ("not", &lacks[..])] {
        let words: Vec<&str> = words.iter().filter_map(|(set, word)| set.then_some(*word)).collect();
        if !words.is_empty() {
            told.insert(name.into(), json!(words));
        }
    }
    Value::Object(told)
}

/// Whether a field is worth a line where none was asked for: not what every model has, what serves the chatter and the
/// forms alone, or what nobody can read.
pub(super) fn is_worth_it(name: &str, field: &Field) -> bool {
    const EVERYWHERE: [&str; 7] =
        ["id", "display_name", "create_date", "create_uid", "write_date", "write_uid", "__last_update"];
    const CHATTER: [&str; 6] = ["message_", "website_message_", "activity_", "my_activity_", "rating_", "avatar_"];
    const PORTAL: [&str; 3] = ["access_url", "access_token", "access_warning"];
    if matches!(name, "message_ids" | "activity_ids" | "image_1920") {
        return true;
    }
    let is_small_image = name.strip_prefix("image_").is_some_and(|size| size.bytes().all(|b| b.is_ascii_digit()));
    let tells_a_number_or_date =
        matches!(field.kind, FieldType::Float | FieldType::Monetary | FieldType::Date | FieldType::Datetime);
    let serves_a_form = !field.store && field.related.is_none() && !field.searchable && !tells_a_number_or_date;
    let is_opaque = matches!(field.kind, FieldType::Json | FieldType::PropertiesDefinition | FieldType::Other)
        || (field.kind == FieldType::Binary && !field.store);
    !(EVERYWHERE.contains(&name)
        || PORTAL.contains(&name)
        || name == "has_message"
        || CHATTER.iter().any(|prefix| name.starts_with(prefix))
        || is_small_image
        || is_opaque
        || serves_a_form)
}

fn signs(field: &Field, is_kept: bool) -> impl Iterator<Item = char> {
    let set = [field.required, field.readonly, !field.searchable, is_kept];
    SIGNS.into_iter().zip(set).filter_map(|((sign, _), set)| set.then_some(sign))
}

fn kind(field: &Field, is_kept: bool) -> String {
    let word = match field.kind {
        FieldType::Many2one => "m2o",
        FieldType::One2many => "o2m",
        FieldType::Many2many => "m2m",
        FieldType::Boolean => "bool",
        FieldType::Integer => "int",
        FieldType::Monetary => "money",
        FieldType::Selection => "sel",
        other => other.as_str(),
    };
    // The options of a selection may be data.
    let options = if is_kept { &[] } else { field.selection.as_slice() };
    match (&field.relation, options) {
        (Some(relation), _) => format!("{word} {relation}"),
        (None, []) => word.to_owned(),
        (None, options) => {
            let mut values: Vec<&str> = options.iter().take(MOST_VALUES).map(|(value, _)| value.as_str()).collect();
            let more = format!("+{}", options.len() - values.len());
            if more != "+0" {
                values.push(&more);
            }
            format!("{word} {}", values.join("|"))
        }
    }
}

/// Whether a name says its label word for word: `date_order` says “Order Date”.
fn says(name: &str, label: &str) -> bool {
    let words: Vec<&str> = name.split('_').collect();
    let told = label.to_lowercase();
    told.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).all(|word| words.contains(&word))
}

#[cfg(test)]
mod tests {
    use super::*;
    use gatehouse_odoo::Fields;

    fn fields() -> Fields {
        let options: Vec<Value> = (0..15).map(|n| json!([format!("v{n}"), format!("V {n}")])).collect();
        let answer = json!({
            "partner_id": {"type": "many2one", "string": "Customer", "relation": "res.partner", "required": true},
            "date_order": {"type": "datetime", "string": "Order Date", "help": "When it was confirmed."},
            "state": {"type": "selection", "string": "Status", "readonly": true,
                      "selection": [["draft", "Quotation"], ["sale", "Sales Order"]]},
            "tz": {"type": "selection", "string": "Timezone", "selection": options},
            "amount_due": {"type": "monetary", "string": "Amount Due", "store": false, "searchable": false,
                           "currency_field": "currency_id", "depends": ["amount_total"]},
            "is_shown": {"type": "boolean", "string": "Is Shown", "store": false, "searchable": false},
            "message_follower_ids": {"type": "one2many", "string": "Followers", "relation": "mail.followers"},
            "image_128": {"type": "binary", "string": "Image 128"},
            "image_note": {"type": "char", "string": "Note"},
        });
        Fields::parse("sale.order", answer).unwrap()
    }

    #[test]
    fn a_line_says_what_the_name_does_not() {
        let fields = fields();
        let of = |name: &str, is_kept| line(name, fields.get(name).unwrap(), is_kept);
        assert_eq!(of("partner_id", false), "partner_id* m2o res.partner Customer");
        assert_eq!(of("date_order", false), "date_order datetime");
        assert_eq!(of("state", false), "state= sel draft|sale Status");
        assert_eq!(of("state", true), "state=(x) sel Status");
        assert!(of("tz", false).ends_with("|v11|+3 Timezone"));
        let all = fields.iter().map(|(_, field)| (field, false));
        assert_eq!(key(all), "* required, = readonly, ! not in domains");
    }

    #[test]
    fn what_serves_forms_and_chatter_alone_is_no_line_unasked() {
        let fields = fields();
        let worth: Vec<&str> = fields.iter().filter(|(name, field)| is_worth_it(name, field)).map(|(n, _)| n).collect();
        assert_eq!(worth, ["amount_due", "date_order", "image_note", "partner_id", "state", "tz"]);
    }

    #[test]
    fn in_full_everything_is_told_but_the_options_of_what_is_kept() {
        let fields = fields();
        let of = |name: &str, is_kept| full(name, fields.get(name).unwrap(), is_kept);
        assert_eq!(of("state", false)["values"], json!({"draft": "Quotation", "sale": "Sales Order"}));
        assert_eq!(of("state", true)["values"], Value::Null);
        assert_eq!(of("state", true)["is"], json!(["readonly", "kept from agents"]));
        let due = of("amount_due", false);
        assert_eq!(due["computed_from"], json!(["amount_total"]));
        assert_eq!(due["not"][0], "stored");
        assert_eq!(due["currency_field"], "currency_id");
        assert_eq!(of("date_order", false)["help"], "When it was confirmed.");
    }
}
