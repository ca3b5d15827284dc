"""Charts: where each series goes, and that both libraries draw them."""

import io
import subprocess
import sys
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from conftest import ROOT, make_bars, refused
from matplotlib.image import imread

import ta_py as ta
import ta_py.pandas
from ta_py._plot.chart import Chart, arrange

BARS = make_bars(300)
AAPL = pd.read_csv(ROOT / "examples/data/AAPL.csv", parse_dates=["ts"])


def chart(exprs: Any, bars: Any = BARS, **how: Any) -> Chart:
    return arrange(exprs, bars, **{"tail": None, "place": {}, "timeframe": None, "missing": None, "source": None, **how})


def names(made: Chart) -> list[list[str]]:
    return [[line.name for line in pane.lines] for pane in (made.price, *made.panes)]


def test_kernels_go_where_their_declaration_says() -> None:
    made = chart(["sma(20)", "rsi(14)", "macd().signal"])
    assert names(made) == [
        ["sma(20)"],
        ["rsi(14)"],
        ["macd(close, 12, 26, 9).macd", "macd().signal", "macd(close, 12, 26, 9).histogram"],
    ]
    assert made.panes[0].levels == (30.0, 70.0)
    assert [line.histogram for line in made.panes[1].lines] == [False, False, True]
    assert np.array_equal(made.price.lines[0].values, ta.sma(BARS["close"], 20), equal_nan=True)


def test_an_overlay_is_drawn_over_what_it_is_computed_from() -> None:
    made = chart({"smooth": "sma(rsi(14), 9)", "quiet": "sma(volume, 20)", "price": "ema(high, 5)"})
    assert names(made) == [["price"], ["rsi(close, 14)", "smooth"], ["quiet"]]


def test_calls_of_one_kernel_share_a_pane() -> None:
    assert names(chart(["rsi(7)", "rsi(14)", "ema(5)", "ema(9)"])) == [["ema(5)", "ema(9)"], ["rsi(7)", "rsi(14)"]]


def test_other_numbers_go_where_their_size_fits() -> None:
    exprs = {"middle": "(high + low) / 2", "range": "high - low", "volume": "volume"}
    made = chart(exprs)
    assert names(made) == [["middle"], ["range"], ["volume"]]
    assert made.panes[1].lines[0].histogram
    made = chart(exprs, place={"middle": "pane", "range": "overlay"})
    assert names(made) == [["range"], ["middle"], ["volume"]]
    assert names(chart("rsi(14)", place={"rsi(14)": "overlay"})) == [["rsi(14)"]]


def test_series_of_equal_values_keep_their_names() -> None:
    made = chart({"middle": "bbands(20).middle", "mean": "sma(20)"})
    assert {"middle", "mean"} <= set(names(made)[0])


def test_conditions_are_marked_or_shaded() -> None:
    close = [1.0, 2.0, 3.0, 4.0, 3.0, 2.0, 3.0]
    bars = {"close": close}
    one, many = chart(["close > 3.5", "close > 1.5"], bars).conditions
    assert (one.name, one.marks, one.stretches) == ("close > 3.5", [3], [])
    assert (many.marks, many.stretches) == ([], [(1, 6)])
    [never] = chart("close > 9", bars).conditions
    assert (never.marks, never.stretches) == ([], [])
    # Where it is not known it is not true.
    [late] = chart("close > sma(3)", bars).conditions
    assert late.marks == [2, 3, 6]


def test_only_the_tail_is_shown_and_computed_with_all() -> None:
    made = chart("sma(20)", tail=10)
    assert len(made.labels) == len(made.candles["close"]) == 10
    assert np.array_equal(made.price.lines[0].values, ta.sma(BARS["close"], 20)[-10:])


def test_labels_say_times_briefly() -> None:
    assert chart("close", AAPL, tail=2).labels == ["2013-02-28", "2013-03-01"]
    assert chart("close", AAPL.set_index("ts"), tail=1).labels == ["2013-03-01"]
    assert chart("close", BARS, tail=1).labels == ["2020-09-13 17:25:40"]
    assert chart("close", {"close": [1.0, 2.0]}).labels == ["0", "1"]
    text = pl.read_csv(ROOT / "examples/data/AAPL.csv")
    assert chart("close", text, tail=1).labels == ["3269"]


def test_a_close_alone_is_a_line() -> None:
    assert list(chart("sma(2)", {"close": [1.0, 2.0, 3.0]}).candles) == ["close"]
    assert list(chart("sma(2)", BARS).candles) == ["open", "high", "low", "close"]
    assert refused(KeyError, lambda: chart("high", {"high": [1.0]})).given == "close"


EVERYTHING = {
    "fast": "ema(9)", "rsi": "rsi(14)", "macd": "macd()", "volume": "volume",
    "cross": "crossup(ema(9), ema(21))", "rising": "close > ema(50)", "never": "close > 1e9",
}  # fmt: skip


@pytest.mark.parametrize("bars", [BARS, AAPL, AAPL[["close"]], {"close": np.full(30, np.nan)}], ids=["dict", "pandas", "close", "nothing"])
def test_both_libraries_draw_what_is_arranged(bars: Any) -> None:
    exprs = EVERYTHING if "volume" in bars else {"fast": "ema(9)", "rsi": "rsi(14)", "rising": "close > ema(50)"}
    made = chart(exprs, bars, tail=300)
    lines = [name for pane in names(made) for name in pane]
    figure = ta.plot(exprs, bars)
    drawn = [trace.name for trace in figure.data]
    assert set(lines) <= set(drawn)
    assert figure.data[0].type == ("candlestick" if len(made.candles) == 4 else "scatter")
    assert "plotly" in figure.to_html(include_plotlyjs=False)
    if exprs is EVERYTHING:
        assert {"cross", "never"} <= set(drawn)
        assert {shape.name for shape in figure.layout.shapes} >= {"rising"}

    figure = ta.plot(exprs, bars, backend="matplotlib")
    assert len(figure.axes) == 1 + len(made.panes)
    shown = [text.get_text() for axis in figure.axes for text in axis.get_legend().get_texts()]
    assert set(lines) <= set(shown)
    png, svg = io.BytesIO(), io.BytesIO()
    figure.savefig(png, format="png")
    figure.savefig(svg, format="svg")
    png.seek(0)
    pixels = imread(png)
    # The ground is transparent, and something stands on it.
    assert pixels[0, 0, 3] == 0.0 and pixels[:, :, 3].max() > 0.9
    assert b"</svg>" in svg.getvalue()


def test_a_frame_of_pandas_draws_itself() -> None:
    assert AAPL.ta.plot("sma(20)", tail=50).data[1].name == "sma(20)"


def test_an_unknown_library_is_refused() -> None:
    error = refused(ValueError, lambda: ta.plot("close", BARS, backend="bokeh"))  # type: ignore[arg-type]
    assert (error.given, error.accepted) == ("bokeh", ("plotly", "matplotlib"))


@pytest.mark.parametrize(
    ("library", "program", "extra"),
    [
        ("plotly", "ta_py.plot('close', {'close': [1.0]})", "plot"),
        ("matplotlib", "ta_py.plot('close', {'close': [1.0]}, backend='matplotlib')", "plot"),
        ("pandas", "import ta_py.pandas", "pandas"),
        ("sklearn", "import ta_py.sklearn", "sklearn"),
    ],
)
def test_a_library_that_is_not_there_is_named_with_what_installs_it(library: str, program: str, extra: str) -> None:
    code = f"""
import sys, ta_py
class Nowhere:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == {library!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
sys.meta_path.insert(0, Nowhere())
try:
    {program}
except ta_py.MissingDependencyError as error:
    assert isinstance(error, (ImportError, ta_py.TaError))
    assert str(error) == "`{library}` is not installed (pip install ta_py[{extra}])", error
    assert (error.given, error.name) == ({library!r}, {library!r})
else:
    raise SystemExit("it was found")
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
