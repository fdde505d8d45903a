"""How long everybody waits while one visitor sends what is made to cost time: `/healthz` is asked every 10 ms from a
process of its own, at rest and during each request of `tests/hostile.py`. The bar is 50 ms. Another app that has
nothing to do is asked at the same time: what it takes is what the machine adds, whose cores others use too.

    python -m benchmarks.bench_stalls [part of a name]
"""

from __future__ import annotations

import os
import sys
import time

from benchmarks.servers import server
from tests.hostile import HOSTILE, send
from tests.waits import watched

BAR = 50.0
"""Milliseconds."""
QUIET = 3.0
"""Seconds at rest, which show what this machine adds by itself."""


def main(part: str = "") -> int:
    print(f"{'':28}{'status':>7}{'took':>9}{'CPU':>9}{'longest wait':>14}{'idle app':>12}")
    over = 0
    nowhere = "http://127.0.0.1:9"
    with server("bare Blocks", nowhere) as bare, server("GLM UI", nowhere, ZAI_API_KEY="") as app:
        url, idle_url = app.url.rstrip("/"), bare.url.rstrip("/")
        with watched(idle_url) as idle, watched(url) as waits:
            time.sleep(QUIET)
        print(f"{'at rest':28}{'':7}{QUIET:7.1f} s{'':9}{waits.longest:11.0f} ms{idle.longest:9.0f} ms")
        for hostile in HOSTILE:
            if part not in hostile.name:
                continue
            hostile.make()
            with watched(idle_url) as idle, watched(url) as waits:
                begun, used = time.perf_counter(), app.cpu()
                status = send(url, hostile)
                took, used = time.perf_counter() - begun, app.cpu() - used
            over += waits.longest > BAR
            print(
                f"{hostile.name:28}{status:7}{took:7.1f} s{used:7.2f} s{waits.longest:11.0f} ms{idle.longest:9.0f} ms",
                flush=True,
            )
        load = os.getloadavg()[0]
        print(
            f"{over} above {BAR:.0f} ms; {app.memory():.0f} MB resident at the end; load average {load:.1f}"
        )
    return bool(over)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:2]))
