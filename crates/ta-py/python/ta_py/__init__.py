"""Technical-analysis kernels over NumPy, pandas, Polars and Arrow.

Every kernel is a function: ``ta.rsi(close, period=14)``, ``ta.atr(high, low, close)``, ``ta.macd(close).signal``, ``ta.rsi(bars)``.
``help(ta.rsi)`` says what one means and takes. Expressions combine them: ``ta.eval("close > sma(20) and rsi(14) < 70", bars)``, or
``ta.eval((ta.col.close > ta.sma(20)) & (ta.rsi(14) < 70), bars)``; ``ta.plot`` draws them.
"""

from ._ta_py import *  # noqa: F403
from ._ta_py import __all__, __getattr__, __version__  # noqa: F401


class MissingDependencyError(TaError, ImportError):  # noqa: F405
    """A library is not installed that this part of the package needs. `given` is its name, `accepted` what installs it."""


from ._own import ConformanceError, certify, kernel, param  # noqa: E402
from ._plot import plot  # noqa: E402

__all__ = [*__all__, "ConformanceError", "MissingDependencyError", "certify", "kernel", "param", "plot"]  # noqa: F405
