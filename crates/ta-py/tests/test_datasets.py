"""Datasets that live in Rust, and jobs over them."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from conftest import FIELDS, make_bars, refused, same_bits, ticks_during
from frames import FRAMES, FUNCTIONS, text_of

import ta_py as ta

BARS = make_bars(300, gaps=True)
PLAN = ta.compile({"rsi": "rsi(14)", "up": "close > sma(5)"})


def rows(start: int, end: int) -> dict[str, np.ndarray]:
    return {name: values[start:end] for name, values in BARS.items()}


@pytest.mark.parametrize("mode", ["batch", "incremental", "shadow"])
def test_a_job_answers_for_every_kernel_what_eval_does(mode: str) -> None:
    plan = ta.compile([text_of(name) for name in FUNCTIONS])
    want = ta.eval(plan, BARS)
    with ta.Dataset() as data:
        data.append_ohlcv("BTC.1m", BARS)
        for payload in (plan, plan.to_json(), plan.to_json().encode(), json.loads(plan.to_json())):
            answer = ta.execute_plan(data.id, payload, {"mode": mode})
            assert (answer["status"], answer["errors"]) == ("ok", [])
            assert answer["ts"].dtype == np.int64 and (answer["ts"] == BARS["ts"]).all()
            assert list(answer["outputs"]) == list(want)
            for name, values in answer["outputs"].items():
                assert same_bits(values, want[name]), name
            assert answer["metadata"]["mode"] == mode
            assert answer["metadata"]["fingerprint"] == plan.fingerprint
            assert (answer["metadata"]["parity"] is not None) == (mode == "shadow")


@pytest.mark.parametrize("held", FRAMES)
def test_a_job_that_goes_on_answers_what_the_whole_does(held: str) -> None:
    want = ta.eval(PLAN, BARS)
    data = ta.dataset_create()
    ta.dataset_append_ohlcv(data, "BTC.1m", FRAMES[held](rows(0, 100)))
    session, answer = ta.incremental_initialize(data, PLAN, keep_rows=1000)
    got = [answer["outputs"]]
    got.append(ta.incremental_step(session, FRAMES[held](rows(100, 150)))["outputs"])
    session = ta.Session.restore(PLAN, ta.incremental_snapshot(session))
    got.append(ta.incremental_step(session, {name: float(BARS[name][150]) for name in FIELDS})["outputs"])
    ta.dataset_append_ohlcv(data, "BTC.1m", FRAMES[held](rows(100, 300)))
    answer = ta.incremental_replay(session, data)
    got.append(answer["outputs"])
    assert (answer["status"], answer["metadata"]["rows"]) == ("ok", 149)
    assert ta.incremental_replay(session, data)["metadata"]["rows"] == 0
    for name, values in want.items():
        assert same_bits(np.concatenate([part[name] for part in got]), values), name
    ta.dataset_drop(data)


def test_several_bases_are_answered_each_for_itself() -> None:
    data = ta.Dataset()
    for at, name in enumerate(["BTC.1m", "ETH.1m"]):
        data.append_ohlcv(name, make_bars(200, seed=at))
    plan = ta.compile({"ratio": "close / BTC.close"})
    answers = data.execute(plan, bases=["ETH.1m", "BTC.1m", "SOL.1m"])
    assert [answer["status"] for answer in answers.values()] == ["ok", "ok", "error"]
    assert (answers["BTC.1m"]["outputs"]["ratio"] == 1.0).all()
    assert same_bits(answers["ETH.1m"]["outputs"]["ratio"], data.execute(plan, base="ETH.1m")["outputs"]["ratio"])
    [error] = answers["SOL.1m"]["errors"]
    assert error["kind"] == "unknown_name" and "SOL.1m" in error["message"]
    # A base that goes on reads the rows of others.
    session = data.session(plan, base="ETH.1m")
    late = make_bars(201, seed=0)
    bar = {name: float(late[name][200]) for name in FIELDS}
    assert session.symbols == ["ETH"]
    assert session.step(bar, symbol="BTC") is None
    assert session.step(bar, symbol="ETH.1m") == {"ratio": 1.0}


def test_what_is_held_is_told() -> None:
    data = ta.Dataset()
    data.append_ohlcv("binance.BTC.1h", pd.DataFrame(rows(0, 10)))
    data.append_ohlcv("ETH", pl.DataFrame(rows(0, 10)).drop("volume"))
    data.append_series("BTC.trades", "price", [1, 2, 3], pa.array([1.0, None, 3.0]))
    data.append_series("BTC.trades", "amount", pd.to_datetime([1, 2, 3], unit="ms"), [1.0, 2.0, 3.0])
    info = data.info()
    assert (info["id"], info["scalar"]) == (data.id, "f64")
    assert [(part["key"], part["rows"], part["columns"]) for part in info["partitions"]] == [
        ("BTC.trades", 3, ["price", "amount"]),
        ("ETH.ohlcv", 10, ["open", "high", "low", "close"]),
        ("binance.BTC.1h.ohlcv", 10, ["open", "high", "low", "close", "volume"]),
    ]
    assert info["partitions"][0]["start"] == 1 and info["partitions"][0]["bytes"] == 3 * 8 * 3
    plan = ta.compile("price * amount", source="trades")
    assert ta.execute_plan(data.id, plan)["outputs"]["price * amount"].tolist()[::2] == [1.0, 9.0]


def test_what_is_refused_adds_nothing() -> None:
    data = ta.Dataset()
    data.append_ohlcv("BTC", rows(0, 10))
    before = data.info()
    for field, value in [("close", np.inf), ("low", 1e9), ("ts", 5.0)]:
        chunk = {name: values.copy() for name, values in rows(10, 20).items()}
        chunk[field][3] = value
        error = refused(ta.DataError, lambda chunk=chunk: data.append_ohlcv("BTC", chunk))
        assert error.row == 3
    for call in (
        lambda: data.append_ohlcv("BTC", rows(5, 15)),
        lambda: data.append_ohlcv("BTC.trades", rows(10, 20)),
        lambda: data.append_series("BTC", "funding", [1, 2], [1.0, 2.0]),
        lambda: data.append_series("X", "close", [1, 2], [1.0]),
    ):
        refused(ValueError, call)
    refused(KeyError, lambda: data.append_ohlcv("BTC", {"ts": [1], "close": [1.0]}))
    refused(TypeError, lambda: data.append_series("X", "close", 1, [1.0]))
    refused(ta.ExpressionError, lambda: data.append_ohlcv("not a key", rows(10, 20)))
    assert data.info() == before


def test_jobs_that_cannot_be_are_refused() -> None:
    data = ta.Dataset()
    error = refused(ta.ArgumentError, lambda: data.execute(PLAN))
    assert "there are none" in str(error)
    data.append_ohlcv("BTC", rows(0, 10))
    data.append_ohlcv("ETH", rows(0, 10))
    error = refused(ta.ArgumentError, lambda: data.execute(PLAN))
    assert error.accepted == ("BTC.ohlcv", "ETH.ohlcv")
    for wrong, kind in [
        ({"bse": "BTC"}, ta.ArgumentError),
        ({"base": "BTC", "bases": ["ETH"]}, ta.ArgumentError),
        ({"base": 7}, ta.ParameterError),
        ({"base": "BTC", "mode": "fast"}, ta.ParameterError),
        ({"base": "BTC", "sample_rate": 2.0}, ta.ParameterError),
        ({"base": "a b"}, ta.ExpressionError),
    ]:
        refused(kind, lambda wrong=wrong: ta.execute_plan(data.id, PLAN, wrong))
        refused(kind, lambda wrong=wrong: ta.execute_plan(data.id, PLAN, **wrong))
    for payload, kind in [("{}", ta.ExpressionError), ("close", ta.ExpressionError), (b"\xff", ta.ExpressionError), (7, ta.ArgumentError), ({"format": "x"}, ta.ExpressionError)]:
        refused(kind, lambda payload=payload: ta.execute_plan(data.id, payload, base="BTC"))
    gaps = ta.execute_plan(data.id, ta.compile("rsi()", missing="error"), base="BTC")
    assert gaps["status"] in ("ok", "error")
    broken = {name: values.copy() for name, values in rows(0, 10).items()}
    broken["close"][4] = np.nan
    data.append_ohlcv("GAP", broken)
    answer = ta.execute_plan(data.id, ta.compile("rsi()", missing="error"), base="GAP")
    assert (answer["status"], answer["errors"][0]["kind"], answer["errors"][0]["row"]) == ("error", "missing", 4)
    refused(ta.DataError, lambda: ta.incremental_initialize(data.id, ta.compile("rsi()", missing="error"), base="GAP"))


def test_a_dataset_that_is_not_there_is_a_key_error() -> None:
    dropped = ta.dataset_create()
    ta.dataset_drop(dropped)
    with ta.Dataset() as data:
        assert data.info()["partitions"] == []
    data.drop()
    with ta.Dataset() as other:
        ta.dataset_drop(other.id)
    session = PLAN.session()
    for number in (dropped, data.id, 10**15):
        for call in (
            lambda number=number: ta.dataset_drop(number),
            lambda number=number: ta.dataset_info(number),
            lambda number=number: ta.dataset_append_ohlcv(number, "BTC", rows(0, 2)),
            lambda number=number: ta.dataset_append_series(number, "BTC", "close", [1], [1.0]),
            lambda number=number: ta.execute_plan(number, PLAN),
            lambda number=number: ta.incremental_initialize(number, PLAN),
            lambda number=number: ta.incremental_replay(session, number),
        ):
            error = refused(KeyError, call)
            assert isinstance(error, ta.UnknownDatasetError) and error.given == number
    refused_number: Any = -1
    with pytest.raises((OverflowError, TypeError)):
        ta.dataset_info(refused_number)


def test_other_threads_run_during_a_job() -> None:
    data = ta.Dataset()
    data.append_ohlcv("BTC", make_bars(1_000_000))
    plan = ta.compile("median(500)")
    assert ticks_during(lambda: data.execute(plan)) > 5


def test_columns_of_an_answer_lie_where_rust_made_them() -> None:
    data = ta.Dataset()
    data.append_ohlcv("BTC", BARS)
    answer = data.execute(PLAN)
    for array in (answer["ts"], *answer["outputs"].values()):
        assert type(array.base).__name__ == "PySliceContainer" and array.flags.writeable
