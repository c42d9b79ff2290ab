//! Deleting: the card counts what goes along, and what the records held stays in the journal.

use crate::denied::house_denied;
use crate::execute::{approved, last_undo, on_demo};
use crate::house::{Agent, House, http_post, ids};
use gatehouse_broker::view::{ActivityFilter, CallCard, Card, CardContent, Verdict};
use gatehouse_core::{ErrorCode, JournalEvent};
use serde_json::{Value, json};

const YES: Verdict = Verdict::Approve { typed_count: None, unseen: None };

/// An Odoo, asked as its administrator without Gatehouse.
struct Odoo {
    url: String,
    key: String,
    database: String,
}

impl Odoo {
    fn of(house: &House) -> Self {
        let key = house.sim.admin().api_key.clone();
        Self { url: house.sim.url(), key, database: house.sim.database().to_owned() }
    }

    async fn ask(&self, model: &str, method: &str, body: Value) -> Value {
        let url = format!("{}/json/2/{model}/{method}", self.url);
        http_post(&url, &self.key, &self.database, &body.to_string()).await
    }

    async fn made(&self, model: &str, values: Vec<Value>) -> Vec<i64> {
        let made = self.ask(model, "create", json!({"vals_list": values})).await;
        made.as_array().unwrap_or_else(|| panic!("{made}")).iter().map(|id| id.as_i64().unwrap()).collect()
    }

    async fn lead(&self, name: &str) -> i64 {
        self.made("crm.lead", vec![json!({"name": name, "type": "opportunity"})]).await[0]
    }

    async fn file(&self, model: &str, id: i64) -> i64 {
        let values = json!({"name": "Contract.txt", "datas": "c2lnbmVk", "res_model": model, "res_id": id});
        self.made("ir.attachment", vec![values]).await[0]
    }

    async fn said(&self, model: &str, id: i64, body: &str) {
        self.ask(model, "message_post", json!({"ids": [id], "body": body, "message_type": "comment"})).await;
    }
}

async fn scene() -> (House, Agent, Odoo) {
    let house = House::with_demo().await;
    let agent = house.admitted("claude-code").await;
    let odoo = Odoo::of(&house);
    (house, agent, odoo)
}

fn content(card: &Card) -> &CallCard {
    let CardContent::Call(content) = &card.content else { panic!("{card:?}") };
    content
}

fn touches(card: &Card) -> &[String] {
    &content(card).touches
}

fn delete(model: &str, ids: &[i64]) -> Value {
    on_demo(json!({"model": model, "ids": ids}))
}

#[track_caller]
fn says(card: &Card, said: &str) {
    assert!(touches(card).iter().any(|line| line.contains(said)), "{said}: {:?}", touches(card));
}

/// A quotation with two lines, made by the agent with the person's yes.
async fn quotation(house: &House, agent: &Agent) -> i64 {
    let line = json!([0, 0, {"product_id": {"id": 1}, "product_uom_qty": 2}]);
    let values = json!({"partner_id": 10, "client_order_ref": "PO 77", "order_line": [line.clone(), line]});
    let call = agent.calling("odoo_create", json!({"model": "sale.order", "values": values}));
    let card = house.card().await;
    house.decide(&card, YES).await.unwrap();
    ids(&call.await.unwrap().unwrap())[0]
}

#[tokio::test]
async fn what_goes_along_is_counted_and_what_was_held_stays_in_the_journal() {
    let house = House::with_demo().await;
    let agent = house.admitted("claude-code").await;
    let order = quotation(&house, &agent).await;
    let before = house.sim.log().len();
    let call = agent.calling("odoo_unlink", json!({"model": "sale.order", "ids": [order]}));
    let card = house.card().await;
    let asked: Vec<String> =
        house.sim.log()[before..].iter().map(|seen| format!("{}.{}", seen.model, seen.method)).collect();
    assert_eq!(asked.len(), 3, "the records, their files, and whose their first messages are: {asked:?}");
    let told = touches(&card);
    assert!(told.iter().any(|line| line.contains("2 × sale.order.line")), "{told:?}");
    house.decide(&card, YES).await.unwrap();
    call.await.unwrap().unwrap();
    let payload = intent_of(&house);
    let held = &payload["before"][order.to_string()];
    assert_eq!((&held["client_order_ref"], &held["partner_id"][0]), (&json!("PO 77"), &json!(10)), "{held}");
    assert_eq!(held["order_line"].as_array().map(Vec::len), Some(2));
}

#[tokio::test]
async fn a_record_that_changed_after_the_yes_is_not_deleted() {
    let house = House::with_demo().await;
    let agent = house.admitted("claude-code").await;
    let order = quotation(&house, &agent).await;
    let call = agent.calling("odoo_unlink", json!({"model": "sale.order", "ids": [order]}));
    let card = house.card().await;
    house.meddle("sale.order", order, json!({"client_order_ref": "PO 78"})).await;
    house.decide(&card, YES).await.unwrap();
    assert_eq!(call.await.unwrap().unwrap_err().code, ErrorCode::Drifted);
    assert_eq!(house.times("unlink"), 0);
    let again = agent.calling("odoo_unlink", json!({"model": "sale.order", "ids": [order]}));
    let card = house.card().await;
    let record = &content(&card).records[0];
    let told: Vec<_> = record
        .fields
        .iter()
        .map(|change| (change.field.as_str(), change.before.as_deref(), change.after.as_deref(), change.drifted))
        .collect();
    assert!(content(&card).drifted);
    assert_eq!(told, [("client_order_ref", Some("PO 77"), Some("PO 78"), true)]);
    house.decide(&card, YES).await.unwrap();
    again.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_file_that_came_after_the_yes_is_not_deleted_unseen() {
    let (house, agent, odoo) = scene().await;
    let lead = odoo.lead("Deleting: a late file").await;
    let call = agent.calling("odoo_unlink", delete("crm.lead", &[lead]));
    let card = house.card().await;
    odoo.file("crm.lead", lead).await;
    house.decide(&card, YES).await.unwrap();
    assert_eq!(call.await.unwrap().unwrap_err().code, ErrorCode::Drifted);
    let (card, answer) = approved(&house, &agent, "odoo_unlink", delete("crm.lead", &[lead])).await;
    let change = &content(&card).records[0].fields[0];
    assert_eq!(
        (change.label.as_str(), change.before.as_deref(), change.after.as_deref(), change.drifted),
        ("Attachments", Some("0"), Some("1"), true)
    );
    says(&card, "These go with them: 1 attachment.");
    answer.unwrap();
}

#[tokio::test]
async fn of_many_records_one_that_changed_below_those_shown_is_named() {
    let (house, agent, odoo) = scene().await;
    let tags: Vec<Value> = (0..60).map(|n| json!({"name": format!("Deleting: tag {n}")})).collect();
    let tags = odoo.made("res.partner.category", tags).await;
    let call = agent.calling("odoo_unlink", delete("res.partner.category", &tags));
    let card = house.card().await;
    house.meddle("res.partner.category", tags[55], json!({"color": 9})).await;
    house.decide(&card, Verdict::Approve { typed_count: Some(60), unseen: None }).await.unwrap();
    assert_eq!(call.await.unwrap().unwrap_err().code, ErrorCode::Drifted);
    let (card, answer) = approved(&house, &agent, "odoo_unlink", delete("res.partner.category", &tags)).await;
    says(&card, &format!("not among the records shown: “Deleting: tag 55” (#{}).", tags[55]));
    answer.unwrap();
}

/// A lead with a file is not made again; one without is.
async fn a_lead_with_a_file(house: House, agent: Agent, odoo: Odoo) {
    let (with, without) = (odoo.lead("Deleting: with a contract").await, odoo.lead("Deleting: without").await);
    let file = odoo.file("crm.lead", with).await;
    let (card, answer) = approved(&house, &agent, "odoo_unlink", delete("crm.lead", &[with])).await;
    answer.unwrap();
    says(&card, "These go with them: 1 attachment.");
    let undo = last_undo(&house);
    assert_eq!(undo["kind"], "none", "{undo}");
    assert!(undo["why"].as_str().unwrap().contains("something hung on them (attachments)"), "{undo}");
    let left = odoo.ask("ir.attachment", "search_count", json!({"domain": [["id", "=", file]]})).await;
    assert_eq!(left, json!(0), "Odoo deletes the file along");
    let (card, answer) = approved(&house, &agent, "odoo_unlink", delete("crm.lead", &[without])).await;
    answer.unwrap();
    assert!(touches(&card).iter().all(|line| !line.contains("go with them")), "{:?}", touches(&card));
    let undo = last_undo(&house);
    assert_eq!(undo["calls"][0]["tool"], "odoo_create", "{undo}");
}

/// Messages, activities and files are counted, Odoo's own first note is not.
async fn everything_around_a_lead(house: House, agent: Agent, odoo: Odoo) {
    let lead = odoo.lead("Deleting: everything").await;
    odoo.said("crm.lead", lead, "Somebody's words").await;
    odoo.said("crm.lead", lead, "An answer").await;
    odoo.file("crm.lead", lead).await;
    let call = json!({"ids": [lead], "act_type_xmlid": "mail.mail_activity_data_call"});
    odoo.ask("crm.lead", "activity_schedule", call).await;
    let (card, answer) = approved(&house, &agent, "odoo_unlink", delete("crm.lead", &[lead])).await;
    answer.unwrap();
    says(&card, "These go with them: 1 attachment, 1 activity, 2 messages.");
}

#[tokio::test]
async fn a_record_with_a_file_is_not_offered_for_making_again() {
    let (house, agent, odoo) = scene().await;
    a_lead_with_a_file(house, agent, odoo).await;
}

#[tokio::test]
async fn messages_activities_and_files_that_go_along_are_counted() {
    let (house, agent, odoo) = scene().await;
    everything_around_a_lead(house, agent, odoo).await;
}

#[tokio::test]
async fn where_files_may_not_be_read_nothing_is_made_again_and_both_are_said() {
    let house = house_denied(&["/ir.attachment/formatted_read_group"]).await;
    let agent = house.admitted("claude-code").await;
    let lead = Odoo::of(&house).lead("Deleting: unknown files").await;
    let (card, answer) = approved(&house, &agent, "odoo_unlink", delete("crm.lead", &[lead])).await;
    answer.unwrap();
    says(&card, "How many attachments go with them could not be read.");
    let undo = last_undo(&house);
    assert_eq!(undo["kind"], "none", "{undo}");
    assert!(undo["why"].as_str().unwrap().contains("or files hung on them is not known"), "{undo}");
}

#[tokio::test]
async fn what_belongs_to_a_record_and_may_not_be_read_is_named_without_a_count() {
    let house = house_denied(&["/sale.order/read", "\"order_line\""]).await;
    let agent = house.admitted("claude-code").await;
    let order = quotation(&house, &agent).await;
    Odoo::of(&house).said("sale.order", order, "Somebody's words").await;
    let (card, answer) = approved(&house, &agent, "odoo_unlink", delete("sale.order", &[order])).await;
    answer.unwrap();
    says(&card, "Odoo may delete what belongs to them: sale.order.line (this user may not read all of it");
    says(&card, "These go with them: 1 message.");
    assert_eq!(content(&card).records[0].id, Some(order));
}

#[tokio::test]
async fn where_not_even_messages_may_be_read_the_card_stands_all_the_same() {
    let house = house_denied(&["/sale.order/read", "\"message_ids\""]).await;
    let agent = house.admitted("claude-code").await;
    let order = quotation(&house, &agent).await;
    let (card, answer) = approved(&house, &agent, "odoo_unlink", delete("sale.order", &[order])).await;
    answer.unwrap();
    says(&card, "what belongs to them: sale.order.line (this user");
    says(&card, "How many activities, messages go with them could not be read.");
}

#[tokio::test]
async fn of_more_than_a_hundred_records_what_goes_along_is_counted_and_the_names_stay() {
    let (house, agent, odoo) = scene().await;
    let tags: Vec<Value> = (0..101).map(|n| json!({"name": format!("Deleting: tag {n}"), "color": 4})).collect();
    let tags = odoo.made("res.partner.category", tags).await;
    odoo.made("res.partner.category", vec![json!({"name": "Deleting: below", "parent_id": tags[0]})]).await;
    odoo.file("res.partner.category", tags[100]).await;
    // The model is known by then.
    agent.call("odoo_search_count", on_demo(json!({"model": "res.partner.category"}))).await.unwrap();
    let before = house.sim.log().len();
    let call = agent.calling("odoo_unlink", delete("res.partner.category", &tags));
    let card = house.card().await;
    let asked: Vec<String> =
        house.sim.log()[before..].iter().map(|seen| format!("{}.{}", seen.model, seen.method)).collect();
    assert!(asked.len() <= 3, "{asked:?}");
    says(&card, "Of more than 100 records only the names stay there.");
    says(&card, "what belongs to them: 1 × res.partner.category.");
    says(&card, "These go with them: 1 attachment.");
    let shown = content(&card);
    assert_eq!((shown.records.len(), shown.type_count, shown.exportable), (50, Some(101), Some(101)));
    let written = house.approver.export(&card.ticket, &card.digest).unwrap();
    let written = std::fs::read_to_string(written).unwrap();
    assert!(written.contains(&format!("{},Deleting: tag 100,delete,call,,,,\r\n", tags[100])), "{written}");
    assert!(house.decide(&card, YES).await.is_err());
    house.decide(&card, Verdict::Approve { typed_count: Some(101), unseen: None }).await.unwrap();
    assert_eq!(ids(&call.await.unwrap().unwrap()).len(), 101);
    let undo = last_undo(&house);
    assert!(undo["why"].as_str().unwrap().contains("their names stand in the journal"), "{undo}");
    let held = intent_of(&house)["before"][tags[0].to_string()].clone();
    assert!(held["display_name"].is_string() && held.get("color").is_none(), "{held}");
}

/// What the journal keeps of the last deletion.
fn intent_of(house: &House) -> Value {
    let entries = house.broker.activity(ActivityFilter::default()).unwrap().entries;
    let is_intent = |event: &JournalEvent| matches!(event, JournalEvent::Intent { of, .. } if of.tool == "odoo_unlink");
    let intent = entries.iter().find(|entry| is_intent(&entry.event)).unwrap();
    let detail = house.broker.activity_detail(intent.seq).unwrap();
    serde_json::from_str(&detail.payload.unwrap()).unwrap()
}

/// Against a real Odoo 19, on records of its own.
#[cfg(feature = "real-odoo")]
mod real {
    use super::*;
    use crate::execute::done;
    use crate::execute::real::real;

    fn odoo() -> Odoo {
        let variable = |name: &str| std::env::var(name).unwrap_or_else(|_| panic!("{name} is not set"));
        Odoo {
            url: variable("GATEHOUSE_ODOO_URL"),
            key: variable("GATEHOUSE_ODOO_ADMIN_KEY"),
            database: variable("GATEHOUSE_ODOO_DB"),
        }
    }

    #[tokio::test]
    async fn a_record_with_a_file_is_not_offered_for_making_again() {
        let (house, agent) = real("admin").await;
        a_lead_with_a_file(house, agent, odoo()).await;
    }

    #[tokio::test]
    async fn messages_activities_and_files_that_go_along_are_counted() {
        let (house, agent) = real("admin").await;
        everything_around_a_lead(house, agent, odoo()).await;
    }

    #[tokio::test]
    async fn a_property_that_is_left_out_is_named() {
        let (house, agent) = real("admin").await;
        let odoo = odoo();
        let definition = json!([{"name": "aa11bb22cc33dd44", "type": "char", "string": "Hobby"}]);
        let team = json!({"name": "Deleting: a team", "lead_properties_definition": definition});
        let team = odoo.made("crm.team", vec![team]).await[0];
        let lead = |name: &str| json!({"name": name, "type": "opportunity", "team_id": team});
        let leads = odoo.made("crm.lead", vec![lead("Deleting: with a hobby"), lead("Deleting: without")]).await;
        let values = json!({"ids": [leads[0]], "vals": {"lead_properties": {"aa11bb22cc33dd44": "chess"}}});
        odoo.ask("crm.lead", "write", values).await;
        let mut told = Vec::new();
        for id in &leads {
            done(&house, &agent, "odoo_unlink", delete("crm.lead", &[*id])).await;
            told.push(last_undo(&house));
        }
        odoo.ask("crm.team", "unlink", json!({"ids": [team]})).await;
        let named = "kept in the journal alone: “Properties”";
        assert!(told[0]["leaves"].to_string().contains(named), "{}", told[0]);
        assert!(!told[1]["leaves"].to_string().contains("kept in the journal alone"), "{}", told[1]);
    }

    #[tokio::test]
    async fn an_ordinary_user_sees_what_goes_along_as_far_as_they_may_read() {
        let (house, agent) = real("demo").await;
        let odoo = odoo();
        let contact = odoo.made("res.partner", vec![json!({"name": "Deleting: a contact"})]).await[0];
        odoo.said("res.partner", contact, "Somebody's words").await;
        odoo.file("res.partner", contact).await;
        let call = agent.calling("odoo_unlink", delete("res.partner", &[contact]));
        let card = house.card().await;
        house.decide(&card, Verdict::Deny { reason: None }).await.unwrap();
        call.await.unwrap().unwrap_err();
        odoo.ask("res.partner", "unlink", json!({"ids": [contact]})).await;
        says(&card, "1 attachment");
        says(&card, "1 message");
    }
}
