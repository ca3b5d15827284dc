"""Technical-analysis kernels over NumPy, pandas, Polars and Arrow."""

from ta_py._kernels import *

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
    """A frame lacks a column. `given` is its name, `accepted` are the columns there are, `near` those like it."""

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
