//! `user_connection_add`: a form that an agent fills in as far as it may and a person completes.

use crate::arrival::{Arrival, Stop};
use crate::desk::{Held, Loosening, Matter};
use crate::sheet::Sheet;
use crate::state::{Broker, new_ticket_id};
use crate::tools::{Call, Site};
use crate::view::{ConnectionDraft, LooseningCard, Navigation, Proposal, Topic};
use gatehouse_core::{
    AgentId, Connection, ConnectionId, EdgeError, Hasher, JournalEvent, Outcome, Protocol, Ticket, TicketId,
    TicketKind, TicketState, Tls,
};
use gatehouse_ipc::message::CallAnswer;
use serde_json::{Value, json};

impl Broker {
    /// Opens the form with what the agent proposed, or joins the one that is open, and waits for its outcome. Nothing
    /// is contacted before the person clicks.
    pub(crate) async fn propose(
        &self,
        arrival: &Arrival,
        site: &Site,
        call: &dyn Call,
        sheet: &mut Sheet,
    ) -> Result<(Result<CallAnswer, EdgeError>, Option<TicketId>), Stop> {
        let key = Hasher::new("form").part(site.agent.id.as_str().as_bytes()).json(&call.resolved()).finish();
        let open = self.0.desk.find(
            &key,
            &arrival.agent,
            &arrival.bridge,
            |bridge| self.0.bridges.is_live(bridge),
            self.now(),
        );
        let id = if let Some(id) = open {
            id
        } else {
            let decided = self.decide(site, call, &arrival.call.arguments);
            self.write_judgement(&decided, site, call, arrival, sheet);
            if let gatehouse_core::Decision::Deny(denial) = &decided.verdict.decision {
                return Err(crate::dispatch::refused(denial).into());
            }
            sheet.header.charges = self.reserve(&decided.verdict.charges)?.charges;
            // The form asks in any case.
            sheet.header.decision = "ask".into();
            let event = JournalEvent::Call {
                call: sheet.call.clone(),
                of: sheet.header.clone(),
                outcome: Outcome::Pending,
                duration_ms: 0,
            };
            self.note_with(event, sheet.take_kept().payload());
            let id = new_ticket_id();
            let ticket = Ticket::open(id.clone(), TicketKind::Form, key, key, self.now())
                .asked_by(arrival.agent.clone(), arrival.bridge.clone());
            let draft = draft_of(&id, &call.resolved());
            self.open_ticket(Held {
                agent: Some(Self::card_agent(arrival)),
                ..Held::new(ticket, format!("{} proposes a connection", arrival.agent), Matter::Form)
            });
            self.remember_proposal(id.clone(), draft);
            self.changed(&[Topic::Proposals]);
            self.raise_main(Some(Navigation { page: "connections".into(), connection: None })).await;
            id
        };
        sheet.recorded = true;
        self.await_ticket(arrival, &id).await
    }

    /// What agents proposed and the person has not answered.
    pub(crate) fn proposals(&self) -> Vec<Proposal> {
        let open = self.0.desk.collect(|held| {
            let waits = held.ticket.kind() == TicketKind::Form && *held.ticket.state() == TicketState::Waiting;
            waits.then(|| {
                (
                    held.ticket.id().clone(),
                    held.ticket.agent().cloned(),
                    held.ticket.opened_at(),
                    held.ticket.expires_at(),
                )
            })
        });
        open.into_iter()
            .filter_map(|(ticket, agent, at, expires_at)| {
                let draft = self.registry(|registry| registry.proposals.get(&ticket).cloned())?;
                Some(Proposal { ticket, agent: agent?, draft, at, expires_at })
            })
            .collect()
    }

    /// The person does not want the proposed connection.
    pub fn dismiss_proposal(&self, id: &TicketId) -> Result<(), EdgeError> {
        let now = self.now();
        self.0.desk.change(id, |held| held.ticket.deny(None, now).ok());
        self.forget_proposal(id);
        self.note_ticket(id, "denied");
        self.changed(&[Topic::Proposals]);
        Ok(())
    }

    /// The form was saved. Whether the agent may use the connection is a question of its own, in the approval window.
    pub(crate) fn answer_proposal(&self, form: &TicketId, connection: &Connection) {
        let Some(agent) = self.0.desk.look(form, |held| held.ticket.agent().cloned()).flatten() else { return };
        self.forget_proposal(form);
        self.changed(&[Topic::Proposals]);
        let connection = self.as_it_counts(connection.clone());
        self.ask_grant(&agent, &connection, Some(form));
    }

    /// Raises the card that lets an agent use one more connection. `form` waits for the answer.
    pub(crate) fn ask_grant(&self, agent: &AgentId, connection: &Connection, form: Option<&TicketId>) -> TicketId {
        let before = self.registry(|registry| {
            let grants = registry.agents.get(agent).map(|agent| agent.grants.clone()).unwrap_or_default();
            let names: Vec<_> =
                grants.iter().filter_map(|id| registry.connections.get(id)).map(|c| c.name.clone()).collect();
            names.join(", ")
        });
        let after = if before.is_empty() { connection.name.clone() } else { format!("{before}, {}", connection.name) };
        let card = LooseningCard {
            changes: vec![crate::view::FieldChange::new(
                "grants",
                format!("Connections that {agent} may use"),
                Some(if before.is_empty() { "none".into() } else { before }),
                Some(after),
            )],
        };
        let change = Loosening::Grant { agent: agent.clone(), connection: connection.id.clone(), form: form.cloned() };
        self.raise_loosening(format!("Let {agent} use “{}”?", connection.name), connection, card, change)
    }

    /// The person lets an agent use one more connection.
    pub(crate) async fn grant(
        &self,
        agent: &AgentId,
        connection: &ConnectionId,
        form: Option<&TicketId>,
    ) -> Result<(), EdgeError> {
        let connection = self.connection(connection)?;
        let granted = self
            .loosen_agent(agent, |agent| {
                if !agent.is_granted(&connection.id) {
                    agent.grants.push(connection.id.clone());
                }
            })
            .await;
        granted?;
        self.note(JournalEvent::Agent {
            agent: agent.clone(),
            change: "granted".into(),
            summary: connection.name.clone(),
        });
        self.lists_changed();
        if let Some(form) = form {
            self.settle_form(form, &connection, true);
        }
        Ok(())
    }

    /// A loosening card was refused: a form that waits for it learns that the connection exists all the same.
    pub(crate) fn loosening_refused(&self, id: &TicketId) {
        let grant = self.0.desk.look(id, |held| match &held.matter {
            Matter::Loosening { change, .. } => match change.as_ref() {
                Loosening::Grant { connection, form, .. } => form.clone().map(|form| (connection.clone(), form)),
                Loosening::Connection { .. } | Loosening::OpenModel { .. } => None,
            },
            _ => None,
        });
        if let Some((connection, form)) = grant.flatten()
            && let Ok(connection) = self.connection(&connection)
        {
            self.settle_form(&form, &connection, false);
        }
    }

    fn settle_form(&self, form: &TicketId, connection: &Connection, granted: bool) {
        let now = self.now();
        let next = if granted {
            "You may use it now: name it as connection, or call user_connection_activate."
        } else {
            "The user added it but does not let you use it."
        };
        let text = json!({
            "status": "added",
            "connection": connection.name,
            "host": connection.host(),
            "database": connection.database,
            "environment": connection.environment,
            "granted": granted,
            "next": next,
        });
        self.0.desk.change(form, |held| {
            held.result = Some(Ok(CallAnswer::text(text.to_string())));
            held.ticket.settle(now).ok()
        });
    }
}

/// The form as the agent's words fill it. The environment is only ever made stricter by them.
fn draft_of(ticket: &TicketId, resolved: &Value) -> ConnectionDraft {
    let text = |name: &str| resolved[name].as_str().unwrap_or_default().to_owned();
    let parsed = gatehouse_odoo::address::parse(&text("url")).ok();
    let loopback = parsed.as_ref().is_some_and(|address| address.is_loopback);
    let proposed = serde_json::from_value(resolved["environment"].clone()).ok();
    let start = gatehouse_core::Environment::default_for(loopback);
    ConnectionDraft {
        id: None,
        name: text("alias"),
        url: text("url"),
        database: text("db"),
        login: text("user"),
        environment: proposed.map_or(start, |proposed: gatehouse_core::Environment| proposed.min(start)),
        read_only: false,
        protocol: Protocol::Auto,
        tls: Tls::System,
        language: None,
        note: String::new(),
        tags: Vec::new(),
        favourite: false,
        proposal: Some(ticket.clone()),
    }
}
