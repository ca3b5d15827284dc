"""The code in the book and in the README runs."""

import re
from pathlib import Path

import numpy as np
import pytest
from conftest import ROOT, make_bars


@pytest.mark.parametrize("page", ["docs/python.md", "crates/ta-py/README.md"])
def test_code_on_the_page_runs(page: str, tmp_path: Path) -> None:
    blocks = re.findall(r"^```python\n(.*?)^```", (ROOT / page).read_text(), re.MULTILINE | re.DOTALL)
    assert blocks
    bars = make_bars()
    names = {"bars": bars, "close": bars["close"], "np": np, "folder": str(tmp_path)}
    for block in blocks:
        exec(compile(block, page, "exec"), names)
