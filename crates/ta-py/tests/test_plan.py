"""Expressions made ready to run, and what is said of them without data."""

import json
import pickle
import subprocess
import sys
from types import MappingProxyType

from conftest import refused

import ta_py as ta

TEXT = "up = close > sma(20) and rsi(14) < 70\nm = macd().signal"


def test_a_plan_says_what_it_gives_and_needs() -> None:
    plan = ta.compile({"up": "close > sma(20)", "before": "volume[3]"})
    assert plan.outputs == [
        {"name": "up", "kind": "bool", "lookback": 19, "stabilisation": 19},
        {"name": "before", "kind": "number", "lookback": 3, "stabilisation": 3},
    ]
    assert [(need["field"], need["lookback"]) for need in plan.requirements] == [("close", 19), ("volume", 3)]
    assert plan.text == "up = close > sma(close, period=20)\nbefore = volume[3]"
    assert (plan.missing, plan.source) == ("skip", "ohlcv")
    assert ta.compile("price", source="trades", missing="hold").requirements[0]["field"] == "price"
    # The past of a running total has no end.
    assert ta.compile("filter(close > open).count").requirements[0]["stabilisation"] is None


def test_one_text_a_list_and_a_dict_are_the_same_plan() -> None:
    plan = ta.compile(TEXT)
    assert plan == ta.compile(["up = close > sma(20) and rsi(14) < 70", "m = macd().signal"])
    assert plan == ta.compile({"up": "close > sma(20) and rsi(14) < 70", "m": "macd().signal"})
    assert plan == ta.compile(MappingProxyType({"up": "close > sma(20) and rsi(14) < 70", "m": "macd().signal"}))
    assert len({plan, ta.compile(TEXT)}) == 1
    assert plan != ta.compile(TEXT, missing="hold")
    assert plan != TEXT


def test_a_plan_comes_back_from_json_and_from_a_pickle() -> None:
    plan = ta.compile(TEXT, missing="restart")
    again = ta.Plan.from_json(plan.to_json())
    assert (again, again.to_json(), again.missing) == (plan, plan.to_json(), "restart")
    assert pickle.loads(pickle.dumps(plan)) == plan
    # In another process too.
    program = "import pickle, sys; print(pickle.load(sys.stdin.buffer).fingerprint)"
    done = subprocess.run([sys.executable, "-c", program], input=pickle.dumps(plan), capture_output=True, check=True)
    assert done.stdout.decode().strip() == plan.fingerprint == json.loads(plan.to_json())["fingerprint"]


def test_a_plan_that_would_compute_something_else_is_refused() -> None:
    payload = json.loads(ta.compile("sma(20)").to_json())
    call = next(node for node in payload["graph"]["nodes"] if node["op"] == "call")
    call["params"]["period"] = 21
    error = refused(ta.ExpressionError, lambda: ta.Plan.from_json(json.dumps(payload)))
    assert error.kind == "unsupported"
    assert refused(ta.ExpressionError, lambda: ta.Plan.from_json("{}")).kind == "syntax"


def test_a_plan_is_drawn() -> None:
    plan = ta.compile({"<up>": "close > close[1]"})
    assert plan.explain() == "<up>: bool\n└─ >\n   ├─ close\n   └─ [1]\n      └─ close\n"
    assert plan.explain("mermaid").startswith("flowchart TD\n")
    assert "&lt;up&gt;" in plan._repr_html_() and "<up>" not in plan._repr_html_()
    assert repr(plan) == f"<ta_py.Plan <up> {plan.fingerprint[:12]}>"
    assert refused(ValueError, lambda: plan.explain("dot")).accepted == ("tree", "mermaid")


def test_a_mistake_is_refused_with_its_place() -> None:
    error = refused(ValueError, lambda: ta.compile(["close", "\"é\" = clos > 1"]))
    assert type(error) is ta.ExpressionError
    assert str(error) == "in `é`: unknown field `clos` (close: `close`)\n\"é\" = clos > 1\n      ^^^^"
    assert (error.kind, error.expression, error.help) == ("unknown_name", 1, "close: `close`")
    # Characters, not bytes.
    assert error.text[slice(*error.span)] == "clos"
    assert error.row is None
    error = refused(ta.ExpressionError, lambda: ta.compile({"x": "sma(0)"}))
    assert (error.name, error.kind) == ("x", "argument")
    assert "a whole number from 1 to 100000" in str(error)
    refused(ta.ExpressionError, lambda: ta.compile([]))
    refused(ta.ExpressionError, lambda: ta.compile({"x": "close", "y": "x = open", "z": "("}))


def test_what_is_no_expression_is_refused() -> None:
    for wrong in (14, None, [14], {"x": 14}, {1: "close"}, b"close"):
        refused(TypeError, lambda wrong=wrong: ta.compile(wrong))
    assert refused(ValueError, lambda: ta.compile("close", source="ohlc")).parameter == "source"
    assert refused(ValueError, lambda: ta.compile("close", missing="drop")).parameter == "missing"


def test_all_mistakes_are_found_at_once() -> None:
    assert ta.check(TEXT) == []
    problems = ta.check(["clos", "close", "high - lo"])
    assert [(problem["expression"], problem["message"]) for problem in problems] == [
        (0, "unknown field `clos`"),
        (2, "unknown field `lo`"),
    ]
    assert problems[1]["span"]["column"] == 8
    assert ta.check({"x": "close >"})[0]["name"] == "x"


def test_an_analysis_says_all_or_all_that_is_wrong() -> None:
    facts = ta.analyze(TEXT)
    assert facts["valid"] and facts["fingerprint"] == ta.compile(TEXT).fingerprint
    assert {kernel["id"] for kernel in facts["kernels"]} == {"sma", "rsi", "macd"}
    wrong = ta.analyze("clos")
    assert not wrong["valid"] and wrong["errors"] == ta.check("clos")


def test_kernels_are_described() -> None:
    kernels = ta.kernels()
    assert [kernel["id"] for kernel in kernels] == sorted(kernel["id"] for kernel in kernels)
    assert ta.describe("rsi") in kernels
    assert ta.describe("rsi")["params"][0] | {"doc": ""} == {
        "name": "period", "doc": "", "type": "int", "default": 14, "min": 1, "max": 100000,
    }  # fmt: skip
    assert refused(KeyError, lambda: ta.describe("rsii")).near[0] == "rsi"


def test_every_example_of_the_manifest_can_be_compiled() -> None:
    manifest = ta.manifest()
    assert manifest["kernels"] == ta.kernels()
    examples = [example["text"] for example in manifest["examples"]]
    assert len(examples) > 40
    assert ta.check(examples) == []
