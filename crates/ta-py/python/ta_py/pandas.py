"""Kernels as methods of pandas: ``import ta_py.pandas`` gives every ``DataFrame`` and ``Series`` the accessor ``ta``.

>>> bars.ta.atr(14)                      # ta.atr(bars, 14): inputs are the columns of their names
>>> bars.close.ta.sma(20)                # ta.sma(bars.close, 20): the series is the first input
>>> bars.ta.eval("close > sma(20)")
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import ta_py
from ta_py._extras import needed

if TYPE_CHECKING:
    import pandas as pd

    from collections.abc import Mapping
    from typing import Literal

    from ta_py._types import Exprs, Missing
else:
    pd = needed("pandas", "pandas")

__all__ = ["DataFrameAccessor", "SeriesAccessor"]


class _Accessor:
    def __init__(self, data: Any) -> None:
        self._data = data

    def __getattr__(self, name: str) -> Callable[..., Any]:
        # Every kernel there is became a method below; this says which names are near.
        getattr(ta_py, name)
        raise AttributeError(f"`{name}` is no kernel")


class DataFrameAccessor(_Accessor):
    """The kernels over the columns of a frame, each of which is found by its name; parameters by position or by name."""

    _data: pd.DataFrame

    def eval(
        self,
        exprs: Exprs | ta_py.Plan,
        *,
        by: str | None = None,
        timeframe: str | None = None,
        missing: Missing | None = None,
        source: str | None = None,
    ) -> pd.DataFrame:
        """`ta_py.eval` over this frame: a frame with a column for each output and the same index."""
        return ta_py.eval(exprs, self._data, by=by, timeframe=timeframe, missing=missing, source=source)

    def plot(
        self,
        exprs: Exprs | ta_py.Plan,
        *,
        tail: int | None = 300,
        backend: Literal["plotly", "matplotlib"] = "plotly",
        place: Mapping[str, Literal["overlay", "pane"]] | None = None,
        timeframe: str | None = None,
        missing: Missing | None = None,
        source: str | None = None,
    ) -> Any:
        """`ta_py.plot` over this frame."""
        return ta_py.plot(
            exprs, self._data, tail=tail, backend=backend, place=place, timeframe=timeframe, missing=missing, source=source
        )


class SeriesAccessor(_Accessor):
    """The kernels over a series, which is their first input; others follow, then parameters."""

    _data: pd.Series[Any]


def _method(function: Any, signature: inspect.Signature) -> Callable[..., Any]:
    def method(self: _Accessor, /, *args: Any, **kwargs: Any) -> Any:
        return function(self._data, *args, **kwargs)

    method.__name__ = function.__name__
    method.__doc__ = function.__doc__
    vars(method)["__signature__"] = signature
    return method


def _over_frames(signature: inspect.Signature, inputs: list[dict[str, Any]]) -> inspect.Signature:
    """Inputs have columns and may be told others, by name."""
    parameters = list(signature.parameters.values())
    named = [
        parameter.replace(
            kind=inspect.Parameter.KEYWORD_ONLY,
            default=inspect.Parameter.empty if spec["default"] is None else spec["default"],
        )
        for parameter, spec in zip(parameters, inputs, strict=False)
    ]
    others = parameters[len(inputs) :]
    by_position = [parameter for parameter in others if parameter.kind is not inspect.Parameter.KEYWORD_ONLY]
    options = [parameter for parameter in others if parameter.kind is inspect.Parameter.KEYWORD_ONLY]
    return signature.replace(parameters=[_SELF, *by_position, *named, *options])


def _over_series(signature: inspect.Signature) -> inspect.Signature:
    """The first input is the series."""
    return signature.replace(parameters=[_SELF, *list(signature.parameters.values())[1:]])


_SELF = inspect.Parameter("self", inspect.Parameter.POSITIONAL_ONLY)


def _install() -> None:
    inputs = {kernel["id"]: kernel["inputs"] for kernel in ta_py.kernels()}
    for name, function in list(vars(ta_py).items()):
        spec = inputs.get(getattr(function, "id", ""))
        if spec is None:
            continue
        signature = inspect.signature(function)
        setattr(DataFrameAccessor, name, _method(function, _over_frames(signature, spec)))
        setattr(SeriesAccessor, name, _method(function, _over_series(signature)))


_install()
pd.api.extensions.register_dataframe_accessor("ta")(DataFrameAccessor)
pd.api.extensions.register_series_accessor("ta")(SeriesAccessor)
