"""What a chart shows, before anything is drawn: which series go into which pane."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np

import ta_py

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ta_py._types import Exprs, Missing

Place: TypeAlias = Literal["overlay", "pane"]
PRICES = ("open", "high", "low", "close")

#: Bars that a condition holds on average from which on it is shaded; shorter ones are marked.
SHADED = 2.5


@dataclass
class Line:
    """A series of numbers; NaN where there is none."""

    name: str
    values: NDArray[np.float64]
    #: Drawn as bars from zero.
    histogram: bool = False
    #: Whether an output is called so.
    named: bool = False


@dataclass
class Condition:
    """Where an expression is true: at bars that are marked, or over stretches that are shaded, each with its last bar."""

    name: str
    marks: list[int] = field(default_factory=list)
    stretches: list[tuple[int, int]] = field(default_factory=list)


@dataclass
class Pane:
    """Series that share an axis."""

    lines: list[Line] = field(default_factory=list)
    levels: tuple[float, ...] = ()


@dataclass
class Chart:
    """The bars above, and the panes under them."""

    #: What stands under each bar.
    labels: list[str]
    #: Open, high, low and close; the close alone where the rest is not there.
    candles: dict[str, NDArray[np.float64]]
    #: What is drawn over the bars.
    price: Pane
    panes: list[Pane]
    conditions: list[Condition]

    @property
    def low(self) -> NDArray[np.float64]:
        """Under which nothing of a bar lies."""
        return self.candles.get("low", self.candles["close"])


def arrange(
    exprs: Exprs | ta_py.Plan,
    bars: Any,
    *,
    tail: int | None,
    place: Mapping[str, Place],
    timeframe: str | None,
    missing: Missing | None,
    source: str | None,
) -> Chart:
    """Computes expressions over bars, and finds the place of each series."""
    shown = ta_py.preview(exprs, bars, tail=tail, timeframe=timeframe, missing=missing, source=source)
    candles, volume = _candles(bars, tail)
    calls = [(_Call(one), one["kind"]) for one in shown["indicators"]]
    layout = _Layout(candles, place)
    for call, kind in calls:
        if kind == "number":
            layout.add_call(call)
    conditions = []
    for output in shown["outputs"]:
        name = output["name"]
        if output["kind"] == "bool":
            conditions.append(_condition(name, output["values"]))
            continue
        values = _numbers(output["values"])
        if volume is not None and _same(values, volume):
            layout.panes[name] = Pane([Line(name, values, histogram=True)])
        else:
            layout.add_output(name, values)
    return Chart(_labels(shown["ts"], bars), candles, layout.price, list(layout.panes.values()), conditions)


class _Call:
    """A series of a kernel inside the expressions."""

    def __init__(self, shown: dict[str, Any]) -> None:
        self.kernel: str = shown["kernel"]
        self.label: str = shown["label"]
        self.overlay: bool = shown["plot"]["place"] == "overlay"
        self.levels = tuple(shown["plot"]["levels"])
        # Names of parameters are left out: `sma(close, 20)`.
        self.line = Line(re.sub(r"\b\w+=", "", self.label), _numbers(shown["values"]), shown["histogram"])

    @property
    def over(self) -> str:
        """What it is computed from: its label from the first input on."""
        return self.label.partition("(")[2]


class _Layout:
    def __init__(self, candles: dict[str, NDArray[np.float64]], place: Mapping[str, Place]) -> None:
        self.price = Pane()
        self.panes: dict[str, Pane] = {}
        self._place = place
        self._homes: dict[str, Pane] = dict.fromkeys(PRICES, self.price)
        whole = np.concatenate([*candles.values()])
        known = whole[np.isfinite(whole)]
        self._low: float = known.min(initial=math.inf)
        self._high: float = known.max(initial=-math.inf)

    def add_call(self, call: _Call) -> None:
        pane: Pane | None = None
        if call.overlay:
            # Over what it is computed from.
            over = [home for label, home in self._homes.items() if call.over.startswith(label)]
            pane = over[-1] if over else self._fitting(call.line)
        # One pane for all calls of a kernel.
        home = pane or self.panes.setdefault(call.kernel, Pane(levels=call.levels))
        home.lines.append(call.line)
        self._homes[call.label] = home

    def add_output(self, name: str, values: NDArray[np.float64]) -> None:
        """A kernel on its own is drawn once, where the kernel belongs, under the name of the output."""
        place = self._place.get(name)
        same = [(pane, line) for pane in (self.price, *self.panes.values()) for line in pane.lines if _same(line.values, values)]
        new = [(pane, line) for pane, line in same if not line.named]
        if same and not new and place is None:
            return
        home, line = new[0] if new else (None, Line(name, values))
        line.name, line.named = name, True
        if home is not None and place in (None, "overlay" if home is self.price else "pane"):
            return
        if home is not None:
            home.lines.remove(line)
        over = self.price if place == "overlay" else self._fitting(line) if place is None else None
        (over or self.panes.setdefault(name, Pane())).lines.append(line)
        self.panes = {key: pane for key, pane in self.panes.items() if pane.lines}

    def _fitting(self, line: Line) -> Pane | None:
        """The bars, where the numbers are of their size."""
        known = line.values[np.isfinite(line.values)]
        room = self._high - self._low
        fits = len(known) > 0 and known.min() >= self._low - room and known.max() <= self._high + room
        return self.price if fits else None


def _numbers(values: list[float | None]) -> NDArray[np.float64]:
    return np.array(values, dtype=np.float64)


def _same(one: NDArray[np.float64], other: NDArray[np.float64]) -> bool:
    return np.array_equal(one, other, equal_nan=True)


def _condition(name: str, values: list[bool | None]) -> Condition:
    true = np.array([value is True for value in values])
    edges = np.flatnonzero(np.diff(np.concatenate([[False], true, [False]])))
    stretches = [(int(first), int(after) - 1) for first, after in edges.reshape(-1, 2)]
    if stretches and true.sum() / len(stretches) >= SHADED:
        return Condition(name, stretches=stretches)
    return Condition(name, marks=np.flatnonzero(true).tolist())


def _candles(bars: Any, tail: int | None) -> tuple[dict[str, NDArray[np.float64]], NDArray[np.float64] | None]:
    """The prices there are, and the volume where there is one."""
    found = {}
    for name in (*PRICES, "volume"):
        try:
            [column] = ta_py.preview(name, bars, tail=tail)["outputs"]
        except ta_py.UnknownColumnError:
            continue
        found[name] = _numbers(column["values"])
    volume = found.pop("volume", None)
    if "close" not in found:
        # Says that there is none, and which columns there are.
        ta_py.preview("close", bars, tail=tail)
    return (found if len(found) == len(PRICES) else {"close": found["close"]}), volume


def _labels(times: list[int], bars: Any) -> list[str]:
    """Times, as briefly as they can be told apart; numbers of rows where the data have no times."""
    try:
        ta_py.preview("ts", bars, tail=1)
    except (ta_py.UnknownColumnError, ta_py.ArgumentError):
        return [str(time) for time in times]
    moments = np.array(times, dtype="datetime64[ms]")
    units: tuple[Literal["D", "m", "s"], ...] = ("D", "m", "s")
    for unit in units:
        if (moments == moments.astype(f"datetime64[{unit}]")).all():
            return [str(text).replace("T", " ") for text in np.datetime_as_string(moments, unit=unit)]
    return [str(text).replace("T", " ") for text in np.datetime_as_string(moments)]
