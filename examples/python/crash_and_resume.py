"""A program that is killed in the middle of the day, and goes on where it was.

A session with a store is found there again, however it ended.

    python examples/python/crash_and_resume.py
"""

import os
import subprocess
import sys
from pathlib import Path

import pandas as pd

import ta_py as ta

DATA = Path(__file__).resolve().parents[1] / "data"
STORE = Path("state")

bars = pd.read_csv(DATA / "ES_1MIN.csv", parse_dates=["ts"])
history, today = bars[:2000], bars[2000:]
plan = ta.compile({"trend": "ema(9) - ema(21)", "busy": "volume > 2 * sma(volume, 60)"})


def trade() -> None:
    """Takes in bars until it is killed."""
    with plan.session(history, timeframe="1m", store=STORE, save_every=10) as session:
        for number, bar in enumerate(today.to_dict("records")):
            session.step(bar)
            if number == 137:
                print("killed after", session.position, flush=True)
                # As a power cut does: nothing is closed, and nothing is written any more.
                os._exit(1)


def resume() -> None:
    with plan.session(history, timeframe="1m", store=STORE) as session:
        print("resumed at  ", session.position)
        # All bars of the day are sent again. Those that it knows are left out.
        print("caught up with", session.replay(today[:200]), "bars")
        answers = [session.step(bar) for bar in today[200:].to_dict("records")]
    # As if nothing had happened.
    expected = ta.eval(plan, bars, timeframe="1m")[2200:]
    assert [answer["trend"] for answer in answers] == expected["trend"].tolist()
    assert [answer["busy"] for answer in answers] == expected["busy"].tolist()
    print(f"{len(answers)} more bars: the same as without the crash")


if __name__ == "__main__":
    if sys.argv[1:] == ["trade"]:
        trade()
    else:
        subprocess.run([sys.executable, __file__, "trade"], check=False)
        resume()
