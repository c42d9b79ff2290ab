//! Each read straight, through Gatehouse, and through each peer, in turn.

use super::field::{Field, asked};
use super::jobs::jobs;
use crate::direct::Direct;
use crate::house::House;
use crate::rpc::Server;
use crate::samples::Samples;
use gatehouse_tests::Odoo;
use serde_json::json;
use std::path::Path;
use std::process::Command;

const WARM_UP: usize = 5;

/// One read, in milliseconds.
pub(super) struct Speed {
    pub(super) name: &'static str,
    pub(super) straight: Samples,
    pub(super) ours: Samples,
    /// What the way through cost more than the straight one just beside it.
    pub(super) more: Samples,
    /// In the order of the field, with what went wrong.
    pub(super) peers: Vec<Result<Samples, String>>,
    /// Why Gatehouse was not measured to the end.
    pub(super) trouble: Option<String>,
}

/// Who is first changes with every round.
pub(super) fn run(
    house: &mut House,
    connection: &str,
    odoo: &Odoo,
    mut peers: Option<&mut Field>,
    rounds: usize,
) -> Vec<Speed> {
    let mut line = Direct::new(odoo);
    let companies = json!({ "domain": [["is_company", "=", true]], "limit": 20 });
    let ids = line.call("res.partner", "search", &companies).1;
    let ids: Vec<i64> = ids.as_array().into_iter().flatten().filter_map(serde_json::Value::as_i64).collect();
    let mut bridge = house.pinned(connection);
    let jobs = jobs(&ids);
    let empty = |name| Speed {
        name,
        straight: Samples::default(),
        ours: Samples::default(),
        more: Samples::default(),
        peers: Vec::new(),
        trouble: None,
    };
    let mut found: Vec<Speed> = jobs.iter().map(|job| empty(job.name)).collect();
    for (speed, job) in found.iter_mut().zip(&jobs) {
        if let Err(why) = asked(&mut bridge, job.ours.0, &job.ours.1) {
            speed.trouble = Some(why);
            continue;
        }
        for round in 0..WARM_UP + rounds {
            house.before_read(connection);
            let (model, method, arguments) = &job.straight;
            let mut ask_odoo = || line.call(model, method, arguments).0;
            let mut ask_bridge = || {
                let told = bridge.call(job.ours.0, &job.ours.1).expect("the bridge answers");
                told.outcome.expect("the read works");
                told.took
            };
            let (straight, ours) = if round % 2 == 0 {
                let straight = ask_odoo();
                (straight, ask_bridge())
            } else {
                let ours = ask_bridge();
                (ask_odoo(), ours)
            };
            if round >= WARM_UP {
                speed.straight.push_time(straight);
                speed.ours.push_time(ours);
                speed.more.push((ours.as_secs_f64() - straight.as_secs_f64()) * 1000.0);
            }
            for (place, peer) in peers.iter_mut().flat_map(|field| field.each()).enumerate() {
                if round == 0 {
                    speed.peers.push(Ok(Samples::default()));
                }
                let Some(slot) = speed.peers.get_mut(place) else { continue };
                let Ok(samples) = slot else { continue };
                let (tool, arguments) = &job.peers[place];
                match peer.call(tool, arguments) {
                    Ok(told) if round >= WARM_UP => samples.push_time(told.took),
                    Ok(_) => {}
                    Err(why) => *slot = Err(why),
                }
            }
        }
    }
    found
}

/// What a call costs at an MCP server that does nothing, between two requests to Odoo: no server adds less.
pub(super) fn nothing(program: &Path, odoo: &Odoo, rounds: usize) -> Samples {
    let mut line = Direct::new(odoo);
    let mut server = Server::start(&mut Command::new(program)).expect("the server that does nothing starts");
    let mut samples = Samples::default();
    for round in 0..WARM_UP + rounds {
        line.call("res.partner", "search_count", &json!({ "domain": [["is_company", "=", true]] }));
        let told = server.call("nothing", &json!({})).expect("it answers");
        if round >= WARM_UP {
            samples.push_time(told.took);
        }
    }
    samples
}
