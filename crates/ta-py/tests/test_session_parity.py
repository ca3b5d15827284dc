"""Every kernel answers a session bit for bit what its function answers, whatever the bars come in and however they are cut."""

from __future__ import annotations

import math
import pickle
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from conftest import FIELDS, columns_of, inputs, make_bars, same_bits
from frames import FRAMES, FUNCTIONS, column, names_of, text_of

import ta_py as ta

TEXTS = [text_of(name) for name in FUNCTIONS]
MODES = ["incremental", "batch", "shadow"]


class Bar(NamedTuple):
    ts: float
    open: float
    high: float
    low: float
    close: float
    volume: float


class Plain:
    def __init__(self, **fields: float) -> None:
        self.__dict__.update(fields)


#: Each way to hold one bar, given its session and its fields.
BARS: dict[str, Any] = {
    "dict": lambda session, bar: bar,
    "dict with None": lambda session, bar: {name: None if math.isnan(value) else value for name, value in bar.items()},
    "dict of NumPy": lambda session, bar: {name: np.float64(value) for name, value in bar.items()},
    "dict, spelled": lambda session, bar: {"Open time" if name == "ts" else name.upper(): value for name, value in bar.items()},
    "tuple": lambda session, bar: tuple(bar[name] for name in session.fields),
    "array": lambda session, bar: np.array([bar[name] for name in session.fields]),
    "named tuple": lambda session, bar: Bar(**bar),
    "object": lambda session, bar: Plain(**bar),
    "text as time": lambda session, bar: {**bar, "ts": pd.Timestamp(bar["ts"], unit="ms").isoformat()},
    "time of pandas": lambda session, bar: {**bar, "ts": pd.Timestamp(bar["ts"], unit="ms", tz="Asia/Tokyo")},
    "time of NumPy": lambda session, bar: {**bar, "ts": np.datetime64(int(bar["ts"]), "ms")},
    "row of Polars": lambda session, bar: pl.DataFrame({name: [value] for name, value in bar.items()}).row(0, named=True),
}


def expected(bars: dict[str, np.ndarray]) -> list[np.ndarray]:
    return [values for function in FUNCTIONS.values() for values in columns_of(function(**inputs(function, bars)))]


def rows_of(bars: dict[str, np.ndarray], rows: range | None = None) -> list[dict[str, float]]:
    rows = range(len(bars["ts"])) if rows is None else rows
    return [{name: float(bars[name][row]) for name in FIELDS} for row in rows]


def part(bars: dict[str, np.ndarray], start: int, end: int) -> dict[str, np.ndarray]:
    return {name: values[start:end] for name, values in bars.items()}


def floats(answer: dict[str, Any]) -> list[float]:
    return [math.nan if value is None else float(value) for value in answer.values()]


@pytest.mark.parametrize("gaps", [False, True], ids=["dense", "gaps"])
@pytest.mark.parametrize("held", BARS)
def test_every_kernel_answers_bar_by_bar_what_its_function_does(held: str, gaps: bool) -> None:
    bars = make_bars(300, gaps=gaps)
    plan = ta.compile(TEXTS)
    session = plan.session()
    answers = []
    for row, bar in enumerate(rows_of(bars)):
        peeked = session.peek(BARS[held](session, bar))
        answers.append(floats(session.step(BARS[held](session, bar))))
        assert np.array_equal(floats(peeked), answers[-1], equal_nan=True)
        if row % 50 == 49:
            session = ta.Session.restore(plan, session.snapshot()) if row % 100 == 49 else pickle.loads(pickle.dumps(session))
    for name, got, want in zip(session.outputs, np.array(answers).T, expected(bars), strict=True):
        assert same_bits(got.copy(), want), f"{name} over {held}"


@pytest.mark.parametrize("gaps", [False, True], ids=["dense", "gaps"])
@pytest.mark.parametrize("held", FRAMES)
def test_chunks_of_a_frame_answer_what_the_whole_does(held: str, gaps: bool) -> None:
    bars = make_bars(500, gaps=gaps)
    plan = ta.compile(TEXTS)
    session, got = plan.session(FRAMES[held](part(bars, 0, 100))), []
    for start, end in [(100, 101), (101, 150), (150, 499), (499, 500)]:
        answer = session.step(FRAMES[held](part(bars, start, end)))
        got.append([column(answer, name) for name in names_of(answer)])
        session = ta.Session.restore(plan, session.snapshot())
    for at, (name, want) in enumerate(zip(session.outputs, expected(bars), strict=True)):
        pieces = np.concatenate([np.asarray(columns[at], dtype=np.float64) for columns in got])
        assert same_bits(pieces, want[100:].copy()), f"{name} over {held}"


@pytest.mark.parametrize("gaps", [False, True], ids=["dense", "gaps"])
@pytest.mark.parametrize("mode", MODES)
def test_lists_matrices_and_buffers_answer_what_frames_do(mode: str, gaps: bool) -> None:
    bars = make_bars(200, gaps=gaps)
    plan = ta.compile(TEXTS)
    session = plan.session(part(bars, 0, 50), mode=mode)
    matrix = np.column_stack([bars[name] for name in session.fields])
    got = [session.step(np.asfortranarray(matrix[50:80]))]
    # In a list bars may come in any order.
    listed = rows_of(bars, range(80, 110))
    got.append(np.array([floats(answer) for answer in session.step(listed[::-1])])[::-1])
    out = np.empty((60, len(session.outputs)))
    assert session.step_into(matrix[110:170], out) is None
    got.append(out)
    one = np.empty(len(session.outputs))
    for row in range(170, 200):
        session.step_into(matrix[row], one)
        got.append(one[None].copy())
    for name, column, want in zip(session.outputs, np.concatenate(got).T, expected(bars), strict=True):
        assert same_bits(column.copy(), want[50:].copy()), name


@pytest.mark.parametrize("policy", ["skip", "hold", "restart"])
@pytest.mark.parametrize("mode", MODES)
def test_every_mode_and_policy_answers_what_eval_does(mode: str, policy: str) -> None:
    bars = make_bars(250, gaps=True)
    plan = ta.compile(TEXTS, missing=policy)
    want = ta.eval(plan, bars)
    session = plan.session(mode=mode)
    got = [session.step(part(bars, start, start + 25)) for start in range(0, 250, 25)]
    for name in session.outputs:
        assert same_bits(np.concatenate([chunk[name] for chunk in got]), want[name]), name


@pytest.mark.parametrize("kind", [pd.DataFrame, pl.DataFrame, pa.table, dict], ids=["pandas", "polars", "arrow", "dict"])
def test_many_symbols_answer_what_eval_does(kind: Any) -> None:
    names = ["BTC", "ETH", "SOL"]
    market = {name: make_bars(120, gaps=True, seed=at) for at, name in enumerate(names)}
    plan = ta.compile({"ratio": "close / BTC.close", "rsi": "rsi(14)", "up": "close > sma(10)"})
    want = ta.eval(plan, market)
    # A frame for each.
    session = plan.session({name: part(bars, 0, 40) for name, bars in market.items()})
    assert session.symbols == names
    for start in range(40, 80, 20):
        answer = session.step({name: kind(part(bars, start, start + 20)) for name, bars in market.items()})
        for name in names:
            for output in session.outputs:
                got = np.asarray(column(answer[name], output), dtype=np.float64)
                assert same_bits(got, want[name][output][start : start + 20].copy())
    session = pickle.loads(pickle.dumps(session))
    # One with a column of symbols, its rows mixed.
    mixed = {name: np.concatenate([part(bars, 80, 120)[name] for bars in market.values()]) for name in FIELDS}
    symbols = np.repeat(names, 40)
    order = np.argsort(mixed["ts"], kind="stable")
    frame = kind({"symbol": symbols[order].tolist(), **{name: values[order] for name, values in mixed.items()}})
    answer = session.step(frame)
    for name in names:
        for output in session.outputs:
            got = np.asarray(column(answer, output), dtype=np.float64)[symbols[order] == name]
            assert same_bits(got, want[name][output][80:].copy())


def test_bars_of_many_symbols_one_by_one_answer_what_eval_does() -> None:
    names = ["BTC", "ETH"]
    market = {name: make_bars(80, gaps=True, seed=at) for at, name in enumerate(names)}
    plan = ta.compile({"ratio": "close / BTC.close", "sum": "close + BTC.sma(5)"})
    want = ta.eval(plan, market)
    session = plan.session(symbols=names)
    for row in range(80):
        for name in names:
            bar = rows_of(market[name], range(row, row + 1))[0]
            answer = session.step(bar, symbol=name) if row % 2 else session.step({**bar, "symbol": name})
            assert np.array_equal(floats(answer), [want[name][output][row] for output in session.outputs], equal_nan=True)
    assert {name: position["rows"] for name, position in session.position.items()} == {"BTC": 80, "ETH": 80}


@pytest.mark.parametrize("mode", MODES)
def test_corrected_history_answers_as_if_it_had_been_so_from_the_start(mode: str) -> None:
    bars = make_bars(300)
    wrong = {name: values.copy() for name, values in bars.items()}
    wrong["close"][100:110] += 0.05
    wrong["volume"][200] *= 2
    wrong = {name: np.delete(values, [150, 151]) for name, values in wrong.items()}
    plan = ta.compile(TEXTS)
    right, session = plan.session(bars, mode=mode), plan.session(wrong, mode=mode)
    revision = session.revise(part(bars, 100, 110))
    assert revision["ts"][0] == bars["ts"][100] and set(revision["status"]) == {"changed"}
    revision = session.revise(rows_of(bars, range(150, 152)))
    assert revision["status"][:2] == ["inserted", "inserted"]
    session.revise(rows_of(bars, range(200, 201))[0])
    again = session.revise(rows_of(bars, range(200, 201))[0])
    assert len(again["ts"]) == 0
    assert session.position == right.position
    if mode == "batch":
        assert session.snapshot() == right.snapshot()
    more = make_bars(320)
    assert np.array_equal(session.step(np.column_stack([more[name] for name in session.fields])[300:]),
                          right.step(np.column_stack([more[name] for name in right.fields])[300:]), equal_nan=True)
