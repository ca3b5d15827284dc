"""Expressions over data answer what the functions do, whatever holds the data and however many symbols there are."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from conftest import columns_of, inputs, make_bars, refused, same_bits, ticks_during
from frames import FRAMES, FUNCTIONS, OnlyStream, column, names_of, text_of

import ta_py as ta


@pytest.mark.parametrize("held", FRAMES)
@pytest.mark.parametrize("gaps", [False, True], ids=["dense", "gaps"])
def test_every_kernel_in_an_expression_answers_what_its_function_does(held: str, gaps: bool) -> None:
    bars = make_bars(gaps=gaps)
    answer = ta.eval([text_of(name) for name in FUNCTIONS], FRAMES[held](bars))
    expected = [values for name, function in FUNCTIONS.items() for values in columns_of(function(**inputs(function, bars)))]
    names = names_of(answer)
    for name, want in zip(names, expected, strict=True):
        assert same_bits(column(answer, name), want), f"{name} over {held}"


@pytest.mark.parametrize("policy", ["skip", "hold", "restart"])
def test_missing_data_mean_the_same_as_for_functions(policy: str, gappy: dict[str, np.ndarray]) -> None:
    answer = ta.eval({"x": "rsi(14)"}, gappy, missing=policy)
    assert same_bits(answer["x"], ta.rsi(gappy["close"], missing=policy))


def test_answers_are_of_the_kind_of_the_data(gappy: dict[str, np.ndarray]) -> None:
    plan = ta.compile({"up": "close > sma(20)", "rsi": "rsi(14)"})
    unknown = np.isnan(gappy["close"]) | np.isnan(ta.sma(gappy["close"], 20))

    answer = ta.eval(plan, gappy)
    assert {name: values.dtype for name, values in answer.items()} == {"up": np.float64, "rsi": np.float64}
    assert (np.isnan(answer["up"]) == unknown).all() and set(answer["up"][~unknown]) == {0.0, 1.0}

    index = pd.date_range("2024", periods=len(unknown), freq="h", name="when")
    frame = ta.eval(plan, pd.DataFrame(gappy, index=index))
    assert frame.index.equals(index) and frame.index.name == "when"
    assert frame.dtypes.astype(str).to_dict() == {"up": "boolean", "rsi": "float64"}
    assert (frame["up"].isna() == unknown).all()
    assert ta.eval(plan, pd.DataFrame(gappy).astype("double[pyarrow]")).dtypes.astype(str).to_dict() == {
        "up": "bool[pyarrow]", "rsi": "double[pyarrow]",
    }  # fmt: skip

    polars = ta.eval(plan, pl.DataFrame(gappy))
    assert polars.schema == {"up": pl.Boolean, "rsi": pl.Float64}
    assert (polars["up"].is_null().to_numpy() == unknown).all()

    schema = pa.schema([("up", pa.bool_()), ("rsi", pa.float64())])
    assert ta.eval(plan, pa.table(gappy)).schema == schema
    batch = ta.eval(plan, pa.RecordBatch.from_pydict(gappy))
    assert isinstance(batch, pa.RecordBatch) and batch.schema == schema


def test_answers_are_not_copied_into_frames() -> None:
    bars = make_bars(1000)
    for frame in (pd.DataFrame(bars), pl.DataFrame(bars), pa.table(bars)):
        # Constants have no lookback, so there is no null.
        answer = ta.eval({"a": "close * 2", "b": "close + 1"}, frame)
        columns = [column(answer, name) for name in ("a", "b")]
        assert not np.shares_memory(*columns)
    frame = ta.eval("close * 2", pd.DataFrame(bars))
    assert frame["close * 2"].to_numpy().flags.owndata is False


def market(symbols: int = 7, gaps: bool = True) -> dict[str, dict[str, np.ndarray]]:
    # Not all as long as the others.
    return {f"S{at}": make_bars(300 + 20 * at, gaps=gaps, seed=at) for at in range(symbols)}


TEXTS = ["rsi(14)", "close / sma(close, 20) - 1", "close > 1h.close", "macd(12, 26, 9)"]


@pytest.mark.parametrize("make", [pd.DataFrame, pl.DataFrame, pa.table, dict], ids=["pandas", "polars", "arrow", "dict"])
def test_a_dict_of_frames_answers_what_each_frame_does(make: Any) -> None:
    frames = {symbol: make(bars) for symbol, bars in market().items()}
    answer = ta.eval(TEXTS, frames)
    assert list(answer) == list(frames)
    for symbol, frame in frames.items():
        alone = ta.eval(TEXTS, frame)
        assert type(answer[symbol]) is type(alone) is type(frame)
        assert names_of(answer[symbol]) == names_of(alone)
        for name in names_of(alone):
            assert same_bits(column(answer[symbol], name), column(alone, name))


def long(order: str) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """The rows of all symbols below each other, and the symbol of each."""
    bars = market()
    symbols = np.repeat(list(bars), [len(columns["ts"]) for columns in bars.values()])
    columns = {name: np.concatenate([columns[name] for columns in bars.values()]) for name in bars["S0"]}
    if order == "by time":
        rows = np.argsort(columns["ts"], kind="stable")
        return {name: values[rows] for name, values in columns.items()}, symbols[rows]
    return columns, symbols


LONG: dict[str, Callable[[dict[str, np.ndarray], np.ndarray], Any]] = {
    "dict": lambda columns, symbols: columns | {"symbol": symbols},
    "dict of lists": lambda columns, symbols: columns | {"symbol": symbols.tolist()},
    "pandas": lambda columns, symbols: pd.DataFrame(columns).assign(symbol=symbols),
    "pandas objects": lambda columns, symbols: pd.DataFrame(columns).assign(symbol=symbols.astype(object)),
    "pandas categories": lambda columns, symbols: pd.DataFrame(columns).assign(symbol=pd.Categorical(symbols, categories=sorted(set(symbols))[::-1])),
    "polars": lambda columns, symbols: pl.DataFrame(columns).with_columns(symbol=symbols),
    "polars categories": lambda columns, symbols: pl.DataFrame(columns).with_columns(symbol=pl.Series(symbols).cast(pl.Categorical)),
    "arrow": lambda columns, symbols: pa.table(columns | {"symbol": symbols.tolist()}),
    "arrow dictionary": lambda columns, symbols: pa.table(columns | {"symbol": pa.array(symbols.tolist()).dictionary_encode()}),
    "arrow interface": lambda columns, symbols: OnlyStream(pa.table(columns | {"symbol": symbols.tolist()})),
}


@pytest.mark.parametrize("order", ["by symbol", "by time"])
@pytest.mark.parametrize("held", LONG)
def test_a_long_frame_answers_its_rows_as_each_symbol_alone_does(held: str, order: str) -> None:
    columns, symbols = long(order)
    answer = ta.eval(TEXTS, LONG[held](columns, symbols))
    for symbol, bars in market().items():
        alone = ta.eval(TEXTS, bars)
        for name, want in alone.items():
            assert same_bits(column(answer, name)[symbols == symbol], want)


def test_the_column_of_symbols_may_have_another_name() -> None:
    columns, symbols = long("by time")
    frame = pl.DataFrame(columns).with_columns(ticker=symbols)
    named = ta.eval("rsi(14)", frame, by="ticker")
    assert named.equals(ta.eval("rsi(14)", frame.rename({"ticker": "symbol"})), null_equal=True)
    # Numbers are symbols too.
    numbers = frame.with_columns(ticker=pl.col("ticker").str.slice(1).cast(pl.Int64))
    assert named.equals(ta.eval("rsi(14)", numbers, by="ticker"), null_equal=True)
    assert named.to_pandas().equals(ta.eval("rsi(14)", numbers.to_pandas(), by="ticker"))


def test_a_symbol_reads_the_rows_of_another() -> None:
    bars = make_bars()
    other = {name: values if name == "ts" else values * 2 for name, values in make_bars(seed=3).items()}
    answer = ta.eval({"r": "close / B.close"}, {"A": bars, "B": {"ts": other["ts"], "close": other["close"]}})
    assert same_bits(answer["A"]["r"], bars["close"] / other["close"])
    assert set(answer["B"]["r"]) == {1.0}


def test_a_bar_is_known_at_its_end_when_its_length_is_told() -> None:
    hours = pd.date_range("2024", periods=48, freq="h")
    frame = pd.DataFrame({"close": np.arange(48.0)}, index=hours)
    day = ta.eval("1d.close", frame, timeframe="1h")["1d.close"]
    # The last bar of the first day ends with the day.
    assert day[:23].isna().all() and (day[23:47] == 23.0).all() and day.iloc[47] == 47.0
    untold = ta.eval("1d.close", frame)["1d.close"]
    assert untold[:24].isna().all() and (untold[24:] == 23.0).all()


def test_rows_without_times_are_counted_where_time_does_not_matter() -> None:
    columns = {"close": make_bars()["close"]}
    assert same_bits(ta.eval({"x": "close[5]"}, columns)["x"][5:], columns["close"][:-5])
    for text in ("close.24h_ago", "1h.close", "ts", "filter(close > 1).count(1h)", "close.downsample(1h)"):
        with pytest.raises(ta.UnknownColumnError):
            ta.eval(text, columns)
    # Dates in text are no times.
    texts = {"date": ["2024-01-01"] * len(columns["close"]), **columns}
    assert ta.eval("close[5]", texts)["close[5]"].tobytes() == ta.eval("close[5]", columns)["close[5]"].tobytes()


def test_bad_data_are_refused_with_their_row() -> None:
    bars = make_bars()
    late = bars | {"ts": bars["ts"].copy()}
    late["ts"][300] = late["ts"][299]
    error = refused(ValueError, lambda: ta.eval("close", late))
    assert (type(error), error.row) == (ta.DataError, 300)
    broken = bars | {"low": bars["low"].copy()}
    broken["low"][400] = 1e9
    error = refused(ValueError, lambda: ta.eval("high - low", broken))
    assert (error.row, error.column) == (400, "high")
    gap = bars | {"close": bars["close"].copy()}
    gap["close"][7] = np.nan
    assert refused(ValueError, lambda: ta.eval("sma(3)", gap, missing="error")).row == 7
    gap["close"][7] = np.inf
    assert refused(ValueError, lambda: ta.eval("sma(3)", gap)).row == 7
    assert refused(ValueError, lambda: ta.eval("ts", bars | {"ts": bars["ts"] + 0.5})).column == "ts"
    assert refused(ValueError, lambda: ta.eval("high - low", bars | {"low": bars["low"][1:]})).column == "low"


def test_a_bad_row_of_a_long_frame_is_the_row_of_that_frame() -> None:
    columns, symbols = long("by time")
    rows = np.flatnonzero(symbols == "S3")
    columns["ts"][rows[50]] = columns["ts"][rows[49]]
    error = refused(ValueError, lambda: ta.eval("close", LONG["polars"](columns, symbols)))
    assert error.row == rows[50]
    assert str(error).startswith(f"`S3`, row {rows[50]}, ")
    texts = symbols.tolist()
    texts[77] = None
    for held in ("dict of lists", "pandas", "polars"):
        lists = {name: pl.Series(values).to_list() for name, values in columns.items()} | {"symbol": texts}
        frame = {"dict of lists": lambda lists=lists: lists, "pandas": lambda lists=lists: pd.DataFrame(lists), "polars": lambda lists=lists: pl.DataFrame(lists)}[held]()
        assert refused(ValueError, lambda frame=frame: ta.eval("close", frame)).row == 77


def test_what_does_not_fit_is_refused() -> None:
    bars = make_bars()
    frame = pd.DataFrame(bars)
    assert refused(KeyError, lambda: ta.eval("volume", frame.drop(columns="volume"))).given == "volume"
    assert refused(KeyError, lambda: ta.eval("close", frame, by="ticker")).given == "ticker"
    assert refused(KeyError, lambda: ta.eval("close / BTC.close", frame)).given == "BTC"
    error = refused(KeyError, lambda: ta.eval("close / BTC.close", {"ETH": frame, "BTT": frame}))
    assert "`BTC.ohlcv`" in str(error)
    refused(KeyError, lambda: ta.eval("trades.price", {"A": frame}))
    assert str(refused(KeyError, lambda: ta.eval("1h.close", frame, timeframe="1d"))).startswith("there are no data of `1h.ohlcv`")
    for wrong in (bars["close"], 14, None, "close", [frame]):
        refused(TypeError, lambda wrong=wrong: ta.eval("close", wrong))
    refused(TypeError, lambda: ta.eval("close", {"A": frame, "B": bars["close"]}))
    refused(TypeError, lambda: ta.eval("close", {1: frame}))
    refused(TypeError, lambda: ta.eval(ta.compile("close"), bars, missing="hold"))
    assert refused(ValueError, lambda: ta.eval("close", bars, timeframe="hour")).parameter == "timeframe"
    refused(ta.ExpressionError, lambda: ta.eval("clos", bars))


def test_a_frame_without_rows_answers_one() -> None:
    assert ta.eval(TEXTS, pl.DataFrame({"ts": [], "close": []}, schema={"ts": pl.Int64, "close": pl.Float64})).height == 0
    assert ta.eval("rsi(14)", pd.DataFrame({"symbol": [], "close": []})).shape == (0, 1)


def test_a_preview_shows_the_last_rows_with_what_is_inside() -> None:
    bars = make_bars()
    shown = ta.preview({"up": "close > sma(20)"}, bars, tail=30)
    assert (shown["rows"], shown["ts"]) == (700, bars["ts"][-30:].astype(int).tolist())
    [sma] = shown["indicators"]
    assert sma["label"] == "sma(close, period=20)"
    assert sma["values"] == ta.sma(bars["close"], 20)[-30:].tolist()
    [up] = shown["outputs"]
    assert up["true_at"] == [ts for ts, value in zip(shown["ts"], up["values"], strict=True) if value]


def test_every_mode_answers_the_same(monkeypatch: pytest.MonkeyPatch, gappy: dict[str, np.ndarray]) -> None:
    expected = ta.eval(TEXTS, gappy)
    for mode in ("incremental", "shadow"):
        monkeypatch.setenv("TA_EXECUTION_MODE", mode)
        for name, values in ta.eval(TEXTS, gappy).items():
            assert same_bits(values, expected[name])
    monkeypatch.setenv("TA_EXECUTION_MODE", "fast")
    refused(ValueError, lambda: ta.eval("close", gappy))


@pytest.mark.parametrize("symbols", [1, 8])
def test_other_threads_run_while_expressions_are_computed(symbols: int) -> None:
    rows = 2_000_000 // symbols
    close = np.random.default_rng(1).random(rows)
    data = {f"S{at}": {"close": close} for at in range(symbols)}
    plan = ta.compile(["median(close, 400)", "median(close, 401)"])
    assert ticks_during(lambda: ta.eval(plan, data)) > 5
