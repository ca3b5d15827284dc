"""Kernels as expressions of Polars: importing this module gives every ``pl.Expr`` a namespace ``ta``.

``pl.col("close").ta.rsi(14)`` is ``ta_py.rsi(pl.col("close"), 14)``: the expression is the first input. Kernels of a vendor are a word further,
as in ``pl.col("close").ta.acme.spread()``.
"""

from __future__ import annotations

from functools import partial
from types import ModuleType
from typing import Any

import polars as pl

import ta_py

__all__ = ["Kernels"]

_Function = type(ta_py.rsi)


@pl.api.register_expr_namespace("ta")
class Kernels:
    """The kernels, each with an expression as its first input."""

    def __init__(self, expr: pl.Expr, module: ModuleType = ta_py) -> None:
        self._expr = expr
        self._module = module

    def __getattr__(self, name: str) -> Any:
        found: object = getattr(self._module, name)
        if isinstance(found, ModuleType) and found.__name__ == f"{self._module.__name__}.{name}":
            return Kernels(self._expr, found)
        if isinstance(found, _Function) and callable(found):
            return partial(found, self._expr)
        raise AttributeError(f"`{name}` is no kernel")

    def __dir__(self) -> list[str]:
        return [name for name, found in vars(self._module).items() if isinstance(found, _Function | ModuleType)]
