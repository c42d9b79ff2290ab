//! Taking calls back: the person asks, from the journal or right after an approval; the card shows what would be sent; the
//! approval window alone decides; it then runs at once, by the person's own hand.

mod carried;
mod chosen;
mod place;
mod plain;
mod prepared;
mod recalled;
mod recent;
mod sifted;
mod there;

use crate::desk::{Held, Matter};
use crate::state::{Broker, new_ticket_id};
use crate::view::UndoCard;
use gatehouse_core::{AgentId, CallId, Digest, EdgeError, ErrorCode, Hasher, Ticket, TicketId, TicketKind, Timestamp};
pub(crate) use prepared::Prepared;
use std::time::Duration;

/// How far back all that an agent changed is taken back.
const LATELY: Duration = Duration::from_hours(1);

/// What the person asked to take back.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Asked {
    /// One call.
    Call(CallId),
    /// What an agent changed between these moments.
    Agent { agent: AgentId, since: Timestamp, until: Timestamp },
}

impl Asked {
    /// The same for everything that is asked twice.
    fn key(&self) -> Digest {
        let hasher = Hasher::new("undo asked");
        match self {
            Self::Call(call) => hasher.part(b"call").part(call.as_str().as_bytes()),
            Self::Agent { agent, .. } => hasher.part(b"agent").part(agent.as_str().as_bytes()),
        }
        .finish()
    }
}

impl Broker {
    /// Asks the person, in the approval window, to take one call back.
    ///
    /// # Errors
    /// Where it has no way back, was taken back already, nothing is left to take back, or its connection is not there, moved,
    /// signed out or read only.
    pub async fn undo_call(&self, call: &CallId) -> Result<TicketId, EdgeError> {
        self.ask_undo(Asked::Call(call.clone())).await
    }

    /// The same for what an agent changed in the last hour: the newest first, at most 50 calls, until the first that cannot be
    /// taken back or that somebody's change since stands against.
    ///
    /// # Errors
    /// As [`Broker::undo_call`], of the newest call.
    pub async fn undo_agent(&self, agent: &AgentId) -> Result<TicketId, EdgeError> {
        let until = self.now();
        self.ask_undo(Asked::Agent { agent: agent.clone(), since: until.minus(LATELY), until }).await
    }

    async fn ask_undo(&self, asked: Asked) -> Result<TicketId, EdgeError> {
        self.vault()?;
        let prepared = self.prepare_undo(&asked).await?;
        Ok(self.raise_undo(asked, prepared, None))
    }

    /// Puts the card on the desk. `seen` is the card that this one takes the place of.
    fn raise_undo(&self, asked: Asked, prepared: Prepared, seen: Option<&UndoCard>) -> TicketId {
        let id = new_ticket_id();
        let Prepared { mut card, digest, site, .. } = prepared;
        if let Some(seen) = seen {
            mark_drift(&mut card, seen);
        }
        let place = site.connection.as_ref().map(|connection| connection.name.as_str()).unwrap_or_default();
        let agent = &site.agent.id;
        let sentence = match card.calls.as_slice() {
            [only] => format!("Take back what {agent} did in {place}: {}", only.summary),
            calls => format!("Take back {} calls of {agent} in {place}", calls.len()),
        };
        let mut ticket = Ticket::open(id.clone(), TicketKind::Undo, asked.key(), digest, self.now());
        if let Some(connection) = &site.connection {
            ticket = ticket.about(connection.id.clone());
        }
        self.void_tickets(
            "it was asked anew",
            |held| matches!(&held.matter, Matter::Undo { asked: other, .. } if other.key() == asked.key()),
        );
        self.open_ticket(Held {
            badge: site.connection.as_ref().map(crate::cards::badge),
            ..Held::new(ticket, sentence, Matter::Undo { card: Box::new(card), asked })
        });
        self.announce(&id);
        id
    }
}

/// Marks the values that are not what the person saw on the card before.
fn mark_drift(card: &mut UndoCard, seen: &UndoCard) {
    for step in &mut card.steps {
        let old = seen.steps.iter().filter(|old| old.model == step.model).flat_map(|old| &old.records);
        let old: Vec<_> = old.flat_map(|record| record.fields.iter().map(move |field| (record.id, field))).collect();
        for record in &mut step.records {
            for field in &mut record.fields {
                let was = old.iter().find(|(id, old)| *id == record.id && old.field == field.field);
                field.drifted = was.is_none_or(|(_, old)| old.before != field.before || old.after != field.after);
            }
        }
    }
}

fn no_way_back(why: &str) -> EdgeError {
    EdgeError::new(ErrorCode::Denied, why)
}
