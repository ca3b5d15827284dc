"""A kernel of your own, written in Rust, beside the standard ones.

The kernel is in `examples/custom-kernel`, and `examples/custom-wheel` makes a module of it:

    pip install ./examples/custom-wheel
    python examples/python/custom_kernel.py
"""

from pathlib import Path

import acme_ta as ta
import numpy as np
import pandas as pd

DATA = Path(__file__).resolve().parents[1] / "data"

bars = pd.read_csv(DATA / "AAPL.csv", parse_dates=["ts"], index_col="ts")

volatility = ta.acme.realized_volatility(bars.close, period=20)
print(volatility.tail(3).round(4).to_string())

# What its declaration says is there in Python too: limits, defaults, documentation, places of charts.
print(ta.acme.realized_volatility)
try:
    ta.acme.realized_volatility(bars.close, period=1)
except ta.ParameterError as error:
    print(error)

# In expressions it is called by its full id, and combined with the standard kernels.
answer = ta.eval({"calm": "acme::realized_volatility(20) < sma(acme::realized_volatility(20), 100)"}, bars)
print(f"calm on {int(answer['calm'].sum())} of {answer['calm'].notna().sum()} days")
assert np.allclose(volatility, ta.eval("acme::realized_volatility(20)", bars).iloc[:, 0], equal_nan=True)
