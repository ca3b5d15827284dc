"""Bars to measure with: a random walk."""

import numpy as np

#: The five features of every comparison.
FEATURES = {"sma": "sma(20)", "ema": "ema(20)", "rsi": "rsi(14)", "macd": "macd(12, 26, 9).macd", "atr": "atr(14)"}


def bars(rows: int, seed: int = 1) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    close = 100 * np.exp(rng.normal(0, 0.001, rows).cumsum())
    open_ = np.concatenate([[100.0], close[:-1]])
    return {
        "ts": 1_600_000_000_000.0 + 60_000.0 * np.arange(rows),
        "open": open_,
        "high": np.maximum(open_, close) * (1 + 0.001 * rng.random(rows)),
        "low": np.minimum(open_, close) * (1 - 0.001 * rng.random(rows)),
        "close": close,
        "volume": np.round(rng.random(rows) * 1000),
    }
