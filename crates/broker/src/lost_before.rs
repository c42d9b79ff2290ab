//! The same call, sent earlier, and what came of it is not known: tickets live in memory and end with the app, the journal
//! does not forget.

use crate::state::Broker;
use gatehouse_core::{AgentId, CallId, Digest, Finding, JournalEvent, Outcome};
use gatehouse_store::{Line, PayloadState};
use serde_json::{Value, json};
use std::time::Duration;

/// How far back an equal call is looked for.
const LATELY: Duration = Duration::from_hours(24);
/// Calls of the agent that are looked at, newest first.
const LOOKED_AT: usize = 500;
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
        let (mut lost, mut looked_at) = (Vec::new(), 0);
        let looked = self.0.store.sent_since(agent, now.minus(LATELY), |line| {
            lost.extend(lost_call(&line));
            looked_at += 1;
            looked_at < LOOKED_AT
        });
        if looked.is_err() {
            return None;
        }
        let sealer = self.sealer().ok();
        lost.into_iter().find_map(|(call, applied)| {
            let sent = self.0.store.sent_call(&call, sealer.as_deref()).ok()??;
            let PayloadState::Present(payload) = &sent.sent else { return None };
            if payload.get(KEY) != Some(&json!(key)) {
                return None;
            }
            let minutes = now.since(sent.line.entry.at).as_secs() / 60;
            let when = match minutes {
                0 => "less than a minute ago".to_owned(),
                1 => "a minute ago".to_owned(),
                minutes if minutes < 120 => format!("{minutes} minutes ago"),
                minutes => format!("{} hours ago", minutes / 60),
            };
            let what = if applied { "and it was applied" } else { "and what came of it is not known" };
            Some(format!("The same call was sent {when}, {what}: look in Odoo before it is sent again."))
        })
    }
}

/// A change whose answer never came, and whether it was found applied; none of one that was found not to be.
fn lost_call(line: &Line) -> Option<(CallId, bool)> {
    let JournalEvent::Intent { call, .. } = &line.entry.event else { return None };
    let settled = line.settled.as_ref().map(|entry| &entry.event);
    let Some(JournalEvent::Settled { outcome: Outcome::Unknown { .. }, .. }) = settled else { return None };
    match line.read_back.as_ref().map(|entry| &entry.event) {
        Some(JournalEvent::ReadBack { finding: Finding::NotApplied, .. }) => None,
        Some(JournalEvent::ReadBack { finding: Finding::Applied, .. }) => Some((call.clone(), true)),
        _ => Some((call.clone(), false)),
    }
}
