//! Asking a person: from the click to the agent two hundred times, what a preview asks of Odoo, the window before a thousand
//! questions, and a journal of a million entries. One run, one section of `docs/benchmarks.md`.

mod journal;
mod preview;
mod queue;

use crate::approval::{self, Approved};
use crate::gauge::Gauge;
use crate::house::House;
use crate::samples::Samples;
use crate::{ASKED, Words, direct, machine, met, report, say, version};
use gatehouse_odoo_sim::{Sim, SimOptions};
use gatehouse_tests::Odoo;
use gatehouse_tests::person::NewConnection;
use journal::Figures;
use queue::Opened;
use std::fmt::Write as _;

const BEGIN: &str = "<!-- asking: written by `cargo xtask bench asking` -->";
const END: &str = "<!-- end of asking -->";
const CLICKS: usize = 200;

const HOW: &str = "
### How asking is measured

- **Click → agent**: as *Approve* above, by several agents in turn, since one may ask a person twenty times an hour. The
  pointer rests on the button for 300 ms and holds it down for 80 ms, as a hand does; the click is when it comes up.
- **Window**: from the command that “Review what waits” sends to the moment when WebDriver finds the verdicts of a card; the
  window is closed in between and made anew. The thousand questions are those of 200 agents, five each: more one may not
  have open. Each bridge leaves when its questions are there; they stay.
- **Journal**: the store alone (`crates/store/examples/figures.rs`), entries and encrypted payloads as the app writes them, of five agents, four
  connections, five tools and three decisions. Each list is asked for 51 rows, the newest and those from the middle, in
  turn with the short journal; the page that was slower counts.
- **Verify**: the bare hash goes over the same events and payloads in memory, with the same algorithm, domain separation and chain. With
  the indexes means SQLite's own check that every index says what its entries say, which runs beside it on a thread of its own.
";

/// Measures all of it; or, to look into them, only the clicks: then against `odoo-sim` where that is wanted, and nothing is
/// written.
pub(crate) async fn measure(words: Words) {
    if words.parts == ["clicks"] {
        let sim = Sim::start(SimOptions::default()).await.expect("odoo-sim starts");
        let odoo = if words.sim { Odoo::of(&sim) } else { Odoo::real("admin") };
        let (previewed, approved) = clicks(&words, &odoo, words.rounds).await;
        let Approved { whole, odoo, rest, before, amid, after, .. } = approved;
        println!("the preview of {} records: {previewed} requests", preview::RECORDS);
        println!("{rest} ms, p99 {:.1}: {before}, {amid}, {after}; in all {whole}, Odoo {odoo}", rest.quantile(0.99));
        return;
    }
    say("a journal of a million entries, and one of a thousand");
    let figures = journal::figures(&words.programs.join("figures"), words.entries);

    say("the window before one question, and before a thousand");
    let opened = queue::measure(&words.programs).await;

    let odoo = Odoo::real("admin");
    let (previewed, approved) = clicks(&words, &odoo, CLICKS).await;

    let head = machine::told(&version(&odoo), &words.command);
    let text = text(&head, previewed, &approved, &opened, &figures);
    println!("\n{text}");
    if let Some(file) = words.report {
        report::put(&file, BEGIN, END, &text);
    }
}

/// The requests of a preview, and the clicks.
async fn clicks(words: &Words, odoo: &Odoo, clicks: usize) -> (usize, Approved) {
    say("the house: a connection, and agents that are admitted");
    let gauge = Gauge::open(direct::host(&odoo.url));
    let gauged = Odoo { url: gauge.url(), ..odoo.clone() };
    let connections = [NewConnection { name: ASKED, odoo: &gauged, environment: "production" }];
    let agents: Vec<String> =
        (0..clicks.div_ceil(approval::CLICKS_PER_AGENT)).map(|number| format!("bench-{number}")).collect();
    let agents: Vec<&str> = agents.iter().map(String::as_str).collect();
    let admitted: Vec<&str> = agents.iter().copied().chain([preview::AGENT]).collect();
    let house = House::with_agents(&words.programs.join("e2e"), &connections, &admitted).await;
    say("a preview of a hundred records");
    let previewed = preview::requests(&house, odoo, &gauge).await;
    say("approvals");
    (previewed, approval::approvals(&house, &agents, clicks, odoo, &gauge).await)
}

fn text(head: &str, previewed: usize, approved: &Approved, opened: &Opened, figures: &Figures) -> String {
    let mut text = format!("## Asking a person\n\n{head}\n");
    text.push_str("| figure | goal | here | measured | met |\n| --- | --- | --- | --- | --- |\n");
    let mut line = |figure: &str, goal: &str, here: String, measured: String, is_met: bool| {
        let verdict = met(is_met);
        let _infallible = writeln!(text, "| {figure} | {goal} | {here} | {measured} | {verdict} |");
    };
    let Approved { whole, odoo, rest, before, amid, after, requests } = approved;
    let p99 = rest.quantile(0.99);
    line(
        "click on Approve → result at the agent, less Odoo's own time, p99",
        "≤ 15 ms",
        format!("{p99:.1} ms"),
        format!(
            "{rest} ms, p95 {:.1}: {before} up to Odoo's first request, {amid} between, {after} after the last; in all {whole}, \
             Odoo {odoo} with {:.0} requests; {} clicks",
            rest.quantile(0.95),
            requests.median(),
            whole.count()
        ),
        p99 <= 15.0,
    );
    line(
        &format!("requests to Odoo for the preview of a write to {} records", preview::RECORDS),
        "≤ 3",
        previewed.to_string(),
        "from the call until its card stands there, the model being known".to_owned(),
        previewed <= 3,
    );
    let ratio = opened.many.median() / opened.one.median();
    line(
        &format!("the window opens before {} questions ÷ before one", opened.questions),
        "≤ 2",
        format!("{ratio:.2}"),
        format!("{} ÷ {} ms", opened.many, opened.one),
        ratio <= 2.0,
    );
    let (page, filters) = figures.lists.split_first().expect("the page comes first");
    let entries = thousands(figures.entries);
    let ratio = page.ratio();
    line(
        &format!("a page of the journal of {entries} entries ÷ of 1,000"),
        "≤ 1.5",
        format!("{ratio:.2}"),
        format!("{} ÷ {} ms", page.long(), page.short()),
        ratio <= 1.5,
    );
    for list in filters.iter().filter(|list| !list.is_of_two()) {
        let ratio = list.ratio();
        line(
            &format!("the same of one {}", list.name),
            "≤ 3",
            format!("{ratio:.2}"),
            format!("{} ÷ {} ms", list.long(), list.short()),
            ratio <= 3.0,
        );
    }
    let (hash, chain) = (&figures.hash, &figures.chain);
    let ratio = chain.median() / hash.median();
    line(
        &format!("verify, chain and payloads of {entries} entries ÷ the bare hash"),
        "≤ 3",
        format!("{ratio:.2}"),
        format!("{chain} ÷ {hash} ms, {:.0} MB", figures.bytes / 1e6),
        ratio <= 3.0,
    );
    text.push_str("\nBesides, without a goal:\n\n");
    let mut aside = |words: String| {
        let _infallible = writeln!(text, "- {words}");
    };
    for list in filters.iter().filter(|list| list.is_of_two()) {
        aside(format!(
            "Two filters at once, {}, with {} rows: {} ms in the long journal, {} in the short one with {}.",
            list.name,
            list.rows.1,
            list.long(),
            list.short(),
            list.rows.0
        ));
    }
    aside(format!("Verify with the indexes, as the Activity page does it: {} ms.", figures.verify));
    aside(format!(
        "An entry is appended in {:.0} µs; the database of {entries} entries takes {:.0} MB.",
        figures.append,
        figures.file / 1e6
    ));
    aside(format!(
        "A start of the app looks for what a crash cut off among all entries since the start before; were that all {entries}: {:.0} ms.",
        figures.start
    ));
    text.push_str(HOW);
    text
}

fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let groups: Vec<&str> =
        digits.as_bytes().rchunks(3).rev().filter_map(|group| std::str::from_utf8(group).ok()).collect();
    groups.join(",")
}

/// Times of one list, milliseconds.
impl journal::List {
    fn is_of_two(&self) -> bool {
        self.name.contains(" and ")
    }

    /// Of the page where the long journal does worse.
    fn ratio(&self) -> f64 {
        self.ratio_at(self.worse())
    }

    fn long(&self) -> &Samples {
        &self.long[self.worse()]
    }

    fn short(&self) -> &Samples {
        &self.short[self.worse()]
    }

    fn worse(&self) -> usize {
        usize::from(self.ratio_at(1) > self.ratio_at(0))
    }

    fn ratio_at(&self, page: usize) -> f64 {
        self.long[page].median() / self.short[page].median()
    }
}
