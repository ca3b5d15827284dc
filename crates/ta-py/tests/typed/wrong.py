"""Calls that a type checker refuses, each line for itself."""

import numpy as np

import ta_py as ta

array = np.arange(100.0)
ta.rsi(array, period="14")
ta.rsi(array, perod=14)
ta.rsi(array, missing="drop")
ta.crossup()
ta.sma(20, missing="hold")
ta.sma(ta.col.close, "20")
ta.macd(array).sgnal
ta.atr(array)
ta.compile(14)
ta.compile("close", missing="drop")
ta.eval("close")
ta.compile("close").explain("dot")
ta.compile("close").session(mode="fast")
ta.compile("close").session().step()
ta.execute_plan(1, "{}", bse="BTC")
ta.Session.restore(b"")
ta.col > 1
ta.col[1]
ta.col.close + "open"
ta.where(ta.col.close)
ta.compile([ta.col.close, 1])
ta.eval("close", {"close": array}, progress=14)
ta.plot("close", {"close": array}, backend="bokeh")
