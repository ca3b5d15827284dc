"""What sessions and datasets leave behind, and how often Python is crossed into."""

from __future__ import annotations

import gc
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from conftest import FIELDS, make_bars
from test_memory import held

import ta_py as ta

BARS = make_bars(40)
PLAN = ta.compile({"rsi": "rsi(14)", "up": "close > sma(5)"})
BAR = {name: float(BARS[name][39]) for name in FIELDS}


def test_a_hundred_thousand_sessions_datasets_and_snapshots_leave_nothing_behind() -> None:
    frame = {name: values[:39] for name, values in BARS.items()}
    names = {"A": frame, "B": frame}

    def some(times: int) -> None:
        for _ in range(times):
            session = PLAN.session(frame)
            copy = ta.Session.restore(PLAN, session.snapshot())
            copy.step(BAR)
            copy.peek({**BAR, "ts": BAR["ts"] + 1})
            data = ta.Dataset()
            data.append_ohlcv("BTC", frame)
            data.execute(PLAN)
        for _ in range(times // 20):
            PLAN.session(names).snapshot()
            number = ta.dataset_create()
            ta.dataset_append_ohlcv(number, "BTC", frame)
            ta.dataset_drop(number)
            ta.incremental_step(ta.incremental_initialize(data.id, PLAN)[0], BAR)
            for wrong in (lambda: session.step({"ts": 1}), lambda: ta.Session.restore(PLAN, b"no")):
                with pytest.raises(ta.TaError):
                    wrong()

    some(2_000)
    gc.collect()
    before = held()
    some(32_000)
    gc.collect()
    # A hundred bytes for each session, dataset and snapshot would be ten megabytes.
    assert held() - before < 8_000_000


LIMITED = """
import resource, sys
sys.path.insert(0, sys.argv[1])
from test_live_memory import BAR, BARS, PLAN
import ta_py as ta
frame = {name: values[:39] for name, values in BARS.items()}
PLAN.session(frame).step(BAR)
held = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (held + (64 << 20),) * 2)
for _ in range(20_000):
    session = PLAN.session(frame)
    ta.Session.restore(PLAN, session.snapshot())
    ta.Dataset().append_ohlcv("BTC", frame)
"""


def test_many_sessions_and_datasets_fit_into_a_limit() -> None:
    subprocess.run([sys.executable, "-c", LIMITED, str(Path(__file__).parent)], check=True)


def crossings(work: Callable[[], Any]) -> list[str]:
    """The functions that are called while something is done, but for those of other libraries."""
    called: list[str] = []

    def note(_frame: object, event: str, argument: Any) -> None:
        if event == "c_call" and (getattr(argument, "__module__", None) or type(getattr(argument, "__self__", None)).__module__).startswith("ta_py"):
            called.append(argument.__name__)

    sys.setprofile(note)
    try:
        work()
    finally:
        sys.setprofile(None)
    return called


def calls(work: Callable[[], Any]) -> int:
    """How many functions of Python or C are called at all."""
    count = 0

    def note(_frame: object, event: str, _argument: Any) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(note)
    try:
        work()
    finally:
        sys.setprofile(None)
    return count


KINDS: dict[str, Callable[[dict[str, np.ndarray]], Any]] = {
    "dict": dict,
    "pandas": pd.DataFrame,
    "polars": pl.DataFrame,
    "arrow": pa.table,
    "matrix": lambda bars: np.column_stack([bars[name] for name in ("ts", "close")]),
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_chunk_is_one_call_however_long_it_is(kind: str) -> None:
    counted = []
    for length in (100, 10_000):
        session = PLAN.session()
        chunk = KINDS[kind](make_bars(length))
        assert crossings(lambda session=session, chunk=chunk: session.step(chunk)) == ["step"]
        session = PLAN.session()
        counted.append(calls(lambda session=session, chunk=chunk: session.step(chunk)))
    assert counted[0] == counted[1]


def test_a_job_is_one_call_however_long_it_is() -> None:
    counted = []
    for length in (100, 10_000):
        data = ta.Dataset()
        data.append_ohlcv("BTC", make_bars(length))
        assert crossings(lambda data=data: ta.execute_plan(data.id, PLAN)) == ["execute_plan"]
        counted.append(calls(lambda data=data: ta.execute_plan(data.id, PLAN)))
    assert counted[0] == counted[1]


def test_a_bar_as_arrays_makes_no_object() -> None:
    session = PLAN.session({name: values[:30] for name, values in BARS.items()})
    values, out = np.column_stack([BARS["ts"], BARS["close"]])[30:], np.empty((10, 2))
    rows = list(zip(values, out, strict=True))
    gc.collect()
    gc.disable()
    try:
        before = sys.getallocatedblocks()
        for row, into in rows:
            session.step_into(row, into)
        assert sys.getallocatedblocks() - before < 5
    finally:
        gc.enable()
    assert not np.isnan(out).any()
