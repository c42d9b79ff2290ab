//! How the broker writes things down.

use crate::desk::{Held, Matter};
use crate::running::Job;
use crate::sheet::Sheet;
use crate::state::Broker;
use crate::tools::Done;
use crate::view::{ActivityDetail, ActivityFilter, ActivityPage, Topic, VerifyReport};
use gatehouse_core::{CallId, Charge, EdgeError, ErrorCode, JournalEvent, JournalRecord, Outcome, TicketId, Timestamp};
use gatehouse_policy::Reservation;
use gatehouse_store::{Durability, Filter, PayloadState};
use serde_json::Value;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// Lines of the journal that a page holds.
const PAGE: usize = 100;
/// How long an answer has to leave before the rest of it is written down.
const LATER: Duration = Duration::from_millis(5);

impl Broker {
    /// Writes an event down. The store failing is logged: what must not happen without a record goes through
    /// [`Broker::note_intent`].
    pub(crate) fn note(&self, event: JournalEvent) {
        self.seal_soon(&event);
        self.append(event, None, Durability::Normal);
    }

    /// Writes an event down with what only the app may read of it: a call's arguments, a policy's text.
    pub(crate) fn note_with(&self, event: JournalEvent, payload: Value) {
        self.seal_soon(&event);
        self.append(event, Some(payload), Durability::Normal);
    }

    /// What a person decided and what became of a change is under a seal within a second or two; reads wait for the next
    /// one.
    fn seal_soon(&self, event: &JournalEvent) {
        if !matches!(event, JournalEvent::Call { .. }) {
            self.0.seal_is_due.store(true, Ordering::SeqCst);
        }
    }

    pub(crate) fn append(&self, event: JournalEvent, payload: Option<Value>, durability: Durability) {
        let record = JournalRecord { at: self.now(), event, payload };
        let sealer = self.sealer().ok();
        if let Err(error) = self.0.store.append(record, durability, sealer.as_deref()) {
            tracing::error!("the journal could not be written: {error}");
        }
    }

    /// Writes down that a read is being answered: when this returns, the entry outlives the process. The store failing is
    /// logged.
    pub(crate) async fn note_reading(&self, sheet: &mut Sheet) {
        let event = JournalEvent::Intent { call: sheet.call.clone(), of: sheet.header.clone() };
        let kept = sheet.take_kept();
        let (at, store, sealer) = (self.now(), self.0.store.clone(), self.sealer().ok());
        let written = tokio::task::spawn_blocking(move || {
            let record = JournalRecord { at, event, payload: Some(kept.payload()) };
            store.append(record, Durability::Normal, sealer.as_deref())
        });
        match written.await {
            Ok(Ok(_)) => {}
            Ok(Err(error)) => tracing::error!("the journal could not be written: {error}"),
            Err(_) => tracing::error!("the journal could not be written"),
        }
    }

    /// Writes an event down once the answer has had time to leave, so that neither waits for the other; quitting waits for
    /// it.
    pub(crate) fn note_later(&self, event: JournalEvent) {
        let (broker, token) = (self.clone(), self.0.jobs.token());
        tokio::spawn(async move {
            tokio::time::sleep(LATER).await;
            let written = tokio::task::spawn_blocking(move || {
                broker.append(event, None, Durability::Normal);
                broker.changed(&[Topic::Activity]);
                drop(token);
            });
            if written.await.is_err() {
                tracing::error!("the journal could not be written");
            }
        });
    }

    /// How long ago, in milliseconds.
    pub(crate) fn millis_since(&self, from: Timestamp) -> u64 {
        u64::try_from(self.now().since(from).as_millis()).unwrap_or(u64::MAX)
    }

    /// Writes down that a call is about to be sent. Durable when this returns; on an error nothing may be sent.
    pub(crate) async fn note_intent(&self, event: JournalEvent, payload: Value) -> Result<(), EdgeError> {
        let record = JournalRecord { at: self.now(), event, payload: Some(payload) };
        let sealer = self.sealer()?;
        let store = self.0.store.clone();
        self.0.seal_is_due.store(true, Ordering::SeqCst);
        let written =
            tokio::task::spawn_blocking(move || store.append(record, Durability::Full, Some(sealer.as_ref())));
        match written.await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(error.edge()),
            Err(_) => Err(EdgeError::new(ErrorCode::Storage, "The journal could not be written; nothing was sent.")),
        }
    }

    pub(crate) fn note_settled_unknown(&self, call: CallId, message: &str) {
        let outcome = Outcome::Unknown { message: message.into() };
        self.note(JournalEvent::settled(call, outcome, 0, Vec::new()));
    }

    /// Puts a question on the desk and writes that down, in the other order: no answer stands in the journal before it.
    pub(crate) fn open_ticket(&self, held: Held) {
        self.note(move_of(&held, "opened"));
        self.0.desk.open(held);
        self.changed(&[Topic::Activity]);
    }

    /// Writes a move of a ticket down.
    pub(crate) fn note_ticket(&self, id: &TicketId, change: &str) {
        if let Some(event) = self.0.desk.look(id, |held| move_of(held, change)) {
            self.note(event);
            self.changed(&[Topic::Activity]);
        }
    }

    /// Gives a reservation back: the call provably did not run.
    pub(crate) fn give_back(&self, reservation: &Reservation) -> Vec<Charge> {
        let mut limits = self.limits();
        for charge in &reservation.charges {
            limits.give_back(charge);
        }
        reservation.charges.clone()
    }

    pub(crate) fn give_back_job(&self, job: &Job) -> Vec<Charge> {
        let taken = job.reservation.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take();
        taken.map(|reservation| self.give_back(&reservation)).unwrap_or_default()
    }

    /// Gives back what a ticket reserved that will never run.
    pub(crate) fn give_back_for(&self, id: &TicketId) {
        let job = self.0.desk.look(id, |held| match &held.matter {
            Matter::Call { job, .. } => Some(job.clone()),
            _ => None,
        });
        if let Some(job) = job.flatten() {
            self.give_back_job(&job);
        }
    }

    /// A page of the journal, newest first.
    pub fn activity(&self, filter: ActivityFilter) -> Result<ActivityPage, EdgeError> {
        let ActivityFilter { agent, connection, tool, decision, before } = filter;
        let filter = Filter { agent, connection, tool, decision };
        let lines = self.0.store.entries(&filter, before, PAGE + 1).map_err(|error| error.edge())?;
        let more = lines.len() > PAGE;
        let entries: Vec<_> = lines
            .into_iter()
            .take(PAGE)
            .flat_map(|line| line.read_back.into_iter().chain(line.settled).chain([line.entry]))
            .collect();
        let undone = self.undone_among(&entries)?;
        Ok(ActivityPage { entries, undone, more })
    }

    /// One entry with its payload, where the vault is open and it was not purged.
    pub fn activity_detail(&self, seq: u64) -> Result<ActivityDetail, EdgeError> {
        let sealer = self.sealer().ok();
        let found = self.0.store.entry(seq, sealer.as_deref()).map_err(|error| error.edge())?;
        let (entry, payload) =
            found.ok_or_else(|| EdgeError::new(ErrorCode::RecordMissing, "There is no such entry."))?;
        let (payload, payload_note) = match payload {
            PayloadState::Present(value) => (Some(serde_json::to_string_pretty(&value).unwrap_or_default()), None),
            PayloadState::None => (None, None),
            PayloadState::Purged => (None, Some("The details were purged by retention.".to_owned())),
            PayloadState::Locked => (None, Some("The details can be read when the vault is open.".to_owned())),
            PayloadState::Missing => (None, Some("The details were deleted from outside.".to_owned())),
            PayloadState::Damaged => (None, Some("The details were altered and cannot be read.".to_owned())),
        };
        let undo = match &entry.event {
            JournalEvent::Intent { call, .. } | JournalEvent::Settled { call, .. } => self.undo_offer(call)?,
            _ => None,
        };
        Ok(ActivityDetail { entry, payload, payload_note, undo })
    }

    /// Walks the whole chain, compares it with the seal in the vault, and says what was found at any time before.
    pub async fn verify_journal(&self) -> Result<VerifyReport, EdgeError> {
        // What another program does at this moment is found now, not at the next seal.
        self.seal_journal().await;
        let vault = self.vault().ok();
        let seal = match &vault {
            Some(vault) => self.journal_seal(vault).await,
            None => None,
        };
        let store = self.0.store.clone();
        let sealer = vault.map(|vault| vault.sealer());
        let walked = tokio::task::spawn_blocking(move || store.verify(seal.as_ref(), sealer.as_deref())).await;
        let report = walked
            .map_err(|_| EdgeError::new(ErrorCode::Internal, "The check was cut off."))?
            .map_err(|error| error.edge())?;
        let (before, unproven) = self.found_of_journal();
        Ok(VerifyReport {
            ok: report.is_ok() && before.is_empty(),
            entries: report.entries,
            unsealed: report.unsealed,
            unproven: unproven.saturating_add(report.unproven),
            problems: report.problems.iter().map(ToString::to_string).chain(before).collect(),
        })
    }
}

/// How a call that ran ended, as the journal says it.
pub(crate) fn outcome_of(done: &Result<Done, EdgeError>) -> Outcome {
    match done {
        Ok(Done { outcome: Some(outcome), .. }) => outcome.clone(),
        Ok(done) => Outcome::Done { summary: done.summary.clone() },
        Err(error) if error.code == ErrorCode::OutcomeUnknown => Outcome::Unknown { message: error.message.clone() },
        Err(error) => Outcome::Failed { code: error.code, message: error.message.clone() },
    }
}

/// The entry of a move of a ticket.
pub(crate) fn move_of(held: &Held, change: &str) -> JournalEvent {
    JournalEvent::Ticket {
        ticket: held.ticket.id().clone(),
        ticket_kind: held.ticket.kind(),
        agent: held.ticket.agent().cloned(),
        connection: held.ticket.connection().cloned(),
        change: change.into(),
        summary: held.sentence.clone(),
    }
}
