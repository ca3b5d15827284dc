"""A wheel with kernels of its own has them beside the standard ones."""

import inspect
import pickle

import acme_ta
import acme_ta.acme
import numpy as np
import pandas as pd
import polars as pl
import pytest
import ta_py

CLOSE = 100 + np.random.default_rng(1).normal(size=200).cumsum()


def test_kernels_of_a_vendor_are_in_a_submodule_of_its_name() -> None:
    volatility = acme_ta.acme.realized_volatility
    assert str(inspect.signature(volatility)).startswith("(source, period: int = 20, per_year: float = 252.0")
    returns = pd.Series(CLOSE).apply(np.log).diff()
    expected = returns.rolling(20).std() * np.sqrt(252)
    np.testing.assert_allclose(volatility(CLOSE), expected, rtol=1e-9)
    assert type(volatility(pd.Series(CLOSE))) is pd.Series
    assert pickle.loads(pickle.dumps(volatility)) is volatility


def test_kernels_of_a_vendor_are_expressions_and_plugins() -> None:
    col = acme_ta.col
    assert str(acme_ta.acme.realized_volatility(col.close, 5) > 1) == "acme::realized_volatility(close, 5) > 1"
    frame = pl.DataFrame({"close": CLOSE})
    answer = frame.lazy().select(acme_ta.acme.realized_volatility(pl.col("close"), 5)).collect()["close"]
    assert answer.equals(acme_ta.acme.realized_volatility(frame["close"], 5).alias("close"), null_equal=True)


def test_standard_kernels_are_there_and_answer_the_same() -> None:
    assert acme_ta.rsi(CLOSE).tobytes() == ta_py.rsi(CLOSE).tobytes()
    assert repr(acme_ta.rsi) == "<acme_ta.rsi(source, period=14)>"
    assert not hasattr(ta_py, "acme")


def test_errors_are_those_of_the_module() -> None:
    assert acme_ta.TaError.__module__ == "acme_ta"
    with pytest.raises(acme_ta.ParameterError, match="`acme::realized_volatility` is 1 "):
        acme_ta.acme.realized_volatility(CLOSE, period=1)


def test_expressions_have_both_and_their_plans_can_be_pickled() -> None:
    plan = acme_ta.compile({"x": "acme::realized_volatility(5) > sma(5)"})
    again = pickle.loads(pickle.dumps(plan))
    assert type(again) is acme_ta.Plan is not ta_py.Plan
    assert again == plan
    expected = acme_ta.acme.realized_volatility(CLOSE, 5) > ta_py.sma(CLOSE, 5)
    assert (acme_ta.eval(plan, {"close": CLOSE})["x"][5:] == expected[5:]).all()
    with pytest.raises(ta_py.ExpressionError):
        ta_py.compile("acme::realized_volatility(5)")
