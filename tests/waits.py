"""How long `/healthz` of a running app takes to answer, asked every 10 ms from a process of its own."""

from __future__ import annotations

import http.client
import selectors
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

EVERY = 0.01
"""Seconds."""


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
    command = [sys.executable, "-m", "tests.waits", url]
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
    place = urlsplit(url)
    connection = http.client.HTTPConnection(place.hostname or "", place.port or 80, timeout=300)
    waits: list[float] = []
    with selectors.DefaultSelector() as ended:
        ended.register(sys.stdin, selectors.EVENT_READ)
        sys.stdout.write("\n")
        sys.stdout.flush()
        while not waits or not ended.select(EVERY):
            begun = time.perf_counter()
            connection.request("GET", "/healthz")
            connection.getresponse().read()
            waits.append(1000 * (time.perf_counter() - begun))
    sys.stdout.write("\n".join(f"{wait:.1f}" for wait in waits))


if __name__ == "__main__":
    watch(sys.argv[1])
