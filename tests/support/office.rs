//! An agent at work in a house without windows: an Odoo behind a line, and a contact whose phone it wants to change.

use crate::journal::{Journal, parts};
use crate::line::Line;
use crate::{Bridge, House, Odoo, Stage, eventually};
use gatehouse_odoo_sim::{Sim, SimOptions};
use serde_json::{Value, json};
use std::collections::BTreeMap;

const AGENT: &str = "office";
const OLD: &str = "+32 2 000 00 00";
const NEW: &str = "+32 1";

/// The house and what it works on.
pub struct Office {
    /// The app, without its windows.
    pub house: House,
    /// Between it and Odoo.
    pub line: Line,
    /// Where everything runs.
    pub stage: Stage,
    sim: Sim,
    odoo: Odoo,
    id: i64,
}

impl Office {
    /// Opens it, with one connection to production and nobody admitted.
    pub async fn open() -> Self {
        Self::open_on("production").await
    }

    /// The same with a connection of another environment: `development`.
    pub async fn open_on(environment: &str) -> Self {
        let sim = Sim::start(SimOptions::default()).await.unwrap();
        let line = Line::open(sim.url().trim_start_matches("http://").to_owned()).await;
        let odoo = Odoo::of(&sim);
        let id = odoo.new_contact("Office").await;
        let stage = Stage::without_screen();
        let mut house = House::open(&stage).await;
        let connection = json!({
            "do": "connect", "name": "Acme", "environment": environment, "url": line.url(), "database": odoo.database, "login": odoo.login, "key": odoo.key,
        });
        house.tell(connection).await;
        Self { house, line, stage, sim, odoo, id }
    }

    /// A bridge of the agent, started by a client that calls itself `client`. It starts no app.
    pub async fn bridge(&self, client: &str) -> Bridge {
        let mut bridge = Bridge::start_silent(&self.stage, &["--agent", AGENT, "--no-launch"]);
        bridge.shake_hands(client).await;
        bridge
    }

    /// The same, and the person admits the agent.
    pub async fn admitted(&mut self, client: &str) -> Bridge {
        let mut bridge = self.bridge(client).await;
        let call = bridge.begin("user_connection_list", json!({})).await;
        self.house.please("admit").await;
        bridge.finish(call).await.ok();
        bridge
    }

    /// The arguments of the write that a person is asked about. Always the same.
    pub fn write(&self) -> Value {
        json!({ "connection": "Acme", "model": "res.partner", "ids": [self.id], "values": { "phone": NEW } })
    }

    /// How often Odoo was asked to write.
    pub fn writes(&self) -> usize {
        self.sim.log().iter().filter(|seen| seen.method == "write" && seen.ids == [self.id]).count()
    }

    /// How often Odoo was asked for this method.
    pub fn times(&self, method: &str) -> usize {
        self.sim.log().iter().filter(|seen| seen.method == method).count()
    }

    /// Whether Odoo holds the new value. Anything but the old one and the new one fails.
    pub async fn is_new(&self) -> bool {
        let phone = self.odoo.field("res.partner", self.id, "phone").await;
        assert!(phone == OLD || phone == NEW, "{phone}");
        phone == NEW
    }

    /// The journal, oldest entry first; its chain holds.
    pub async fn journal(&mut self) -> Journal {
        let report = self.house.please("verify").await;
        assert_eq!(report["ok"], true, "{report}");
        Journal::of(&self.house.please("journal").await)
    }

    /// Waits until the journal says something.
    pub async fn until<T>(&mut self, words: &str, said: impl Fn(&Journal) -> Option<T>) -> T {
        let house = tokio::sync::Mutex::new(&mut self.house);
        eventually(words, || async { said(&Journal::of(&house.lock().await.please("journal").await)) }).await
    }

    /// What is spent of the limit on writes. Every counter is what the journal says of its window, in memory as after a
    /// restart; but for the cap on waiting, which is protocol and no limit.
    pub async fn spent(&mut self) -> u64 {
        let spent = self.house.please("spent").await;
        let journal = self.journal().await.charges();
        let spent: BTreeMap<String, (i64, u64)> =
            spent.as_array().unwrap().iter().map(parts).map(|(name, start, amount)| (name, (start, amount))).collect();
        for (name, start) in journal.keys() {
            assert!(spent.get(name).is_some_and(|(newest, _)| newest >= start), "{name} is forgotten: {spent:?}");
        }
        let is_limit = |name: &str| !name.ends_with("/approval_wait");
        for (name, (start, amount)) in spent.iter().filter(|(name, _)| is_limit(name)) {
            let written = journal.get(&(name.clone(), *start)).copied().unwrap_or(0);
            assert_eq!(*amount, written, "{name}: {journal:?}");
        }
        let writes = spent.iter().find(|(name, _)| name.ends_with("/writes_per_minute"));
        writes.map_or(0, |(_, (_, amount))| *amount)
    }

    /// The states of the tickets that are open.
    pub async fn open_tickets(&mut self) -> Vec<String> {
        let tickets = self.house.please("tickets").await;
        let open = tickets["open"].as_array().unwrap();
        open.iter().map(|ticket| ticket["state"]["state"].as_str().unwrap().to_owned()).collect()
    }

    /// Written once, nothing left open, and the counters are what the journal says.
    pub async fn ends_well(mut self) {
        assert_eq!(self.writes(), 1, "written once");
        assert!(self.is_new().await);
        assert_eq!(self.open_tickets().await, Vec::<String>::new());
        self.spent().await;
    }
}
