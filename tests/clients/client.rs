//! A client, the call that it makes, and how it stops to wait.

use gatehouse_tests::{Bridge, Office};
use serde_json::{Value, json};

/// What a client is, as far as waiting goes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Client {
    /// What it says it is.
    pub(super) name: &'static str,
    /// Seconds that Gatehouse holds its calls.
    pub(super) held: u64,
    /// Seconds after which it gives up.
    pub(super) gives_up: u64,
}

/// How a client stops to wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Manner {
    /// It says `notifications/cancelled`.
    Cancels,
    /// It reads no answer to that request any more, and keeps its bridge. Nobody can see that.
    GoesSilent,
    /// It closes the bridge's input.
    Leaves,
    /// `kill -9` of its bridge.
    Dies,
}

impl Manner {
    /// How many of its calls still seem to wait.
    pub(super) fn seem_to_wait(self) -> u32 {
        u32::from(self == Self::GoesSilent)
    }
}

/// A client's write, and the house in which a person is asked about it.
pub(super) struct Play {
    pub(super) client: Client,
    pub(super) office: Office,
    bridge: Option<Bridge>,
    pub(super) call: u64,
}

impl Play {
    /// An admitted client has called, and the question lies before the person.
    pub(super) async fn asked(client: Client) -> Self {
        let mut office = Office::open().await;
        let bridge = office.admitted(client.name).await;
        let mut play = Self { client, office, bridge: Some(bridge), call: 0 };
        play.call = play.begin().await;
        play.office.house.waited_on(1).await;
        play
    }

    /// A client that nobody admitted has called, and the person is asked about that first.
    pub(super) async fn newcomer(client: Client) -> Self {
        let office = Office::open().await;
        let bridge = office.bridge(client.name).await;
        let mut play = Self { client, office, bridge: Some(bridge), call: 0 };
        play.call = play.begin().await;
        play.office.house.waited_on(1).await;
        play
    }

    /// The client's bridge.
    pub(super) fn bridge(&mut self) -> &mut Bridge {
        self.bridge.as_mut().unwrap()
    }

    /// Has the house do something without details.
    pub(super) async fn house(&mut self, what: &str) -> Value {
        self.office.house.please(what).await
    }

    pub(super) async fn forward(&mut self, seconds: u64) {
        self.office.house.forward(seconds).await;
    }

    /// Calls, and goes on. Always the same call.
    pub(super) async fn begin(&mut self) -> u64 {
        let write = self.office.write();
        self.bridge().begin("odoo_write", write).await
    }

    /// The client waits for as long as it bears, and stops. Nothing was answered until then.
    pub(super) async fn gives_up(&mut self, how: Manner) {
        assert!(self.client.gives_up < self.client.held, "it is answered before it gives up");
        self.forward(self.client.gives_up).await;
        let call = self.call;
        self.bridge().progress(call).await;
        self.stops(how).await;
    }

    /// The client stops to wait, and the house knows as far as it can.
    pub(super) async fn stops(&mut self, how: Manner) {
        let call = self.call;
        match how {
            Manner::Cancels => {
                self.bridge().cancel(call).await;
                self.office.house.waited_on(0).await;
            }
            Manner::GoesSilent => {}
            Manner::Leaves => {
                self.bridge.take().unwrap().leave().await;
                self.house("alone").await;
            }
            Manner::Dies => {
                self.office.stage.kill_bridges();
                self.bridge = None;
                self.house("alone").await;
            }
        }
    }

    /// The client is there again, with another bridge if it has none.
    pub(super) async fn comes_back(&mut self) {
        if self.bridge.is_none() {
            self.bridge = Some(self.office.bridge(self.client.name).await);
        }
    }

    /// Asks the same again; gives the tool's answer.
    pub(super) async fn asks_again(&mut self) -> Value {
        self.comes_back().await;
        let call = self.begin().await;
        self.bridge().finish(call).await.ok()
    }

    /// Approved, and it stays so although the agent is there: nothing was sent, nothing is under way.
    pub(super) async fn nothing_runs_unclaimed(&mut self) {
        self.comes_back().await;
        self.bridge().call("user_connection_list", json!({})).await.ok();
        assert_eq!(self.office.open_tickets().await, ["approved"]);
        let journal = self.office.journal().await;
        assert_eq!((journal.moves(), journal.intents().len()), (vec!["opened", "approved"], 0));
        assert_eq!((self.office.writes(), self.office.is_new().await), (0, false));
    }

    /// It was asked once and ran once, as the journal says, and was charged once.
    pub(super) async fn it_ran_once(&mut self) {
        let journal = self.office.journal().await;
        assert_eq!((journal.moves(), journal.intents().len()), (vec!["opened", "approved"], 1));
        let [end] = journal.ends()[..] else { panic!("no end of the call") };
        assert_eq!((&end["outcome"]["result"], &end["given_back"]), (&json!("done"), &json!([])));
        assert_eq!((self.office.writes(), self.office.spent().await), (1, 1));
    }

    /// Its story is over: the same call is a new one, the person is told that it ran before, and refuses.
    pub(super) async fn it_is_over(mut self) {
        let call = self.begin().await;
        let card = self.house("question").await;
        assert!(card["content"]["ran_before"].is_u64(), "{card}");
        self.house("deny").await;
        let error = self.bridge().finish(call).await.error()["error"].take();
        assert_eq!(error["code"], "denied_by_person", "{error}");
        self.office.ends_well().await;
    }
}
