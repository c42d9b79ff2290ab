//! The Odoo tools beside the peers': time, trips, bytes, distance, whole tasks, and a long export. One run, one section of
//! `docs/benchmarks.md`.

mod export;
mod far;
mod field;
mod jobs;
mod section;
mod sizes;
mod speed;
mod tasks;
mod trips;

use crate::direct;
use crate::house::House;
use crate::relay::Relay;
use crate::{Words, machine, report, say, version};
use field::Field;
use gatehouse_odoo_sim::{Sim, SimOptions};
use gatehouse_tests::Odoo;
use gatehouse_tests::person::NewConnection;
use section::Section;
use std::time::Duration;

/// Connections, each for one thing to be measured.
const PLAIN: &str = "Plain";
const COUNTED: &str = "Counted";
const FAR: &str = "Far";
const SMALL: &str = "Small";
const LARGE: &str = "Large";

/// How much longer a far Odoo's answers take.
const TRIP: Duration = Duration::from_millis(50);
/// What the export has to bring.
const CONTACTS: usize = 100_000;

/// Measures all of it, or the parts that are named.
pub(crate) async fn measure(words: Words) {
    let parts = words.parts.clone();
    let wanted = |part: &str| parts.is_empty() || parts.iter().any(|named| named == part);
    let odoo = Odoo::real("admin");
    let small = Sim::start(SimOptions::default()).await.expect("odoo-sim starts");
    let large = Sim::start(SimOptions { contacts: CONTACTS, ..SimOptions::default() }).await.expect("odoo-sim starts");
    let (near, distant) =
        (Relay::open(direct::host(&odoo.url), Duration::ZERO), Relay::open(direct::host(&odoo.url), TRIP));
    let through = |relay: &Relay| Odoo { url: relay.url(), ..odoo.clone() };
    let (counted, far) = (through(&near), through(&distant));
    let (small, large) = (Odoo::of(&small), Odoo::of(&large));

    say("the house: connections, and an agent that is admitted");
    let connections = [(PLAIN, &odoo), (COUNTED, &counted), (FAR, &far), (SMALL, &small), (LARGE, &large)];
    let connections = connections.map(|(name, odoo)| NewConnection { name, odoo, environment: "development" });
    let mut house = House::open(&words.programs.join("e2e"), &connections).await;
    let home = house.stage.tmp().join("peers");
    std::fs::create_dir_all(&home).expect("a home for peers");

    let mut section = Section::default();
    let mut peers = Field::start(words.venv.as_deref(), &odoo, &home);
    if wanted("speed") {
        say("the same requests straight, through Gatehouse, and through each peer, in turn");
        section.speed = speed::run(&mut house, PLAIN, &odoo, Some(&mut peers), words.rounds);
        section.nothing = Some(speed::nothing(&words.programs.join("do_nothing"), &odoo, words.rounds));
        say("the same straight and through Gatehouse, against odoo-sim, which keeps its lines open");
        section.floor = speed::run(&mut house, SMALL, &small, None, words.rounds);
    }
    if wanted("trips") {
        say("round trips of each tool");
        section.trips = trips::run(&mut house, COUNTED, &odoo, &near);
    }
    if wanted("sizes") {
        say("sizes of answers");
        section.sizes = sizes::run(&mut house, PLAIN, &odoo, &mut peers);
    }
    if wanted("far") {
        say("an Odoo that is 50 ms away");
        let mut peers = Field::start(words.venv.as_deref(), &far, &home);
        section.far = Some(far::run(&mut house, FAR, &far, &mut peers));
    }
    if wanted("tasks") {
        say("twenty tasks");
        section.tasks = tasks::run(&mut house, PLAIN, &odoo, &mut peers, words.only.as_deref());
    }
    if wanted("export") {
        say("a long export");
        section.export = Some(export::run(&mut house, LARGE, &large));
    }
    section.peers = peers.names();
    section.head = machine::told(&version(&odoo), &words.command);
    let text = section.text();
    println!("\n{text}");
    if let Some(file) = words.report {
        report::put(&file, section::BEGIN, section::END, &text);
        tasks::write_document(&gatehouse_tests::root().join("docs/agent-tasks.md"));
    }
}
