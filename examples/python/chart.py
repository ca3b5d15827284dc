"""A chart as a page to look around in, and as a picture: writes `chart.html` and `chart.png`.

    python examples/python/chart.py
"""

from pathlib import Path

import pandas as pd

import ta_py as ta

DATA = Path(__file__).resolve().parents[1] / "data"

bars = pd.read_csv(DATA / "ES_1MIN.csv", parse_dates=["ts"])
exprs = {
    "fast": "ema(9)",
    "slow": "ema(21)",
    "bought": "crossup(ema(9), ema(21))",
    "sold": "crossdown(ema(9), ema(21))",
    "macd": "macd()",
    "volume": "volume",
}

ta.plot(exprs, bars, tail=240, timeframe="1m").write_html("chart.html", include_plotlyjs="cdn")
ta.plot(exprs, bars, tail=240, timeframe="1m", backend="matplotlib").savefig("chart.png", facecolor="white")
print("wrote chart.html and chart.png")
