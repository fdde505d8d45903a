"""Connections that send nothing, or hardly anything: closed, and in nobody's way."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, StreamingResponse
from uvicorn import Config
from uvicorn.server import ServerState

from glm_ui.serving import connections
from glm_ui.serving.connections import LINES, FewAlike, Lobby, PatientProtocol
from tests import loopback
from tests.serving import Served

GET = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"
POST = b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n\r\n"
Open = Callable[[], Awaitable[tuple[asyncio.StreamReader, asyncio.StreamWriter]]]


@asynccontextmanager
async def serving(most: int = 100) -> AsyncIterator[tuple[Open, ServerState, asyncio.Queue[str]]]:
    """A server of our protocol. What became of the bodies it was sent stands in the queue."""
    heard: asyncio.Queue[str] = asyncio.Queue()

    async def long() -> AsyncIterator[str]:
        yield "first"
        await heard.get()
        yield "last"

    async def app(scope, receive, send) -> None:  # type: ignore[no-untyped-def]
        if scope["path"] == "/long":
            await StreamingResponse(long())(scope, receive, send)
            return
        try:
            heard.put_nowait(f"{len(await Request(scope, receive).body())} bytes")
        except ClientDisconnect:
            heard.put_nowait("broken off")
        await PlainTextResponse("ok")(scope, receive, send)

    state, loop = ServerState(), asyncio.get_running_loop()
    config, lobby = Config(app, lifespan="off", log_config=None), Lobby(most)

    def connection() -> PatientProtocol:
        return PatientProtocol(lobby, config=config, server_state=state, app_state={}, _loop=loop)

    server = await loop.create_server(connection, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    writers: list[asyncio.StreamWriter] = []

    async def open_one() -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writers.append(writer)
        return reader, writer

    try:
        yield open_one, state, heard
    finally:
        for writer in writers:
            writer.transport.abort()
        await loopback.end(server, lambda: [each.transport for each in state.connections])


async def closed(reader: asyncio.StreamReader) -> None:
    """Returns when the other side has hung up."""
    async with asyncio.timeout(20):
        try:
            while await reader.read(65_536):
                pass
        except ConnectionError:
            pass


@pytest.mark.parametrize("sent", [b"", b"GET / HTTP/1.1\r\nHost: local"])
async def test_half_open_connections_are_closed_and_hold_nobody_up(
    sent: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with serving(most=20) as (open_one, state, _):
        half = [await open_one() for _ in range(60)]
        for _, writer in half:
            writer.write(sent)
        reader, writer = await open_one()
        writer.write(GET)
        assert b"200" in await reader.readline()
        assert len(state.connections) <= 20
        for reader, _ in half[:40]:  # the oldest made room
            await closed(reader)
    monkeypatch.setattr(connections, "HEAD_WITHIN", 0.1)
    async with serving() as (open_one, state, _):
        reader, writer = await open_one()
        writer.write(sent)
        await closed(reader)


async def test_a_head_that_trickles_has_no_more_time_than_any_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "HEAD_WITHIN", 0.2)
    async with serving() as (open_one, _, heard):
        reader, writer = await open_one()
        trickle = asyncio.create_task(trickled(writer))
        await closed(reader)
        trickle.cancel()
        assert heard.empty()


async def trickled(writer: asyncio.StreamWriter) -> None:
    for byte in GET[:-4] * 1_000:
        writer.write(bytes([byte]))
        await asyncio.sleep(0.01)


async def test_who_asks_again_is_answered_again() -> None:
    async with serving() as (open_one, _, heard):
        reader, writer = await open_one()
        for _ in range(3):
            writer.write(GET)
            assert b"200" in await reader.readline()
            while await reader.readline() != b"\r\n":
                pass
            assert await reader.read(2) == b"ok"
        assert heard.qsize() == 3


async def test_a_body_that_stops_coming_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "BODY_LOOKS", 0.05)
    async with serving() as (open_one, _, heard):
        reader, writer = await open_one()
        writer.write(POST + bytes(5_000))
        await closed(reader)
        assert await heard.get() == "broken off"


async def test_a_slow_body_that_keeps_coming_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "BODY_LOOKS", 0.05)
    monkeypatch.setattr(connections, "BODY_SLOW", 40)  # two seconds of a machine that has better things to do
    async with serving() as (open_one, _, heard):
        reader, writer = await open_one()
        writer.write(POST)
        for _ in range(50):
            writer.write(bytes(2_000))
            await asyncio.sleep(0.01)
        assert b"200" in await reader.readline()
        assert await heard.get() == "100000 bytes"


async def test_a_long_answer_is_no_half_open_connection() -> None:
    """A heartbeat asks once, and is answered for as long as its page is open."""
    async with serving(most=1) as (open_one, state, heard):
        reader, writer = await open_one()
        writer.write(GET.replace(b"/", b"/long", 1))
        assert b"200" in await reader.readline()
        (long,) = state.connections
        assert isinstance(long, PatientProtocol)
        long._look()  # as its timer does
        other, _ = await open_one()
        await closed(other)
        assert not long.transport.is_closing()
        heard.put_nowait("go on")
        async with asyncio.timeout(20):
            await reader.readuntil(b"last")


def test_a_flood_of_bad_requests_is_a_few_lines_in_the_log(served: Served) -> None:
    host, port = served.url.removeprefix("http://").split(":")
    before = len(served.app.output)
    for _ in range(100):
        with socket.create_connection((host, int(port)), 10) as bad:
            bad.sendall(b"\x00 this is no HTTP\r\n\r\n")
            assert b"400" in bad.recv(100)
    assert httpx.get(f"{served.url}/healthz").status_code == 200
    lines = [line for line in served.app.output[before:] if "Invalid HTTP request" in line]
    assert len(lines) <= 2 * LINES  # two minutes may begin in this test


def test_a_message_is_logged_again_in_another_minute_and_another_message_at_once() -> None:
    now = [0.0]
    few = FewAlike(lambda: now[0])

    def said(text: str) -> bool:
        return few.filter(logging.LogRecord("x", logging.WARNING, "", 0, text, (), None))

    assert [said("again") for _ in range(LINES + 3)] == [True] * LINES + [False] * 3
    assert said("another")
    now[0] = 60.0
    assert said("again")
    for number in range(5_000):
        said(f"message {number}")
    assert len(few._seen) <= 1000


@pytest.mark.skipif(not Path("/proc/self/limits").exists(), reason="reads the limits of a process from /proc")
def test_the_app_asks_for_room_for_more_connections_than_the_usual(served: Served) -> None:
    limits = Path(f"/proc/{served.app.process.pid}/limits").read_text()
    soft, hard = next(line for line in limits.splitlines() if "open files" in line).split()[3:5]
    assert hard == "unlimited" or int(soft) >= min(int(hard), connections.WANTED_FILES)
