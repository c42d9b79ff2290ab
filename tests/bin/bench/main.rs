//! Measures Gatehouse beside the least that it could be, and beside its peers. Run by `cargo xtask bench`, which builds what
//! it needs:
//!
//! `bench PROGRAMS [--odoo | --asking] [--venv DIR] [--report FILE] [--sim] [--told COMMAND]`, where PROGRAMS holds `plain/` and `e2e/` with app and
//! bridge, and the floors `do_nothing` and `floor-app`.
#![expect(
    clippy::print_stdout,
    clippy::expect_used,
    clippy::panic,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a program for a terminal that stops where it cannot measure"
)]

mod approval;
mod asking;
mod background;
mod direct;
mod gauge;
mod house;
mod machine;
mod memory;
mod odoo;
mod peers;
mod relay;
mod report;
mod rpc;
mod samples;
mod search;
mod starts;

use direct::Direct;
use gatehouse_odoo_sim::{Sim, SimOptions};
use gatehouse_tests::Odoo;
use gatehouse_tests::person::NewConnection;
use gauge::Gauge;
use house::House;
use report::Report;
use search::Search;
use serde_json::json;
use std::path::PathBuf;

/// Connections: for reading without being asked, for the small Odoo, and for writes that are asked about.
const READING: &str = "Reading";
const SMALL: &str = "Small";
const ASKED: &str = "Asked";

/// The command line.
struct Words {
    programs: PathBuf,
    venv: Option<PathBuf>,
    report: Option<PathBuf>,
    sim: bool,
    /// Only the Odoo tools beside the peers'.
    odoo: bool,
    /// Only what asking a person costs.
    asking: bool,
    /// Of these, only some parts; all when none is named.
    parts: Vec<String>,
    /// Of the tasks, only the one of this name.
    only: Option<String>,
    /// How often each read is timed.
    rounds: usize,
    /// In the long journal.
    entries: u64,
    command: String,
}

#[tokio::main]
async fn main() {
    let words = read_words();
    if words.odoo {
        return odoo::measure(words).await;
    }
    if words.asking {
        return asking::measure(words).await;
    }
    let (floor_server, floor_app) = (words.programs.join("do_nothing"), words.programs.join("floor-app"));
    let small = Sim::start(SimOptions::default()).await.expect("odoo-sim starts");
    let odoo = if words.sim { Odoo::of(&small) } else { Odoo::real("admin") };
    let small = Odoo::of(&small);

    say("memory in the background");
    let weight = background::weigh(&words.programs.join("plain"), &floor_app);

    say("the house: connections, and an agent that is admitted");
    let gauge = Gauge::open(direct::host(&odoo.url));
    let gauged = Odoo { url: gauge.url(), ..odoo.clone() };
    let mut connections = vec![
        NewConnection { name: READING, odoo: &odoo, environment: "development" },
        NewConnection { name: ASKED, odoo: &gauged, environment: "production" },
    ];
    if !words.sim {
        connections.push(NewConnection { name: SMALL, odoo: &small, environment: "development" });
    }
    let mut house = House::open(&words.programs.join("e2e"), &connections).await;
    let peers_home = house.stage.tmp().join("peers");
    std::fs::create_dir_all(&peers_home).expect("a home for peers");

    say("starts, in turn");
    let starts = starts::starts(&house, &floor_server);
    let mut peers = words.venv.map(|venv| peers::peers(&venv, &odoo, &peers_home)).unwrap_or_default();

    say("searches: straight, through Gatehouse, through each peer, in turn");
    let search = Search { connection: READING, odoo: &odoo };
    let searched = search.run(&mut house, &mut peers);
    let searched_small = (!words.sim).then(|| Search { connection: SMALL, odoo: &small }.run(&mut house, &mut []));

    say("memory of the bridge");
    let resident = starts::memory(&mut house, &floor_server, &search);
    let bytes = house.bridge().tools_bytes().expect("the bridge lists its tools");

    say("approvals");
    let approved = approval::approvals(&house, &[house::AGENT], approval::CLICKS_PER_AGENT, &odoo, &gauge).await;

    let against = if words.sim { "`odoo-sim`".to_owned() } else { version(&odoo) };
    let command = words.command;
    let report =
        Report { starts, resident, searched, searched_small, bytes, approved, weight, peers, against, command }.text();
    println!("\n{report}");
    if let Some(file) = words.report {
        // What the policy's own benchmark wrote stays.
        let before = std::fs::read_to_string(&file).unwrap_or_default();
        let policy = before.find("<!-- policy:").map_or(String::new(), |at| format!("\n{}", &before[at..]));
        std::fs::write(file, format!("{}\n{policy}", report.trim_end())).expect("the report is written");
    }
}

fn read_words() -> Words {
    let mut words = std::env::args().skip(1);
    let programs = words.next().map(PathBuf::from).expect("started by cargo xtask bench");
    let mut read = Words {
        programs,
        venv: None,
        report: None,
        sim: false,
        odoo: false,
        asking: false,
        parts: Vec::new(),
        only: None,
        rounds: 100,
        entries: 1_000_000,
        command: "cargo xtask bench".to_owned(),
    };
    while let Some(word) = words.next() {
        match (word.as_str(), &mut words) {
            ("--sim", _) => read.sim = true,
            ("--odoo", _) => read.odoo = true,
            ("--asking", _) => read.asking = true,
            ("--entries", rest) => {
                read.entries = rest.next().and_then(|entries| entries.parse().ok()).expect("a number");
            }
            ("--part", rest) => read.parts.extend(rest.next()),
            ("--only", rest) => read.only = rest.next(),
            ("--rounds", rest) => read.rounds = rest.next().and_then(|rounds| rounds.parse().ok()).expect("a number"),
            ("--venv", rest) => read.venv = rest.next().map(PathBuf::from),
            ("--report", rest) => read.report = rest.next().map(PathBuf::from),
            ("--told", rest) => read.command = rest.next().unwrap_or_default(),
            _ => panic!("bench does not know {word}"),
        }
    }
    read
}

fn version(odoo: &Odoo) -> String {
    let base = json!({ "domain": [["name", "=", "base"]], "fields": ["latest_version"] });
    let told = Direct::new(odoo).call("ir.module.module", "search_read", &base).1;
    format!("Odoo {}", told[0]["latest_version"].as_str().unwrap_or("of an unknown version"))
}

fn met(is_so: bool) -> &'static str {
    if is_so { "yes" } else { "**no**" }
}

fn say(text: &str) {
    println!("── {text}");
}
