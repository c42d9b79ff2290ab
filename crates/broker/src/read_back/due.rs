//! Calls that are still to be read back: tried again until Odoo answers, each for longer apart, and never in the way of calls.

use super::{AT_WORK, Change, Verdict};
use crate::state::Broker;
use gatehouse_core::{CallId, Category, ConnectionId, JournalEvent, Timestamp};
use gatehouse_store::{PayloadState, Unknown};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// The wait before the second try; doubled for each one after.
const FIRST_WAIT: Duration = Duration::from_secs(2);
const LONGEST_WAIT: Duration = Duration::from_mins(10);

/// What waits for its turn.
#[derive(Default)]
pub(crate) struct ReadBacks(Mutex<Vec<Due>>);

struct Due {
    what: What,
    connection: ConnectionId,
    /// Not before this.
    next: Timestamp,
    wait: Duration,
}

enum What {
    Sent(Box<Change>),
    /// Of an earlier run: what it sent stands in the journal, and can be read once the vault is open.
    WrittenDown(Box<Unknown>),
}

/// What a try came to.
enum Tried {
    Final(CallId, Verdict),
    /// Again, at this moment at the earliest; and the wait after that one.
    Again(What, Timestamp, Duration),
}

impl ReadBacks {
    pub(crate) fn add(&self, change: Change, now: Timestamp) {
        self.push(change.connection.clone(), What::Sent(Box::new(change)), now.plus(FIRST_WAIT));
    }

    /// The connection has just been signed in to: what is looked for there is looked for now.
    pub(crate) fn hurry(&self, connection: &ConnectionId, now: Timestamp) {
        for due in self.lock().iter_mut().filter(|due| due.connection == *connection) {
            // A verdict that waits for Odoo to end its work keeps its moment.
            if due.wait > FIRST_WAIT {
                due.next = due.next.min(now);
                due.wait = FIRST_WAIT;
            }
        }
    }

    fn push(&self, connection: ConnectionId, what: What, next: Timestamp) {
        self.lock().push(Due { what, connection, next, wait: FIRST_WAIT });
    }

    fn take(&self, now: Timestamp) -> Vec<Due> {
        self.lock().extract_if(.., |due| due.next <= now).collect()
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Due>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Broker {
    /// What earlier runs left unknown is read back once there is a vault and Odoo answers.
    pub(crate) fn read_back_later(&self) {
        let now = self.now();
        for unknown in self.0.store.unknown_outcomes().unwrap_or_default() {
            let JournalEvent::Intent { of, .. } = &unknown.intent.event else { continue };
            // Steps of a plan are read back themselves.
            let is_read_back = of.category != Category::Read && of.model.is_some() && of.tool != crate::tools::PLAN;
            if let (Some(connection), true) = (of.connection.clone(), is_read_back) {
                self.0.read_backs.push(connection, What::WrittenDown(Box::new(unknown)), now);
            }
        }
    }

    /// Looks for what is due, in the background, one after the other.
    pub(crate) fn read_back_what_is_due(&self) {
        if self.vault().is_err() {
            return;
        }
        let due = self.0.read_backs.take(self.now());
        if due.is_empty() {
            return;
        }
        let broker = self.clone();
        tokio::spawn(async move {
            for Due { what, connection, wait, .. } in due {
                match Box::pin(broker.try_read_back(what, wait)).await {
                    Tried::Final(call, verdict) => broker.note_read_back(call, &verdict),
                    Tried::Again(what, next, wait) => {
                        broker.0.read_backs.lock().push(Due { what, connection, next, wait });
                    }
                }
            }
        });
    }

    async fn try_read_back(&self, what: What, wait: Duration) -> Tried {
        let later = |what| Tried::Again(what, self.now().plus(wait), (wait * 2).min(LONGEST_WAIT));
        let change = match what {
            What::Sent(change) => change,
            What::WrittenDown(unknown) => match self.change_of(&unknown) {
                Ok(Some(change)) => Box::new(change),
                Ok(None) => {
                    let JournalEvent::Intent { call, .. } = unknown.intent.event else {
                        return later(What::WrittenDown(unknown));
                    };
                    let lost = "What it sent is not kept any more, so nothing can be compared. Look into Odoo.";
                    return Tried::Final(call, Verdict::unclear(lost));
                }
                Err(()) => return later(What::WrittenDown(unknown)),
            },
        };
        match self.look(&change).await {
            Ok(verdict) if change.is_final(&verdict, self.now()) => Tried::Final(change.call.clone(), verdict),
            Ok(_) => {
                let next = change.ended_at.plus(AT_WORK);
                Tried::Again(What::Sent(change), next, FIRST_WAIT)
            }
            Err(error) => {
                tracing::info!(call = %change.call, code = ?error.code, "not read back yet");
                later(What::Sent(change))
            }
        }
    }

    /// What a call of the journal sent; `None` where that is gone, an error where it cannot be read yet.
    fn change_of(&self, unknown: &Unknown) -> Result<Option<Change>, ()> {
        let sealer = self.sealer().map_err(drop)?;
        let found = self.0.store.entry(unknown.intent.seq, Some(sealer.as_ref())).map_err(drop)?;
        Ok(match found {
            Some((_, PayloadState::Present(payload))) => {
                Change::written_down(&unknown.intent, &payload, unknown.settled_at)
            }
            _ => None,
        })
    }
}
