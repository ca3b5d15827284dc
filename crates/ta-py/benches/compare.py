"""Measures `ta_py` beside other libraries in one run, and writes a page with the ratios: `cargo xtask bench-py`.

Before a library is measured its numbers are compared with ours at the end of the data, where no start can be seen any more.
"""

import argparse
import gc
import importlib.metadata
import os
import platform
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from data import FEATURES, bars
from libraries import LIBRARIES, Library, Work

#: Rounds; each measures every library once, so that all see the same machine. The least of them counts.
ROUNDS = 25
#: How long one measurement takes at least, in seconds.
LONG = 0.005

Times = dict[str, float]


def once(work: Work) -> float:
    """Seconds of one call, of as many as make a measurement."""
    calls = 1
    while True:
        begin = time.perf_counter()
        for _ in range(calls):
            work()
        taken = time.perf_counter() - begin
        if taken >= LONG:
            return taken / calls
        calls = max(calls + 1, int(calls * 1.2 * LONG / max(taken, 1e-9)))


def least(works: dict[str, Work]) -> Times:
    """The least time of each of these, measured in turn."""
    times: Times = {}
    for _ in range(ROUNDS):
        for name, work in works.items():
            gc.collect()
            gc.disable()
            times[name] = min(times.get(name, np.inf), once(work))
            gc.enable()
    return times


def last(column: Any) -> float:
    value = column[len(column) - 1]
    return float(value[0] if hasattr(value, "__len__") else value)


def per_call(libraries: list[Library], length: int) -> dict[str, Times]:
    """Each feature over columns of this length."""
    data = bars(length)
    works = {library.name: library.columns(data) for library in libraries if library.columns}
    if length >= 1000:
        for library, features in works.items():
            for feature, work in features.items():
                agree(library, feature, last(work()), last(works["ta_py"][feature]()))
    return {feature: least({library: features[feature] for library, features in works.items()}) for feature in FEATURES}


def market(libraries: list[Library], symbols: int, length: int) -> Times:
    """All features of many symbols."""
    data = {f"S{at:03}": bars(length, seed=at) for at in range(symbols)}
    return least({library.name: library.market(data) for library in libraries if library.market})


def steps(libraries: list[Library], length: int) -> Times:
    """All features of one bar more, on average over so many."""
    whole = bars(2000 + length)
    before = {name: column[:2000] for name, column in whole.items()}
    after = {name: column[2000:] for name, column in whole.items()}
    wanted = [last(work()) for work in next(one for one in libraries if one.name == "ta_py").columns(whole).values()]
    times: Times = {}
    for _ in range(ROUNDS):
        for library in libraries:
            if library.steps is None:
                continue
            walk = library.steps(before, after)
            # Gets it ready.
            answer = next(walk)
            gc.collect()
            gc.disable()
            begin = time.perf_counter()
            for answer in walk:
                pass
            taken = (time.perf_counter() - begin) / (length - 1)
            gc.enable()
            times[library.name] = min(times.get(library.name, np.inf), taken)
            answer = answer.values() if isinstance(answer, dict) else answer
        for feature, one, other in zip(FEATURES, answer, wanted, strict=True):
                agree(library.name, feature, float(one), other)
    return times


def agree(library: str, feature: str, one: float, other: float) -> None:
    """Refuses to compare what computes something else."""
    if not np.isclose(one, other, rtol=1e-7, atol=1e-9):
        raise SystemExit(f"`{feature}` of {library} is {one}, and {other} here")


def table(libraries: list[Library], measured: dict[str, Times], unit: float, name: str) -> str:
    """A line for each thing measured: our time, and how many times as long the others take."""
    others = [library.name for library in libraries[1:] if any(library.name in times for times in measured.values())]
    lines = [f"| {name} | " + " | ".join(["ta_py", *others]) + " |", "|---|" + "---:|" * (1 + len(others))]
    for what, times in measured.items():
        mine = times.get("ta_py")
        cells = [f"{mine / unit:.2f}" if mine else ""]
        for other in others:
            theirs = times.get(other)
            ratio = f" ({theirs / mine:.2f}×)" if theirs and mine else ""
            cells.append(f"{theirs / unit:.2f}{ratio}" if theirs else "")
        lines.append(f"| {what} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def environment(names: list[str]) -> str:
    versions = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in names)
    return f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, CPython {platform.python_version()}, {versions}"


def installed() -> tuple[list[Library], list[str]]:
    found, missing = [], []
    for make in LIBRARIES:
        try:
            found.append(make())
        except ImportError as error:
            missing.append(f"{make.__name__} ({error})")
    return found, missing


def page() -> str:
    libraries, missing = installed()
    names = [library.name for library in libraries if "," not in library.name]
    say: Callable[[str], None] = lambda text: print(text, flush=True)  # noqa: E731
    say("calls over 100 rows ...")
    short = per_call(libraries, 100)
    say("columns of a million rows ...")
    long = per_call(libraries, 1_000_000)
    say("one bar more ...")
    stepped = steps(libraries, 20_000)
    say("200 symbols ...")
    many = market(libraries, 200, 5_000)
    parts = [
        "<!-- Written by `cargo xtask bench-py`. -->",
        "# Benchmarks of the wheel",
        "`ta_py` beside other libraries, all in one run of `cargo xtask bench-py`, which makes an environment of its own from `crates/ta-py/benches/requirements.txt`, measures, and writes this page.",
        f"{environment(names)}. Each number is the least of {ROUNDS} rounds, in which all libraries take turns. In parentheses: how many times as long as `ta_py`. The last values "
        "of all libraries agree to seven digits.",
        f"Not installed: {', '.join(missing)}." if missing else "",
        "## A call over 100 rows",
        table(libraries, short, 1e-6, "µs"),
        "polars-talib builds and runs a query for each call, and is not made for this.",
        "## A column of a million rows",
        table(libraries, long, 1e-3, "ms"),
        "## One bar more",
        "Five features of each appended bar, after 2,000 bars of history: `session.step` with a dict, `session.step_into` with arrays, TA-Lib's streams, and the classes for streams of the others, which are "
        "one object for each feature.",
        table(libraries, {"five features": stepped}, 1e-6, "µs"),
        "## Many symbols",
        "200 symbols of 5,000 bars, five features: `ta.eval` over a dict of frames and over one frame, `.over(\"symbol\")` in Polars, and a loop over symbols for the others. `ta_py` and Polars use all cores.",
        table(libraries, {"five features": many}, 1e-3, "ms"),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", type=Path, help="the page to write")
    path = parser.parse_args().write
    text = page()
    print("\n" + text)
    if path:
        path.write_text(text)
