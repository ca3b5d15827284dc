"""Functions are made of what their kernels declare."""

import copy
import doctest
import inspect
import pickle
import pydoc
from typing import Any

import numpy as np
import pytest
from conftest import functions, inputs, make_bars

import ta_py as ta

FUNCTIONS = functions()


def test_signatures_are_real() -> None:
    assert str(inspect.signature(ta.rsi)) == "(source, period: int = 14, *, missing='skip', out=None)"
    assert str(inspect.signature(ta.atr)) == "(high, low, close, period: int = 14, *, missing='skip', out=None)"
    assert ta.rsi.__name__ == ta.rsi.__qualname__ == "rsi"
    assert ta.rsi.__module__ == "ta_py"
    assert repr(ta.macd) == "<ta_py.macd(source, fast=12, slow=26, signal=9)>"


@pytest.mark.parametrize("name", FUNCTIONS)
def test_defaults_are_what_the_signature_says(name: str, bars: dict[str, np.ndarray]) -> None:
    function = FUNCTIONS[name]
    columns = inputs(function, bars)
    bound = inspect.signature(function).bind(*columns.values())
    bound.apply_defaults()
    by_name = dict(bound.arguments)
    by_position = [value for key, value in by_name.items() if key not in ("missing", "out")]
    expected = pickle.dumps(function(**columns))
    assert pickle.dumps(function(*by_position)) == expected
    assert pickle.dumps(function(**by_name)) == expected


@pytest.mark.parametrize("name", FUNCTIONS)
def test_docstrings_say_everything_and_their_examples_run(name: str) -> None:
    function = FUNCTIONS[name]
    doc = inspect.getdoc(function)
    assert doc
    for part in ("Parameters\n----------", "Returns\n-------", "Missing data\n------------", "Examples\n--------"):
        assert part in doc
    for parameter in inspect.signature(function).parameters:
        assert f"\n{parameter} : " in doc
    examples = doctest.DocTestParser().get_examples(doc)
    assert examples
    for example in examples:
        eval(example.source, {"ta": ta, "bars": make_bars()})
    assert f"{name}(source" in pydoc.render_doc(function) or name in pydoc.render_doc(function)
    assert "class Function" not in pydoc.render_doc(function)


def test_several_outputs_are_a_named_tuple() -> None:
    answer = ta.macd(make_bars())
    macd, signal, histogram = answer
    assert answer.signal is signal
    assert answer._fields == ("macd", "signal", "histogram")
    assert type(answer) is ta.macd.Result
    assert ta.rsi.Result is None
    assert "The fast average minus the slow one." in type(answer).__doc__


def test_functions_and_answers_go_through_pickle_and_copy() -> None:
    for function in FUNCTIONS.values():
        assert pickle.loads(pickle.dumps(function)) is function
        assert copy.deepcopy(function) is function
    answer = ta.macd(make_bars())
    again = pickle.loads(pickle.dumps(answer))
    assert type(again) is type(answer)
    assert again.signal.tobytes() == answer.signal.tobytes()


def test_a_function_may_be_an_attribute_of_a_class(bars: dict[str, np.ndarray]) -> None:
    class Study:
        average = ta.sma

    assert Study().average(bars["close"]).tobytes() == ta.sma(bars["close"]).tobytes()


def test_names_of_the_module_are_listed_once() -> None:
    assert len(set(ta.__all__)) == len(ta.__all__)
    assert {"rsi", "macd", "TaError", "__version__"} <= set(ta.__all__)
    names: dict[str, Any] = {}
    exec("from ta_py import *", names)
    assert names["rsi"] is ta.rsi
