//! The section of `docs/benchmarks.md`.

use super::export::Export;
use super::far::Far;
use super::sizes::{Size, Smallest};
use super::speed::Speed;
use super::tasks::{Cost, Solved};
use super::trips::Trips;
use crate::met;
use crate::samples::Samples;
use std::fmt::Write as _;

pub(super) const BEGIN: &str = "<!-- odoo: written by `cargo xtask bench odoo` -->";
pub(super) const END: &str = "<!-- end of odoo -->";

/// All that was measured; what was left out is empty.
#[derive(Default)]
pub(super) struct Section {
    /// When, where, with what.
    pub(super) head: String,
    /// The peers with their versions.
    pub(super) peers: Vec<String>,
    pub(super) speed: Vec<Speed>,
    pub(super) floor: Vec<Speed>,
    /// What a call of a server that does nothing takes, in milliseconds.
    pub(super) nothing: Option<Samples>,
    pub(super) trips: Vec<Trips>,
    pub(super) sizes: Vec<Size>,
    pub(super) far: Option<Far>,
    pub(super) tasks: Vec<Solved>,
    pub(super) export: Option<Export>,
}

/// A line of the table of goals.
struct Goal {
    figure: String,
    wanted: &'static str,
    here: String,
    measured: String,
    verdict: &'static str,
}

impl Section {
    pub(super) fn text(&self) -> String {
        let mut text = format!("## The Odoo tools\n\n{}\n", self.head);
        text.push_str("| figure | goal | here | measured | met |\n| --- | --- | --- | --- | --- |\n");
        for goal in self.goals() {
            let Goal { figure, wanted, here, measured, verdict } = goal;
            let _infallible = writeln!(text, "| {figure} | {wanted} | {here} | {measured} | {verdict} |");
        }
        text.push_str(&self.speeds());
        text.push_str(&self.all_trips());
        text.push_str(&self.all_sizes());
        text.push_str(&self.distance());
        text.push_str(&self.all_tasks());
        text.push_str(HOW);
        text
    }

    fn goals(&self) -> Vec<Goal> {
        let mut goals = Vec::new();
        for speed in self.speed.iter().filter(|speed| speed.trouble.is_none()) {
            let ratio = speed.ours.median() / speed.straight.median();
            let fastest = least(speed.peers.iter().flatten().map(Samples::median));
            goals.push(Goal {
                figure: format!("`{}`: p50 through bridge and app ÷ straight", speed.name),
                wanted: "≤ 1.05, below every peer",
                here: format!("{ratio:.2}"),
                measured: format!("{} ÷ {} ms", speed.ours, speed.straight),
                verdict: if speed.straight.is_disturbed() {
                    "not judged"
                } else {
                    met(ratio <= 1.05 && fastest.is_none_or(|fastest| speed.ours.median() < fastest))
                },
            });
        }
        for (figure, is_read) in [("round trips of a read, warm", true), ("round trips of a change, warm", false)] {
            let counts = self.trips.iter().filter(|trips| trips.is_read == is_read);
            let counts: Vec<usize> = counts.filter_map(|trips| Some(trips.requests.as_ref().ok()?.len())).collect();
            if let Some(most) = counts.iter().max() {
                goals.push(Goal {
                    figure: figure.to_owned(),
                    wanted: "1",
                    here: format!("{most}"),
                    measured: format!("at most, of {} kinds of calls", counts.len()),
                    verdict: met(*most <= 1),
                });
            }
        }
        for size in &self.sizes {
            let best = least(size.peers.iter().flatten().map(|peer| peer.bytes as f64));
            if let (Ok(ours), Some(best)) = (&size.ours, best) {
                let part = 100.0 * ours.bytes as f64 / best;
                goals.push(Goal {
                    figure: format!("bytes ÷ 4 of {}", size.what),
                    wanted: "≤ 50 % of the best peer's",
                    here: format!("{part:.0} %"),
                    measured: format!("{} ÷ {:.0}", ours.bytes / 4, best / 4.0),
                    verdict: met(part <= 50.0),
                });
            }
        }
        if let Some(Far { straight, ours, .. }) = &self.far {
            let ratio = ours.median() / straight.median();
            goals.push(Goal {
                figure: "an Odoo 50 ms away: a search ÷ one round trip".to_owned(),
                wanted: "≤ 1.1",
                here: format!("{ratio:.2}"),
                measured: format!("{ours} ÷ {straight} ms"),
                verdict: met(ratio <= 1.1),
            });
        }
        if !self.tasks.is_empty() {
            let won = self.tasks.iter().filter(|task| task.is_won()).count();
            goals.push(Goal {
                figure: "tasks of [agent-tasks.md](agent-tasks.md) with not more calls and fewer bytes than every peer"
                    .to_owned(),
                wanted: "≥ 18 of 20",
                here: format!("{won}"),
                measured: format!("of {}", self.tasks.len()),
                verdict: met(won >= 18),
            });
        }
        if let Some(export) = &self.export {
            let (settled, end, most) = export.memory;
            let is_flat = most - settled <= 8.0;
            let trouble = export.trouble.as_ref().map_or(String::new(), |why| format!("; it stopped: {why}"));
            goals.push(Goal {
                figure: format!("{} records exported by pages while others are added", export.there),
                wanted: "none missing, none double, memory flat",
                here: format!("{} missing, {} double", export.missing, export.doubled),
                measured: format!(
                    "{} rows in {} pages and {:.0} s, {} added meanwhile; the app {settled:.1} MB after ten pages, {end:.1} at \
                     the end, {most:.1} at most{trouble}",
                    export.rows,
                    export.pages,
                    export.took.as_secs_f64(),
                    export.added
                ),
                verdict: met(export.missing + export.doubled == 0 && is_flat && export.trouble.is_none()),
            });
        }
        goals
    }

    /// A table's first lines: Gatehouse and the peers as columns after `first`.
    fn columns(&self, first: &[&str]) -> String {
        let names: Vec<&str> = first.iter().copied().chain(self.peers.iter().map(String::as_str)).collect();
        format!("| {} |\n|{}\n", names.join(" | "), " --- |".repeat(names.len()))
    }

    fn speeds(&self) -> String {
        if self.speed.is_empty() {
            return String::new();
        }
        let mut text = "\n### Time, ms\n\n".to_owned();
        text.push_str(&self.columns(&["read", "straight", "Gatehouse"]));
        for Speed { name, straight, ours, peers, trouble, .. } in &self.speed {
            if let Some(why) = trouble {
                let _infallible = writeln!(text, "| {name} | – | failed: {why} |");
                continue;
            }
            let peers = cells(peers, |samples| format!("{samples} ({:.2})", samples.median() / straight.median()));
            let ratio = ours.median() / straight.median();
            let _infallible = writeln!(text, "| {name} | {straight} | {ours} ({ratio:.2}) |{peers}");
        }
        if let Some(nothing) = &self.nothing {
            let _infallible = writeln!(
                text,
                "\nBetween two requests to this Odoo, a call of an MCP server that does nothing takes {nothing} ms: every server \
                 adds that much, and Gatehouse has a second process on the way, since the first holds no secret."
            );
        }
        let floor = self
            .floor
            .iter()
            .filter(|speed| speed.trouble.is_none())
            .map(|speed| format!("{} {:.2} ms", speed.name, speed.more.median()));
        let floor: Vec<String> = floor.collect();
        if !floor.is_empty() {
            let _infallible = writeln!(
                text,
                "\nAgainst `odoo-sim`, which answers from memory on a line that stays open, Gatehouse itself costs: {}.",
                floor.join(", ")
            );
        }
        text
    }

    fn all_trips(&self) -> String {
        if self.trips.is_empty() {
            return String::new();
        }
        let mut text = "\n### Requests to Odoo for one call, warm\n\n".to_owned();
        for Trips { what, requests, .. } in &self.trips {
            let _infallible = match requests {
                Ok(requests) if requests.len() <= 1 => writeln!(text, "- {what}: {}", requests.len()),
                Ok(requests) => {
                    let short = |path: &String| path.trim_start_matches("/json/2/").replace('/', ".");
                    let paths: Vec<String> = requests.iter().map(short).collect();
                    writeln!(text, "- {what}: {} (`{}`)", requests.len(), paths.join("`, `"))
                }
                Err(why) => writeln!(text, "- {what}: failed: {why}"),
            };
        }
        text
    }

    fn all_sizes(&self) -> String {
        if self.sizes.is_empty() {
            return String::new();
        }
        let mut text = "\n### Bytes of answers\n\n".to_owned();
        text.push_str(&self.columns(&["answer", "Gatehouse"]));
        let one = |size: &Smallest| format!("{} ({})", size.bytes, size.how);
        for Size { what, ours, peers } in &self.sizes {
            let ours = ours.as_ref().map_or_else(|why| format!("failed: {why}"), one);
            let _infallible = writeln!(text, "| {what} | {ours} |{}", cells(peers, one));
        }
        text
    }

    fn distance(&self) -> String {
        let Some(Far { straight, ours, peers }) = &self.far else { return String::new() };
        let mut text = "\n### A search in an Odoo that is 50 ms away, ms\n\n".to_owned();
        text.push_str(&self.columns(&["straight", "Gatehouse"]));
        let ratio = |samples: &Samples| format!("{samples} ({:.2})", samples.median() / straight.median());
        let _infallible = writeln!(text, "| {straight} | {} |{}", ratio(ours), cells(peers, ratio));
        text
    }

    fn all_tasks(&self) -> String {
        if self.tasks.is_empty() {
            return String::new();
        }
        let mut text = "\n### Tasks: bytes in calls\n\n".to_owned();
        text.push_str(&self.columns(&["task", "Gatehouse"]));
        let one = |cost: &Cost| format!("{} in {}", cost.bytes, cost.calls);
        for task in &self.tasks {
            let ours = task.ours.as_ref().map_or_else(|why| format!("failed: {why}"), one);
            let ours = if task.is_won() { ours } else { format!("**{ours}**") };
            let _infallible = writeln!(text, "| {} | {ours} |{}", task.question, cells(&task.peers, one));
        }
        text
    }
}

/// The rest of a row, with a short word where there is no figure.
fn cells<T>(peers: &[Result<T, String>], one: impl Fn(&T) -> String) -> String {
    let cell = |peer: &Result<T, String>| format!(" {} |", peer.as_ref().map_or_else(|why| format!("– ({why})"), &one));
    peers.iter().map(cell).collect()
}

fn least(values: impl Iterator<Item = f64>) -> Option<f64> {
    values.filter(|value| value.is_finite()).min_by(f64::total_cmp)
}

const HOW: &str = "
### How the Odoo tools are measured

- **Time**: each read straight over JSON-2, through Gatehouse, and through each peer, in turn, by an administrator's key. What is
  in brackets after a time is its ratio to the straight one. A peer gets the call that is fastest for it: `odoo-mcp` reads many
  records and counts by `execute_method`. Gatehouse answers `fields` from what it keeps, and so do peers that keep something.
- **Requests** are counted by a relay in front of Odoo, in the third call of the same kind.
- **Bytes**: the text of the answers only; what a peer repeats in `structuredContent` does not count. Each server is asked in every
  way that might be the smallest, and the smallest answer that holds everything counts.
- **Far**: a relay holds each request back by 25 ms and each answer by 25 ms, and a new connection by 50 ms. It keeps the client's
  side open, as a proxy in front of a busy Odoo does. The straight request goes through the same relay on an open line.
- **Tasks**: arguments and answers of the shortest correct sequence, really run and checked in Odoo itself. A task is won when
  Gatehouse needs not more calls and fewer bytes than every peer that can do it; a bold cell is not.
- **Export**: `odoo_search_read` with its cursor over `odoo-sim`, 500 rows a page, while another client adds a contact every
  20 ms, whose names lie before and after the place that was reached.
";
