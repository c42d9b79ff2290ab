//! What a preview of a hundred records asks of Odoo.

use crate::ASKED;
use crate::gauge::Gauge;
use crate::house::House;
use gatehouse_tests::{Odoo, Windows};
use serde_json::json;
use std::time::SystemTime;

pub(super) const AGENT: &str = "bench-preview";
pub(super) const RECORDS: usize = 100;

/// The requests from the call of a write until its card stands there; the person refuses. The first one makes the model
/// known, the second counts.
pub(super) async fn requests(house: &House, odoo: &Odoo, gauge: &Gauge) -> usize {
    let vals: Vec<_> = (0..RECORDS).map(|number| json!({ "name": format!("Benchmark {number:03}") })).collect();
    let ids = odoo.call("res.partner", "create", json!({ "vals_list": vals })).await;
    let mut windows = Windows::new(&house.stage);
    let mut bridge = house.bridge_of(AGENT);
    let mut seen = 0;
    for phone in ["+32 2 111 11 11", "+32 2 222 22 22"] {
        let write = json!({ "connection": ASKED, "model": "res.partner", "ids": ids, "values": { "phone": phone } });
        let asked = SystemTime::now();
        let call = tokio::task::spawn_blocking(move || {
            let told = bridge.call("odoo_write", &write);
            (bridge, told)
        });
        windows.turn_to_card("Change 1 field on 100").await;
        seen = gauge.between(asked, SystemTime::now()).requests;
        windows.refuse("Change 1 field on 100").await;
        bridge = call.await.expect("a thread").0;
    }
    odoo.call("res.partner", "unlink", json!({ "ids": ids })).await;
    seen
}
