//! Running the program.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// The program, to be given arguments.
pub(crate) fn ta() -> Command {
    Command::new(env!("CARGO_BIN_EXE_ta"))
}

/// What a run printed, when it ended well.
#[track_caller]
pub(crate) fn stdout(args: &[&str]) -> String {
    let output = output(args);
    assert!(output.status.success(), "ta {args:?} failed: {}", text(&output.stderr));
    text(&output.stdout)
}

/// How a run ended and what it said on stderr.
#[track_caller]
pub(crate) fn refused(args: &[&str]) -> (Option<i32>, String) {
    let output = output(args);
    (output.status.code(), text(&output.stderr))
}

fn output(args: &[&str]) -> Output {
    ta().args(args).output().expect("the program starts")
}

pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// A file of bars of the examples.
pub(crate) fn example(name: &str) -> PathBuf {
    root().join("examples/data").join(name)
}

/// The top of the repository.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}
