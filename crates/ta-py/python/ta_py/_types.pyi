"""The kinds of data that functions take and answer; for type checkers alone."""

from collections.abc import Sequence
from typing import Any, Literal, Protocol, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

class Series(Protocol):
    """A series of pandas or Polars: what a frame or an index of theirs is not."""

    @property
    def name(self) -> Any: ...
    @property
    def dtype(self) -> Any: ...
    def head(self, n: int = ...) -> Any: ...

class ArrowArray(Protocol):
    """What offers an array over the Arrow interface."""

    def __arrow_c_array__(self, requested_schema: object | None = None) -> object: ...

Array: TypeAlias = NDArray[np.float64]
Values: TypeAlias = NDArray[Any] | Sequence[float | None]
Labelled = TypeVar("Labelled", bound=Series | ArrowArray)
Column: TypeAlias = NDArray[Any] | Sequence[float | None] | Series | ArrowArray
Buffer: TypeAlias = NDArray[np.float64]
Buffers = TypeVar("Buffers", bound=tuple[NDArray[np.float64], ...] | list[NDArray[np.float64]])
Missing: TypeAlias = Literal["skip", "hold", "restart", "error"]
