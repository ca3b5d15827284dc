"""Technical-analysis kernels over NumPy, pandas, Polars and Arrow."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from os import PathLike
from typing import Any, Literal, TypeAlias, Unpack, overload

import pandas as pd
import polars as pl
from numpy.typing import NDArray
from ta_py._kernels import *
from ta_py._own import certify as certify, kernel as kernel, param as param
from ta_py._plot import plot as plot
from ta_py._types import Array, ExecuteOptions, Exprs, IncrementalOptions, Missing, Mode, Operand, Output, Problem, Progress, Requirement, Row

__version__: str

my: Any
"""The kernels that the program has registered, with `kernel`."""

class TaError(Exception):
    """What everything raised by this module is.

    Fields that do not apply are None.
    """

    given: str | int | None
    accepted: str | int | tuple[str, ...] | None
    near: tuple[str, ...] | None
    parameter: str | None
    column: str | None
    row: int | None

class UnknownKernelError(TaError, KeyError, AttributeError):
    """No kernel of that name is linked. `given` is the name, `near` are names like it."""

class UnknownColumnError(TaError, KeyError):
    """Data lack a column, or the rows of a symbol. `given` is its name, `accepted` are those there are, `near` those like it."""

class ExpressionError(TaError, ValueError):
    """An expression cannot be computed.

    `text` is what was given, `span` the characters that are meant, `kind` what is wrong in a word, `help` what would be accepted, `expression`
    which of several it is, counted from zero, and `name` its name.
    """

    kind: str | None
    text: str | None
    span: tuple[int, int] | None
    help: str | None
    expression: int | None
    name: str | None

class ParameterError(TaError, ValueError):
    """A parameter is outside its domain. `parameter` is its name, `given` the value, `accepted` the domain."""

class ArgumentError(TaError, TypeError):
    """An argument is of the wrong kind, unknown, missing or given twice."""

class ShapeError(TaError, ValueError):
    """Columns of one call differ in length or index, have more than one dimension, or overlap."""

class DataError(TaError, ValueError):
    """A value cannot be computed with. `row` is where, counted from zero, `column` in which input."""

class StaleError(TaError, ValueError):
    """A row comes too late: it is not after those a session has taken in, or history of its time is no longer kept. The session is as it was."""

class SnapshotError(TaError, ValueError):
    """Bytes are no whole and sound snapshot of this plan and this way of running it."""

class StoreError(TaError, OSError):
    """A store could not be opened, read or written to. `kind` says why in a word: in_use, full, damaged, store, io, gap."""

    kind: str | None

class SessionError(TaError, RuntimeError):
    """A session was closed, or broken off by a fault inside; go on from its last snapshot."""

class UnknownDatasetError(TaError, KeyError):
    """There is no dataset of that number: there never was, or it was dropped. `given` is the number."""

class InternalError(TaError, RuntimeError):
    """A fault of this library; please report it."""

class ConformanceError(TaError, AssertionError):
    """A kernel breaks a law. `laws` has the broken ones, each with the smallest case that was found."""

    laws: Mapping[str, str]

class Expr:
    """An expression, as a value of Python: `(ta.col.close > ta.sma(20)) & (ta.rsi(14) < 70)`.

    It is taken wherever a text is, and `str` answers its text. Fields and rows come from `ta.col`, kernels are the functions of the module, called
    without data. `&`, `|` and `~` are `and`, `or` and `not`; the other operators are those of the language.
    """

    __array_ufunc__: None

    def __init__(self, text: str) -> None: ...
    def __getattr__(self, name: str, /) -> Expr:
        """An output, a shift such as `change_24h`, or the next word of a path."""
    def __getitem__(self, key: int | str | Expr, /) -> Expr:
        """`x[5]` is `x` five rows earlier, `x["24h_ago"]` a word that is no name of Python, and `path[x]` is `x` read where a path leads."""
    def __call__(self, *args: Operand | str, **kwargs: Operand | str) -> Expr:
        """A call of the last word: `ta.col.trades.sum(ta.col.amount, "1h")`."""
    def __add__(self, other: Operand, /) -> Expr: ...
    def __radd__(self, other: Operand, /) -> Expr: ...
    def __sub__(self, other: Operand, /) -> Expr: ...
    def __rsub__(self, other: Operand, /) -> Expr: ...
    def __mul__(self, other: Operand, /) -> Expr: ...
    def __rmul__(self, other: Operand, /) -> Expr: ...
    def __truediv__(self, other: Operand, /) -> Expr: ...
    def __rtruediv__(self, other: Operand, /) -> Expr: ...
    def __mod__(self, other: Operand, /) -> Expr: ...
    def __rmod__(self, other: Operand, /) -> Expr: ...
    def __pow__(self, other: Operand, /) -> Expr: ...
    def __rpow__(self, other: Operand, /) -> Expr: ...
    def __and__(self, other: Operand, /) -> Expr: ...
    def __rand__(self, other: Operand, /) -> Expr: ...
    def __or__(self, other: Operand, /) -> Expr: ...
    def __ror__(self, other: Operand, /) -> Expr: ...
    def __lt__(self, other: Operand, /) -> Expr: ...
    def __le__(self, other: Operand, /) -> Expr: ...
    def __gt__(self, other: Operand, /) -> Expr: ...
    def __ge__(self, other: Operand, /) -> Expr: ...
    def __eq__(self, other: Operand, /) -> Expr: ...  # type: ignore[override]
    def __ne__(self, other: Operand, /) -> Expr: ...  # type: ignore[override]
    def __neg__(self) -> Expr: ...
    def __invert__(self) -> Expr: ...
    def __hash__(self) -> int: ...

class Columns:
    """The class of `ta.col`, whose attributes are the fields of the rows and the words that paths to other rows begin with."""

    def __getattr__(self, name: str, /) -> Expr: ...
    def __getitem__(self, key: str, /) -> Expr: ...

col: Columns

def where(condition: Operand, a: Operand, b: Operand, /) -> Expr:
    """`a` where a condition is true, `b` where it is false, and missing where that is not known."""

class MissingDependencyError(TaError, ImportError):
    """A library is not installed that this part of the package needs. `given` is its name, `accepted` what installs it."""

class Plan:
    """Expressions made ready to run: what `compile` answers and `eval` takes.

    Two plans are equal when they have the same fingerprint: then they compute the same. Plans can be pickled.
    """

    @property
    def text(self) -> str:
        """What it computes, with everything written out."""
    @property
    def outputs(self) -> list[Output]:
        """The columns it gives."""
    @property
    def requirements(self) -> list[Requirement]:
        """The fields it reads, and how much of their past."""
    @property
    def fingerprint(self) -> str:
        """What decides the results, as 64 hexadecimal digits."""
    @property
    def missing(self) -> Missing:
        """What happens at rows with a missing input."""
    @property
    def source(self) -> str:
        """The kind of rows it runs over."""
    def to_json(self) -> str:
        """The plan as JSON, for `from_json` here or in any other program."""
    @classmethod
    def from_json(cls, json: str) -> Plan:
        """Reads what `to_json` wrote. A plan that would compute something else here is refused."""
    def explain(self, form: Literal["tree", "mermaid"] = "tree") -> str:
        """The plan, drawn: as a tree in text, or as a flowchart that Mermaid draws."""
    def session(
        self,
        history: Any = None,
        *,
        symbols: Sequence[str] | None = None,
        by: str | None = None,
        timeframe: str | None = None,
        mode: Mode | None = None,
        checkpoint_every: int = 1000,
        checkpoints: int = 128,
        keep_rows: int | None = None,
        store: str | PathLike[str] | None = None,
        name: str = "main",
        save_every: int = 1000,
    ) -> Session:
        """Puts the plan to work, bar by bar: after its history, or where the session in the store was."""
    def _repr_html_(self) -> str: ...
    def __hash__(self) -> int: ...

class Session:
    """A plan at work, bar by bar: it takes in bars as they close and answers each at once.

    Made by `Plan.session`. Calls from several threads are carried out one after the other. A call that is refused changes nothing.
    """

    @overload
    def step(self, rows: Mapping[str, _Value], *, symbol: str | None = None) -> Row:
        """Takes in closed bars and answers their outputs.

        For a bar a dict from names to float, bool or None; for many what came: a list, a matrix, or what `eval` answers for a frame.
        """
    @overload
    def step(self, rows: list[dict[str, Any]], *, symbol: str | None = None) -> list[Row | None]: ...
    @overload
    def step(self, rows: pl.DataFrame, *, symbol: str | None = None) -> pl.DataFrame: ...
    @overload
    def step(self, rows: pd.DataFrame, *, symbol: str | None = None) -> pd.DataFrame: ...
    @overload
    def step(self, rows: Any, *, symbol: str | None = None) -> Any: ...
    def step_into(self, values: Array, out: Array, symbol: str | None = None) -> None:
        """Takes in a bar, or a matrix with a row for each, in the order of `fields`, and writes the outputs into another array."""
    def peek(self, bar: Any, *, symbol: str | None = None) -> Row:
        """What `step` would answer to a bar that is still forming. Nothing is remembered."""
    def replay(self, rows: Any, *, symbol: str | None = None) -> int:
        """Takes in those of some rows that come after what was taken in before, and answers how many they were."""
    def revise(self, rows: Any = None, *, start: Any = None, end: Any = None, symbol: str | None = None) -> dict[str, Any]:
        """Corrects history: puts other rows in the place of those of a span of time, and answers which rows of the outputs changed."""
    def snapshot(self) -> bytes:
        """All that is needed to go on elsewhere, as bytes."""
    @classmethod
    def restore(
        cls,
        plan: Plan,
        data: bytes,
        mode: Mode | None = None,
        checkpoint_every: int = 1000,
        checkpoints: int = 128,
        keep_rows: int | None = None,
        by: str | None = None,
    ) -> Session:
        """A session as it was when the snapshot was made."""
    def state(self) -> dict[str, Any]:
        """What it remembers, to be read and not to be restored."""
    def reset(self, symbol: str | None = None) -> None:
        """Forgets all that was computed from the rows of a symbol, or of all of them; it warms up again."""
    def close(self) -> None:
        """Puts the state into the store, where there is one, and lets go of it."""
    def __enter__(self) -> Session: ...
    def __exit__(self, *_exception: object) -> None: ...
    @property
    def plan(self) -> Plan:
        """The plan it runs."""
    @property
    def fields(self) -> tuple[str, ...]:
        """What a bar holds, in the order of bars without names: `ts` and the fields that are read."""
    @property
    def outputs(self) -> tuple[str, ...]:
        """The names of the outputs, in their order."""
    @property
    def symbols(self) -> list[str]:
        """The symbols whose bars are answered, in their order; empty where there is one without a name."""
    @property
    def mode(self) -> Mode:
        """How it runs."""
    @property
    def position(self) -> Any:
        """How far it has come: the `ts` of the last bar and how many `rows` there were; None before the first, a dict by symbol for several."""

class Dataset:
    """Rows that live in Rust: partitions of columns, each under its key. They are freed with this object, or by `drop`."""

    def __init__(self) -> None: ...
    @property
    def id(self) -> int:
        """Its number, for the functions that take one."""
    def append_ohlcv(self, key: str, data: Any) -> None:
        """Adds bars to a partition; see `dataset_append_ohlcv`."""
    def append_series(self, key: str, name: str, ts: Any, values: Any) -> None:
        """Adds a named series; see `dataset_append_series`."""
    def info(self) -> dict[str, Any]:
        """What it holds; see `dataset_info`."""
    def execute(self, plan: _Payload, **options: Unpack[ExecuteOptions]) -> dict[str, Any]:
        """Runs a plan over its rows; see `execute_plan`."""
    def session(self, plan: _Payload, **options: Unpack[IncrementalOptions]) -> Session:
        """A session that has taken in its rows and goes on from there."""
    def drop(self) -> None:
        """Frees its rows now."""
    def __enter__(self) -> Dataset: ...
    def __exit__(self, *_exception: object) -> None: ...

def dataset_create() -> int:
    """Makes a dataset without rows and answers its number. It lives until `dataset_drop`."""

def dataset_drop(dataset_id: int) -> None:
    """Frees a dataset. Numbers are never used again."""

def dataset_append_ohlcv(dataset_id: int, key: str, data: Any) -> None:
    """Adds bars to a partition, which begins with them if there is none: a frame with `ts`, `open`, `high`, `low`, `close` and perhaps `volume`."""

def dataset_append_series(dataset_id: int, key: str, name: str, ts: Any, values: Any) -> None:
    """Adds a named series to a partition, which begins with it if there is none."""

def dataset_info(dataset_id: int) -> dict[str, Any]:
    """What a dataset holds."""

def execute_plan(
    dataset_id: int, plan: _Payload, options: dict[str, Any] | None = None, **keywords: Unpack[ExecuteOptions]
) -> dict[str, Any]:
    """Runs a plan over the rows of a dataset: one call, and the columns come back."""

def incremental_initialize(
    dataset_id: int, plan: _Payload, options: dict[str, Any] | None = None, **keywords: Unpack[IncrementalOptions]
) -> tuple[Session, dict[str, Any]]:
    """Puts a plan to work over the rows of a dataset, to go on from there."""

def incremental_step(session: Session, rows: Any, *, symbol: str | None = None) -> dict[str, Any]:
    """Takes in rows, as `Session.step` does, and answers as `execute_plan`."""

def incremental_snapshot(session: Session) -> bytes:
    """All that a session needs to go on elsewhere, as bytes for `Session.restore`."""

def incremental_replay(session: Session, dataset_id: int) -> dict[str, Any]:
    """Takes in the rows of a dataset that come after those a session has taken in, and answers them as `execute_plan`."""

def compile(exprs: Exprs, *, missing: Missing = "skip", source: str = "ohlcv") -> Plan:
    """Makes a plan of expressions: one, a list of them, or a dict from names of columns to them."""

_Exprs: TypeAlias = Exprs | Plan
_Payload: TypeAlias = Plan | str | bytes | dict[str, Any]
_Value: TypeAlias = float | str | datetime | None

@overload
def eval(
    exprs: _Exprs,
    data: pl.DataFrame,
    *,
    by: str | None = None,
    timeframe: str | None = None,
    missing: Missing | None = None,
    source: str | None = None,
    progress: Progress | None = None,
) -> pl.DataFrame:
    """Computes expressions over data, many symbols at once.

    Answers a frame of the kind of the data, with a column for each output and the rows as they came; a dict for a dict.
    """

@overload
def eval(
    exprs: _Exprs,
    data: pd.DataFrame,
    *,
    by: str | None = None,
    timeframe: str | None = None,
    missing: Missing | None = None,
    source: str | None = None,
    progress: Progress | None = None,
) -> pd.DataFrame: ...
@overload
def eval(
    exprs: _Exprs,
    data: dict[str, pl.DataFrame],
    *,
    by: str | None = None,
    timeframe: str | None = None,
    missing: Missing | None = None,
    source: str | None = None,
    progress: Progress | None = None,
) -> dict[str, pl.DataFrame]: ...
@overload
def eval(
    exprs: _Exprs,
    data: dict[str, pd.DataFrame],
    *,
    by: str | None = None,
    timeframe: str | None = None,
    missing: Missing | None = None,
    source: str | None = None,
    progress: Progress | None = None,
) -> dict[str, pd.DataFrame]: ...
@overload
def eval(
    exprs: _Exprs,
    data: dict[str, NDArray[Any]],
    *,
    by: str | None = None,
    timeframe: str | None = None,
    missing: Missing | None = None,
    source: str | None = None,
    progress: Progress | None = None,
) -> dict[str, Array]: ...
@overload
def eval(
    exprs: _Exprs,
    data: Any,
    *,
    by: str | None = None,
    timeframe: str | None = None,
    missing: Missing | None = None,
    source: str | None = None,
    progress: Progress | None = None,
) -> Any: ...
def preview(
    exprs: _Exprs, data: Any, *, tail: int | None = None, timeframe: str | None = None, missing: Missing | None = None, source: str | None = None
) -> dict[str, Any]:
    """Computes expressions over a frame, with what is inside them: for charts and editors."""

def check(exprs: Exprs, *, missing: Missing = "skip", source: str = "ohlcv") -> list[Problem]:
    """What is wrong with expressions: nothing when they can be computed, something with each statement that cannot."""

def analyze(exprs: Exprs, *, missing: Missing = "skip", source: str = "ohlcv") -> dict[str, Any]:
    """All that can be said of expressions without data, or all that is wrong with them."""

def kernels() -> list[dict[str, Any]]:
    """The kernels there are, each as `describe` says it, sorted by id."""

def describe(id: str) -> dict[str, Any]:
    """All that is known of a kernel."""

def manifest() -> dict[str, Any]:
    """What there is to write expressions with: sources and their fields, kernels, operators, forms, limits, examples."""
