"""What a wheel makes of kernels with faults and awkward names."""

import inspect
import pickle

import numpy as np
import odd_ta
import pyarrow as pa
import pytest


def test_a_panic_is_an_exception_and_the_program_goes_on(capfd: pytest.CaptureFixture[str]) -> None:
    # Below and above the size from which on the interpreter is let go.
    for rows in (10, 100_000):
        values = np.ones(rows)
        values[rows // 2] = -1.0
        for _ in range(3):
            with pytest.raises(odd_ta.InternalError, match="internal fault: broken on purpose"):
                odd_ta.odd.broken(values)
        out = np.zeros(rows)
        with pytest.raises(odd_ta.InternalError):
            odd_ta.odd.broken(values, out=out)
        # The buffers are free again.
        assert (odd_ta.odd.broken(np.ones(rows), out=out) == 1.0).all()
    assert "broken on purpose" in capfd.readouterr().err


def test_names_that_python_keeps_for_itself_end_in_an_underscore() -> None:
    function = odd_ta.odd.lambda_
    # `out` is the kernel's own here, so there is no option of that name.
    assert str(inspect.signature(function)) == "(a, b, from_: int = 1, out: bool = True, *, missing='skip')"
    answer = function([1.0, 2.0], [3.0, 4.0], from_=2)
    assert answer._fields == ("class_", "pass_")
    assert answer.class_.tolist() == [3.0, 4.0]
    assert function([1.0], [2.0], **{"from": 5}).pass_.tolist() == [7.0]
    assert function([1.0], 2.0, out=False).pass_.tolist() == [2.0]
    assert pickle.loads(pickle.dumps(answer)).pass_.tolist() == [5.0, 6.0]


def test_pieces_of_a_kernel_whose_forms_differ_answer_what_the_whole_does() -> None:
    values = np.arange(1.0, 11.0)
    pieces = pa.chunked_array([values[:3], values[3:]])
    assert odd_ta.odd.near(pieces).to_pylist() == odd_ta.odd.near(values).tolist() == values.tolist()


def test_a_session_in_which_a_kernel_panicked_is_broken_off(capfd: pytest.CaptureFixture[str]) -> None:
    plan = odd_ta.compile({"x": "odd::broken(close)"})
    for rows in (4, 100_000):
        bars = {"ts": np.arange(2.0 * rows), "close": np.ones(2 * rows)}
        bars["close"][rows + 1] = -1.0
        first, second = ({name: values[part] for name, values in bars.items()} for part in (slice(rows), slice(rows, None)))
        session = plan.session(first)
        snapshot = session.snapshot()
        with pytest.raises(odd_ta.InternalError, match="broken on purpose"):
            session.step(second)
        for call in (lambda: session.step(first), session.snapshot, session.close):
            with pytest.raises(odd_ta.SessionError, match="broken off by a fault inside"):
                call()
        again = odd_ta.Session.restore(plan, snapshot)
        assert again.step({"ts": rows, "close": 1.0}) == {"x": 1.0}
        # What is only looked at breaks nothing off for others.
        with pytest.raises(odd_ta.InternalError):
            again.peek({"ts": rows + 1, "close": -1.0})
    assert "broken on purpose" in capfd.readouterr().err
