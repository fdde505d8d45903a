"""Which files one turn goes through on the server, from its route to the provider's socket.

    .venv/bin/python -m tests.turn_path

Sends one turn of the page to a provider on this machine and records, until the request's first byte goes out, each call
from one file of `glm_ui` into another, the stack at that moment, and where the values that are sent were made.
"""

from __future__ import annotations

import asyncio
import sys
import threading
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

import httpcore
import httpx
from starlette.applications import Starlette

from glm_ui.backend.prepare import PreparedRequest, ResolvedTurn
from glm_ui.messages import ChatRequest
from glm_ui.net.request import Outgoing
from glm_ui.protocol import Encoded
from glm_ui.settings import Settings
from glm_ui.ui.routes import routes
from glm_ui.ui.turn.request import Turn
from glm_ui.ui.turn.run import Live
from tests.loopback import served
from tests.test_layers import FLOOR

PACKAGE = f"{Path(__file__).resolve().parent.parent / 'glm_ui'}/"
HTTPCORE = f"{Path(httpcore.__file__).parent}/"
SOCKET = ("httpcore/_async/http11.py", "_send_request_headers")
"""The function that writes a request's first byte."""
TRAVELS = (Turn, ResolvedTurn, ChatRequest, Encoded, Outgoing, PreparedRequest)
"""What a turn is on its way: a file that makes one of these, or changes it, decides about the turn."""
REPLY = b'data: {"choices":[{"delta":{"content":"Hi"},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n'


Step = tuple[str, str]
"""A file below `glm_ui` and a function in it."""


@dataclass(slots=True)
class Way:
    """`calls`: (file of the caller, file that was entered, function). `stack`: the functions that wait while the first
    byte of the request goes out, from the route to the socket: what a debugger would show there, each task joined to
    the function that began it. `makers`: the functions that gave a value of `TRAVELS`."""

    calls: list[tuple[str, str, str]] = field(default_factory=list)
    stack: list[Step] = field(default_factory=list)
    makers: list[Step] = field(default_factory=list)
    _seen: dict[int, FrameType] = field(default_factory=dict)
    _began: dict[asyncio.Task[Any], list[Step]] = field(default_factory=dict)
    """task -> the stack in which it was created"""

    def see(self, frame: FrameType, event: str, given: Any) -> None:
        code = frame.f_code
        if self.stack or not code.co_filename.startswith((PACKAGE, HTTPCORE)):
            return
        if event == "return" and isinstance(given, TRAVELS) and code.co_filename.startswith(PACKAGE):
            self.makers.append((_file(frame), code.co_qualname))
        if event != "call" or id(frame) in self._seen:
            return
        if code.co_filename.endswith(SOCKET[0]) and code.co_name == SOCKET[1]:
            self.stack = self._stack_of(frame)
        if code.co_filename.startswith(PACKAGE):
            self._seen[id(frame)] = (
                frame  # kept, so that its id stands for no other; a resumed one is no call
            )
            self.calls.append((_caller(frame), _file(frame), code.co_qualname))

    def create_task(self, loop: asyncio.AbstractEventLoop, coro: Any, **more: Any) -> asyncio.Task[Any]:
        task = asyncio.Task(coro, loop=loop, **more)
        self._began[task] = self._stack_of(sys._getframe(1))
        return task

    def _stack_of(self, frame: FrameType | None) -> list[Step]:
        """Outermost first."""
        found: list[Step] = []
        while frame is not None:
            if frame.f_code.co_filename.startswith(PACKAGE):
                found.insert(0, (_file(frame), frame.f_code.co_qualname))
            frame = frame.f_back
        try:
            task = asyncio.current_task()
        except RuntimeError:
            task = None
        return [*(self._began.get(task, []) if task else []), *found]

    @property
    def reached_socket(self) -> bool:
        return bool(self.stack)

    def crossings(self) -> list[tuple[str, str, str]]:
        """The calls from one file into another."""
        return [call for call in self.calls if call[0] and call[0] != call[1]]

    def files(self) -> list[str]:
        """The files that the turn goes through, in the order in which it enters them: those of the stack, and those in
        which a value of `TRAVELS` is made or changed. A file that is only asked for a fact is none of them."""
        through = {file for file, _ in (*self.stack, *self.makers)}
        return [file for file in dict.fromkeys(entered for _, entered, _ in self.calls) if file in through]

    def entered(self) -> set[str]:
        """Every file in which anything ran."""
        return {entered for _, entered, _ in self.calls}

    def upwards(self) -> list[tuple[str, str, str]]:
        """The calls into a room above the caller's: callbacks."""
        return [c for c in self.crossings() if FLOOR[_room(c[1])] < FLOOR[_room(c[0])]]

    def times(self, function: str) -> int:
        return sum(called == function for *_, called in self.calls)


def _file(frame: FrameType) -> str:
    return frame.f_code.co_filename.removeprefix(PACKAGE)


def _room(file: str) -> str:
    return file.partition("/")[0].removesuffix(".py")


def _caller(frame: FrameType) -> str:
    back = frame.f_back
    while back is not None and not back.f_code.co_filename.startswith(PACKAGE):
        back = back.f_back
    return _file(back) if back else ""


async def walk() -> Way:
    """One turn, recorded. The first turn of the process, which warms caches up, is not."""
    path = Way()
    async with served(_answer) as port:
        address = f"http://127.0.0.1:{port}/v4"
        settings = Settings(_env_file=None, zai_api_key="key-of-the-owner", glm_ui_zai_base_url=address)  # type: ignore[call-arg]
        app = httpx.ASGITransport(Starlette(routes=routes(Live(settings))))
        async with httpx.AsyncClient(transport=app, base_url="http://127.0.0.1") as page:
            await page.post("/glm_ui/chat", json=TURN)
            before, of_threads = sys.getprofile(), threading.getprofile()
            loop = asyncio.get_running_loop()
            loop.set_task_factory(path.create_task)
            threading.setprofile(path.see)
            sys.setprofile(path.see)
            try:
                await page.post("/glm_ui/chat", json=TURN)
            finally:
                loop.set_task_factory(None)
                sys.setprofile(before)
                threading.setprofile(of_threads)  # type: ignore[arg-type]
    return path


TURN = {
    "session": "a" * 32,
    "visitor": "b" * 32,
    "lasts": "turn-1",
    "id": "turn-1",
    "model": "glm-4.6",
    "provider": "zai",
    "messages": [{"role": "user", "text": "Hi"}],
}


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n" + REPLY)
    await writer.drain()
    writer.close()


def main() -> None:
    way = asyncio.run(walk())
    up = way.upwards()
    for call in way.crossings():
        print(f"{'^' if call in up else ' '} {call[0]:32} {call[1]:32} {call[2]}")
    print("\nThe stack at the first byte:")
    for file, function in way.stack:
        print(f"  {file:32} {function}")
    print(f"\n{len(way.files())} files on the way: {', '.join(way.files())}")
    print(f"{len(way.entered())} files entered, {len(up)} calls upwards")


if __name__ == "__main__":
    main()
