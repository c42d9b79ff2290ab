//! Paging that neither leaves a record out nor gives one twice, whatever comes and goes between the pages.
//!
//! Sorted by id, a page begins after the last id. In any other order nothing tells where a record stands among those that
//! are new since: names are compared by the database's own rules, times to the microsecond, empty values by version. So the
//! ids that were given are remembered here and left out; once they are many, the ids of all that is left are asked for and
//! gone through. A cursor is a place in what is remembered. It holds no value of any record, and means nothing to another
//! agent, another search or another run of the app.

use crate::state::random;
use gatehouse_core::{AgentId, EdgeError, ErrorCode};
use gatehouse_odoo::domain::Direction;
use serde_json::{Value, json};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// From how many given records on the rest is asked for by its ids.
const MOST_LEFT_OUT: usize = 2_000;
/// The most records of one search that are gone through by their ids.
pub(crate) const MOST_LISTED: usize = 250_000;
/// The most searches that can be gone on with.
const MOST_WALKS: usize = 64;
/// The most ids remembered in all: 4 MB.
const MOST_IDS: usize = 1_000_000;

/// The searches under way, the latest last.
#[derive(Default)]
pub(crate) struct Cursors(Mutex<Vec<Walk>>);

/// One search, page by page.
struct Walk {
    key: u64,
    agent: AgentId,
    /// What it searches.
    search: u64,
    way: Way,
}

enum Way {
    ById,
    /// The records given so far.
    Given(Vec<u32>),
    /// Every record there is to give.
    All(Arc<[u32]>),
}

/// Where a page begins.
#[derive(Debug, Clone)]
pub(crate) enum Place {
    Beginning,
    AfterId { key: u64, id: i64 },
    AfterGiven { key: u64, given: Vec<u32> },
    Within { key: u64, all: Arc<[u32]>, from: usize },
}

/// What a search is, so that a cursor is not taken into another one.
pub(crate) fn search_of(parts: &Value) -> u64 {
    let mut hasher = DefaultHasher::new();
    parts.to_string().hash(&mut hasher);
    hasher.finish()
}

impl Cursors {
    /// The place that an agent's cursor tells.
    pub(crate) fn place(&self, text: &str, agent: &AgentId, search: u64) -> Result<Place, EdgeError> {
        let (key, at) = text
            .split_once('.')
            .and_then(|(key, at)| Some((u64::from_str_radix(key, 16).ok()?, at.parse::<u32>().ok()?)))
            .ok_or_else(|| refused("use the one that the last answer gave"))?;
        let mut walks = self.lock();
        let index = walks.iter().position(|walk| walk.key == key && walk.agent == *agent).ok_or_else(|| {
            refused(
                "it is not known any more: Gatehouse was started again, or many searches came since. Search again \
                 without it. Sorted by id, [\"id\", \">\", the last id] in the domain goes on where you were",
            )
        })?;
        if walks.get(index).is_none_or(|walk| walk.search != search) {
            return Err(refused("it belongs to another search: give model, domain, order and companies as before"));
        }
        let walk = walks.remove(index);
        let place = match &walk.way {
            Way::ById => Some(Place::AfterId { key, id: i64::from(at) }),
            Way::Given(ids) => ids.get(..at as usize).map(|given| Place::AfterGiven { key, given: given.to_vec() }),
            Way::All(ids) => {
                (at as usize <= ids.len()).then(|| Place::Within { key, all: Arc::clone(ids), from: at as usize })
            }
        };
        walks.push(walk);
        place.ok_or_else(|| refused("use the one that the last answer gave"))
    }

    /// The cursor to what comes after a page that began at `place` and gave these records.
    pub(crate) fn after(
        &self,
        place: &Place,
        by_id: Option<Direction>,
        given: &[u32],
        agent: &AgentId,
        search: u64,
    ) -> String {
        let mut walks = self.lock();
        let (key, at) = match place {
            Place::AfterId { key, id } => (*key, given.last().map_or(*id, |last| i64::from(*last)).try_into().ok()),
            Place::Beginning if by_id.is_some() => {
                let walk = Walk { key: new_key(), agent: agent.clone(), search, way: Way::ById };
                (keep(&mut walks, walk), given.last().copied())
            }
            Place::Beginning => {
                let walk = Walk { key: new_key(), agent: agent.clone(), search, way: Way::Given(given.to_vec()) };
                (keep(&mut walks, walk), u32::try_from(given.len()).ok())
            }
            Place::AfterGiven { key, given: before } => {
                let all = [before.as_slice(), given].concat();
                let count = u32::try_from(all.len()).ok();
                // A second call from the same place may have come here first: each goes on from its own.
                let way = Way::Given(all);
                let same = |walk: &&mut Walk| {
                    walk.key == *key && matches!(&walk.way, Way::Given(ids) if ids.len() == before.len())
                };
                match walks.iter_mut().find(same) {
                    Some(walk) => {
                        walk.way = way;
                        (*key, count)
                    }
                    None => (keep(&mut walks, Walk { key: new_key(), agent: agent.clone(), search, way }), count),
                }
            }
            Place::Within { key, from, .. } => (*key, u32::try_from(from + given.len()).ok()),
        };
        shrink(&mut walks);
        format!("{key:016x}.{}", at.unwrap_or_default())
    }

    /// From here on through the ids of all that is left: `given`, then those of `found` that were not given.
    pub(crate) fn list(&self, key: u64, given: &[u32], found: Vec<u32>) -> Place {
        let known: std::collections::HashSet<u32> = given.iter().copied().collect();
        let rest = found.into_iter().filter(|id| !known.contains(id));
        let all: Arc<[u32]> = given.iter().copied().chain(rest).collect();
        let mut walks = self.lock();
        if let Some(walk) = walks.iter_mut().find(|walk| walk.key == key) {
            walk.way = Way::All(Arc::clone(&all));
        }
        shrink(&mut walks);
        Place::Within { key, all, from: given.len() }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Walk>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Place {
    /// Whether the ids of all that is left have to be asked for first.
    pub(crate) fn is_far(&self) -> bool {
        matches!(self, Self::AfterGiven { given, .. } if given.len() > MOST_LEFT_OUT)
    }

    /// The domain of the page of `limit` records that begins here.
    pub(crate) fn domain(&self, domain: &Value, by_id: Option<Direction>, limit: usize) -> Value {
        let term = match self {
            Self::Beginning => return domain.clone(),
            Self::AfterId { id, .. } => {
                json!(["id", if by_id == Some(Direction::Down) { "<" } else { ">" }, id])
            }
            Self::AfterGiven { given, .. } => json!(["id", "not in", given]),
            Self::Within { .. } => json!(["id", "in", self.page(limit)]),
        };
        // Terms beside each other must all hold: one more after a whole domain narrows it.
        let mut terms = domain.as_array().cloned().unwrap_or_default();
        terms.push(term);
        Value::Array(terms)
    }

    /// The ids of the page, where they are known before it is read.
    pub(crate) fn page(&self, limit: usize) -> &[u32] {
        match self {
            Self::Within { all, from, .. } => {
                let end = from.saturating_add(limit).min(all.len());
                all.get(*from..end).unwrap_or_default()
            }
            _ => &[],
        }
    }
}

fn keep(walks: &mut Vec<Walk>, walk: Walk) -> u64 {
    let key = walk.key;
    walks.push(walk);
    key
}

/// Forgets the oldest searches where it is too much.
fn shrink(walks: &mut Vec<Walk>) {
    let size = |walk: &Walk| match &walk.way {
        Way::ById => 0,
        Way::Given(ids) => ids.len(),
        Way::All(ids) => ids.len(),
    };
    let mut ids: usize = walks.iter().map(size).sum();
    while walks.len() > MOST_WALKS || (ids > MOST_IDS && walks.len() > 1) {
        ids -= size(&walks.remove(0));
    }
}

fn new_key() -> u64 {
    u64::from_le_bytes(random())
}

fn refused(why: &str) -> EdgeError {
    EdgeError::new(ErrorCode::InvalidArguments, format!("cursor: {why}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn agent(name: &str) -> AgentId {
        AgentId::parse(name).unwrap()
    }

    #[test]
    fn a_cursor_is_its_agents_and_its_searchs_alone() {
        let (cursors, me) = (Cursors::default(), agent("me"));
        let cursor = cursors.after(&Place::Beginning, None, &[7, 3], &me, 1);
        assert!(matches!(cursors.place(&cursor, &me, 1).unwrap(), Place::AfterGiven { given, .. } if given == [7, 3]));
        assert!(cursors.place(&cursor, &agent("other"), 1).unwrap_err().message.contains("not known"));
        assert!(cursors.place(&cursor, &me, 2).unwrap_err().message.contains("another search"));
        assert!(Cursors::default().place(&cursor, &me, 1).is_err(), "another run of the app");
        let (key, _) = cursor.split_once('.').unwrap();
        for bad in ["", "o40", "40", key, &format!("{key}.3"), &format!("{key}.-1"), &format!("{key}.x")] {
            assert!(cursors.place(bad, &me, 1).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_page_asked_for_twice_is_the_same_page() {
        let (cursors, me) = (Cursors::default(), agent("me"));
        let first = cursors.after(&Place::Beginning, None, &[1, 2], &me, 1);
        let place = cursors.place(&first, &me, 1).unwrap();
        let second = cursors.after(&place, None, &[3, 4], &me, 1);
        let again = cursors.after(&cursors.place(&first, &me, 1).unwrap(), None, &[9, 3], &me, 1);
        let given = |cursor: &str| match cursors.place(cursor, &me, 1).unwrap() {
            Place::AfterGiven { given, .. } => given,
            other => panic!("{other:?}"),
        };
        assert_eq!((given(&second), given(&again)), (vec![1, 2, 3, 4], vec![1, 2, 9, 3]));
        assert_eq!(given(&first), [1, 2]);
    }

    #[test]
    fn a_long_walk_goes_through_the_ids_of_what_is_left() {
        let (cursors, me) = (Cursors::default(), agent("me"));
        let ids: Vec<u32> = (1..=2_001).collect();
        let cursor = cursors.after(&Place::Beginning, None, &ids, &me, 1);
        let place = cursors.place(&cursor, &me, 1).unwrap();
        assert!(place.is_far());
        let Place::AfterGiven { key, given } = place else { panic!() };
        let place = cursors.list(key, &given, vec![5_000, 2, 4_000]);
        assert_eq!(place.page(1), [5_000]);
        assert_eq!(
            place.domain(&json!([["a", "=", 1]]), None, 9),
            json!([["a", "=", 1], ["id", "in", [5_000, 4_000]]])
        );
        let next = cursors.after(&place, None, &[5_000], &me, 1);
        assert_eq!(cursors.place(&next, &me, 1).unwrap().page(9), [4_000]);
    }

    #[test]
    fn by_id_a_page_begins_after_the_last_one_and_nothing_is_remembered() {
        let (cursors, me) = (Cursors::default(), agent("me"));
        let down = Some(Direction::Down);
        let cursor = cursors.after(&Place::Beginning, down, &[9, 8], &me, 1);
        let place = cursors.place(&cursor, &me, 1).unwrap();
        assert_eq!(place.domain(&json!([]), down, 2), json!([["id", "<", 8]]));
        assert!(cursors.after(&place, down, &[5], &me, 1).ends_with(".5"));
    }

    #[test]
    fn the_oldest_searches_are_forgotten_first() {
        let (cursors, me) = (Cursors::default(), agent("me"));
        let first = cursors.after(&Place::Beginning, None, &[1], &me, 0);
        let others: Vec<String> =
            (1..=64).map(|search| cursors.after(&Place::Beginning, None, &[1], &me, search)).collect();
        assert!(cursors.place(&first, &me, 0).is_err());
        assert!(cursors.place(&others[0], &me, 1).is_ok());
    }
}
