//! How often agents called of late.

use crate::error::StoreError;
use crate::migrations::Migration;
use crate::store::Store;
use gatehouse_core::{AgentId, Timestamp};
use std::collections::BTreeMap;

/// Calls that agents made; a plan counts once, and what a person takes back is none of them. Counting them reads the index
/// alone.
pub(crate) const CALLS: Migration = Migration {
    to: 10,
    sql: "CREATE INDEX journal_calls ON journal (at, agent)
              WHERE kind IN ('call', 'intent') AND plan IS NULL AND undoes IS NULL;",
};

const MINUTE: i64 = 60_000;

impl Store {
    /// How many calls each agent made in each of the last `minutes` up to a moment, the oldest minute first. Agents that
    /// made none are left out.
    pub fn calls_per_minute(&self, until: Timestamp, minutes: u16) -> Result<BTreeMap<AgentId, Vec<u32>>, StoreError> {
        let since = until.as_millis() - i64::from(minutes) * MINUTE;
        self.read(|read| {
            let mut statement = read.prepare_cached(COUNT)?;
            let mut rows = statement.query([since, until.as_millis()])?;
            let mut counts: BTreeMap<AgentId, Vec<u32>> = BTreeMap::new();
            while let Some(row) = rows.next()? {
                let age = usize::try_from(row.get::<_, i64>(1)?).unwrap_or(0);
                let (Ok(agent), Some(place)) =
                    (AgentId::parse(&row.get::<_, String>(0)?), usize::from(minutes).checked_sub(age + 1))
                else {
                    continue;
                };
                counts.entry(agent).or_insert_with(|| vec![0; usize::from(minutes)])[place] = row.get(2)?;
            }
            Ok(counts)
        })
    }
}

const COUNT: &str = "SELECT agent, (?2 - at) / 60000, count(*) FROM journal
    WHERE at > ?1 AND at <= ?2 AND kind IN ('call', 'intent') AND plan IS NULL AND undoes IS NULL GROUP BY 1, 2";
