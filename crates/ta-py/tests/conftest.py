"""Bars, and the ways in which a program may hold a column."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import ta_py as ta

ROOT = Path(__file__).resolve().parents[3]
FIELDS = ("ts", "open", "high", "low", "close", "volume")


def functions(module: Any = ta) -> dict[str, Any]:
    """Every kernel of the module under its id."""
    Function = type(ta.rsi)
    found = {value.id: value for value in vars(module).values() if isinstance(value, Function)}
    assert len(found) >= 42
    return dict(sorted(found.items()))


def make_bars(rows: int = 700, gaps: bool = False, seed: int = 7) -> dict[str, np.ndarray]:
    """A random walk with ties and flat stretches; with gaps some values of every field but the time are missing."""
    rng = np.random.default_rng(seed)
    close = np.round(100 + rng.normal(0, 1, rows).cumsum(), 1)
    close[rows // 2 : rows // 2 + 30] = close[rows // 2]
    open_ = np.roll(close, 1)
    bars = {
        "ts": 1_600_000_000_000.0 + 60_000.0 * np.arange(rows),
        "open": open_,
        "high": np.maximum(open_, close) + np.round(rng.random(rows), 1),
        "low": np.minimum(open_, close) - np.round(rng.random(rows), 1),
        "close": close,
        "volume": np.round(rng.random(rows) * 1000),
    }
    if gaps:
        for field in FIELDS[1:]:
            bars[field][rng.integers(0, rows, 12)] = np.nan
    return bars


def inputs(function: Any, bars: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """A column for every input of a kernel: the field of that name, or the fields in turn."""
    import inspect

    spare = iter(("close", "open", "high", "low"))
    names = [
        name
        for name, parameter in inspect.signature(function).parameters.items()
        if parameter.default is inspect.Parameter.empty
    ]
    return {name: bars[name if name in bars else next(spare)] for name in names}


def cut(values: np.ndarray, pieces: int) -> list[np.ndarray]:
    """A column in pieces, one of them empty."""
    parts = np.array_split(values, pieces)
    return [*parts[:2], values[:0], *parts[2:]]


def as_null(values: np.ndarray) -> list[float | None]:
    return [None if np.isnan(value) else float(value) for value in values]


def strided(values: np.ndarray) -> np.ndarray:
    wide = np.full((len(values), 3), -1.0)
    wide[:, 1] = values
    return wide[:, 1]


def sliced(values: np.ndarray) -> pa.Array:
    """A slice of a longer array, which starts in the middle of a byte of its null bits."""
    longer = pa.array([1.0, None, 3.0, *as_null(values), None])
    return longer.slice(3, len(values))


def masked(values: np.ndarray) -> np.ma.MaskedArray:
    return np.ma.MaskedArray(np.nan_to_num(values, nan=1e6), np.isnan(values))


#: Each way to hold a column, its missing values said as that library says them.
WAYS: dict[str, Callable[[np.ndarray], Any]] = {
    "numpy": lambda values: values,
    "numpy strided": strided,
    "numpy reversed twice": lambda values: values[::-1].copy()[::-1],
    "numpy big endian": lambda values: values.astype(">f8"),
    "numpy read-only": lambda values: np.frombuffer(values.tobytes()),
    "numpy unaligned": lambda values: np.frombuffer(b"x" + values.tobytes(), offset=1),
    "numpy masked": masked,
    "list": as_null,
    "list of NaN": lambda values: values.tolist(),
    "tuple": lambda values: tuple(as_null(values)),
    "memoryview": memoryview,
    "pandas": pd.Series,
    "pandas named and indexed": lambda values: pd.Series(
        values, index=pd.date_range("2024", periods=len(values), freq="h"), name="x"
    ),
    "pandas sliced": lambda values: pd.Series(np.concatenate([[1.0, 2.0], values]))[2:],
    "pandas Float64": lambda values: pd.Series(as_null(values), dtype="Float64"),
    "pandas Arrow": lambda values: pd.Series(as_null(values), dtype="double[pyarrow]"),
    "pandas Index": pd.Index,
    "polars null": lambda values: pl.Series("x", as_null(values), dtype=pl.Float64),
    "polars NaN": lambda values: pl.Series("x", values),
    "polars chunked": lambda values: pl.concat([pl.Series("x", part) for part in cut(values, 5)], rechunk=False),
    "polars sliced": lambda values: pl.Series("x", [1.0, *as_null(values), 2.0]).slice(1, len(values)),
    "arrow null": lambda values: pa.array(as_null(values), pa.float64()),
    "arrow NaN": pa.array,
    "arrow sliced": sliced,
    "arrow chunked": lambda values: pa.chunked_array([pa.array(as_null(part), pa.float64()) for part in cut(values, 4)]),
    "arrow pieces of one": lambda values: pa.chunked_array([values[at : at + 1] for at in range(len(values))]),
    "arrow interface": lambda values: OnlyInterface(pa.array(as_null(values), pa.float64())),
    "arrow stream interface": lambda values: OnlyStream(pa.chunked_array(cut(values, 3))),
}


class OnlyInterface:
    """Something nobody knows that offers the Arrow interface."""

    def __init__(self, array: pa.Array) -> None:
        self.array = array

    def __arrow_c_array__(self, requested_schema: object = None) -> object:
        return self.array.__arrow_c_array__(requested_schema)


class OnlyStream:
    def __init__(self, array: pa.ChunkedArray) -> None:
        self.array = array

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return self.array.__arrow_c_stream__(requested_schema)


def plain(values: Any) -> np.ndarray:
    """Any answer as float64, NaN where it is missing."""
    if isinstance(values, pd.Series):
        return values.to_numpy(dtype="float64", na_value=np.nan)
    if isinstance(values, pl.Series):
        return values.cast(pl.Float64).fill_null(float("nan")).to_numpy()
    if not isinstance(values, np.ndarray):
        if not isinstance(values, (pa.Array, pa.ChunkedArray)):
            values = pa.array(values)
        listed = values.to_pylist()
        return np.array([np.nan if value is None else float(value) for value in listed])
    return values


def columns_of(answer: Any) -> tuple[Any, ...]:
    return answer if isinstance(answer, tuple) else (answer,)


def same_bits(one: np.ndarray, other: np.ndarray) -> bool:
    return one.dtype == other.dtype == np.float64 and one.tobytes() == other.tobytes()


def refused(error: type[BaseException], call: Callable[[], Any]) -> Any:
    """The exception that a call ends with, which is one of this package."""
    with pytest.raises(error) as caught:
        call()
    assert isinstance(caught.value, ta.TaError)
    return caught.value


def ticks_during(work: Callable[[], Any]) -> int:
    """How often another thread ran in the middle of some work. Held up, it would not have run there at all."""
    started, done, ticks = threading.Event(), threading.Event(), []

    def count() -> None:
        started.set()
        while not done.is_set():
            ticks.append(time.perf_counter())
            time.sleep(0.001)

    thread = threading.Thread(target=count)
    thread.start()
    started.wait()
    begin = time.perf_counter()
    try:
        work()
    finally:
        end = time.perf_counter()
        done.set()
        thread.join()
    return len([tick for tick in ticks if begin + 0.1 * (end - begin) < tick < end - 0.1 * (end - begin)])


@pytest.fixture(scope="session")
def bars() -> dict[str, np.ndarray]:
    return make_bars()


@pytest.fixture(scope="session")
def gappy() -> dict[str, np.ndarray]:
    return make_bars(gaps=True)
