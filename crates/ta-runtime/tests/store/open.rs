//! Folders that are stores, and those that are not.

use std::fs;

use ta_runtime::state::store::{SqliteStore, StateStore};

use crate::kill::{PLAN, fresh};

fn refusal(folder: &std::path::Path) -> String {
    let err = SqliteStore::open(folder).unwrap_err().to_string();
    err.replace(&format!("`{}`: ", folder.display()), "")
}

#[test]
fn a_store_is_open_in_one_place_at_a_time() {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(folder.path()).unwrap();
    assert!(SqliteStore::open(folder.path()).unwrap_err().is_in_use());
    assert_eq!(
        refusal(folder.path()),
        "store is in use by another program (one program at a time; another folder is another store)"
    );
    drop(store);
    SqliteStore::open(folder.path()).unwrap();
}

#[test]
fn a_folder_is_made_with_those_above_it_and_its_name_is_no_address() {
    let folder = tempfile::tempdir().unwrap();
    let deep = folder.path().join("a/file:b?mode=memory/ü");
    SqliteStore::open(&deep).unwrap().save("a", &fresh()).unwrap();
    assert!(deep.join("state.db").exists());
    assert!(SqliteStore::open(&deep).unwrap().load("a", &PLAN).unwrap().is_some());
}

#[test]
fn what_is_no_store_is_refused_and_left_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("state.db");

    fs::write(&file, "").unwrap();
    assert!(SqliteStore::open(folder.path()).unwrap_err().is_damaged());

    let text = "not a database at all, but long enough to look like one at first. ".repeat(100);
    fs::write(&file, &text).unwrap();
    assert!(SqliteStore::open(folder.path()).unwrap_err().is_store());
    assert_eq!(refusal(folder.path()), "file is no store (it is no database, or its beginning is damaged)");
    assert_eq!(fs::read_to_string(&file).unwrap(), text);

    fs::remove_file(&file).unwrap();
    let other = rusqlite::Connection::open(&file).unwrap();
    other.execute_batch("PRAGMA journal_mode = WAL; CREATE TABLE t (x); INSERT INTO t VALUES (1);").unwrap();
    other.close().unwrap();
    let bytes = fs::read(&file).unwrap();
    assert!(SqliteStore::open(folder.path()).unwrap_err().is_store());
    assert_eq!(refusal(folder.path()), "file is no store (it is a database of another program)");
    assert_eq!(fs::read(&file).unwrap(), bytes);
}

#[test]
fn a_layout_from_the_future_and_tables_of_others_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let change = |sql: &str| {
        drop(SqliteStore::open(folder.path()).unwrap());
        rusqlite::Connection::open(folder.path().join("state.db")).unwrap().execute_batch(sql).unwrap();
    };
    change("CREATE TRIGGER t AFTER INSERT ON event BEGIN DELETE FROM snapshot; END");
    assert!(SqliteStore::open(folder.path()).unwrap_err().is_damaged());
    fs::remove_file(folder.path().join("state.db")).unwrap();

    change("PRAGMA user_version = 2");
    assert!(SqliteStore::open(folder.path()).unwrap_err().is_store());
    assert_eq!(refusal(folder.path()), "store has layout 2 (this build reads layout 1)");
}

#[test]
fn a_store_that_another_program_turned_to_a_write_ahead_log_is_turned_back() {
    let folder = tempfile::tempdir().unwrap();
    SqliteStore::open(folder.path()).unwrap().save("a", &fresh()).unwrap();
    let other = rusqlite::Connection::open(folder.path().join("state.db")).unwrap();
    other.execute_batch("PRAGMA journal_mode = WAL").unwrap();
    drop(other);
    let mut store = SqliteStore::open(folder.path()).unwrap();
    assert!(store.load("a", &PLAN).unwrap().is_some());
    store.save("a", &fresh()).unwrap();
    assert!(!folder.path().join("state.db-wal").exists());
}

#[test]
fn another_program_can_look_inside_while_the_store_is_open() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = SqliteStore::open(folder.path()).unwrap();
    store.save("a", &fresh()).unwrap();
    let flags = rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY;
    let reader = rusqlite::Connection::open_with_flags(folder.path().join("state.db"), flags).unwrap();
    let names: String = reader.query_row("SELECT name FROM session", [], |row| row.get(0)).unwrap();
    assert_eq!(names, "a");
    store.save("b", &fresh()).unwrap();
}

#[test]
fn a_store_left_half_made_is_made_again() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("state.db.new"), "half").unwrap();
    fs::write(folder.path().join("state.db-journal"), "of a store that was deleted").unwrap();
    SqliteStore::open(folder.path()).unwrap().save("a", &fresh()).unwrap();
    assert!(!folder.path().join("state.db.new").exists());
    assert!(SqliteStore::open(folder.path()).unwrap().load("a", &PLAN).unwrap().is_some());
}

#[test]
fn a_place_that_cannot_be_written_to_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    assert!(SqliteStore::open(&file).unwrap_err().is_io());
    assert!(SqliteStore::open(file.join("below")).unwrap_err().is_io());

    #[cfg(target_os = "linux")]
    assert!(SqliteStore::open("/proc/self/fdinfo").unwrap_err().is_io());

    let closed = folder.path().join("closed");
    SqliteStore::open(&closed).unwrap().save("a", &fresh()).unwrap();
    let writable = fs::metadata(&closed).unwrap().permissions();
    let mut permissions = writable.clone();
    permissions.set_readonly(true);
    fs::set_permissions(&closed, permissions).unwrap();
    // An administrator may write all the same.
    if fs::write(closed.join("probe"), "").is_err() {
        let err = SqliteStore::open(&closed).and_then(|mut store| store.save("a", &fresh())).unwrap_err();
        assert!(err.is_io(), "{err}");
    }
    fs::set_permissions(&closed, writable).unwrap();
    assert!(SqliteStore::open(&closed).unwrap().load("a", &PLAN).unwrap().is_some());
}
