//! Everything that must hold before a change lands.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::run::{cargo, run};
use crate::{Outcome, new_kernel, python, root};

pub(crate) fn run_all() -> Outcome {
    let root = &root();
    run(cargo(root).args(["fmt", "--all", "--check"]))?;
    run(cargo(root).args([
        "clippy",
        "--workspace",
        "--all-targets",
        "--all-features",
        "--",
        "-D",
        "warnings",
    ]))?;
    run(cargo(root)
        .args(["doc", "--workspace", "--no-deps", "--all-features"])
        .env("RUSTDOCFLAGS", "-D warnings"))?;
    // Targets and documentation examples are two calls, as the second one knows no `--all-targets`.
    run(cargo(root).args([
        "test",
        "--workspace",
        "--all-features",
        // Without `--lib`, which would test the wheels too: those have Python to be tested in.
        "--tests",
        "--examples",
    ]))?;
    run(cargo(root).args(["test", "--workspace", "--all-features", "--doc"]))?;
    scaffold(root)?;
    python::test(root)
}

/// Makes a new kernel in a copy of the repository and passes it through the harness there.
fn scaffold(root: &Path) -> Outcome {
    let copy = root.join("target/scaffold");
    copy_tracked(root, &copy)?;
    new_kernel::run(&copy, "scaffolded_kernel", "momentum")?;
    // The copy builds into the same folder, so that its dependencies are not built again.
    let target = root.join("target");
    // Its own tests, and the harness.
    run(cargo(&copy)
        .args([
            "test",
            "-p",
            "ta-kernels-std",
            "-p",
            "ta-tests",
            "--lib",
            "--test",
            "parity",
            "--",
            "scaffolded_kernel",
        ])
        .env("CARGO_TARGET_DIR", &target))?;
    fs::remove_dir_all(&copy).map_err(|error| format!("cannot remove {}: {error}", copy.display()))
}

/// Copies the files git knows, as they are on disk.
fn copy_tracked(root: &Path, copy: &Path) -> Outcome {
    let listed = Command::new("git")
        .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
        .current_dir(root)
        .output()
        .map_err(|error| format!("cannot run `git ls-files`: {error}"))?;
    if !listed.status.success() {
        return Err(format!("`git ls-files` failed: {}", String::from_utf8_lossy(&listed.stderr)));
    }
    let _ = fs::remove_dir_all(copy);
    for name in String::from_utf8_lossy(&listed.stdout).split_terminator('\0') {
        let (from, to) = (root.join(name), copy.join(name));
        // A file deleted but not yet committed is listed too.
        if !from.is_file() {
            continue;
        }
        let copied =
            to.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| fs::copy(&from, &to).map(drop));
        copied.map_err(|error| format!("cannot copy {name}: {error}"))?;
    }
    Ok(())
}
