use crate::House;
use gatehouse_core::ErrorCode;
use gatehouse_store::{Store, StoreError};

#[cfg(unix)]
#[test]
fn only_the_person_can_read_the_files() {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let folder = tempfile::tempdir().unwrap();
    let profile = folder.path().join("new").join("profile");
    let path = profile.join("store.sqlite");
    let store = Store::open(&path).unwrap();
    let sealer = gatehouse_vault::Vault::session_only().unwrap().sealer();
    store.put_setting("a", "b", &*sealer).unwrap();
    assert_eq!(mode(&profile), 0o700);
    let files: Vec<_> = std::fs::read_dir(&profile).unwrap().map(|file| file.unwrap().path()).collect();
    assert_eq!(files.len(), 3, "{files:?}");
    for file in files {
        assert_eq!(mode(&file), 0o600, "{}", file.display());
    }
    drop(store);

    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
    drop(Store::open(&path).unwrap());
    assert_eq!(mode(&path), 0o600, "rights that others had were left");

    std::fs::set_permissions(&profile, std::fs::Permissions::from_mode(0o777)).unwrap();
    let error = Store::open(&path).unwrap_err();
    assert!(matches!(error, StoreError::OpenToAll { .. }), "{error}");
    std::fs::set_permissions(&profile, std::fs::Permissions::from_mode(0o700)).unwrap();
}

#[test]
fn a_newer_database_is_refused_with_words() {
    let house = House::new();
    let path = house.path();
    drop(house.store);
    rusqlite::Connection::open(&path).unwrap().pragma_update(None, "user_version", 1000).unwrap();
    let error = Store::open(&path).unwrap_err();
    assert!(matches!(error, StoreError::Newer { found: 1000, .. }), "{error}");
    let edge = error.edge();
    assert_eq!(edge.code, ErrorCode::Storage);
    assert!(edge.message.contains("newer Gatehouse") && edge.message.contains("Update"), "{}", edge.message);
}

#[test]
fn a_file_that_is_no_database_of_ours_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let text = folder.path().join("text.sqlite");
    std::fs::write(&text, "dear diary, ".repeat(100)).unwrap();
    assert!(matches!(Store::open(&text), Err(StoreError::NotOurs { .. })));
    assert_eq!(std::fs::read_to_string(&text).unwrap(), "dear diary, ".repeat(100));

    let other = folder.path().join("other.sqlite");
    rusqlite::Connection::open(&other).unwrap().execute_batch("CREATE TABLE bookmarks (url)").unwrap();
    assert!(matches!(Store::open(&other), Err(StoreError::NotOurs { .. })));
    let raw = rusqlite::Connection::open(&other).unwrap();
    let tables: i64 = raw.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0)).unwrap();
    assert_eq!(tables, 1);
}

#[test]
fn a_place_that_cannot_be_written_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "").unwrap();
    let error = Store::open(&file.join("store.sqlite")).unwrap_err();
    assert!(matches!(error, StoreError::File { .. }), "{error}");
}
