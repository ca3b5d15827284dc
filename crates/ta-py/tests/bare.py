"""What holds where nothing but the wheel and NumPy is installed; `cargo xtask test` runs it in such an environment."""

import importlib
import importlib.metadata

import numpy as np

import ta_py as ta

installed = {one.metadata["Name"].lower().replace("-", "_") for one in importlib.metadata.distributions()}
assert installed - {"pip", "setuptools"} == {"ta_py", "numpy"}, installed

close = np.array([1.0, 2.0, 6.0, 7.0, 2.0])
assert ta.sma(close, 3).tolist()[2:] == [3.0, 5.0, 5.0]
assert ta.sma([1, 2, 6], 3)[2] == 3.0
bars = {"ts": 60_000 * np.arange(5), "close": close}
assert ta.eval({"up": "close > sma(3)"}, bars)["up"].tolist()[2:] == [1.0, 1.0, 0.0]
assert ta.eval("close[1]", {"A": bars, "B": bars})["B"]["close[1]"][1] == 1.0
assert ta.preview("sma(3)", bars, tail=1)["outputs"][0]["values"] == [5.0]
assert ta.check("close > smaa(3)")[0]["message"].startswith("unknown kernel")
assert "sma" in {kernel["id"] for kernel in ta.kernels()}


def missing(library: str, extra: str, call: object) -> None:
    try:
        call()  # type: ignore[operator]
    except ta.MissingDependencyError as error:
        assert str(error) == f"`{library}` is not installed (pip install ta_py[{extra}])", error
    else:
        raise AssertionError(f"{library} was found")


missing("pandas", "pandas", lambda: importlib.import_module("ta_py.pandas"))
missing("sklearn", "sklearn", lambda: importlib.import_module("ta_py.sklearn"))
missing("plotly", "plot", lambda: ta.plot("sma(3)", bars))
missing("matplotlib", "plot", lambda: ta.plot("sma(3)", bars, backend="matplotlib"))
