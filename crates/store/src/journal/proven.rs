//! What of the journal is proven when the app starts: anybody may have written into the file since it ended.

use super::read::{digest, entry_from};
use super::seal::{HeadSeal, is_tagged};
use super::verify::{Entry, Fault, Problem};
use crate::error::StoreError;
use crate::store::Store;
use gatehouse_core::{Charge, Digest, JournalEntry, JournalEvent, Sealer, Timestamp};
use rusqlite::Connection;
use std::time::Duration;

/// What a seal and tags prove of the journal as this process found it.
#[derive(Debug, Clone, PartialEq)]
pub struct Proven {
    /// What tells of calls and questions in the time that was asked for, oldest first. What is not proven takes from limits
    /// and budgets, and gives nothing back.
    pub entries: Vec<JournalEntry>,
    /// When the newest of all proven entries was made.
    pub newest: Option<Timestamp>,
    /// Entries after the seal that bear no tag of this key. They were written while the vault was closed or a session's own,
    /// by an earlier version right before it was cut off, or by another program.
    pub unproven: u64,
    /// Where the journal is not the one that was sealed.
    pub problems: Vec<Problem>,
}

impl Store {
    /// Goes back from where this process found the journal: from the last entry with a tag of this key, or from the sealed
    /// one where none comes after it, along the chain, for as long as `window` before `now`, or before the newest proven
    /// entry where that is later.
    ///
    /// An entry is proven by its own tag, or by being the one that was sealed. Others are not, though the chain holds them:
    /// what somebody wrote while the app did not run is under the next seal, too; and tags can be taken away.
    ///
    /// What is read twice can differ: so whoever believes entries takes those given here.
    pub fn proven(
        &self,
        sealed: Option<&HeadSeal>,
        sealer: &dyn Sealer,
        now: Timestamp,
        window: Duration,
    ) -> Result<Proven, StoreError> {
        let opened = self.opened().count;
        self.read_at_length(|read| {
            let mut walk = Walk::new(sealed, sealer, now, window);
            walk.go_back(read, opened)?;
            Ok(walk.end(sealed.is_none()))
        })
    }
}

struct Walk<'a> {
    /// None where nothing was sealed, or an empty journal.
    sealed: Option<&'a HeadSeal>,
    sealer: &'a dyn Sealer,
    now: Timestamp,
    window: Duration,
    /// What the entry below must be, once one was proven.
    next: Option<(u64, Digest)>,
    has_tags: bool,
    /// Each with whether it is proven, newest first.
    entries: Vec<(bool, JournalEntry)>,
    newest: Option<Timestamp>,
    unproven: u64,
    problems: Vec<Problem>,
}

impl<'a> Walk<'a> {
    fn new(sealed: Option<&'a HeadSeal>, sealer: &'a dyn Sealer, now: Timestamp, window: Duration) -> Self {
        let fault = sealed.filter(|seal| !seal.holds(sealer)).map(|_| Fault::SealNotBelieved);
        Self {
            sealed: sealed.filter(|seal| seal.count > 0),
            sealer,
            now,
            window,
            next: None,
            has_tags: false,
            entries: Vec::new(),
            newest: None,
            unproven: 0,
            problems: fault.into_iter().map(|fault| Problem { seq: None, fault }).collect(),
        }
    }

    fn go_back(&mut self, read: &Connection, opened: u64) -> Result<(), StoreError> {
        let mut statement = read.prepare(
            "SELECT seq, at, event, payload_hash, previous, hash, tag FROM journal WHERE seq <= ?1 ORDER BY seq DESC",
        )?;
        let mut rows = statement.query([opened.cast_signed()])?;
        while let Some(row) = rows.next()? {
            let entry = Entry::read(row)?;
            let is_tagged = self.is_tagged(&entry);
            let is_tail = self.sealed.is_none_or(|seal| entry.seq > seal.count);
            self.unproven += u64::from(is_tail && !is_tagged);
            let hangs_on_nothing = is_tail && !is_tagged && self.next.is_none();
            if !hangs_on_nothing {
                if let Some(problem) = self.problem_of(&entry) {
                    self.problems.push(problem);
                    return Ok(());
                }
                self.next = digest(entry.previous).map(|previous| (entry.seq.saturating_sub(1), previous));
            }
            let is_proven = is_tagged || self.sealed.is_some_and(|seal| entry.seq == seal.count);
            if is_proven {
                self.newest = self.newest.max(Some(entry.at));
            }
            if is_tagged && !is_tail && entry.at < self.since() {
                return Ok(());
            }
            match entry_from(row) {
                Ok(kept) if tells_of_use(&kept.event) => self.entries.push((is_tagged, kept)),
                // What Gatehouse wrote it can read; what others wrote says nothing.
                Err(error) if is_proven => return Err(error),
                _ => {}
            }
        }
        self.begin();
        Ok(())
    }

    fn is_tagged(&mut self, entry: &Entry<'_>) -> bool {
        let hash = digest(entry.hash).filter(|_| entry.tag.is_some() && entry.is_whole());
        let is_ours = hash.is_some_and(|hash| is_tagged(&hash, entry.tag, self.sealer));
        self.has_tags |= is_ours;
        is_ours
    }

    /// Why an entry is not the one that the chain from above, or the seal, leads to.
    fn problem_of(&self, entry: &Entry<'_>) -> Option<Problem> {
        let (seq, hash) = (entry.seq, digest(entry.hash));
        let at = |fault| Some(Problem { seq: Some(seq), fault });
        match self.next {
            Some((expected, _)) if seq != expected => return at(Fault::EntriesMissing { expected }),
            Some((_, wanted)) if hash != Some(wanted) => return at(Fault::ChainBroken),
            _ => {}
        }
        match self.sealed {
            Some(seal) if seq < seal.count && self.next.is_none() => {
                return Some(Problem { seq: None, fault: Fault::EndMissing { sealed: seal.count } });
            }
            Some(seal) if seq == seal.count && hash != Some(seal.head) => return at(Fault::Rewritten),
            _ => {}
        }
        if entry.is_whole() { None } else { at(Fault::EntryChanged) }
    }

    /// There are no more entries: the last one met must be the first.
    fn begin(&mut self) {
        match (self.next, self.sealed) {
            (Some((seq @ 1.., _)), _) => self.problems.push(Problem { seq: Some(seq + 1), fault: Fault::ChainBroken }),
            (None, Some(seal)) => {
                self.problems.push(Problem { seq: None, fault: Fault::EndMissing { sealed: seal.count } });
            }
            _ => {}
        }
    }

    fn since(&self) -> Timestamp {
        self.until().minus(self.window)
    }

    fn until(&self) -> Timestamp {
        self.newest.map_or(self.now, |newest| newest.max(self.now))
    }

    fn end(mut self, is_seal_gone: bool) -> Proven {
        if is_seal_gone && self.has_tags {
            self.problems.push(Problem { seq: None, fault: Fault::SealMissing });
        }
        let (since, until) = (self.since(), self.until());
        let entries = self.entries.into_iter().rev().filter(|(_, entry)| entry.at >= since);
        let entries =
            entries.filter_map(|(is_proven, entry)| if is_proven { Some(entry) } else { doubted(entry, until) });
        Proven { entries: entries.collect(), newest: self.newest, unproven: self.unproven, problems: self.problems }
    }
}

/// Whether limits and budgets look at it.
fn tells_of_use(event: &JournalEvent) -> bool {
    matches!(
        event,
        JournalEvent::Call { .. }
            | JournalEvent::Intent { .. }
            | JournalEvent::Settled { .. }
            | JournalEvent::Ticket { .. }
    )
}

/// What counts of an entry that anybody may have written: what it takes, as of now. It gives nothing back, and a charge of
/// a time to come would end the windows that count.
fn doubted(mut entry: JournalEntry, until: Timestamp) -> Option<JournalEntry> {
    let keep = |charges: &mut Vec<Charge>| charges.retain(|charge| charge.window_start <= until);
    match &mut entry.event {
        JournalEvent::Call { of, .. } | JournalEvent::Intent { of, .. } => keep(&mut of.charges),
        JournalEvent::Settled { given_back, charges, .. } => {
            given_back.clear();
            keep(charges);
        }
        JournalEvent::Ticket { change, .. } if change == "approved" => return None,
        _ => {}
    }
    (entry.at <= until).then_some(entry)
}
