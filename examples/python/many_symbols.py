"""Many symbols in one call: features, ranks across symbols, and one symbol that reads another.

    python examples/python/many_symbols.py
"""

from pathlib import Path

import polars as pl

import ta_py as ta

ROOT = Path(__file__).resolve().parents[2]
FILES = {
    "AAPL": ROOT / "examples/data/AAPL.csv",
    "IBM": ROOT / "tests/data/IBM.csv",
    "MSFT": ROOT / "tests/data/MSFT.csv",
}

# One frame with a column of symbols, in any order as long as the rows of each symbol are in the order of time.
bars = pl.concat(
    pl.read_csv(file, try_parse_dates=True, schema_overrides={"open": pl.Float64}).select(
        pl.lit(symbol).alias("symbol"), "ts", pl.col("open", "high", "low", "close", "volume").cast(pl.Float64)
    )
    for symbol, file in FILES.items()
).sort("ts")

features = ta.eval(
    {
        "trend": "close / sma(200) - 1",
        "volatility": "atr(14) / close",
        "rsi": "rsi(14)",
        "beats_ibm": "close / close[60] > IBM.close / IBM.close[60]",
    },
    bars,
    timeframe="1d",
)

# The answer has the rows of the bars in their order.
table = bars.select("symbol", "ts", "close").hstack(features)
today = table.filter(pl.col("ts") == pl.col("ts").max()).with_columns(rank=pl.col("trend").rank(descending=True))
print(today.sort("rank"))

# The same of a dict of frames, one for each symbol.
frames = {str(symbol): frame for (symbol,), frame in bars.group_by("symbol", maintain_order=True)}
by_symbol = ta.eval({"rsi": "rsi(14)"}, frames, timeframe="1d")
for symbol, answer in by_symbol.items():
    assert answer["rsi"].equals(table.filter(symbol=symbol)["rsi"])
    print(f"{symbol:<5} rsi {answer['rsi'][-1]:.1f}")
