"""What a session takes, refuses and remembers."""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from conftest import FIELDS, ROOT, make_bars, refused, same_bits, ticks_during

import ta_py as ta

BARS = make_bars(200)
PLAN = ta.compile({"rsi": "rsi(14)", "up": "close > sma(5)", "atr": "atr()"})


def bar(row: int, **other: Any) -> dict[str, Any]:
    return {**{name: float(BARS[name][row]) for name in FIELDS}, **other}


def rows(start: int, end: int) -> dict[str, np.ndarray]:
    return {name: values[start:end] for name, values in BARS.items()}


def test_a_session_says_what_it_takes_and_where_it_is() -> None:
    session = PLAN.session()
    assert (session.fields, session.outputs) == (("ts", "high", "low", "close"), ("rsi", "up", "atr"))
    assert (session.symbols, session.mode, session.position, session.plan) == ([], "incremental", None, PLAN)
    assert session.step(bar(0)) == {"rsi": None, "up": None, "atr": None}
    assert session.position == {"ts": int(BARS["ts"][0]), "rows": 1}
    for row in range(1, 20):
        answer = session.step(bar(row))
    assert (type(answer["rsi"]), type(answer["up"])) == (float, bool)
    assert repr(session).startswith("<ta_py.Session, incremental, ")


def test_answers_to_frames_are_of_their_kind() -> None:
    session = PLAN.session(rows(0, 50))
    frame = pd.DataFrame(rows(50, 60), index=pd.Index(range(7, 17), name="row"))
    answer = session.step(frame)
    assert answer.index.equals(frame.index) and list(answer.columns) == ["rsi", "up", "atr"]
    assert answer["up"].dtype == "boolean"
    assert session.step(pl.DataFrame(rows(60, 70))).schema == {"rsi": pl.Float64, "up": pl.Boolean, "atr": pl.Float64}
    assert [type(row) for row in session.step([bar(70), tuple(bar(71)[name] for name in session.fields)])] == [dict, dict]
    assert session.step([]) == []
    assert session.step(np.empty((0, 4))).shape == (0, 3)


def test_a_forming_bar_changes_nothing() -> None:
    session = PLAN.session(rows(0, 50))
    before = session.snapshot()
    answers = [session.peek(bar(50, close=close)) for close in (1.0, 200.0)]
    assert answers[0] != answers[1] and session.snapshot() == before
    assert session.peek(bar(50)) == session.step(bar(50))
    refused(ta.StaleError, lambda: session.peek(bar(50)))
    refused(TypeError, lambda: session.peek(rows(51, 53)))


def test_a_row_that_comes_too_late_is_refused_and_told_from_others() -> None:
    session = PLAN.session(rows(0, 50))
    before = session.snapshot()
    for late in (bar(49), bar(3), rows(40, 60), [bar(50), bar(49)], np.column_stack([rows(49, 52)[name] for name in session.fields])):
        error = refused(ValueError, lambda late=late: session.step(late))
        assert isinstance(error, ta.StaleError)
        assert "which has been taken in" in str(error)
        assert session.snapshot() == before
    # Those that are not late can be picked out of what a feed sends again.
    assert session.replay(rows(40, 60)) == 10
    assert session.replay(rows(40, 60)) == 0
    assert session.replay(bar(60)) == 1
    assert session.replay([bar(59), bar(62), bar(61)]) == 2
    whole = PLAN.session(rows(0, 63))
    assert session.snapshot() == whole.snapshot()


@pytest.mark.parametrize("mode", ["incremental", "batch", "shadow"])
@pytest.mark.parametrize("policy", ["skip", "error"])
def test_a_bad_bar_in_a_chunk_leaves_everything_as_it_was(mode: str, policy: str) -> None:
    plan = ta.compile({"x": "rsi(14) + atr()"}, missing=policy)
    session = plan.session(rows(0, 50), mode=mode)
    before = session.snapshot()
    faults: dict[str, Any] = {
        "infinite": ("close", np.inf, ta.DataError),
        "low above high": ("low", 1e9, ta.DataError),
        "time goes back": ("ts", BARS["ts"][51], ta.DataError),
        "time stands still": ("ts", BARS["ts"][52], ta.DataError),
        "half a millisecond": ("ts", BARS["ts"][53] + 0.5, ta.DataError),
    }
    if policy == "error":
        faults["missing"] = ("close", np.nan, ta.DataError)
    for field, value, error in faults.values():
        chunk = {name: values.copy() for name, values in rows(50, 60).items()}
        chunk[field][3] = value
        given: list[Any] = [chunk, pd.DataFrame(chunk), pl.DataFrame(chunk)]
        if field != "ts":
            given.append([{name: float(chunk[name][row]) for name in FIELDS} for row in range(10)])
        given.append(np.column_stack([chunk[name] for name in session.fields]))
        for form in given:
            refusal = refused(error, lambda form=form: session.step(form))
            assert refusal.row == 3, refusal
            assert session.snapshot() == before
    assert session.position["rows"] == 50
    assert list(session.step(rows(50, 60))) == ["x"]


def test_a_bad_bar_alone_leaves_everything_as_it_was() -> None:
    session = PLAN.session(rows(0, 50))
    before = session.snapshot()
    out = np.full(3, 7.0)
    for given, error, column in [
        (bar(50, close=np.inf), ta.DataError, "close"),
        (bar(50, close="1.0"), ta.ArgumentError, "close"),
        (bar(50, high=object()), ta.ArgumentError, "high"),
        (bar(50, ts=None), ta.DataError, "ts"),
        (bar(50, ts="yesterday"), ta.DataError, "ts"),
        (bar(50, ts=1.5), ta.DataError, "ts"),
        (bar(50, ts=np.nan), ta.DataError, "ts"),
        (bar(50, ts=True), ta.DataError, "ts"),
        (bar(50, ts=10**30), ta.DataError, "ts"),
        (bar(50, ts=pd.Timestamp(1, unit="ns")), ta.DataError, "ts"),
        ({"ts": 1, "high": 1.0, "low": 1.0}, ta.UnknownColumnError, "close"),
        ({"ts": 1, "high": 1.0, "low": 1.0, "clos": 1.0}, ta.UnknownColumnError, "close"),
        ({"high": 1.0, "low": 1.0, "close": 1.0}, ta.UnknownColumnError, "ts"),
        ((1, 2.0), ta.ShapeError, None),
        ((1, 2.0, 3.0, 4.0, 5.0), ta.ShapeError, None),
        ((), ta.ShapeError, None),
        (np.arange(3.0), ta.ShapeError, None),
        (np.zeros((2, 3)), ta.ShapeError, None),
        (np.zeros((2, 3, 4)), ta.ShapeError, None),
        (np.array(5.0), ta.ShapeError, None),
        (7, ta.ArgumentError, None),
        (None, ta.ArgumentError, None),
        ("bar", ta.ArgumentError, None),
        (object(), ta.UnknownColumnError, "ts"),
        (bar(50, symbol="BTC"), ta.UnknownColumnError, None),
    ]:
        refusal = refused(error, lambda given=given: session.step(given))
        assert refusal.column == column, refusal
        assert session.snapshot() == before
    for values in (np.array([BARS["ts"][50], 1.0, 2.0, 1.0]), np.array([1.0, 1.0, 1.0, 1.0]), np.array([0.5, 1.0, 1.0, 1.0])):
        refused(ValueError, lambda values=values: session.step_into(values, out))
        assert session.snapshot() == before and (out == 7.0).all()
    error = refused(KeyError, lambda: session.step({"ts": 1, "high": 1.0, "low": 1.0, "clos": 1.0}))
    assert str(error) == "a bar of type `dict` has no `close` (close: `clos`; the session reads `ts`, `high`, `low`, `close`)"
    assert refused(TypeError, lambda: session.step([bar(50), bar(51, close="x")])).row == 1


def test_arrays_that_do_not_fit_are_refused() -> None:
    session = PLAN.session(rows(0, 50))
    before = session.snapshot()
    values = np.array([bar(50)[name] for name in session.fields])
    read_only = np.zeros(3)
    read_only.flags.writeable = False
    for given, out in [
        (values, np.zeros(2)),
        (values, np.zeros(6)[::2]),
        (values, read_only),
        (np.zeros(8)[::2], np.zeros(3)),
        (values[None], np.zeros(3)),
        (values[None], np.zeros((2, 3))),
        (values[None], np.zeros((3, 1)).T[:, ::-1]),
        (values.astype("f4"), np.zeros(3)),
        (values.tolist(), np.zeros(3)),
        (values, [0.0] * 3),
    ]:
        refused(ta.TaError, lambda given=given, out=out: session.step_into(given, out))
        assert session.snapshot() == before
    # All is read before anything is written.
    want = list(session.peek(bar(50)).values())
    shared = np.concatenate([values, np.zeros(3)])
    session.step_into(shared[:4], shared[1:4])
    assert shared[1:4].tolist() == want


def test_a_snapshot_that_is_not_whole_or_not_of_the_plan_is_refused() -> None:
    session = PLAN.session(rows(0, 50))
    whole = session.snapshot()
    other = ta.compile({"rsi": "rsi(15)", "up": "close > sma(5)", "atr": "atr()"})
    market = PLAN.session({"A": rows(0, 50), "B": rows(0, 50)}).snapshot()
    for plan, data in [
        (other, whole),
        (ta.compile("rsi(14)"), whole),
        (PLAN, b""),
        (PLAN, b"TASYMBOL"),
        (PLAN, whole[:-1]),
        (PLAN, whole + b"x"),
        (PLAN, market + b"x"),
        (PLAN, market[: len(market) // 2]),
        (PLAN, b"TASYMBOL\x00\x00\x00\x00"),
        (other, market),
    ]:
        refused(ta.SnapshotError, lambda plan=plan, data=data: ta.Session.restore(plan, data))
    for data in (whole, market):
        for at in range(0, len(data), 97):
            flipped = bytearray(data)
            flipped[at] ^= 4
            refused(ta.SnapshotError, lambda flipped=flipped: ta.Session.restore(PLAN, bytes(flipped)))
    error = refused(ta.SnapshotError, lambda: ta.Session.restore(PLAN, whole, mode="batch"))
    assert "snapshot holds a state" in str(error)


def test_a_copy_goes_its_own_way() -> None:
    session = PLAN.session(rows(0, 50), mode="batch", keep_rows=None)
    copy = pickle.loads(pickle.dumps(session))
    assert copy.mode == "batch" and copy.snapshot() == session.snapshot()
    copy.step(bar(50))
    assert session.position["rows"] == 50
    # Rows are in the snapshot of this mode, so history can be corrected.
    assert len(copy.revise(bar(40, close=bar(40)["low"]))["ts"]) > 0
    kept = pickle.loads(pickle.dumps(PLAN.session(rows(0, 50))))
    refused(ta.StaleError, lambda: kept.revise(bar(40)))
    kept.step(bar(50))
    kept.revise(bar(50, close=bar(50)["low"]))


def test_history_is_corrected_inserted_and_removed() -> None:
    plan = ta.compile({"before": "close[1]", "up": "close > open"})
    session = plan.session(rows(0, 50))
    start = pd.Timestamp(BARS["ts"][20], unit="ms")
    gone = session.revise(start=start, end=int(BARS["ts"][22]))
    assert gone["ts"].tolist() == BARS["ts"][20:23].astype(int).tolist()
    assert gone["status"] == ["removed", "removed", "changed"]
    assert gone["after"]["before"][2] == BARS["close"][19] and gone["before"]["before"][2] == BARS["close"][21]
    back = session.revise(rows(20, 22))
    assert back["status"] == ["inserted", "inserted", "changed"]
    assert session.snapshot() == plan.session(rows(0, 50)).snapshot()
    # What is in the span and not among the rows goes.
    assert session.revise([bar(30), bar(33)])["status"][:4] == ["removed", "removed", "changed"]
    for call in (
        lambda: session.revise(),
        lambda: session.revise(start=5, end=5),
        lambda: session.revise(bar(30), start=int(BARS["ts"][31])),
        lambda: session.revise(bar(30, close=np.inf)),
    ):
        refused(ta.TaError, call)


def test_corrections_reach_back_as_far_as_rows_are_kept() -> None:
    session = PLAN.session(rows(0, 200), checkpoint_every=10, checkpoints=4, keep_rows=50)
    refused(ta.StaleError, lambda: session.revise(bar(100)))
    session.revise(bar(190))
    for wrong in ({"checkpoint_every": 0}, {"checkpoints": 1}, {"keep_rows": 0}, {"mode": "fast"}):
        assert refused(ta.ParameterError, lambda wrong=wrong: PLAN.session(**wrong)).parameter == next(iter(wrong))
    refused(ta.ParameterError, lambda: PLAN.session(timeframe="1x"))
    refused(ta.ParameterError, lambda: PLAN.session(symbols=["A", "A"]))


def test_what_is_reset_warms_up_again() -> None:
    session = PLAN.session(rows(0, 50))
    session.reset()
    assert session.position["rows"] == 50
    assert session.step(bar(50)) == {"rsi": None, "up": None, "atr": None}
    assert session.state()["nodes"][0]["epoch"] == 1
    refused(ta.StaleError, lambda: session.step(bar(3)))
    batch = PLAN.session(rows(0, 50), mode="batch")
    assert "has nothing to forget" in str(refused(ta.ArgumentError, batch.reset))
    assert batch.state() == {"mode": "batch", "position": {"ts": int(BARS["ts"][49]), "rows": 50}, "nodes": []}


def test_a_state_can_be_looked_at() -> None:
    state = PLAN.session(rows(0, 50)).state()
    assert (state["mode"], state["position"]["rows"]) == ("incremental", 50)
    [rsi] = [node for node in state["nodes"] if node.get("kernel") == "rsi"]
    assert rsi["status"] == "present" and rsi["rows"] == 50


def test_symbols_are_told_apart() -> None:
    plan = ta.compile({"ratio": "close / BTC.close"})
    session = plan.session(symbols=["ETH", "SOL"])
    assert session.symbols == ["ETH", "SOL"]
    assert session.step(bar(0), symbol="BTC") is None
    assert session.step(bar(0), symbol="ETH") == {"ratio": 1.0}
    # All that a row of one would have read must come before.
    refused(ta.StaleError, lambda: session.step(bar(0), symbol="BTC"))
    assert session.step({"ETH": rows(1, 3), "BTC": rows(1, 3)})["ETH"]["ratio"].tolist() == [1.0, 1.0]
    assert session.position == {"ETH": {"ts": int(BARS["ts"][2]), "rows": 3}, "SOL": None}
    error = refused(KeyError, lambda: session.step(bar(3), symbol="ETC"))
    assert (error.given, error.near, error.accepted) == ("ETC", ("ETH",), ("ETH", "SOL", "BTC"))
    refused(ta.ArgumentError, lambda: session.step(bar(3)))
    refused(ta.ArgumentError, lambda: session.step(bar(3, symbol="ETH"), symbol="SOL"))
    refused(ta.ArgumentError, lambda: session.step({"ETH": rows(3, 4)}, symbol="SOL"))
    refused(ta.ArgumentError, lambda: session.peek(bar(3), symbol="BTC"))
    changed = session.revise(bar(2, close=1.0, low=0.5), symbol="BTC")
    assert changed["ETH"]["ts"].tolist() == [int(BARS["ts"][2])] and len(changed["SOL"]["ts"]) == 0
    copy = pickle.loads(pickle.dumps(session))
    assert copy.symbols == ["ETH", "SOL"] and copy.position == session.position
    assert copy.step(bar(3, ticker="ETH"), symbol="ETH") == session.step(bar(3), symbol="ETH")
    error = refused(KeyError, lambda: plan.session())
    assert "the data are of one symbol without a name" in str(error)
    named = ta.compile("close").session(symbols=["BTC"], by="ticker")
    assert named.step(bar(0)) == named.peek(bar(1, ticker="BTC", close=bar(0)["close"], low=0.0, high=1e3)) is not None
    refused(KeyError, lambda: named.step(bar(1, ticker="ETH")))


@pytest.mark.parametrize("policy", ["skip", "error"])
def test_a_chunk_of_many_symbols_is_taken_in_as_a_whole_or_not_at_all(policy: str) -> None:
    plan = ta.compile("close / BTC.close + rsi(3)", missing=policy)
    session = plan.session({"BTC": rows(0, 20), "ETH": rows(0, 20)})
    before = session.snapshot()
    late = {"BTC": rows(20, 22), "ETH": rows(19, 22)}
    refused(ta.StaleError, lambda: session.step(late))
    assert session.snapshot() == before
    gap = {name: values.copy() for name, values in rows(20, 22).items()}
    gap["close"][1] = np.nan
    if policy == "error":
        refused(ta.DataError, lambda: session.step({"BTC": rows(20, 22), "ETH": gap}))
        assert session.snapshot() == before
    session.step({"BTC": rows(20, 22), "ETH": rows(20, 22)})
    assert session.position["ETH"]["rows"] == 22


def test_slower_bars_are_put_together_on_the_way() -> None:
    plan = ta.compile({"slow": "5m.close", "fast": "close"})
    session = plan.session(timeframe="1m")
    want = ta.eval(plan, BARS, timeframe="1m")["slow"]
    got = [session.step(bar(row))["slow"] for row in range(200)]
    assert same_bits(np.array([np.nan if value is None else value for value in got]), want)


def test_the_environment_chooses_the_mode_where_nothing_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TA_EXECUTION_MODE", "incremental")
    monkeypatch.setenv("TA_PARITY_SHADOW", "true")
    assert (PLAN.session().mode, PLAN.session(mode="batch").mode) == ("shadow", "batch")
    monkeypatch.setenv("TA_EXECUTION_MODE", "fast")
    refused(ta.ParameterError, PLAN.session)


def test_a_closed_session_is_closed() -> None:
    with PLAN.session(rows(0, 20)) as session:
        session.step(bar(20))
    for call in (lambda: session.step(bar(21)), session.snapshot, session.state, lambda: session.position):
        assert str(refused(ta.SessionError, call)) == "the session is closed"
    session.close()
    assert session.fields == ("ts", "high", "low", "close")


def test_threads_on_one_session_take_turns() -> None:
    plan = ta.compile({"mean": "sma(3)"})
    session = plan.session(symbols=[f"S{at}" for at in range(8)])
    faults: list[BaseException] = []

    def work(at: int) -> None:
        try:
            for row in range(0, 200, 2):
                session.step(bar(row), symbol=f"S{at}")
                session.step(rows(row + 1, row + 2), symbol=f"S{at}")
                session.snapshot()
        except BaseException as fault:
            faults.append(fault)

    threads = [threading.Thread(target=work, args=(at,)) for at in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not faults
    assert {position["rows"] for position in session.position.values()} == {200}
    alone = plan.session({f"S{at}": BARS for at in range(8)})
    assert session.snapshot() == alone.snapshot()


def test_threads_that_race_for_one_row_take_it_in_once() -> None:
    session = PLAN.session()
    taken: list[int] = []

    def work() -> None:
        for row in range(200):
            try:
                session.step(bar(row))
                taken.append(row)
            except ta.StaleError:
                pass

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(taken) == sorted(set(taken)) and session.position["rows"] == len(taken)


def test_other_threads_run_while_a_chunk_is_computed() -> None:
    long = make_bars(400_000)
    session = ta.compile("median(500)").session()
    assert ticks_during(lambda: session.step(long)) > 5


def test_a_session_in_a_store_goes_on(tmp_path: Path) -> None:
    store = tmp_path / "state"
    with PLAN.session(rows(0, 50), store=store, save_every=7) as session:
        for row in range(50, 60):
            session.step(bar(row))
        session.step(rows(60, 70))
        error = refused(OSError, lambda: PLAN.session(store=store))
        assert isinstance(error, ta.StoreError) and error.kind == "in_use"
    refused(ta.SnapshotError, lambda: ta.compile("close").session(store=store))
    refused(ta.SnapshotError, lambda: PLAN.session(symbols=["BTC"], store=store))
    refused(ta.SnapshotError, lambda: PLAN.session(store=store, mode="batch"))
    with PLAN.session(rows(0, 50), store=store) as session:
        assert session.position["rows"] == 70
        session.step([bar(71), bar(70)])
        session.revise(bar(71, close=bar(71)["low"]))
        session.reset()
    with PLAN.session(store=store) as session:
        assert session.step(bar(72)) == {"rsi": None, "up": None, "atr": None}
        before = session.snapshot()
        refused(ta.StaleError, lambda: session.step([bar(73), bar(72)]))
        refused(ta.DataError, lambda: session.step(bar(73, close=np.inf)))
        assert session.snapshot() == before
    with PLAN.session(rows(0, 9), store=store, name="other") as session:
        assert session.position["rows"] == 9
    (store / "state.db").write_bytes(b"not a store")
    assert refused(ta.StoreError, lambda: PLAN.session(store=store)).kind in ("store", "damaged")


CHILD = """
import sys
sys.path.insert(0, sys.argv[1])
from test_session import MARKET, bar, rows
import ta_py as ta
session = MARKET.session({"BTC": rows(0, 20), "ETH": rows(0, 20)}, store=sys.argv[2], save_every=8)
for row in range(session.position["ETH"]["rows"], 200):
    if row % 2 == 0:
        session.step({"BTC": rows(row, row + 1), "ETH": rows(row, row + 1)})
    else:
        # Killed in between, one is ahead.
        session.replay(bar(row), symbol="BTC")
        session.step(bar(row), symbol="ETH")
    print(row, flush=True)
"""
MARKET = ta.compile({"ratio": "close / BTC.close", "rsi": "rsi(14)", "up": "close > BTC.sma(5)"})


def test_a_session_that_was_killed_goes_on_exactly(tmp_path: Path) -> None:
    store, kills, last = tmp_path / "state", 0, -1
    while last < 199:
        command = [sys.executable, "-c", CHILD, str(Path(__file__).parent), str(store)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
            assert child.stdout is not None
            seen = 0
            for line in child.stdout:
                last = int(line)
                seen += 1
                if seen == 40:
                    # In the middle of whatever comes next.
                    os.kill(child.pid, signal.SIGKILL)
                    kills += 1
                    break
        assert seen > 0
    assert kills >= 3
    session = MARKET.session(symbols=["BTC", "ETH"], store=store)
    whole = MARKET.session({"BTC": BARS, "ETH": BARS})
    assert session.snapshot() == whole.snapshot()


def test_a_store_of_the_command_line_is_the_same_store(tmp_path: Path) -> None:
    target = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    program = next((path for path in target.glob("*/ta")), None)
    if program is None:
        pytest.skip("the program `ta` is not built")
    store = tmp_path / "state"
    lines = "".join(f'{{"ts": {int(BARS["ts"][row])}, "close": {BARS["close"][row]}}}\n' for row in range(30))
    command = [str(program), "stream", "x = rsi(14)", "--store", str(store)]
    subprocess.run(command, input=lines, text=True, check=True, capture_output=True)
    plan = ta.compile("x = rsi(14)")
    with plan.session(store=store) as session:
        assert session.position["rows"] == 30
        session.step(rows(30, 40))
    done = subprocess.run(command, input=f'{{"ts": {int(BARS["ts"][40])}, "close": {BARS["close"][40]}}}\n', text=True, check=True, capture_output=True)
    assert f'{ta.rsi(BARS["close"])[40]:.6f}'[:8] in done.stdout


def test_a_bar_may_ask_for_the_session_it_is_given_to() -> None:
    session = PLAN.session(rows(0, 50))

    class Nested:
        ts, high, low = bar(50)["ts"], bar(50)["high"], bar(50)["low"]

        @property
        def close(self) -> float:
            session.step(bar(50))
            return float(bar(50)["close"])

    refused(ta.StaleError, lambda: session.step(Nested()))
    assert session.position["rows"] == 51


def test_a_series_is_a_bar_by_its_labels() -> None:
    session, other = PLAN.session(rows(0, 50)), PLAN.session(rows(0, 50))
    series = pd.DataFrame(BARS)[["volume", "close", "ts", "low", "high"]].iloc[50]
    assert session.step(series) == other.step(bar(50))
    refused(KeyError, lambda: session.step(series.reset_index(drop=True)))
