//! The journal's seal: what the vault keeps of the journal, so that what another program does to it shows, also after a
//! restart. A seal is renewed only where the journal is the one that was sealed, and goes on as this process wrote it.

use crate::state::Broker;
use crate::view::Topic;
use gatehouse_core::{EdgeError, ErrorCode, JournalEvent, Timestamp};
use gatehouse_store::{Durability, HeadSeal, Problem, Proven, StoreError, charges_of};
use gatehouse_vault::{Vault, VaultKind};
use serde::{Deserialize, Serialize};
use std::sync::PoisonError;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// The vault's note with the journal's head seal. Once something was wrong it stays as it was.
const NOTE_JOURNAL: &str = "journal";
/// The vault's note with what was wrong, and the seal since.
const NOTE_FOUND: &str = "journal-found";
/// How many findings are kept: the first, and the latest.
const MOST_FINDINGS: usize = 6;
/// Characters of a finding.
const LONGEST: usize = 120;
/// How long limits look back.
const DAY: Duration = Duration::from_hours(24);
/// How long budgets of questions look back.
const HOUR: Duration = Duration::from_hours(1);

/// What was found wrong with the journal, kept in the vault for good.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Found {
    findings: Vec<Finding>,
    /// Entries that nothing proves.
    unproven: u64,
    /// The journal's seal since the first finding.
    since: Option<HeadSeal>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Finding {
    at: Timestamp,
    what: String,
}

/// What is known of the seal while the app runs.
#[derive(Default)]
pub(crate) struct Sealing {
    /// The journal that was there at the start was compared with the keyring's seal.
    is_weighed: bool,
    /// Limits and budgets were counted from it.
    is_counted: bool,
    /// How many milliseconds the newest proven entry was ahead of the clock.
    ahead: u64,
    /// As the keyring has it.
    in_keyring: Option<HeadSeal>,
    /// As a session's own vault has it.
    in_session: Option<HeadSeal>,
    /// What was found is not in the keyring yet.
    is_unsaved: bool,
    /// What the start found, still to be written down.
    to_tell: Vec<JournalEvent>,
}

impl Sealing {
    fn seal(&mut self, kind: VaultKind) -> &mut Option<HeadSeal> {
        match kind {
            VaultKind::System => &mut self.in_keyring,
            VaultKind::SessionOnly => &mut self.in_session,
        }
    }
}

impl Broker {
    /// Compares the journal that was there at the start with its seal, before anything is believed of it and before a new
    /// seal is made: on what it proves time goes on, and limits and budgets are counted from it. Where it is not the one
    /// that was sealed, every agent is paused. A session's own vault proves nothing, and takes the journal as it is; what it
    /// takes for the time ends with it.
    pub(crate) async fn weigh_journal(&self, vault: &Vault) -> Result<(), EdgeError> {
        let mut sealing = self.0.sealing.lock().await;
        if vault.kind() == VaultKind::SessionOnly {
            sealing.in_session = None;
            return self.take_as_it_is(&mut sealing).map_err(|error| error.edge());
        }
        if sealing.is_weighed {
            self.0.ahead.store(sealing.ahead, Ordering::SeqCst);
            return Ok(());
        }
        let found: Found = note(vault, NOTE_FOUND).await?.unwrap_or_default();
        let seal = match found.since {
            Some(since) => Some(since),
            None => note(vault, NOTE_JOURNAL).await?,
        };
        *self.found() = found;
        let (store, sealer, now) = (self.0.store.clone(), vault.sealer(), self.0.clock.now());
        let proven = tokio::task::spawn_blocking(move || store.proven(seal.as_ref(), sealer.as_ref(), now, DAY)).await;
        let proven = proven.map_err(|_| cut_off())?.map_err(|error| error.edge())?;
        // One that does not fit was told of, and is no measure any more.
        sealing.in_keyring = seal.filter(|_| proven.problems.is_empty());
        if seal.is_none() && proven.problems.is_empty() {
            // Before any entry bears a tag: from now on a seal that is gone is missed.
            let empty = HeadSeal::of(gatehouse_store::Head::of_empty(), vault.sealer().as_ref());
            keep(vault, NOTE_JOURNAL, &empty).await?;
        }
        self.weighed(&mut sealing, &proven).map_err(|error| error.edge())
    }

    fn weighed(&self, sealing: &mut Sealing, proven: &Proven) -> Result<(), StoreError> {
        sealing.ahead = self.ahead_of_clock(proven.newest);
        self.0.ahead.store(sealing.ahead, Ordering::SeqCst);
        if proven.unproven > 0 {
            tracing::warn!("{} entries after the journal's last seal cannot be proven", proven.unproven);
            self.found().unproven += proven.unproven;
            sealing.is_unsaved = true;
            let summary = format!("{} entries after the last seal", proven.unproven);
            sealing.to_tell.push(JournalEvent::Journal { change: "unproven".into(), summary });
        }
        if !proven.problems.is_empty() {
            self.0.paused.store(true, Ordering::SeqCst);
            let told = self.remember_findings(sealing, &proven.problems);
            sealing.to_tell.extend(told);
        }
        if !sealing.is_counted && proven.problems.is_empty() {
            self.count(charges_of(proven.entries.iter().cloned()), &proven.entries);
        } else if !sealing.is_counted {
            self.count_all()?;
        }
        sealing.is_counted = true;
        sealing.is_weighed = true;
        Ok(())
    }

    fn take_as_it_is(&self, sealing: &mut Sealing) -> Result<(), StoreError> {
        if sealing.is_counted {
            return Ok(());
        }
        let ahead = self.ahead_of_clock(self.0.store.newest()?);
        self.0.ahead.fetch_max(ahead, Ordering::SeqCst);
        self.count_all()?;
        sealing.is_counted = true;
        Ok(())
    }

    /// Counts limits and budgets from whatever the journal says.
    fn count_all(&self) -> Result<(), StoreError> {
        let (store, now) = (&self.0.store, self.now());
        self.count(store.charges_since(now.minus(DAY))?, &store.tickets_since(now.minus(HOUR))?);
        Ok(())
    }

    fn count(&self, charges: Vec<(Timestamp, gatehouse_core::Charge)>, entries: &[gatehouse_core::JournalEntry]) {
        let now = self.now();
        self.limits().restore(charges.into_iter().map(|(_, charge)| charge), now);
        let hour: Vec<_> = entries.iter().filter(|entry| entry.at >= now.minus(HOUR)).cloned().collect();
        self.0.desk.remember(&hour);
    }

    /// A clock that was set back opens no window again: time goes on from the newest entry.
    fn ahead_of_clock(&self, newest: Option<Timestamp>) -> u64 {
        let ahead = newest.map_or(Duration::ZERO, |newest| newest.since(self.0.clock.now()));
        u64::try_from(ahead.as_millis()).unwrap_or(0)
    }

    /// Writes down what the start found, and seals: every entry that bears a tag comes after a seal.
    pub(crate) async fn tell_of_journal(&self) {
        let told = std::mem::take(&mut self.0.sealing.lock().await.to_tell);
        if self.note_found(told) {
            self.stop_everything().await;
        }
        self.seal_journal().await;
    }

    /// Seals the journal's head, and keeps the seal where the database cannot reach it: in the vault. What another program
    /// did to the journal is found here, and never sealed over without a word.
    pub(crate) async fn seal_journal(&self) {
        let mut sealing = self.0.sealing.lock().await;
        let Ok(vault) = self.vault() else { return };
        if vault.kind() == VaultKind::System && !sealing.is_weighed {
            return;
        }
        let renewed = self.renew_seal(&vault, &mut sealing).await;
        let told = std::mem::take(&mut sealing.to_tell);
        // Pausing waits for edits, and they may wait for this.
        drop(sealing);
        if let Err(error) = renewed {
            tracing::warn!("the journal's seal could not be kept: {}", error.message);
        }
        if told.iter().any(is_alteration) {
            self.stop_everything().await;
        }
    }

    /// The same unless it is under way.
    pub(crate) async fn seal_journal_unless_busy(&self) {
        if self.is_stopping() {
            return;
        }
        if self.0.sealing.try_lock().is_err() {
            self.0.seal_is_due.store(true, Ordering::SeqCst);
            return;
        }
        self.seal_journal().await;
    }

    async fn renew_seal(&self, vault: &Vault, sealing: &mut Sealing) -> Result<(), EdgeError> {
        let last = *sealing.seal(vault.kind());
        let mut checked = self.check_head(last).await?;
        if let Some(problem) = checked.problem {
            // What is written down now stands on top of what others wrote: that is sealed, and nothing of theirs.
            let told = self.remember_findings(sealing, &[problem]);
            self.note_found(told.clone());
            sealing.to_tell.extend(told);
            checked = self.check_head(None).await?;
        }
        if let Some(problem) = checked.problem {
            // It goes on at this moment, and the next time seals.
            let told = self.remember_findings(sealing, &[problem]);
            self.note_found(told);
            return Ok(());
        }
        let head = checked.head;
        if !sealing.is_unsaved && last.is_some_and(|last| (last.count, last.head) == (head.count, head.hash)) {
            return Ok(());
        }
        // A loss of power must not take from the disk what the keyring already has a seal of.
        let store = self.0.store.clone();
        let synced = tokio::task::spawn_blocking(move || store.sync()).await;
        synced.map_err(|_| cut_off())?.map_err(|error| error.edge())?;
        let seal = HeadSeal::of(head, vault.sealer().as_ref());
        self.keep_seal(vault, sealing, seal).await?;
        *sealing.seal(vault.kind()) = Some(seal);
        Ok(())
    }

    /// Once something was wrong, the seal of then stays, and what was wrong is kept together with the one since.
    async fn keep_seal(&self, vault: &Vault, sealing: &mut Sealing, seal: HeadSeal) -> Result<(), EdgeError> {
        let found = {
            let mut found = self.found();
            found.since = (!found.findings.is_empty()).then_some(seal);
            found.clone()
        };
        if found.since.is_some() || sealing.is_unsaved {
            keep(vault, NOTE_FOUND, &found).await?;
            sealing.is_unsaved = false;
        }
        if found.since.is_none() {
            keep(vault, NOTE_JOURNAL, &seal).await?;
        }
        Ok(())
    }

    async fn check_head(&self, last: Option<HeadSeal>) -> Result<gatehouse_store::Checked, EdgeError> {
        let store = self.0.store.clone();
        let checked = tokio::task::spawn_blocking(move || store.check_head(last.as_ref())).await;
        checked.map_err(|_| cut_off())?.map_err(|error| error.edge())
    }

    fn remember_findings(&self, sealing: &mut Sealing, problems: &[Problem]) -> Vec<JournalEvent> {
        let at = self.now();
        let mut found = self.found();
        let mut told = Vec::new();
        for problem in problems {
            tracing::error!("the journal was altered outside Gatehouse: {problem}");
            let what: String = problem.to_string().chars().take(LONGEST).collect();
            if found.findings.len() >= MOST_FINDINGS {
                found.findings.remove(1);
            }
            told.push(JournalEvent::Journal { change: "altered".into(), summary: what.clone() });
            found.findings.push(Finding { at, what });
        }
        drop(found);
        sealing.is_unsaved = true;
        told
    }

    /// Tells whether it says that the journal was altered.
    fn note_found(&self, told: Vec<JournalEvent>) -> bool {
        let is_altered = told.iter().any(is_alteration);
        for event in told {
            self.append(event, None, Durability::Normal);
        }
        is_altered
    }

    /// Until the person has looked, and resumes.
    async fn stop_everything(&self) {
        if let Err(error) = self.pause_all(true).await {
            tracing::warn!("that every agent is paused could not be kept: {}", error.message);
        }
        self.changed(&[Topic::Activity, Topic::Connections]);
    }

    /// What the windows say of the journal: for a day, and for as long as every agent is paused.
    pub(crate) fn journal_warnings(&self) -> Vec<String> {
        let (now, is_paused) = (self.now(), self.is_paused());
        let found = self.found();
        let fresh = found.findings.iter().filter(|finding| is_paused || now.since(finding.at) < DAY);
        fresh
            .map(|finding| {
                format!("The journal was altered outside Gatehouse: {}. Every agent was paused.", finding.what)
            })
            .collect()
    }

    /// What was found wrong at any time, and how many entries nothing proves.
    pub(crate) fn found_of_journal(&self) -> (Vec<String>, u64) {
        let found = self.found();
        (found.findings.iter().map(|finding| format!("Found before: {}", finding.what)).collect(), found.unproven)
    }

    /// The seal to compare the journal with.
    pub(crate) async fn journal_seal(&self, vault: &Vault) -> Option<HeadSeal> {
        *self.0.sealing.lock().await.seal(vault.kind())
    }

    fn found(&self) -> std::sync::MutexGuard<'_, Found> {
        self.0.found.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn cut_off() -> EdgeError {
    EdgeError::new(ErrorCode::Internal, "The journal's check was cut off.")
}

fn is_alteration(event: &JournalEvent) -> bool {
    matches!(event, JournalEvent::Journal { change, .. } if change == "altered")
}

async fn note<T: for<'a> Deserialize<'a>>(vault: &Vault, name: &str) -> Result<Option<T>, EdgeError> {
    let note = vault.note(name).await.map_err(|error| error.edge())?;
    Ok(note.and_then(|bytes| serde_json::from_slice(&bytes).ok()))
}

async fn keep(vault: &Vault, name: &str, what: &impl Serialize) -> Result<(), EdgeError> {
    let text =
        serde_json::to_vec(what).map_err(|error| EdgeError::new(ErrorCode::Internal, format!("{name}: {error}")))?;
    vault.put_note(name, &text).await.map_err(|error| error.edge())
}
