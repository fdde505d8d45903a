"""What one turn costs the server before its text, how long a start takes, and what a day of turns leaves in memory.

    python -m benchmarks.bench_turns [--rounds 5] [--turns 300] [--day 50000]

A turn's set-up is the CPU of the app's process for a turn whose reply is one token, asked over one connection. A start
is from the command to the end of the first answer, whose upstream replies at once.
The day is many short turns, 16 at a time; memory is read after its first tenth and at its end.
"""

from __future__ import annotations

import argparse
import http.client
import json
import statistics
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

from benchmarks import results
from benchmarks.servers import Server, server
from benchmarks.upstream import Upstream, upstream

AT_ONCE = 16


def turn(run: str, tokens: int = 1) -> dict[str, Any]:
    said = f"bench:{run}:{tokens}:0"
    messages = [{"role": "user", "text": said}]
    return {
        "session": f"session-{run}",
        "id": run,
        "model": "glm-4.7",
        "provider": "zai",
        "messages": messages,
    }


def ask(url: str, prefix: str, turns: int) -> None:
    """Asks one after the other over one connection. Raises AssertionError for a turn without an end."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=120)
    for number in range(turns):
        body = json.dumps(turn(f"{prefix}-{number}"))
        connection.request("POST", "/glm_ui/chat", body, {"Content-Type": "application/json"})
        said = connection.getresponse().read()
        assert b'"k":"done"' in said, said[-500:]
    connection.close()


def set_up(app: Server, rounds: int, turns: int) -> dict[str, float]:
    """Seconds of CPU for a turn: the median of the rounds, and the least and the most."""
    ask(app.url, "warm", 50)
    found = []
    for each in range(rounds):
        before = app.cpu()
        ask(app.url, f"r{each}", turns)
        found.append((app.cpu() - before) / turns)
    return {"median": statistics.median(found), "least": min(found), "most": max(found)}


def started(up: Upstream) -> float:
    """Seconds from the command to the end of the first answer."""
    began = time.monotonic()
    with server("GLM UI", up.url) as app:
        ask(app.url, f"s{time.time_ns()}", 1)
        return time.monotonic() - began


def day(app: Server, turns: int) -> dict[str, float]:
    """MB after a tenth of the turns and after all of them."""

    def asked(part: str, many: int) -> float:
        with ThreadPoolExecutor(AT_ONCE) as pool:
            list(pool.map(lambda n: ask(app.url, f"{part}{n}", many // AT_ONCE), range(AT_ONCE)))
        return app.memory()

    early = asked("early", turns // 10)
    return {"turns": turns, "early_mb": early, "late_mb": asked("late", turns - turns // 10)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--turns", type=int, default=300)
    parser.add_argument("--day", type=int, default=50_000)
    options = parser.parse_args()
    with upstream() as up:
        starts = [started(up) for _ in range(options.rounds)]
        found = {"median": statistics.median(starts), "least": min(starts), "most": max(starts)}
        results.keep("turns", "start", found)
        print(
            f"start to the first answer: {found['median']:.2f} s ({found['least']:.2f} to {found['most']:.2f})"
        )
        with server("GLM UI", up.url) as app:
            found = set_up(app, options.rounds, options.turns)
            results.keep("turns", "set-up", found)
            least, most = 1000 * found["least"], 1000 * found["most"]
            print(
                f"set-up: {1000 * found['median']:.2f} ms of CPU a turn ({least:.2f} to {most:.2f})",
                flush=True,
            )
        if options.day:
            with server("GLM UI", up.url, GLM_UI_TURNS_PER_VISITOR="1000000") as app:
                found = day(app, options.day)
                results.keep("turns", "day", found)
                print(f"{options.day:,} turns: {found['early_mb']:.0f} MB, then {found['late_mb']:.0f} MB")


if __name__ == "__main__":
    main()
