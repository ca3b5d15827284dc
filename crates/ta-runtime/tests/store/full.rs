//! A disk without room. The call is refused, and all before it stays.

#![cfg(unix)]

use std::fs;
use std::path::Path;
use std::process::Command;

use ta_runtime::state::store::SqliteStore;

use crate::kill::{check, last_said, start};

/// Runs the program in what limits it, and answers what it said.
fn run(before: &[&str], folder: &Path) -> String {
    let output = start(before, folder).wait_with_output().unwrap();
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn a_file_that_may_not_grow_keeps_what_it_has() {
    let folder = tempfile::tempdir().unwrap();
    // In blocks of 512 or of 1024 bytes, by the shell.
    let limited = ["sh", "-c", "trap '' XFSZ; ulimit -f 60; exec \"$0\" \"$@\""];
    let said = run(&limited, folder.path());
    let stored = last_said("stored", &said).unwrap();
    assert!(said.contains("refused"), "{said}");
    assert_eq!(last_said("kept", &said), Some(stored), "{said}");
    assert_eq!(check(&mut SqliteStore::open(folder.path()).unwrap(), "a").unwrap(), Some(stored));
}

#[test]
fn a_full_file_system_keeps_what_it_has() {
    let folder = tempfile::tempdir().unwrap();
    // A file system of its own, that nobody else sees and that ends with the program. Not every system lets a user make one.
    let mount = "mount -t tmpfs -o size=80k tmpfs \"$TA_TEST_STORE\"";
    let may =
        Command::new("unshare").args(["-rm", "sh", "-c", mount]).env("TA_TEST_STORE", folder.path()).output();
    if !may.is_ok_and(|output| output.status.success()) {
        println!("not tested: no file system can be mounted here");
        return;
    }
    let said = run(&["unshare", "-rm", "sh", "-c", &format!("{mount} && exec \"$0\" \"$@\"")], folder.path());
    let stored = last_said("stored", &said).unwrap();
    assert!(said.contains("refused no room to store more"), "{said}");
    assert_eq!(last_said("kept", &said), Some(stored), "{said}");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "nothing was written outside");
}
