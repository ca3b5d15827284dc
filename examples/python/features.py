"""Expressions as features of a model, validated over time with scikit-learn.

    python examples/python/features.py
"""

from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import TimeSeriesSplit, cross_validate
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import ta_py as ta
from ta_py.sklearn import ExpressionTransformer

DATA = Path(__file__).resolve().parents[1] / "data"

bars = pd.read_csv(DATA / "AAPL.csv", parse_dates=["ts"], index_col="ts")

exprs = {
    "trend": "close / sma(50) - 1",
    "pace": "roc(10)",
    "rsi": "rsi(14)",
    "range": "atr(14) / close",
    "busy": "volume / sma(volume, 20)",
}
# So many rows of a training fold stand before its test fold: from then on it no longer matters where the data began.
settled = max(need["stabilisation"] or 0 for need in ta.compile(exprs).requirements)
features = ExpressionTransformer(exprs, history=settled)

# Whether the close is higher five bars later. The last five bars do not know.
later = bars.close.shift(-5)
known = later.notna()
target = (later > bars.close)[known]

# A gap as long as the target looks ahead, so that nothing of a test fold is in the targets of its training fold.
model = make_pipeline(features, SimpleImputer(), StandardScaler(), LogisticRegression())
scores = cross_validate(model, bars[known], target, cv=TimeSeriesSplit(5, gap=5), scoring=["accuracy", "roc_auc"])
for name in ("test_accuracy", "test_roc_auc"):
    print(f"{name:<14} {np.round(scores[name], 3)}  mean {scores[name].mean():.3f}")

model.fit(bars[known], target)
weights = pd.Series(model[-1].coef_[0], index=model[0].get_feature_names_out())
print(weights.round(3).to_string())
