"""Charts as figures of Plotly."""

from __future__ import annotations

from typing import Any

import numpy as np

from ta_py._extras import needed
from ta_py._plot.chart import Chart, Condition, Line
from ta_py._plot.style import BARS, CONDITIONS, FALL, GRID, LINES, PANE, RISE, TEXT

# Without types of its own.
go = needed("plotly.graph_objects", "plot")
subplots = needed("plotly.subplots", "plot")


def draw(chart: Chart) -> Any:
    """The chart, its panes under each other on one axis of time. Bars stand side by side, whatever time lies between them."""
    panes = [chart.price, *chart.panes]
    height = 360 + 130 * len(chart.panes)
    figure = subplots.make_subplots(
        rows=len(panes),
        cols=1,
        shared_xaxes=True,
        # Room for what stands above each pane.
        vertical_spacing=26 / height,
        row_heights=[BARS, *[PANE] * len(chart.panes)],
    )
    figure.add_trace(_bars(chart), row=1, col=1)
    for row, pane in enumerate(panes, 1):
        for at, line in enumerate(pane.lines):
            trace = _line(chart, line, LINES[at % len(LINES)])
            figure.add_trace(trace.update(legend=_legend(row)), row=row, col=1)
        for level in pane.levels:
            figure.add_hline(level, row=row, col=1, line={"color": TEXT, "width": 1, "dash": "dot"})
    for at, condition in enumerate(chart.conditions):
        colour = CONDITIONS[at % len(CONDITIONS)]
        _shade(figure, condition, colour)
        if condition.marks or not condition.stretches:
            figure.add_trace(_marks(chart, condition, at, colour), row=1, col=1)
    _dress(figure, chart, height)
    return figure


def _bars(chart: Chart) -> Any:
    if len(chart.candles) == 1:
        return go.Scatter(x=chart.labels, y=chart.candles["close"], name="close", line={"color": TEXT, "width": 1.4})
    return go.Candlestick(
        x=chart.labels,
        **chart.candles,
        name="bars",
        showlegend=False,
        increasing={"line": {"color": RISE, "width": 1}, "fillcolor": RISE},
        decreasing={"line": {"color": FALL, "width": 1}, "fillcolor": FALL},
    )


def _line(chart: Chart, line: Line, colour: str) -> Any:
    if line.histogram:
        colours = np.where(line.values < 0, FALL, RISE)
        return go.Bar(x=chart.labels, y=line.values, name=line.name, marker={"color": colours, "opacity": 0.6, "line": {"width": 0}})
    return go.Scatter(x=chart.labels, y=line.values, name=line.name, mode="lines", line={"color": colour, "width": 1.4})


def _marks(chart: Chart, condition: Condition, level: int, colour: str) -> Any:
    """Under the bars; those of several conditions under each other."""
    low = chart.low
    step = 0.03 * (np.nanmax(low) - np.nanmin(low)) if np.isfinite(low).any() else 0.0
    return go.Scatter(
        x=[chart.labels[mark] for mark in condition.marks],
        y=low[condition.marks] - (level + 1) * step,
        name=condition.name,
        mode="markers",
        marker={"symbol": "triangle-up", "size": 9, "color": colour},
    )


def _shade(figure: Any, condition: Condition, colour: str) -> None:
    for at, (first, last) in enumerate(condition.stretches):
        figure.add_shape(
            type="rect",
            # Places of categories, half a bar to either side.
            x0=first - 0.5,
            x1=last + 0.5,
            y0=0,
            y1=1,
            xref="x",
            yref="paper",
            layer="below",
            line={"width": 0},
            fillcolor=colour,
            opacity=0.14,
            name=condition.name,
            legendgroup=condition.name,
            showlegend=at == 0,
        )


def _dress(figure: Any, chart: Chart, height: int) -> None:
    axis = {"gridcolor": GRID, "zeroline": False, "linecolor": GRID}
    figure.update_xaxes(type="category", categoryorder="array", categoryarray=chart.labels, nticks=8, tickangle=0, **axis)
    figure.update_yaxes(side="right", **axis)
    figure.update_layout(
        template="none",
        height=height,
        margin={"l": 48, "r": 56, "t": 56, "b": 32},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        font={"color": TEXT, "size": 12},
        hovermode="x unified",
        hoverlabel={"bgcolor": "#20242c", "font": {"color": "#e6e8ec"}},
        modebar={"bgcolor": "rgba(0,0,0,0)", "color": TEXT, "activecolor": TEXT},
        xaxis_rangeslider_visible=False,
        bargap=0.2,
    )
    for row in range(1, 2 + len(chart.panes)):
        top = next(figure.select_yaxes(row=row)).domain[1]
        figure.update_layout({_legend(row): {"orientation": "h", "x": 0, "y": top, "yanchor": "bottom"}})


def _legend(row: int) -> str:
    """The names of a pane stand above it."""
    return "legend" if row == 1 else f"legend{row}"
