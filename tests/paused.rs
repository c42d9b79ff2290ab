//! A person pauses everything while the intent of a call is on its way to the disk: what was not sent yet is not sent.

use gatehouse_tests::Office;
use serde_json::{Value, json};

/// A creation: a write would look once more by itself before each record.
fn creation() -> Value {
    json!({ "connection": "Acme", "model": "res.partner", "values": { "name": "Never made" } })
}

/// The call comes to the point, and the person pauses. Gives the office, where nothing was made.
async fn paused_at(point: &str, tool: &str, arguments: Value) -> Office {
    let mut office = Office::open().await;
    let mut bridge = office.admitted("claude-code").await;
    let made = office.times("create");
    office.house.tell(json!({ "do": "arm", "point": point })).await;
    let call = bridge.begin(tool, arguments).await;
    office.house.please("approve").await;
    office.house.reached().await;
    office.house.please("pause").await;
    office.house.please("release").await;
    let answer = bridge.finish(call).await;
    assert_eq!(office.times("create"), made, "{answer:?}");
    assert_eq!(answer.error()["error"]["code"], "paused");
    office
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_whose_intent_was_being_written_is_not_sent() {
    let mut office = paused_at("intent_durable", "odoo_create", creation()).await;
    assert_eq!(office.spent().await, 0, "what was never sent costs nothing");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plan_s_step_whose_intent_was_being_written_is_not_sent() {
    let mut step = creation();
    let connection = step.as_object_mut().and_then(|fields| fields.remove("connection"));
    let plan = json!({ "connection": connection, "steps": [{ "tool": "odoo_create", "arguments": step }] });
    paused_at("step_durable", "odoo_plan", plan).await;
}
