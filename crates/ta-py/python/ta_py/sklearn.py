"""Expressions as a step of scikit-learn: :class:`ExpressionTransformer` makes features of bars.

>>> features = ExpressionTransformer({"trend": "close / sma(50) - 1", "rsi": "rsi(14)"})
>>> model = make_pipeline(features, HistGradientBoostingClassifier()).fit(bars, target)
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Self

import numpy as np

import ta_py
from ta_py._extras import needed

needed("sklearn", "sklearn")

from sklearn.base import BaseEstimator, TransformerMixin  # type: ignore[import-untyped]  # noqa: E402
from sklearn.utils import Tags  # type: ignore[import-untyped]  # noqa: E402
from sklearn.utils.validation import check_is_fitted, validate_data  # type: ignore[import-untyped]  # noqa: E402

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ta_py._types import Exprs, Missing

__all__ = ["ExpressionTransformer"]


class ExpressionTransformer(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Computes expressions over bars, one column each.

    Rows are bars in the order of time, and stay as many: where an expression has no value yet, there is NaN. `fit` learns nothing from the
    values, so no fold sees another; `transform` of a test fold sees that fold alone, as if its first row were the first one ever. `history` gives
    it a past.

    Parameters
    ----------
    exprs : str, list of str, dict of str to str, or Plan
        What to compute, as `ta_py.eval` takes it.
    columns : sequence of str
        What the first columns of an array are. Those of a frame have names.
    history : int
        How many of the last rows of `fit` (of each symbol) are kept and put before rows that begin after them, so that these are computed as
        their continuation. Needs times. Rows that begin earlier, such as those of `fit` itself, are computed alone.
    by, timeframe, missing, source
        As in `ta_py.eval`.

    Attributes
    ----------
    plan_ : ta_py.Plan
        The expressions, ready to run.
    n_features_in_ : int
        How many columns the bars of `fit` had.
    feature_names_in_ : array of str
        Their names, where they had any.
    """

    def __init__(
        self,
        exprs: Exprs | ta_py.Plan,
        *,
        columns: Sequence[str] = ("open", "high", "low", "close", "volume"),
        history: int = 0,
        by: str | None = None,
        timeframe: str | None = None,
        missing: Missing | None = None,
        source: str | None = None,
    ) -> None:
        self.exprs = exprs
        self.columns = columns
        self.history = history
        self.by = by
        self.timeframe = timeframe
        self.missing: Missing | None = missing
        self.source = source

    def fit(self, X: Any, y: Any = None) -> Self:
        """Makes the plan, and keeps the end of `X` where a history is asked for."""
        bars = self._bars(X, reset=True)
        self.plan_ = self._plan()
        self._past = self._last(bars) if self.history else None
        return self

    def transform(self, X: Any) -> NDArray[np.float64]:
        """A row for each row of `X`, and a column for each expression. Bools are 1 and 0; NaN stands where there is no value."""
        check_is_fitted(self)
        bars = self._bars(X, reset=False)
        rows = len(next(iter(bars.values()), ())) if isinstance(bars, dict) else len(bars)
        if self._past is not None and rows and self._times(bars).min() > self._times(self._past).max():
            bars = _joined(self._past, bars)
        answer = ta_py.eval(self.plan_, bars, by=self.by, timeframe=self.timeframe)
        made = np.column_stack([_plain(answer[name]) for name in self.get_feature_names_out()])
        return made[len(made) - rows :]

    def get_feature_names_out(self, input_features: Any = None) -> NDArray[Any]:
        """The names of the expressions."""
        check_is_fitted(self)
        return np.asarray([output["name"] for output in self.plan_.outputs], dtype=object)

    def _plan(self) -> ta_py.Plan:
        if isinstance(self.exprs, ta_py.Plan):
            return self.exprs
        missing: Missing = "skip" if self.missing is None else self.missing
        return ta_py.compile(self.exprs, missing=missing, source=self.source or "ohlcv")

    def _bars(self, X: Any, *, reset: bool) -> Any:
        """A frame as it is; the named columns of an array."""
        if hasattr(X, "columns"):
            validate_data(self, X, reset=reset, skip_check_array=True)
            return X
        X = validate_data(self, X, reset=reset, dtype=np.float64, ensure_all_finite="allow-nan")
        return dict(zip(self.columns, X.T, strict=False))

    def _times(self, bars: Any) -> NDArray[np.float64]:
        """In milliseconds; refused where there are none."""
        return _plain(ta_py.eval("ts", bars, by=self.by)["ts"])

    def _last(self, bars: Any) -> Any:
        """A copy of the last rows of each symbol, so that what is kept is not the whole."""
        if isinstance(bars, dict):
            return {name: column[-self.history :].copy() for name, column in bars.items()}
        by = self.by or "symbol"
        if hasattr(bars, "iloc"):
            return (bars.groupby(by) if by in bars else bars).tail(self.history).copy()
        last = (bars.group_by(by, maintain_order=True) if by in bars.columns else bars).tail(self.history)
        return last.select(bars.columns)

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        return tags


def _joined(past: Any, bars: Any) -> Any:
    if isinstance(bars, dict):
        return {name: np.concatenate([past[name], column]) for name, column in bars.items()}
    if hasattr(bars, "iloc"):
        return needed("pandas", "pandas").concat([past, bars])
    return past.vstack(bars)


def _plain(column: Any) -> NDArray[np.float64]:
    """A column of an answer as an array."""
    if isinstance(column, np.ndarray):
        return column
    if hasattr(column, "iloc"):
        return np.asarray(column.to_numpy(dtype=np.float64, na_value=np.nan))
    return np.asarray(column.cast(float).to_numpy())
