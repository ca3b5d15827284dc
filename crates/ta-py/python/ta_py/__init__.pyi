"""Technical-analysis kernels over NumPy, pandas, Polars and Arrow."""

from typing import Any, Literal, TypeAlias, overload

import pandas as pd
import polars as pl
from numpy.typing import NDArray
from ta_py._kernels import *
from ta_py._types import Array, Exprs, Missing, Output, Problem, Requirement

__version__: str

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

class InternalError(TaError, RuntimeError):
    """A fault of this library; please report it."""

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
    def _repr_html_(self) -> str: ...
    def __hash__(self) -> int: ...

def compile(exprs: Exprs, *, missing: Missing = "skip", source: str = "ohlcv") -> Plan:
    """Makes a plan of expressions: one, a list of them, or a dict from names of columns to them."""

_Exprs: TypeAlias = Exprs | Plan

@overload
def eval(
    exprs: _Exprs, data: pl.DataFrame, *, by: str | None = None, timeframe: str | None = None, missing: Missing | None = None, source: str | None = None
) -> pl.DataFrame:
    """Computes expressions over data, many symbols at once.

    Answers a frame of the kind of the data, with a column for each output and the rows as they came; a dict for a dict.
    """

@overload
def eval(
    exprs: _Exprs, data: pd.DataFrame, *, by: str | None = None, timeframe: str | None = None, missing: Missing | None = None, source: str | None = None
) -> pd.DataFrame: ...
@overload
def eval(
    exprs: _Exprs, data: dict[str, pl.DataFrame], *, by: str | None = None, timeframe: str | None = None, missing: Missing | None = None, source: str | None = None
) -> dict[str, pl.DataFrame]: ...
@overload
def eval(
    exprs: _Exprs, data: dict[str, pd.DataFrame], *, by: str | None = None, timeframe: str | None = None, missing: Missing | None = None, source: str | None = None
) -> dict[str, pd.DataFrame]: ...
@overload
def eval(
    exprs: _Exprs, data: dict[str, NDArray[Any]], *, by: str | None = None, timeframe: str | None = None, missing: Missing | None = None, source: str | None = None
) -> dict[str, Array]: ...
@overload
def eval(
    exprs: _Exprs, data: Any, *, by: str | None = None, timeframe: str | None = None, missing: Missing | None = None, source: str | None = None
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
