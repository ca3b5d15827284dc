//! The inputs that the fuzz targets are known by: what they found before, and what reaches the most code.

use std::fs;
use std::panic;
use std::path::Path;

use ta_tests::fuzz;

/// Runs the body of a target over all its inputs.
fn replay(target: &str, body: fn(&[u8])) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz");
    let mut inputs = Vec::new();
    for kind in ["corpus", "regressions"] {
        // A target that nothing was found with has no folder for it.
        let Ok(files) = fs::read_dir(root.join(kind).join(target)) else { continue };
        inputs.extend(files.map(|file| file.unwrap().path()));
    }
    assert!(inputs.len() >= 10, "{} inputs of `{target}`", inputs.len());
    let fail = |path: &Path| {
        let bytes = fs::read(path).unwrap();
        panic::catch_unwind(|| body(&bytes)).is_err()
    };
    let failed: Vec<_> = inputs.iter().filter(|path| fail(path)).collect();
    assert!(failed.is_empty(), "of {} inputs these fail: {failed:#?}", inputs.len());
}

#[test]
fn expressions_as_text() {
    replay("text", fuzz::text);
}

#[test]
fn expressions_as_json() {
    replay("payload", fuzz::payload);
}

#[test]
fn plans_as_json() {
    replay("plan", fuzz::plan);
}

#[test]
fn snapshots_as_bytes() {
    replay("snapshot", fuzz::snapshot);
}

#[test]
fn files_as_text() {
    replay("csv", fuzz::csv);
}

#[test]
fn lines_of_a_feed() {
    replay("events", fuzz::events);
}
