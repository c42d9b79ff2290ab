//! Changing a layer: tightening is in force at once, what may let agents do more waits on a card.

use super::LayerId;
use super::layers::{EditedLayer, PolicyText, Unreadable};
use super::stored::Stored;
use crate::desk::{Held, Matter};
use crate::state::{Broker, new_ticket_id};
use crate::view::{PolicyCard, PolicyEdit, PolicySaved, Topic};
use gatehouse_core::{Decision, EdgeError, ErrorCode, Hasher, JournalEvent, Ticket, TicketId, TicketKind, TicketState};
use gatehouse_ipc::message::Event;
use gatehouse_policy::{Loosened, loosened};
use serde_json::json;
use std::collections::BTreeSet;
use std::sync::Arc;

/// A change of a layer, as a card shows it.
#[derive(Debug, Clone)]
pub(crate) struct PolicyChange {
    pub(crate) layer: LayerId,
    pub(crate) edit: PolicyEdit,
}

/// How a change came to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Origin {
    /// Saved in the window, and no looser than before.
    Tightening,
    /// Accepted on a card: saved in the window before, or chosen with an admission.
    Card,
    /// Edited in the file and accepted on a card.
    File,
}

impl Broker {
    /// Saves an edit of a layer. Tightening is in force at once; what may loosen waits in the approval window. A text with
    /// errors, a layer that is not there and the administrator's are refused.
    pub async fn save_policy(&self, layer: &str, edit: PolicyEdit) -> Result<PolicySaved, EdgeError> {
        let layer = LayerId::parse(layer)?;
        self.vault()?;
        let editing = self.0.editing.lock().await;
        let saved = self.save_while_editing(PolicyChange { layer, edit }).await;
        drop(editing);
        if let Ok(PolicySaved::NeedsApproval { ticket }) = &saved {
            self.announce(ticket);
        }
        saved
    }

    /// Saves an earlier state of a layer again.
    pub async fn restore_policy(&self, layer: &str, save: u64) -> Result<PolicySaved, EdgeError> {
        let id = LayerId::parse(layer)?;
        let kept =
            self.in_force().edited(&id).and_then(|layer| layer.stored.saves.iter().find(|s| s.id == save).cloned());
        let kept = kept.ok_or_else(|| {
            EdgeError::new(ErrorCode::RecordMissing, "That earlier state is no longer kept; the last ten are.")
        })?;
        self.save_policy(layer, kept.edit).await
    }

    async fn save_while_editing(&self, change: PolicyChange) -> Result<PolicySaved, EdgeError> {
        self.must_be_editable(&change.layer)?;
        let after = self.policy_of(&change.layer, &change.edit).map_err(Unreadable::edge)?;
        let before = self.policy_in(&change.layer)?;
        let id = change.layer.clone();
        self.void_tickets("a newer edit took its place", |held| waits_on(held, &id));
        let now = self.in_force().edited(&change.layer).cloned().unwrap_or_default();
        if now.stored.edit == change.edit && now.fault.is_none() && !now.unwritten {
            self.changed(&[Topic::Policy]);
            return Ok(PolicySaved::Saved);
        }
        let points = looser(before.as_deref(), after.as_deref());
        if points.is_empty() {
            self.apply_while_editing(change, after, Origin::Tightening).await?;
            return Ok(PolicySaved::Saved);
        }
        let name = self.name_of(&change.layer);
        let sentence = match &change.layer {
            LayerId::Managed | LayerId::User => "Loosen your policy?".to_owned(),
            LayerId::Connection(_) => format!("Loosen the policy of “{name}”?"),
            LayerId::Agent(_) => format!("Loosen the policy of the agent {name}?"),
        };
        let card = PolicyCard {
            layer: change.layer.to_string(),
            name,
            path: None,
            before: before.map(|before| before.text.clone()).unwrap_or_default(),
            after: after.map(|after| after.text.clone()).unwrap_or_default(),
            loosened: points.into_iter().map(|point| point.message).collect(),
            errors: Vec::new(),
        };
        let ticket = self.open_policy_card(TicketKind::Loosening, sentence, card, change);
        self.changed(&[Topic::Policy]);
        Ok(PolicySaved::NeedsApproval { ticket })
    }

    /// Puts a change of policy on the desk.
    pub(crate) fn open_policy_card(
        &self,
        kind: TicketKind,
        sentence: String,
        card: PolicyCard,
        change: PolicyChange,
    ) -> TicketId {
        let id = new_ticket_id();
        let key = Hasher::new("policy edit")
            .part(card.layer.as_bytes())
            .part(card.before.as_bytes())
            .part(card.after.as_bytes())
            .finish();
        let mut ticket = Ticket::open(id.clone(), kind, key, key, self.now());
        let mut badge = None;
        if let LayerId::Connection(connection) = &change.layer {
            ticket = ticket.about(connection.clone());
            badge = self.connection(connection).ok().map(|connection| crate::cards::badge(&connection));
        }
        self.open_ticket(Held {
            badge,
            ..Held::new(ticket, sentence, Matter::Policy { card: Box::new(card), change: Box::new(change) })
        });
        id
    }

    /// The person accepted a change of policy: exactly the text that was on the card, whatever a file says by now.
    pub(crate) async fn accept_policy(&self, id: &TicketId) -> Result<(), EdgeError> {
        let editing = self.0.editing.lock().await;
        let accepted = self.accept_while_editing(id).await;
        drop(editing);
        accepted
    }

    async fn accept_while_editing(&self, id: &TicketId) -> Result<(), EdgeError> {
        let approved = self.0.desk.look(id, |held| match (&held.matter, held.ticket.state()) {
            (Matter::Policy { card, change }, TicketState::Approved { .. }) => {
                Some((card.as_ref().clone(), change.as_ref().clone()))
            }
            _ => None,
        });
        let (card, change) =
            approved.flatten().ok_or_else(|| EdgeError::new(ErrorCode::Internal, "no edit to accept"))?;
        self.must_be_editable(&change.layer)?;
        let before = self.policy_in(&change.layer)?;
        let after = self.policy_of(&change.layer, &change.edit).map_err(Unreadable::edge)?;
        let text = |policy: &Option<Arc<PolicyText>>| policy.as_ref().map(|p| p.text.clone()).unwrap_or_default();
        if text(&before) != card.before || text(&after) != card.after {
            return Err(EdgeError::new(
                ErrorCode::Drifted,
                "The policy has changed since this card was made; nothing was applied. Save your edit again.",
            ));
        }
        let origin = if card.path.is_some() { Origin::File } else { Origin::Card };
        self.apply_while_editing(change, after, origin).await
    }

    /// Puts a change in force: a tightening at once, everything else only once it is written.
    pub(super) async fn apply_while_editing(
        &self,
        change: PolicyChange,
        policy: Option<Arc<PolicyText>>,
        origin: Origin,
    ) -> Result<(), EdgeError> {
        let PolicyChange { layer: id, edit } = change;
        let now = self.in_force().edited(&id).cloned().unwrap_or_default();
        let before = self.policy_in(&id)?;
        let same = now.stored.edit == edit;
        let stored = if same { now.stored.clone() } else { now.stored.replaced(edit, before.as_ref(), self.now()) };
        let own = policy.clone().filter(|_| stored.edit != PolicyEdit::Absent);
        let layer = |unwritten| EditedLayer { stored: stored.clone(), policy: own.clone(), fault: None, unwritten };
        let file_follows = id == LayerId::User && origin != Origin::File;
        let at_once = origin == Origin::Tightening;
        if at_once {
            self.put_layer(&id, layer(true), file_follows);
        }
        let written = self.write_layer(&id, &stored).await;
        if written.is_ok() {
            self.put_layer(&id, layer(false), file_follows && !at_once);
        }
        if written.is_ok() || at_once {
            let change = if at_once { "saved" } else { "accepted" };
            let revision = policy.as_ref().map(|policy| policy.revision);
            let texts = [before, policy].map(|policy| policy.map(|policy| policy.text.clone()));
            let event = JournalEvent::Policy { layer: id.to_string(), change: change.into(), revision };
            self.note_with(event, json!({"before": texts[0], "after": texts[1]}));
            self.policies_changed(&id);
        }
        written
    }

    /// Removes the layer of something that is gone for good. Whoever calls this holds the lock of edits.
    pub(crate) async fn remove_layer_while_editing(&self, id: &LayerId) -> Result<(), EdgeError> {
        self.void_tickets("its layer of policy is gone", |held| waits_on(held, id));
        if self.in_force().edited(id).is_none() {
            return Ok(());
        }
        let written = self.write_layer(id, &Stored::default()).await;
        self.put_in_force(|in_force| in_force.without(id));
        self.note(JournalEvent::Policy { layer: id.to_string(), change: "removed".into(), revision: None });
        self.changed(&[Topic::Policy]);
        written
    }

    fn put_layer(&self, id: &LayerId, layer: EditedLayer, file_follows: bool) {
        let text = layer.policy.as_ref().map(|policy| policy.text.clone());
        let watch = self.watch();
        self.put_in_force(|in_force| in_force.with(id.clone(), layer));
        if file_follows {
            self.write_policy_file(text.as_deref());
        }
        drop(watch);
    }

    async fn write_layer(&self, id: &LayerId, stored: &Stored) -> Result<(), EdgeError> {
        let (name, value) = (id.setting(), stored.print());
        self.write_sealed(|store, sealer| match &value {
            Some(value) => store.put_setting(&name, value, sealer),
            None => store.remove_setting(&name, sealer).map(drop),
        })
        .await
    }

    /// After any change of policy: what it denies waits no more, what was approved in advance under other rules is
    /// asked again, and every list of tools follows.
    pub(crate) fn policies_changed(&self, id: &LayerId) {
        self.drop_standing(|standing| match id {
            LayerId::Managed | LayerId::User => true,
            LayerId::Connection(connection) => standing.connection == *connection,
            LayerId::Agent(agent) => standing.agent == *agent,
        });
        if let LayerId::Agent(agent) = id {
            self.void_admissions_of(agent);
        }
        self.void_denied();
        self.lists_changed();
        self.changed(&[Topic::Policy, Topic::Agents, Topic::Activity]);
    }

    /// Voids the tickets of calls that the policies of now deny.
    pub(crate) fn void_denied(&self) {
        let open = self.0.desk.collect(|held| match &held.matter {
            Matter::Call { job, card: Some(_) } if held.ticket.state().is_open() => {
                Some((held.ticket.id().clone(), job.clone()))
            }
            _ => None,
        });
        let denied = |job: &crate::running::Job| {
            let connection = match &job.site.connection {
                Some(connection) => Some(self.connection(&connection.id).ok()?),
                None => None,
            };
            if let Some(closed) = connection.as_ref().filter(|connection| !self.allows_host(connection.host())) {
                return Some(Self::refused_host(closed).message);
            }
            let site = crate::tools::Site { connection, ..job.site.clone() };
            match self.decide(&site, job.call.as_ref(), &job.arguments).verdict.decision {
                Decision::Deny(denial) => Some(denial.message),
                _ => None,
            }
        };
        for (id, job) in open {
            if let Some(message) = denied(&job) {
                self.void_tickets(&format!("the policy was changed. {message}"), |held| *held.ticket.id() == id);
            }
        }
    }

    /// Bridges ask for the list of tools again, and what is left behind for them follows.
    pub(crate) fn lists_changed(&self) {
        let known = self.registry(|registry| registry.agents.keys().cloned().collect::<BTreeSet<_>>());
        for agent in known.union(&self.0.bridges.agents()) {
            self.tools_for(agent);
        }
        self.0.bridges.tell(&Event::ToolsChanged);
    }

    /// The administrator's file may have changed: no one is asked, it is the administrator's.
    pub(crate) fn look_for_managed_change(&self) {
        let in_force = self.in_force();
        let Some(next) = in_force.managed.reread(&self.0.options, &self.0.tools.definitions) else { return };
        let revision = next.policy.as_ref().map(|policy| policy.revision);
        self.put_in_force(|in_force| in_force.managed_by(next));
        let layer = LayerId::Managed.to_string();
        self.note(JournalEvent::Policy { layer, change: "changed".into(), revision });
        self.policies_changed(&LayerId::Managed);
        // Its pins stand on every badge.
        self.changed(&[Topic::Connections, Topic::Approvals]);
    }

    /// A card about a policy was refused.
    pub(crate) fn policy_refused(&self, id: &TicketId) {
        let change = self.0.desk.look(id, |held| match &held.matter {
            Matter::Policy { change, .. } => Some(change.as_ref().clone()),
            _ => None,
        });
        if let Some(change) = change.flatten() {
            let policy = self.policy_of(&change.layer, &change.edit).ok().flatten();
            let revision = policy.map(|policy| policy.revision);
            self.note(JournalEvent::Policy { layer: change.layer.to_string(), change: "refused".into(), revision });
            self.changed(&[Topic::Policy]);
        }
    }

    /// The card that an edit of this layer waits on.
    pub(crate) fn waiting_edit(&self, id: &LayerId) -> Option<TicketId> {
        self.0.desk.collect(|held| waits_on(held, id).then(|| held.ticket.id().clone())).into_iter().next_back()
    }

    /// The connection's or the agent's name.
    pub(crate) fn name_of(&self, id: &LayerId) -> String {
        match id {
            LayerId::Managed | LayerId::User => String::new(),
            LayerId::Connection(connection) => self
                .registry(|registry| registry.connections.get(connection).map(|c| c.name.clone()))
                .unwrap_or_default(),
            LayerId::Agent(agent) => agent.to_string(),
        }
    }

    fn must_be_editable(&self, id: &LayerId) -> Result<(), EdgeError> {
        match id {
            LayerId::Managed => Err(EdgeError::new(
                ErrorCode::Denied,
                "This policy is the administrator's. Only they can change it, in its file.",
            )),
            LayerId::User => Ok(()),
            LayerId::Connection(connection) => self.connection(connection).map(drop),
            LayerId::Agent(agent) => {
                let known = self.registry(|registry| registry.agents.contains_key(agent));
                known.then_some(()).ok_or_else(|| EdgeError::new(ErrorCode::NotAdmitted, "There is no such agent."))
            }
        }
    }
}

/// Where a layer may let agents do more than before.
pub(crate) fn looser(before: Option<&PolicyText>, after: Option<&PolicyText>) -> Vec<Loosened> {
    loosened(before.map(|before| &before.policy), after.map(|after| &after.policy))
}

pub(super) fn waits_on(held: &Held, id: &LayerId) -> bool {
    let waits = *held.ticket.state() == TicketState::Waiting;
    waits && matches!(&held.matter, Matter::Policy { change, .. } if change.layer == *id)
}
