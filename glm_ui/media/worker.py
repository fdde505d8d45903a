"""Decodes files in a few processes of their own, with limits of time and memory, started when first needed.

`run` sends a function of this package by name, with its arguments, and awaits what it gives. A worker that is killed,
crashes or takes too long is one clear sentence, and the next call gets a fresh one. The event loop only ever waits.

A worker is `python -m glm_ui.media.worker`: not multiprocessing, which would import the app's main module (Gradio,
seconds and 200 MB) into each. What comes back is unpickled with nothing but this package's values allowed.
"""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import functools
import importlib
import io
import os
import pickle
import struct
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import ContextVar, copy_context
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, TypeVar, cast

from glm_ui import errors
from glm_ui.languages import current, say, speaking
from glm_ui.media.fair_queue import FairQueue

T = TypeVar("T")

WORKERS = 2
SPARE = 2
"""Further ones for visitors who have none while others' slow files hold all."""
MEMORY = 3 << 30
"""Address space of one worker in bytes; 100 megapixels, twice, fit."""
RETIRE = 600 << 20
"""A worker whose memory once grew beyond this is replaced after its job, so that idle ones are small."""
_HEADER = struct.Struct("!Q")
_MAX_FRAME = 1 << 31


@dataclass(slots=True)
class _Job:
    frame: bytes
    about: str
    timeout: float
    on_progress: Callable[[int, int], None]
    process: subprocess.Popen[bytes] | None = None
    stopped: str = ""
    lock: threading.Lock = field(default_factory=threading.Lock)

    def stop(self, why: str) -> None:
        """Kills the worker, from any thread; a read from it then fails."""
        with self.lock:
            self.stopped = self.stopped or why
            if self.process is not None:
                self.process.kill()


visitor: ContextVar[str] = ContextVar("visitor", default="")
"""Whose files are being made ready: `run` queues for each visitor."""


class _Pool:
    """Threads that each own one process; a thread speaks for one job at a time."""

    def __init__(self) -> None:
        self.threads = ThreadPoolExecutor(WORKERS + SPARE, "media")
        self.queue = FairQueue(self.threads, WORKERS, SPARE)
        self.own = threading.local()
        self.all: set[subprocess.Popen[bytes]] = set()

    def submit(self, job: _Job, who: str) -> Future[Any]:
        context = copy_context()  # what goes wrong is told in the language of the caller
        return self.queue.submit(who, lambda: context.run(self._and_end_if_spare, job))

    def _and_end_if_spare(self, job: _Job) -> Any:
        try:
            return self.do(job)
        finally:
            if self.queue.running > WORKERS and (process := getattr(self.own, "process", None)) is not None:
                self.drop(process)

    def do(self, job: _Job) -> Any:
        process = self._process()
        with job.lock:
            if job.stopped:
                raise _sentence(job)
            job.process = process
        timer = threading.Timer(job.timeout, job.stop, ("timeout",))
        timer.daemon = True
        timer.start()
        try:
            return self._talk(process, job)
        except (OSError, EOFError, pickle.UnpicklingError) as e:
            self.drop(process)
            raise _sentence(job) from e
        finally:
            timer.cancel()
            with job.lock:
                job.process = None
            if job.stopped:
                self.drop(process)

    def _talk(self, process: subprocess.Popen[bytes], job: _Job) -> Any:
        requests, answers = cast(IO[bytes], process.stdin), cast(IO[bytes], process.stdout)
        requests.write(_HEADER.pack(len(job.frame)) + job.frame)
        requests.flush()
        while True:
            kind, *values = _Careful(io.BytesIO(_read_frame(answers))).load()
            if kind == "tell":
                job.on_progress(values[0], values[1])
                continue
            if values.pop():
                self.drop(process)
            if kind == "value":
                return values[0]
            name, what, why, todo, details = values
            kind_of_error = errors.CannotSend if name == "CannotSend" else errors.BadInput
            # What a loader refuses, no other model or provider takes.
            raise kind_of_error(what.replace(_ABOUT, job.about), why, todo, details=details, way_out="")

    def _process(self) -> subprocess.Popen[bytes]:
        process: subprocess.Popen[bytes] | None = getattr(self.own, "process", None)
        if process is None or process.poll() is not None:
            if process is not None:
                self.drop(process)
            process = subprocess.Popen(
                [sys.executable, "-m", "glm_ui.media.worker"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                cwd=_ROOT,
                env={k: v for k, v in os.environ.items() if k in _KEPT_ENVIRONMENT}
                | {"OMP_NUM_THREADS": "1"},
            )
            self.own.process = process
            self.all.add(process)
        return process

    def drop(self, process: subprocess.Popen[bytes]) -> None:
        self.all.discard(process)
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            with contextlib.suppress(OSError):
                if pipe is not None:
                    pipe.close()

    def close(self) -> None:
        self.queue.close()
        for process in list(self.all):
            self.drop(process)
        self.threads.shutdown(wait=True, cancel_futures=True)


# No key of a provider reaches a process that opens hostile files.
_KEPT_ENVIRONMENT = frozenset(
    ["PATH", "PYTHONPATH", "PYTHONHOME", "LANG", "LC_ALL", "HOME", "TMPDIR", "SYSTEMROOT", "LD_LIBRARY_PATH"]
)
_ABOUT = "\0about\0"


_ROOT = Path(__file__).parents[2]
_pool: _Pool | None = None
_pool_lock = threading.Lock()


def _shared() -> _Pool:
    global _pool
    with _pool_lock:
        if _pool is None:
            _pool = _Pool()
            atexit.register(close)
        return _pool


def close() -> None:
    """End the workers; the next `run` starts new ones. They also end by themselves with the app."""
    global _pool
    with _pool_lock:
        pool, _pool = _pool, None
    if pool is not None:
        pool.close()


def processes() -> tuple[int, ...]:
    """Process ids of the workers that are up, for measuring."""
    with _pool_lock:
        return tuple(process.pid for process in _pool.all) if _pool else ()


async def run(
    function: Callable[..., T],
    *arguments: Any,
    seconds: float = 60.0,
    about: str = "",
    on_progress: Callable[[int, int], None] | None = None,
) -> T:
    """`function(*arguments)` in a worker. `on_progress(done, total)` is called on the event loop when the function
    takes a `tell`. Cancelling kills the worker at once. `seconds` is its time, counted from when the work
    starts; it may wait before for others of the same `visitor`.

    Raises what the function raised of `glm_ui.errors`, BadInput when the worker died over the file,
    CannotSend when it ran out of time or memory.
    """
    loop = asyncio.get_running_loop()
    frame = _call(function, arguments, listened=on_progress is not None)

    def on_loop(done: int, total: int) -> None:
        if on_progress is not None and not loop.is_closed():
            loop.call_soon_threadsafe(on_progress, done, total)

    job = _Job(frame, about or say("The file"), seconds, on_loop)
    try:
        result: T = await asyncio.wrap_future(_shared().submit(job, visitor.get()))
    except asyncio.CancelledError:
        job.stop("cancelled")
        raise
    return result


def _call(function: Callable[..., Any], arguments: tuple[Any, ...], *, listened: bool) -> bytes:
    """What is sent to a worker; it speaks the caller's language."""
    call = (function.__module__, function.__qualname__, arguments, listened, current())
    return pickle.dumps(call, pickle.HIGHEST_PROTOCOL)


def run_here(function: Callable[..., T], *arguments: Any, seconds: float = 60.0) -> T:
    """As `run`, for code that already runs in a thread of its own: it waits."""
    frame = _call(function, arguments, listened=False)
    job = _Job(frame, say("The file"), seconds, lambda done, total: None)
    result: T = _shared().submit(job, visitor.get()).result()
    return result


def _sentence(job: _Job) -> errors.GlmUiError:
    if job.stopped == "timeout":
        why = say("It was stopped after {seconds:g} seconds.", seconds=job.timeout)
        return errors.CannotSend(
            say("{about} takes too long to read.", about=job.about), why, "Send less of it, or another file."
        )
    if job.stopped:
        return errors.BadInput(say("Reading {about} was stopped.", about=job.about))
    why = "The program that reads such files gave up on it."
    what = say("{about} cannot be read.", about=job.about)
    return errors.BadInput(what, why, "Save it again, or choose another file.")


def _read_frame(stream: IO[bytes]) -> bytes:
    header = stream.read(_HEADER.size)
    if len(header) < _HEADER.size:
        raise EOFError
    (length,) = _HEADER.unpack(header)
    if length > _MAX_FRAME:
        raise EOFError
    body = stream.read(length)
    if len(body) < length:
        raise EOFError
    return body


class _Careful(pickle.Unpickler):
    """Values of this package and nothing else: a worker that was taken over must not take over the app."""

    def find_class(self, module: str, name: str) -> Any:
        if module.startswith("glm_ui.media.") and "." not in name:
            found = getattr(importlib.import_module(module), name, None)
            if isinstance(found, type) and hasattr(found, "__dataclass_fields__"):
                return found
        raise pickle.UnpicklingError(f"{module}.{name}")


# What follows runs in the worker.


def _serve(requests: IO[bytes], answers: IO[bytes]) -> None:
    def answer(*values: Any) -> None:
        body = pickle.dumps(values, pickle.HIGHEST_PROTOCOL)
        answers.write(_HEADER.pack(len(body)) + body)
        answers.flush()

    while True:
        try:
            module, name, arguments, listened, language = pickle.loads(_read_frame(requests))  # noqa: S301  From the app itself.
        except EOFError:
            return
        tell = {"tell": functools.partial(answer, "tell")} if listened else {}
        with speaking(language):
            outcome = _outcome(module, name, arguments, tell)
        try:
            answer(*outcome, _has_grown())
        except MemoryError:
            os._exit(1)


def _outcome(module: str, name: str, arguments: tuple[Any, ...], tell: dict[str, Any]) -> tuple[Any, ...]:
    """What a call comes to: ("value", ...), or ("error", class, what, why, todo, details)."""
    try:
        return ("value", getattr(importlib.import_module(module), name)(*arguments, **tell))
    except errors.GlmUiError as e:
        return ("error", type(e).__name__, e.what, e.why, e.todo, e.details)
    except MemoryError:
        what, why = (
            say("{about} is too large to open.", about=_ABOUT),
            "It needs more memory than is allowed.",
        )
        return ("error", "CannotSend", what, why, "Make it smaller.", {})
    except Exception as e:  # noqa: BLE001  Whatever a decoder raises, the app gets one sentence.
        why = say("Its content is broken ({name}).", name=type(e).__name__)
        what = say("{about} cannot be read.", about=_ABOUT)
        return ("error", "BadInput", what, why, "Choose a whole copy.", {})


def _has_grown() -> bool:
    """By the peak of this very program: `ru_maxrss` is inherited from the app that started it."""
    try:
        status = Path("/proc/self/status").read_text()
    except OSError:
        return False
    peak = next((line for line in status.splitlines() if line.startswith("VmHWM")), "VmHWM: 0 kB")
    return int(peak.split()[1]) * 1024 > RETIRE


def _limit() -> None:
    """Memory, core files and priority, where the system has such limits."""
    with contextlib.suppress(ImportError, OSError, ValueError):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with contextlib.suppress(AttributeError, OSError):
        os.nice(5)  # the chat's streams come first


def main() -> None:
    _limit()
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints must not land among the answers
    _serve(sys.stdin.buffer, answers)


if __name__ == "__main__":
    main()
