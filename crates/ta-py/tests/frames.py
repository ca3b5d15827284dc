"""The ways in which a program may hold bars, and expressions that call each kernel."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
from conftest import as_null, cut, functions, plain

FUNCTIONS = functions()


def nulls(bars: dict[str, np.ndarray]) -> pa.Table:
    return pa.table({name: pa.array(as_null(values), pa.float64()) for name, values in bars.items()})


def in_pieces(bars: dict[str, np.ndarray]) -> pa.Table:
    # Each column is cut elsewhere.
    return pa.table({name: pa.chunked_array(cut(values, 3 + at)) for at, (name, values) in enumerate(bars.items())})


class OnlyStream:
    def __init__(self, table: pa.Table) -> None:
        self.table = table

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return self.table.__arrow_c_stream__(requested_schema)


FRAMES: dict[str, Callable[[dict[str, np.ndarray]], Any]] = {
    "dict": lambda bars: bars,
    "dict of lists": lambda bars: {name: as_null(values) for name, values in bars.items()},
    "dict of Polars": lambda bars: {name: pl.Series(values) for name, values in bars.items()},
    "pandas": pd.DataFrame,
    "pandas with times": lambda bars: pd.DataFrame(bars, index=pd.to_datetime(bars["ts"], unit="ms")).drop(columns="ts"),
    "pandas Float64": lambda bars: pd.DataFrame(bars).astype("Float64"),
    "pandas Arrow": lambda bars: pd.DataFrame(bars).astype("double[pyarrow]"),
    "pandas spelled": lambda bars: pd.DataFrame(bars).rename(columns=str.title).rename(columns={"Ts": "Open time"}),
    "polars": pl.DataFrame,
    "polars null": lambda bars: pl.DataFrame(bars).fill_nan(None),
    "polars with times": lambda bars: pl.DataFrame(bars).with_columns(pl.from_epoch(pl.col("ts").cast(pl.Int64), "ms").alias("date")).drop("ts"),
    "polars in pieces": lambda bars: pl.concat([pl.DataFrame(bars)[:100], pl.DataFrame(bars)[100:]], rechunk=False),
    "arrow": nulls,
    "arrow in pieces": in_pieces,
    "arrow batch": lambda bars: pa.RecordBatch.from_pydict(bars),
    "arrow interface": lambda bars: OnlyStream(nulls(bars)),
}


def column(frame: Any, name: str) -> np.ndarray:
    if isinstance(frame, pa.Table | pa.RecordBatch):
        return plain(frame.column(name))
    if hasattr(frame, "__arrow_c_array__") and not isinstance(frame, pd.DataFrame | pl.DataFrame):
        return plain(pa.record_batch(frame).column(name))
    return plain(frame[name])


def names_of(frame: Any) -> list[str]:
    if isinstance(frame, dict):
        return list(frame)
    if hasattr(frame, "__arrow_c_array__") and not isinstance(frame, pa.RecordBatch):
        return list(pa.record_batch(frame).schema.names)
    return list(frame.schema.names) if isinstance(frame, pa.Table | pa.RecordBatch) else list(frame.columns)


def text_of(name: str) -> str:
    """A call of a kernel with the same columns that `inputs` gives its function."""
    spare = iter(("close", "open", "high", "low"))
    bars = ("ts", "open", "high", "low", "close", "volume")
    given = [
        f"{key}={key if key in bars else next(spare)}"
        for key, parameter in inspect.signature(FUNCTIONS[name]).parameters.items()
        if parameter.default is inspect.Parameter.empty
    ]
    return f"{name}({', '.join(given)})"
