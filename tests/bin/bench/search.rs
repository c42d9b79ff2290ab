//! The same search straight, through Gatehouse, and through each peer, in turn.

use crate::direct::Direct;
use crate::house::House;
use crate::peers::Peer;
use crate::samples::Samples;
use gatehouse_tests::Odoo;
use serde_json::{Value, json};

const ROUNDS: usize = 200;
const WARM_UP: usize = 10;

/// One search on one connection.
pub(crate) struct Search<'a> {
    pub(crate) connection: &'a str,
    pub(crate) odoo: &'a Odoo,
}

/// Milliseconds.
#[derive(Default)]
pub(crate) struct Searched {
    pub(crate) direct: Samples,
    pub(crate) through: Samples,
    /// What the way through cost more than the straight one just beside it.
    pub(crate) more: Samples,
}

impl Search<'_> {
    /// The arguments for Odoo itself.
    pub(crate) fn straight() -> Value {
        json!({ "domain": [["is_company", "=", true]], "fields": ["name", "email", "phone"], "limit": 20 })
    }

    /// The arguments for `odoo_search_read`.
    pub(crate) fn through(&self) -> Value {
        let mut arguments = Self::straight();
        arguments["model"] = json!("res.partner");
        arguments["connection"] = json!(self.connection);
        arguments
    }

    /// Who is first changes with every round.
    pub(crate) fn run(&self, house: &mut House, peers: &mut [Peer]) -> Searched {
        let mut line = Direct::new(self.odoo);
        let mut bridge = house.bridge();
        let mut found = Searched::default();
        for round in 0..WARM_UP + ROUNDS {
            house.before_read(self.connection);
            let mut ask_odoo = || line.call("res.partner", "search_read", &Self::straight()).0;
            let mut ask_bridge = || {
                let told = bridge.call("odoo_search_read", &self.through()).expect("the bridge answers");
                told.outcome.expect("the search works");
                told.took
            };
            let (direct, through) = if round % 2 == 0 {
                let direct = ask_odoo();
                (direct, ask_bridge())
            } else {
                let through = ask_bridge();
                (ask_odoo(), through)
            };
            for peer in &mut *peers {
                peer.search();
            }
            if round >= WARM_UP {
                found.direct.push_time(direct);
                found.through.push_time(through);
                found.more.push((through.as_secs_f64() - direct.as_secs_f64()) * 1000.0);
            }
        }
        found
    }
}
