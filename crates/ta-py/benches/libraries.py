"""The libraries that are compared, each with what it does best: columns, many symbols, and one bar after the other.

A library is a function that answers what it can do; one that is not installed raises `ImportError` and is left out. Every library has the same data in the form that
it takes, made before the clock starts.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from data import FEATURES

Bars = dict[str, np.ndarray]
Work = Callable[[], Any]


@dataclass
class Library:
    """What a library can do; `None` where it has no way for it."""

    name: str
    #: Each feature over whole columns: work, which answers a column, or rows that begin with it.
    columns: Callable[[Bars], dict[str, Work]] | None = None
    #: All features of many symbols.
    market: Callable[[dict[str, Bars]], Work] | None = None
    #: All features of each bar of the second bars, which follow the first ones; an iterator that makes one step each.
    steps: Callable[[Bars, Bars], Iterator[Any]] | None = None


def each(columns: Callable[[Bars], dict[str, Work]]) -> Callable[[dict[str, Bars]], Work]:
    """Symbols one after the other."""

    def market(symbols: dict[str, Bars]) -> Work:
        works = [work for one in symbols.values() for work in columns(one).values()]
        return lambda: [work() for work in works]

    return market


def rows(bars: Bars, *names: str) -> list[tuple[float, ...]]:
    return list(zip(*(bars[name].tolist() for name in names), strict=True))


def ta_py() -> Library:
    import ta_py as ta

    def columns(bars: Bars) -> dict[str, Work]:
        high, low, close = bars["high"], bars["low"], bars["close"]
        return {
            "sma": lambda: ta.sma(close, 20),
            "ema": lambda: ta.ema(close, 20),
            "rsi": lambda: ta.rsi(close, 14),
            "macd": lambda: ta.macd(close, 12, 26, 9)[0],
            "atr": lambda: ta.atr(high, low, close, 14),
        }

    def market(symbols: dict[str, Bars]) -> Work:
        plan = ta.compile(FEATURES)
        return lambda: ta.eval(plan, symbols)

    def steps(before: Bars, after: Bars) -> Iterator[Any]:
        session = ta.compile(FEATURES).session(before)
        bars = [dict(zip(after, bar, strict=True)) for bar in rows(after, *after)]
        for bar in bars:
            yield session.step(bar)

    return Library("ta_py", columns, market, steps)


def ta_py_into() -> Library:
    """Sessions over arrays that are there already."""
    import ta_py as ta

    def steps(before: Bars, after: Bars) -> Iterator[Any]:
        session = ta.compile(FEATURES).session(before)
        bars = list(np.column_stack([after[field] for field in session.fields]))
        out = np.empty(len(session.outputs))
        for bar in bars:
            session.step_into(bar, out)
            yield out

    return Library("ta_py, arrays", steps=steps)


def ta_py_frame() -> Library:
    """All symbols in one frame."""
    import ta_py as ta

    def market(symbols: dict[str, Bars]) -> Work:
        plan = ta.compile(FEATURES)
        parts = list(symbols.values())
        frame = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
        frame["symbol"] = np.repeat(np.array(list(symbols), dtype=object), [len(part["close"]) for part in parts])
        return lambda: ta.eval(plan, frame)

    return Library("ta_py, one frame", market=market)


def talib() -> Library:
    import talib
    from talib import stream

    def columns(bars: Bars) -> dict[str, Work]:
        high, low, close = bars["high"], bars["low"], bars["close"]
        return {
            "sma": lambda: talib.SMA(close, 20),
            "ema": lambda: talib.EMA(close, 20),
            "rsi": lambda: talib.RSI(close, 14),
            "macd": lambda: talib.MACD(close, 12, 26, 9)[0],
            "atr": lambda: talib.ATR(high, low, close, 14),
        }

    def steps(before: Bars, after: Bars) -> Iterator[Any]:
        close = before["close"]
        sma, ema, rsi = stream.SMA(close, 20), stream.EMA(close, 20), stream.RSI(close, 14)
        macd, atr = stream.MACD(close, 12, 26, 9), stream.ATR(before["high"], before["low"], close, 14)
        for high, low, close in rows(after, "high", "low", "close"):
            yield sma.update(close), ema.update(close), rsi.update(close), macd.update(close)[0], atr.update(high, low, close)

    return Library("TA-Lib", columns, each(columns), steps)


def polars_talib() -> Library:
    import polars as pl
    import polars_talib as plta

    features = {
        "sma": plta.sma(pl.col("close"), 20),
        "ema": plta.ema(pl.col("close"), 20),
        "rsi": plta.rsi(pl.col("close"), 14),
        "macd": plta.macd(pl.col("close"), 12, 26, 9).struct[0],
        "atr": plta.atr(pl.col("high"), pl.col("low"), pl.col("close"), 14),
    }

    def columns(bars: Bars) -> dict[str, Work]:
        frame = pl.DataFrame(bars)
        return {name: lambda feature=feature: frame.select(feature).to_series() for name, feature in features.items()}

    def market(symbols: dict[str, Bars]) -> Work:
        frame = pl.concat([pl.DataFrame(one).with_columns(symbol=pl.lit(name)) for name, one in symbols.items()])
        over = [feature.over("symbol").alias(name) for name, feature in features.items()]
        return lambda: frame.select(over)

    return Library("polars-talib", columns, market)


def ferro_ta() -> Library:
    import ferro_ta as ft

    def columns(bars: Bars) -> dict[str, Work]:
        high, low, close = bars["high"], bars["low"], bars["close"]
        return {
            "sma": lambda: ft.SMA(close, 20),
            "ema": lambda: ft.EMA(close, 20),
            "rsi": lambda: ft.RSI(close, 14),
            "macd": lambda: ft.MACD(close, 12, 26, 9)[0],
            "atr": lambda: ft.ATR(high, low, close, 14),
        }

    def steps(before: Bars, after: Bars) -> Iterator[Any]:
        sma, ema, rsi = ft.StreamingSMA(20), ft.StreamingEMA(20), ft.StreamingRSI(14)
        macd, atr = ft.StreamingMACD(12, 26, 9), ft.StreamingATR(14)

        def step(high: float, low: float, close: float) -> Any:
            return sma.update(close), ema.update(close), rsi.update(close), macd.update(close)[0], atr.update(high, low, close)

        for bar in rows(before, "high", "low", "close"):
            step(*bar)
        for high, low, close in rows(after, "high", "low", "close"):
            yield step(high, low, close)

    return Library("ferro-ta", columns, each(columns), steps)


def wickra() -> Library:
    import wickra as wk

    def columns(bars: Bars) -> dict[str, Work]:
        high, low, close = bars["high"], bars["low"], bars["close"]
        return {
            "sma": lambda: wk.SMA(20).batch_fast(close),
            "ema": lambda: wk.EMA(20).batch_fast(close),
            "rsi": lambda: wk.RSI(14).batch_fast(close),
            "macd": lambda: wk.MACD(12, 26, 9).batch_fast(close),
            "atr": lambda: wk.ATR(14).batch_fast(high, low, close),
        }

    def steps(before: Bars, after: Bars) -> Iterator[Any]:
        sma, ema, rsi, macd, atr = wk.SMA(20), wk.EMA(20), wk.RSI(14), wk.MACD(12, 26, 9), wk.ATR(14)
        fields = ("open", "high", "low", "close", "volume", "ts")

        def step(candle: tuple[float, ...]) -> Any:
            close = candle[3]
            signal = macd.update(close)
            return sma.update(close), ema.update(close), rsi.update(close), signal and signal[0], atr.update(candle)

        def candles(bars: Bars) -> list[tuple[float, ...]]:
            return [(*bar[:5], int(bar[5])) for bar in rows(bars, *fields)]

        for candle in candles(before):
            step(candle)
        for candle in candles(after):
            yield step(candle)

    return Library("wickra", columns, each(columns), steps)


def talipp() -> Library:
    from talipp import indicators
    from talipp.ohlcv import OHLCV

    def steps(before: Bars, after: Bars) -> Iterator[Any]:
        sma, ema, rsi = indicators.SMA(20), indicators.EMA(20), indicators.RSI(14)
        macd, atr = indicators.MACD(12, 26, 9), indicators.ATR(14)

        def step(*bar: float) -> Any:
            close = bar[3]
            for one in (sma, ema, rsi, macd):
                one.add(close)
            atr.add(OHLCV(*bar))
            return sma[-1], ema[-1], rsi[-1], macd[-1] and macd[-1].macd, atr[-1]

        fields = ("open", "high", "low", "close", "volume")
        for bar in rows(before, *fields):
            step(*bar)
        for bar in rows(after, *fields):
            yield step(*bar)

    return Library("talipp", steps=steps)


#: Ours first: the others are compared with it.
LIBRARIES = (ta_py, ta_py_into, ta_py_frame, talib, polars_talib, ferro_ta, wickra, talipp)
