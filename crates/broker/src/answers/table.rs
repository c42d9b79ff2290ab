//! Several records as a table: the names of the fields once, and what all records share said once.

use super::cut;
use gatehouse_odoo::FieldType;
use gatehouse_odoo::domain::Column;
use serde_json::{Map, Value, json};
use std::borrow::Cow;

/// What `every_row` has to save in a table of related records: as many bytes as it takes, empty.
const SHARED: usize = r#","every_row":{}"#.len();

/// Records as they stand in an answer.
pub(crate) struct Table {
    /// `columns` and `rows`, with `every_row` where all have something in common; `records` where there are fewer than two;
    /// `ids` where nothing else is told.
    pub(crate) parts: Map<String, Value>,
    /// How many of the records are shown; the others were too much for one answer.
    pub(crate) kept: usize,
}

/// Records of these columns, in at most as many bytes as an agent can read. `currencies` are the paths of fields that were
/// read only to say in which currency amounts are: where it is one for all, it is told once.
pub(crate) fn table(mut records: Vec<Value>, columns: &[Column], currencies: &[String]) -> Table {
    let mut parts = Map::new();
    let mut columns = Cow::Borrowed(columns);
    // Where no record has one, there is nothing to tell.
    let (told, empty): (Vec<&String>, Vec<&String>) =
        currencies.iter().partition(|path| values_at(&records, path).into_iter().any(|value| !value.is_null()));
    for path in empty {
        forget(columns.to_mut(), path);
        for record in &mut records {
            remove(record, path);
        }
    }
    if let Some(currency) = one_currency(&mut records, &told) {
        parts.insert("currency".to_owned(), currency);
        for path in told {
            forget(columns.to_mut(), path);
        }
    }
    let columns = columns.as_ref();
    if columns.iter().all(|column| column.name == "id") {
        let ids: Vec<Value> = records.iter().filter_map(|record| record.get("id").cloned()).collect();
        let kept = ids.len();
        parts.insert("ids".to_owned(), Value::Array(ids));
        return Table { parts, kept };
    }
    if records.len() < 2 {
        let records: Vec<Value> = records.into_iter().map(|record| alone(record, columns)).collect();
        let kept = records.len();
        parts.insert("records".to_owned(), Value::Array(records));
        return Table { parts, kept };
    }
    let mut every_row = Map::new();
    let mut varying = Vec::new();
    for column in columns.iter().filter(|column| column.name != "id") {
        let mut values = records.iter().map(|record| record.get(&column.name));
        match values.next().flatten() {
            None => {}
            Some(first) if values.all(|value| value == Some(first)) => {
                every_row.insert(column.name.clone(), alone_value(first.clone(), column));
            }
            Some(_) => varying.push(column),
        }
    }
    let mut header = vec![json!("id")];
    header.extend(varying.iter().map(|column| heading(column)));
    let rows = records.iter().map(|record| cells(record, varying.iter().copied())).collect();
    let (rows, _) = cut(rows);
    let kept = rows.len();
    parts.insert("columns".to_owned(), Value::Array(header));
    parts.insert("rows".to_owned(), Value::Array(rows));
    if !every_row.is_empty() {
        parts.insert("every_row".to_owned(), Value::Object(every_row));
    }
    Table { parts, kept }
}

/// A record by itself; related ones inside it are a table.
fn alone(record: Value, columns: &[Column]) -> Value {
    let Value::Object(mut record) = record else { return record };
    for column in columns {
        if let Some(value) = record.get_mut(&column.name) {
            *value = alone_value(value.take(), column);
        }
    }
    Value::Object(record)
}

fn alone_value(value: Value, column: &Column) -> Value {
    match value {
        Value::Array(rows) if !column.columns.is_empty() && rows.len() > 1 => related(&rows, column),
        Value::Array(rows) if !column.columns.is_empty() => {
            rows.into_iter().map(|row| alone(row, &column.columns)).collect()
        }
        Value::Object(_) => alone(value, &column.columns),
        other => other,
    }
}

/// Related records as a table of their own. What all of them share is said once where that is shorter.
fn related(rows: &[Value], column: &Column) -> Value {
    let mut every_row = Map::new();
    let mut saved = 0;
    let records: Vec<&Value> = rows.iter().filter(|row| row.is_object()).collect();
    for column in inner(column) {
        let mut values = records.iter().map(|record| record.get(&column.name));
        let Some(first) = values.next().flatten() else { continue };
        if values.all(|value| value == Some(first)) {
            let shown = alone_value(first.clone(), column);
            // A cell and its comma in each row, for a value and its colon in one place.
            let (cells, once) = (records.len() * (length(&cell(first, column)) + 1), length(&shown) + 1);
            if cells > once {
                saved += cells - once;
                every_row.insert(column.name.clone(), shown);
            }
        }
    }
    if saved < SHARED {
        every_row.clear();
    }
    let varying = || inner(column).filter(|column| !every_row.contains_key(&column.name));
    let header: Vec<Value> = std::iter::once(json!("id")).chain(varying().map(heading)).collect();
    let rows: Vec<Value> = rows.iter().map(|row| cells(row, varying())).collect();
    let mut table = json!({"columns": header, "rows": rows});
    if !every_row.is_empty() {
        table["every_row"] = Value::Object(every_row);
    }
    table
}

fn length(value: &Value) -> usize {
    value.to_string().len()
}

/// The name of a column; of related records with what is read of them, `{"order_line": ["id", "name"]}`.
fn heading(column: &Column) -> Value {
    if column.columns.is_empty() {
        return json!(column.name);
    }
    let mut names = vec![json!("id")];
    if shows_name(column) {
        names.push(json!("name"));
    }
    names.extend(inner(column).map(heading));
    json!({column.name.as_str(): names})
}

/// What is read of related records, besides their ids.
fn inner(column: &Column) -> impl Iterator<Item = &Column> {
    column.columns.iter().filter(|column| column.name != "id")
}

/// A record that another one points to goes by its name, also where none was asked for.
fn shows_name(column: &Column) -> bool {
    column.kind == FieldType::Many2one && !column.columns.iter().any(|column| column.name == "name")
}

fn cells<'a>(record: &Value, columns: impl Iterator<Item = &'a Column>) -> Value {
    let Value::Object(fields) = record else { return record.clone() };
    let mut cells = vec![fields.get("id").cloned().unwrap_or_default()];
    cells.extend(columns.map(|column| cell(fields.get(&column.name).unwrap_or(&Value::Null), column)));
    Value::Array(cells)
}

fn cell(value: &Value, column: &Column) -> Value {
    match value {
        Value::Object(record) if column.kind == FieldType::Many2one => {
            let Value::Array(mut shown) = cells(value, inner(column)) else { return value.clone() };
            if shows_name(column) {
                shown.insert(1, record.get("name").cloned().unwrap_or_default());
            }
            Value::Array(shown)
        }
        Value::Array(rows) if !column.columns.is_empty() => rows.iter().map(|row| cells(row, inner(column))).collect(),
        other => other.clone(),
    }
}

/// The name of the currency that all amounts are in. Its fields are then taken out of the records.
fn one_currency(records: &mut [Value], paths: &[&String]) -> Option<Value> {
    let mut all = paths.iter().flat_map(|path| values_at(records, path));
    let first = all.next()?;
    let name = first.get(1)?.clone();
    if all.any(|other| other != first) {
        return None;
    }
    for path in paths {
        for record in records.iter_mut() {
            remove(record, path);
        }
    }
    Some(name)
}

fn values_at<'a>(records: &'a [Value], path: &str) -> Vec<&'a Value> {
    let mut found = Vec::new();
    for record in records {
        at(record, path, &mut found);
    }
    found
}

fn forget(columns: &mut Vec<Column>, path: &str) {
    match path.split_once('.') {
        None => columns.retain(|column| column.name != path),
        Some((name, rest)) => {
            columns
                .iter_mut()
                .filter(|column| column.name == name)
                .for_each(|column| forget(&mut column.columns, rest));
        }
    }
}

fn at<'a>(record: &'a Value, path: &str, found: &mut Vec<&'a Value>) {
    let (name, rest) = path.split_once('.').unwrap_or((path, ""));
    match record.get(name) {
        Some(value) if rest.is_empty() => found.push(value),
        Some(Value::Array(rows)) => rows.iter().for_each(|row| at(row, rest, found)),
        Some(row) => at(row, rest, found),
        None => {}
    }
}

fn remove(record: &mut Value, path: &str) {
    let Value::Object(fields) = record else { return };
    match path.split_once('.') {
        None => drop(fields.remove(path)),
        Some((name, rest)) => match fields.get_mut(name) {
            Some(Value::Array(rows)) => rows.iter_mut().for_each(|row| remove(row, rest)),
            Some(row) => remove(row, rest),
            None => {}
        },
    }
}

#[cfg(test)]
mod tests {
    use super::super::rows::tests::column;
    use super::*;

    fn order(id: i64, name: &str, currency: i64, lines: &Value) -> Value {
        json!({
            "id": id, "name": name, "state": "sale", "partner_id": [9, "Acme"], "amount_total": 10 * id,
            "currency_id": [currency, if currency == 1 { "USD" } else { "EUR" }], "order_line": lines,
        })
    }

    fn columns() -> Vec<Column> {
        vec![
            column("name", FieldType::Char, vec![]),
            column("state", FieldType::Selection, vec![]),
            column("partner_id", FieldType::Many2one, vec![]),
            column("amount_total", FieldType::Monetary, vec![]),
            column(
                "order_line",
                FieldType::One2many,
                vec![
                    column("product_id", FieldType::Many2one, vec![column("code", FieldType::Char, vec![])]),
                    column("qty", FieldType::Float, vec![]),
                ],
            ),
            column("currency_id", FieldType::Many2one, vec![]),
        ]
    }

    fn lines() -> Value {
        json!([
            {"id": 1, "product_id": {"id": 5, "name": "Desk", "code": "D"}, "qty": 1},
            {"id": 2, "product_id": null, "qty": 2},
        ])
    }

    #[test]
    fn several_records_name_their_fields_once_and_what_they_share_once() {
        let records = vec![order(3, "S3", 1, &lines()), order(4, "S4", 1, &json!([]))];
        let told = table(records, &columns(), &["currency_id".to_owned()]);
        assert_eq!(
            Value::Object(told.parts),
            json!({
                "currency": "USD",
                "every_row": {"state": "sale", "partner_id": [9, "Acme"]},
                "columns": ["id", "name", "amount_total", {"order_line": ["id", {"product_id": ["id", "name", "code"]}, "qty"]}],
                "rows": [[3, "S3", 30, [[1, [5, "Desk", "D"], 1], [2, null, 2]]], [4, "S4", 40, []]],
            })
        );
        assert_eq!(told.kept, 2);
    }

    #[test]
    fn what_lines_share_is_said_once_where_that_is_shorter() {
        let columns = [column(
            "order_line",
            FieldType::One2many,
            vec![
                column("product_id", FieldType::Many2one, vec![]),
                column("qty", FieldType::Float, vec![]),
                column("price", FieldType::Monetary, vec![]),
            ],
        )];
        let of = |lines: &[Value]| {
            let told = table(vec![json!({"id": 3, "order_line": lines})], &columns, &[]).parts;
            told["records"][0]["order_line"].clone()
        };
        let line = |id: i64, qty: i64| json!({"id": id, "product_id": [5, "Desk"], "qty": qty, "price": 0});
        assert_eq!(
            of(&[line(1, 1), line(2, 2), line(4, 3), json!("… 5 more")]),
            json!({
                "columns": ["id", "qty"],
                "rows": [[1, 1], [2, 2], [4, 3], "… 5 more"],
                "every_row": {"product_id": [5, "Desk"], "price": 0},
            })
        );
        let free = |id: i64| json!({"id": id, "product_id": [id, "x"], "qty": id, "price": 0});
        let few = of(&[free(1), free(2), free(3)]);
        assert_eq!(few["columns"], json!(["id", "product_id", "qty", "price"]));
        assert!(few.get("every_row").is_none(), "longer than saying it thrice: {few}");
        let many: Vec<Value> = (1..20).map(free).collect();
        let told = of(&many);
        assert_eq!((&told["every_row"], &told["rows"][4]), (&json!({"price": 0}), &json!([5, [5, "x"], 5])));
    }

    #[test]
    fn a_currency_of_lines_is_told_once_too() {
        let usd = json!([1, "USD"]);
        let lines = json!([{"id": 1, "price": 5, "currency_id": usd}, {"id": 2, "price": 6, "currency_id": usd}]);
        let price = column("price", FieldType::Monetary, vec![]);
        let inner = vec![price, column("currency_id", FieldType::Many2one, vec![])];
        let columns = [column("order_line", FieldType::One2many, inner)];
        let told = table(vec![json!({"id": 3, "order_line": lines})], &columns, &["order_line.currency_id".to_owned()]);
        assert_eq!(
            Value::Object(told.parts),
            json!({"currency": "USD", "records": [{"id": 3, "order_line": {"columns": ["id", "price"], "rows": [[1, 5], [2, 6]]}}]})
        );
    }

    #[test]
    fn a_currency_that_no_record_has_is_no_column() {
        let lines = json!([{"id": 1, "price": 5, "currency_id": null}, {"id": 2, "price": 6, "currency_id": null}]);
        let price = column("price", FieldType::Monetary, vec![]);
        let inner = vec![price, column("currency_id", FieldType::Many2one, vec![])];
        let total = column("total", FieldType::Monetary, vec![]);
        let columns = [
            total,
            column("order_line", FieldType::One2many, inner),
            column("currency_id", FieldType::Many2one, vec![]),
        ];
        let order = json!({"id": 3, "total": 11, "currency_id": [1, "USD"], "order_line": lines});
        let currencies = ["currency_id".to_owned(), "order_line.currency_id".to_owned()];
        assert_eq!(
            Value::Object(table(vec![order], &columns, &currencies).parts),
            json!({"currency": "USD", "records": [{"id": 3, "total": 11, "order_line": {"columns": ["id", "price"], "rows": [[1, 5], [2, 6]]}}]})
        );
        let mixed =
            json!([{"id": 3, "total": 11, "currency_id": [1, "USD"]}, {"id": 4, "total": 1, "currency_id": null}]);
        let told = table(mixed.as_array().unwrap().clone(), &columns, &currencies).parts;
        assert!(told.get("currency").is_none(), "one has none: {told:?}");
        assert_eq!(told["rows"], json!([[3, 11, [1, "USD"]], [4, 1, null]]));
    }

    #[test]
    fn ids_alone_are_a_list() {
        let rows = vec![json!({"id": 3}), json!({"id": 4})];
        assert_eq!(Value::Object(table(rows, &[], &[]).parts), json!({"ids": [3, 4]}));
        let id = [column("id", FieldType::Integer, vec![])];
        assert_eq!(Value::Object(table(Vec::new(), &id, &[]).parts), json!({"ids": []}));
    }

    #[test]
    fn currencies_that_differ_stand_in_each_row() {
        let records = vec![order(3, "S3", 1, &json!([])), order(4, "S4", 2, &json!([]))];
        let told = table(records, &columns(), &["currency_id".to_owned()]).parts;
        assert!(told.get("currency").is_none());
        assert_eq!(told["columns"], json!(["id", "name", "amount_total", "currency_id"]));
        assert_eq!(told["rows"], json!([[3, "S3", 30, [1, "USD"]], [4, "S4", 40, [2, "EUR"]]]));
    }

    #[test]
    fn one_record_is_an_object_with_its_lines_as_a_table() {
        let told = table(vec![order(3, "S3", 1, &lines())], &columns(), &["currency_id".to_owned()]).parts;
        assert_eq!(told["currency"], "USD");
        let record = &told["records"][0];
        assert_eq!(record["partner_id"], json!([9, "Acme"]));
        assert_eq!(
            record["order_line"],
            json!({"columns": ["id", {"product_id": ["id", "name", "code"]}, "qty"], "rows": [[1, [5, "Desk", "D"], 1], [2, null, 2]]})
        );
        assert!(record.get("currency_id").is_none());
        assert_eq!(table(Vec::new(), &columns(), &[]).parts["records"], json!([]));
    }
}
