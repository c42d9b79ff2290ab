//! A cell of the crash matrix: a write that a person is asked about, brought to one point of its way.

use gatehouse_tests::line::Writes;
use gatehouse_tests::{Bridge, Called, Office};
use serde_json::json;

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
    pub(super) office: Office,
    pub(super) bridge: Bridge,
    call: u64,
}

impl Cell {
    /// An admitted agent's write of one field, that has come to the point and is held there.
    pub(super) async fn held(at: At) -> Self {
        let mut office = Office::open().await;
        let bridge = office.admitted("claude-code").await;
        let mut cell = Self { at, office, bridge, call: 0 };
        cell.come_to_the_point().await;
        cell
    }

    async fn come_to_the_point(&mut self) {
        if let Some(point) = self.at.point() {
            self.office.house.tell(json!({ "do": "arm", "point": point })).await;
        }
        if let At::Sent(writes) = self.at {
            self.office.line.set(writes);
        }
        self.call = self.begin().await;
        if self.at.is_approved() {
            self.office.house.please("approve").await;
        }
        if self.at.point().is_some() {
            self.office.house.reached().await;
        } else {
            self.office.line.has_lost_one().await;
        }
    }

    /// Calls, and goes on. Always the same call.
    pub(super) async fn begin(&mut self) -> u64 {
        self.bridge.begin("odoo_write", self.office.write()).await
    }

    /// The answer to the call that was held.
    pub(super) async fn answer(&mut self) -> Called {
        self.bridge.finish(self.call).await
    }

    /// Another bridge of the same agent, after the first one died.
    pub(super) async fn another_bridge(&mut self) {
        self.bridge = self.office.bridge("claude-code").await;
    }

    /// The same call once more. It is a new call, and a person is asked: what is there already is refused, what is not is
    /// approved. In the end it was written once.
    pub(super) async fn same_call_again(mut self) {
        let before = self.office.writes();
        let call = self.begin().await;
        if self.office.is_new().await {
            self.office.house.please("deny").await;
            let error = self.bridge.finish(call).await.error()["error"].take();
            assert_eq!(error["code"], "denied_by_person", "{error}");
        } else {
            assert_eq!(before, 0);
            self.office.house.please("approve").await;
            let answer = self.bridge.finish(call).await.ok();
            assert!(answer["status"] == "written" && answer.get("replayed").is_none(), "{answer}");
        }
        self.office.ends_well().await;
    }
}
