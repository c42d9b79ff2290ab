//! A search in an Odoo that is far away, straight and through each server.

use super::field::Field;
use super::jobs::jobs;
use crate::direct::Direct;
use crate::house::House;
use crate::samples::Samples;
use gatehouse_tests::Odoo;

const ROUNDS: usize = 30;
const WARM_UP: usize = 3;

/// Milliseconds.
pub(super) struct Far {
    /// One request on an open line: the trip and Odoo's own time.
    pub(super) straight: Samples,
    pub(super) ours: Samples,
    /// In the order of the field, with what went wrong.
    pub(super) peers: Vec<Result<Samples, String>>,
}

pub(super) fn run(house: &mut House, connection: &str, odoo: &Odoo, peers: &mut Field) -> Far {
    let mut line = Direct::new(odoo);
    let mut bridge = house.pinned(connection);
    let mut found = Far { straight: Samples::default(), ours: Samples::default(), peers: Vec::new() };
    let Some(job) = jobs(&[]).into_iter().next() else { return found };
    found.peers = peers.each().map(|_| Ok(Samples::default())).collect();
    for round in 0..WARM_UP + ROUNDS {
        house.before_read(connection);
        let (model, method, arguments) = &job.straight;
        let straight = line.call(model, method, arguments).0;
        let told = bridge.call(job.ours.0, &job.ours.1).expect("the bridge answers");
        told.outcome.expect("the search works");
        if round >= WARM_UP {
            found.straight.push_time(straight);
            found.ours.push_time(told.took);
        }
        for (peer, ((tool, arguments), slot)) in peers.each().zip(job.peers.iter().zip(&mut found.peers)) {
            let Ok(samples) = slot else { continue };
            match peer.call(tool, arguments) {
                Ok(told) if round >= WARM_UP => samples.push_time(told.took),
                Ok(_) => {}
                Err(why) => *slot = Err(why),
            }
        }
    }
    found
}
