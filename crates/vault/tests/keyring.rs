//! The vault on a real gnome-keyring. Each test runs itself once more inside a D-Bus session of its own, with a home
//! of its own, so that no test sees another's keyring nor the developer's.

#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod session;

use gatehouse_core::ConnectionId;
use gatehouse_vault::{ConnectionSecret, Credential, Vault, VaultError, VaultKind, service_name};
use session::{Daemon, inside_a_session, items_in_the_keyring, lock, unlock_like_a_prompt, wait, without_a_bus};
use std::path::Path;
use std::time::{Duration, Instant};

fn id(byte: u8) -> ConnectionId {
    ConnectionId::from_random([byte; 10])
}

fn secret(key: &str) -> ConnectionSecret {
    ConnectionSecret {
        origin: "https://acme.example".into(),
        database: "acme".into(),
        login: "mitchell".into(),
        credential: Credential::ApiKey(key.to_owned().into()),
    }
}

fn open(profile: Option<&str>) -> Result<Vault, VaultError> {
    wait(Vault::open_system(&service_name(profile.map(Path::new))))
}

fn key_of(vault: &Vault, byte: u8) -> Result<Option<String>, VaultError> {
    Ok(wait(vault.secret(&id(byte)))?.map(|secret| secret.credential.expose().to_owned()))
}

fn fingerprint(vault: &Vault) -> String {
    vault.sealer().seal("test", b"test").0.to_string()
}

fn put_raw(item: &str, bytes: &[u8]) {
    keyring_core::Entry::new("Gatehouse", item).unwrap().set_secret(bytes).unwrap();
}

#[test]
fn a_secret_comes_back_with_its_place_and_as_last_put() {
    inside_a_session("a_secret_comes_back_with_its_place_and_as_last_put", || {
        let _daemon = Daemon::unlocked();
        let vault = open(None).unwrap();
        assert_eq!(vault.kind(), VaultKind::System);
        assert!(wait(vault.secret(&id(1))).unwrap().is_none());

        wait(vault.put_secret(&id(1), "Acme", secret("first"))).unwrap();
        wait(vault.put_secret(&id(1), "Acme Europe", secret("second"))).unwrap();
        wait(vault.put_secret(&id(2), "Beta", secret("other"))).unwrap();
        let read = wait(vault.secret(&id(1))).unwrap().unwrap();
        assert_eq!(read.credential.expose(), "second");
        assert_eq!((&*read.origin, &*read.database, &*read.login), ("https://acme.example", "acme", "mitchell"));

        wait(vault.put_note("journal", b"head 7")).unwrap();
        wait(vault.put_note("journal", b"head 8")).unwrap();
        assert_eq!(wait(vault.note("journal")).unwrap().as_deref(), Some(b"head 8".as_slice()));
        assert_eq!(wait(vault.note("other")).unwrap(), None);

        let mut labels = items_in_the_keyring();
        labels.sort();
        assert_eq!(
            labels,
            ["Gatehouse: Acme Europe", "Gatehouse: Beta", "Gatehouse: journal", "Gatehouse: sealing key"]
        );

        wait(vault.remove_secret(&id(1))).unwrap();
        wait(vault.remove_secret(&id(1))).unwrap();
        assert_eq!(key_of(&vault, 1).unwrap(), None);
        assert_eq!(key_of(&vault, 2).unwrap().as_deref(), Some("other"));
    });
}

#[test]
fn another_process_finds_the_same_secret_and_the_same_key() {
    const TEST: &str = "another_process_finds_the_same_secret_and_the_same_key";
    inside_a_session(TEST, || {
        if let Some(expected) = session::told_by_the_first_process() {
            let vault = open(None).unwrap();
            assert_eq!(fingerprint(&vault), expected);
            assert_eq!(key_of(&vault, 1).unwrap().as_deref(), Some("kept"));
            return;
        }
        let first_daemon = Daemon::unlocked();
        let first = open(None).unwrap();
        wait(first.put_secret(&id(1), "Acme", secret("kept"))).unwrap();
        session::in_a_second_process(TEST, &fingerprint(&first));
        // And after the keyring itself was restarted, as by a new login.
        drop(first_daemon);
        let _second_daemon = Daemon::unlocked();
        session::in_a_second_process(TEST, &fingerprint(&first));
    });
}

#[test]
fn without_a_bus_there_is_no_service() {
    without_a_bus("without_a_bus_there_is_no_service", || {
        for _ in 0..2 {
            let error = open(None).unwrap_err();
            assert!(matches!(error, VaultError::NoService { .. }), "{error:?}");
        }
        let error = wait(Vault::unlock_system("Gatehouse")).unwrap_err();
        assert!(matches!(error, VaultError::NoService { .. }), "{error:?}");
    });
}

#[test]
fn a_keyring_that_starts_later_is_picked_up_without_a_restart() {
    inside_a_session("a_keyring_that_starts_later_is_picked_up_without_a_restart", || {
        for _ in 0..2 {
            let error = open(None).unwrap_err();
            assert!(matches!(error, VaultError::NoService { .. }), "{error:?}");
        }
        let _daemon = Daemon::unlocked();
        let vault = open(None).unwrap();
        wait(vault.put_secret(&id(1), "Acme", secret("key"))).unwrap();
        assert_eq!(key_of(&vault, 1).unwrap().as_deref(), Some("key"));
    });
}

#[test]
fn a_service_without_a_keyring_says_to_create_one() {
    inside_a_session("a_service_without_a_keyring_says_to_create_one", || {
        let _daemon = Daemon::started();
        assert_eq!(open(None).unwrap_err(), VaultError::NoKeyring);
    });
}

#[test]
fn a_locked_keyring_is_said_without_a_prompt_and_used_again_once_unlocked() {
    inside_a_session("a_locked_keyring_is_said_without_a_prompt_and_used_again_once_unlocked", || {
        let _daemon = Daemon::unlocked();
        let vault = open(None).unwrap();
        wait(vault.put_secret(&id(1), "Acme", secret("key"))).unwrap();
        lock();

        let asked_at = Instant::now();
        assert_eq!(open(None).unwrap_err(), VaultError::Locked);
        assert_eq!(key_of(&vault, 1).unwrap_err(), VaultError::Locked);
        assert_eq!(wait(vault.put_secret(&id(2), "Beta", secret("x"))).unwrap_err(), VaultError::Locked);
        assert_eq!(wait(vault.remove_secret(&id(1))).unwrap_err(), VaultError::Locked);
        assert_eq!(wait(vault.put_note("journal", b"x")).unwrap_err(), VaultError::Locked);
        assert!(asked_at.elapsed() < Duration::from_secs(3), "it waited for somebody");

        unlock_like_a_prompt();
        assert_eq!(key_of(&vault, 1).unwrap().as_deref(), Some("key"));
        assert_eq!(fingerprint(&open(None).unwrap()), fingerprint(&vault), "the sealing key was replaced");
    });
}

#[test]
fn a_keyring_locked_from_the_start_keeps_its_sealing_key() {
    inside_a_session("a_keyring_locked_from_the_start_keeps_its_sealing_key", || {
        let daemon = Daemon::unlocked();
        let before = fingerprint(&open(None).unwrap());
        drop(daemon);

        let daemon = Daemon::started();
        assert_eq!(open(None).unwrap_err(), VaultError::Locked);
        drop(daemon);

        let _daemon = Daemon::unlocked();
        assert_eq!(fingerprint(&open(None).unwrap()), before, "the sealing key was replaced");
        assert_eq!(items_in_the_keyring().len(), 1);
    });
}

#[test]
fn a_prompt_that_nobody_answers_is_said() {
    inside_a_session("a_prompt_that_nobody_answers_is_said", || {
        let _daemon = Daemon::unlocked();
        open(None).unwrap();
        lock();
        // There is no display here, so the prompt ends at once, as one that was closed does.
        assert_eq!(wait(Vault::unlock_system("Gatehouse")).unwrap_err(), VaultError::Dismissed);
        unlock_like_a_prompt();
        wait(Vault::unlock_system("Gatehouse")).unwrap();
    });
}

#[test]
fn a_keyring_that_hangs_at_the_start_is_given_up_and_used_once_it_answers() {
    inside_a_session("a_keyring_that_hangs_at_the_start_is_given_up_and_used_once_it_answers", || {
        let daemon = Daemon::unlocked();
        daemon.hang();
        let asked_at = Instant::now();
        assert_eq!(open(None).unwrap_err(), VaultError::TimedOut);
        assert_eq!(open(None).unwrap_err(), VaultError::TimedOut);
        let waited = asked_at.elapsed();
        assert!((9..14).contains(&waited.as_secs()), "gave up after {waited:?}");
        daemon.go_on();
        open(None).unwrap();
    });
}

#[test]
fn a_call_that_hangs_does_not_hold_up_the_next() {
    inside_a_session("a_call_that_hangs_does_not_hold_up_the_next", || {
        let daemon = Daemon::unlocked();
        let vault = open(None).unwrap();
        wait(vault.put_secret(&id(1), "Acme", secret("key"))).unwrap();
        daemon.hang();
        assert_eq!(key_of(&vault, 1).unwrap_err(), VaultError::TimedOut);
        daemon.go_on();
        let asked_at = Instant::now();
        assert_eq!(key_of(&vault, 1).unwrap().as_deref(), Some("key"));
        assert!(asked_at.elapsed() < Duration::from_secs(2), "{:?}", asked_at.elapsed());
    });
}

#[test]
fn an_open_vault_outlives_a_restart_of_the_keyring() {
    inside_a_session("an_open_vault_outlives_a_restart_of_the_keyring", || {
        let daemon = Daemon::unlocked();
        let vault = open(None).unwrap();
        wait(vault.put_secret(&id(1), "Acme", secret("key"))).unwrap();
        drop(daemon);
        let error = key_of(&vault, 1).unwrap_err();
        assert!(matches!(error, VaultError::NoService { .. }), "{error:?}");
        let _daemon = Daemon::unlocked();
        assert_eq!(key_of(&vault, 1).unwrap().as_deref(), Some("key"));
    });
}

#[test]
fn profiles_keep_their_items_apart() {
    inside_a_session("profiles_keep_their_items_apart", || {
        let _daemon = Daemon::unlocked();
        let (plain, test) = (open(None).unwrap(), open(Some("test")).unwrap());
        assert_ne!(fingerprint(&plain), fingerprint(&test));
        wait(plain.put_secret(&id(1), "Acme", secret("plain"))).unwrap();
        assert_eq!(key_of(&test, 1).unwrap(), None);
        wait(test.put_secret(&id(1), "Acme", secret("test"))).unwrap();
        wait(test.put_note("journal", b"t")).unwrap();
        assert_eq!(wait(plain.note("journal")).unwrap(), None);
        wait(test.remove_secret(&id(1))).unwrap();
        assert_eq!(key_of(&plain, 1).unwrap().as_deref(), Some("plain"));
        let named = format!("{}: sealing key", service_name(Some(Path::new("test"))));
        assert!(items_in_the_keyring().contains(&named), "{named}");
    });
}

#[test]
fn a_session_only_vault_leaves_nothing_in_the_keyring() {
    inside_a_session("a_session_only_vault_leaves_nothing_in_the_keyring", || {
        let _daemon = Daemon::unlocked();
        let vault = Vault::session_only().unwrap();
        wait(vault.put_secret(&id(1), "Acme", secret("key"))).unwrap();
        wait(vault.put_note("journal", b"x")).unwrap();
        assert_eq!(key_of(&vault, 1).unwrap().as_deref(), Some("key"));
        assert_eq!(items_in_the_keyring(), Vec::<String>::new());
    });
}

#[test]
fn a_damaged_item_is_said_and_a_damaged_sealing_key_is_not_replaced() {
    inside_a_session("a_damaged_item_is_said_and_a_damaged_sealing_key_is_not_replaced", || {
        let _daemon = Daemon::unlocked();
        let vault = open(None).unwrap();
        wait(vault.put_secret(&id(1), "Acme", secret("key"))).unwrap();

        let item = format!("connection/{}", id(1));
        put_raw(&item, b"{\"origin\":");
        assert!(matches!(key_of(&vault, 1), Err(VaultError::Damaged { item: named, .. }) if named == item));
        wait(vault.put_secret(&id(1), "Acme", secret("again"))).unwrap();
        assert_eq!(key_of(&vault, 1).unwrap().as_deref(), Some("again"));

        for damage in [b"".as_slice(), b"garbage", b"gatehouse-key-1:00"] {
            put_raw("sealing-key", damage);
            for _ in 0..2 {
                let error = open(None).unwrap_err();
                assert!(matches!(&error, VaultError::Damaged { item, .. } if item == "sealing-key"), "{error:?}");
            }
        }
    });
}

#[test]
fn two_openings_at_once_agree_on_one_key() {
    inside_a_session("two_openings_at_once_agree_on_one_key", || {
        let _daemon = Daemon::unlocked();
        let (one, other) =
            wait(async { tokio::join!(Vault::open_system("Gatehouse"), Vault::open_system("Gatehouse")) });
        assert_eq!(fingerprint(&one.unwrap()), fingerprint(&other.unwrap()));
    });
}

/// Three threads at once ended gnome-keyring-daemon in about every third of such runs.
#[test]
fn several_who_read_and_write_at_once_disturb_nobody() {
    inside_a_session("several_who_read_and_write_at_once_disturb_nobody", || {
        let _daemon = Daemon::unlocked();
        let vault = open(None).unwrap();
        wait(vault.put_note("journal", b"head")).unwrap();
        std::thread::scope(|scope| {
            scope.spawn(|| {
                for round in 0..300 {
                    wait(vault.put_note("journal", format!("head {round}").as_bytes())).unwrap();
                }
            });
            for _ in 0..2 {
                scope.spawn(|| {
                    for _ in 0..300 {
                        assert!(wait(vault.note("journal")).unwrap().is_some(), "the note was gone");
                    }
                });
            }
        });
        assert_eq!(wait(vault.note("journal")).unwrap().as_deref(), Some(b"head 299".as_slice()));
    });
}
