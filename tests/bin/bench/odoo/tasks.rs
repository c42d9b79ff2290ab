//! Twenty tasks of people who work with Odoo, each solved by every server with the shortest correct sequence of its calls, and
//! checked in Odoo itself. The tasks are data: `tasks/*.json`.

mod data;
mod document;
mod values;

use super::field::{Field, asked};
use crate::direct::Direct;
use crate::house::House;
use crate::rpc::Told;
use data::{Call, Solution, Step, Task};
use gatehouse_tests::Odoo;
use serde_json::{Map, Value, json};
use values::{Haystack, fill, pick};

pub(super) use document::write as write_document;

/// What a server needed for a task.
pub(super) struct Cost {
    pub(super) calls: usize,
    /// Of arguments and answers.
    pub(super) bytes: usize,
}

/// A task, and what came of it.
pub(super) struct Solved {
    pub(super) question: String,
    pub(super) ours: Result<Cost, String>,
    /// In the order of the field.
    pub(super) peers: Vec<Result<Cost, String>>,
}

impl Solved {
    /// Not more calls and fewer bytes than every peer that can do it at all.
    pub(super) fn is_won(&self) -> bool {
        let Ok(ours) = &self.ours else { return false };
        self.peers.iter().flatten().all(|peer| ours.calls <= peer.calls && ours.bytes < peer.bytes)
    }
}

/// Every task by every server, or only the one that is named.
pub(super) fn run(
    house: &mut House,
    connection: &str,
    odoo: &Odoo,
    peers: &mut Field,
    only: Option<&str>,
) -> Vec<Solved> {
    let mut line = Direct::new(odoo);
    let mut bridge = house.pinned(connection);
    let mut found = Vec::new();
    for task in data::tasks().into_iter().filter(|task| only.is_none_or(|only| task.name == only)) {
        let ours = solve(&task, data::OURS, &mut line, |tool, arguments| {
            house.before_read(connection);
            asked(&mut bridge, tool, arguments)
        });
        let theirs: Vec<_> = peers
            .each()
            .map(|peer| solve(&task, peer.name, &mut line, |tool, arguments| peer.call(tool, arguments)))
            .collect();
        let tell = |cost: &Result<Cost, String>| match cost {
            Ok(cost) => format!("{} in {}", cost.bytes, cost.calls),
            Err(why) => why.clone(),
        };
        println!("   {}: {} | {}", task.name, tell(&ours), theirs.iter().map(tell).collect::<Vec<_>>().join(" | "));
        found.push(Solved { question: task.question, ours, peers: theirs });
    }
    found
}

/// Prepares, runs the calls, checks, and puts back. The error says why it is not solved.
fn solve(
    task: &Task,
    server: &str,
    line: &mut Direct,
    ask: impl FnMut(&str, &Value) -> Result<Told, String>,
) -> Result<Cost, String> {
    let calls = match task.solutions.get(server) {
        Some(Solution::Calls(calls)) => calls,
        Some(Solution::Cannot(why)) => return Err(why.clone()),
        None => return Err("no way is known".to_owned()),
    };
    let mut known = values::today();
    let outcome = steps(&task.prepare, &mut known, line)
        .map_err(|why| format!("not prepared: {why}"))
        .and_then(|()| attempt(task, calls, &mut known, line, ask));
    if let Err(why) = steps(&task.reset, &mut known, line)
        && std::env::var_os("BENCH_RESETS").is_some()
    {
        println!("   {}, {server}: not put back: {why}", task.name);
    }
    outcome
}

fn attempt(
    task: &Task,
    calls: &[Call],
    known: &mut Map<String, Value>,
    line: &mut Direct,
    mut ask: impl FnMut(&str, &Value) -> Result<Told, String>,
) -> Result<Cost, String> {
    let mut cost = Cost { calls: calls.len(), bytes: 0 };
    let mut answers = Haystack::default();
    for (index, call) in calls.iter().enumerate() {
        let arguments = fill(&call.arguments, known)?;
        let told = ask(&call.tool, &arguments).map_err(|why| format!("{}: {why}", call.tool))?;
        if std::env::var("BENCH_TASK").is_ok_and(|name| name == task.name || name == "all") {
            println!("   {} {arguments}\n   → {} {:?}", call.tool, told.bytes, told.outcome);
        }
        cost.bytes += arguments.to_string().len() + told.bytes;
        let text = told.outcome?;
        let answer = serde_json::from_str(&text).unwrap_or_else(|_| Value::String(text.clone()));
        answers.add(&text, &answer);
        known.insert((index + 1).to_string(), answer);
    }
    for fact in &task.facts {
        for value in facts(fact, known, line)? {
            if !answers.hold(&value) {
                return Err(format!("the answers do not say {value}"));
            }
        }
    }
    for fact in &task.absent {
        for value in facts(fact, known, line)? {
            if answers.hold(&value) {
                return Err(format!("the answers say {value}, which is wrong"));
            }
        }
    }
    for check in &task.after {
        let found = facts(check, known, line)?;
        let wanted = fill(&check.equals, known)?;
        if Value::Array(found.clone()) != json!([wanted]) && Value::Array(found.clone()) != wanted {
            return Err(format!("afterwards {}.{} says {found:?}, not {wanted}", check.model, check.method));
        }
    }
    Ok(cost)
}

/// The values that Odoo itself gives.
fn facts(step: &Step, known: &Map<String, Value>, line: &mut Direct) -> Result<Vec<Value>, String> {
    if step.model.is_empty() {
        return Ok(vec![fill(&step.equals, known)?]);
    }
    let answer = line.ask(&step.model, &step.method, &fill(&step.arguments, known)?).1?;
    let found = pick(&answer, &step.pick);
    if found.is_empty() {
        Err(format!("{}.{} tells nothing at {}", step.model, step.method, step.pick))
    } else {
        Ok(found)
    }
}

/// Asks Odoo one thing after the other, and keeps what is to be kept.
fn steps(steps: &[Step], known: &mut Map<String, Value>, line: &mut Direct) -> Result<(), String> {
    let mut trouble = Ok(());
    for step in steps {
        let answer = match fill(&step.arguments, known)
            .and_then(|arguments| line.ask(&step.model, &step.method, &arguments).1)
        {
            Ok(answer) => answer,
            Err(why) => {
                trouble = Err(format!("{}.{}: {why}", step.model, step.method));
                continue;
            }
        };
        if let Some(name) = &step.keep {
            let mut found = pick(&answer, &step.pick);
            let value = if step.pick.contains('*') { Value::Array(found) } else { found.pop().unwrap_or(Value::Null) };
            known.insert(name.clone(), value);
        }
    }
    trouble
}
