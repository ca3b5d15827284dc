"""The accessor `ta` of pandas."""

import inspect
import subprocess
import sys

import numpy as np
import pandas as pd
import pandas.testing as tm
import pytest
from conftest import columns_of, functions, inputs, make_bars, refused

import ta_py as ta
import ta_py.pandas

FRAME = pd.DataFrame(make_bars(200), index=pd.date_range("2024", periods=200, freq="h"))


@pytest.mark.parametrize("name", functions())
def test_a_method_answers_what_its_function_does(name: str) -> None:
    function = functions()[name]
    columns = {key: FRAME[column.name] for key, column in inputs(function, FRAME).items()}
    told = {key: column.name for key, column in columns.items() if key not in FRAME}
    attribute = function.__name__
    for answer, expected in zip(
        columns_of(getattr(FRAME.ta, attribute)(**told)), columns_of(function(FRAME, **told)), strict=True
    ):
        tm.assert_series_equal(answer, expected)
    if columns:
        first, *others = columns.values()
        for answer, expected in zip(
            columns_of(getattr(first.ta, attribute)(*others)), columns_of(function(first, *others)), strict=True
        ):
            tm.assert_series_equal(answer, expected)


@pytest.mark.parametrize("name", functions())
def test_a_method_has_the_documentation_of_its_kernel(name: str) -> None:
    function = functions()[name]
    for data in (FRAME, FRAME["close"]):
        assert inspect.getdoc(getattr(data.ta, function.__name__)) == inspect.getdoc(function)


def test_signatures_say_what_is_left_to_be_given() -> None:
    assert str(inspect.signature(FRAME.ta.sma)) == "(period: int = 30, *, source='close', missing='skip', out=None)"
    assert str(inspect.signature(FRAME.ta.crossup)) == "(*, a, b, missing='skip', out=None)"
    assert str(inspect.signature(FRAME["close"].ta.sma)) == "(period: int = 30, *, missing='skip', out=None)"
    assert str(inspect.signature(FRAME["close"].ta.crossup)) == "(b, *, missing='skip', out=None)"
    tm.assert_series_equal(FRAME.ta.sma(5, source="high"), ta.sma(FRAME["high"], 5))


def test_every_kernel_is_offered() -> None:
    offered = set(dir(FRAME.ta))
    assert {function.__name__ for function in functions().values()} <= offered
    assert {alias for kernel in ta.kernels() for alias in kernel["aliases"]} <= offered


def test_expressions_over_a_frame() -> None:
    expected = ta.eval({"up": "close > sma(20)"}, FRAME)
    tm.assert_frame_equal(FRAME.ta.eval({"up": "close > sma(20)"}), expected)
    assert FRAME.join(FRAME.ta.eval("close[1]")).shape == (200, 7)


def test_unknown_names_are_refused_with_near_ones() -> None:
    assert "rsi" in refused(AttributeError, lambda: FRAME.ta.rsii).near
    assert not hasattr(FRAME.ta, "compile")
    assert refused(KeyError, lambda: pd.DataFrame({"x": [1.0]}).ta.rsi()).given == "close"


def test_a_package_with_the_same_accessor_is_replaced_with_a_warning() -> None:
    program = """
import pandas as pd, warnings
@pd.api.extensions.register_dataframe_accessor("ta")
class Other:
    def __init__(self, frame): pass
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    import ta_py.pandas
[warning] = [one for one in caught if issubclass(one.category, UserWarning)]
assert "'ta'" in str(warning.message), warning.message
assert pd.DataFrame({"close": [1.0, 2.0]}).ta.sma(1).tolist() == [1.0, 2.0]
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_importing_the_package_imports_no_library_and_registers_nothing() -> None:
    program = """
import sys, ta_py
optional = {"pandas", "polars", "pyarrow", "sklearn", "plotly", "matplotlib"}
assert not optional & set(sys.modules), optional & set(sys.modules)
import pandas
assert not hasattr(pandas.DataFrame(), "ta")
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_answers_are_nan_where_there_is_no_value_yet() -> None:
    assert np.isnan(FRAME["close"].ta.sma(20)).sum() == 19
