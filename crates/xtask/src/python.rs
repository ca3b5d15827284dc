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
        build(&python, &root.join(package), "dev", &wheels)?;
    }
    run(pip(&python).args(["--force-reinstall", "--no-deps"]).args(files(&wheels)))?;
    for package in ["crates/ta-py", "examples/custom-wheel"] {
        run(Command::new(&python).args(["-m", "pytest", "--quiet"]).current_dir(root.join(package)))?;
    }
    bare(root, &wheels)
}

/// The wheel where nothing else is installed than what it asks for.
fn bare(root: &Path, wheels: &Path) -> Outcome {
    let folder = root.join("target/python-bare");
    let python = venv(&folder)?;
    let ours =
        |file: &PathBuf| file.file_name().is_some_and(|name| name.to_string_lossy().starts_with("ta_py-"));
    run(pip(&python).args(files(wheels).into_iter().filter(ours)))?;
    run(Command::new(&python).arg(root.join("crates/ta-py/tests/bare.py")))
}

/// The wheel beside other libraries; writes the page of its benchmarks.
pub(crate) fn bench(root: &Path) -> Outcome {
    let benches = root.join("crates/ta-py/benches");
    let folder = root.join("target/python-bench");
    let python = if interpreter(&folder).exists() { interpreter(&folder) } else { venv(&folder)? };
    let wanted = benches.join("requirements.txt");
    let wanted =
        fs::read_to_string(&wanted).map_err(|error| format!("cannot read {}: {error}", wanted.display()))?;
    for library in wanted.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        // One that is not made for this machine is left out.
        if let Err(error) = run(pip(&python).arg(library)) {
            eprintln!("{error}");
        }
    }
    let wheels = folder.join("wheels");
    let _ = fs::remove_dir_all(&wheels);
    build(&python, &root.join(PACKAGES[0]), "release", &wheels)?;
    run(pip(&python).args(["--force-reinstall", "--no-deps"]).args(files(&wheels)))?;
    run(Command::new(&python)
        .arg(benches.join("compare.py"))
        .arg("--write")
        .arg(root.join("docs/benchmarks-python.md")))
}

/// Builds the wheel of a package into a folder.
fn build(python: &Path, package: &Path, profile: &str, wheels: &Path) -> Outcome {
    run(Command::new(python)
        .args(["-m", "maturin", "build", "--locked", "--profile", profile, "--interpreter"])
        .arg(python)
        .arg("--out")
        .arg(wheels)
        .current_dir(package))
}

fn files(folder: &Path) -> Vec<PathBuf> {
    fs::read_dir(folder).into_iter().flatten().filter_map(|entry| Some(entry.ok()?.path())).collect()
}

/// The interpreter of the environment, which is made anew when what it should hold has changed.
fn environment(root: &Path) -> Result<PathBuf, String> {
    let folder = root.join("target/python");
    let wanted = root.join("crates/ta-py/tests/requirements.txt");
    let installed = folder.join("requirements.txt");
    let read = |file: &Path| fs::read_to_string(file).ok();
    if interpreter(&folder).exists() && read(&wanted).is_some() && read(&wanted) == read(&installed) {
        return Ok(interpreter(&folder));
    }
    let python = venv(&folder)?;
    run(pip(&python).arg("--requirement").arg(&wanted))?;
    // Last, so that an environment that is not complete is made again.
    fs::copy(&wanted, &installed)
        .map_err(|error| format!("cannot write {}: {error}", installed.display()))?;
    Ok(python)
}

/// An empty environment.
fn venv(folder: &Path) -> Result<PathBuf, String> {
    let base = std::env::var_os("PYTHON").unwrap_or_else(|| "python3".into());
    run(Command::new(&base).args(["-c", "import sys; sys.exit(sys.version_info < (3, 11))"])).map_err(
        |error| format!("{error} (Python 3.11 or newer is needed; the variable PYTHON says which)"),
    )?;
    run(Command::new(&base).args(["-m", "venv", "--clear"]).arg(folder))?;
    Ok(interpreter(folder))
}

fn interpreter(folder: &Path) -> PathBuf {
    folder.join(if cfg!(windows) { "Scripts/python.exe" } else { "bin/python" })
}

fn pip(python: &Path) -> Command {
    let mut command = Command::new(python);
    command.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]);
    command
}
