//! One program at a time.

use std::fs::{File, TryLockError};
use std::path::Path;

use super::fault::Fault;
use crate::error::{Error, Kind};

/// A lock on a folder, until it is dropped or the program ends, however it ends.
#[derive(Debug)]
pub(super) struct Lock(File);

impl Lock {
    pub(super) fn new(folder: &Path) -> Result<Self, Fault> {
        let file = File::options().write(true).create(true).truncate(false).open(folder.join("lock"))?;
        match file.try_lock() {
            Ok(()) => Ok(Self(file)),
            Err(TryLockError::WouldBlock) => {
                Err(Error::new(Kind::InUse, "store is in use by another program")
                    .with_help("one program at a time; another folder is another store")
                    .into())
            }
            Err(TryLockError::Error(err)) => Err(err.into()),
        }
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // Closing the file is not enough: a program that is just being started from here has it open too, for an instant.
        let _ = self.0.unlock();
    }
}
