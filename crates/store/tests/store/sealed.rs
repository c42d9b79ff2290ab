use crate::{House, agent, at, connection_id};
use gatehouse_core::{Agent, AgentStatus, Connection, ConnectionStatus, Environment, Evidence, Protocol, Tls};
use gatehouse_store::{Generations, Sealed, Store, StoreError, TableFault, Why};
use gatehouse_vault::Vault;
use serde::{Deserialize, Serialize};

fn connection(number: u8, name: &str) -> Connection {
    Connection {
        id: connection_id(number),
        name: name.into(),
        origin: "https://acme.example".into(),
        database: "acme".into(),
        login: "mitchell".into(),
        environment: Environment::Production,
        read_only: false,
        protocol: Protocol::Auto,
        tls: Tls::System,
        language: None,
        note: String::new(),
        tags: vec![],
        favourite: false,
        demo: false,
        status: ConnectionStatus::NeverChecked,
        created_at: at(0),
        deleted_at: None,
    }
}

fn admitted(name: &str) -> Agent {
    Agent {
        id: agent(name),
        evidence: Evidence { uid: 1000, pid: 1, program: "/usr/bin/claude".into(), inode: 1 },
        status: AgentStatus::Admitted,
        grants: vec![connection_id(1)],
        admitted_at: at(0),
        last_seen: at(0),
    }
}

impl House {
    fn with_three() -> Self {
        let house = Self::new();
        for (number, name) in [(1, "One"), (2, "Two"), (3, "Three")] {
            house.put(&connection(number, name));
        }
        house
    }

    fn put(&self, connection: &Connection) {
        self.store.put_connection(connection, &*self.sealer).unwrap();
    }

    fn connections(&self) -> Sealed<Connection> {
        self.store.connections(&*self.sealer).unwrap()
    }
}

fn names(table: &Sealed<Connection>) -> Vec<&str> {
    table.rows.iter().map(|row| row.name.as_str()).collect()
}

fn quarantine(table: &Sealed<Connection>) -> Vec<(&str, Why)> {
    table.quarantined.iter().map(|row| (row.id.as_str(), row.why)).collect()
}

#[test]
fn what_was_put_is_read_back_after_a_restart() {
    let house = House::with_three();
    house.put(&Connection { name: "Two, renamed".into(), ..connection(2, "") });
    assert!(house.store.remove_connection(&connection_id(3), &*house.sealer).unwrap());
    assert!(!house.store.remove_connection(&connection_id(3), &*house.sealer).unwrap());
    house.store.put_agent(&admitted("claude-code"), &*house.sealer).unwrap();

    let again = Store::open(&house.path()).unwrap();
    let table = again.connections(&*house.sealer).unwrap();
    assert_eq!(names(&table), ["One", "Two, renamed"]);
    assert_eq!((table.quarantined.len(), table.fault), (0, None));
    assert_eq!(again.agents(&*house.sealer).unwrap().rows, [admitted("claude-code")]);
    assert!(again.remove_agent(&agent("claude-code"), &*house.sealer).unwrap());
    assert!(again.agents(&*house.sealer).unwrap().rows.is_empty());
}

#[test]
fn settings_and_standing_approvals_are_kept_too() {
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Allows {
        tool: String,
        until: i64,
    }
    let (house, sealer) = (House::new(), Vault::session_only().unwrap().sealer());
    let store = &house.store;
    assert_eq!(store.setting("hold", &*sealer).unwrap(), None);
    store.put_setting("hold", "45", &*sealer).unwrap();
    store.put_setting("hold", "60", &*sealer).unwrap();
    assert_eq!(store.setting("hold", &*sealer).unwrap().as_deref(), Some("60"));
    assert!(store.remove_setting("hold", &*sealer).unwrap());
    assert_eq!(store.setting("hold", &*sealer).unwrap(), None);

    store.put_standing("sta_1", &Allows { tool: "odoo_write".into(), until: 9 }, &*sealer).unwrap();
    let standing = store.standing::<Allows>(&*sealer).unwrap();
    assert_eq!(standing.rows[0].body, Allows { tool: "odoo_write".into(), until: 9 });
    let unreadable = store.standing::<String>(&*sealer).unwrap();
    assert_eq!((unreadable.rows.len(), unreadable.quarantined[0].why), (0, Why::Unreadable));
    assert!(store.remove_standing("sta_1", &*sealer).unwrap());
}

#[test]
fn a_setting_that_was_changed_or_whose_table_is_in_doubt_is_an_error_and_no_default() {
    for sql in [
        "UPDATE settings SET body = '9999'",
        "DELETE FROM settings",
        "DELETE FROM sealed_lists",
        "DELETE FROM settings; DELETE FROM sealed_lists",
    ] {
        let house = House::new();
        house.store.put_setting("hold", "45", &*house.sealer).unwrap();
        house.tamper(sql);
        let error = house.store.setting("hold", &*house.sealer).unwrap_err();
        assert!(matches!(error, StoreError::Quarantined { .. }), "{sql}: {error}");
    }
}

#[test]
fn every_edit_of_a_row_is_found_and_the_others_stay() {
    for (sql, why) in [
        (
            "UPDATE connections SET body = replace(body, 'acme.example', 'evil.example') WHERE body LIKE '%Two%'",
            Why::Edited,
        ),
        ("UPDATE connections SET body = body || ' ' WHERE body LIKE '%Two%'", Why::Edited),
        ("UPDATE connections SET seal = zeroblob(32) WHERE body LIKE '%Two%'", Why::Edited),
        ("UPDATE connections SET seal = x'' WHERE body LIKE '%Two%'", Why::Edited),
        ("DELETE FROM connections WHERE body LIKE '%Two%'", Why::Deleted),
    ] {
        let house = House::with_three();
        house.tamper(sql);
        let table = house.connections();
        assert_eq!(names(&table), ["One", "Three"], "{sql}");
        assert_eq!(quarantine(&table), [(connection_id(2).as_str(), why)], "{sql}");
        assert_eq!(table.fault, None);
    }
}

#[test]
fn rows_that_were_swapped_renamed_or_copied_are_found() {
    let (one, two) = (connection_id(1), connection_id(2));
    let house = House::with_three();
    house.tamper(&format!(
        "UPDATE connections SET id = 'x' WHERE id = '{one}'; UPDATE connections SET id = '{one}' WHERE id = '{two}';
         UPDATE connections SET id = '{two}' WHERE id = 'x'"
    ));
    let table = house.connections();
    assert_eq!(names(&table), ["Three"]);
    assert_eq!(quarantine(&table), [(one.as_str(), Why::Edited), (two.as_str(), Why::Edited)]);

    let house = House::with_three();
    house.tamper("INSERT INTO connections SELECT 'con_copy', body, seal FROM connections LIMIT 1");
    assert_eq!(quarantine(&house.connections()), [("con_copy", Why::Edited)]);
    assert_eq!(house.connections().rows.len(), 3);
}

#[test]
fn a_row_of_another_table_is_not_believed() {
    let house = House::with_three();
    house.store.put_setting("x", "y", &*house.sealer).unwrap();
    house.tamper("INSERT INTO agents SELECT id, body, seal FROM connections LIMIT 1");
    let agents = house.store.agents(&*house.sealer).unwrap();
    assert_eq!((agents.rows.len(), agents.quarantined.len()), (0, 1));
}

#[test]
fn an_old_row_put_back_is_found_though_its_own_seal_holds() {
    let house = House::new();
    house.put(&connection(1, "Loose"));
    house.put(&connection(2, "Other"));
    house.tamper("CREATE TABLE kept AS SELECT * FROM connections");
    house.put(&Connection { read_only: true, ..connection(1, "Strict") });
    house.store.remove_connection(&connection_id(2), &*house.sealer).unwrap();
    house.tamper("INSERT OR REPLACE INTO connections SELECT * FROM kept");
    let table = house.connections();
    assert!(table.rows.is_empty());
    let (one, two) = (connection_id(1), connection_id(2));
    assert_eq!(quarantine(&table), [(one.as_str(), Why::PutBack), (two.as_str(), Why::Unlisted)]);
    assert_eq!(table.quarantined[0].claim.as_ref().unwrap().name, "Loose");
}

#[test]
fn a_list_that_was_changed_or_lost_makes_the_whole_table_suspect() {
    for (sql, fault) in [
        ("UPDATE sealed_lists SET list = '{}'", TableFault::ListAltered),
        ("UPDATE sealed_lists SET list = 'x'", TableFault::ListAltered),
        ("UPDATE sealed_lists SET generation = generation + 1", TableFault::ListAltered),
        ("UPDATE sealed_lists SET seal = zeroblob(32)", TableFault::ListAltered),
        ("UPDATE sealed_lists SET name = 'agents'", TableFault::ListMissing),
        ("DELETE FROM sealed_lists", TableFault::ListMissing),
    ] {
        let house = House::with_three();
        house.tamper(sql);
        let table = house.connections();
        assert_eq!((table.rows.len(), table.quarantined.len(), table.fault), (0, 3, Some(fault)), "{sql}");
        assert!(table.quarantined.iter().all(|row| row.why == Why::ListNotBelieved && row.claim.is_some()));
    }
}

#[test]
fn a_whole_table_put_back_is_found_by_its_generation() {
    let house = House::with_three();
    house
        .tamper("CREATE TABLE kept AS SELECT * FROM connections; CREATE TABLE kept_list AS SELECT * FROM sealed_lists");
    house.put(&Connection { read_only: true, ..connection(1, "One") });
    let note = serde_json::to_string(&house.store.generations()).unwrap();
    house.tamper(
        "INSERT OR REPLACE INTO connections SELECT * FROM kept; INSERT OR REPLACE INTO sealed_lists SELECT * FROM kept_list",
    );
    let rolled_back = TableFault::RolledBack { found: 3, expected: 4 };
    assert_eq!(house.connections().fault, Some(rolled_back), "the running app did not see it");

    let again = Store::open(&house.path()).unwrap();
    again.expect(&serde_json::from_str::<Generations>(&note).unwrap());
    let table = again.connections(&*house.sealer).unwrap();
    assert_eq!((table.rows.len(), table.quarantined.len(), table.fault), (0, 3, Some(rolled_back)));
}

#[test]
fn the_whole_file_put_back_or_emptied_is_found_by_the_note() {
    let house = House::with_three();
    let old = house.folder.path().join("old.sqlite");
    let raw = rusqlite::Connection::open(house.path()).unwrap();
    raw.execute("VACUUM INTO ?1", [old.to_str().unwrap()]).unwrap();
    house.put(&Connection { read_only: true, ..connection(1, "One") });
    let note = house.store.generations();

    let store = Store::open(&old).unwrap();
    store.expect(&note);
    assert!(matches!(store.connections(&*house.sealer).unwrap().fault, Some(TableFault::RolledBack { .. })));

    let fresh = Store::open(&house.folder.path().join("fresh.sqlite")).unwrap();
    fresh.expect(&note);
    assert_eq!(fresh.connections(&*house.sealer).unwrap().fault, Some(TableFault::ListMissing));
}

#[test]
fn a_crash_between_the_change_and_the_note_is_no_roll_back() {
    let house = House::with_three();
    let note = house.store.generations();
    house.put(&Connection { read_only: true, ..connection(1, "One") });
    let again = Store::open(&house.path()).unwrap();
    again.expect(&note);
    let table = again.connections(&*house.sealer).unwrap();
    assert_eq!((table.rows.len(), table.fault), (3, None));
    assert!(again.generations().of("connections") > note.of("connections"), "the note is not brought up to date");
}

#[test]
fn a_change_of_one_row_does_not_take_up_what_was_done_to_another() {
    let house = House::with_three();
    house.tamper("UPDATE connections SET body = replace(body, 'acme', 'evil') WHERE body LIKE '%Two%'");
    house.put(&Connection { favourite: true, ..connection(1, "One") });
    assert_eq!(quarantine(&house.connections()), [(connection_id(2).as_str(), Why::Edited)]);

    house.tamper("DELETE FROM connections WHERE body LIKE '%Three%'");
    house.put(&connection(1, "One"));
    assert_eq!(house.connections().quarantined.len(), 2);
}

#[test]
fn after_a_roll_back_each_row_comes_back_only_when_confirmed() {
    let house = House::with_three();
    house.store.expect(&serde_json::from_str(r#"{"connections": 50}"#).unwrap());
    let claims: Vec<_> = house.connections().quarantined.into_iter().map(|row| row.claim.unwrap()).collect();
    assert_eq!(claims.len(), 3);
    house.put(&claims[0]);
    let table = house.connections();
    assert_eq!((table.rows.len(), table.quarantined.len(), table.fault, table.generation), (1, 2, None, 51));
    house.put(&claims[1]);
    assert!(house.store.remove_connection(&claims[2].id, &*house.sealer).unwrap());
    let table = house.connections();
    assert_eq!((table.rows.len(), table.quarantined.len()), (2, 0));
}

#[test]
fn under_another_key_nothing_is_believed_and_everything_is_shown() {
    let house = House::with_three();
    let stranger = Vault::session_only().unwrap().sealer();
    let table = house.store.connections(&*stranger).unwrap();
    assert_eq!((table.rows.len(), table.quarantined.len(), table.fault), (0, 3, Some(TableFault::ListAltered)));
    assert!(table.quarantined.iter().all(|row| row.why == Why::Edited && row.claim.is_some()));
}

#[test]
fn two_live_connections_never_share_a_name() {
    let house = House::with_three();
    let taken = house.store.put_connection(&connection(4, "tWO"), &*house.sealer);
    assert!(matches!(taken, Err(StoreError::NameTaken { name }) if name == "tWO"));
    assert_eq!(house.connections().rows.len(), 3);
    house.put(&Connection { deleted_at: Some(at(5)), ..connection(2, "Two") });
    house.put(&connection(4, "Two"));
    let restored = house.store.put_connection(&connection(2, "Two"), &*house.sealer);
    assert!(matches!(restored, Err(StoreError::NameTaken { .. })));
    house.put(&connection(4, "Two again"));
}

#[test]
fn changes_from_many_threads_all_count() {
    let house = House::new();
    std::thread::scope(|scope| {
        for thread in 0..4_u8 {
            let house = &house;
            scope.spawn(move || {
                for number in 0..10 {
                    house.put(&connection(thread * 10 + number, &format!("{thread}/{number}")));
                    assert!(house.connections().fault.is_none());
                }
            });
        }
    });
    let table = house.connections();
    assert_eq!((table.rows.len(), table.quarantined.len(), table.generation), (40, 0, 40));
}
