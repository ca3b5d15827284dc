"""A kernel of your own, written in Python, certified by the laws of the others."""

from pathlib import Path

import numpy as np
import pandas as pd

import ta_py as ta

DATA = Path(__file__).resolve().parents[1] / "data"

bars = pd.read_csv(DATA / "AAPL.csv", parse_dates=["ts"], index_col="ts")


@ta.kernel(outputs={"share": "Up-days among the last, from 0 to 1.", "streak": "Up-days in a row."})
class UpDays:
    """How often, and for how long, a series has gone up."""

    period: int = ta.param(20, min=1, max=1000, doc="Days that are looked at.")

    def lookback(self):
        return self.period, 1

    def init(self):
        return {"last": None, "ups": [], "streak": 0}

    def step(self, state, source):
        last, state["last"] = state["last"], source
        if last is None:
            return None, None
        up = source > last
        state["streak"] = state["streak"] + 1 if up else 0
        state["ups"] = [*state["ups"], up][-self.period :]
        full = len(state["ups"]) == self.period
        return sum(state["ups"]) / self.period if full else None, state["streak"]


# Batch, steps, snapshots, gaps: the kernel is tried on all that one may meet.
laws = ta.certify(UpDays)
print(f"{sum(held is True for held in laws.values())} laws hold")

# It is a function over columns,
days = ta.my.up_days(bars.close, period=10)
print(days.share.tail(3).to_string())

# a name in expressions, beside the standard kernels,
plan = ta.compile({"tired": "my::up_days(10).streak >= 4 and rsi(14) > 65"})
over_columns = ta.eval(plan, bars)

# and goes on bar by bar, over a snapshot.
session = plan.session(bars.iloc[:100])
session = ta.Session.restore(plan, session.snapshot())
bar_by_bar = session.step(bars.iloc[100:])
assert bar_by_bar["tired"].equals(over_columns["tired"].iloc[100:])
print(f"tired on {int(bar_by_bar['tired'].sum())} of {len(bar_by_bar)} days")


# A kernel that looks ahead is caught, with the smallest case in which it shows.
@ta.kernel
class Smooth:
    """A mean of today and its neighbours: over columns it knows tomorrow."""

    def step(self, state, source):
        return source

    def batch(self, source):
        yesterday, tomorrow = np.append(source[:1], source[:-1]), np.append(source[1:], source[-1:])
        return (yesterday + source + tomorrow) / 3


try:
    ta.certify(Smooth)
except ta.ConformanceError as error:
    print(error.laws["causal"])
