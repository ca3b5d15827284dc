"""Typed calls of every kind; checked by mypy and pyright, not run."""

from typing import Any, assert_type

import numpy as np
import pandas as pd
import polars as pl
from numpy.typing import NDArray

import ta_py as ta
import ta_py.pandas
from ta_py.sklearn import ExpressionTransformer

array: NDArray[np.float64] = np.arange(100.0)
whole: NDArray[np.int64] = np.arange(100)
series: pl.Series = pl.Series([1.0, None, 3.0])
labelled: "pd.Series[float]" = pd.Series([1.0, 2.0])

assert_type(ta.rsi(array), NDArray[np.float64])
assert_type(ta.rsi(whole, period=14), NDArray[np.float64])
assert_type(ta.rsi([1.0, None, 2.0], 14), NDArray[np.float64])
assert_type(ta.rsi(series), pl.Series)
assert_type(ta.rsi(labelled, missing="hold"), "pd.Series[float]")
assert_type(ta.rsi(pl.DataFrame({"close": [1.0]})), pl.Series)
assert_type(ta.rsi(pd.DataFrame({"close": [1.0]}), 14), "pd.Series[Any]")
assert_type(ta.atr(series, series, series), pl.Series)
assert_type(ta.atr(pl.DataFrame({"high": [1.0]})), pl.Series)
assert_type(ta.macd(array).signal, NDArray[np.float64])
assert_type(ta.macd(series).histogram, pl.Series)
assert_type(ta.crossup(series, 70), pl.Series)
assert_type(ta.rsi(pl.col("close"), 14), pl.Expr)
assert_type(ta.atr(pl.col("high"), "low", pl.col("close"), missing="hold"), pl.Expr)
assert_type(ta.macd(pl.col("close")).struct.field("signal"), pl.Expr)
assert_type(ta.sma(array, out=np.empty(100)), NDArray[np.float64])

plan = ta.compile({"up": "close > sma(20)", "rsi": "rsi(14)"}, missing="hold")
assert_type(plan, ta.Plan)
assert_type(plan.outputs[0]["lookback"], int)
assert_type(plan.requirements[0]["stabilisation"], int | None)
assert_type(ta.Plan.from_json(plan.to_json()), ta.Plan)
assert_type(plan.explain("mermaid"), str)
assert_type(ta.eval(plan, pl.DataFrame({"close": [1.0]})), pl.DataFrame)
assert_type(ta.eval("close[1]", pd.DataFrame({"close": [1.0]}), timeframe="1h"), pd.DataFrame)
assert_type(ta.eval(["close", "open"], {"A": pl.DataFrame({"close": [1.0]})}), dict[str, pl.DataFrame])
assert_type(ta.eval("close", {"close": array}), dict[str, NDArray[np.float64]])
assert_type(ta.check("clos")[0]["message"], str)
assert_type(ta.describe("rsi"), dict[str, Any])

session = plan.session(pd.DataFrame({"close": [1.0]}), mode="incremental", keep_rows=1000)
assert_type(session, ta.Session)
assert_type(session.step({"ts": 1, "close": 1.0})["up"], float | bool | None)
assert_type(session.step({"ts": "2024-01-01", "close": None}, symbol="BTC"), dict[str, float | bool | None])
assert_type(session.step(pl.DataFrame({"close": [1.0]})), pl.DataFrame)
assert_type(session.peek((1, 2.0)), dict[str, float | bool | None])
assert_type(session.replay([]), int)
assert_type(ta.Session.restore(plan, session.snapshot()).fields, tuple[str, ...])
with ta.Dataset() as rows:
    assert_type(rows.execute(plan, base="BTC.1h", mode="shadow"), dict[str, Any])
    assert_type(ta.incremental_initialize(rows.id, plan, keep_rows=5)[0], ta.Session)

assert_type(ta.sma(), ta.Expr)
assert_type(ta.sma(20), ta.Expr)
assert_type(ta.sma(period=20), ta.Expr)
assert_type(ta.sma(ta.col.high, 20), ta.Expr)
assert_type(ta.atr(), ta.Expr)
assert_type(ta.atr(period=3, low=ta.col.open), ta.Expr)
assert_type(ta.crossup(ta.rsi(14), 30), ta.Expr)
assert_type(ta.macd().signal, ta.Expr)
dip = (ta.col.close < ta.sma(20)) & ~(1 > ta.rsi(14)) | (ta.col["1h"].close["24h_ago"] == 2)
assert_type(dip, ta.Expr)
assert_type(ta.where(dip, 1, np.float64(2) * ta.col.close[1]), ta.Expr)
assert_type(ta.col.trades.filter(ta.col.amount > 10).sum(ta.col.amount, "1h"), ta.Expr)
assert_type(ta.compile({"dip": dip, "close": "close"}), ta.Plan)
assert_type(ta.eval([dip, ta.sma(3)], pl.DataFrame({"close": [1.0]})), pl.DataFrame)

class Counter:
    def update(self, n: int) -> None: ...
    def close(self) -> None: ...


def progress(*, total: int) -> Counter:
    return Counter()


assert_type(ta.eval("close", pl.DataFrame({"close": [1.0]}), progress=progress), pl.DataFrame)
assert_type(ta.plot("sma(20)", {"close": array}, backend="matplotlib", place={"sma(20)": "pane"}), Any)
assert_type(ta_py.pandas.DataFrameAccessor(pd.DataFrame()).eval("close"), pd.DataFrame)
features = ExpressionTransformer({"up": "close > sma(20)"}, history=20, missing="hold")
assert_type(features.fit(array).transform(array), NDArray[np.float64])

try:
    ta.compile("clos")
except ta.ExpressionError as problem:
    assert_type(problem.span, tuple[int, int] | None)

try:
    ta.rsi(array, period=0)
except ta.ParameterError as error:
    assert_type(error.parameter, str | None)


@ta.kernel(outputs={"mean": "The mean."}, overlay=True)
class Mean:
    """Mean of the last values."""

    period: int = ta.param(14, min=1, max=100, doc="Bars.")

    def step(self, state: None, close: float) -> float:
        return close / self.period


@ta.kernel
class Same:
    """The value."""

    def step(self, state: None, close: float) -> float:
        return close


assert_type(ta.certify(Mean, cases=8), dict[str, bool | None])
assert_type(Mean().step(None, 1.0), float)
assert_type(Same().step(None, 1.0), float)
