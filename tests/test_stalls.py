"""Nobody waits for what one visitor sends: the real app is asked for its health while hostile requests run, as real
HTTP requests without a key. `benchmarks/bench_stalls.py` measures the same against 50 ms; here only the app's own work
counts, because the machine of a test run may be busy, and the bound is far below what one of them once cost."""

from __future__ import annotations

from tests.hostile import ANSWERS, HOSTILE, send
from tests.serving import Served
from tests.waits import watched

LONGEST = 1000.0
"""Milliseconds of the app's processor time in one wait."""
SLOW = {"texts within limits", "one long text", "many long texts", "one delta", "long message", *ANSWERS}
"""Left to the benchmark: long work beside the loop, and one by one what another request has all of."""


def test_nobody_waits_for_a_hostile_request(served: Served) -> None:
    before = len(served.app.output)  # others share this app, and make Gradio itself fail
    with watched(served.url, served.app.process.pid) as waits:
        said = {one.name: send(served.url, one) for one in HOSTILE if one.name not in SLOW}
    assert waits.longest <= LONGEST
    assert said["all answers in one"] == said["deltas"] == 200
    assert set(said.values()) <= {0, 200, 400, 413}, said
    assert "Traceback" not in "".join(served.app.output[before:])
