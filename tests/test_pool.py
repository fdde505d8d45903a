"""Connections that are used again: which one serves, how many are kept, and that a request's cost does not grow with
the requests that run."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator

import httpcore
import httpx
import pytest

from glm_ui.net import pool
from glm_ui.net.pool import PooledTransport
from tests.cancelled import cancelled_at, left_open, streams_opened
from tests.upstream import Reply, Upstream

HELD = Reply(body="0123456789", size=1, hold=(1,))
"""Its first byte comes, the rest when the test says so."""


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(transport=PooledTransport(ssl.create_default_context(), 2)) as client:
        yield client


async def streams(client: httpx.AsyncClient, up: Upstream, count: int) -> list[httpx.Response]:
    return [await client.send(client.build_request("GET", up.url), stream=True) for _ in range(count)]


async def test_a_connection_serves_again_once_its_response_was_read(
    client: httpx.AsyncClient, up: Upstream
) -> None:
    up.reply(body="x")
    for _ in range(3):
        assert (await client.get(up.url)).text == "x"
    assert up.connections == 1


async def test_a_connection_whose_response_was_left_serves_nobody_again(
    client: httpx.AsyncClient, up: Upstream
) -> None:
    up.reply(HELD, Reply(body="x"))
    (left,) = await streams(client, up, 1)
    await left.aclose()
    await up.left(1)
    assert (await client.get(up.url)).text == "x"
    assert up.connections == 2


async def test_a_connection_that_its_server_closed_is_not_used(
    client: httpx.AsyncClient, up: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    up.reply(body="x")
    await client.get(up.url)
    monkeypatch.setattr(httpcore.AsyncHTTPConnection, "has_expired", lambda _: True)
    await client.get(up.url)
    assert up.connections == 2


async def test_no_more_are_kept_than_may_be_and_none_for_long(
    client: httpx.AsyncClient, up: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    up.reply(body="x")
    responses = await streams(client, up, 5)
    for response in responses:
        await response.aread()
    kept = client._transport._pool  # type: ignore[attr-defined]
    assert kept._count == sum(map(len, kept._idle.values())) == 2
    monkeypatch.setattr(pool, "EXPIRY", -1.0)
    await client.get(up.url)
    assert kept._count == 0
    assert kept._idle == {}, "an address that is no longer used is forgotten"


async def test_who_leaves_at_any_moment_leaves_no_connection_open(
    client: httpx.AsyncClient, up: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    up.reply(Reply(body="0123456789", size=5))
    opened = streams_opened(monkeypatch)

    async def ask() -> None:
        async with client.stream("GET", up.url) as response:
            async for _ in response.aiter_raw():
                pass

    kept = client._transport._pool  # type: ignore[attr-defined]
    for step in range(1000):
        whole = await cancelled_at(step, ask())
        await kept.aclose()
        await asyncio.sleep(0)  # a closed transport closes its socket in the loop's next round
        assert not left_open(opened), step
        if whole:
            break
    assert 0 < step < 999


async def test_a_failed_connection_is_told_as_httpx_tells_it(
    client: httpx.AsyncClient, unused_tcp_port: int
) -> None:
    with pytest.raises(httpx.ConnectError):
        await client.get(f"http://127.0.0.1:{unused_tcp_port}")


async def test_a_request_looks_at_as_many_connections_however_many_run(
    up: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = 0

    def counted(name: str) -> None:
        kind = httpcore.AsyncHTTPConnection
        asked = getattr(kind, name)

        def ask(self: httpcore.AsyncHTTPConnection) -> bool:
            nonlocal looks
            looks += 1
            return bool(asked(self))

        monkeypatch.setattr(kind, name, ask)

    for name in ("has_expired", "is_idle", "is_closed", "is_available"):
        counted(name)
    found = []
    async with httpx.AsyncClient(transport=PooledTransport(ssl.create_default_context())) as client:
        for running in (2, 40):
            up.forget()
            up.reply(*[HELD] * running, Reply(body="x"))
            held = await streams(client, up, running)
            looks = 0
            await client.get(up.url)
            found.append(looks)
            for response in held:
                await response.aclose()
    assert found[0] == found[1] <= 4
