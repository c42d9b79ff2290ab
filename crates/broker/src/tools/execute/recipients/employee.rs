//! The employee whom a time off is about: Odoo tells them by their user, else by their contact at work.

use crate::tools::recipients::{Addressees, Author};
use crate::tools::{Locale, Site};
use gatehouse_core::EdgeError;
use gatehouse_odoo::{Fields, Record};
use serde_json::Value;
use std::collections::BTreeSet;

/// Employees as an ordinary user may see them.
const MODELS: [&str; 2] = ["hr.employee", "hr.employee.public"];

/// Whether records of a model are about one employee, who is told.
pub(super) fn is_of_one(model: &str) -> bool {
    matches!(model, "hr.leave" | "hr.leave.allocation")
}

/// Adds the employees of these records.
pub(super) async fn add(
    wanted: &mut Addressees,
    site: &Site,
    locale: &Locale,
    model: &str,
    ids: &[i64],
) -> Result<(), EdgeError> {
    let context = locale.reading();
    let session = site.session().await?;
    let rows = session.client.read(model, ids, &["employee_id"], Some(&context)).await;
    let rows = site.told(model, rows).await?;
    let employees: BTreeSet<i64> = rows.iter().filter_map(|row| link(row, "employee_id")).collect();
    let employees: Vec<i64> = employees.into_iter().collect();
    let mut people = Vec::new();
    for model in MODELS {
        let Ok(fields) = site.fields(model, locale.lang.as_deref()).await else { continue };
        let columns = columns(&fields);
        if let Ok(rows) = session.client.read(model, &employees, &columns, Some(&context)).await {
            people = rows;
            break;
        }
    }
    let users: Vec<i64> = people.iter().filter_map(|row| link(row, "user_id")).collect();
    let users = session.client.read("res.users", &users, &["partner_id"], Some(&context)).await;
    let users = site.told("res.users", users).await?;
    for employee in &employees {
        match whom(*employee, &rows, &people, &users) {
            Whom::Partner(partner) => drop(wanted.named.insert(partner)),
            Whom::Words(words) => wanted.address(&words),
        }
    }
    wanted.authors.insert(Author::Nobody);
    Ok(())
}

/// What says who an employee is and how they are reached, as far as this version tells it.
fn columns(fields: &Fields) -> Vec<&'static str> {
    let wanted = ["name", "user_id", "work_contact_id", "work_email"];
    wanted.into_iter().filter(|name| fields.get(name).is_some()).collect()
}

/// How an employee is told.
#[derive(Debug, PartialEq, Eq)]
enum Whom {
    Partner(i64),
    /// By name and address, where no contact is known.
    Words(String),
}

/// By the records that name them, the employees that could be read, and their users.
fn whom(employee: i64, records: &[Record], people: &[Record], users: &[Record]) -> Whom {
    let Some(row) = by_id(people, employee) else { return Whom::Words(name_on(records, employee)) };
    let by_user = || link(by_id(users, link(row, "user_id")?)?, "partner_id");
    match by_user().or_else(|| link(row, "work_contact_id")) {
        Some(partner) => Whom::Partner(partner),
        None => Whom::Words(at_work(row)),
    }
}

fn by_id(rows: &[Record], id: i64) -> Option<&Record> {
    rows.iter().find(|row| row.get("id").and_then(Value::as_i64) == Some(id))
}

/// An employee without user or contact.
fn at_work(employee: &Record) -> String {
    let text = |name: &str| employee.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    let name = text("name").unwrap_or("the employee");
    match text("work_email") {
        Some(email) => format!("{name} <{email}>"),
        None => format!("{name} (no e-mail address)"),
    }
}

/// The employee's name as the records that were read tell it.
fn name_on(records: &[Record], employee: i64) -> String {
    let of = |row: &&Record| link(row, "employee_id") == Some(employee);
    let name = records.iter().find(of).and_then(|row| row.get("employee_id")?.get(1)?.as_str());
    format!("{} (address not open to this user)", name.unwrap_or("the employee"))
}

fn link(row: &Record, field: &str) -> Option<i64> {
    let value = row.get(field)?;
    value.as_i64().or_else(|| value.get(0)?.as_i64())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[expect(clippy::needless_pass_by_value, reason = "values made on the spot")]
    fn rows(rows: Value) -> Vec<Record> {
        rows.as_array().unwrap().iter().map(|row| row.as_object().unwrap().clone()).collect()
    }

    #[test]
    fn an_employee_is_told_by_their_user_else_by_their_contact_else_by_the_address_at_work() {
        let records = rows(json!([{"id": 1, "employee_id": [8, "Eve"]}]));
        let people = rows(json!([
            {"id": 5, "name": "Ann", "user_id": [2, "Ann"], "work_contact_id": [31, "Ann at work"]},
            {"id": 6, "name": "Bob", "user_id": false, "work_contact_id": [32, "Bob"]},
            {"id": 7, "name": "Cy", "user_id": false, "work_email": "cy@x.example"},
            {"id": 9, "name": "Di", "work_email": false},
        ]));
        let users = rows(json!([{"id": 2, "partner_id": [30, "Ann"]}]));
        let of = |employee: i64| whom(employee, &records, &people, &users);
        assert_eq!((of(5), of(6)), (Whom::Partner(30), Whom::Partner(32)));
        assert_eq!(of(7), Whom::Words("Cy <cy@x.example>".into()));
        assert_eq!(of(9), Whom::Words("Di (no e-mail address)".into()));
        assert_eq!(of(8), Whom::Words("Eve (address not open to this user)".into()));
    }
}
