//! From spawning a bridge to its answer to `initialize`, and what it holds in memory later.

use crate::house::House;
use crate::rpc::Server;
use crate::samples::Samples;
use crate::search::Search;
use serde_json::json;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

const ROUNDS: usize = 100;
/// The first ones only warm up.
const WARM_UP: usize = 5;
const MEMORY_ROUNDS: usize = 3;
/// How many calls a server has answered when its memory is read.
pub(crate) const CALLS: usize = 50;

/// Milliseconds from spawning to the answer.
#[derive(Default)]
pub(crate) struct Starts {
    pub(crate) floor: Samples,
    pub(crate) app_up: Samples,
    pub(crate) app_down: Samples,
}

pub(crate) fn starts(house: &House, floor: &Path) -> Starts {
    let (profile, empty) = (house.stage.profile(), house.stage.tmp().join("profile-without-an-app"));
    let mut found = Starts::default();
    for round in 0..WARM_UP + ROUNDS {
        let of = |command: &mut Command| Server::start(command).expect("it starts").ready_after;
        let mut took = [Duration::ZERO; 3];
        // Who is first changes with every round.
        for turn in 0..3 {
            let who = (round + turn) % 3;
            took[who] = match who {
                0 => of(Command::new(floor).env_clear()),
                1 => of(&mut house.bridge_command(&profile)),
                _ => of(&mut house.bridge_command(&empty)),
            };
        }
        let [floor, up, down] = took;
        if round >= WARM_UP {
            found.floor.push_time(floor);
            found.app_up.push_time(up);
            found.app_down.push_time(down);
        }
    }
    found
}

/// Resident memory after [`CALLS`] calls, MB: ours, and the floor's.
pub(crate) fn memory(house: &mut House, floor: &Path, search: &Search<'_>) -> (Samples, Samples) {
    let (mut ours, mut floors) = (Samples::default(), Samples::default());
    for _ in 0..MEMORY_ROUNDS {
        let mut bridge = house.bridge();
        let mut nothing = Server::start(Command::new(floor).env_clear()).expect("the floor starts");
        for _ in 0..CALLS {
            house.before_read(search.connection);
            let told = bridge.call("odoo_search_read", &search.through()).expect("the bridge answers");
            told.outcome.expect("the search works");
            nothing.call("nothing", &json!({})).expect("the floor answers").outcome.expect("nothing works");
        }
        ours.push(bridge.resident());
        floors.push(nothing.resident());
    }
    (ours, floors)
}
