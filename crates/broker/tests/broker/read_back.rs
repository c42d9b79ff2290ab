//! Changes whose answer never came: what Odoo holds now tells what became of them.

use crate::connections::draft;
use crate::execute::on_demo;
use crate::house::{Agent, House, draft_of};
use crate::line::{Line, Writes};
use gatehouse_broker::view::{ActivityFilter, ConnectionDraft, SaveOutcome, SecretInput, Verdict};
use gatehouse_core::{EdgeError, ErrorCode, Finding, JournalEvent, Outcome};
use serde_json::{Value, json};
use std::time::Duration;

/// Azure Interior.
const PARTNER: i64 = 10;
const ALLOW: &str = r#"{"version": "1", "default": "allow"}"#;
/// After this Odoo is at work on nothing that was sent before.
const AT_WORK: Duration = Duration::from_secs(155);

/// A house whose only connection goes over a line that can be cut.
pub(crate) async fn over_a_line() -> (House, Agent, Line) {
    let house = House::open().await;
    let line = Line::open(house.sim.url().trim_start_matches("http://").to_owned()).await;
    let draft = ConnectionDraft { url: line.url(), ..draft(&house, "Demo") };
    let key = SecretInput::ApiKey(house.sim.admin().api_key.clone().into());
    house.broker.save_connection(draft, Some(key)).await.unwrap();
    let agent = house.admitted("claude-code").await;
    (house, agent, line)
}

struct Scene {
    house: House,
    agent: Agent,
    line: Line,
}

impl Scene {
    /// A house whose only connection goes over a line that can be cut, and where nobody is asked about anything.
    async fn set() -> Self {
        let (house, agent, line) = over_a_line().await;
        house.save(&house.of_demo(), ALLOW).await;
        Self { house, agent, line }
    }

    /// A call whose answer is lost, as the agent has it.
    async fn lost(&self, writes: Writes, tool: &str, arguments: Value) -> Result<Value, EdgeError> {
        // What is read once for each model is read before.
        self.line.set(writes);
        let answer = self.agent.call(tool, on_demo(arguments)).await;
        self.line.set(Writes::Answered);
        answer
    }

    /// What was read back, oldest first.
    fn found(&self) -> Vec<(Finding, String)> {
        let page = self.house.broker.activity(ActivityFilter::default()).unwrap();
        let found = page.entries.into_iter().rev().filter_map(|entry| match entry.event {
            JournalEvent::ReadBack { finding, message, .. } => Some((finding, message)),
            _ => None,
        });
        found.collect()
    }

    async fn until_found(&self) -> (Finding, String) {
        self.house.until("it is read back", |_| !self.found().is_empty()).await;
        self.found().remove(0)
    }
}

fn write(values: Value) -> Value {
    json!({"model": "res.partner", "ids": [PARTNER], "values": values})
}

#[tokio::test]
async fn an_agent_whose_answer_was_lost_is_told_that_it_was_applied() {
    let scene = Scene::set().await;
    let error = scene.lost(Writes::Cut, "odoo_write", write(json!({"phone": "+9"}))).await.unwrap_err();
    assert_eq!(error.code, ErrorCode::OutcomeUnknown, "{error:?}");
    assert!(error.message.contains("Odoo now holds the new values: it was applied."), "{error:?}");
    assert!(!error.retry && error.message.contains("Do not send it again"), "{error:?}");
    assert_eq!(scene.found().len(), 1);
    assert_eq!((scene.found()[0].0, scene.house.times("write")), (Finding::Applied, 1));
}

#[tokio::test]
async fn what_was_read_back_stands_beside_its_call_and_once() {
    let scene = Scene::set().await;
    scene.lost(Writes::Cut, "odoo_write", write(json!({"phone": "+9"}))).await.unwrap_err();
    scene.house.clock.forward(AT_WORK);
    // Whatever is due is looked for within a second; this is found already.
    tokio::time::sleep(Duration::from_millis(1500)).await;
    let page = scene.house.broker.activity(ActivityFilter::default()).unwrap();
    let kinds: Vec<&str> = page
        .entries
        .iter()
        .filter_map(|entry| match &entry.event {
            JournalEvent::ReadBack { .. } => Some("read back"),
            JournalEvent::Settled { outcome: Outcome::Unknown { .. }, .. } => Some("unknown"),
            JournalEvent::Intent { of, .. } if of.tool == "odoo_write" => Some("intent"),
            _ => None,
        })
        .collect();
    assert_eq!(kinds, ["read back", "unknown", "intent"], "newest first");
    assert!(scene.house.broker.verify_journal().await.unwrap().ok);
}

#[tokio::test]
async fn a_change_that_odoo_never_saw_is_not_applied_once_odoo_can_no_longer_be_at_work_on_it() {
    let scene = Scene::set().await;
    let error = scene.lost(Writes::Dropped, "odoo_write", write(json!({"phone": "+9"}))).await.unwrap_err();
    assert_eq!(error.code, ErrorCode::OutcomeUnknown);
    assert!(error.message.contains("may still be at work"), "{error:?}");
    assert!(!error.message.contains("not applied"), "it is too early to say: {error:?}");
    assert_eq!(scene.found(), []);
    scene.house.clock.forward(AT_WORK);
    let (finding, message) = scene.until_found().await;
    assert_eq!(finding, Finding::NotApplied, "{message}");
    assert_eq!(scene.house.times("write"), 0);
}

#[tokio::test]
async fn a_change_that_comes_late_is_found_applied() {
    let scene = Scene::set().await;
    scene.lost(Writes::Dropped, "odoo_write", write(json!({"phone": "+9"}))).await.unwrap_err();
    // Odoo ends its work when nobody listens any more.
    scene.house.meddle("res.partner", PARTNER, json!({"phone": "+9"})).await;
    scene.house.clock.forward(AT_WORK);
    assert_eq!(scene.until_found().await.0, Finding::Applied);
}

#[tokio::test]
async fn what_somebody_else_wrote_since_is_unclear() {
    let scene = Scene::set().await;
    scene.lost(Writes::Dropped, "odoo_write", write(json!({"phone": "+9"}))).await.unwrap_err();
    scene.house.meddle("res.partner", PARTNER, json!({"phone": "+8"})).await;
    scene.house.clock.forward(AT_WORK);
    let (finding, message) = scene.until_found().await;
    assert_eq!(finding, Finding::Unclear);
    assert!(message.contains(&PARTNER.to_string()) && !message.contains("+8"), "{message}");
}

#[tokio::test]
async fn every_kind_of_value_is_compared_as_odoo_keeps_it() {
    let scene = Scene::set().await;
    let values = json!({
        "name": "Read back", "is_company": false, "country_id": 20, "comment": "<p>a  <b>b</b></p>", "color": 7,
        "category_id": [[4, 1, 0]],
    });
    let error = scene.lost(Writes::Cut, "odoo_write", write(values)).await.unwrap_err();
    assert!(error.message.contains("it was applied"), "{error:?}");
}

#[tokio::test]
async fn a_value_that_was_there_before_tells_nothing() {
    let scene = Scene::set().await;
    let phone = scene.house.stored("res.partner", PARTNER, "phone").await;
    let error = scene.lost(Writes::Cut, "odoo_write", write(json!({"phone": phone}))).await.unwrap_err();
    assert_eq!(scene.found()[0].0, Finding::Unclear);
    assert!(error.message.contains("do not tell") && error.message.contains("Read the records"), "{error:?}");
}

#[tokio::test]
async fn records_that_are_gone_were_deleted_and_those_that_are_there_were_not() {
    let scene = Scene::set().await;
    let make = json!({"model": "res.partner", "values": [{"name": "One"}, {"name": "Two"}]});
    let made = scene.agent.call("odoo_create", on_demo(make)).await.unwrap();
    let delete = |id: &Value| json!({"model": "res.partner", "ids": [id]});
    let error = scene.lost(Writes::Cut, "odoo_unlink", delete(&made["ids"][0])).await.unwrap_err();
    assert!(error.message.contains("The records are gone: it was applied."), "{error:?}");
    scene.lost(Writes::Dropped, "odoo_unlink", delete(&made["ids"][1])).await.unwrap_err();
    scene.house.clock.forward(AT_WORK);
    scene.house.until("both are read back", |_| scene.found().len() == 2).await;
    assert_eq!(scene.found()[1].0, Finding::NotApplied);
}

#[tokio::test]
async fn new_records_that_hold_exactly_the_values_are_named_and_nothing_is_claimed() {
    let scene = Scene::set().await;
    let make = json!({"model": "res.partner", "values": {"name": "Only this one", "phone": "+7"}});
    let error = scene.lost(Writes::Cut, "odoo_create", make).await.unwrap_err();
    let ids = crate::messages::odoo(
        &scene.house,
        "res.partner",
        "search",
        json!({"domain": [["name", "=", "Only this one"]]}),
    )
    .await;
    let (finding, message) = scene.until_found().await;
    assert_eq!(finding, Finding::Unclear);
    assert!(message.contains(&format!("Perhaps these: res.partner {}", ids[0])), "{message}");
    assert!(error.message.contains("Perhaps these"), "{error:?}");
}

#[tokio::test]
async fn a_method_is_told_by_the_state_that_it_leaves() {
    let scene = Scene::set().await;
    let find = json!({"model": "sale.order", "domain": [["state", "=", "draft"]], "fields": ["name"], "limit": 1, "connection": "Demo"});
    let order = crate::house::ids(&scene.agent.call("odoo_search_read", find).await.unwrap())[0];
    let confirm = json!({"model": "sale.order", "method": "action_confirm", "ids": [order]});
    let error = scene.lost(Writes::Cut, "odoo_execute", confirm).await.unwrap_err();
    assert!(error.message.contains("in the state that the method leaves: it was applied"), "{error:?}");
}

#[tokio::test]
async fn a_step_of_a_plan_is_read_back_itself() {
    let scene = Scene::set().await;
    let steps = json!([
        {"tool": "odoo_read", "arguments": {"model": "res.partner", "ids": [PARTNER], "fields": ["name"]}},
        {"tool": "odoo_write", "arguments": write(json!({"phone": "+9"}))},
    ]);
    let answer = scene.lost(Writes::Cut, "odoo_plan", json!({"steps": steps})).await.unwrap();
    assert_eq!(answer["status"], "partly_done");
    let message = answer["unknown"]["error"]["message"].as_str().unwrap();
    assert!(message.contains("it was applied"), "{answer}");
    assert_eq!(scene.found().len(), 1, "the step, and not the plan");
}

#[tokio::test]
async fn reading_back_costs_an_agent_nothing() {
    let scene = Scene::set().await;
    let limit = json!([{"counter": "reads", "window": "hour", "max": 1, "scope": "grant"}]);
    let reads: serde_json::Map<_, _> = ["odoo_read", "odoo_search_read", "odoo_search_count", "odoo_fields_get"]
        .iter()
        .map(|tool| ((*tool).to_owned(), json!({"limits": limit})))
        .collect();
    let policy = json!({"version": "1", "default": "allow", "tools": reads});
    scene.house.save(&scene.house.of_demo(), &policy.to_string()).await;
    scene.lost(Writes::Cut, "odoo_write", write(json!({"phone": "+9"}))).await.unwrap_err();
    assert_eq!(scene.found().len(), 1);
    let read = json!({"model": "res.partner", "ids": [PARTNER], "fields": ["name"], "connection": "Demo"});
    scene.agent.call("odoo_read", read.clone()).await.expect("the one read that is allowed");
    assert_eq!(scene.agent.call("odoo_read", read).await.unwrap_err().code, ErrorCode::RateLimited);
}

#[tokio::test]
async fn while_odoo_is_away_nothing_is_claimed_and_it_is_tried_again() {
    let scene = Scene::set().await;
    scene.line.set(Writes::Held);
    let call = scene.agent.calling("odoo_write", on_demo(write(json!({"phone": "+9"}))));
    scene.line.has_lost_one().await;
    scene.line.die().await;
    let error = call.await.unwrap().unwrap_err();
    assert_eq!(error.code, ErrorCode::OutcomeUnknown);
    assert!(!error.message.contains("applied"), "{error:?}");
    assert_eq!(scene.found(), []);
    scene.line.set(Writes::Answered);
    scene.line.revive().await;
    scene.house.clock.forward(Duration::from_secs(10));
    assert_eq!(scene.until_found().await.0, Finding::Applied);
}

#[tokio::test]
async fn a_connection_that_leads_elsewhere_by_now_is_not_asked() {
    let scene = Scene::set().await;
    scene.line.set(Writes::Held);
    let call = scene.agent.calling("odoo_write", on_demo(write(json!({"phone": "+9"}))));
    scene.line.has_lost_one().await;
    scene.line.die().await;
    call.await.unwrap().unwrap_err();
    let connection = scene.house.broker.overview().connections[0].clone();
    let draft = ConnectionDraft { url: scene.house.sim.url(), ..draft_of(connection) };
    let key = SecretInput::ApiKey(scene.house.sim.admin().api_key.clone().into());
    let saved = scene.house.broker.save_connection(draft, Some(key)).await.unwrap();
    if let SaveOutcome::NeedsApproval { .. } = saved {
        let card = scene.house.card().await;
        scene.house.decide(&card, Verdict::Approve { typed_count: None, unseen: None }).await.unwrap();
    }
    scene.house.clock.forward(Duration::from_secs(10));
    let (finding, message) = scene.until_found().await;
    assert_eq!(finding, Finding::Unclear);
    assert!(message.contains("leads elsewhere"), "{message}");
}
