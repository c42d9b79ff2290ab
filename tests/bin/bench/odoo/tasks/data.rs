//! The tasks as they are written down.

use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// Gatehouse's name among the solutions.
pub(super) const OURS: &str = "gatehouse";

/// One task.
pub(super) struct Task {
    /// Short, for the command line.
    pub(super) name: String,
    /// As a person would put it.
    pub(super) question: String,
    /// When it counts as done, in words.
    pub(super) done: String,
    /// Asked of Odoo before each server's turn, and after it.
    pub(super) prepare: Vec<Step>,
    pub(super) reset: Vec<Step>,
    /// By server.
    pub(super) solutions: BTreeMap<String, Solution>,
    /// What the answers must hold, and what they must not.
    pub(super) facts: Vec<Step>,
    pub(super) absent: Vec<Step>,
    /// What Odoo must say afterwards.
    pub(super) after: Vec<Step>,
}

/// The shortest calls, or why there are none.
pub(super) enum Solution {
    Calls(Vec<Call>),
    Cannot(String),
}

/// One call of a tool.
pub(super) struct Call {
    pub(super) tool: String,
    pub(super) arguments: Value,
}

/// One request to Odoo itself.
pub(super) struct Step {
    pub(super) model: String,
    pub(super) method: String,
    pub(super) arguments: Value,
    /// Where in the answer it is looked.
    pub(super) pick: String,
    /// Under which name what is found there is known from now on.
    pub(super) keep: Option<String>,
    /// What should be there; or, without a model, the value itself.
    pub(super) equals: Value,
}

/// All of them, in their order.
pub(super) fn tasks() -> Vec<Task> {
    let files = [
        include_str!("sales.json"),
        include_str!("contacts.json"),
        include_str!("crm.json"),
        include_str!("documents.json"),
    ];
    let read = |text: &str| -> Vec<Value> { serde_json::from_str(text).expect("the tasks read") };
    files.into_iter().flat_map(read).map(|task| self::task(&task)).collect()
}

fn task(value: &Value) -> Task {
    let steps = |name: &str| value[name].as_array().into_iter().flatten().map(step).collect();
    let solutions = value["solutions"].as_object().into_iter().flatten();
    Task {
        name: text(value, "name"),
        question: text(value, "question"),
        done: text(value, "done"),
        prepare: steps("prepare"),
        reset: steps("reset"),
        solutions: solutions.map(|(server, calls)| (server.clone(), solution(calls))).collect(),
        facts: steps("facts"),
        absent: steps("absent"),
        after: steps("after"),
    }
}

fn solution(value: &Value) -> Solution {
    match value {
        Value::Array(calls) => {
            // A call is written as [tool, arguments].
            let call = |call: &Value| Call {
                tool: call[0].as_str().expect("a call names its tool").to_owned(),
                arguments: call[1].clone(),
            };
            Solution::Calls(calls.iter().map(call).collect())
        }
        other => Solution::Cannot(other.as_str().unwrap_or("it cannot").to_owned()),
    }
}

fn step(value: &Value) -> Step {
    // A request is written as [model, method, arguments].
    let ask = &value["ask"];
    Step {
        model: ask[0].as_str().unwrap_or_default().to_owned(),
        method: ask[1].as_str().unwrap_or_default().to_owned(),
        arguments: ask.get(2).cloned().unwrap_or_else(|| Value::Object(Map::new())),
        pick: text(value, "pick"),
        keep: value["keep"].as_str().map(str::to_owned),
        equals: value["equals"].clone(),
    }
}

fn text(value: &Value, name: &str) -> String {
    value[name].as_str().unwrap_or_default().to_owned()
}
