//! A call on more records than a card shows: what becomes of all of them is summed up, and written into a file when the
//! person wants it.

use crate::besides::{content, refuse};
use crate::execute::{done, on_demo};
use crate::house::{Agent, House, ids};
use gatehouse_broker::view::{ValueForm, Verdict};
use gatehouse_core::ErrorCode;
use serde_json::{Value, json};

async fn contacts(agent: &Agent, count: usize) -> Vec<i64> {
    let search = json!({"model": "res.partner", "fields": ["name"], "limit": count, "order": "id desc"});
    let found = ids(&agent.call("odoo_search_read", search).await.unwrap());
    assert_eq!(found.len(), count);
    found
}

#[tokio::test]
async fn all_records_are_summed_up_by_field_and_value_and_fifty_stand_in_full() {
    let house = House::with_demo().await;
    let agent = house.admitted("claude-code").await;
    let all = contacts(&agent, 60).await;
    let updates: Vec<Value> = all
        .iter()
        .enumerate()
        .map(|(place, id)| {
            let phone = if place < 20 { "+32 same".to_owned() } else { format!("+32 {place}") };
            json!({"id": id, "values": {"phone": phone, "color": 7, "country_id": 75}})
        })
        .collect();
    let call = agent.calling("odoo_write", on_demo(json!({"model": "res.partner", "updates": updates})));
    let card = house.card().await;
    let shown = content(&card);
    assert_eq!(
        (shown.records.len(), shown.total, shown.type_count, shown.exportable),
        (50, Some(60), Some(60), Some(60))
    );
    let of = |name: &str| shown.summary.iter().find(|summary| summary.field == name).unwrap();
    assert_eq!(of("color").changes.iter().map(|change| change.records).sum::<u64>() + of("color").others, 60);
    let phones = of("phone");
    assert_eq!(
        (phones.changes.len(), phones.changes.iter().map(|change| change.records).sum::<u64>() + phones.others),
        (8, 60)
    );
    assert!(phones.changes[0].records > 1 && phones.changes[0].after.as_deref() == Some("+32 same"), "{phones:?}");
    assert_eq!((of("color").changes[0].form, of("phone").changes[0].form), (ValueForm::Number, ValueForm::Plain));
    assert_eq!(of("country_id").changes[0].after.as_deref(), Some("France (#75)"));
    refuse(&house, &card, call).await;
}

#[tokio::test]
async fn amounts_and_days_of_many_records_are_summed_up_in_the_form_they_have_on_one() {
    let house = House::with_demo().await;
    let agent = house.admitted("claude-code").await;
    let leads = vec![json!({"name": "One of many", "company_id": 1}); 60];
    let leads = done(&house, &agent, "odoo_create", on_demo(json!({"model": "crm.lead", "values": leads}))).await;
    let leads = leads["ids"].clone();
    let values = json!({"expected_revenue": 1250.5, "date_deadline": "2026-12-24"});
    let call = agent.calling("odoo_write", on_demo(json!({"model": "crm.lead", "ids": leads, "values": values})));
    let card = house.card().await;
    let shown = content(&card);
    for field in &shown.records[0].fields {
        let summary = shown.summary.iter().find(|summary| summary.field == field.field).unwrap();
        for change in &summary.changes {
            assert_eq!((change.form, &change.unit), (field.form, &field.unit), "{}", field.field);
        }
    }
    let revenue = shown.summary.iter().find(|summary| summary.field == "expected_revenue").unwrap();
    assert_eq!(revenue.changes[0].form, ValueForm::Number);
    assert_eq!((revenue.changes[0].after.as_deref(), revenue.changes[0].unit.is_some()), (Some("1250.5"), true));
    refuse(&house, &card, call).await;
}

#[tokio::test]
async fn every_record_can_be_written_into_a_file_that_nothing_runs_from() {
    let house = House::with_demo().await;
    let agent = house.admitted("claude-code").await;
    let all = contacts(&agent, 60).await;
    let formula = json!({"name": "=HYPERLINK(\"https://evil.example\")", "parent_id": false});
    house.meddle("res.partner", all[0], formula).await;
    let write = json!({"model": "res.partner", "ids": all, "values": {"phone": "+32 1"}});
    let call = agent.calling("odoo_write", on_demo(write));
    let card = house.card().await;
    let path = house.approver.export(&card.ticket, &card.digest).unwrap();
    assert!(path.starts_with(house.folder().join("downloads").to_str().unwrap()), "{path}");
    let written = std::fs::read_to_string(&path).unwrap();
    assert_eq!(written.lines().count(), 61, "{written}");
    let evil = written.lines().find(|line| line.starts_with(&format!("{},", all[0]))).unwrap();
    assert!(evil.contains(",\"'=HYPERLINK(\"\"https://evil.example\"\")\","), "{evil}");
    assert!(written.lines().skip(1).all(|line| line.contains(",\"'+32 1\"")), "{written}");
    assert_ne!(house.approver.export(&card.ticket, &card.digest).unwrap(), path, "none takes another's place");
    let other = gatehouse_core::Digest::of(&[1]);
    assert_eq!(house.approver.export(&card.ticket, &other).unwrap_err().code, ErrorCode::Drifted);
    refuse(&house, &card, call).await;
    assert_eq!(house.approver.export(&card.ticket, &card.digest).unwrap_err().code, ErrorCode::TicketGone);
}

#[tokio::test]
async fn what_odoo_changes_besides_is_summed_up_and_exported_apart() {
    let house = House::with_demo().await;
    let agent = house.admitted("claude-code").await;
    let orders = vec![json!({"partner_id": 14}); 51];
    let call = agent.calling("odoo_create", on_demo(json!({"model": "sale.order", "values": orders})));
    let card = house.card().await;
    let summary = &content(&card).summary;
    assert_eq!((summary[0].field.as_str(), summary[0].besides), ("partner_id", false));
    let state = summary.iter().find(|field| field.field == "state").expect("what Odoo fills in is summed up");
    assert!(state.besides && summary[1..].iter().all(|field| field.besides), "{summary:?}");
    assert_eq!((state.changes[0].after.as_deref(), state.changes[0].records), (Some("Quotation"), 1));
    let written = house.approver.export(&card.ticket, &card.digest).unwrap();
    let written = std::fs::read_to_string(written).unwrap();
    assert!(written.starts_with("\u{feff}id,name,change,by,field,label,before,after\r\n"), "{written}");
    assert_eq!(written.matches(",create,call,partner_id,").count(), 51, "{written}");
    assert_eq!(written.matches(",create,Odoo,state,Status,,Quotation\r\n").count(), 1, "{written}");
    refuse(&house, &card, call).await;
}

#[tokio::test]
async fn what_stands_on_the_card_whole_is_not_exported() {
    let house = House::with_demo().await;
    let agent = house.admitted("claude-code").await;
    let call =
        agent.calling("odoo_write", on_demo(json!({"model": "res.partner", "ids": [10], "values": {"phone": "+1"}})));
    let card = house.card().await;
    assert_eq!((content(&card).exportable, content(&card).summary.len()), (None, 0));
    assert_eq!(house.approver.export(&card.ticket, &card.digest).unwrap_err().code, ErrorCode::InvalidArguments);
    refuse(&house, &card, call).await;
}

#[tokio::test]
async fn the_preview_of_a_hundred_records_takes_three_requests_and_looking_again_one() {
    let house = House::with_contacts(150).await;
    let agent = house.admitted("claude-code").await;
    let all = contacts(&agent, 100).await;
    let write = |country: i64| json!({"model": "res.partner", "ids": all, "values": {"country_id": country}});
    // Models are known by then.
    let call = agent.calling("odoo_write", on_demo(write(20)));
    let card = house.card().await;
    refuse(&house, &card, call).await;
    let before = house.sim.log().len();
    let call = agent.calling("odoo_write", on_demo(write(75)));
    let card = house.card().await;
    let asked = |from: usize| {
        let log = house.sim.log();
        log[from..].iter().map(|seen| format!("{}.{}", seen.model, seen.method)).collect::<Vec<_>>()
    };
    assert_eq!(asked(before), ["res.partner.onchange", "res.partner.read", "res.country.read"]);
    let before = house.sim.log().len();
    let verdict = Verdict::Approve { typed_count: content(&card).type_count, unseen: None };
    house.decide(&card, verdict).await.unwrap();
    call.await.unwrap().unwrap();
    assert_eq!(asked(before), ["res.partner.read", "res.partner.write"]);
}
