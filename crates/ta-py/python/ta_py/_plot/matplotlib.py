"""Charts as figures of Matplotlib, for files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ta_py._extras import needed
from ta_py._plot.chart import Chart, Condition, Line
from ta_py._plot.style import BARS, CONDITIONS, FALL, GRID, LINES, PANE, RISE, TEXT

if TYPE_CHECKING:
    from matplotlib import figure as figures
    from matplotlib import ticker
else:
    figures = needed("matplotlib.figure", "plot")
    ticker = needed("matplotlib.ticker", "plot")

#: Numbers from which on an axis counts in thousands and millions.
MANY = 1e5

#: How many letters stand beside each other above an axis.
LETTERS = 150


def draw(chart: Chart) -> figures.Figure:
    """The chart, its panes under each other on one axis of time. Made without `pyplot`, so nothing is left open."""
    panes = [chart.price, *chart.panes]
    figure = figures.Figure(figsize=(11, 4.2 + 1.3 * len(chart.panes)), dpi=120, layout="constrained", facecolor="none")
    heights = [BARS, *[PANE] * len(chart.panes)]
    axes = figure.subplots(len(panes), 1, sharex=True, squeeze=False, height_ratios=heights)[:, 0]
    _bars(axes[0], chart)
    for axis, pane in zip(axes, panes, strict=True):
        for at, line in enumerate(pane.lines):
            _line(axis, line, LINES[at % len(LINES)])
        for level in pane.levels:
            axis.axhline(level, color=TEXT, linewidth=0.8, linestyle=":")
    for at, condition in enumerate(chart.conditions):
        _condition(axes, chart, condition, at)
    _dress(axes, chart)
    return figure


def _bars(axis: Any, chart: Chart) -> None:
    x = np.arange(len(chart.labels))
    if len(chart.candles) == 1:
        axis.plot(x, chart.candles["close"], color=TEXT, linewidth=1.2, label="close")
        return
    opens, highs, lows, closes = (chart.candles[name] for name in ("open", "high", "low", "close"))
    for some, colour in ((closes >= opens, RISE), (closes < opens, FALL)):
        axis.vlines(x[some], lows[some], highs[some], color=colour, linewidth=0.8)
        axis.bar(x[some], (closes - opens)[some], bottom=opens[some], width=0.7, color=colour, edgecolor=colour, linewidth=0.6)


def _line(axis: Any, line: Line, colour: str) -> None:
    x = np.arange(len(line.values))
    if line.histogram:
        colours = np.where(line.values < 0, FALL, RISE)
        axis.bar(x, np.nan_to_num(line.values), width=0.8, color=colours, alpha=0.6, label=line.name)
    else:
        axis.plot(x, line.values, color=colour, linewidth=1.2, label=line.name)


def _condition(axes: Any, chart: Chart, condition: Condition, level: int) -> None:
    colour = CONDITIONS[level % len(CONDITIONS)]
    if condition.stretches:
        for axis in axes:
            for at, (first, last) in enumerate(condition.stretches):
                label = condition.name if axis is axes[0] and at == 0 else None
                axis.axvspan(first - 0.5, last + 0.5, color=colour, alpha=0.14, linewidth=0, label=label)
        return
    low = chart.low
    step = 0.03 * (np.nanmax(low) - np.nanmin(low)) if np.isfinite(low).any() else 0.0
    heights = low[condition.marks] - (level + 1) * step
    axes[0].scatter(condition.marks, heights, marker="^", s=26, color=colour, linewidth=0, label=condition.name, zorder=3)


def _legend(axis: Any) -> None:
    """Above the axis, in as many columns as there is room for."""
    names = axis.get_legend_handles_labels()[1]
    if names:
        columns = max(1, LETTERS // (max(map(len, names)) + 8))
        axis.legend(
            loc="lower left",
            bbox_to_anchor=(0.0, 0.99),
            borderaxespad=0.0,
            ncols=min(columns, len(names)),
            fontsize=8,
            frameon=False,
            labelcolor=TEXT,
        )


def _dress(axes: Any, chart: Chart) -> None:
    labels = chart.labels

    def label(at: float, _: object) -> str:
        return labels[int(at)] if 0 <= at < len(labels) else ""

    for axis in axes:
        axis.set_facecolor("none")
        axis.grid(color=GRID, linewidth=0.8)
        axis.set_axisbelow(True)
        axis.tick_params(colors=TEXT, labelsize=8, length=0)
        axis.yaxis.tick_right()
        for side in axis.spines.values():
            side.set_visible(False)
        if max(map(abs, axis.get_ylim())) >= MANY:
            axis.yaxis.set_major_formatter(ticker.EngFormatter(sep=""))
        _legend(axis)
    last = axes[-1]
    last.set_xlim(-1, len(labels))
    last.xaxis.set_major_locator(ticker.MaxNLocator(8, integer=True, prune="both"))
    last.xaxis.set_major_formatter(ticker.FuncFormatter(label))
