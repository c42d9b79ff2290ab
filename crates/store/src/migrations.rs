//! The database's form goes forward only. Each table's migrations stand beside its code; their order is here.

use crate::error::StoreError;
use crate::{agents, connections, journal, sealed, settings, standing};
use rusqlite::{Connection, TransactionBehavior};
use std::path::Path;

/// One step forward. Once released it is never edited: a change is a new step.
pub(crate) struct Migration {
    /// The form it leads to: one more than the step before.
    pub(crate) to: i64,
    pub(crate) sql: &'static str,
}

const ALL: &[&Migration] = &[
    &sealed::LISTS,
    &connections::TABLE,
    &agents::TABLE,
    &settings::TABLE,
    &standing::TABLE,
    &journal::TABLE,
    &journal::PAYLOADS,
    &journal::COLUMNS_OF_CALLS,
    &journal::INDEXES,
    &journal::CALLS,
    &journal::TAGS,
];

/// "GtHs", so that no other program's database is taken for ours.
const APPLICATION: i64 = 0x4774_4873;

/// Brings a database to this program's form. A newer one, and one that is not ours, is refused untouched.
pub(crate) fn migrate(connection: &mut Connection, path: &Path) -> Result<(), StoreError> {
    migrate_through(ALL, connection, path)
}

/// The statements that made the tables, indexes and triggers of this form, by name.
pub(crate) fn schema_of_this_form() -> Result<Vec<(String, String)>, StoreError> {
    let mut fresh = Connection::open_in_memory()?;
    migrate(&mut fresh, Path::new(":memory:"))?;
    schema(&fresh)
}

/// The same as they are in a database.
pub(crate) fn schema(connection: &Connection) -> Result<Vec<(String, String)>, StoreError> {
    let mut statement = connection
        .prepare("SELECT name, coalesce(sql, '') FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%' ORDER BY name")?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn migrate_through(steps: &[&Migration], connection: &mut Connection, path: &Path) -> Result<(), StoreError> {
    check_origin(connection, path)?;
    let known = steps.last().map_or(0, |step| step.to);
    let found = number(connection, "user_version")?;
    if found > known {
        return Err(StoreError::Newer { found, known });
    }
    for step in steps {
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        // Read again under the lock: another process may have taken the step.
        if number(&transaction, "user_version")? < step.to {
            transaction.execute_batch(step.sql)?;
            transaction.pragma_update(None, "user_version", step.to)?;
            transaction.pragma_update(None, "application_id", APPLICATION)?;
        }
        transaction.commit()?;
    }
    Ok(())
}

fn check_origin(connection: &Connection, path: &Path) -> Result<(), StoreError> {
    let not_ours = || StoreError::NotOurs { path: path.to_owned() };
    let application = match number(connection, "application_id") {
        Err(rusqlite::Error::SqliteFailure(error, _)) if error.code == rusqlite::ErrorCode::NotADatabase => {
            return Err(not_ours());
        }
        result => result?,
    };
    let tables: i64 = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    let is_fresh = application == 0 && tables == 0;
    if application == APPLICATION || is_fresh { Ok(()) } else { Err(not_ours()) }
}

fn number(connection: &Connection, pragma: &str) -> rusqlite::Result<i64> {
    connection.pragma_query_value(None, pragma, |row| row.get(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fresh() -> Connection {
        Connection::open_in_memory().unwrap()
    }

    #[test]
    fn each_step_leads_one_form_further() {
        for (index, step) in ALL.iter().enumerate() {
            assert_eq!(step.to, i64::try_from(index).unwrap() + 1, "{}", step.sql);
        }
    }

    #[test]
    fn a_database_of_any_earlier_form_is_brought_forward_with_its_rows() {
        for earlier in 1..=ALL.len() {
            let mut connection = fresh();
            migrate_through(&ALL[..earlier], &mut connection, Path::new("x")).unwrap();
            connection.execute("INSERT INTO sealed_lists VALUES ('t', 7, '[]', zeroblob(32))", []).unwrap();
            migrate(&mut connection, Path::new("x")).unwrap();
            assert_eq!(number(&connection, "user_version").unwrap(), ALL.last().unwrap().to);
            let kept: i64 = connection.query_row("SELECT generation FROM sealed_lists", [], |row| row.get(0)).unwrap();
            assert_eq!(kept, 7);
        }
    }

    #[test]
    fn a_step_that_fails_leaves_the_form_before_it() {
        let mut connection = fresh();
        let broken = Migration { to: 2, sql: "CREATE TABLE half (a); CREATE TABLE half (a);" };
        migrate_through(&[&sealed::LISTS, &broken], &mut connection, Path::new("x")).unwrap_err();
        assert_eq!(number(&connection, "user_version").unwrap(), 1);
        assert!(connection.prepare("SELECT * FROM half").is_err());
    }

    #[test]
    fn a_newer_database_is_refused_untouched() {
        let mut connection = fresh();
        migrate(&mut connection, Path::new("x")).unwrap();
        connection.pragma_update(None, "user_version", 99).unwrap();
        let error = migrate(&mut connection, Path::new("x")).unwrap_err();
        assert!(matches!(error, StoreError::Newer { found: 99, .. }), "{error}");
        assert!(error.to_string().contains("Update Gatehouse"), "{error}");
        assert_eq!(number(&connection, "user_version").unwrap(), 99);
    }

    #[test]
    fn another_programs_database_is_refused() {
        let mut connection = fresh();
        connection.execute_batch("CREATE TABLE bookmarks (url)").unwrap();
        assert!(matches!(migrate(&mut connection, Path::new("x")), Err(StoreError::NotOurs { .. })));
    }
}
