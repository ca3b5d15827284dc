//! What can go wrong below a store, in the words of this crate.

use std::io;

use rusqlite::ErrorCode;

use crate::error::{Error, Kind};

/// An error on its way out. A type of its own, so that `?` translates and no error of `SQLite` is part of the interface.
#[derive(Debug)]
pub(super) struct Fault(Error);

impl Fault {
    pub(super) fn into_error(self) -> Error {
        self.0
    }
}

impl From<Error> for Fault {
    fn from(err: Error) -> Self {
        Self(err)
    }
}

impl From<rusqlite::Error> for Fault {
    fn from(err: rusqlite::Error) -> Self {
        Self(match err.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => full(),
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
                Error::new(Kind::InUse, "store is being read by another program")
            }
            Some(ErrorCode::NotADatabase) => Error::new(Kind::Store, "file is no store")
                .with_help("it is no database, or its beginning is damaged"),
            Some(
                ErrorCode::SystemIoFailure
                | ErrorCode::CannotOpen
                | ErrorCode::ReadOnly
                | ErrorCode::PermissionDenied
                | ErrorCode::OutOfMemory
                | ErrorCode::FileLockingProtocolFailed
                | ErrorCode::NoLargeFileSupport,
            ) => unusable(&err),
            // The statements are always the same, so whatever else they meet is not what was stored.
            _ => damaged(&err.to_string()),
        })
    }
}

impl From<io::Error> for Fault {
    fn from(err: io::Error) -> Self {
        Self(match err.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => full(),
            _ => unusable(&err),
        })
    }
}

/// Something that is not as it was saved.
pub(super) fn damaged(what: &str) -> Error {
    let what: String = what.chars().take(400).flat_map(char::escape_debug).collect();
    let help = "go on from a backup, or begin anew from the history";
    Error::new(Kind::Damaged, format!("store is damaged: {what}")).with_help(help)
}

fn full() -> Error {
    Error::new(Kind::Full, "no room to store more").with_help("what was stored before is intact")
}

fn unusable(reason: &dyn std::error::Error) -> Error {
    Error::new(Kind::Io, format!("store cannot be used: {reason}"))
}
