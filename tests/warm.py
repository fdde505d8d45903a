"""Starts processes as copies (forks) of one that has imported everything: the imports are four fifths of a start of the
app, and half of a start of one of pytest-xdist's workers.

`python -m tests.warm LISTENER LIFE` is the process that is copied. It takes orders on the socket LISTENER, and ends
when the pipe LIFE does; both are numbers of open files. The first process that wants a copy starts it, and the workers
of its run order from the same one. Each copy gets an environment, a working directory and files of its own.

`python tests/warm.py -u -c CODE` is what pytest-xdist takes for Python: it has a copy run CODE in its place."""

from __future__ import annotations

import atexit
import contextlib
import gc
import importlib
import json
import os
import random
import runpy
import select
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import types
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
    "GRADIO_ANALYTICS_ENABLED",
    "HF_HUB_DISABLE_TELEMETRY",
    "FORWARDED_ALLOW_IPS",
)
"""Variables that no import reads, that a test sets where one did, or that the app sets itself: they may differ from one
copy to the next."""
PLACE = "PYTEST_WARM_SOCKET"
"""Variable with the path of the socket, for the workers of a run."""
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
    return sys.platform == "linux" and _read_by_imports(environment) == _imported_with()


def _read_by_imports(environment: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in environment.items() if not name.startswith(READ_LATE)}


@cache
def _imported_with() -> dict[str, str]:
    """The environment of the imports: of the first process, which its workers inherit."""
    return {k: v for k, v in _read_by_imports(os.environ).items() if "PROXY" not in k.upper()}


def start_copy(environment: Mapping[str, str], cwd: Path, app: Path = APP, code: str = "") -> Copy:
    """Runs the file `app` in the folder `cwd`. `code` runs before it, when all is imported: it may change what a module
    looks up in itself as it runs, and no name that another module has taken from it."""
    output, write_output = os.pipe()
    with Path(os.devnull).open("rb") as nothing:
        told = _order(
            place(), environment, cwd, str(app), code, (nothing.fileno(), write_output, write_output)
        )
    os.close(write_output)
    return Copy(output, told)


def _order(
    socket_path: str,
    environment: Mapping[str, str],
    cwd: Path,
    app: str,
    code: str,
    files: tuple[int, int, int],
) -> int:
    """`files` become the copy's input, output and errors. Gives the end of a pipe that tells its process id, and later
    its exit code as Popen has it; the copy is killed when that is closed before."""
    order = json.dumps([dict(environment), str(cwd), app, code]).encode()
    told, tell = os.pipe()
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as to:
        to.connect(socket_path)
        socket.send_fds(to, [order], [*files, tell])
    os.close(tell)
    return told


def place() -> str:
    """The path of the socket of the process that is copied, which ends with the process that started it."""
    with _one_at_a_time:
        return os.environ.get(PLACE) or _start()


@cache
def _start() -> str:
    folder = tempfile.mkdtemp(prefix="glm-ui-warm-")
    path = f"{folder}/socket"
    ended, life = os.pipe()
    # Whoever orders before all is imported waits.
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listener:
        listener.bind(path)
        listener.listen(64)
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.warm", str(listener.fileno()), str(ended)],
            env=_imported_with() | {"PYTHONUNBUFFERED": "1"},
            cwd=APP.parent,
            stdin=subprocess.DEVNULL,
            pass_fds=[listener.fileno(), ended],
        )
    os.close(ended)

    def end() -> None:
        os.close(life)
        process.wait(30)
        shutil.rmtree(folder)

    atexit.register(end)
    return path


# ---- in place of a worker's Python


def python_of_workers() -> str:
    """The command with which pytest-xdist starts a worker that is a copy."""
    os.environ[PLACE] = place()
    return shlex.join([sys.executable, "-S", "-E", __file__])


def stand_in(arguments: list[str]) -> int:
    """Has a copy do what Python would with these arguments, the last of which is code. Gives its exit code; becomes
    that Python where no copies are made, because an import failed."""
    try:
        told = os.fdopen(
            _order(os.environ[PLACE], os.environ, Path.cwd(), "", arguments[-1], (0, 1, 2)), "rb"
        )
    except ConnectionError:
        told = None
    if told is None or not told.readline():
        os.execv(sys.executable, [sys.executable, *arguments])  # noqa: S606 (the Python that runs)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the copy
    for file in (0, 1):
        os.close(file)
    return int(told.read()) % 256


# ---- in the process that is copied


def wait_for_orders(orders: socket.socket, life: int) -> None:
    from glm_ui import start
    from glm_ui.ui.gradio.fast_start import import_gradio

    start._prepare_environment()
    import_gradio()
    for name in IMPORTED:
        importlib.import_module(name)
    gc.collect()
    gc.freeze()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for pytest
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while life not in select.select([orders, life], [], [])[0]:
        order, _ = orders.accept()
        with order:
            text, files = socket.recv_fds(order, 2**20, 4)[:2]
        if text and os.fork() == 0:
            orders.close()
            os.close(life)
            watch_over(text, *files)
            return
        for file in files:
            os.close(file)


def watch_over(order: bytes, nothing: int, output: int, errors: int, tell: int) -> None:
    """Forks what was ordered, and writes its process id and then its exit code, as Popen has it, to `tell`."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    if (pid := os.fork()) == 0:
        os.close(tell)
        become(*json.loads(order), (nothing, output, errors))
    for file in (nothing, output, errors):
        os.close(file)
    devnull = os.open(os.devnull, os.O_RDWR)
    for file in range(3):
        os.dup2(devnull, file)
    with contextlib.suppress(BrokenPipeError):
        os.write(tell, b"%d\n" % pid)
    wanted = select.poll()
    wanted.register(ended := os.pidfd_open(pid), select.POLLIN)
    wanted.register(tell, 0)
    if ended not in dict(wanted.poll()):  # nobody listens: whoever ordered it is gone
        os.kill(pid, signal.SIGKILL)
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    with contextlib.suppress(BrokenPipeError):
        os.write(tell, b"%d\n" % code)
    os._exit(0)


def become(environment: dict[str, str], cwd: str, app: str, code: str, files: tuple[int, int, int]) -> None:
    """Ends the process as `python app.py` would, or `python -c code` where there is no app."""
    for number, file in enumerate(files):
        os.dup2(file, number)
    for file in files:
        os.close(file)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(cwd)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    random.seed()
    sys.argv = [app or "-c"]
    main = sys.modules["__main__"] = types.ModuleType("__main__")
    exec(code, {} if app else main.__dict__)  # noqa: S102 (what a test gives)
    if app:
        runpy.run_path(app, run_name="__main__")
    sys.exit()


if __name__ == "__main__":
    if sys.argv[1] == "-u":
        sys.exit(stand_in(sys.argv[1:]))
    wait_for_orders(socket.socket(fileno=int(sys.argv[1])), int(sys.argv[2]))
