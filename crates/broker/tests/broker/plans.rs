//! Plans: one card for the whole job, each step judged, written down and taken back like a call of its own.

use crate::house::{Agent, House};
use gatehouse_broker::view::{ActivityFilter, CardContent, Verdict};
use gatehouse_core::{AgentId, Category, EdgeError, ErrorCode, JournalEntry, JournalEvent, Outcome};
use serde_json::{Value, json};
use std::time::Duration;

const YES: Verdict = Verdict::Approve { typed_count: None, unseen: None };

fn plan(steps: Value) -> Value {
    json!({"steps": steps, "connection": "Demo"})
}

fn create(values: Value) -> Value {
    json!({"tool": "odoo_create", "arguments": {"model": "res.partner", "values": values}})
}

fn write(ids: Value, values: Value) -> Value {
    json!({"tool": "odoo_write", "arguments": {"model": "res.partner", "ids": ids, "values": values}})
}

/// The answer of a plan that the person approves.
async fn approved(house: &House, agent: &Agent, steps: Value) -> Result<Value, EdgeError> {
    let call = agent.calling("odoo_plan", plan(steps));
    let card = house.card().await;
    house.decide(&card, YES).await.unwrap();
    call.await.unwrap()
}

fn of_plan(entry: &JournalEntry) -> Option<(&str, &str)> {
    match &entry.event {
        JournalEvent::Intent { of, .. } | JournalEvent::Call { of, .. } => {
            of.plan.as_ref().map(|plan| (plan.as_str(), of.tool.as_str()))
        }
        _ => None,
    }
}

#[tokio::test]
async fn a_plan_is_one_card_and_its_later_steps_use_what_earlier_ones_made() {
    let house = House::with_demo().await;
    let agent = house.admitted("claude-code").await;
    let steps = json!([
        create(json!({"name": "Planned Ltd", "is_company": true})),
        create(json!([{"name": "Ann", "parent_id": {"step": 1}}, {"name": "Ben", "parent_id": {"step": 1}}])),
        write(json!({"step": 2}), json!({"phone": "+32 2 123"})),
        {"tool": "odoo_search_count", "arguments": {"model": "res.partner", "domain": [["name", "=", "Planned Ltd"]]}},
    ]);
    let call = agent.calling("odoo_plan", plan(steps));
    let card = house.card().await;
    let CardContent::Call(content) = &card.content else { panic!("{card:?}") };
    assert!(content.records.is_empty() && content.summary.is_empty(), "what a step does stands in the step");
    let names = |step: usize| content.steps[step].records.iter().map(|record| record.name.as_str()).collect::<Vec<_>>();
    assert_eq!((names(0), names(1)), (vec!["Planned Ltd"], vec!["Ann", "Ben"]));
    assert_eq!(names(2), ["the record of step 2", "the record of step 2"]);
    assert!(content.steps[2].sentence.starts_with("Change 1 field on 2 res.partner"), "{:?}", content.steps[2]);
    let categories: Vec<Category> = content.steps.iter().map(|step| step.category).collect();
    assert_eq!(categories, [Category::Write, Category::Write, Category::Write, Category::Read]);
    assert_eq!(content.steps[1].uses, ["Related Company: the record of step 1"]);
    assert_eq!(content.steps[2].uses, ["Records: what step 2 makes"]);
    assert_eq!(content.total, Some(5));
    assert_eq!(house.times("create"), 0, "nothing is sent before the person says yes");
    house.decide(&card, YES).await.unwrap();
    let answer = call.await.unwrap().unwrap();
    assert_eq!(answer["status"], "done", "{answer}");
    let company = answer["steps"][0]["ids"][0].as_i64().unwrap();
    let people: Vec<i64> =
        answer["steps"][1]["ids"].as_array().unwrap().iter().map(|id| id.as_i64().unwrap()).collect();
    assert_eq!(people.len(), 2);
    for id in people {
        assert_eq!(house.stored("res.partner", id, "parent_id").await[0], json!(company));
        assert_eq!(house.stored("res.partner", id, "phone").await, json!("+32 2 123"));
    }
    assert_eq!(answer["steps"][3]["count"], 1);

    let entries = house.broker.activity(ActivityFilter::default()).unwrap().entries;
    let (whole, intent) = entries
        .iter()
        .find_map(|entry| match &entry.event {
            JournalEvent::Intent { call, of } if of.tool == "odoo_plan" => Some((call.clone(), entry.seq)),
            _ => None,
        })
        .unwrap();
    let mut steps: Vec<(u64, &str)> = entries
        .iter()
        .filter_map(|entry| {
            of_plan(entry).filter(|(plan, _)| *plan == whole.as_str()).map(|(_, tool)| (entry.seq, tool))
        })
        .collect();
    steps.sort_unstable();
    let tools: Vec<&str> = steps.iter().map(|(_, tool)| *tool).collect();
    assert_eq!(tools, ["odoo_create", "odoo_create", "odoo_write", "odoo_search_count"]);
    assert!(steps.iter().all(|(seq, _)| *seq > intent), "the plan's own intent comes first");
}

#[tokio::test]
async fn a_plan_stops_at_the_first_failure_and_what_was_done_can_be_taken_back() {
    let house = House::with_demo().await;
    let agent = house.admitted("claude-code").await;
    let before = house.stored("res.partner", 10, "phone").await;
    let steps = json!([
        create(json!({"name": "Half done"})),
        write(json!([10]), json!({"phone": "+1 planned"})),
        {"tool": "odoo_unlink", "arguments": {"model": "res.partner", "ids": [9]}},
        write(json!([10]), json!({"phone": "+2 never"})),
    ]);
    let answer = approved(&house, &agent, steps).await.unwrap();
    assert_eq!(answer["status"], "partly_done", "{answer}");
    assert_eq!((&answer["failed"]["step"], &answer["not_run"]), (&json!(3), &json!(1)));
    assert_eq!(house.stored("res.partner", 10, "phone").await, json!("+1 planned"));
    let made = answer["steps"][0]["ids"][0].as_i64().unwrap();

    let undo = answer["undo"].clone();
    assert_eq!(undo[0]["tool"], "odoo_write", "the last step is taken back first: {undo}");
    let answer = approved(&house, &agent, undo).await.unwrap();
    assert_eq!(answer["status"], "done", "{answer}");
    assert_eq!(house.stored("res.partner", 10, "phone").await, before);
    assert_eq!(house.stored("res.partner", made, "active").await, json!(false));
    let entries = house.broker.activity(ActivityFilter::default()).unwrap().entries;
    let outcomes = entries.iter().filter_map(|entry| match &entry.event {
        JournalEvent::Settled { outcome, .. } => Some(outcome),
        _ => None,
    });
    assert_eq!(outcomes.filter(|outcome| matches!(outcome, Outcome::Failed { .. })).count(), 1);
}

#[tokio::test]
async fn a_plan_is_judged_by_its_strictest_step() {
    let house = House::with_demo().await;
    let agent = house.admitted("claude-code").await;
    house.save(&house.of_demo(), r#"{"version": "1", "default": "allow"}"#).await;
    let cases = [
        (
            r#"{"version": "1", "default": "allow", "tools": {"odoo_unlink": {"deny_if": [{"conditions": [], "on_deny": "no deleting"}]}}}"#,
            "no deleting",
        ),
        (
            r#"{"version": "1", "default": "allow", "tools": {"odoo_plan": {"deny_if": [{"conditions": [{"path": "call.model", "op": "eq", "value": "res.partner.category"}], "on_deny": "no plans on tags"}]}}}"#,
            "no plans on tags",
        ),
        (r#"{"version": "1", "default": "allow", "hide": ["odoo_write"]}"#, "hidden by policy"),
    ];
    for (policy, words) in cases {
        house.save("user", policy).await;
        let steps = json!([
            write(json!([10]), json!({"phone": "+1"})),
            {"tool": "odoo_create", "arguments": {"model": "res.partner.category", "values": {"name": "Planned"}}},
            {"tool": "odoo_unlink", "arguments": {"model": "res.partner", "ids": [10]}},
        ]);
        let error = agent.call("odoo_plan", plan(steps)).await.unwrap_err();
        assert_eq!(error.code, ErrorCode::Denied, "{error:?}");
        assert!(error.message.contains(words), "{words}: {}", error.message);
    }
    assert_eq!((house.times("write"), house.times("create"), house.times("unlink")), (0, 0, 0));
}

#[tokio::test]
async fn a_step_may_read_a_file_that_no_step_may_write() {
    let house = House::with_demo().await;
    let agent = house.admitted("claude-code").await;
    let listed = json!({"model": "res.partner", "res_id": 10});
    let steps = json!([
        {"tool": "odoo_attachment_download", "arguments": listed},
        write(json!([10]), json!({"phone": "+32 2 124"})),
    ]);
    let answer = approved(&house, &agent, steps).await.unwrap();
    assert_eq!(answer["status"], "done", "{answer}");
    assert_eq!(house.stored("res.partner", 10, "phone").await, json!("+32 2 124"));
}

#[tokio::test]
async fn each_step_takes_from_the_limits_of_its_own_tool() {
    let house = House::with_demo().await;
    let agent = house.admitted("claude-code").await;
    house.save(&house.of_demo(), r#"{"version": "1", "default": "allow"}"#).await;
    let policy = r#"{"version": "1", "default": "allow", "tools": {"odoo_write": {"limits": [{"counter": "writes", "window": "hour", "max": 3, "scope": "grant"}]}}}"#;
    house.save("user", policy).await;
    let two = || json!([write(json!([10]), json!({"phone": "+1"})), write(json!([10]), json!({"phone": "+2"}))]);
    assert_eq!(agent.call("odoo_plan", plan(two())).await.unwrap()["status"], "done");
    let error = agent.call("odoo_plan", plan(two())).await.unwrap_err();
    assert_eq!(error.code, ErrorCode::RateLimited, "{error:?}");
    assert_eq!(house.stored("res.partner", 10, "phone").await, json!("+2"));
}

#[tokio::test]
async fn what_a_name_meant_when_it_was_decided_is_what_runs_or_nothing() {
    let house = House::with_demo().await;
    let agent = house.admitted("claude-code").await;
    let named = house.stored("res.partner", 9, "name").await;
    let steps = json!([create(json!({"name": named})), create(json!({"name": "Child", "parent_id": named}))]);
    let answer = approved(&house, &agent, steps).await.unwrap();
    assert_eq!(answer["status"], "partly_done", "the name now fits two records: {answer}");
    assert_eq!((&answer["failed"]["step"], house.times("create")), (&json!(2), 1));
}

#[tokio::test]
async fn pausing_the_agent_stops_a_plan_between_its_steps() {
    let house = House::slow(Duration::from_millis(40)).await;
    let agent = house.admitted("claude-code").await;
    let step = |n: usize| write(json!([10]), json!({"phone": format!("+{n}")}));
    let call = agent.calling("odoo_plan", plan((1..=6).map(step).collect()));
    let card = house.card().await;
    house.decide(&card, YES).await.unwrap();
    house.until("the first write", |house| house.times("write") > 0).await;
    house.broker.pause_agent(&AgentId::parse("claude-code").unwrap(), true).await.unwrap();
    // The call of a paused agent is refused; what was done stands in the journal.
    drop(call.await.unwrap());
    house
        .until("the end of the plan", |house| {
            let entries = house.broker.activity(ActivityFilter::default()).unwrap().entries;
            let intents = entries.iter().filter(|entry| matches!(&entry.event, JournalEvent::Intent { .. })).count();
            let settled = entries.iter().filter(|entry| matches!(&entry.event, JournalEvent::Settled { .. })).count();
            intents > 0 && settled == intents
        })
        .await;
    let writes = house.times("write");
    assert!(writes < 6, "{writes} writes");
}

#[tokio::test]
async fn what_is_no_step_is_refused_before_anybody_is_asked() {
    let house = House::with_demo().await;
    let agent = house.admitted("claude-code").await;
    let of = |tool: &str, arguments: Value| json!([{"tool": tool, "arguments": arguments}]);
    let cases = [
        (of("odoo_plan", json!({"steps": []})), "cannot be a step"),
        (of("odoo_connect", json!({})), "cannot be a step"),
        (of("odoo_disconnect", json!({"alias": "Demo"})), "cannot be a step"),
        (of("user_connection_delete", json!({"alias": "Demo"})), "cannot be a step"),
        (of("no_such_tool", json!({})), "cannot be a step"),
        (of("odoo_read", json!({"model": "res.partner", "ids": [1], "connection": "Demo"})), "give it once"),
        (of("odoo_read", json!({"model": "res.partner"})), "ids: is required"),
        (json!([write(json!([{"step": 1}]), json!({"phone": "+1"}))]), "does not stand before"),
        (json!([write(json!([2_000_001_000]), json!({"phone": "+1"}))]), "is not a record id"),
        (json!([write(json!([10]), json!({"parent_id": 2_000_001_000}))]), "is not a record id"),
        (json!([]), "at least 1"),
    ];
    for (steps, words) in cases {
        let error = agent.call("odoo_plan", plan(steps.clone())).await.unwrap_err();
        assert!(error.message.contains(words), "{steps}: {}", error.message);
    }
    let closed = of("odoo_write", json!({"model": "res.users", "ids": [2], "values": {"login": "x"}}));
    let error = agent.call("odoo_plan", plan(closed)).await.unwrap_err();
    assert_eq!((error.code, error.rule.as_deref()), (ErrorCode::Denied, Some("(guard)")), "{error:?}");
    assert!(house.approver.cards().is_empty());
}

#[tokio::test]
async fn a_plan_of_many_records_shows_each_step_in_part_and_its_count_is_typed() {
    let house = House::with_demo().await;
    let agent = house.admitted("claude-code").await;
    let found = agent.call("odoo_search_read", json!({"model": "res.partner", "fields": ["name"], "limit": 60}));
    let many = crate::house::ids(&found.await.unwrap());
    let steps = json!([
        create(json!({"name": "First"})),
        write(json!(many), json!({"phone": "+1"})),
        write(json!([10]), json!({"phone": "+2"})),
    ]);
    let call = agent.calling("odoo_plan", plan(steps));
    let card = house.card().await;
    let CardContent::Call(content) = &card.content else { panic!("{card:?}") };
    let shown: Vec<usize> = content.steps.iter().map(|step| step.records.len()).collect();
    assert_eq!(shown, [1, 48, 1]);
    assert_eq!((content.total, content.type_count, content.exportable), (Some(62), Some(62), Some(62)));
    let path = house.approver.export(&card.ticket, &card.digest).unwrap();
    let written = std::fs::read_to_string(path).unwrap();
    assert!(written.contains("1 · First,create,call,name,") && written.contains(",3 · "), "{written}");
    crate::besides::refuse(&house, &card, call).await;
}
