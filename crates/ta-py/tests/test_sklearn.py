"""Expressions as a step of scikit-learn."""

import pickle
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from conftest import make_bars, plain, refused
from sklearn.base import clone
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import TimeSeriesSplit, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.utils.estimator_checks import parametrize_with_checks

import ta_py as ta
from ta_py.sklearn import ExpressionTransformer

FIELDS = ("open", "high", "low", "close", "volume")
TEXTS = {"trend": "close / sma(20) - 1", "rsi": "rsi(14)", "up": "close > ema(10)", "range": "atr(14) / close"}
BARS = make_bars(300, gaps=True)
PANDAS = pd.DataFrame({name: BARS[name] for name in FIELDS}, index=pd.to_datetime(BARS["ts"], unit="ms"))
POLARS = pl.DataFrame(BARS)
ARRAY = np.column_stack([BARS[name] for name in FIELDS])
EXPECTED = np.column_stack([ta.eval(TEXTS, BARS)[name] for name in TEXTS])

#: What a transformer of rows in their order cannot do.
ROWS_DEPEND = "a value depends on the rows before it"


def expected_failures(_: Any) -> dict[str, str]:
    return dict.fromkeys(("check_methods_sample_order_invariance", "check_methods_subset_invariance"), ROWS_DEPEND)


@parametrize_with_checks(
    [ExpressionTransformer(["sma(5)", "close > ema(3)"], columns=("close",))],
    expected_failed_checks=expected_failures,
)
def test_scikit_learn_finds_no_fault(estimator: Any, check: Any) -> None:
    check(estimator)


@pytest.mark.parametrize("data", [PANDAS, POLARS, ARRAY], ids=["pandas", "polars", "numpy"])
def test_features_are_what_eval_answers(data: Any) -> None:
    features = ExpressionTransformer(TEXTS)
    assert np.array_equal(features.fit_transform(data), EXPECTED, equal_nan=True)
    assert features.get_feature_names_out().tolist() == list(TEXTS)
    assert features.n_features_in_ == len(data.T if data is ARRAY else data.columns)
    again = pickle.loads(pickle.dumps(features))
    assert np.array_equal(again.transform(data), EXPECTED, equal_nan=True)


def test_output_can_be_a_frame() -> None:
    made = ExpressionTransformer(TEXTS).set_output(transform="pandas").fit_transform(PANDAS)
    assert list(made) == list(TEXTS) and made.index.equals(PANDAS.index)
    made = ExpressionTransformer(TEXTS).set_output(transform="polars").fit_transform(POLARS)
    assert isinstance(made, pl.DataFrame) and made.columns == list(TEXTS)


def test_parameters_are_those_of_eval() -> None:
    features = clone(ExpressionTransformer("close", missing="hold", columns=("ts", *FIELDS)))
    assert features.get_params()["missing"] == "hold"
    assert features.fit(ARRAY[:, :1]).plan_.missing == "hold"
    plan = ta.compile(TEXTS)
    assert ExpressionTransformer(plan).fit(PANDAS).plan_ == plan
    hourly = ExpressionTransformer({"day": "1d.close"}, timeframe="1h").fit_transform(PANDAS)
    assert np.array_equal(hourly[:, 0], plain(ta.eval({"day": "1d.close"}, PANDAS, timeframe="1h")["day"]), equal_nan=True)


@pytest.mark.parametrize("data", [PANDAS, POLARS, np.column_stack([BARS["ts"], ARRAY])], ids=["pandas", "polars", "numpy"])
def test_history_continues_the_rows_of_fit(data: Any) -> None:
    features = ExpressionTransformer(TEXTS, columns=("ts", *FIELDS), history=1000).fit(data[:200])
    assert np.array_equal(features.transform(data[200:]), EXPECTED[200:], equal_nan=True)
    # Rows of `fit` itself have no past before them.
    assert np.array_equal(features.transform(data[:200]), EXPECTED[:200], equal_nan=True)
    alone = ExpressionTransformer(TEXTS, columns=("ts", *FIELDS)).fit(data[:200]).transform(data[200:])
    assert np.isnan(alone[:13]).any(axis=1).all()
    again = pickle.loads(pickle.dumps(features))
    assert np.array_equal(again.transform(data[200:]), EXPECTED[200:], equal_nan=True)


@pytest.mark.parametrize("make", [pd.DataFrame, pl.DataFrame])
@pytest.mark.parametrize("by", ["symbol", "ticker"])
def test_history_is_kept_for_each_symbol(make: Any, by: str) -> None:
    sides = {name: make_bars(100, seed=at) for at, name in enumerate("AB")}
    rows = {field: np.concatenate([bars[field] for bars in sides.values()]) for field in BARS}
    rows[by] = np.repeat(list(sides), 100)
    late = np.tile(np.arange(100) >= 70, 2)
    early = make({name: values[~late] for name, values in rows.items()})
    later = make({name: values[late] for name, values in rows.items()})
    features = ExpressionTransformer("sma(20)", history=20, by=by).fit(early)
    whole = np.concatenate([ta.sma(bars["close"], 20) for bars in sides.values()])
    assert np.array_equal(features.transform(later)[:, 0], whole[late])


def test_history_needs_times() -> None:
    features = ExpressionTransformer("sma(5)", history=5).fit(ARRAY[:100])
    assert refused(KeyError, lambda: features.transform(ARRAY[100:])).given == "ts"


def test_a_pipeline_is_validated_over_time() -> None:
    target = np.append(np.diff(PANDAS["close"].ffill()) > 0, False)
    model = make_pipeline(ExpressionTransformer(TEXTS, history=100), HistGradientBoostingClassifier(max_iter=5))
    scores = cross_val_score(model, PANDAS, target, cv=TimeSeriesSplit(3), error_score="raise")
    assert len(scores) == 3 and np.isfinite(scores).all()
    model.set_params(expressiontransformer__exprs="rsi(7)").fit(PANDAS, target)
    assert model[:-1].get_feature_names_out().tolist() == ["rsi(7)"]


def test_what_is_wrong_is_said_when_it_is_fitted() -> None:
    assert refused(ValueError, lambda: ExpressionTransformer("clos").fit(PANDAS)).kind == "unknown_name"
    with pytest.raises(NotFittedError):
        ExpressionTransformer("close").transform(PANDAS)
    with pytest.raises(ValueError, match="feature"):
        ExpressionTransformer("close").fit(PANDAS).transform(PANDAS[["close"]])
