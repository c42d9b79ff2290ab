//! Cards and badges: what the windows draw of tickets and connections.

use crate::approver::has_card;
use crate::desk::{Held, Matter};
use crate::state::Broker;
use crate::view::{Approvals, Card, CardContent, ConnectionBadge, TicketView};
use gatehouse_core::Connection;

/// How a connection is shown where something is decided about it.
pub(crate) fn badge(connection: &Connection) -> ConnectionBadge {
    ConnectionBadge {
        id: connection.id.clone(),
        name: connection.name.clone(),
        environment: connection.environment,
        host: connection.host().to_owned(),
        database: connection.database.clone(),
        login: connection.login.clone(),
    }
}

/// The card of a ticket that waits.
pub(crate) fn card(held: &Held) -> Option<Card> {
    if !has_card(held) {
        return None;
    }
    let content = match &held.matter {
        Matter::Call { card, .. } => CardContent::Call(card.clone()?),
        Matter::Admission { card, .. } => CardContent::Admission(card.as_ref().clone()),
        Matter::Loosening { card, .. } => CardContent::Loosening(card.clone()),
        Matter::Policy { card, .. } => CardContent::Policy(card.as_ref().clone()),
        Matter::Pin(card) => CardContent::Pin(card.clone()),
        Matter::Undo { card, .. } => CardContent::Undo(card.as_ref().clone()),
        Matter::Form => return None,
    };
    Some(Card {
        ticket: held.ticket.id().clone(),
        digest: *held.ticket.digest(),
        agent: held.agent.clone(),
        connection: held.badge.clone(),
        sentence: held.sentence.clone(),
        opened_at: held.ticket.opened_at(),
        expires_at: held.ticket.expires_at(),
        held_until: held.waits_until,
        content,
        pin: None,
        pin_is_gone: false,
    })
}

impl Broker {
    /// The Approvals page.
    pub fn approvals(&self) -> Approvals {
        let all = self.0.desk.collect(|held| (!held.is_silent()).then(|| view(held)));
        let (open, mut ended): (Vec<_>, Vec<_>) = all.into_iter().partition(|ticket| ticket.state.is_open());
        ended.reverse();
        ended.truncate(200);
        Approvals { now: self.now(), open, ended }
    }
}

fn view(held: &Held) -> TicketView {
    TicketView {
        id: held.ticket.id().clone(),
        kind: held.ticket.kind(),
        agent: held.ticket.agent().cloned(),
        connection: held.badge.clone(),
        sentence: held.sentence.clone(),
        state: held.ticket.state().clone(),
        opened_at: held.ticket.opened_at(),
        expires_at: held.ticket.expires_at(),
    }
}
