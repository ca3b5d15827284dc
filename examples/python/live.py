"""From research to live: the same plan over history and bar by bar, with the same numbers.

    python examples/python/live.py
"""

from pathlib import Path

import pandas as pd

import ta_py as ta

DATA = Path(__file__).resolve().parents[1] / "data"

bars = pd.read_csv(DATA / "ES_1MIN.csv", parse_dates=["ts"])
history, today = bars[:2000], bars[2000:]

# Research: all of history at once.
plan = ta.compile(
    {
        "entry": "crossup(ema(9), ema(21)) and close > 15m.sma(20)",
        "exit": "crossdown(ema(9), ema(21))",
        "stop": "close - 2 * atr(14)",
    }
)
researched = ta.eval(plan, bars, timeframe="1m")
print(plan.explain())

# Live: history once, and then each bar as it closes.
session = plan.session(history, timeframe="1m")
stepped = []
for bar in today.to_dict("records"):
    # A bar that is still forming can be asked about. Nothing is remembered of it.
    forming = session.peek({**bar, "close": bar["open"]})
    signals = session.step(bar)
    stepped.append(signals)
    if signals["entry"] or signals["exit"]:
        what = "entry" if signals["entry"] else "exit"
        print(f"{bar['ts']:%H:%M} {what:<5} at {bar['close']:.2f}, stop {signals['stop']:.2f}, forming it was {forming[what]}")

# Bit for bit what research saw.
for name in session.outputs:
    assert [signals[name] for signals in stepped] == researched[name][2000:].tolist(), name
print(f"{len(stepped)} bars, {sum(signals['entry'] for signals in stepped)} entries: the same as in research")
