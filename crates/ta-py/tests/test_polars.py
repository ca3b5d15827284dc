"""Kernels as expressions of Polars answer what they answer over its series."""

import resource
import sys
from typing import Any

import numpy as np
import polars as pl
import pytest
from conftest import as_null, functions, inputs, make_bars, refused, ticks_during

import ta_py as ta
import ta_py.polars

FUNCTIONS = functions()
SYMBOLS = ("a", "b", "c")


def frame(rows: int = 700) -> pl.DataFrame:
    """Bars with nulls, in pieces, of three symbols by turns."""
    bars = make_bars(rows, gaps=True)
    whole = pl.DataFrame({name: pl.Series(as_null(values), dtype=pl.Float64) for name, values in bars.items()})
    whole = whole.with_columns(symbol=pl.Series([SYMBOLS[row % 3] for row in range(rows)]))
    return pl.concat([whole[:100], whole[100:100], whole[100:333], whole[333:]], rechunk=False)


FRAME = frame()


def columns(function: Any) -> dict[str, str]:
    """The name of the column that each input of a kernel reads."""
    given = inputs(function, {name: name for name in FRAME.columns})  # type: ignore[dict-item]
    return {key: str(name) for key, name in given.items()}


def expected(function: Any, data: pl.DataFrame, name: str) -> pl.Series:
    """What the function answers over series: the series, or a struct of several."""
    answer = function(**{key: data[column] for key, column in columns(function).items()})
    return answer.alias(name) if isinstance(answer, pl.Series) else pl.DataFrame(list(answer)).to_struct(name)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_kernel_answers_the_same_in_every_engine(name: str) -> None:
    function = FUNCTIONS[name]
    names = columns(function)
    first = next(iter(names.values()))
    expr = function(**{key: pl.col(column) for key, column in names.items()})
    lazy = FRAME.lazy().select(expr)
    want = expected(function, FRAME, first)
    assert FRAME.n_chunks() > 1 and want.null_count() < len(want)
    answers = {
        "eager": FRAME.select(expr),
        "lazy": lazy.collect(),
        "streaming": lazy.collect(engine="streaming"),
        "one piece": FRAME.rechunk().select(expr),
        "by the namespace": FRAME.select(getattr(pl.col(first).ta, name)(*list(names.values())[1:])),
    }
    for how, answer in answers.items():
        # Nulls are nulls, and every bit is the same.
        assert answer[first].equals(want, check_dtypes=True, check_names=True, null_equal=True), how
    # What Polars is told before is what comes.
    assert lazy.collect_schema() == pl.Schema({first: want.dtype})


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_kernel_is_computed_for_each_symbol_alone(name: str) -> None:
    function = FUNCTIONS[name]
    names = columns(function)
    alone = function(**{key: pl.col(column) for key, column in names.items()}).alias("x")
    expr = alone.over("symbol")
    for answer in (FRAME.with_columns(expr), FRAME.lazy().with_columns(expr).collect(engine="streaming")):
        for symbol in SYMBOLS:
            rows = answer.filter(pl.col("symbol") == symbol)
            assert rows["x"].equals(expected(function, rows, "x"), check_dtypes=True, null_equal=True)
    grouped = FRAME.group_by("symbol").agg(alone)
    for symbol in SYMBOLS:
        rows = FRAME.filter(pl.col("symbol") == symbol)
        got = grouped.filter(pl.col("symbol") == symbol)["x"].explode()
        assert got.equals(expected(function, rows, "x"), check_dtypes=True, null_equal=True)


def test_parameters_policies_and_numbers_are_handed_over() -> None:
    close = FRAME["close"]
    for expr, want in [
        (pl.col("close").ta.sma(5), ta.sma(close, 5)),
        (pl.col("close").ta.ema(period=5, seed="first"), ta.ema(close, 5, seed="first")),
        (pl.col("close").ta.bbands(20, 1.5).struct.field("upper"), ta.bbands(close, 20, 1.5).upper),
        (pl.col("close").ta.rsi(14, missing="hold"), ta.rsi(close, 14, missing="hold")),
        (pl.col("close").ta.crossup(100), ta.crossup(close, 100)),
        (ta.crossup(100, pl.col("close")), ta.crossup(100, close)),
        (ta.atr(pl.col("high"), "low", pl.col("close") + 0, 3), ta.atr(FRAME["high"], FRAME["low"], close, 3)),
        (pl.col("close").cast(pl.Float32).ta.sma(3), ta.sma(close.cast(pl.Float32), 3)),
        (pl.col("volume").cast(pl.Int64).ta.sma(3), ta.sma(FRAME["volume"].cast(pl.Int64), 3)),
        ((pl.col("close") > 100).ta.sum(3), ta.sum(close > 100, 3)),
        (pl.col("close").ta.sma(3).ta.sma(3), ta.sma(ta.sma(close, 3), 3)),
    ]:
        got = FRAME.select(expr.alias("x"))["x"]
        assert got.equals(want.alias("x"), check_dtypes=True, null_equal=True), expr
    # A name is that of the first input, and several columns are computed each for itself.
    both = FRAME.select(pl.col("open", "close").ta.sma(5).name.suffix("_sma"))
    assert both["close_sma"].equals(ta.sma(close, 5).alias("close_sma"), null_equal=True) and both.columns == ["open_sma", "close_sma"]


def test_few_rows_are_no_exception() -> None:
    for rows in (0, 1, 2):
        part = FRAME[:rows]
        for expr, want in [
            (pl.col("close").ta.sma(2), ta.sma(part["close"], 2)),
            (pl.col("close").ta.crossup(100), ta.crossup(part["close"], 100)),
            (pl.col("high").ta.atr("low", "close", 2), ta.atr(part["high"], part["low"], part["close"], 2)),
        ]:
            assert part.select(expr.alias("x"))["x"].equals(want.alias("x"), check_dtypes=True, null_equal=True)
    assert FRAME.clear().select(pl.col("close").ta.macd()).schema["close"] == pl.Struct(
        {"macd": pl.Float64, "signal": pl.Float64, "histogram": pl.Float64}
    )


def test_what_is_wrong_is_said_where_it_is_known() -> None:
    close = pl.col("close")
    # At once: names, parameters, arguments.
    assert refused(ta.ParameterError, lambda: close.ta.sma(0)).parameter == "period"
    assert refused(ta.UnknownKernelError, lambda: close.ta.smaa).near[0] == "sma"
    assert refused(ta.ParameterError, lambda: close.ta.sma(3, missing="drop")).parameter == "missing"
    for wrong in (
        lambda: close.ta.sma(3, 4),
        lambda: close.ta.sma(perod=3),
        lambda: close.ta.atr("low"),
        lambda: close.ta.crossup(None),
        lambda: close.ta.atr("low", 5),
        lambda: close.ta.atr("low", np.arange(3.0)),
        lambda: close.ta.sma(3, out=np.empty(3)),
        lambda: ta.sma(FRAME, source=close),
        lambda: ta.sma(FRAME.lazy()),
        lambda: ta.atr(close, ta.col.low, close),
    ):
        refused(TypeError, wrong)
    for name in ("eval", "Expr", "nothing", "_x"):
        assert not hasattr(close.ta, name)
    # When it is computed: what is in the data.
    for expr, said in [
        (pl.col("symbol").ta.sma(3), "`source` holds values of type"),
        ((close * float("inf")).ta.sma(3), "in row 0 (accepted: finite numbers"),
        (close.ta.sma(3, missing="error"), "`missing=\"error\"` refuses that"),
        (close.ta.crossup(pl.col("open").head(5)), "has 5 rows"),
    ]:
        for engine in ("in-memory", "streaming"):
            with pytest.raises(pl.exceptions.ComputeError) as caught:
                FRAME.lazy().select(expr).collect(engine=engine)  # type: ignore[call-overload]
            assert said in str(caught.value)


def test_the_interpreter_is_free_while_polars_computes() -> None:
    big = pl.DataFrame({"x": np.random.default_rng(1).normal(size=2_000_000).cumsum()})
    assert ticks_during(lambda: big.select(*[pl.col("x").ta.sma(n).alias(f"x{n}") for n in range(2, 40)])) > 5


def test_nothing_that_polars_lends_or_is_given_is_kept() -> None:
    big = pl.DataFrame({"x": np.ones(500_000), "y": ["a"] * 500_000})

    def work(times: int) -> None:
        for _ in range(times):
            big.select(pl.col("x").ta.macd())
            with pytest.raises(pl.exceptions.ComputeError):
                big.select(pl.col("x").ta.crossup(pl.col("y")))

    unit = 1 if sys.platform == "darwin" else 1024
    work(5)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
    work(60)
    # Each turn reads and makes 28 MB.
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit - before < 300_000_000


def test_the_namespace_lists_the_kernels() -> None:
    listed = dir(pl.col("x").ta)
    assert set(FUNCTIONS) <= {*listed, *(FUNCTIONS[name].id for name in FUNCTIONS)} and "rsi" in listed and "eval" not in listed
    assert isinstance(pl.col("x").ta, ta_py.polars.Kernels)
