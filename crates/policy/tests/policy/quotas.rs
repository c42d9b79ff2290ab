//! Committed charges per window never exceed `max`, under concurrent callers, crashes and jumping clocks.

use super::{connection, policy, write_facts};
use fastrand::Rng;
use gatehouse_core::{AgentId, Charge, Timestamp};
use gatehouse_policy::{Call, Layer, Limits, Policy, Reservation, evaluate};
use serde_json::json;
use std::collections::HashMap;
use std::sync::Mutex;

const THREADS: u64 = 8;
const BEGINNING: i64 = 1_760_000_000_000;

/// What is left after a crash: the charges, under the number of their call. One lock for all, as one transaction.
#[derive(Default)]
struct House {
    limits: Limits,
    journal: HashMap<u64, Vec<Charge>>,
    /// What the journal's charges come to in each window.
    sums: HashMap<(String, Timestamp), u64>,
    clock: i64,
    newest: i64,
    /// How often everything in memory was lost. What was reserved before that and not yet written is gone.
    lives: u64,
    reserved: u64,
    refused: u64,
    moved: u64,
}

impl House {
    fn now(&mut self) -> Timestamp {
        self.newest = self.newest.max(self.clock);
        Timestamp::from_millis(self.clock)
    }

    fn crash(&mut self) {
        self.limits = Limits::new();
        let charges: Vec<Charge> = self.journal.values().flatten().cloned().collect();
        self.limits.restore(charges, Timestamp::from_millis(self.newest));
        self.lives += 1;
    }

    /// Puts what a call takes into the journal in place of what it took before: nothing when it did not run.
    fn write(&mut self, id: u64, charges: Vec<Charge>, quotas: &HashMap<String, u64>) {
        for old in self.journal.insert(id, charges.clone()).into_iter().flatten() {
            *self.sums.get_mut(&(old.counter, old.window_start)).unwrap() -= old.amount;
        }
        for new in charges {
            let quota = quotas[&new.counter];
            let sum = self.sums.entry((new.counter, new.window_start)).or_default();
            *sum += new.amount;
            assert!(*sum <= quota, "{sum} of {quota}");
        }
    }
}

fn limited() -> Policy {
    let limit = |counter: &str, window: &str, max: u64| json!({"counter": counter, "window": window, "max": max, "scope": "grant"});
    let mut records = limit("records", "hour", 40);
    records["increment_from"] = json!("call.records");
    let mut amount = limit("amount", "minute", 30);
    amount["increment_from"] = json!("args.values.amount");
    policy(&json!({"version": "1", "default": "deny",
        "all_tools": {"limits": [limit("all", "hour", 25)]},
        "tools": {"odoo_write": {"limits": [limit("writes", "minute", 7), records, amount]}}}))
}

#[test]
fn committed_charges_per_window_never_exceed_max_under_concurrent_callers_crashes_and_jumping_clocks() {
    let policies = [limited(), limited()];
    let names = ["user", "connection:con_1"];
    let agents = ["claude", "codex"].map(|name| AgentId::parse(name).unwrap());
    let mut quotas = HashMap::new();
    for (layer, agent) in names.iter().flat_map(|layer| agents.iter().map(move |agent| (layer, agent))) {
        for (counter, max) in [("all", 25), ("writes", 7), ("records", 40), ("amount", 30)] {
            quotas.insert(format!("{layer}/{agent}/{counter}"), max);
        }
    }
    let house = Mutex::new(House { clock: BEGINNING, ..House::default() });
    std::thread::scope(|scope| {
        for thread in 0..THREADS {
            let (house, policies, agents, quotas) = (&house, &policies, &agents, &quotas);
            scope.spawn(move || caller(thread, house, policies, names, agents, quotas));
        }
    });
    let house = house.into_inner().unwrap();
    assert!(house.lives > 20, "{}", house.lives);
    assert!(
        house.reserved > 200 && house.refused > 200 && house.moved > 50,
        "{} {} {}",
        house.reserved,
        house.refused,
        house.moved
    );
}

/// Calls until it has called 400 times: reserves, writes the charges down, runs later or never.
fn caller(
    thread: u64,
    house: &Mutex<House>,
    policies: &[Policy; 2],
    names: [&str; 2],
    agents: &[AgentId; 2],
    quotas: &HashMap<String, u64>,
) {
    let rng = &mut Rng::with_seed(thread);
    let layers: Vec<Layer<'_>> = names.iter().zip(policies).map(|(name, policy)| Layer::new(*name, policy)).collect();
    let connection = connection();
    let mut held: Vec<(u64, Reservation)> = Vec::new();
    for number in 0..400 {
        let id = thread * 1_000_000 + number;
        let mut facts = write_facts();
        facts.records = Some(rng.u64(..9));
        let arguments = json!({"model": "sale.order", "values": {"amount": rng.f64() * 9.0}});
        let agent = &agents[rng.usize(..2)];
        let verdict =
            evaluate(&layers, &Call { facts: &facts, arguments: &arguments, connection: Some(&connection), agent });

        let (reserved, life) = {
            let mut house = house.lock().unwrap();
            house.clock += rng.i64(-200_000..260_000);
            house.clock = house.clock.max(BEGINNING - 3_600_000);
            let now = house.now();
            let reserved = house.limits.reserve(&verdict.charges, now);
            (reserved, house.lives)
        };
        std::thread::yield_now();
        let mut house = house.lock().unwrap();
        match reserved {
            // It died between the reservation and the journal: the call never ran.
            Ok(_) if house.lives != life => {}
            Ok(reservation) => {
                house.write(id, reservation.charges.clone(), quotas);
                house.reserved += 1;
                held.push((id, reservation));
            }
            Err(_) => house.refused += 1,
        }
        if !held.is_empty() && rng.bool() {
            let (id, reservation) = held.swap_remove(rng.usize(..held.len()));
            let now = house.now();
            match rng.u8(..3) {
                // It ran, or nobody knows: the charge stays.
                0 => {}
                1 => {
                    house.limits.give_back_all(&reservation);
                    house.write(id, Vec::new(), quotas);
                }
                _ => {
                    if let Ok(moved) = house.limits.move_to(&reservation, now) {
                        house.write(id, moved.charges.clone(), quotas);
                        house.moved += 1;
                        held.push((id, moved));
                    } else {
                        held.push((id, reservation));
                    }
                }
            }
        }
        if rng.u8(..30) == 0 {
            house.crash();
        }
    }
}
