"""Charts of bars with expressions over them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

import ta_py
from ta_py._plot.chart import Place, arrange

if TYPE_CHECKING:
    from ta_py._types import Exprs, Missing


def plot(
    exprs: Exprs | ta_py.Plan,
    bars: Any,
    *,
    tail: int | None = 300,
    backend: Literal["plotly", "matplotlib"] = "plotly",
    place: Mapping[str, Place] | None = None,
    timeframe: str | None = None,
    missing: Missing | None = None,
    source: str | None = None,
) -> Any:
    """Draws bars and what expressions make of them.

    Each kernel is drawn where its declaration says: over what it is computed from, or in a pane of its own with its levels. Other numbers are drawn
    over the bars where they are of the size of prices, and else in a pane. Conditions are marked under the bars at which they are true, or shaded
    where they are true for longer.

    Parameters
    ----------
    exprs, bars, timeframe, missing, source
        As in `preview`, for the rows of one symbol. Bars without all of open, high, low and close are drawn as a line of the close.
    tail : int, optional
        How many of the last bars are shown; None for all. The ones before are computed with.
    backend : "plotly" or "matplotlib"
        An interactive figure for notebooks and pages, or one for files: `.savefig("chart.png")`, SVG and PDF too.
    place : dict of str to "overlay" or "pane", optional
        Where outputs go that are to be elsewhere, by their names.

    Returns
    -------
    plotly.graph_objects.Figure or matplotlib.figure.Figure
        With a transparent ground, and colours for light and dark ones.
    """
    drawers = {"plotly": "ta_py._plot.plotly", "matplotlib": "ta_py._plot.matplotlib"}
    if backend not in drawers:
        refusal = ta_py.ParameterError(f"`backend` is `{backend}` (accepted: `plotly`, `matplotlib`)")
        refusal.parameter, refusal.given, refusal.accepted = "backend", str(backend), tuple(drawers)
        raise refusal
    # Before anything is computed, so that a library that is not there is said at once.
    if backend == "plotly":
        from ta_py._plot.plotly import draw
    else:
        from ta_py._plot.matplotlib import draw
    chart = arrange(exprs, bars, tail=tail, place=place or {}, timeframe=timeframe, missing=missing, source=source)
    return draw(chart)
