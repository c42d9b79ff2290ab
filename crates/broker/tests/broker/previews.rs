//! The values on a card: each in the form that the window draws, never more than they are.

use crate::besides::{content, refuse};
use crate::execute::on_demo;
use crate::house::House;
use gatehouse_broker::view::{Card, FieldChange, ValueForm, Verdict};
use serde_json::json;

fn field<'a>(card: &'a Card, name: &str) -> &'a FieldChange {
    let all = &content(card).records[0].fields;
    all.iter().find(|change| change.field == name).unwrap_or_else(|| panic!("{name} is not among {all:?}"))
}

fn both(change: &FieldChange) -> (&str, &str) {
    (change.before.as_deref().unwrap(), change.after.as_deref().unwrap())
}

#[tokio::test]
async fn dates_amounts_html_and_files_come_in_their_own_form() {
    let house = House::with_demo().await;
    let agent = house.admitted("claude-code").await;
    let old =
        json!({"validity_date": "2026-01-31", "commitment_date": "2026-02-01 08:00:00", "note": "<p>Pay soon</p>"});
    house.meddle("sale.order", 7, old).await;
    let note = r#"<p>Pay <a href="https://evil.example">here</a></p>"#;
    let values = json!({"validity_date": "2026-03-01", "commitment_date": "2026-03-02 09:30:00", "note": note});
    let call = agent.calling("odoo_write", on_demo(json!({"model": "sale.order", "ids": [7], "values": values})));
    let card = house.card().await;
    let date = field(&card, "validity_date");
    assert_eq!((both(date), date.form), (("2026-01-31", "2026-03-01"), ValueForm::Date));
    let moment = field(&card, "commitment_date");
    assert_eq!((both(moment), moment.form), (("2026-02-01 08:00:00", "2026-03-02 09:30:00"), ValueForm::Datetime));
    let note = field(&card, "note");
    assert_eq!((both(note), note.form), (("Pay soon", "Pay here <https://evil.example>"), ValueForm::Text));
    refuse(&house, &card, call).await;

    let values = json!({"expected_revenue": 0.1 + 0.2});
    let call = agent.calling("odoo_write", on_demo(json!({"model": "crm.lead", "ids": [1], "values": values})));
    let card = house.card().await;
    let money = field(&card, "expected_revenue");
    assert_eq!((money.after.as_deref(), money.form), (Some("0.3"), ValueForm::Number));
    let currency = house.stored("crm.lead", 1, "company_currency").await;
    assert_eq!(money.unit.as_deref(), currency[1].as_str());
    refuse(&house, &card, call).await;

    let picture = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
    let values = json!({"image_1920": picture, "comment": "<p>x</p>"});
    let call = agent.calling("odoo_write", on_demo(json!({"model": "res.partner", "ids": [10], "values": values})));
    let card = house.card().await;
    assert_eq!(field(&card, "image_1920").after.as_deref(), Some("70 bytes PNG image"));
    assert!(!serde_json::to_string(&content(&card).records).unwrap().contains(&picture[..40]));
    refuse(&house, &card, call).await;
}

#[tokio::test]
async fn linked_records_are_told_by_name_before_and_after() {
    let house = House::with_demo().await;
    let agent = house.admitted("claude-code").await;
    let name = async |model: &str, id: i64| house.stored(model, id, "display_name").await.as_str().unwrap().to_owned();
    house.meddle("res.partner", 10, json!({"category_id": [[6, 0, [1]]]})).await;
    let values = json!({"country_id": 75, "category_id": [1, 2]});
    let call = agent.calling("odoo_write", on_demo(json!({"model": "res.partner", "ids": [10], "values": values})));
    let card = house.card().await;
    let country = format!("{} (#75)", name("res.country", 75).await);
    assert_eq!(field(&card, "country_id").after, Some(country));
    let (one, two) = (name("res.partner.category", 1).await, name("res.partner.category", 2).await);
    let (before, after) = (format!("{one} (#1)"), format!("add {two} (#2)"));
    assert_eq!(both(field(&card, "category_id")), (before.as_str(), after.as_str()));
    refuse(&house, &card, call).await;
    // The same list is no change.
    let values = json!({"category_id": [1], "phone": "+77"});
    let call = agent.calling("odoo_write", on_demo(json!({"model": "res.partner", "ids": [10], "values": values})));
    let card = house.card().await;
    assert_eq!(content(&card).records[0].fields.len(), 1, "{:?}", content(&card).records);
    // Three refusals in a row would close the door.
    house.decide(&card, Verdict::Approve { typed_count: None, unseen: None }).await.unwrap();
    call.await.unwrap().unwrap();
    let values = json!({"name": "New", "country_id": 75, "category_id": [[4, 2, 0]], "child_ids": [{"name": "C", "country_id": 20}]});
    let call = agent.calling("odoo_create", on_demo(json!({"model": "res.partner", "values": values})));
    let card = house.card().await;
    assert_eq!(field(&card, "country_id").after, Some(format!("{} (#75)", name("res.country", 75).await)));
    assert_eq!(field(&card, "category_id").after.as_deref(), Some(after.as_str()));
    let line = &content(&card).records[1];
    let country = line.fields.iter().find(|change| change.field == "country_id").unwrap();
    assert_eq!(country.after, Some(format!("{} (#20)", name("res.country", 20).await)));
    refuse(&house, &card, call).await;
    let error = agent
        .call("odoo_create", on_demo(json!({"model": "res.partner", "values": {"name": "N", "country_id": 99_999}})));
    assert_eq!(error.await.unwrap_err().code, gatehouse_core::ErrorCode::RecordMissing);
}

#[tokio::test]
async fn an_archived_record_may_be_there_already_too() {
    let house = House::with_demo().await;
    let agent = house.admitted("claude-code").await;
    house.meddle("res.partner", 14, json!({"active": false, "ref": "R-4711"})).await;
    let call = agent
        .calling("odoo_create", on_demo(json!({"model": "res.partner", "values": {"name": "Q", "ref": "r-4711"}})));
    let card = house.card().await;
    let told = |line: &String| line.contains("(#14, archived), with the same");
    assert!(content(&card).touches.iter().any(told), "{:?}", content(&card).touches);
    refuse(&house, &card, call).await;
}

/// Against a real Odoo 19, on records of its own.
#[cfg(feature = "real-odoo")]
mod real {
    use super::*;
    use crate::execute::real::real;
    use crate::execute::{done, last_undo, taken_back};
    use crate::house::{Agent, http_post};
    use serde_json::Value;

    async fn odoo(model: &str, method: &str, body: Value) -> Value {
        let variable = |name: &str| std::env::var(name).unwrap_or_else(|_| panic!("{name} is not set"));
        let url = format!("{}/json/2/{model}/{method}", variable("GATEHOUSE_ODOO_URL"));
        http_post(&url, &variable("GATEHOUSE_ODOO_ADMIN_KEY"), &variable("GATEHOUSE_ODOO_DB"), &body.to_string()).await
    }

    async fn made(model: &str, values: Value) -> i64 {
        odoo(model, "create", json!({"vals_list": [values]})).await[0].as_i64().unwrap()
    }

    async fn read(model: &str, id: i64, fields: &[&str]) -> Value {
        odoo(model, "read", json!({"ids": [id], "fields": fields})).await[0].clone()
    }

    async fn card_of(house: &House, agent: &Agent, model: &str, id: i64, values: Value) -> Card {
        let call = agent.calling("odoo_write", on_demo(json!({"model": model, "ids": [id], "values": values})));
        let card = house.card().await;
        refuse(house, &card, call).await;
        card
    }

    #[tokio::test]
    async fn another_customer_changes_what_was_foreseen_and_all_of_it_goes_back() {
        let (house, agent) = real("admin").await;
        let first = made("res.partner", json!({"name": "Preview first"})).await;
        let second = made("res.partner", json!({"name": "Preview second"})).await;
        let address = made("res.partner", json!({"name": "Elsewhere", "parent_id": first, "type": "delivery"})).await;
        let order = made("sale.order", json!({"partner_id": first, "partner_invoice_id": address})).await;
        let fields = ["partner_id", "partner_shipping_id", "partner_invoice_id", "payment_term_id", "user_id"];
        let before = read("sale.order", order, &fields).await;
        let write = on_demo(json!({"model": "sale.order", "ids": [order], "values": {"partner_id": second}}));
        let card = card_of(&house, &agent, "sale.order", order, json!({"partner_id": second})).await;
        let besides = content(&card).records[0].besides.clone();
        done(&house, &agent, "odoo_write", write).await;
        let after = read("sale.order", order, &fields).await;
        for name in &fields[1..] {
            let told = besides.iter().find(|change| change.field == *name);
            assert_eq!(told.is_some(), before[name] != after[name], "{name}: {besides:?}");
        }
        assert_ne!(before["partner_invoice_id"], after["partner_invoice_id"]);
        let undo = last_undo(&house);
        taken_back(&house, &agent).await;
        assert_eq!(read("sale.order", order, &fields).await, before, "{undo}");
        odoo("sale.order", "unlink", json!({"ids": [order]})).await;
        odoo("res.partner", "unlink", json!({"ids": [address, first, second]})).await;
    }

    #[tokio::test]
    async fn an_order_with_lines_html_dates_and_amounts_reads_as_it_is() {
        let (house, agent) = real("admin").await;
        let partner = made("res.partner", json!({"name": "Preview order", "country_id": 233})).await;
        let product =
            odoo("product.product", "search", json!({"domain": [["sale_ok", "=", true]], "limit": 1})).await[0].clone();
        let line = json!([0, 0, {"product_id": product, "product_uom_qty": 2, "price_unit": 10.0}]);
        let order =
            made("sale.order", json!({"partner_id": partner, "order_line": [line], "note": "<p>Old</p>"})).await;
        let stored = read("sale.order", order, &["order_line", "currency_id"]).await;
        let line = stored["order_line"][0].as_i64().unwrap();
        let taxes = odoo("account.tax", "search", json!({"domain": [["type_tax_use", "=", "sale"]], "limit": 1})).await;
        let commands =
            json!([[1, line, {"price_unit": 0.1 + 0.2, "tax_ids": [[6, 0, taxes]]}], [0, 0, {"product_id": product}]]);
        let values = json!({
            "order_line": commands, "validity_date": "2027-01-31", "commitment_date": "2027-01-31 10:00:00",
            "note": "<p>New <a href=\"https://x.example\">terms</a></p>",
        });
        let card = card_of(&house, &agent, "sale.order", order, values).await;
        let records = &content(&card).records;
        assert_eq!(records.len(), 3, "{records:?}");
        assert_eq!(both(field(&card, "note")), ("Old", "New terms <https://x.example>"));
        assert_eq!(field(&card, "validity_date").form, ValueForm::Date);
        assert_eq!(field(&card, "commitment_date").form, ValueForm::Datetime);
        let of_line = |name: &str| records[1].fields.iter().find(|change| change.field == name);
        assert_eq!(both(of_line("price_unit").unwrap()), ("10", "0.3"));
        let told = records[2].fields.iter().find(|change| change.field == "product_id").unwrap();
        assert!(
            told.after.as_deref().unwrap().ends_with(&format!("(#{product})"))
                && told.after.as_deref().unwrap().len() > 6
        );
        let total =
            records[0].besides.iter().find(|change| change.field == "amount_total").expect("its total is foreseen");
        assert_eq!((total.form, total.unit.as_deref()), (ValueForm::Number, stored["currency_id"][1].as_str()));
        odoo("sale.order", "unlink", json!({"ids": [order]})).await;
        odoo("res.partner", "unlink", json!({"ids": [partner]})).await;
    }

    #[tokio::test]
    async fn another_country_and_another_picture() {
        let (house, agent) = real("admin").await;
        let values = json!({"name": "Preview country", "country_id": 233, "state_id": 13, "image_1920": PICTURE});
        let partner = made("res.partner", values).await;
        let values = json!({"country_id": 75, "image_1920": PICTURE, "comment": "<p>a</p>"});
        let card = card_of(&house, &agent, "res.partner", partner, values).await;
        let country = field(&card, "country_id");
        assert!(both(country).0.ends_with("(#233)") && both(country).1.ends_with("(#75)"), "{country:?}");
        let picture = both(field(&card, "image_1920"));
        assert!(picture.0.ends_with(" file") && picture.1 == "70 bytes PNG image", "{picture:?}");
        assert!(
            content(&card).touches.iter().all(|line| !line.contains("not predicted")),
            "{:?}",
            content(&card).touches
        );
        odoo("res.partner", "unlink", json!({"ids": [partner]})).await;
    }

    const PICTURE: &str =
        "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
}
