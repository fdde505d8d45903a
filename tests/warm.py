"""Starts the app as a copy (fork) of a process that has imported everything: the imports are four fifths of a start.

`python -m tests.warm FD` is that process. It waits for orders on the socket FD, and ends with it. Each copy gets an
environment, a working directory and an output of its own, and runs the app.py that it is told from its first line."""

from __future__ import annotations

import atexit
import gc
import importlib
import json
import os
import random
import runpy
import select
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import IO

APP = Path(__file__).parents[1] / "app.py"
IMPORTED = (
    "glm_ui.backend.turn_log",
    "glm_ui.serving.connections",
    "glm_ui.telemetry.spans",
    "glm_ui.ui.page",
)
IMPORTED += tuple(f"glm_ui.ui.gradio.{name}" for name in ("labels", "shutdown", "space"))
"""What glm_ui/start.py imports once the settings are known."""
READ_LATE = (
    "GLM_UI_",
    "ZAI_",
    "OPENROUTER_",
    "HF_TOKEN",
    "GATEWAY_",
    "GRADIO_TEMP_DIR",
    "NO_PROXY",
    "PYTHONUNBUFFERED",
    "PYTEST_",
    "SYSTEM",
    "SPACE_",
    "OAUTH_",
    "OPENID_",
)
"""Variables that no import reads, or that a test sets where one did: they may differ from one copy to the next."""
_one_at_a_time = threading.Lock()


class Copy:
    """A running app; what subprocess.Popen offers of a child, as far as the tests use it."""

    def __init__(self, output: int, told: int) -> None:
        self.stdout: IO[str] | None = os.fdopen(output, encoding="utf-8", errors="replace")
        self._told = os.fdopen(told, "rb", buffering=0)
        self.pid = int(self._line())
        self.returncode: int | None = None

    def poll(self) -> int | None:
        if self.returncode is None and select.select([self._told], [], [], 0)[0]:
            self.returncode = int(self._line() or -signal.SIGKILL)
            self._told.close()
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Raises subprocess.TimeoutExpired."""
        if self.returncode is None:
            select.select([self._told], [], [], timeout)
        code = self.poll()
        if code is None:
            raise subprocess.TimeoutExpired(str(APP), timeout or 0)
        return code

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def _line(self) -> bytes:
        return self._told.readline()


def can_copy(environment: Mapping[str, str]) -> bool:
    """Whether a copy starts as a new process with these variables would."""
    with _one_at_a_time:
        return sys.platform == "linux" and _read_by_imports(environment) == _waiting()[1]


def _read_by_imports(environment: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in environment.items() if not name.startswith(READ_LATE)}


def start_copy(environment: Mapping[str, str], cwd: Path, app: Path = APP, code: str = "") -> Copy:
    """Runs the file `app` in the folder `cwd`. `code` runs before it, when all is imported: it may change what a module
    looks up in itself as it runs, and no name that another module has taken from it."""
    order = json.dumps([dict(environment), str(cwd), str(app), code]).encode()
    output, write_output = os.pipe()
    told, tell = os.pipe()
    with _one_at_a_time:
        socket.send_fds(_waiting()[0], [order], [write_output, tell])
    os.close(write_output)
    os.close(tell)
    return Copy(output, told)


@cache
def _waiting() -> tuple[socket.socket, dict[str, str]]:
    """The socket of the process that waits, which ends with this one, and the environment of its imports."""
    here, there = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    environment = {k: v for k, v in _read_by_imports(os.environ).items() if "PROXY" not in k.upper()}
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.warm", str(there.fileno())],
        env=environment | {"PYTHONUNBUFFERED": "1"},
        cwd=APP.parent,
        stdin=subprocess.DEVNULL,
        pass_fds=[there.fileno()],
    )
    there.close()

    def end() -> None:
        here.close()
        process.wait(30)

    atexit.register(end)
    return here, environment


# ---- in the process that waits


def wait_for_orders(orders: socket.socket) -> None:
    from glm_ui import start
    from glm_ui.ui.gradio.fast_import import import_gradio

    start._prepare_environment()
    import_gradio()
    for name in IMPORTED:
        importlib.import_module(name)
    gc.collect()
    gc.freeze()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for pytest
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while order := socket.recv_fds(orders, 2**20, 2)[:2]:
        text, files = order
        if not text:
            return
        if os.fork() == 0:
            orders.close()
            watch_over(text, *files)
            return
        for file in files:
            os.close(file)


def watch_over(order: bytes, output: int, tell: int) -> None:
    """Forks the app, and writes its process id and then its exit code, as Popen has it, to `tell`."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    if (pid := os.fork()) == 0:
        os.close(tell)
        become_the_app(*json.loads(order), output)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    os.close(output)
    os.write(tell, b"%d\n" % pid)
    os.write(tell, b"%d\n" % os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
    os._exit(0)


def become_the_app(environment: dict[str, str], cwd: str, app: str, code: str, output: int) -> None:
    """Ends the process as `python app.py` would."""
    os.dup2(output, 1)
    os.dup2(output, 2)
    os.close(output)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(cwd)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    random.seed()
    sys.argv = [app]
    exec(code, {})  # noqa: S102 (what a test gives)
    runpy.run_path(app, run_name="__main__")
    sys.exit()


if __name__ == "__main__":
    wait_for_orders(socket.socket(fileno=int(sys.argv[1])))
