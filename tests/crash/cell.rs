//! A cell of the crash matrix: a write that a person is asked about, brought to one point of its way.

use gatehouse_odoo_sim::{Sim, SimOptions};
use gatehouse_tests::line::{Line, Writes};
use gatehouse_tests::{Bridge, Called, House, Odoo, Stage, eventually};
use serde_json::{Value, json};
use std::collections::BTreeMap;

const AGENT: &str = "crash";
const OLD: &str = "+32 2 000 00 00";
const NEW: &str = "+32 1";
/// Seconds after which Odoo is at work on nothing any more that was sent before.
pub(super) const AT_WORK: u64 = 155;

/// Where a call is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum At {
    /// Before the person was asked.
    Early(&'static str),
    /// The question lies before the person.
    Asked,
    /// After the approval, before anything was sent.
    Approved(&'static str),
    /// It was sent; what becomes of it.
    Sent(Writes),
    /// Odoo has answered.
    Answered,
}

pub(super) const ADMIT: At = At::Early("admit");
pub(super) const RESOLVE: At = At::Early("resolve");
pub(super) const SCREEN: At = At::Early("screen");
pub(super) const DESCRIBE: At = At::Early("describe");
pub(super) const DECIDE: At = At::Early("decide");
pub(super) const RESERVE: At = At::Early("reserve");
pub(super) const ASK: At = At::Asked;
pub(super) const RECHECK: At = At::Approved("recheck");
pub(super) const INTENT: At = At::Approved("intent");
pub(super) const INTENT_DURABLE: At = At::Approved("intent_durable");
pub(super) const SETTLE: At = At::Answered;

impl At {
    /// Whether the write reaches Odoo although something dies here.
    pub(super) fn is_written(self) -> bool {
        matches!(self, Self::Sent(Writes::Stalled | Writes::Held) | Self::Answered)
    }

    /// Whether the intent is durable by then.
    pub(super) fn has_intent(self) -> bool {
        matches!(self, Self::Sent(_) | Self::Answered) || self == INTENT_DURABLE
    }

    fn is_approved(self) -> bool {
        matches!(self, Self::Approved(_) | Self::Sent(_) | Self::Answered)
    }

    /// The point in the app; none where it is the line that holds the call.
    fn point(self) -> Option<&'static str> {
        match self {
            Self::Early(point) | Self::Approved(point) => Some(point),
            Self::Asked => Some("ask"),
            Self::Answered => Some("settle"),
            Self::Sent(_) => None,
        }
    }
}

/// Everything that can die, and what it works on.
pub(super) struct Cell {
    pub(super) at: At,
    pub(super) house: House,
    pub(super) bridge: Bridge,
    pub(super) line: Line,
    pub(super) stage: Stage,
    sim: Sim,
    odoo: Odoo,
    id: i64,
    call: u64,
}

impl Cell {
    /// An admitted agent's write of one field, that has come to the point and is held there.
    pub(super) async fn held(at: At) -> Self {
        let sim = Sim::start(SimOptions::default()).await.unwrap();
        let line = Line::open(sim.url().trim_start_matches("http://").to_owned()).await;
        let user = sim.admin();
        let odoo = Odoo {
            url: sim.url(),
            database: sim.database().to_owned(),
            login: user.login.clone(),
            key: user.api_key.clone(),
        };
        let id = odoo.new_contact("Crash").await;
        let stage = Stage::without_screen();
        let mut house = House::open(&stage).await;
        let connection = json!({
            "do": "connect", "name": "Acme", "url": line.url(), "database": odoo.database, "login": odoo.login, "key": odoo.key,
        });
        house.tell(connection).await;
        let mut bridge = new_bridge(&stage).await;
        let call = bridge.begin("user_connection_list", json!({})).await;
        house.please("admit").await;
        bridge.finish(call).await.ok();
        let mut cell = Self { at, house, bridge, line, stage, sim, odoo, id, call: 0 };
        cell.come_to_the_point().await;
        cell
    }

    async fn come_to_the_point(&mut self) {
        if let Some(point) = self.at.point() {
            self.house.tell(json!({ "do": "arm", "point": point })).await;
        }
        if let At::Sent(writes) = self.at {
            self.line.set(writes);
        }
        self.call = self.begin().await;
        if self.at.is_approved() {
            self.house.please("approve").await;
        }
        if self.at.point().is_some() {
            self.house.reached().await;
        } else {
            self.line.has_lost_one().await;
        }
    }

    /// Calls, and goes on. Always the same call.
    pub(super) async fn begin(&mut self) -> u64 {
        let values = json!({ "phone": NEW });
        let write = json!({ "connection": "Acme", "model": "res.partner", "ids": [self.id], "values": values });
        self.bridge.begin("odoo_write", write).await
    }

    /// The answer to the call that was held.
    pub(super) async fn answer(&mut self) -> Called {
        self.bridge.finish(self.call).await
    }

    /// Another bridge of the same agent, after the first one died.
    pub(super) async fn another_bridge(&mut self) {
        self.bridge = new_bridge(&self.stage).await;
    }

    /// How often Odoo was asked to write.
    pub(super) fn writes(&self) -> usize {
        self.sim.log().iter().filter(|seen| seen.method == "write" && seen.ids == [self.id]).count()
    }

    /// Whether Odoo holds the new value. Anything but the old one and the new one fails.
    pub(super) async fn is_new(&self) -> bool {
        let phone = self.odoo.field("res.partner", self.id, "phone").await;
        assert!(phone == OLD || phone == NEW, "{phone}");
        phone == NEW
    }

    /// The journal, oldest entry first; its chain holds.
    pub(super) async fn journal(&mut self) -> Journal {
        let report = self.house.please("verify").await;
        assert_eq!(report["ok"], true, "{report}");
        let journal = self.house.please("journal").await;
        Journal(journal.as_array().unwrap().iter().map(|entry| entry["event"].clone()).collect())
    }

    /// Waits until the journal says something.
    pub(super) async fn until<T>(&mut self, words: &str, said: impl Fn(&Journal) -> Option<T>) -> T {
        let house = tokio::sync::Mutex::new(&mut self.house);
        eventually(words, || async {
            let journal = house.lock().await.please("journal").await;
            let events = journal.as_array().unwrap().iter().map(|entry| entry["event"].clone());
            said(&Journal(events.collect()))
        })
        .await
    }

    /// What is spent of the limit on writes. Every counter is what the journal says of its window, in memory as after a
    /// restart.
    pub(super) async fn spent(&mut self) -> u64 {
        let spent = self.house.please("spent").await;
        let journal = self.journal().await.charges();
        let spent: BTreeMap<String, (i64, u64)> =
            spent.as_array().unwrap().iter().map(parts).map(|(name, start, amount)| (name, (start, amount))).collect();
        for (name, start) in journal.keys() {
            assert!(spent.get(name).is_some_and(|(newest, _)| newest >= start), "{name} is forgotten: {spent:?}");
        }
        for (name, (start, amount)) in &spent {
            let written = journal.get(&(name.clone(), *start)).copied().unwrap_or(0);
            assert_eq!(*amount, written, "{name}: {journal:?}");
        }
        let writes = spent.iter().find(|(name, _)| name.ends_with("/writes_per_minute"));
        writes.map_or(0, |(_, (_, amount))| *amount)
    }

    /// The states of the tickets that are open.
    pub(super) async fn open_tickets(&mut self) -> Vec<String> {
        let tickets = self.house.please("tickets").await;
        let open = tickets["open"].as_array().unwrap();
        open.iter().map(|ticket| ticket["state"]["state"].as_str().unwrap().to_owned()).collect()
    }

    /// The same call once more. It is a new call, and a person is asked: what is there already is refused, what is not is
    /// approved. In the end it was written once.
    pub(super) async fn same_call_again(mut self) {
        let before = self.writes();
        let call = self.begin().await;
        if self.is_new().await {
            self.house.please("deny").await;
            let error = self.bridge.finish(call).await.error()["error"].take();
            assert_eq!(error["code"], "denied_by_person", "{error}");
        } else {
            assert_eq!(before, 0);
            self.house.please("approve").await;
            let answer = self.bridge.finish(call).await.ok();
            assert!(answer["status"] == "written" && answer.get("replayed").is_none(), "{answer}");
        }
        self.ends_well().await;
    }

    /// Written once, nothing left open, and the counters are what the journal says.
    pub(super) async fn ends_well(mut self) {
        assert_eq!(self.writes(), 1, "written once");
        assert!(self.is_new().await);
        assert_eq!(self.open_tickets().await, Vec::<String>::new());
        self.spent().await;
    }
}

async fn new_bridge(stage: &Stage) -> Bridge {
    let mut bridge = Bridge::start_silent(stage, &["--agent", AGENT, "--no-launch"]);
    bridge.shake_hands("claude-code").await;
    bridge
}

/// What the journal says, oldest first.
pub(super) struct Journal(Vec<Value>);

impl Journal {
    /// The ids of writes whose intent is there.
    pub(super) fn intents(&self) -> Vec<&str> {
        let intents = self.0.iter().filter(|event| event["kind"] == "intent" && event["tool"] == "odoo_write");
        intents.map(|event| event["call"].as_str().unwrap()).collect()
    }

    /// How the writes ended whose intent is there.
    pub(super) fn ends(&self) -> Vec<&Value> {
        let intents = self.intents();
        let ended = |event: &&Value| event["kind"] == "settled" && intents.contains(&event["call"].as_str().unwrap());
        self.0.iter().filter(ended).collect()
    }

    /// Writes that came to nothing, by their error's code.
    pub(super) fn refused(&self) -> Vec<&str> {
        let calls = self.0.iter().filter(|event| event["kind"] == "call" && event["tool"] == "odoo_write");
        calls.map(|event| event["outcome"]["code"].as_str().unwrap_or_default()).collect()
    }

    /// What was read back.
    pub(super) fn read_back(&self) -> Vec<&str> {
        let found = self.0.iter().filter(|event| event["kind"] == "read_back");
        found.map(|event| event["finding"].as_str().unwrap()).collect()
    }

    /// How the questions about calls moved.
    pub(super) fn moves(&self) -> Vec<&str> {
        let moves = self.0.iter().filter(|event| event["kind"] == "ticket" && event["ticket_kind"] == "call");
        moves.map(|event| event["change"].as_str().unwrap()).collect()
    }

    /// What was taken from each limit in each window and not given back.
    fn charges(&self) -> BTreeMap<(String, i64), u64> {
        let mut taken: BTreeMap<(String, i64), u64> = BTreeMap::new();
        for event in &self.0 {
            let each = |name: &str| event[name].as_array().cloned().unwrap_or_default();
            for (name, start, amount) in each("charges").iter().map(parts) {
                *taken.entry((name, start)).or_default() += amount;
            }
            for (name, start, amount) in each("given_back").iter().map(parts) {
                *taken.entry((name, start)).or_default() -= amount;
            }
        }
        taken
    }
}

/// Counter, start of its window, amount.
fn parts(charge: &Value) -> (String, i64, u64) {
    let counter = charge["counter"].as_str().unwrap().to_owned();
    (counter, charge["window_start"].as_i64().unwrap(), charge["amount"].as_u64().unwrap())
}
