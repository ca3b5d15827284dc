"""How far a call is, shown while it runs."""

import threading

import numpy as np
import pytest
from conftest import make_bars, refused
from tqdm import tqdm

import ta_py as ta

MARKET = {f"s{at}": make_bars(50, seed=at) for at in range(40)}


class Bar:
    """What `tqdm` is to a call."""

    def __init__(self, total: int, fails: type[BaseException] | None = None) -> None:
        self.total, self.fails, self.done, self.closed = total, fails, 0, False
        self.threads: set[int] = set()

    def update(self, n: int) -> None:
        self.threads.add(threading.get_ident())
        if self.fails:
            raise self.fails("stop")
        self.done += n

    def close(self) -> None:
        self.closed = True


def watched(data: object, fails: type[BaseException] | None = None) -> tuple[object, Bar]:
    bars: list[Bar] = []

    def progress(*, total: int) -> Bar:
        bars.append(Bar(total, fails))
        return bars[-1]

    try:
        answer = ta.eval(["sma(5)", "rsi(14)"], data, progress=progress)
    except BaseException as error:
        answer = error
    [bar] = bars
    return answer, bar


def test_a_bar_counts_the_symbols_on_the_callers_thread_and_is_closed() -> None:
    answer, bar = watched(MARKET)
    assert isinstance(answer, dict) and list(answer) == list(MARKET)
    assert (bar.total, bar.done, bar.closed, bar.threads) == (40, 40, True, {threading.get_ident()})
    plain = ta.eval(["sma(5)", "rsi(14)"], MARKET)
    assert all(np.array_equal(answer[s][name], plain[s][name], equal_nan=True) for s in plain for name in plain[s])


def test_one_frame_counts_as_one() -> None:
    assert watched(MARKET["s0"])[1].done == 1
    rows = {name: np.concatenate([bars[name] for bars in MARKET.values()]) for name in MARKET["s0"]}
    rows["symbol"] = np.repeat(list(MARKET), 50).tolist()
    answer, bar = watched(rows)
    assert (bar.total, bar.done) == (40, 40)
    assert isinstance(answer, dict) and len(next(iter(answer.values()))) == 2000


@pytest.mark.parametrize("fails", [ValueError, KeyboardInterrupt])
def test_what_a_bar_raises_ends_the_call(fails: type[BaseException]) -> None:
    answer, bar = watched(MARKET, fails)
    assert type(answer) is fails and bar.closed


def test_the_bar_is_closed_when_the_data_are_refused() -> None:
    broken = {**MARKET, "s3": {**MARKET["s3"], "ts": MARKET["s3"]["ts"][::-1]}}
    answer, bar = watched(broken)
    assert isinstance(answer, ta.DataError) and bar.closed
    assert str(answer) == str(refused(ta.DataError, lambda: ta.eval(["sma(5)", "rsi(14)"], broken)))


def test_tqdm_is_such_a_bar(capsys: pytest.CaptureFixture[str]) -> None:
    ta.eval("sma(5)", MARKET, progress=tqdm)
    assert "40/40" in capsys.readouterr().err
