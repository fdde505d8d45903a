#!/usr/bin/env python3
"""A day in the life of two replicas: visitors of five kinds through nginx, and faults thrown in between.

python scripts/soak.py [--minutes 60] [--visitors 200] [--write]

Talkers ask, lookers show a picture, tool users let the app count, programs stream through the gateway, vandals send
rubbish. Meanwhile the upstream is down, slow and lying in turn, a replica is killed, or told to stop, and started
again, Redis is gone, the disk is full, and the clock of a replica jumps. Held at the end: every reply was whole or
ended in an error of ours (a broken connection only around a kill), no key was seen anywhere, and memory did not grow
by more than a bound.

`--write` writes docs/soak.md and its plots. Needs nginx and redis-server, as the tests do; for the full disk the right
to mount one, for the clock time-machine (benchmarks/requirements.txt): what cannot be done is said and left out.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import asdict
from pathlib import Path

import httpx
from redis import Redis

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from glm_ui.gateway.keys import line_of  # noqa: E402
from scripts import soak_report  # noqa: E402
from scripts.soak_faults import Machines, RedisServer, for_second, left_out, resident, small_disk  # noqa: E402
from scripts.soak_visitors import WORDS, Day, Step, secret_of, visitor  # noqa: E402
from tests.browser.conftest import pointed_at, start_app, stop_app  # noqa: E402
from tests.conftest import CANARY  # noqa: E402
from tests.neighbours import nginx  # noqa: E402
from tests.test_scaling import sticky  # noqa: E402
from tests.tool_frames import openai_calls  # noqa: E402
from tests.upstream import Reply, Request, Upstream, openai_frames  # noqa: E402

WEATHERS = (
    *("fair", "fair", "down", "fair", "slow", "fair", "kill", "fair", "stop", "fair", "lying", "fair"),
    *("no Redis", "fair", "full disk", "fair", "clock ahead", "clock back", "fair", "fair"),
)
GROWTH = 40.0
"""MB that a replica may take at the end above what it took after a warm-up."""
SUM = ("call_1", "calculator", {"expression": "6 * 7"})


class Weather:
    """What the upstream does now."""

    kind = "fair"

    def reply(self, request: Request) -> Reply:
        match self.kind:
            case "down":
                return Reply(status=503, body={"error": {"message": f"no room for {CANARY}"}})
            case "slow":
                return Reply(sse=openai_frames("Hm.", ["Yes ", "and ", "no."]), delay=0.5)
            case "lying":
                return Reply(
                    sse=[b"data: {]\n\n", "<html>", *openai_frames("", "Yes.", finish=None)], then="cut"
                )
        said = request.json["messages"][-1]
        if "calculator" in request.body.decode() and said["role"] == "user":
            return Reply(sse=openai_calls([SUM]))
        return Reply(sse=openai_frames("Hm.", WORDS), delay=0.02)


# ---- the day


async def faults(day: Day, weather: Weather, until: float) -> None:
    """The day's weather, one after the other."""
    step = (until - time.monotonic()) / (len(WEATHERS) + 1)
    for number, kind in enumerate(WEATHERS, 1):
        before = Counter(day.seen)
        weather.kind = kind
        await day.machines.turn_to(kind)
        await asyncio.sleep(step)
        day.machines.mend(kind)
        ended: Counter[str] = Counter()
        for (_, ending), count in (day.seen - before).items():
            ended[ending] += count
        minutes = round((time.monotonic() - day.began) / 60, 2)
        day.steps.append(Step(kind, minutes, dict(ended), [resident(app) for app in day.machines.apps]))
        print(f"{number}/{len(WEATHERS)} {day.steps[-1]}, {len(day.wrong)} wrong", flush=True)
    weather.kind = "fair"


def keys_found(machines: Machines, folder: Path, redis: str) -> list[str]:
    """Where the key stands that nobody may see: logs, metrics, files of uploads and of nginx, Redis."""
    texts = {"a log": "".join(line for app in machines.apps for line in app.output)}
    texts |= {f"the metrics of {app.url}": httpx.get(f"{app.url}metrics").text for app in machines.apps}
    places = [folder, *(Path(uploads) for uploads in (machines.settings.get("GRADIO_TEMP_DIR"),) if uploads)]
    for path in (path for place in places for path in place.rglob("*") if path.is_file()):
        with contextlib.suppress(OSError):
            texts[path.name] = path.read_bytes().decode("latin-1")
    with Redis.from_url(redis) as kept:
        for key in kept.scan_iter():
            texts[f"Redis's {key!r}"] = f"{key!r} {kept.get(key)!r}"
    return [f"the key was in {where}" for where, text in texts.items() if CANARY in text]


async def soak(minutes: float, visitors: int) -> Day:
    weather = Weather()
    folder = Path(tempfile.mkdtemp(prefix="glm-ui-soak-"))
    with Upstream() as up, small_disk(folder) as disk, contextlib.ExitStack() as stack:
        up.script(weather.reply)
        redis = RedisServer(folder)
        stack.callback(redis.stop)
        settings = pointed_at(up.url) | {"ZAI_API_KEY": CANARY, "GLM_UI_REDIS_URL": redis.start()}
        settings |= {"GLM_UI_TRUSTED_PROXIES": "127.0.0.0/8", "GLM_UI_TURNS_PER_DAY": "1000000"}
        keys = (line_of(f"program-{number}", secret_of(number)) for number in range(visitors))
        settings |= {"GLM_UI_GATEWAY_KEYS": ";".join(keys)}
        clock = folder / "clock"
        first = start_app(**settings)
        second = for_second(settings, clock, disk)
        machines = Machines([first, first], second, redis, clock, disk)
        stack.callback(lambda: [stop_app(app) for app in machines.apps])
        machines.start_second()
        addresses = [app.url.removeprefix("http://").rstrip("/") for app in machines.apps]
        url = stack.enter_context(nginx(folder, sticky("127.0.0.1:{port}", *addresses)))
        day = Day(url, machines, left_out(disk))
        until = time.monotonic() + minutes * 60
        await asyncio.gather(
            faults(day, weather, until),
            *(visitor(number, day, until) for number in range(visitors)),
        )
        day.wrong += await asyncio.to_thread(keys_found, machines, folder, settings["GLM_UI_REDIS_URL"])
        before, after = day.steps[1].memory[0], day.steps[-1].memory[0]
        if after - before > GROWTH:
            day.wrong.append(f"replica 0 grew from {before} to {after} MB")
    return day


def commit() -> str:
    asked = ["git", "-C", str(ROOT), "rev-parse", "--short", "HEAD"]
    return subprocess.run(asked, capture_output=True, text=True, check=False).stdout.strip() or "no commit"


def main() -> int:
    parser = argparse.ArgumentParser(description="A soak of two replicas with faults.")
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--visitors", type=int, default=200)
    parser.add_argument("--write", action="store_true", help="write docs/soak.md and its plots")
    asked = parser.parse_args()
    day = asyncio.run(soak(asked.minutes, asked.visitors))
    told = {
        "minutes": asked.minutes,
        "commit": commit(),
        "visitors": asked.visitors,
        "endings": {f"{kind}: {ending}": count for (kind, ending), count in sorted(day.seen.items())},
        "steps": [asdict(step) for step in day.steps],
        "left_out": day.left_out,
        "wrong": day.wrong,
    }
    print(json.dumps(told, indent=1))
    if asked.write:
        soak_report.write(told)
    return 1 if day.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
