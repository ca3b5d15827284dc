"""What is refused, in which words and with which fields."""

import subprocess
import sys
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from conftest import make_bars, refused

import ta_py as ta

BARS = make_bars()
X = BARS["close"]


@pytest.mark.parametrize(
    ("error", "own"),
    [
        (ta.UnknownKernelError, KeyError),
        (ta.UnknownKernelError, AttributeError),
        (ta.UnknownColumnError, KeyError),
        (ta.ExpressionError, ValueError),
        (ta.ParameterError, ValueError),
        (ta.ArgumentError, TypeError),
        (ta.ShapeError, ValueError),
        (ta.DataError, ValueError),
        (ta.StaleError, ValueError),
        (ta.SnapshotError, ValueError),
        (ta.StoreError, OSError),
        (ta.SessionError, RuntimeError),
        (ta.UnknownDatasetError, KeyError),
        (ta.InternalError, RuntimeError),
    ],
)
def test_every_error_is_one_of_pythons_own_too(error: type[Exception], own: type[Exception]) -> None:
    assert issubclass(error, ta.TaError)
    assert issubclass(error, own)


def test_an_unknown_kernel_is_refused_with_near_names() -> None:
    error = refused(KeyError, lambda: ta.emma)
    assert str(error).startswith("unknown kernel `emma` (42 kernels linked; close: `ema`") or "close: `ema`" in str(error)
    assert (error.given, error.near[0]) == ("emma", "ema")
    assert not hasattr(ta, "emma")


def test_a_parameter_outside_its_domain_is_refused_as_everywhere() -> None:
    error = refused(ValueError, lambda: ta.rsi(X, period=0))
    assert str(error) == "parameter `period` of `rsi` is 0 (accepted: a whole number from 1 to 100000)"
    assert (error.parameter, error.given, error.accepted) == ("period", "0", "a whole number from 1 to 100000")
    for wrong in (2.5, "14", True, 10**30, float("nan"), -1):
        assert refused(ValueError, lambda wrong=wrong: ta.rsi(X, wrong)).parameter == "period"
    for kind in ([14], None, X, object()):
        assert refused(TypeError, lambda kind=kind: ta.rsi(X, period=kind)).parameter == "period"
    error = refused(ValueError, lambda: ta.rsi(X, missing="drop"))
    assert (error.parameter, error.accepted) == ("missing", ("skip", "hold", "restart", "error"))


def test_whole_numbers_of_every_kind_are_taken() -> None:
    for period in (14, 14.0, np.int64(14), np.int8(14), np.float32(14)):
        assert ta.rsi(X, period).tobytes() == ta.rsi(X).tobytes()


def test_arguments_that_do_not_fit_are_refused_with_the_signature() -> None:
    error = refused(TypeError, lambda: ta.rsi(X, perod=3))
    assert str(error) == "`rsi` has no argument `perod` (close: `period`; it is `rsi(source, period=14)`)"
    assert (error.given, error.near) == ("perod", ("period",))
    for call in (
        lambda: ta.rsi(None),
        lambda: ta.rsi("close"),
        lambda: ta.rsi(X, 14, 15),
        lambda: ta.rsi(X, 14, period=14),
        lambda: ta.rsi(X, source=X),
        lambda: ta.atr(X, X),
        lambda: ta.crossup(1.0, 2.0),
        lambda: ta.crossup(BARS, a="close"),
        lambda: ta.rsi(pl.LazyFrame(BARS)),
    ):
        refused(TypeError, call)


@pytest.mark.parametrize(
    "column",
    [
        ["a"], [[1.0]], [1.0, object()], np.array(["a"]), np.array([1 + 2j]), np.array([object()]), pd.Series(["a"]),
        pd.Series(["a"], dtype="category"), pl.Series(["a"]), pa.array(["a"]), pa.array([[1.0]]), b"bytes",
        np.array(["2024"], "M8[D]"), pd.Series(pd.date_range("2024", periods=3, tz="UTC")), pa.array([b"x"]),
    ],
)  # fmt: skip
def test_columns_of_other_things_are_refused(column: Any) -> None:
    error = refused(TypeError, lambda: ta.rsi(column))
    assert error.column == "source"


@pytest.mark.parametrize("value", [np.inf, -np.inf])
def test_infinity_is_refused_with_its_row(value: float) -> None:
    values = X.copy()
    values[533] = value
    for held in (values, values.tolist(), pd.Series(values), pl.Series(values), pa.array(values), pa.chunked_array([values[:500], values[500:]])):
        error = refused(ValueError, lambda held=held: ta.rsi(held))
        assert (type(error), error.row, error.column, error.given) == (ta.DataError, 533, "source", str(value))


def test_shapes_that_do_not_fit_are_refused() -> None:
    error = refused(ValueError, lambda: ta.rsi(X.reshape(2, -1)))
    assert "2 dimensions, shape (2, 350)" in str(error)
    refused(ValueError, lambda: ta.rsi(np.array(1.0).reshape(1, 1, 1)))
    error = refused(ValueError, lambda: ta.atr(X, X, X[:-1]))
    assert str(error) == "`close` has 699 rows and `high` has 700 (accepted: as many)"
    twice = pd.DataFrame(np.ones((3, 2)), columns=["close", "close"])
    refused((KeyError, ValueError), lambda: ta.rsi(twice))


def test_a_column_that_is_not_there_is_refused_with_those_that_are() -> None:
    frames = [{"closs": X, "open": X}, pd.DataFrame({"closs": X, "open": X}), pl.DataFrame({"closs": X, "open": X}), pa.table({"closs": X, "open": X})]
    for frame in frames:
        error = refused(KeyError, lambda frame=frame: ta.rsi(frame))
        assert str(error) == "there is no column `close` for `source` (close: `closs`; the columns are `closs`, `open`)"
        assert (error.given, error.accepted, error.near) == ("close", ("closs", "open"), ("closs",))
        refused(KeyError, lambda frame=frame: ta.rsi(frame, source="Open"))
    refused(TypeError, lambda: ta.rsi({"close": 1.0}))


def test_a_gap_under_the_policy_error_is_refused_with_its_row_and_nothing_is_written() -> None:
    values = X.copy()
    values[[0, 1, 400]] = np.nan
    out = np.full(len(values), 7.0)
    for held in (values, pa.chunked_array([values[:100], values[100:]])):
        error = refused(ValueError, lambda held=held: ta.rsi(held, missing="error", out=out))
        assert (error.row, error.column) == (400, "source")
        assert (out == 7.0).all()
    assert ta.rsi(values[:400], missing="error").tobytes() == ta.rsi(values[:400]).tobytes()


def test_only_numpy_is_needed() -> None:
    program = """
import sys
class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in ("pandas", "polars", "pyarrow", "narwhals"):
            raise ImportError(name)
sys.meta_path.insert(0, Refuse())
import ta_py as ta
assert ta.rsi([float(x % 7) for x in range(50)]).shape == (50,)
assert ta.macd({"close": [float(x % 7) for x in range(50)]}).signal.shape == (50,)
try:
    ta.rsi(object())
except TypeError:
    pass
assert not {"pandas", "polars", "pyarrow"} & set(sys.modules)
"""
    subprocess.run([sys.executable, "-c", program], check=True)
