"""What goes in comes out in the same kind, and what every library calls missing is missing."""

from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from conftest import make_bars, plain, same_bits

import ta_py as ta

VALUES = make_bars()["close"]
SMA = ta.sma(VALUES, 5)


@pytest.mark.parametrize("dtype", ["f4", "f2", "i1", "i4", "i8", "u2", "u8", "?"])
def test_other_numbers_are_converted(dtype: str) -> None:
    values = (VALUES % 2 if dtype == "?" else np.round(VALUES) % 100).astype(dtype)
    expected = ta.sma(values.astype("f8"), 5)
    ways: list[Any] = [values, values.tolist(), pd.Series(values), pl.Series(values.astype("f4") if dtype == "f2" else values)]
    ways.append(pa.array(values))
    for held in ways:
        assert same_bits(plain(ta.sma(held, 5)), expected)


def test_decimals_and_dictionaries_of_arrow_are_numbers_too() -> None:
    decimals = pa.array(np.round(VALUES, 1)).cast(pa.decimal128(10, 1))
    assert same_bits(plain(ta.sma(decimals, 5)), ta.sma(np.round(VALUES, 1), 5))
    assert same_bits(plain(ta.sma(pa.array(VALUES).dictionary_encode(), 5)), SMA)


def test_pandas_keeps_its_index_and_its_storage() -> None:
    index = pd.date_range("2024", periods=len(VALUES), freq="h", tz="Europe/Berlin")
    for dtype, expected in [("float64", "float64"), ("Float64", "Float64"), ("Int64", "Float64"), ("double[pyarrow]", "double[pyarrow]")]:
        series = pd.Series(np.round(VALUES), index=index, name="price").astype(dtype)
        answer = ta.sma(series, 5)
        assert answer.index is index or answer.index.equals(index)
        assert (answer.dtype, answer.name) == (expected, "sma")
        assert answer.isna().sum() == 4


def test_polars_and_pyarrow_stay_what_they_are_with_nulls_for_missing() -> None:
    series = ta.sma(pl.Series("price", VALUES), 5)
    assert (type(series), series.name, series.dtype, series.null_count()) == (pl.Series, "sma", pl.Float64, 4)
    array = ta.sma(pa.array(VALUES), 5)
    assert (type(array), array.null_count) == (pa.DoubleArray, 4)
    chunked = ta.sma(pa.chunked_array([VALUES[:9], VALUES[9:]]), 5)
    assert (type(chunked), chunked.null_count) == (pa.ChunkedArray, 4)
    assert type(ta.sma(VALUES.tolist(), 5)) is np.ndarray


def test_booleans_are_those_of_the_library_with_three_values() -> None:
    expected = ta.crossup(VALUES, 100.0)
    assert set(np.unique(expected[1:])) == {0.0, 1.0}
    assert np.isnan(expected[0])
    answers = {
        "boolean": ta.crossup(pd.Series(VALUES), 100.0),
        "bool[pyarrow]": ta.crossup(pd.Series(VALUES, dtype="double[pyarrow]"), 100.0),
        pl.Boolean: ta.crossup(pl.Series(VALUES), 100.0),
    }
    for dtype, answer in answers.items():
        assert answer.dtype == dtype
        assert same_bits(plain(answer), expected)
    array = ta.crossup(pa.array(VALUES), 100.0)
    assert array.type == pa.bool_()
    assert same_bits(plain(array), expected)


def test_nan_and_null_are_one_meaning_on_every_way_in_and_out() -> None:
    values = VALUES.copy()
    values[[50, 51, 300]] = np.nan
    # pandas tells Arrow of a null where it holds NaN, Polars and PyArrow tell of NaN.
    from_pandas, from_polars = pa.array(pd.Series(values)), pl.Series(values).to_arrow()
    assert (from_pandas.null_count, from_polars.null_count) == (3, 0)
    expected = ta.rsi(values)
    for held in (from_pandas, from_polars, pl.from_arrow(from_pandas), pd.Series(values), pl.Series(values)):
        assert same_bits(plain(ta.rsi(held)), expected)
    mixed = pl.Series([1.0, None, float("nan"), 4.0, 5.0, 6.0])
    assert ta.sma(mixed, 2).to_list() == [None, None, None, 2.5, 4.5, 5.5]


def test_nan_of_any_bits_comes_out_as_the_one_missing_value() -> None:
    odd = np.array([1.0, np.uint64(0xFFF8000000000123).view("f8"), 3.0])
    assert ta.coalesce(odd, odd).view("u8")[1] == np.uint64(0x7FF8000000000000)


def test_kinds_may_be_mixed_and_labels_win() -> None:
    bars = make_bars()
    expected = ta.atr(bars["high"], bars["low"], bars["close"])
    series = pd.Series(bars["low"])
    answer = ta.atr(bars["high"], series, bars["close"].tolist())
    assert type(answer) is pd.Series
    assert same_bits(plain(answer), expected)
    assert type(ta.atr(pl.Series(bars["high"]), bars["low"], bars["close"])) is pl.Series


def test_series_with_different_indexes_are_not_computed_together() -> None:
    one, other = pd.Series(VALUES), pd.Series(VALUES, index=range(1, len(VALUES) + 1))
    with pytest.raises(ta.ShapeError, match="different indexes"):
        ta.crossup(one, other)
    assert len(ta.crossup(one, pd.Series(VALUES, index=range(len(VALUES))))) == len(VALUES)


def test_times_of_every_library_are_milliseconds() -> None:
    bars = make_bars()
    expected = ta.vwap(bars)
    rest = [bars[field] for field in ("high", "low", "close", "volume")]
    stamps = bars["ts"].astype("int64").astype("datetime64[ms]")
    index = pd.DatetimeIndex(stamps).tz_localize("UTC").tz_convert("America/New_York")
    ways: list[Any] = [stamps, stamps.astype("datetime64[ns]"), stamps.astype("datetime64[s]"), index, pd.Series(stamps), pd.Series(index)]
    ways += [pd.Series(stamps, dtype="timestamp[us][pyarrow]"), pl.Series(stamps), pa.array(stamps), bars["ts"].astype("i8")]
    ways += [pl.Series(stamps).dt.replace_time_zone("UTC").dt.convert_time_zone("Asia/Tokyo")]
    for times in ways:
        assert same_bits(plain(ta.vwap(times, *rest)), expected), type(times)
    frame = pd.DataFrame({field: bars[field] for field in ("high", "low", "close", "volume")}, index=index)
    answer = ta.vwap(frame)
    assert answer.index.equals(index)
    assert same_bits(plain(answer), expected)
    assert same_bits(plain(ta.vwap(frame.reset_index(names="Date"))), expected)


def test_a_missing_time_is_missing() -> None:
    bars = make_bars()
    stamps = bars["ts"].astype("int64").astype("datetime64[ms]")
    stamps[100] = np.datetime64("NaT")
    rest = [bars[field] for field in ("high", "low", "close", "volume")]
    answer = ta.vwap(stamps, *rest)
    assert np.isnan(answer[100])
    assert same_bits(plain(ta.vwap(pd.Series(stamps), *rest)), answer)


def test_columns_of_a_frame_are_found_in_any_spelling_and_by_name() -> None:
    bars = make_bars()
    expected = ta.atr(bars["high"], bars["low"], bars["close"])
    frame = pd.DataFrame({"Open Time": bars["ts"], "HIGH": bars["high"], "Low": bars["low"], "Close": bars["close"]})
    assert same_bits(plain(ta.atr(frame)), expected)
    assert same_bits(plain(ta.atr(frame, 14)), expected)
    assert same_bits(plain(ta.sma(frame, 5, source="HIGH")), ta.sma(bars["high"], 5))
    assert same_bits(plain(ta.sma(frame, 5, source=bars["low"])), ta.sma(bars["low"], 5))
    # The exact name wins over other spellings; without it several are refused.
    two = pd.DataFrame({"close": bars["close"], "Close": bars["open"]})
    assert same_bits(plain(ta.sma(two, 5)), ta.sma(bars["close"], 5))
    with pytest.raises(ta.UnknownColumnError, match="`CLOSE`, `Close` could all be `close`"):
        ta.sma(two.rename(columns={"close": "CLOSE"}))


def test_a_number_stands_for_a_column_of_it() -> None:
    assert same_bits(ta.crossup(VALUES, 100), ta.crossup(VALUES, np.full(len(VALUES), 100.0)))
    assert same_bits(ta.in_channel(VALUES, np.float64(99), 101), ta.in_channel(VALUES, [99] * len(VALUES), [101] * len(VALUES)))


@pytest.mark.parametrize("empty", [np.empty(0), [], pd.Series(dtype="float64"), pl.Series(dtype=pl.Float64), pa.array([], pa.float64()), pa.chunked_array([], pa.float64())])
def test_nothing_in_is_nothing_out(empty: Any) -> None:
    answer = ta.macd(empty)
    assert [len(column) for column in answer] == [0, 0, 0]


def test_answers_of_unknown_libraries_offer_the_arrow_interface() -> None:
    from conftest import OnlyInterface

    answer = ta.sma(OnlyInterface(pa.array(VALUES)), 5)
    assert same_bits(plain(pa.array(answer)), SMA)
    assert same_bits(plain(pl.Series(answer)), SMA)
    assert same_bits(plain(ta.sma(answer, 1)), SMA)
