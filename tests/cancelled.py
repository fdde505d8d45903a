"""A coroutine that is cancelled at each of its awaits in turn, and the connections that it leaves behind."""

from __future__ import annotations

import asyncio
import types
from collections.abc import Coroutine, Generator
from typing import Any

import httpcore
import pytest


@types.coroutine
def cancelled_at(step: int, work: Coroutine[Any, Any, None]) -> Generator[Any, None, bool]:
    """Runs `work`, which is cancelled when it would go on for the `step`th time, with what it waited for already there.
    True: it was over before."""
    told: BaseException | None = None
    for number in range(10_000):
        told = asyncio.CancelledError() if number == step else told
        try:
            waits = work.send(None) if told is None else work.throw(told)
        except StopIteration:
            return number < step
        except asyncio.CancelledError:
            return False
        try:
            yield waits
        except asyncio.CancelledError as cancelled:  # a scope of its own ends
            told = cancelled
        else:
            told = None
    raise AssertionError("It does not end.")


def streams_opened(monkeypatch: pytest.MonkeyPatch) -> list[httpcore.AsyncNetworkStream]:
    """What httpcore opens from now on."""
    opened: list[httpcore.AsyncNetworkStream] = []
    connect = httpcore.AnyIOBackend.connect_tcp

    async def connect_tcp(*args: Any, **more: Any) -> httpcore.AsyncNetworkStream:
        opened.append(await connect(*args, **more))
        return opened[-1]

    monkeypatch.setattr(httpcore.AnyIOBackend, "connect_tcp", connect_tcp)
    return opened


def left_open(streams: list[httpcore.AsyncNetworkStream]) -> list[httpcore.AsyncNetworkStream]:
    """Those whose socket is open; the loop closes a closed transport's socket in its next round."""
    return [stream for stream in streams if stream.get_extra_info("socket").fileno() != -1]
