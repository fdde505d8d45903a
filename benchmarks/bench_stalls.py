"""How long everybody waits while one visitor sends what is made to cost time: `/healthz` is asked every 10 ms from a
process of its own, at rest and during each request of `tests/hostile.py`. The bar is 50 ms.

    python -m benchmarks.bench_stalls [part of a name]
"""

from __future__ import annotations

import http.client
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

from benchmarks.servers import server
from tests.hostile import HOSTILE, send

BAR = 50.0
"""Milliseconds."""
EVERY = 0.01
QUIET = 3.0
"""Seconds at rest, which show what this machine adds by itself."""


@dataclass
class Waits:
    """Milliseconds of every answer."""

    each: list[float]

    @property
    def longest(self) -> float:
        return max(self.each, default=0.0)


@contextmanager
def watched(url: str) -> Iterator[Waits]:
    """Asks `/healthz` until the block ends; the waits are there afterwards."""
    command = [sys.executable, "-m", "benchmarks.bench_stalls", "--watch", url]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        process.stdout.readline()
        waits = Waits([])
        try:
            yield waits
        finally:
            said, _ = process.communicate("", timeout=300)
            waits.each = [float(line) for line in said.split()]


def watch(url: str) -> None:
    """Prints one line when it has begun, and each wait once standard input ends."""
    import selectors

    place = urlsplit(url)
    connection = http.client.HTTPConnection(place.hostname or "", place.port or 80, timeout=300)
    waits: list[float] = []
    with selectors.DefaultSelector() as ended:
        ended.register(sys.stdin, selectors.EVENT_READ)
        print(flush=True)
        while not waits or not ended.select(EVERY):
            begun = time.perf_counter()
            connection.request("GET", "/healthz")
            connection.getresponse().read()
            waits.append(1000 * (time.perf_counter() - begun))
    print(*(f"{wait:.1f}" for wait in waits), sep="\n")


def main(part: str = "") -> int:
    print(f"{'':28}{'status':>7}{'took':>9}{'longest wait':>14}")
    over = 0
    with server("GLM UI", "http://127.0.0.1:9", ZAI_API_KEY="") as app:
        url = app.url.rstrip("/")
        with watched(url) as quiet:
            time.sleep(QUIET)
        print(f"{'at rest':28}{'':7}{QUIET:7.1f} s{quiet.longest:11.0f} ms")
        for hostile in HOSTILE:
            if part not in hostile.name:
                continue
            hostile.make()
            with watched(url) as waits:
                begun = time.perf_counter()
                status = send(url, hostile)
                took = time.perf_counter() - begun
            over += waits.longest > BAR
            print(f"{hostile.name:28}{status:7}{took:7.1f} s{waits.longest:11.0f} ms", flush=True)
        print(f"{over} above {BAR:.0f} ms; {app.memory():.0f} MB resident at the end")
    return bool(over)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--watch"]:
        watch(sys.argv[2])
    else:
        sys.exit(main(*sys.argv[1:2]))
