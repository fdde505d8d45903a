"""How long `/healthz` of a running app takes to answer, asked every 10 ms from a process of its own."""

from __future__ import annotations

import http.client
import os
import selectors
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from math import inf, isnan
from pathlib import Path
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
def watched(url: str, process: int = 0) -> Iterator[Waits]:
    """Asks `/healthz` until the block ends; the waits are there afterwards. With the app's process id, a wait is at
    most the processor time that the app used in it (steps of 10 ms): what others do on this machine lengthens none."""
    command = [sys.executable, "-m", "tests.waits", url, str(process)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        process.stdout.readline()
        waits = Waits([])
        try:
            yield waits
        finally:
            said, _ = process.communicate("", timeout=300)
            waits.each = [float(line) for line in said.split()]


def processor_time(process: int) -> float:
    """Seconds that the process has used; endless where the system does not tell."""
    try:
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return inf
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def watch(url: str, process: int) -> None:
    """Prints one line when it has begun, and each wait once standard input ends."""
    place = urlsplit(url)
    connection = http.client.HTTPConnection(place.hostname or "", place.port or 80, timeout=300)
    waits: list[float] = []
    with selectors.DefaultSelector() as ended:
        ended.register(sys.stdin, selectors.EVENT_READ)
        sys.stdout.write("\n")
        sys.stdout.flush()
        while not waits or not ended.select(EVERY):
            begun, used = time.perf_counter(), processor_time(process)
            connection.request("GET", "/healthz")
            connection.getresponse().read()
            wait, work = time.perf_counter() - begun, processor_time(process) - used
            waits.append(1000 * (wait if isnan(work) else min(wait, work)))
    sys.stdout.write("\n".join(f"{wait:.1f}" for wait in waits))


if __name__ == "__main__":
    watch(sys.argv[1], int(sys.argv[2]))
