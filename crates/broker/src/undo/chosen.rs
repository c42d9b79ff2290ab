//! Which calls are taken back: the one that was named, or what an agent changed of late until the first that
//! somebody's change stands against.

use super::recalled::{Change, Recalled, call_of, outcome_of};
use super::{Asked, no_way_back};
use crate::state::Broker;
use crate::tools::counted;
use gatehouse_core::{CallId, Category, EdgeError, Outcome};

/// Calls on one card.
const MOST: usize = 50;
/// Calls without a way back that are named.
const NAMED: usize = 10;
/// Calls of the last hour that are looked at.
const LOOKED_AT: usize = 2_000;

/// Calls that would be taken back, before anything of them is prepared.
pub(super) struct Chosen {
    pub(super) changes: Vec<Change>,
    /// What was done beside them and has no way back, a sentence each.
    pub(super) stays: Vec<String>,
    /// Why none that are older.
    pub(super) stops_before: Option<String>,
}

impl Broker {
    /// Which calls: the one that was named, or what the agent changed, newest first.
    pub(super) fn choose_undone(&self, asked: &Asked) -> Result<Chosen, EdgeError> {
        match asked {
            Asked::Call(call) => match self.recall(call)? {
                Recalled::Nothing => Err(no_way_back("This call changed nothing.")),
                Recalled::Stays(why) | Recalled::Final(why) => Err(no_way_back(&why)),
                Recalled::Change(_) if self.taken_back_at(call)?.is_some() => {
                    Err(no_way_back("This call was taken back already."))
                }
                Recalled::Change(change) => {
                    Ok(Chosen { changes: vec![*change], stays: Vec::new(), stops_before: None })
                }
            },
            Asked::Agent { agent, since, until } => {
                let mut calls = Vec::new();
                let sent = self.0.store.sent_since(agent, *since, |line| {
                    if let Some((call, of)) = call_of(&line.entry) {
                        let happened = !matches!(outcome_of(&line), Some(Outcome::Failed { .. }));
                        if line.entry.at <= *until && of.category != Category::Read && of.undoes.is_none() && happened {
                            calls.push(call.clone());
                        }
                    }
                    calls.len() < LOOKED_AT
                });
                sent.map_err(|error| error.edge())?;
                self.newest_with_a_way_back(&calls)
            }
        }
    }

    /// Those of these calls that can be taken back. One that has no way back is passed by and named: what it changed where
    /// an older one wrote stands against that as somebody's change would.
    fn newest_with_a_way_back(&self, calls: &[CallId]) -> Result<Chosen, EdgeError> {
        let (mut changes, mut stays): (Vec<Change>, Vec<String>) = (Vec::new(), Vec::new());
        let mut unnamed = 0;
        let mut stops_before = None;
        for call in calls {
            if self.taken_back_at(call)?.is_some() {
                continue;
            }
            let change = match self.recall(call)? {
                Recalled::Nothing => continue,
                Recalled::Final(why) => {
                    stops_before = Some(format!("It stops before “{}”: {why}", self.summary_of(call)));
                    break;
                }
                Recalled::Stays(_) if stays.len() == NAMED => {
                    unnamed += 1;
                    continue;
                }
                Recalled::Stays(why) => {
                    stays.push(format!("“{}” stays: {why}", self.summary_of(call)));
                    continue;
                }
                Recalled::Change(change) => *change,
            };
            stops_before = if changes.len() == MOST {
                Some(format!("It stops after {MOST} calls: take the older ones back afterwards."))
            } else if changes.first().is_some_and(|first| first.connection != change.connection) {
                let place = self.registry(|registry| {
                    registry.connections.get(&change.connection).map(|connection| connection.name.clone())
                });
                let place = place.unwrap_or_else(|| "another connection".to_owned());
                Some(format!("It stops before “{}” in {place}: take that back afterwards.", change.summary))
            } else {
                None
            };
            if stops_before.is_some() {
                break;
            }
            changes.push(change);
        }
        if unnamed > 0 {
            stays.push(format!("{} without a way back stay, too.", counted(unnamed, "more call")));
        }
        Ok(Chosen { changes, stays, stops_before })
    }

    fn summary_of(&self, call: &CallId) -> String {
        let found = self.0.store.sent_call(call, None).ok().flatten();
        let tool = || found.as_ref().and_then(|sent| Some(call_of(&sent.line.entry)?.1.tool.clone()));
        match found.as_ref().and_then(|sent| outcome_of(&sent.line)) {
            Some(Outcome::Done { summary }) => summary.clone(),
            _ => tool().unwrap_or_default(),
        }
    }
}
