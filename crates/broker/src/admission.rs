//! Which agents may call at all: admitted by a person, recognised by what the system sees of them.

use crate::arrival::{Arrival, Stop};
use crate::desk::{Held, Matter};
use crate::policy::PolicyChoice;
use crate::state::{Broker, new_ticket_id};
use crate::tools::{Site, counted};
use crate::view::{AdmissionCard, CardAgent};
use gatehouse_core::{
    Agent, AgentId, AgentStatus, Connection, ConnectionId, Digest, EdgeError, ErrorCode, Evidence, Hasher,
    JournalEvent, Ticket, TicketId, TicketKind, TicketState,
};

/// Where an agent stands.
pub(crate) enum Admitted {
    /// It may call.
    Yes(Agent),
    /// It may not, until the person resumes it.
    Paused,
    /// Nobody admitted it, or not this program.
    No {
        /// What may be done without admission is done as this.
        as_guest: Agent,
        /// The program admitted before under this name.
        was: Option<Evidence>,
    },
}

/// Programs that may wait to be admitted at once.
const OPEN_ADMISSIONS: usize = 5;

/// Which question an unadmitted program raises: its name and what the system saw of it.
pub(crate) fn admission_key(arrival: &Arrival) -> Digest {
    Hasher::new("admission")
        .part(arrival.agent.as_str().as_bytes())
        .part(arrival.evidence.program.as_bytes())
        .part(&arrival.evidence.inode.to_be_bytes())
        .part(&arrival.evidence.uid.to_be_bytes())
        .finish()
}

impl Broker {
    /// Where an agent stands, by its name and what the system saw of the program behind its bridge.
    pub(crate) fn admitted(&self, id: &AgentId, seen: &Evidence) -> Admitted {
        match self.registry(|registry| registry.agents.get(id).cloned()) {
            Some(agent) if agent.status == AgentStatus::Paused => Admitted::Paused,
            Some(agent) if agent.evidence.is_same_program(seen) => Admitted::Yes(agent),
            known => {
                Admitted::No { as_guest: guest(id, seen.clone(), self.now()), was: known.map(|agent| agent.evidence) }
            }
        }
    }

    /// The arriving agent as one that nobody admitted.
    pub(crate) fn guest(&self, arrival: &Arrival) -> Agent {
        guest(&arrival.agent, arrival.evidence.clone(), self.now())
    }

    /// Whether an agent has been stopped: itself, all of them, or the app.
    pub(crate) fn is_stopped_for(&self, id: &AgentId) -> bool {
        let paused = |registry: &crate::sealed::Registry| {
            registry.agents.get(id).is_none_or(|agent| agent.status == AgentStatus::Paused)
        };
        self.is_stopping() || self.is_paused() || self.registry(paused)
    }

    /// Raises the admission card, or joins the one that is up, and waits. Comes back with the agent once admitted.
    pub(crate) async fn ask_admission(&self, arrival: &Arrival, was: Option<Evidence>) -> Result<Agent, Stop> {
        // It could never be told again from another one, so a person's yes would admit nobody.
        if arrival.evidence.program.is_empty() {
            return Err(EdgeError::new(
                ErrorCode::NotAdmitted,
                "The system does not tell which program runs this bridge, so the user cannot admit it. Start the bridge \
                 from the agent's own program, as the same user as Gatehouse, and call again.",
            )
            .into());
        }
        let key = admission_key(arrival);
        let open = self.0.desk.collect(|held| {
            let waits = *held.ticket.state() == TicketState::Waiting && *held.ticket.call_key() == key;
            waits.then(|| held.ticket.id().clone())
        });
        let id = if let Some(id) = open.into_iter().next() {
            id
        } else {
            let waiting = self.0.desk.collect(|held| {
                let waits = held.ticket.kind() == TicketKind::Admission && *held.ticket.state() == TicketState::Waiting;
                waits.then_some(())
            });
            if waiting.len() >= OPEN_ADMISSIONS {
                return Err(EdgeError::new(
                    ErrorCode::TooMuch,
                    "Too many programs wait to be admitted. The user has to answer those in Gatehouse first.",
                )
                .into());
            }
            let now = self.now();
            let room = self.0.desk.check_newcomers(now).and_then(|()| self.0.desk.check_budget(&arrival.agent, now));
            room.map_err(|denial| crate::dispatch::refused(&denial))?;
            let (connections, granted) = self.registry(|registry| {
                let live: Vec<Connection> =
                    registry.connections.values().filter(|c| c.deleted_at.is_none()).cloned().collect();
                let granted = registry.agents.get(&arrival.agent).map(|agent| agent.grants.clone()).unwrap_or_default();
                (live, granted)
            });
            let connections: Vec<_> =
                connections.into_iter().map(|c| crate::cards::badge(&self.as_it_counts(c))).collect();
            let sentence = match &was {
                Some(was) if was.program == arrival.evidence.program => {
                    format!("The program of {} was updated or replaced", arrival.agent)
                }
                Some(_) => format!("Another program calls itself {}", arrival.agent),
                None => format!("Let {} use your Odoo connections?", arrival.agent),
            };
            let ticket = Ticket::open(new_ticket_id(), TicketKind::Admission, key, key, self.now())
                .asked_by(arrival.agent.clone(), arrival.bridge.clone());
            let (source, preset) = self.policy_of_agent(&arrival.agent);
            let (own, choices) = self.policy_choices(&arrival.agent);
            let card = AdmissionCard {
                tool: arrival.call.name.chars().take(64).collect(),
                was,
                connections,
                granted,
                policy:
                    "Your policies apply, and each connection's own. Where you chose none, on production: reads run by \
                         themselves, sensitive reads and every change are asked about one by one."
                        .into(),
                source,
                preset,
                choices,
            };
            let id = ticket.id().clone();
            self.open_ticket(Held {
                agent: Some(Self::card_agent(arrival)),
                waits_until: Some(arrival.hold_until),
                ..Held::new(ticket, sentence, Matter::Admission { card: Box::new(card), own })
            });
            self.announce(&id);
            id
        };
        match self.await_ticket(arrival, &id).await?.0 {
            Ok(_) => match self.admitted(&arrival.agent, &arrival.evidence) {
                Admitted::Yes(agent) => Ok(agent),
                _ => Err(EdgeError::new(ErrorCode::NotAdmitted, "The user has not admitted this agent.").into()),
            },
            Err(error) if error.code == ErrorCode::DeniedByPerson => {
                Err(EdgeError { code: ErrorCode::NotAdmitted, ..error }.into())
            }
            Err(error) => Err(error.into()),
        }
    }

    /// The person admitted the agent of a ticket, for these connections and with this policy of its own. The policy is
    /// written and in force before the agent may call; where that fails nobody is admitted.
    pub(crate) async fn admit_agent(
        &self,
        asked: CardAgent,
        connections: Vec<ConnectionId>,
        choice: PolicyChoice,
    ) -> Result<(), EdgeError> {
        let known = self.registry(|registry| {
            connections.iter().all(|id| registry.connections.get(id).is_some_and(|c| c.deleted_at.is_none()))
        });
        if !known {
            return Err(EdgeError::new(ErrorCode::UnknownConnection, "One of these connections is gone."));
        }
        let now = self.now();
        let was = self.registry(|registry| registry.agents.get(&asked.id).cloned());
        let agent = Agent {
            id: asked.id,
            evidence: asked.evidence,
            status: AgentStatus::Admitted,
            grants: connections,
            admitted_at: now,
            last_seen: now,
        };
        let summary = format!("{}, {}", agent.evidence.program, counted(agent.grants.len(), "connection"));
        self.drop_standing(|standing| standing.agent == agent.id);
        let editing = self.0.editing.lock().await;
        let admitted = match self.choose_policy_while_editing(&agent.id, choice).await {
            Ok(()) => self.put_agent_while_editing(agent.clone()).await,
            refused => refused,
        };
        drop(editing);
        admitted?;
        if !was.is_some_and(|was| was.evidence.is_same_program(&agent.evidence)) {
            self.void_tickets("another program was admitted under this name", |held| {
                held.ticket.kind() != TicketKind::Admission && held.ticket.agent() == Some(&agent.id)
            });
            self.0.desk.disown(&agent.id);
        }
        self.note(JournalEvent::Agent { agent: agent.id, change: "admitted".into(), summary });
        self.lists_changed();
        Ok(())
    }

    /// Pauses or resumes one agent. Pausing voids its tickets at once.
    pub async fn pause_agent(&self, id: &AgentId, paused: bool) -> Result<(), EdgeError> {
        if paused {
            let written = self.tighten_agent(id, |agent| agent.status = AgentStatus::Paused).await;
            self.drop_standing(|standing| standing.agent == *id);
            self.void_tickets("the user paused this agent", |held| held.ticket.agent() == Some(id));
            written?;
        } else {
            self.loosen_agent(id, |agent| agent.status = AgentStatus::Admitted).await?;
        }
        let change = if paused { "paused" } else { "resumed" };
        self.note(JournalEvent::Agent { agent: id.clone(), change: change.into(), summary: String::new() });
        Ok(())
    }

    /// Takes an agent's admission and all its grants away.
    pub async fn revoke_agent(&self, id: &AgentId) -> Result<(), EdgeError> {
        self.known_agent(id)?;
        self.drop_standing(|standing| standing.agent == *id);
        self.void_tickets("the user revoked this agent", |held| held.ticket.agent() == Some(id));
        self.forget_agent(id).await?;
        self.note(JournalEvent::Agent { agent: id.clone(), change: "revoked".into(), summary: String::new() });
        Ok(())
    }

    /// Takes one connection from an agent, at once: its tickets there become void.
    ///
    /// # Errors
    /// There is no such agent, or the store cannot be written.
    pub async fn revoke_grant(&self, id: &AgentId, connection: &ConnectionId) -> Result<(), EdgeError> {
        self.known_agent(id)?;
        self.drop_standing(|standing| standing.agent == *id && standing.connection == *connection);
        self.tighten_agent(id, |agent| agent.grants.retain(|granted| granted != connection)).await?;
        self.void_tickets("the user took this connection from the agent", |held| {
            held.ticket.agent() == Some(id) && held.ticket.connection() == Some(connection)
        });
        let summary = self.registry(|registry| registry.connections.get(connection).map(|known| known.name.clone()));
        self.note(JournalEvent::Agent {
            agent: id.clone(),
            change: "ungranted".into(),
            summary: summary.unwrap_or_default(),
        });
        self.lists_changed();
        Ok(())
    }

    /// Asks, in the approval window, to let an agent use one more connection.
    ///
    /// # Errors
    /// There is no such agent or connection.
    pub fn grant_connection(&self, id: &AgentId, connection: &ConnectionId) -> Result<TicketId, EdgeError> {
        self.known_agent(id)?;
        let connection = self.connection(connection)?;
        Ok(self.ask_grant(id, &connection, None))
    }

    /// Pauses or resumes every agent. From this instant every call is refused and every ticket void; a write already
    /// sent finishes and is written down.
    pub async fn pause_all(&self, paused: bool) -> Result<(), EdgeError> {
        self.0.paused.store(paused, std::sync::atomic::Ordering::SeqCst);
        if paused {
            self.drop_standing(|_| true);
            self.void_tickets("the user paused every agent", |held| held.ticket.agent().is_some());
        }
        self.note(JournalEvent::AllAgents { paused });
        self.changed(&[crate::view::Topic::Agents, crate::view::Topic::Approvals]);
        self.put_setting("paused", if paused { "yes" } else { "no" }).await
    }

    pub(crate) fn card_agent(arrival: &Arrival) -> CardAgent {
        let claims = arrival.call.client.as_ref().map(|client| format!("{} {}", client.name, client.version));
        CardAgent { id: arrival.agent.clone(), evidence: arrival.evidence.clone(), claims }
    }

    fn known_agent(&self, id: &AgentId) -> Result<Agent, EdgeError> {
        self.registry(|registry| registry.agents.get(id).cloned())
            .ok_or_else(|| EdgeError::new(ErrorCode::NotAdmitted, "There is no such agent."))
    }
}

impl Site {
    /// The connections that the calling agent may use, by name.
    pub(crate) fn granted(&self) -> Vec<Connection> {
        let mut granted = self.broker.registry(|registry| {
            let live = registry.connections.values().filter(|c| c.deleted_at.is_none());
            live.filter(|c| self.agent.is_granted(&c.id)).cloned().collect::<Vec<_>>()
        });
        for connection in &mut granted {
            *connection = self.broker.as_it_counts(connection.clone());
        }
        granted.sort_by_key(|a| a.name.to_lowercase());
        granted
    }
}

fn guest(id: &AgentId, evidence: Evidence, now: gatehouse_core::Timestamp) -> Agent {
    Agent {
        id: id.clone(),
        evidence,
        status: AgentStatus::Admitted,
        grants: Vec::new(),
        admitted_at: now,
        last_seen: now,
    }
}
