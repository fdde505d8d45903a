"""The frame loop over a real connection: what waits in the socket goes along with the next frame."""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import Callable
from contextlib import aclosing
from types import SimpleNamespace
from typing import Any

import pytest

from glm_ui.backend.stream import stream_chat
from glm_ui.events import AnswerDelta
from glm_ui.messages import ChatRequest, Message
from glm_ui.serving.coalesce import coalesce
from tests.loopback import served

pytestmark = pytest.mark.usefixtures("pool")
ASK = ChatRequest("glm-4.6", (Message.user("Count"),), provider="zai")
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
MANY = 12
"""Tokens of one interval: a quick model sends as many in 60 ms."""
IS_BEHIND = 50
"""Turns of the event loop after which all that was written has come as far as it goes."""


def chunk(text: str) -> bytes:
    body = {"id": "1", "model": "glm-4.6", "choices": [{"index": 0, "delta": {"content": text}}]}
    data = b"data: " + json.dumps(body).encode() + b"\n\n"
    return b"%x\r\n%b\r\n" % (len(data), data)


async def turns(many: int) -> None:
    for _ in range(many):
        await asyncio.sleep(0)


@pytest.mark.parametrize("is_secure", [False, True], ids=["http", "https"])
async def test_what_waits_in_the_socket_goes_along(
    is_secure: bool,
    settings_for: Callable[..., Any],
    own_certificate: ssl.SSLContext,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """One token that stays behind in each frame is a token's time of lag, for all of the reply."""
    anyone = ssl.create_default_context()
    anyone.check_hostname, anyone.verify_mode = False, ssl.CERT_NONE
    monkeypatch.setattr("glm_ui.net.clients.trusted", lambda: anyone)
    to_write: asyncio.Queue[str] = asyncio.Queue()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(HEAD)
        while True:
            writer.write(chunk(await to_write.get()))

    async with served(talk, tls=own_certificate if is_secure else None) as port:
        settings = settings_for(SimpleNamespace(url=f"http{'s' * is_secure}://localhost:{port}"))
        async with aclosing(coalesce(stream_chat(ASK, settings=settings), base=0.01)) as batches:
            to_write.put_nowait("0")
            said = ""
            while "0" not in said:
                said = "".join(e.text for e in await anext(batches) if isinstance(e, AnswerDelta))
            for number in range(1, 100, MANY):
                for more in range(MANY):
                    to_write.put_nowait(f"{number + more} ")
                    await turns(IS_BEHIND)
                said = "".join(e.text for e in await anext(batches) if isinstance(e, AnswerDelta))
                assert said.split() == [str(number + more) for more in range(MANY)]
