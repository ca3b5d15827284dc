"""Where values lie, who owns them, and what runs meanwhile."""

import gc
import resource
import threading
from collections.abc import Callable

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from conftest import make_bars, same_bits, ticks_during

import ta_py as ta

X = make_bars()["close"]


def address(array: pa.Array) -> int:
    return array.buffers()[1].address


def peak() -> int:
    """The most memory this process ever held, in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def held() -> int:
    """The memory this process holds now, in bytes."""
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * resource.getpagesize()


@pytest.mark.parametrize("way", ["numpy", "pandas", "polars", "arrow", "arrow sliced", "chunked"])
def test_a_call_over_much_data_copies_no_input(way: str) -> None:
    rows = 8_000_000
    values = np.random.default_rng(1).random(rows)
    make = {
        "numpy": lambda: values,
        "pandas": lambda: pd.Series(values, copy=False),
        "polars": lambda: pl.Series(values),
        "arrow": lambda: pa.array(values),
        "arrow sliced": lambda: pa.array(values).slice(1),
        "chunked": lambda: pa.chunked_array([values[: rows // 2], values[rows // 2 :]]),
    }
    column = make[way]()
    out = np.zeros(len(column))
    ta.sign(column, out=out)
    # The most it ever was, now, so that a copy would show.
    ballast = np.ones(max(0, peak() - held()) // 8)
    before = peak()
    ta.sign(column, out=out)
    grown = peak() - before
    del ballast
    assert grown < rows * 8 // 4


def test_answers_lie_where_rust_made_them() -> None:
    # Into an array of NumPy it computes; a view of other memory would have a base.
    array = ta.sma(X, 5)
    assert array.flags.owndata and array.flags.writeable and array.base is None
    # pandas hands out the memory it holds; a copy would be NumPy memory of its own.
    series = ta.sma(pd.Series(X), 5)
    base = series.to_numpy()
    while isinstance(base, np.ndarray):
        base = base.base
    assert type(base).__name__ == "PySliceContainer"


def test_answers_of_polars_and_pyarrow_share_the_exported_memory() -> None:
    class Producer:
        def __init__(self, array: object) -> None:
            self.array = array

        def __arrow_c_array__(self, requested_schema: object = None) -> object:
            return self.array.__arrow_c_array__(requested_schema)  # type: ignore[attr-defined]

    # The answer to an unknown producer is the exported array itself: every reader of it sees the same address.
    answer = ta.sma(Producer(pa.array(X)), 5)
    assert address(pa.array(answer)) == address(pa.array(answer)) == address(pl.Series(answer).to_arrow())


@pytest.mark.parametrize(
    ("in_place", "hold"),
    [
        (True, lambda values: values),
        (True, lambda values: values[3:]),
        (True, memoryview),
        (True, lambda values: pd.Series(values, copy=False)),
        (True, lambda values: pd.Series(values, copy=False)[5:]),
        (True, lambda values: pd.DataFrame({"close": values}, copy=False)),
        (True, pa.array),
        (True, lambda values: pa.array(values).slice(9)),
        (True, lambda values: pa.chunked_array([values[:100], values[100:]])),
        (True, lambda values: pa.table({"close": values})),
        (True, lambda values: pl.from_arrow(pa.array(values))),
        (True, lambda values: pl.DataFrame(pa.table({"close": values}))),
        (True, lambda values: pd.Series(pd.arrays.ArrowExtensionArray(pa.array(values)))),
        (False, lambda values: values.tolist()),
        (False, lambda values: values[::2]),
        (False, lambda values: pd.Series(values)),
        (False, lambda values: values.astype("f4")),
    ],
)
def test_columns_are_read_where_they_lie(in_place: bool, hold: Callable[[np.ndarray], object]) -> None:
    # Writing where something is read is refused, so the refusal tells which memory is read.
    values = X.copy()
    column = hold(values)
    rows = len(ta.sma(column))
    assert ta.sma(column, out=np.empty(rows)) is not None
    if in_place:
        with pytest.raises(ta.ShapeError, match="shares memory"):
            ta.sma(column, out=values[len(values) - rows :])
    else:
        ta.sma(column, out=values[len(values) - rows :])


def test_columns_longer_than_memory_are_refused() -> None:
    with pytest.raises(MemoryError):
        ta.sma(np.broadcast_to(1.0, 10**15))


def test_out_is_written_and_returned() -> None:
    out = np.empty(len(X))
    assert ta.sma(X, 5, out=out) is out
    assert same_bits(out, ta.sma(X, 5))
    buffers = tuple(np.empty(len(X)) for _ in range(3))
    assert ta.macd(pd.Series(X), out=buffers) is buffers
    for got, want in zip(buffers, ta.macd(X), strict=True):
        assert same_bits(got, want)
    view = np.empty((2, len(X)))
    ta.sma(X, out=view[1])
    assert same_bits(view[1].copy(), ta.sma(X))


def test_out_that_cannot_be_written_is_refused() -> None:
    n = len(X)
    read_only = np.empty(n)
    read_only.flags.writeable = False
    shared = np.empty(n)
    for error, call in [
        (ta.ArgumentError, lambda: ta.sma(X, out=[[0.0] * n])),
        (ta.ArgumentError, lambda: ta.sma(X, out=np.empty(n, "f4"))),
        (ta.ArgumentError, lambda: ta.sma(X, out=np.empty((1, n)))),
        (ta.ArgumentError, lambda: ta.sma(X, out=pd.Series(X))),
        (ta.ShapeError, lambda: ta.sma(X, out=np.empty(n + 1))),
        (ta.ShapeError, lambda: ta.sma(X, out=np.empty(2 * n)[::2])),
        (ta.ShapeError, lambda: ta.sma(X, out=read_only)),
        (ta.ShapeError, lambda: ta.macd(X, out=np.empty(n))),
        (ta.ShapeError, lambda: ta.macd(X, out=(shared, shared, np.empty(n)))),
    ]:
        with pytest.raises(error):
            call()


def test_out_never_shares_memory_with_an_input() -> None:
    both = np.concatenate([X, X])
    n = len(X)
    before = both.copy()
    for column in (both[:n], pd.Series(both[:n], copy=False), pa.array(both[:n])):
        with pytest.raises(ta.ShapeError, match="shares memory"):
            ta.sma(column, out=both[n // 2 : n // 2 + n])
        assert same_bits(both, before)
    assert ta.sma(both[:n], out=both[n:]) is not None


def test_other_threads_run_while_rust_computes() -> None:
    values = np.random.default_rng(1).random(4_000_000)
    assert ticks_during(lambda: ta.median(values, 500)) > 5


def test_threads_get_their_own_answers() -> None:
    columns = [make_bars(20_000, seed=seed)["close"] for seed in range(8)]
    expected = [ta.rsi(column) for column in columns]
    answers: list[np.ndarray | None] = [None] * len(columns)

    def work(at: int) -> None:
        for _ in range(20):
            answers[at] = ta.rsi(columns[at])

    threads = [threading.Thread(target=work, args=(at,)) for at in range(len(columns))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for got, want in zip(answers, expected, strict=True):
        assert got is not None
        assert same_bits(got, want)


def test_a_hundred_thousand_calls_leave_nothing_behind() -> None:
    values = X[:200].copy()
    series, polars, arrow = pd.Series(values), pl.Series(values), pa.array(values)
    chunked = pa.chunked_array([values[:100], values[100:]])

    def some(times: int) -> None:
        for _ in range(times):
            ta.rsi(values)
            ta.macd(values, fast=5)
            for _ in range(6):
                ta.sma(values, out=out)
            ta.sma(arrow)
            ta.sma(chunked)
        for _ in range(times // 25):
            ta.sma(series)
            ta.sma(polars)
            try:
                ta.rsi(values, period=0)
            except ValueError:
                pass

    out = np.empty(len(values))
    some(2_000)
    gc.collect()
    before = held()
    some(10_000)
    gc.collect()
    # Ten bytes a call would be a megabyte; an answer each would be 160.
    assert held() - before < 8_000_000
