//! The Python wheel: built, installed in an environment of its own under `target`, and tested there.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Outcome;
use crate::run::run;

/// The packages: the wheel, the faulty one that its tests need, and one of a third party with kernels of its own.
const PACKAGES: [&str; 3] = ["crates/ta-py", "crates/ta-py/tests/odd", "examples/custom-wheel"];

/// The tests of the wheels, with what they are run by at pinned versions.
pub(crate) fn test(root: &Path) -> Outcome {
    let python = environment(root)?;
    let wheels = root.join("target/wheels");
    let _ = fs::remove_dir_all(&wheels);
    for package in PACKAGES {
        // The profile of the other tests, so that what they have built is used again.
        run(Command::new(&python)
            .args(["-m", "maturin", "build", "--profile", "dev", "--locked", "--interpreter"])
            .arg(&python)
            .arg("--out")
            .arg(&wheels)
            .current_dir(root.join(package)))?;
    }
    let built = fs::read_dir(&wheels).into_iter().flatten().filter_map(|entry| Some(entry.ok()?.path()));
    run(pip(&python).args(["--force-reinstall", "--no-deps"]).args(built))?;
    for package in ["crates/ta-py", "examples/custom-wheel"] {
        run(Command::new(&python).args(["-m", "pytest", "--quiet"]).current_dir(root.join(package)))?;
    }
    Ok(())
}

/// The interpreter of the environment, which is made anew when what it should hold has changed.
fn environment(root: &Path) -> Result<PathBuf, String> {
    let folder = root.join("target/python");
    let wanted = root.join("crates/ta-py/tests/requirements.txt");
    let installed = folder.join("requirements.txt");
    let python = folder.join(if cfg!(windows) { "Scripts/python.exe" } else { "bin/python" });
    let read = |file: &Path| fs::read_to_string(file).ok();
    if python.exists() && read(&wanted).is_some() && read(&wanted) == read(&installed) {
        return Ok(python);
    }
    let base = std::env::var_os("PYTHON").unwrap_or_else(|| "python3".into());
    run(Command::new(&base).args(["-c", "import sys; sys.exit(sys.version_info < (3, 11))"])).map_err(
        |error| format!("{error} (Python 3.11 or newer is needed; the variable PYTHON says which)"),
    )?;
    run(Command::new(&base).args(["-m", "venv", "--clear"]).arg(&folder))?;
    run(pip(&python).arg("--requirement").arg(&wanted))?;
    // Last, so that an environment that is not complete is made again.
    fs::copy(&wanted, &installed)
        .map_err(|error| format!("cannot write {}: {error}", installed.display()))?;
    Ok(python)
}

fn pip(python: &Path) -> Command {
    let mut command = Command::new(python);
    command.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]);
    command
}
