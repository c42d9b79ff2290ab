//! `docs/agent-tasks.md`: the tasks for people to read.

use super::data::{OURS, Solution, tasks};
use crate::odoo::field::PEERS;
use std::fmt::Write as _;
use std::path::Path;

const HEAD: &str = "# Twenty tasks for an agent

Written by `cargo xtask bench odoo` from `tests/bin/bench/odoo/tasks/*.json`, which runs them against Odoo 19 with its demo data
and checks in Odoo itself that each is done; what they cost stands in [benchmarks.md](benchmarks.md).

Every sequence is the shortest that we found for that server and that is correct, knowing only the names of models and of common
fields: an id has to be found first, by everyone alike. `{1/records/0/id}` is taken from the first answer, `{today}` and names
such as `{order}` from what was prepared. Every peer may write by its own switches; Gatehouse works on a development connection,
which does not ask. An administrator's key is used, since some peers need one.
";

/// Writes it.
pub(crate) fn write(file: &Path) {
    let mut text = HEAD.to_owned();
    for (index, task) in tasks().iter().enumerate() {
        let _infallible = write!(text, "\n## {}. {}\n\nDone when {}\n\n", index + 1, task.question, task.done);
        for server in [OURS].into_iter().chain(PEERS) {
            let title = if server == OURS { "Gatehouse" } else { server };
            match task.solutions.get(server) {
                Some(Solution::Calls(calls)) => {
                    let _infallible = writeln!(text, "- **{title}**");
                    for call in calls {
                        let _infallible = writeln!(text, "  - `{} {}`", call.tool, call.arguments);
                    }
                }
                Some(Solution::Cannot(why)) => {
                    let _infallible = writeln!(text, "- **{title}** cannot: {why}");
                }
                None => {}
            }
        }
    }
    std::fs::write(file, text).expect("the document is written");
}
