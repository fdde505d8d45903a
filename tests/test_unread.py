"""An answer arrives whole also where the request is refused before all of it was read."""

from __future__ import annotations

import socket
from urllib.parse import urlsplit

from starlette.types import Message, Receive, Scope, Send

from glm_ui.serving.unread import MOST, ReadsOn
from tests.serving import Served

PIECE = 64 * 1024


async def refuses(_: Scope, __: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 403, "headers": []})
    await send({"type": "http.response.body", "body": b"no"})


async def read_by(
    app: ReadsOn, pieces: int, *headers: tuple[bytes, bytes], method: str = "POST"
) -> tuple[int, int]:
    """(how many pieces of the body were read before the answer ended, how many messages were sent)"""
    read, sent, read_then = 0, [], 0

    async def receive() -> Message:
        nonlocal read
        read += 1
        return {"type": "http.request", "body": b"x" * PIECE, "more_body": read < pieces}

    async def send(message: Message) -> None:
        nonlocal read_then
        read_then = read
        sent.append(message)

    await app({"type": "http", "method": method, "headers": list(headers)}, receive, send)
    return read_then, len(sent)


async def test_what_a_refused_request_still_sends_is_read_before_the_answer_ends() -> None:
    assert await read_by(ReadsOn(refuses), 3) == (3, 2)


async def test_no_more_than_a_megabyte_is_read_on() -> None:
    assert await read_by(ReadsOn(refuses), 10_000) == (MOST // PIECE, 2)


async def test_a_body_that_waits_to_be_asked_for_is_not_asked_for() -> None:
    assert await read_by(ReadsOn(refuses), 3, (b"expect", b"100-continue")) == (0, 2)
    assert await read_by(ReadsOn(refuses), 3, method="GET") == (0, 2)


async def test_a_body_that_was_read_is_not_waited_for() -> None:
    async def reads(scope: Scope, receive: Receive, send: Send) -> None:
        while (await receive())["more_body"]:
            pass
        await refuses(scope, receive, send)

    assert await read_by(ReadsOn(reads), 3) == (3, 2)


def test_a_refusal_is_read_whole_by_a_client_that_sends_on(served: Served) -> None:
    """As nginx sends: the head, then the body in pieces, and it asks for the connection to be closed."""
    address = urlsplit(served.app.url)
    head = f"POST /glm_ui/chat HTTP/1.1\r\nHost: {address.netloc}\r\nConnection: close\r\n"
    with socket.create_connection((address.hostname, address.port), 30) as client:
        client.sendall(f"{head}Content-Length: 200000\r\n\r\n".encode())
        for _ in range(20):
            client.sendall(b"[" * 10_000)
        answer = b""
        while piece := client.recv(65_536):
            answer += piece
    assert answer.startswith(b"HTTP/1.1 400")
    assert b"The request is not one this page sends." in answer
