"""A server that is a program of the owner's: JSON-RPC as lines on its pipes. The package's own transport joins a line
of any length from its pieces in quadratic time, and logs what it cannot parse; here a line is bounded."""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import os
import signal
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncGenerator, Callable
from typing import Any, Final

import anyio
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream

from glm_ui.tools.mcp.config import ServerRow

LARGEST_LINE: Final = 4 * 2**20
"""Bytes of one message."""
LEAVE_WITHIN: Final = 1.0
"""Seconds that a program has to end after its input was closed, and again after SIGTERM."""
KILLED_WITHIN: Final = 10.0
"""Seconds until a killed program is given up: on a busy machine its end is told late."""


@contextlib.asynccontextmanager
async def streams(row: ServerRow, ended: Callable[[], None]) -> AsyncGenerator[tuple[Any, Any], None]:
    """(what it sends, what it is sent). The program gets its own variables and the few that every program needs; what
    it writes to standard error is not kept: it may hold anything. `ended` is called when it closes its output."""
    from mcp.client.stdio import get_default_environment

    process = await asyncio.create_subprocess_exec(
        row.command,
        *row.args,
        stdin=PIPE,
        stdout=PIPE,
        stderr=DEVNULL,
        env=get_default_environment() | dict(row.env),
        cwd=row.cwd,
        limit=LARGEST_LINE,
        start_new_session=True,
    )
    stdin, stdout = process.stdin, process.stdout
    assert stdin is not None and stdout is not None  # noqa: S101, PT018 - it was started with pipes
    _alive.add(process.pid)
    to_us, received = anyio.create_memory_object_stream[Any](0)
    sent, to_it = anyio.create_memory_object_stream[Any](0)
    reader = asyncio.create_task(_read(stdout, to_us, ended))
    writer = asyncio.create_task(_write(stdin, to_it))
    try:
        yield received, sent
    finally:
        for stream in (received, sent, to_us, to_it):
            stream.close()
        for task in (reader, writer):
            task.cancel()
        await _leave(process, stdin)


async def _read(
    stdout: asyncio.StreamReader, to_us: MemoryObjectSendStream[Any], ended: Callable[[], None]
) -> None:
    """Until the program closes its output, or sends a line that is too long: what follows cannot be told apart."""
    from mcp.shared.message import SessionMessage
    from mcp.types import jsonrpc_message_adapter

    try:
        while line := await stdout.readline():
            with contextlib.suppress(ValueError):  # no message: programs print other things too
                message = SessionMessage(jsonrpc_message_adapter.validate_json(line, by_name=False))
                await to_us.send(message)
            await asyncio.sleep(0)  # a flood of lines lets others have their turn
    except ValueError:
        pass  # a line without end
    finally:
        to_us.close()
        ended()


async def _write(stdin: asyncio.StreamWriter, to_it: MemoryObjectReceiveStream[Any]) -> None:
    with contextlib.suppress(OSError):
        async for sent in to_it:
            text = sent.message.model_dump_json(by_alias=True, exclude_unset=True)
            stdin.write(text.encode() + b"\n")
            await stdin.drain()
    to_it.close()


async def _leave(process: Process, stdin: asyncio.StreamWriter) -> None:
    """Closes its input, then ends it and everything that it started. Returns when it has ended, in a cancelled task
    too."""
    stdin.close()
    try:
        for number in (None, signal.SIGTERM):
            if number:
                _signal(process.pid, number)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LEAVE_WITHIN):
                    await _exited(process)
                    return
    finally:
        _signal(process.pid, signal.SIGKILL)  # also what it left behind
        with anyio.CancelScope(shield=True), contextlib.suppress(TimeoutError):
            async with asyncio.timeout(KILLED_WITHIN):
                await _exited(process)
        _alive.discard(process.pid)
        transport = getattr(process, "_transport", None)
        if transport is not None:
            transport.close()  # its pipes, which a child of its may still hold


async def _exited(process: Process) -> None:
    """Not `process.wait()`, which also waits for the end of pipes that a child of it may hold."""
    while process.returncode is None:  # noqa: ASYNC110 - nothing that tells of it alone
        await asyncio.sleep(0.01)


def _signal(group: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)


_alive: Final[set[int]] = set()
"""Process groups of the programs that run."""


@atexit.register
def _end_all() -> None:
    """What still runs when the app ends, in a thread that is not waited for."""
    for group in _alive:
        _signal(group, signal.SIGKILL)
