"""Kernels of a program's own: classes that become functions, like those of the library."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from typing import Any, TypeVar, overload

import ta_py
from ta_py import ArgumentError, TaError

Class = TypeVar("Class", bound=type[Any])

_native: Any = import_module("ta_py._ta_py")


class ConformanceError(TaError, AssertionError):
    """A kernel breaks a law. `laws` has the broken ones, each with the smallest case that was found."""

    laws: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True)
class _Param:
    default: bool | float | str
    min: float | None
    max: float | None
    choices: tuple[str, ...] | None
    doc: str


def param(
    default: Any, *, min: float | None = None, max: float | None = None, choices: Sequence[str] | None = None, doc: str = ""
) -> Any:
    """A parameter of a kernel: ``period: int = ta.param(14, min=1, max=1000, doc="Bars in the mean.")``.

    Parameters
    ----------
    default : int, float, bool or str
        Taken when the argument is left out. It says which kind the parameter is of.
    min, max : number
        The least and the greatest that is accepted; for numbers, where both are needed.
    choices : list of str
        The words that are accepted; for words, where they are needed.
    doc : str
        What it means.
    """
    return _Param(default, min, max, None if choices is None else tuple(choices), doc)


@overload
def kernel(cls: Class, /) -> Class: ...
@overload
def kernel(
    *,
    id: str | None = None,
    family: str = "own",
    outputs: str | Sequence[str] | Mapping[str, str] | None = None,
    bools: Sequence[str] = (),
    version: int = 1,
    warmup: str = "exact",
    gaps: bool = False,
    tolerance: float = 0.0,
    reason: str = "",
    overlay: bool = False,
    levels: Sequence[float] = (),
) -> Callable[[Class], Class]: ...


def kernel(
    cls: type[Any] | None = None,
    /,
    *,
    id: str | None = None,
    family: str = "own",
    outputs: str | Sequence[str] | Mapping[str, str] | None = None,
    bools: Sequence[str] = (),
    version: int = 1,
    warmup: str = "exact",
    gaps: bool = False,
    tolerance: float = 0.0,
    reason: str = "",
    overlay: bool = False,
    levels: Sequence[float] = (),
) -> Any:
    """Makes a class a kernel: a function of its vendor's module, and a name in expressions.

    The class has its parameters as attributes (`param`) and these methods, of which only `step` is needed:

    ``step(self, state, close)``
        Takes in one row and answers its outputs: a number, a bool or None for no value, and a tuple of these where there are several. The
        names after `state` are the inputs. It changes `state`, and nothing else.
    ``init(self)``
        The state before the first row: a list or a dict of plain data (None, bool, int, float, str, and lists and dicts of these).
    ``lookback(self)``
        Rows without a value at the start, exactly; a tuple where outputs differ. 0 without.
    ``stabilisation(self)``
        Rows until it no longer matters where the data began; None when it always does. The lookback without.
    ``batch(self, close)``
        Whole columns at once: arrays in, arrays out. Faster, and held against `step` by `certify`.
    ``check(self)``
        Raises ValueError where parameters do not fit each other.

    Parameters
    ----------
    id : str, optional
        The name in expressions, `vendor::name`. Without, `my::` and the name of the class in lower case.
    family : str
        The group it is listed under.
    outputs : str, list of str, or dict of str to str
        The names of the outputs, in their order; with what each means.
    bools : list of str
        The outputs that are true or false.
    version : int
        Of the state: a snapshot with another one is refused. To be raised when the meaning of the kernel or of its state changes.
    warmup : "exact" or "data"
        "data" when the first value comes after the lookback, as the data have it.
    gaps : bool
        Whether rows with missing inputs are handed over, as NaN. Otherwise the kernel never sees one.
    tolerance, reason : float and str
        How far `batch` may be from `step`, relatively, and why it is not the same bit for bit.
    overlay, levels : bool and list of float
        For charts: whether it is drawn over the prices, and horizontal lines.

    Returns
    -------
    type
        The class, as it was but for a constructor that takes the parameters: ``Mean(period=3)``. The function is ``ta.my.mean``.
    """

    def register(cls: type[Any]) -> type[Any]:
        name = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", cls.__name__).lower()
        full = f"my::{name}" if id is None else id
        params = {name: value for base in reversed(cls.__mro__) for name, value in vars(base).items() if isinstance(value, _Param)}
        if "__init__" in vars(cls):
            raise ArgumentError(f"`{cls.__name__}` has an `__init__` of its own (accepted: parameters as attributes, `ta.param`; the state in `init`)")
        inputs = _inputs(cls, "step", 2)
        if hasattr(cls, "batch") and (given := _inputs(cls, "batch", 1)) != inputs:
            raise ArgumentError(f"`batch` of `{cls.__name__}` takes {given} (accepted: the inputs of `step`, {inputs})")
        if warmup not in ("exact", "data"):
            raise ArgumentError(f"`warmup` is `{warmup}` (accepted: `exact`, `data`)")
        named = outputs if isinstance(outputs, Mapping) else dict.fromkeys([outputs] if isinstance(outputs, str) else outputs or [full.split("::")[-1]], "")
        if unknown := set(bools) - set(named):
            raise ArgumentError(f"`bools` names {sorted(unknown)} (accepted: outputs, {list(named)})")
        try:
            file, line = inspect.getsourcefile(cls) or "", inspect.getsourcelines(cls)[1]
        except (OSError, TypeError):
            file, line = "", 0
        cls.__init__ = _constructor(cls, params)
        declaration = {
            "id": full,
            "family": family,
            "doc": inspect.cleandoc(cls.__doc__ or ""),
            "version": version,
            "params": [
                {"name": name, "doc": p.doc, "default": p.default, "min": p.min, "max": p.max, "choices": p.choices}
                for name, p in params.items()
            ],
            "inputs": inputs,
            "outputs": [{"name": name, "doc": doc, "flag": name in bools} for name, doc in named.items()],
            "data_warmup": warmup == "data",
            "gaps": gaps,
            "tolerance": tolerance,
            "reason": reason,
            "overlay": overlay,
            "levels": list(levels),
            "module": cls.__module__,
            "file": file,
            "line": line,
        }
        vendor = full.rpartition("::")[0]
        if vendor not in _vendors and _is_taken(vendor):
            raise ArgumentError(f"`{vendor}` of the id `{full}` is taken in `ta_py` (accepted: another vendor)")
        home = _native._register(cls, declaration)
        _vendors.add(vendor)
        setattr(ta_py, vendor, home)
        return cls

    return register if cls is None else register(cls)


#: The vendors whose kernels were registered by programs.
_vendors: set[str] = set()


def _is_taken(vendor: str) -> bool:
    """Whether the package has something of that name, or would when it is imported."""
    return vendor in vars(ta_py) or (vendor.isidentifier() and find_spec(f"ta_py.{vendor}") is not None)


def _inputs(cls: type[Any], method: str, own: int) -> list[str]:
    """The names of the columns that a method takes, after so many others."""
    function = inspect.getattr_static(cls, method, None)
    if not inspect.isfunction(function):
        raise ArgumentError(f"`{cls.__name__}` has no method `{method}`")
    given = list(inspect.signature(function).parameters.values())
    if len(given) <= own or any(p.kind is not p.POSITIONAL_OR_KEYWORD or p.default is not p.empty for p in given):
        wanted = "self, state, and an argument for each input" if method == "step" else "self and an argument for each input"
        raise ArgumentError(f"`{method}` of `{cls.__name__}` takes {inspect.signature(function)} (accepted: {wanted}, without defaults)")
    return [p.name for p in given[own:]]


def _constructor(cls: type[Any], params: Mapping[str, _Param]) -> Callable[..., None]:
    def __init__(self: Any, **given: Any) -> None:
        for name, declared in params.items():
            setattr(self, name, given.pop(name, declared.default))
        if given:
            raise TypeError(f"{cls.__name__} has no parameter {', '.join(map(repr, given))}")

    return __init__


def certify(kernel: Any, *, cases: int = 32, seed: int = 7) -> dict[str, bool | None]:
    """Tries a kernel on every law: batch equals steps, causality, saving and restoring, exact lookback, and so on.

    Parameters
    ----------
    kernel : class, function or str
        A class that was registered, a function such as ``ta.rsi``, or an id.
    cases : int, default 32
        How many random cases each law is tried on, beside the fixed ones.
    seed : int, default 7
        Where the random numbers start; the same seed tries the same cases.

    Returns
    -------
    dict of str to bool or None
        True for each law that holds, None where a law asks nothing of the kernel.

    Raises `ConformanceError` where a law is broken, with a small case for each.
    """
    id = kernel if isinstance(kernel, str) else getattr(kernel, "__kernel__", None) or getattr(kernel, "id", None)
    if not isinstance(id, str):
        raise ArgumentError(f"`{kernel!r}` is no kernel (accepted: a class under `ta.kernel`, a function of a kernel, an id)")
    verdicts = _native._certify(id, cases, seed)
    broken = {law: said for law, said in verdicts.items() if said}
    if broken:
        said = "".join(f"\n  {law}: {said}" for law, said in broken.items())
        error = ConformanceError(f"`{id}` breaks {len(broken)} of {len(verdicts)} laws:{said}")
        error.laws, error.given = broken, id
        raise error
    return {law: None if said is None else True for law, said in verdicts.items()}
