"""How long everybody waits while one visitor sends what is made to cost time: `/healthz` is asked every 10 ms from a
process of its own, at rest and during each request of `tests/hostile.py`. The bar is 50 ms.

    python -m benchmarks.bench_stalls [part of a name]
"""

from __future__ import annotations

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
    sys.exit(main(*sys.argv[1:2]))
