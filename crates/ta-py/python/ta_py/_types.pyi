"""The kinds of data that functions take and answer; for type checkers alone."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, Protocol, TypeAlias, TypedDict, TypeVar

import numpy as np
from numpy.typing import NDArray
from ta_py import Expr as Expr

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
Mode: TypeAlias = Literal["incremental", "batch", "shadow"]
Row: TypeAlias = dict[str, float | bool | None]
Exprs: TypeAlias = str | Expr | Sequence[str | Expr] | Mapping[str, str | Expr]
Operand: TypeAlias = Expr | float | np.number[Any] | np.bool

class Bar(Protocol):
    """Something that shows how far a call is."""

    def update(self, n: int, /) -> object: ...
    def close(self) -> object: ...

class Progress(Protocol):
    """What makes such a bar: `tqdm`."""

    def __call__(self, *, total: int) -> Bar: ...

class Output(TypedDict):
    """A column that a plan gives."""

    name: str
    kind: Literal["number", "bool"]
    lookback: int
    stabilisation: int | None

class Requirement(TypedDict):
    """A field that a plan reads."""

    source: str
    field: str
    lookback: int
    stabilisation: int | None
    span: int
    behind: int | None

class Place(TypedDict):
    """A part of a text: `start` and `end` in bytes, lines and columns counted from one."""

    start: int
    end: int
    line: int
    column: int
    end_line: int
    end_column: int

class Problem(TypedDict):
    """What is wrong with an expression."""

    kind: str
    message: str
    help: str | None
    expression: int | None
    name: str | None
    span: Place | None

class ExecuteOptions(TypedDict, total=False):
    """The options of a job."""

    base: str
    bases: list[str]
    mode: Mode
    sample_rate: float

class IncrementalOptions(TypedDict, total=False):
    """The options of a job that goes on."""

    base: str
    mode: Mode
    checkpoints: int
    checkpoint_every: int
    keep_rows: int
