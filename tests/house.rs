//! An app on a stage of its own, with an Odoo and agents: where a test of the real windows begins.

use gatehouse_odoo_sim::{Sim, SimOptions};
use gatehouse_tests::person::NewConnection;
use gatehouse_tests::{Bridge, Odoo, Stage, Windows};
use serde_json::{Value, json};

/// How the card of a call that writes one field begins.
pub(crate) const SENTENCE: &str = "Change 1 field on 1";

/// An app on a stage of its own, and the Odoo that is at stake.
pub(crate) struct House {
    pub(crate) sim: Sim,
    /// Odoo without anything in between.
    pub(crate) odoo: Odoo,
    pub(crate) stage: Stage,
}

impl House {
    pub(crate) async fn open() -> Self {
        let sim = Sim::start(SimOptions::default()).await.unwrap();
        let odoo = Odoo::of(&sim);
        let mut stage = Stage::set();
        stage.start_app(&[]);
        Self { sim, odoo, stage }
    }

    /// The windows, once the person added the production connection "Acme" that leads to `url`, and a bridge of the agent
    /// that they admitted for it.
    pub(crate) async fn admitted_at(&self, url: &str, agent: &str) -> (Windows<'_>, Bridge) {
        let mut windows = Windows::new(&self.stage);
        let through = Odoo { url: url.to_owned(), ..self.odoo.clone() };
        windows.add_connection(&NewConnection { name: "Acme", odoo: &through, environment: "production" }).await;
        let bridge = self.admit(&mut windows, agent).await;
        (windows, bridge)
    }

    pub(crate) async fn admitted(&self, agent: &str) -> (Windows<'_>, Bridge) {
        self.admitted_at(&self.odoo.url, agent).await
    }

    /// A bridge of one more agent that the person admits.
    pub(crate) async fn admit(&self, windows: &mut Windows<'_>, agent: &str) -> Bridge {
        let mut bridge = Bridge::start(&self.stage, agent, "claude-code").await;
        let call = bridge.begin("user_connection_list", json!({})).await;
        windows.admit(agent, &["Acme"]).await;
        bridge.finish(call).await.ok();
        bridge
    }

    /// How often Odoo was asked to change or delete something.
    pub(crate) fn changes(&self) -> usize {
        self.sim.log().iter().filter(|seen| ["write", "unlink"].contains(&seen.method.as_str())).count()
    }
}

/// A write that production asks about.
pub(crate) fn write(id: i64, phone: &str) -> Value {
    json!({ "connection": "Acme", "model": "res.partner", "ids": [id], "values": { "phone": phone } })
}
