"""The stubs say what the functions do."""

import inspect
import re
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import functions

import ta_py as ta

TYPED = Path(__file__).parent / "typed"
PACKAGE = Path(ta.__file__).parent
CHECKERS = {"mypy": ["mypy", "--strict", "--no-incremental"], "pyright": ["pyright", "--pythonpath", sys.executable]}


def check(checker: str, *what: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", *CHECKERS[checker], *map(str, what)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("checker", CHECKERS)
def test_typed_programs_pass(checker: str) -> None:
    done = check(checker, TYPED / "sample.py")
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("checker", CHECKERS)
def test_the_package_passes(checker: str) -> None:
    files = [*PACKAGE.rglob("*.pyi"), *PACKAGE.rglob("*.py")]
    # What the package has beside its stub is made in Rust.
    files.remove(PACKAGE / "__init__.py")
    package: list[str | Path] = ["--package", "ta_py"] if checker == "mypy" else sorted(files)
    done = check(checker, *package)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("checker", CHECKERS)
def test_wrong_calls_are_refused(checker: str) -> None:
    lines = (TYPED / "wrong.py").read_text().splitlines()
    wrong = [at for at, line in enumerate(lines, 1) if line.startswith("ta.")]
    done = check(checker, TYPED / "wrong.py")
    found = {line for line in wrong if f"wrong.py:{line}:" in done.stdout}
    assert found == set(wrong), done.stdout + done.stderr


def test_the_stubs_name_every_function_and_nothing_else() -> None:
    stub = (PACKAGE / "_kernels.pyi").read_text()
    named = {line.split("(")[0].removeprefix("def ") for line in stub.splitlines() if line.startswith("def ")}
    assert named == set(functions())


def test_the_stub_of_the_module_names_what_it_has() -> None:
    stub = (PACKAGE / "__init__.pyi").read_text()
    classes = set(re.findall(r"^class (\w+)", stub, re.MULTILINE))
    assert classes == {name for name in vars(ta) if inspect.isclass(getattr(ta, name))}
