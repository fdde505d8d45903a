"""What a soak breaks on purpose: a replica, Redis, the disk of its uploads, its clock."""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.browser.conftest import App, end_app, free_port, start_app
from tests.neighbours import redis_server

CAN_JUMP = importlib.util.find_spec("time_machine") is not None
DISK = 1_200
"""MB of the disk that replica 1 keeps uploads on, which leaves 1,024 of them alone."""
CLOCKS = {"clock ahead": 3 * 86_400, "clock back": -2 * 3_600}
"""Seconds that the clock of replica 1 jumps."""
JUMPING = """
import pathlib, sys, threading, time
import time_machine

def follow(file):
    shown, jump = 0, None
    while True:
        wanted = int(file.read_text() or shown)
        if wanted != shown:
            if jump:
                jump.stop()
            jump = time_machine.travel(time.time() + wanted, tick=True) if wanted else None
            if jump:
                jump.start()
            shown = wanted
        threading.Event().wait(1)

threading.Thread(target=follow, args=(pathlib.Path({file!r}),), daemon=True).start()
"""
"""What replica 1 does before it starts: its clock, and not what measures time, follows a file."""


def resident(app: App) -> float:
    """MB."""
    status = Path(f"/proc/{app.process.pid}/status").read_text()
    return round(int(status.partition("VmRSS:")[2].split()[0]) / 1024, 1)


class RedisServer:
    """A server that goes and comes back at its port."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, free_port()
        self.stack = contextlib.ExitStack()

    def start(self) -> str:
        return self.stack.enter_context(redis_server(self.folder, self.port))

    def stop(self) -> None:
        self.stack.close()


@contextlib.contextmanager
def small_disk(folder: Path) -> Iterator[Path | None]:
    """A disk of its own for uploads, where one may be mounted."""
    disk = folder / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK}m", "tmpfs", str(disk)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        yield None
        return
    try:
        yield disk
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=False)


@dataclass
class Machines:
    """What can be broken: two replicas, Redis, the disk of replica 1's uploads, and its clock."""

    apps: list[App]
    settings: dict[str, str]
    redis: RedisServer
    clock: Path
    disk: Path | None
    killed_at: float = -1e9
    """When a replica was last killed, or was back; in the seconds of time.monotonic."""

    def start_second(self) -> None:
        code = JUMPING.format(file=str(self.clock)) if CAN_JUMP else ""
        self.apps[1] = start_app(code=code, **self.settings)

    async def turn_to(self, weather: str) -> None:
        """Breaks what this weather breaks."""
        if weather == "kill":
            self.killed_at = time.monotonic()
            self.apps[1].process.kill()
            await asyncio.to_thread(self.apps[1].process.wait)
            await asyncio.to_thread(self.start_second)
            self.killed_at = time.monotonic()
        if weather == "stop":
            code = await asyncio.to_thread(end_app, self.apps[1], signal.SIGTERM)
            if code:
                raise RuntimeError(f"A replica that was told to stop ended with {code}.")
            await asyncio.to_thread(self.start_second)
        if weather == "no Redis":
            self.redis.stop()
        if weather == "full disk" and self.disk:
            with (self.disk / "filler").open("wb") as filler:
                os.posix_fallocate(filler.fileno(), 0, shutil.disk_usage(self.disk).free)
        if weather in CLOCKS:
            self.clock.write_text(str(CLOCKS[weather]))

    def mend(self, weather: str) -> None:
        if weather == "no Redis":
            self.redis.start()
        if weather == "full disk" and self.disk:
            (self.disk / "filler").unlink()
        if weather in CLOCKS:
            self.clock.write_text("0")


def for_second(settings: dict[str, str], clock: Path, disk: Path | None) -> dict[str, str]:
    """The settings of replica 1, which has a small disk and a clock of its own where these can be had."""
    clock.write_text("0")
    own = settings | {"GLM_UI_PORT": str(free_port())}
    if disk:
        own |= {"GRADIO_TEMP_DIR": str(disk)}
    return own


def left_out(disk: Path | None) -> list[str]:
    """What cannot be broken on this machine, and why."""
    return [
        *([] if disk else ["the full disk, for there is no right to mount a small one"]),
        *([] if CAN_JUMP else ["the clock that jumps, for time-machine is not installed"]),
    ]
