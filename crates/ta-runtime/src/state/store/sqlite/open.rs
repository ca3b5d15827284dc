//! A folder becomes a store, or is found to be one.
//!
//! | file | what |
//! |---|---|
//! | `lock` | locked by the one program that has the store open; empty |
//! | `state.db` | the store |
//! | `state.db-journal` | what `SQLite` needs to undo a transaction that was cut short; empty otherwise |
//! | `state.db.new` | a store that is being made; it gets its name when it is whole, so a `state.db` without content is damaged |

use std::fs::{self, File};
use std::io;
use std::path::Path;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::types::FromSql;
use rusqlite::{Connection, MAIN_DB, OpenFlags};

use super::fault::{Fault, damaged};
use super::lock::Lock;
use super::schema;
use crate::error::{Error, Kind};

const FILE: &str = "state.db";
const JOURNAL: &str = "state.db-journal";
const NEW: &str = "state.db.new";
/// How long a transaction waits for somebody who reads the file with another program.
const PATIENCE: Duration = Duration::from_secs(5);

/// The store in a folder, and the lock on it.
pub(super) fn open(folder: &Path) -> Result<(Connection, Lock), Fault> {
    fs::create_dir_all(folder)?;
    // Absolute, since `SQLite` takes a name that begins with `file:` for an address.
    let folder = folder.canonicalize()?;
    let lock = Lock::new(&folder)?;
    let file = folder.join(FILE);
    match fs::metadata(&file) {
        Err(err) if err.kind() == io::ErrorKind::NotFound => create(&folder)?,
        Err(err) => return Err(err.into()),
        Ok(about) if about.len() == 0 => return Err(damaged("the file is empty").into()),
        Ok(_) => {}
    }
    Ok((connect(&file)?, lock))
}

/// Makes a store aside and gives it its name.
fn create(folder: &Path) -> Result<(), Fault> {
    let new = folder.join(NEW);
    // Left by a program that was stopped while it was here; a journal without its store would be applied to the next one.
    for left in [&new, &folder.join(JOURNAL)] {
        match fs::remove_file(left) {
            Err(err) if err.kind() != io::ErrorKind::NotFound => return Err(err.into()),
            _ => {}
        }
    }
    let connection = Connection::open(&new)?;
    connection.execute_batch(&format!("PRAGMA journal_mode = OFF;\n{}", schema::create()))?;
    connection.close().map_err(|(_, err)| err)?;
    File::open(&new)?.sync_all()?;
    fs::rename(&new, folder.join(FILE))?;
    // The names are on disk only when the folders are; not every system lets a folder be opened.
    for folder in [Some(folder), folder.parent()].into_iter().flatten() {
        if let Ok(folder) = File::open(folder) {
            let _ = folder.sync_all();
        }
    }
    Ok(())
}

/// Opens the file as what it must be. It may come from anywhere: nothing in it is trusted.
fn connect(file: &Path) -> Result<Connection, Fault> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(file, flags)?;
    connection.busy_timeout(PATIENCE)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
    check_kind(&connection)?;
    // All that is acknowledged is in the one file. A write-ahead log would be flushed once where this is flushed five times, but from
    // a flipped bit on, `SQLite` takes such a log for one that was never written, and drops it without a word.
    connection.execute_batch(
        "PRAGMA journal_mode = TRUNCATE; PRAGMA synchronous = FULL; PRAGMA fullfsync = ON;
        PRAGMA cell_size_check = ON; PRAGMA mmap_size = 0; PRAGMA temp_store = MEMORY;",
    )?;
    let mode: String = pragma(&connection, "journal_mode")?;
    if mode != "truncate" {
        return Err(Error::new(Kind::InUse, format!("journal of the store stays in mode `{mode}`")).into());
    }
    if connection.is_readonly(MAIN_DB)? {
        return Err(Error::new(Kind::Io, "store cannot be used: its file can be read only").into());
    }
    check_tables(&connection)?;
    let structure: String = pragma(&connection, "quick_check(1)")?;
    if structure == "ok" { Ok(connection) } else { Err(damaged(&structure).into()) }
}

/// Refuses what is no store, or none of this layout, before anything is changed.
fn check_kind(connection: &Connection) -> Result<(), Fault> {
    let id: i32 = pragma(connection, "application_id")?;
    if id != schema::APPLICATION_ID {
        return Err(Error::new(Kind::Store, "file is no store")
            .with_help("it is a database of another program")
            .into());
    }
    let version: i32 = pragma(connection, "user_version")?;
    if version != schema::VERSION {
        return Err(Error::new(Kind::Store, format!("store has layout {version}"))
            .with_help(format!("this build reads layout {}", schema::VERSION))
            .into());
    }
    Ok(())
}

/// Refuses a file with other tables: no trigger, view or index of somebody else takes part in what is done here.
fn check_tables(connection: &Connection) -> Result<(), Fault> {
    let mut tables = connection.prepare("SELECT name, sql FROM sqlite_schema ORDER BY name")?;
    let tables = tables.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let tables: Vec<(String, String)> = tables.collect::<Result<_, _>>()?;
    let tables = tables.iter().map(|(name, sql)| (name.as_str(), sql.as_str()));
    if tables.eq(schema::TABLES) {
        Ok(())
    } else {
        Err(damaged("its tables are not those of a store").into())
    }
}

fn pragma<T: FromSql>(connection: &Connection, name: &str) -> Result<T, Fault> {
    Ok(connection.query_row(&format!("PRAGMA {name}"), [], |row| row.get(0))?)
}
