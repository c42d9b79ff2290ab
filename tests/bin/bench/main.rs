//! Measures Gatehouse beside the least that it could be, and beside its peers. Run by `cargo xtask bench`:
//!
//! `bench PLAIN E2E FLOOR-SERVER FLOOR-APP VENV|- REPORT|- [--sim]`
#![expect(
    clippy::print_stdout,
    clippy::expect_used,
    clippy::panic,
    clippy::cast_precision_loss,
    reason = "a program for a terminal that stops where it cannot measure"
)]

mod report;
mod rpc;

use gatehouse_odoo_sim::{Sim, SimOptions};
use gatehouse_tests::person::NewConnection;
use gatehouse_tests::stage::Screen;
use gatehouse_tests::window::Which;
use gatehouse_tests::{Bridge, Odoo, Stage, Windows, eventually};
use report::{Figure, Peer, Report};
use rpc::{Direct, Server, kilobytes};
use serde_json::{Value, json};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

const STARTS: usize = 30;
const PEER_STARTS: usize = 5;
const SEARCHES: usize = 200;
const APPROVALS: usize = 12;

#[tokio::main]
async fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [plain, e2e, floor_server, floor_app, venv, report, rest @ ..] = words.as_slice() else {
        panic!("started by cargo xtask bench");
    };
    let sim = if rest.iter().any(|word| word == "--sim") {
        Some(Sim::start(SimOptions::default()).await.expect("odoo-sim starts"))
    } else {
        None
    };
    let odoo = sim.as_ref().map_or_else(|| Odoo::real("admin"), of);

    let mut stage = Stage::set_with(Screen::default(), Path::new(e2e));
    let bridge_program = stage.program("gatehouse-mcp");
    let profile = stage.profile();
    stage.start_app(&["--background"]);
    eventually("the app", || async { stage.app_runs().then_some(()) }).await;
    let start_bridge = || {
        let mut command = Command::new(&bridge_program);
        command.args(["--agent", "bench", "--profile"]).arg(&profile).env_clear().envs(stage.client_environment());
        Server::start(&mut command)
    };
    let start_floor = || Server::start(Command::new(floor_server).env_clear());

    say("starting bridge and floor, in turn");
    let (mut ours, mut floor) = (Vec::new(), Vec::new());
    for _ in 0..STARTS {
        ours.push(start_bridge().ready_after);
        floor.push(start_floor().ready_after);
    }
    let started = Figure::ratio(
        "bridge: spawn → `initialize` answered ÷ do-nothing rmcp server",
        1.5,
        ms(&ours),
        ms(&floor),
        "ms",
    );

    say("admitting the agent");
    admit(&stage, &odoo).await;

    say("searching: straight, through Gatehouse, through each peer, in turn");
    let search = json!({ "model": "res.partner", "domain": [], "fields": ["name"], "limit": 10 });
    let straight = json!({ "domain": [], "fields": ["name"], "limit": 11 });
    let mut direct = Direct::open(&odoo.url, &odoo.database, &odoo.key);
    let mut bridge = start_bridge();
    let tools = bridge.tools_bytes();
    let mut peers = peers(venv, &odoo);
    let (mut ours, mut floor) = (Vec::new(), Vec::new());
    for round in 0..SEARCHES {
        floor.push(direct.call("res.partner", "search_read", &straight).0);
        let (took, worked) = bridge.call("odoo_search_read", &search);
        assert!(worked, "odoo_search_read failed in round {round}");
        ours.push(took);
        for peer in peers.iter_mut().filter(|_| round < SEARCHES / 4) {
            peer.search(&search);
        }
    }
    let searched = Figure::ratio(
        "`odoo_search_read` p50 through bridge and app ÷ direct request",
        1.10,
        ms(&ours),
        ms(&floor),
        "ms",
    );
    let mut nothing = start_floor();
    for _ in 0..50 {
        nothing.call("nothing", &json!({}));
    }
    let memory = Figure::ratio(
        "bridge: RSS after 50 calls ÷ do-nothing rmcp server",
        1.8,
        bridge.resident() as f64 / 1024.0,
        nothing.resident() as f64 / 1024.0,
        "MB",
    );
    let listed = Figure::plain("`tools/list`", 14.0, tools as f64 / 1024.0, "KB");
    let peers: Vec<Peer> = peers.into_iter().map(|peer| peer.told(ms(&floor))).collect();
    drop(bridge);

    say("approving");
    let approved = approvals(&stage, &odoo).await;

    say("memory of the app in the background");
    let background = pss(&mut plain_app(Path::new(plain)));
    let empty = pss(&mut Command::new(floor_app));
    let weight =
        Figure::ratio("app in the background, no window made: PSS ÷ empty Tauri app", 1.7, background, empty, "MB");

    let against = if sim.is_some() { "odoo-sim".to_owned() } else { version(&mut direct) };
    let told = Report { figures: vec![started, memory, searched, listed, approved, weight], peers, against }.text();
    println!("\n{told}");
    if report != "-" {
        std::fs::write(report, told).expect("the report is written");
    }
}

async fn admit(stage: &Stage, odoo: &Odoo) {
    let mut bridge = Bridge::start(stage, "bench", "claude-code").await;
    bridge.call("open_connection_manager", json!({})).await;
    let mut windows = Windows::new(stage);
    windows.add_connection(&NewConnection { name: "Bench", odoo, environment: "production" }).await;
    let call = bridge.begin("user_connection_list", json!({})).await;
    windows.admit("bench", &["Bench"]).await;
    bridge.finish(call).await.ok();
    bridge.leave().await;
}

/// From the click on Approve, as the page sees it, to the answer at the agent, less what Odoo itself takes for the same.
async fn approvals(stage: &Stage, odoo: &Odoo) -> Figure {
    let id = odoo.new_contact("Bench").await;
    let mut windows = Windows::new(stage);
    let mut bridge = Bridge::start(stage, "bench", "claude-code").await;
    let mut took = Vec::new();
    for round in 0..APPROVALS {
        let values = json!({ "phone": format!("+32 2 000 {round:02}") });
        let call = bridge
            .begin(
                "odoo_write",
                json!({ "connection": "Bench", "model": "res.partner", "ids": [id], "values": values }),
            )
            .await;
        windows.turn_to_card("Change 1 field").await;
        let listen = "addEventListener('click', () => localStorage.setItem('clicked', \
                      String(performance.timeOrigin + performance.now())), true)";
        windows.driver().script(listen, json!([])).await.expect("the page listens");
        let ((), (answer, arrived)) = tokio::join!(windows.approve("Change 1 field"), async {
            let answer = bridge.finish(call).await;
            (answer, SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock"))
        });
        answer.ok();
        windows.turn_to(Which::Main).await;
        let clicked =
            windows.driver().script("return localStorage.getItem('clicked')", json!([])).await.expect("the click");
        let clicked: f64 = clicked.as_str().and_then(|text| text.parse().ok()).expect("a time");
        took.push(arrived.as_secs_f64() * 1000.0 - clicked);
    }
    bridge.leave().await;
    // The record is read again before it is written: both are Odoo's time.
    let mut direct = Direct::open(&odoo.url, &odoo.database, &odoo.key);
    let mut odoos = Vec::new();
    for round in 0..APPROVALS {
        let read = direct.call("res.partner", "read", &json!({ "ids": [id], "fields": ["phone", "display_name"] })).0;
        let write = direct
            .call("res.partner", "write", &json!({ "ids": [id], "vals": { "phone": format!("+32 2 001 {round:02}") } }))
            .0;
        odoos.push(read + write);
    }
    took.sort_by(f64::total_cmp);
    let whole = took[took.len() / 2];
    let mut figure =
        Figure::plain("click on Approve → result at the agent, less Odoo's own time", 15.0, whole - ms(&odoos), "ms");
    figure.note = format!("{whole:.1} ms in all, {:.1} ms of them Odoo's", ms(&odoos));
    figure
}

/// A peer that runs.
struct Running {
    name: &'static str,
    tool: &'static str,
    starts: Vec<Duration>,
    server: Server,
    searches: Vec<Duration>,
}

fn peers(venv: &str, odoo: &Odoo) -> Vec<Running> {
    if venv == "-" {
        return Vec::new();
    }
    [("mcp-server-odoo", "search_records"), ("odoo-mcp", "search_records"), ("odoo-safe-mcp", "odoo_search")]
        .into_iter()
        .map(|(name, tool)| {
            let start = || {
                let mut command = Command::new(Path::new(venv).join("bin").join(name));
                command.env_clear().env("HOME", "/tmp").env("PATH", "/usr/bin:/bin");
                for (name, value) in [
                    ("ODOO_URL", &odoo.url),
                    ("ODOO_DB", &odoo.database),
                    ("ODOO_USER", &odoo.login),
                    ("ODOO_USERNAME", &odoo.login),
                    ("ODOO_PASSWORD", &odoo.key),
                    ("ODOO_API_KEY", &odoo.key),
                ] {
                    command.env(name, value);
                }
                // It asks for its own Odoo module otherwise.
                command.env("ODOO_YOLO", "read");
                Server::start(&mut command)
            };
            let starts = (0..PEER_STARTS).map(|_| start().ready_after).collect();
            Running { name, tool, starts, server: start(), searches: Vec::new() }
        })
        .collect()
}

impl Running {
    fn search(&mut self, search: &Value) {
        let (took, worked) = self.server.call(self.tool, search);
        if worked {
            self.searches.push(took);
        }
    }

    fn told(mut self, direct: f64) -> Peer {
        Peer {
            name: self.name.to_owned(),
            starts: ms(&self.starts),
            resident: self.server.resident() as f64 / 1024.0,
            search: (!self.searches.is_empty()).then(|| ms(&self.searches)),
            direct,
            tools: self.server.tools_bytes() as f64 / 1024.0,
        }
    }
}

fn plain_app(folder: &Path) -> Command {
    let mut command = Command::new(folder.join("gatehouse"));
    command.arg("--background");
    command
}

/// Proportional memory in MB, once the app has come to rest, on a stage of its own.
fn pss(program: &mut Command) -> f64 {
    let stage = Stage::set();
    let mut command = stage.command(program.get_program());
    command.args(program.get_args());
    if program.get_args().next().is_some() {
        command.arg("--profile").arg(stage.profile());
    }
    let mut child =
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("it starts");
    std::thread::sleep(Duration::from_secs(5));
    let found = kilobytes(&format!("/proc/{}/smaps_rollup", child.id()), "Pss:");
    drop(child.kill());
    drop(child.wait());
    found as f64 / 1024.0
}

fn of(sim: &Sim) -> Odoo {
    let user = sim.admin();
    Odoo { url: sim.url(), database: sim.database().to_owned(), login: user.login.clone(), key: user.api_key.clone() }
}

fn version(direct: &mut Direct) -> String {
    let module = json!({ "domain": [["name", "=", "base"]], "fields": ["latest_version"] });
    let told = direct.call("ir.module.module", "search_read", &module).1;
    format!("Odoo {}", told[0]["latest_version"].as_str().unwrap_or("of an unknown version"))
}

/// The middle one, in milliseconds.
fn ms(times: &[Duration]) -> f64 {
    let mut sorted = times.to_vec();
    sorted.sort();
    sorted.get(sorted.len() / 2).map_or(0.0, |middle| middle.as_secs_f64() * 1000.0)
}

fn say(text: &str) {
    println!("── {text}");
}
