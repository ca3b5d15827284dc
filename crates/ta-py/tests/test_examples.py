"""The examples in Python run, each as a reader would run it."""

import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from conftest import ROOT
from nbclient import NotebookClient

EXAMPLES = ROOT / "examples/python"


def test_every_example_is_in_the_list() -> None:
    listed = (EXAMPLES / "README.md").read_text()
    files = [file.name for file in EXAMPLES.iterdir() if file.suffix in (".py", ".ipynb")]
    assert files and all(f"]({name})" in listed for name in files)


@pytest.mark.parametrize("script", sorted(EXAMPLES.glob("*.py")), ids=lambda script: script.stem)
def test_a_script_runs(script: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", str(script)], cwd=tmp_path, capture_output=True, text=True, encoding="utf-8", check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout


@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize("page", sorted(EXAMPLES.glob("*.ipynb")), ids=lambda page: page.stem)
def test_a_notebook_runs(page: Path, tmp_path: Path) -> None:
    notebook = nbformat.read(page, as_version=4)
    # Written without answers, so that they cannot be out of date.
    assert not any(cell.get("outputs") for cell in notebook.cells)
    (tmp_path / "examples").mkdir()
    (tmp_path / "examples/data").symlink_to(ROOT / "examples/data", target_is_directory=True)
    NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(tmp_path)}}).execute()
