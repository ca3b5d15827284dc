"""Expressions built in Python mean what their texts say."""

import copy
import operator
import pickle
import random
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from conftest import functions, refused

import ta_py as ta

FUNCTIONS = functions()
col = ta.col


def fingerprint(expr: Any, **options: Any) -> str:
    return ta.compile({"x": expr}, **options).fingerprint


@pytest.mark.parametrize(
    ("built", "text"),
    [
        (col.close, "close"),
        (col["close"], "close"),
        (col.close + 1, "close + 1"),
        (col.close - col.open, "close - open"),
        (col.close * 2.5, "close * 2.5"),
        (col.close / col.open, "close / open"),
        (col.close % 3, "close % 3"),
        (col.close**2, "close ** 2"),
        (1 + col.close, "1 + close"),
        (1 - col.close, "1 - close"),
        (2 * col.close, "2 * close"),
        (1 / col.close, "1 / close"),
        (7 % col.close, "7 % close"),
        (2**col.close, "2 ** close"),
        (-col.close, "-close"),
        (col.close < 1, "close < 1"),
        (col.close <= 1, "close <= 1"),
        (1 < col.close, "close > 1"),
        (col.close >= -1, "close >= -1"),
        (col.close == col.open, "close == open"),
        (col.close != 1e-9, "close != 1e-9"),
        ((col.close > 1) & (col.open > 1), "close > 1 and open > 1"),
        ((col.close > 1) | (col.open > 1), "close > 1 or open > 1"),
        (~(col.close > 1), "not close > 1"),
        (True & (col.close > 1), "true and close > 1"),
        (False | (col.close > 1), "false or close > 1"),
        ((col.close + 1) * 2, "(close + 1) * 2"),
        (-(col.close**2), "-close ** 2"),
        ((-col.close) ** 2, "(-close) ** 2"),
        (np.float64(2) * col.close, "2 * close"),
        (np.int64(2) + col.close, "2 + close"),
        (np.float32(0.5) - col.close, "0.5 - close"),
        (col.close > np.int8(2), "close > 2"),
        ((col.close > 1) & np.True_, "close > 1 and true"),
        (col.close * Decimal("0.5"), "close * 0.5"),
        (col.close[1], "close[1]"),
        (col.close[np.int64(3)], "close[3]"),
        (col.close.change_5, "close.change_5"),
        (col.close["24h_ago"], "close.24h_ago"),
        ((col.close - col.open)["24h_ago"], "(close - open).24h_ago"),
        (col.BTC.close, "BTC.close"),
        (col["BTC-USD"].close, '"BTC-USD".close'),
        (col['"close"'].high, '"close".high'),
        (col.binance.BTC["1h"].close, "binance.BTC.1h.close"),
        (col["1h"].rsi(14), "1h.rsi(14)"),
        (col["1h"].rsi(14)[1], "1h.rsi(14)[1]"),
        (ta.Expr("(1h.rsi(14))")[1], "(1h.rsi(14))[1]"),
        (col["1h"][col.close - col.open], "1h.(close - open)"),
        (col.trades.count("1h"), "trades.count(1h)"),
        (col.trades.sum(col.amount, "1h"), "trades.sum(amount, 1h)"),
        (col.trades.filter(col.amount > 10).sum(col.amount, "1h"), "trades.filter(amount > 10).sum(amount, 1h)"),
        (col.filter(col.close > col.open).count(20), "filter(close > open).count(20)"),
        (col["1h"].close.fresh, "1h.close.fresh"),
        (col["1h"].close.within("5m"), "1h.close.within(5m)"),
        (col.high.downsample("1h", "max"), "high.downsample(1h, max)"),
        (ta.where(col.close > col.open, col.volume, -col.volume), "if(close > open, volume, -volume)"),
        (ta.where(True, 1, 0) * col.close, "if(true, 1, 0) * close"),
        (ta.sma(), "sma()"),
        (ta.sma(20), "sma(20)"),
        (ta.sma(period=20), "sma(period=20)"),
        (ta.sma(col.high, 20), "sma(high, 20)"),
        (ta.sma(20, source=col.high), "sma(20, source=high)"),
        (ta.sma(ta.rsi(14), 20), "sma(rsi(14), 20)"),
        (ta.crossup(ta.rsi(14), 30), "crossup(rsi(14), 30)"),
        (ta.crossup(30, ta.rsi(14)), "crossup(30, rsi(14))"),
        (ta.crossup(ta.rsi(14), b=30), "crossup(rsi(14), b=30)"),
        (ta.macd().signal, "macd().signal"),
        (ta.macd(12, 26, 9).signal[1], "macd(12, 26, 9).signal[1]"),
        (ta.Expr("close  # now") + 1, "close + 1"),
        (ta.Expr("high - low") * 0.5, "(high - low) * 0.5"),
    ],
    ids=str,
)  # fmt: skip
def test_what_is_built_has_the_text_it_would_be_written_with(built: ta.Expr, text: str) -> None:
    assert str(built) == text
    assert fingerprint(built) == fingerprint(text)


def test_brackets_stand_where_the_meaning_needs_them() -> None:
    """Random trees: the built text against the one with every bracket."""
    rng = random.Random(20)
    arithmetic = {"+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv, "%": operator.mod, "**": operator.pow}
    compared = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge, "==": operator.eq, "!=": operator.ne}
    logic = {"and": operator.and_, "or": operator.or_}

    def number(depth: int) -> tuple[Any, str]:
        kind = rng.randrange(9) if depth else 0
        if kind < 2:
            return rng.choice(
                [(col.close, "close"), (ta.sma(3), "sma(3)"), (ta.macd().signal, "macd().signal"), (col["1h"].open, "1h.open")]
            )
        if kind == 2:
            x, text = number(depth - 1)
            return -x, f"(-{text})"
        if kind == 3:
            x, text = number(depth - 1)
            return x[2], f"{text}[2]"
        if kind == 4:
            (c, ct), (a, at), (b, bt) = truth(depth - 1), number(depth - 1), number(depth - 1)
            return ta.where(c, a, b), f"if({ct}, {at}, {bt})"
        symbol, function = rng.choice(list(arithmetic.items()))
        (a, at), (b, bt) = number(depth - 1), number(depth - 1)
        constant = rng.choice([-2, 0.5, 3])
        if kind == 5:
            return function(constant, b), f"(({constant}) {symbol} {bt})"
        if kind == 6:
            return function(a, constant), f"({at} {symbol} ({constant}))"
        return function(a, b), f"({at} {symbol} {bt})"

    def truth(depth: int) -> tuple[Any, str]:
        kind = rng.randrange(4) if depth else 0
        if kind == 1:
            x, text = truth(depth - 1)
            return ~x, f"(not {text})"
        if kind > 1:
            symbol, function = rng.choice(list((logic if kind == 2 else {"==": operator.eq, "!=": operator.ne}).items()))
            (a, at), (b, bt) = truth(depth - 1), truth(depth - 1)
            return function(a, b), f"({at} {symbol} {bt})"
        symbol, function = rng.choice(list(compared.items()))
        (a, at), (b, bt) = number(max(depth - 1, 0)), number(max(depth - 1, 0))
        return function(a, b), f"({at} {symbol} {bt})"

    for _ in range(600):
        built, bracketed = rng.choice([number, truth])(rng.randrange(1, 5))
        assert fingerprint(built) == fingerprint(bracketed), f"{built}\n{bracketed}"
        # Read again it is the same, and it can be an operand again.
        again = ta.Expr(str(built))
        assert str(again) == str(built)
        assert str(-again) == str(-built) and str(again[1]) == str(built[1])


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_kernel_is_an_expression(name: str) -> None:
    function = FUNCTIONS[name]
    entry = ta.describe(name)
    fields = iter(("close", "open", "high", "low"))
    series = [spec["default"] if spec["default"] in ("open", "high", "low", "close", "volume", "ts") else next(fields) for spec in entry["inputs"]]
    params = {param["name"]: param["default"] for param in entry["params"]}
    texts = {key: str(value).lower() for key, value in params.items()}
    named = ", ".join(f"{key}={text}" for key, text in texts.items())
    source = next((s for s in ("ohlcv", "trades", "orderbook") if not ta.check(f"{name}({', '.join(series)})", source=s)), "ohlcv")
    exprs = [col[field] for field in series]
    by_name = {spec["name"]: expr for spec, expr in zip(entry["inputs"], exprs, strict=True)}
    want = fingerprint(f"{name}({', '.join([*series, *filter(None, [named])])})", source=source)
    # By position and by name, whole and in part.
    assert fingerprint(function(*exprs, *params.values()), source=source) == want
    assert fingerprint(function(*exprs, **params), source=source) == want
    assert fingerprint(function(**by_name), source=source) == want
    if all(spec["default"] for spec in entry["inputs"]) and not ta.check(f"{name}()", source=source):
        assert fingerprint(function(), source=source) == fingerprint(f"{name}()", source=source)
        assert fingerprint(function(*params.values()), source=source) == fingerprint(f"{name}({named})", source=source)


def test_an_expression_goes_where_a_text_goes(bars: dict[str, np.ndarray]) -> None:
    dip = (col.close < ta.sma(20)) & (ta.rsi(14) < 50)
    text = "close < sma(20) and rsi(14) < 50"
    plan = ta.compile({"dip": text})
    assert ta.compile({"dip": dip}) == plan
    assert ta.compile(dip) == ta.compile(text) and ta.compile([dip, "close"]) == ta.compile([text, "close"])
    answer, expected = ta.eval({"dip": dip}, bars)["dip"], ta.eval(plan, bars)["dip"]
    assert answer.tobytes() == expected.tobytes() and 0 < np.nansum(answer) < len(answer)
    assert ta.check(dip) == [] and ta.check({"x": ta.sma(col.clos)})[0]["message"] == "unknown field `clos`"
    assert ta.analyze({"dip": dip})["fingerprint"] == plan.fingerprint
    assert ta.preview(dip, bars, tail=5)
    assert ta.compile(col.price, source="trades").requirements[0]["field"] == "price"


def test_calls_with_data_are_as_before(bars: dict[str, np.ndarray]) -> None:
    close = bars["close"]
    for answer in (ta.sma(close, 20), ta.sma(source=close), ta.sma(bars), ta.sma([1.0, 2.0], 2), ta.sma(bars, source="high")):
        assert isinstance(answer, np.ndarray)
    assert isinstance(ta.sma(20), ta.Expr)
    refused(TypeError, lambda: ta.sma(None))
    # Data and expressions do not mix.
    for wrong in (lambda: ta.atr(close, col.low, col.close), lambda: ta.sma(col.close, close), lambda: ta.sma(bars, source=col.high)):
        assert "one or the other" in str(refused(TypeError, wrong))


def test_what_a_kernel_does_not_take_is_refused_where_it_is_built() -> None:
    error = refused(ta.ParameterError, lambda: ta.sma(0))
    assert (error.parameter, error.given) == ("period", "0")
    refused(ta.ParameterError, lambda: ta.sma(col.high, period=2.5))
    for wrong, said in [
        (lambda: ta.sma(20, 30), "no more than 2"),
        (lambda: ta.sma(20, 30, 40), "no more than 2"),
        (lambda: ta.sma(20, col.close), "after its first parameter"),
        (lambda: ta.sma(col.close, col.open), "takes no more expressions"),
        (lambda: ta.sma(20, period=3), "given twice"),
        (lambda: ta.sma(col.close, source=col.close), "given twice"),
        (lambda: ta.sma(perod=3), "`period`"),
        (lambda: ta.sma(20, missing="hold"), "compile(expr, missing=...)"),
        (lambda: ta.sma(20, out=np.empty(3)), "`source`"),
        (lambda: ta.sma(col.close, out=None), "`out`"),
        (lambda: ta.sma(period=ta.rsi(14)), "a whole number"),
        (lambda: ta.sma("high", 20), '`col.high`'),
        (lambda: ta.crossup(1.0, 2.0), "numbers alone"),
        (lambda: ta.crossup(), "needs `a`"),
        (lambda: ta.crossup(ta.rsi(14)), "needs `b`"),
        (lambda: ta.crossup(ta.rsi(14), "b"), "by position"),
    ]:
        assert said in str(refused(TypeError, wrong))


def test_an_expression_is_no_truth_and_no_rows() -> None:
    up = col.close > col.open
    for wrong in (lambda: bool(up), lambda: up and up, lambda: not up, lambda: 1 < col.close < 2):
        assert "`&`" in str(refused(TypeError, wrong))
    refused(TypeError, lambda: list(up))
    refused(TypeError, lambda: list(col))
    with pytest.raises(TypeError):
        len(up)
    with pytest.raises(TypeError):
        np.sqrt(up)


@pytest.mark.parametrize("other", ["open", None, [1.0], np.arange(3.0), pd.Series([1.0]), pl.Series([1.0]), pl.col("x"), 1j], ids=repr)
def test_an_operand_that_is_none_is_refused_on_both_sides(other: Any) -> None:
    for function in (operator.add, operator.pow, operator.and_, operator.lt, operator.eq, operator.ne):
        assert "operand" in str(refused(TypeError, lambda function=function: function(col.close, other)))
        if not isinstance(other, pl.Series | pl.Expr):
            assert "operand" in str(refused(TypeError, lambda function=function: function(other, col.close)))


def test_numbers_that_are_none_are_refused() -> None:
    for wrong in (float("nan"), float("inf"), -np.inf, 10**400):
        assert refused(ta.DataError, lambda wrong=wrong: col.close + wrong).given is not None
    refused(TypeError, lambda: pow(col.close, 2, 3))
    for wrong in (-1, 1.5, True, slice(1, 2), None):
        refused(TypeError, lambda wrong=wrong: col.close[wrong])
    for wrong in ("a'b\"c", "a\nb"):
        assert refused(TypeError, lambda wrong=wrong: col[wrong]).given == wrong
        refused(TypeError, lambda wrong=wrong: col.close[wrong])
        refused(TypeError, lambda wrong=wrong: col.trades.sum(wrong))
    refused(TypeError, lambda: col[1])
    refused(TypeError, lambda: (col.close + 1)(2))
    refused(TypeError, lambda: ta.sma(3)[col.close])
    refused(TypeError, lambda: col.trades.count([1]))
    for wrong in ("", "close +", "a = close", "close; open"):
        assert refused(ta.ExpressionError, lambda wrong=wrong: ta.Expr(wrong)).kind == "syntax"


def test_a_text_does_not_grow_without_end() -> None:
    expr = col.close
    with pytest.raises(ta.ExpressionError) as caught:
        for _ in range(64):
            expr = expr + expr
    assert caught.value.kind == "limit"


def test_an_expression_shows_keeps_and_copies_itself() -> None:
    expr = (col["BTC-USD"].close > 2) & ~(ta.sma(3) < 1)
    assert repr(expr) == "ta_py.Expr('\"BTC-USD\".close > 2 and not sma(3) < 1')"
    assert eval(repr(expr), {"ta_py": ta}).__hash__() == hash(expr)
    for again in (pickle.loads(pickle.dumps(expr)), copy.deepcopy(expr), copy.copy(expr)):
        assert str(again) == str(expr) and str(again | expr) == str(expr | expr)
    assert pickle.loads(pickle.dumps(col)) is col and repr(col) == "ta_py.col"
    # What tools ask an object for is not part of the language.
    for name in ("__array__", "__arrow_c_array__", "_repr_html_", "_ipython_display_"):
        assert not hasattr(expr, name) and not hasattr(col, name)
