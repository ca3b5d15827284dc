"""Kernels written in Python are kernels like the others."""

import copy
import gc
import os
import pickle
import subprocess
import sys
import textwrap
import threading
import weakref
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from conftest import make_bars

import ta_py as ta


@ta.kernel(outputs="mean", family="overlap", overlay=True)
class Mean:
    """Mean of the last values."""

    period: int = ta.param(14, min=1, max=200, doc="Bars in the mean.")

    def lookback(self) -> int:
        return self.period - 1

    def init(self) -> list[float]:
        return []

    def step(self, state: list[float], source: float) -> float | None:
        state.append(source)
        if len(state) > self.period:
            del state[0]
        return sum(state) / self.period if len(state) == self.period else None


@ta.kernel(outputs="ema")
class Recursive:
    """Exponential average, in the order of operations of the standard one; the state is a dict."""

    period: int = ta.param(20, min=1, max=50, doc="Bars in the average.")

    def lookback(self) -> int:
        return self.period - 1

    def stabilisation(self) -> None:
        return None

    def init(self) -> dict[str, Any]:
        return {"seen": 0, "mean": 0.0}

    def step(self, state: dict[str, Any], close: float) -> float | None:
        if state["seen"] < self.period:
            state["seen"] += 1
            state["mean"] += (close - state["mean"]) / state["seen"]
        else:
            state["mean"] += 2.0 / (self.period + 1) * (close - state["mean"])
        return state["mean"] if state["seen"] == self.period else None


@ta.kernel(outputs={"width": "High less low.", "up": "Whether it closed above the middle."}, bools=["up"], tolerance=0.0)
class Shape:
    """A bar in numbers."""

    factor: float = ta.param(1.0, min=0.5, max=4.0, doc="What the width is multiplied with.")
    inverted: bool = ta.param(False, doc="Whether above is below.")
    at: str = ta.param("middle", choices=["middle", "low"], doc="What the close is compared with.")

    def step(self, state: None, high: float, low: float, close: float) -> tuple[float, bool]:
        level = low if self.at == "low" else low + (high - low) * 0.5
        return (high - low) * self.factor, (close > level) is not self.inverted

    def batch(self, high: Any, low: Any, close: Any) -> tuple[Any, Any]:
        level = low if self.at == "low" else low + (high - low) * 0.5
        return (high - low) * self.factor, (close > level) != self.inverted


@ta.kernel(outputs="out")
class Trip:
    """The input, until it is the one that trips."""

    over: float = ta.param(1e6, min=0.0, max=1e9, doc="What trips.")

    def init(self) -> list[float]:
        return [0.0]

    def step(self, state: list[float], close: float) -> float:
        state[0] += close
        if close > self.over:
            raise LookupError(f"{close} is over {self.over}")
        return state[0]


BARS = make_bars()
ROWS = [dict(zip(BARS, row, strict=True)) for row in zip(*BARS.values(), strict=True)]
PLAN = "my::mean(close, 5) > sma(20) + my::recursive(3) * 0.001"


def frame(rows: int = 700, **more: Any) -> pd.DataFrame:
    return pd.DataFrame(make_bars(rows, **more))


def test_a_function_answers_what_the_same_standard_kernel_does() -> None:
    # Both sum at most 5 values of one decimal; the order differs, so the last digits may.
    np.testing.assert_allclose(ta.my.mean(BARS["close"], period=5), ta.sma(BARS["close"], period=5), rtol=1e-13)
    # A column of pandas comes back with its index.
    close = frame()["close"]
    pd.testing.assert_index_equal(ta.my.mean(close, 5).index, close.index)
    assert isinstance(ta.my.mean(pl.Series("close", BARS["close"])), pl.Series)


def test_steps_and_columns_are_the_same_bit_for_bit() -> None:
    plan = ta.compile(["my::mean(5)", "my::recursive(4)", "my::shape(factor=2).width", "my::shape().up"])
    columns = ta.eval(plan, BARS)
    session = plan.session()
    for at, row in enumerate(ROWS):
        for name, value in session.step(row).items():
            expected = columns[name][at]
            assert (value is None and np.isnan(expected)) or value == expected


def test_several_outputs_are_a_named_tuple() -> None:
    answer = ta.my.shape(BARS["high"], BARS["low"], BARS["close"], inverted=True, at="low")
    np.testing.assert_array_equal(answer.width, BARS["high"] - BARS["low"])
    np.testing.assert_array_equal(answer.up, (BARS["close"] <= BARS["low"]).astype(float))
    assert type(answer) is ta.my.shape.Result


def test_it_is_described_like_any_other() -> None:
    described = ta.describe("my::mean")
    assert described["params"][0]["name"] == "period"
    assert described["family"] == "overlap"
    assert "my::mean" in [kernel["id"] for kernel in ta.kernels()]
    assert "Mean of the last values." in (ta.my.mean.__doc__ or "")
    assert repr(ta.my.mean) == "<ta_py.my.mean(source, period=14)>"
    with pytest.raises(ta.ParameterError, match="`period` of `my::mean` is 0"):
        ta.my.mean(BARS["close"], period=0)
    assert Mean(period=3).step([1.0, 2.0], 6.0) == 3.0


@pytest.mark.parametrize("missing", ["skip", "hold", "restart"])
def test_gaps_mean_the_same_over_columns_and_in_steps(missing: Any) -> None:
    bars = frame(300, gaps=True)
    plan = ta.compile(["my::mean(5)", "my::recursive(4)", "sma(5)"], missing=missing)
    columns = ta.eval(plan, bars)
    steps = plan.session().step(bars)
    pd.testing.assert_frame_equal(steps, columns)
    np.testing.assert_allclose(columns.iloc[:, 0], columns.iloc[:, 2], rtol=1e-13)


def test_a_kernel_that_takes_gaps_is_handed_them() -> None:
    @ta.kernel(id="my::filled", gaps=True, outputs="filled", warmup="data")
    class Filled:
        """The last value there was."""

        def init(self) -> list[float | None]:
            return [None]

        def step(self, state: list[float | None], source: float) -> float | None:
            if source == source:
                state[0] = source
            return state[0]

    given = np.array([np.nan, 1.0, np.nan, 2.0])
    np.testing.assert_array_equal(ta.my.filled(given), [np.nan, 1.0, 1.0, 2.0])


def test_a_peek_commits_nothing() -> None:
    plan = ta.compile(PLAN)
    peeked, plain = plan.session(), plan.session()
    for row in ROWS[:100]:
        peeked.peek({**row, "close": 1e3})
        expected = peeked.peek(row)
        assert peeked.step(row) == expected == plain.step(row)
    assert peeked.snapshot() == plain.snapshot()


@pytest.mark.parametrize("mode", ["incremental", "shadow", "batch"])
def test_a_snapshot_goes_on_where_it_was_made(mode: Any) -> None:
    plan = ta.compile(PLAN)
    session = plan.session(frame(50), mode=mode)
    saved = session.snapshot()
    again = ta.Session.restore(plan, saved, mode=mode)
    later = frame().iloc[50:]
    pd.testing.assert_frame_equal(again.step(later), session.step(later))
    assert again.snapshot() == session.snapshot()


def test_the_state_in_a_snapshot_can_be_read() -> None:
    bars = frame(10)
    session = ta.compile("my::mean(3)").session(bars)
    states = [node["state"] for node in session.state()["nodes"] if node.get("state")]
    assert states == [{"python@f64": {"kernel": "my::mean", "version": 1, "params": {"period": {"int": 3}}, "state": bars["close"].tolist()[7:]}}]


def test_history_is_corrected() -> None:
    bars = frame(400)
    plan = ta.compile(PLAN)
    session = plan.session(bars, checkpoint_every=50)
    right = bars.copy()
    right.loc[200, "close"] += 7
    session.revise(dict(right.iloc[200]))
    pd.testing.assert_frame_equal(session.step(frame(500).iloc[400:]), ta.eval(plan, pd.concat([right, frame(500).iloc[400:]])).iloc[400:])


def test_many_symbols_are_computed_side_by_side() -> None:
    frames = {name: frame(300, seed=seed) for seed, name in enumerate("ABCDEFGH")}
    together = ta.eval(PLAN, frames)
    for name, bars in frames.items():
        pd.testing.assert_frame_equal(together[name], ta.eval(PLAN, bars))
    session = ta.compile(PLAN).session(frames)
    stacked = pd.concat([bars.assign(symbol=name) for name, bars in frames.items()])
    pd.testing.assert_frame_equal(ta.eval(PLAN, stacked).reset_index(drop=True), pd.concat(together.values()).reset_index(drop=True))
    assert session.step({**ROWS[300], "symbol": "A"}) is not None


def test_jobs_over_datasets_know_it() -> None:
    data = ta.dataset_create()
    try:
        ta.dataset_append_ohlcv(data, "BTC.1m", BARS)
        answer = ta.execute_plan(data, ta.compile({"x": PLAN}))
        np.testing.assert_array_equal(answer["outputs"]["x"], ta.eval({"x": PLAN}, BARS)["x"])
    finally:
        ta.dataset_drop(data)


def test_lazy_frames_of_polars_know_it() -> None:
    lazy = pl.LazyFrame(BARS).select(x=ta.my.mean(pl.col("close"), 5))
    np.testing.assert_array_equal(lazy.collect()["x"].to_numpy(), ta.my.mean(BARS["close"], 5))
    with pytest.raises(pl.exceptions.ComputeError, match="over 100"):
        pl.LazyFrame(BARS).select(ta.my.trip(pl.col("close"), over=100.0)).collect()


def test_expressions_are_written_with_its_function() -> None:
    assert str(ta.my.mean(5) > ta.sma(20)) == "my::mean(5) > sma(20)"
    pd.testing.assert_frame_equal(ta.eval(ta.my.mean(5) > 100, frame()), ta.eval("my::mean(5) > 100", frame()))


# What is raised.


def test_what_a_kernel_raises_is_raised() -> None:
    with pytest.raises(LookupError, match="over 100"):
        ta.my.trip(BARS["close"], over=100.0)
    with pytest.raises(LookupError, match="over 100"):
        ta.eval("my::trip(100)", BARS)
    with pytest.raises(LookupError, match="over 100"):
        ta.eval("my::trip(100)", {name: frame(300, seed=seed) for seed, name in enumerate("ABCDEFGH")})


@pytest.mark.parametrize("mode", ["incremental", "shadow", "batch"])
@pytest.mark.parametrize("many", [False, True])
def test_a_session_is_as_it_was_when_a_kernel_raises(mode: Any, many: bool) -> None:
    plan = ta.compile("sma(3) + my::trip(close, 200) + ema(5)")
    session, plain = plan.session(ROWS[:40], mode=mode), plan.session(ROWS[:40], mode=mode)
    bad = {**ROWS[40], "close": 500.0}
    before = session.snapshot()
    with pytest.raises(LookupError):
        session.step([bad, ROWS[41]] if many else bad)
    with pytest.raises(LookupError):
        session.peek(bad)
    with pytest.raises(LookupError):
        session.revise({**ROWS[20], "close": 500.0})
    assert session.snapshot() == before
    assert session.step(ROWS[40:60]) == plain.step(ROWS[40:60])
    assert session.snapshot() == plain.snapshot()


def test_sessions_of_several_symbols_take_in_all_or_nothing() -> None:
    plan = ta.compile("my::trip(close, 200) + ema(5)")
    frames = {name: frame(40, seed=seed) for seed, name in enumerate("AB")}
    session = plan.session(frames)
    before = session.snapshot()
    bad = {name: frame(60, seed=seed).iloc[40:] for seed, name in enumerate("AB")}
    bad["B"] = bad["B"].assign(close=900.0)
    with pytest.raises(LookupError):
        session.step(bad)
    assert session.snapshot() == before


def test_a_stored_session_is_as_it_was_when_a_kernel_raises(tmp_path: Any) -> None:
    plan = ta.compile("my::trip(close, 200) + ema(5)")
    with plan.session(ROWS[:40], store=tmp_path) as session:
        with pytest.raises(LookupError):
            session.step({**ROWS[40], "close": 500.0})
        session.step(ROWS[40])
    with plan.session(store=tmp_path) as session:
        assert session.step(ROWS[41]) == plan.session(ROWS[:41]).step(ROWS[41])


def test_wrong_answers_are_refused_in_words() -> None:
    @ta.kernel(id="my::wrong", outputs=["a", "b"])
    class Wrong:
        """Answers something else."""

        what: str = ta.param("one", choices=["one", "text", "batch"], doc="What.")

        def step(self, state: None, close: float) -> Any:
            return {"one": 1.0, "text": ("x", 2.0), "batch": (1.0, 2.0)}[self.what]

    for what, message in {"one": "`step` answered a `float`", "text": "`step` answered a `str` for `a`"}.items():
        with pytest.raises(TypeError, match=message):
            ta.my.wrong(BARS["close"], what=what)


@pytest.mark.parametrize("state", [(1.0, 2.0), np.zeros(3), {1: 2.0}, {1.0}, 1 << 70])
def test_a_state_that_is_not_plain_is_refused_when_it_is_registered(state: Any) -> None:
    with pytest.raises((TypeError, ta.TaError), match="the state holds"):

        @ta.kernel(id="my::stateful")
        class Stateful:
            """Its state is no plain data."""

            def init(self) -> Any:
                return {"inside": state}

            def step(self, state: Any, close: float) -> float:
                return close

    assert not hasattr(ta.my, "stateful")


def test_a_state_without_end_is_refused() -> None:
    @ta.kernel(id="my::endless")
    class Endless:
        """Its state holds itself."""

        def init(self) -> list[Any]:
            return []

        def step(self, state: list[Any], close: float) -> float:
            state.append(state)
            return close

    session = ta.compile("my::endless()").session()
    session.step(ROWS[0])
    with pytest.raises((TypeError, ta.TaError), match="the state holds more than"):
        session.snapshot()


def test_declarations_that_make_no_sense_are_refused() -> None:
    def declared(id: str = "my::bad", default: Any = 1, method: str = "def step(self, state, close): return close", **more: Any) -> None:
        names: dict[str, Any] = {}
        exec(method, names)
        body = {"__doc__": "Bad.", "x": ta.param(default, **more), **{name: names[name] for name in names if not name.startswith("__")}}
        ta.kernel(id=id)(type("Bad", (), body))

    for message, given in {
        "no name of a vendor": {"id": "average_of_mine", "min": 0, "max": 2},
        "is taken in `ta_py`": {"id": "pandas::mean", "min": 0, "max": 2},
        "without `min` and `max`": {},
        "not in order": {"min": 3, "max": 4},
        "which is no choice": {"default": "a", "choices": ["b"]},
        "accepted: an int": {"default": None},
        "an argument for each input": {"min": 0, "max": 2, "method": "def step(self, state, *close): return 1"},
        "two inputs or parameters": {"min": 0, "max": 2, "method": "def step(self, state, x): return x"},
        "has no method `step`": {"min": 0, "max": 2, "method": "def walk(self): return 1"},
        "the inputs of `step`": {"min": 0, "max": 2, "method": "def step(self, state, a): return a\ndef batch(self, b): return b"},
    }.items():
        with pytest.raises(ta.ArgumentError, match=message):
            declared(**given)


def test_a_rule_between_parameters_is_asked() -> None:
    @ta.kernel(id="my::ruled")
    class Ruled:
        """Has a rule."""

        fast: int = ta.param(2, min=1, max=9, doc="Fast.")
        slow: int = ta.param(5, min=1, max=9, doc="Slow.")

        def check(self) -> None:
            if self.fast >= self.slow:
                raise ValueError("`fast` must be below `slow`")

        def step(self, state: None, close: float) -> float:
            return close

    with pytest.raises(ta.ParameterError, match="`fast` must be below `slow`"):
        ta.my.ruled(BARS["close"], fast=7)


def test_a_session_that_a_kernel_asks_while_it_is_asked_refuses() -> None:
    sessions: list[Any] = []

    @ta.kernel(id="my::curious")
    class Curious:
        """Asks its own session."""

        def step(self, state: None, close: float) -> float:
            return sessions[0].step(ROWS[0]) if sessions else close

    sessions.append(ta.compile("my::curious()").session())
    with pytest.raises(ta.SessionError, match="a kernel calls a session"):
        sessions[0].step(ROWS[0])
    sessions.clear()


# Registered again, elsewhere, and never.


def define(factor: float) -> type:
    @ta.kernel(id="my::times", outputs="times")
    class Times:
        """A multiple."""

        def step(self, state: None, close: float) -> float:
            return close * factor

    return Times


def test_a_class_that_is_defined_again_takes_its_place() -> None:
    define(2.0)
    old, function = ta.compile("my::times()"), ta.my.times
    define(3.0)
    np.testing.assert_array_equal(ta.my.times(BARS["close"]), BARS["close"] * 3)
    np.testing.assert_array_equal(ta.eval("my::times()", BARS)["my::times()"], BARS["close"] * 3)
    # What was made before goes on as it was.
    np.testing.assert_array_equal(ta.eval(old, BARS)["my::times()"], BARS["close"] * 2)
    np.testing.assert_array_equal(function(BARS["close"]), BARS["close"] * 2)
    assert old.session(ROWS[:3]).step(ROWS[3])["my::times()"] == ROWS[3]["close"] * 2
    with pytest.raises(ta.SnapshotError, match="`my::times` was registered again"):
        ta.Session.restore(old, old.session(ROWS[:3]).snapshot())
    ta.Session.restore(ta.compile("my::times()"), old.session(ROWS[:3]).snapshot())


def test_threads_may_register_and_compute_at_once() -> None:
    failed: list[BaseException] = []

    def work(at: int) -> None:
        try:
            for _ in range(5):
                define(float(at))
                ta.eval(PLAN, {name: frame(100, seed=seed) for seed, name in enumerate("ABCD")})
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=work, args=(at,)) for at in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not failed and not any(thread.is_alive() for thread in threads)


def test_a_session_is_stepped_by_threads_one_after_the_other() -> None:
    session = ta.compile("my::trip()").session()
    at, lock = iter(ROWS), threading.Lock()

    def work() -> None:
        while True:
            with lock:
                row = next(at, None)
                if row is None:
                    return
                session.step(row)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert session.snapshot() == ta.compile("my::trip()").session(ROWS).snapshot()


def python(program: str, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([sys.executable, "-c", textwrap.dedent(program)], input=given, capture_output=True, check=False, env=os.environ)


def test_plans_are_pickled_and_refused_where_the_class_is_not() -> None:
    plan = ta.compile("my::mean(5)")
    assert pickle.loads(pickle.dumps(plan)) == plan == copy.copy(plan)
    done = python("import pickle, sys, ta_py; pickle.load(sys.stdin.buffer)", pickle.dumps(plan))
    assert done.returncode != 0 and b"unknown kernel `my::mean`" in done.stderr, done.stderr


def test_a_snapshot_is_refused_where_the_class_has_another_version() -> None:
    def versioned(version: int) -> None:
        @ta.kernel(id="my::versioned", version=version)
        class Versioned:
            """Has a version."""

            def step(self, state: None, close: float) -> float:
                return close

    versioned(1)
    saved = ta.compile("my::versioned()").session(ROWS[:3]).snapshot()
    versioned(2)
    with pytest.raises(ta.SnapshotError, match="version 1"):
        ta.Session.restore(ta.compile("my::versioned()"), saved)


def test_nothing_of_a_computation_stays() -> None:
    class Counted(list):  # type: ignore[type-arg]
        pass

    alive: list[weakref.ref[Any]] = []

    @ta.kernel(id="my::counted")
    class Kernel:
        """Counts its instances."""

        def init(self) -> list[float]:
            alive.append(weakref.ref(self))
            return [0.0]

        def step(self, state: list[float], close: float) -> float:
            return close

    for _ in range(5):
        ta.my.counted(BARS["close"])
        session = ta.compile("my::counted()").session(ROWS[:50])
        session.peek(ROWS[50])
    del session
    gc.collect()
    # The last ones are let go of with the next call.
    ta.my.mean(BARS["close"])
    assert alive and not [there for there in alive if there() is not None]


# The laws.


@pytest.mark.parametrize("kernel", [Mean, Recursive, Shape], ids=lambda kernel: kernel.__name__)
def test_right_kernels_keep_every_law(kernel: type) -> None:
    verdicts = ta.certify(kernel, cases=4)
    assert verdicts["causal"] is True and verdicts["resume"] is True
    assert False not in verdicts.values()


def test_standard_kernels_are_certified_too() -> None:
    assert ta.certify(ta.sma, cases=2)["batch_equals_steps"] is True
    with pytest.raises(ta.UnknownKernelError):
        ta.certify("smaa")
    with pytest.raises(ta.ArgumentError, match="is no kernel"):
        ta.certify(7)


def faulty() -> Iterator[tuple[str, type]]:
    class Base:
        """Wrong in one way."""

        period: int = ta.param(3, min=1, max=6, doc="Bars.")

        def lookback(self) -> int:
            return self.period - 1

        def init(self) -> list[float]:
            return []

        def step(self, state: list[float], close: float) -> float | None:
            state.append(close)
            if len(state) > self.period:
                del state[0]
            return sum(state) if len(state) == self.period else None

    class OnSelf(Base):
        def step(self, state: list[float], close: float) -> float | None:
            self.last = getattr(self, "last", 0.0) + close
            state.append(close)
            return self.last if len(state) >= self.period else None

    yield "same_answer_twice", OnSelf

    class Differs(Base):
        def batch(self, close: Any) -> Any:
            made = np.convolve(close, np.ones(self.period))[: len(close)]
            made[: self.period - 1] = np.nan
            made[self.period - 1 :] += 1.0
            return made

    yield "batch_equals_steps", Differs

    class Ahead(Base):
        def lookback(self) -> int:
            return 0

        def step(self, state: list[float], close: float) -> float:
            return close

        def batch(self, close: Any) -> Any:
            return np.append(close[1:], close[-1])

    yield "causal", Ahead

    class Late(Base):
        def lookback(self) -> int:
            return self.period

    yield "lookback_exact", Late

    class Growing(Base):
        def step(self, state: list[float], close: float) -> float | None:
            state.append(close)
            return sum(state[-self.period :]) if len(state) >= self.period else None

    yield "bounded_state", Growing

    class Raising(Base):
        def step(self, state: list[float], close: float) -> float | None:
            if close < 1e-3:
                raise ZeroDivisionError("too small")
            return super().step(state, close)

    yield "chunks_do_not_matter", Raising

    class Silent(Base):
        def step(self, state: list[float], close: float) -> float | None:
            return None

    yield "speaks", Silent

    class Undocumented(Base):
        period: int = ta.param(3, min=1, max=6)

    yield "declaration", Undocumented

    class Outside(Base):
        def init(self) -> list[float]:
            return Outside.shared

        shared: list[float] = []

        def step(self, state: list[float], close: float) -> float | None:
            Outside.shared.append(close)
            return sum(Outside.shared[-self.period :]) if len(Outside.shared) >= self.period else None

    yield "resume", Outside


FAULTY = dict(faulty())


@pytest.mark.parametrize("law", FAULTY)
def test_a_kernel_that_is_wrong_is_caught(law: str) -> None:
    kernel = FAULTY[law]
    kernel.__doc__ = kernel.__doc__ or "Wrong in one way."
    ta.kernel(id="my::faulty")(kernel)
    with pytest.raises(ta.ConformanceError) as caught:
        ta.certify(kernel, cases=4)
    assert law in caught.value.laws, caught.value
    assert "my::faulty@f64" in caught.value.laws[law] and law in str(caught.value)
