"""Every kernel answers the same, bit for bit, however its columns are held."""

import gzip
import json
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from conftest import ROOT, WAYS, columns_of, functions, inputs, make_bars, plain, same_bits

import ta_py as ta

FUNCTIONS = functions()


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("gaps", [False, True], ids=["dense", "gaps"])
def test_every_kernel_answers_the_same_however_columns_are_held(way: str, gaps: bool) -> None:
    bars = make_bars(gaps=gaps)
    silent = []
    for name, function in FUNCTIONS.items():
        columns = inputs(function, bars)
        expected = columns_of(function(**columns))
        answers = columns_of(function(**{key: WAYS[way](values) for key, values in columns.items()}))
        assert len(answers) == len(expected)
        for got, want in zip(answers, expected, strict=True):
            assert same_bits(plain(got), want), f"{name} over {way}"
        if all(np.isnan(want).all() for want in expected):
            silent.append(name)
    assert not silent


@pytest.mark.parametrize("policy", ["skip", "hold", "restart"])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_pieces_answer_what_the_whole_does_under_every_policy(
    name: str, policy: str, gappy: dict[str, np.ndarray]
) -> None:
    function = FUNCTIONS[name]
    columns = inputs(function, gappy)
    expected = columns_of(function(**columns, missing=policy))
    # Each input is cut elsewhere.
    pieces = {}
    for at, (key, values) in enumerate(columns.items()):
        cuts = [0, 3 + at, 3 + at, 200 * (at + 1), len(values)]
        pieces[key] = pa.chunked_array([values[a:b] for a, b in zip(cuts, cuts[1:], strict=False)])
    for got, want in zip(columns_of(function(**pieces, missing=policy)), expected, strict=True):
        assert same_bits(plain(got), want)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_frame_answers_what_its_columns_do(name: str, gappy: dict[str, np.ndarray]) -> None:
    function = FUNCTIONS[name]
    columns = inputs(function, gappy)
    expected = columns_of(function(**columns))
    # Inputs without a field of their own are told their column.
    told = {"source", "lower", "upper", "a", "b"} & set(columns)
    sources = dict(zip([key for key in columns if key in told], ("close", "open", "high", "low"), strict=False))
    frames = [
        gappy,
        {key: values.tolist() for key, values in gappy.items()},
        pd.DataFrame(gappy),
        pl.DataFrame(gappy),
        pa.table(gappy),
        pa.RecordBatch.from_pydict(gappy),
        pa.table(gappy).to_reader(100),
    ]
    for frame in frames:
        for got, want in zip(columns_of(function(frame, **sources)), expected, strict=True):
            assert same_bits(plain(got), want), type(frame)


def records() -> list[dict[str, Any]]:
    with gzip.open(ROOT / "tests/golden/talib_default.jsonl.gz", "rt") as file:
        return [json.loads(line) for line in file]


@pytest.mark.parametrize("func", ["RSI", "ATR", "MACD", "EMA", "BBANDS", "OBV"])
def test_answers_agree_with_the_golden_values(func: str) -> None:
    seen = 0
    for record in records():
        if record["func"] != func:
            continue
        file = next(path for path in ROOT.glob(f"*/data/{record['data']}*.csv"))
        bars = pd.read_csv(file).rename(columns=str.lower)[: record["rows"]]
        function = FUNCTIONS[func.lower()]
        args = [bars[field].to_numpy(dtype="float64") for field in record["inputs"]]
        outputs = record["outputs"].values()
        # The reference is not more precise there.
        rtol = 1e-6 if func == "BBANDS" else 1e-9
        for got, want in zip(columns_of(function(*args)), outputs, strict=True):
            reference = np.array([np.nan if value is None else value for value in want], dtype="float64")
            assert (np.isnan(got) == np.isnan(reference)).all()
            scale = np.maximum(np.abs(reference), 0.001 * np.nanmax(np.abs(reference)))
            difference = np.abs(got - reference) / scale
            assert np.nanmax(difference) <= rtol
        seen += 1
    assert seen > 0
