"""A bar that was wrong is corrected, and only what follows from it is computed again.

    python examples/python/revise.py
"""

from pathlib import Path

import numpy as np
import pandas as pd

import ta_py as ta

DATA = Path(__file__).resolve().parents[1] / "data"

bars = pd.read_csv(DATA / "ES_1MIN.csv", parse_dates=["ts"])
plan = ta.compile({"mean": "sma(20)", "above": "close > sma(20)"})

# The feed sent a close with its digits mixed up.
sent = bars.copy()
sent.loc[2200, "close"] = 1363.75
session = plan.session(sent, timeframe="1m")

# The exchange sends the bar once more.
changes = session.revise(bars[2200:2201])
print(f"{len(changes['ts'])} rows of the outputs are other ones, {changes['replayed']} bars were computed again")

before, after = changes["before"]["above"], changes["after"]["above"]
turned = np.flatnonzero(before != after)
for row in turned:
    time = pd.Timestamp(changes["ts"][row], unit="ms")
    print(f"{time:%Y-%m-%d %H:%M} above was {bool(before[row])} and is {bool(after[row])}")

# From now on it goes on as if the bar had never been wrong.
right = plan.session(bars, timeframe="1m")
following = {"ts": bars.ts.iloc[-1] + pd.Timedelta("1min"), "close": 1632.5}
assert session.step(following) == right.step(following)
expected = ta.eval(plan, bars, timeframe="1m").loc[2200:2219, "mean"]
assert changes["after"]["mean"].tolist() == expected.tolist()
print("the same as if it had been right from the start")
