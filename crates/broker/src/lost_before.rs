//! The same call, sent earlier, and what came of it is not known: tickets live in memory and end with the app, the journal
//! does not forget.

use crate::state::Broker;
use gatehouse_core::{AgentId, Digest, Finding, JournalEvent};
use gatehouse_store::PayloadState;
use serde_json::{Value, json};
use std::time::Duration;

/// How far back an equal call is looked for.
const LATELY: Duration = Duration::from_hours(24);
/// Calls that are looked at, newest first.
const LOOKED_AT: u32 = 100;
/// Where an intent keeps what tells equal calls.
const KEY: &str = "call_key";

/// Puts into an intent's payload what an equal call is known by.
pub(crate) fn keep_key(payload: &mut Value, key: &Digest) {
    payload[KEY] = json!(key);
}

impl Broker {
    /// A sentence for the card of a call that was sent before, where nobody knows what came of it.
    pub(crate) fn lost_before(&self, agent: &AgentId, key: &Digest) -> Option<String> {
        let now = self.now();
        let lost = self.0.store.lost_calls(LOOKED_AT).ok()?;
        let sealer = self.sealer().ok();
        let (equal, what) = lost.iter().find_map(|call| {
            let sent = self.0.store.sent_call(call, sealer.as_deref()).ok()??;
            let of_agent = matches!(&sent.line.entry.event, JournalEvent::Intent { of, .. } if of.agent == *agent);
            let is_equal =
                matches!(&sent.sent, PayloadState::Present(payload) if payload.get(KEY) == Some(&json!(key)));
            let what = match sent.line.read_back.as_ref().map(|entry| &entry.event) {
                Some(JournalEvent::ReadBack { finding: Finding::NotApplied, .. }) => return None,
                Some(JournalEvent::ReadBack { finding: Finding::Applied, .. }) => "and it was applied",
                _ => "and what came of it is not known",
            };
            (of_agent && is_equal && now.since(sent.line.entry.at) < LATELY).then_some((sent.line, what))
        })?;
        let when = match now.since(equal.entry.at).as_secs() / 60 {
            0 => "less than a minute ago".to_owned(),
            1 => "a minute ago".to_owned(),
            minutes if minutes < 120 => format!("{minutes} minutes ago"),
            minutes => format!("{} hours ago", minutes / 60),
        };
        Some(format!("The same call was sent {when}, {what}: look in Odoo before it is sent again."))
    }
}
