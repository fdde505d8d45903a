"""Posted bodies: counted as they come, whatever the pieces, before anything parses them."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncGenerator
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.types import Message

from glm_ui.errors import BadInput, MissingKey
from glm_ui.serving import bodies
from glm_ui.serving.bodies import Bounded, FromPage, JsonSize, Limits, model_of
from glm_ui.ui.multimodal.attach import Seen
from glm_ui.ui.routes import EventStream, events_of
from glm_ui.ui.turn.boxes import Boxes
from glm_ui.ui.turn.request import MAX_BLOCKS, MAX_FILES_OF_ALL, read_turn
from tests.serving import Served

WIDE = Limits(10**9, 10**9, 10**9)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(alphabet='a"\\[]{},: 猫'),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(alphabet='"\\[{'), inner, max_size=4),
)


def counted(value: Any) -> tuple[int, int]:
    """(commas and opening brackets, depth) of a value as JSON."""
    if not isinstance(value, list | dict):
        return 0, 0
    inner = [counted(one) for one in (value.values() if isinstance(value, dict) else value)]
    commas = max(0, len(inner) - 1)
    return 1 + commas + sum(n for n, _ in inner), 1 + max((depth for _, depth in inner), default=0)


@given(VALUES, st.integers(1, 7))
def test_values_and_depth_are_counted_wherever_the_body_is_cut(value: Any, step: int) -> None:
    raw = json.dumps(value, ensure_ascii=False).encode()
    values, depth = counted(value)
    size = JsonSize(Limits(len(raw), values, depth))
    for start in range(0, len(raw), step):
        size.feed(raw[start : start + step])
    assert (size.values, size.depth, size.size) == (values, 0, len(raw))
    for limits in (Limits(len(raw) - 1, values, depth), Limits(len(raw), values - 1, depth)):
        if limits.values >= 0:
            with pytest.raises(BadInput):
                JsonSize(limits).feed(raw)


def test_depth_is_refused_before_it_is_parsed() -> None:
    JsonSize(bodies.SMALL).feed(b"[" * bodies.SMALL.depth)
    with pytest.raises(BadInput):
        JsonSize(bodies.SMALL).feed(b"[" * (bodies.SMALL.depth + 1))
    with pytest.raises(BadInput):
        model_of(FromPage)(b"[" * 2000)


@pytest.mark.parametrize(
    ("blocks", "count"), [("thinking", MAX_BLOCKS), ("calls", MAX_BLOCKS), ("files", MAX_FILES_OF_ALL)]
)
def test_a_turn_has_only_so_many_blocks_in_all_its_messages(blocks: str, count: int) -> None:
    def turn(extra: int) -> bytes:
        full, rest = divmod(count + extra, 100)
        messages = [{"role": "user", "text": "Hi", blocks: [{}] * n} for n in [100] * full + [rest]]
        return json.dumps({"model": "m", "messages": messages}).encode()

    assert read_turn(turn(0)).messages
    with pytest.raises(BadInput, match=f"more than {count:,}"):
        read_turn(turn(1))


@pytest.mark.parametrize(
    ("posted", "read"),
    [("\\ud83d", "\ufffd"), ("a\\udE00b", "a\ufffdb"), ("\\ud83d\\ude00", "😀"), ("\\ud83d😀", "\ufffd😀")],
)
def test_half_an_emoji_costs_itself_and_not_the_turn(posted: str, read: str) -> None:
    """JavaScript's JSON.stringify writes half a surrogate pair as an escape, wherever it stands."""
    said = '{"model": "m", "messages": [{"role": "user", "text": "@", "files": [{"id": "x", "name": "@"}]}]}'
    turn = read_turn(said.replace("@", posted).encode())
    assert turn.messages[0].text == turn.messages[0].files[0].name == read
    with pytest.raises(BadInput):
        read_turn(b'{"model": "m", "messages": [')


async def asked(path: str, *pieces: bytes) -> tuple[list[bytes], list[Message]]:
    """What reaches the app behind `Bounded`, and what is answered."""
    got: list[bytes] = []
    sent: list[Message] = []
    left = [{"type": "http.request", "body": p, "more_body": True} for p in pieces]
    left.append({"type": "http.request", "body": b"", "more_body": False})

    async def app(scope: Any, receive: Any, send: Any) -> None:
        while (message := await receive()).get("more_body"):
            got.append(message["body"])
        got.append(message["body"])

    async def receive() -> Message:
        return left.pop(0)

    async def send(message: Message) -> None:
        sent.append(message)

    await Bounded(app)({"type": "http", "method": "POST", "path": path}, receive, send)
    return got, sent


async def test_what_gradio_is_posted_is_bounded_and_uploads_are_not() -> None:
    many = b"[" + b"1," * bodies.ENDPOINT.values
    got, sent = await asked("/gradio_api/call/chat", many)
    assert (got, sent[0]["status"]) == ([], 413)
    assert "too many parts" in json.loads(sent[1]["body"])["detail"]
    assert await asked("/gradio_api/call/chat", b'{"data"', b": []}") == ([b'{"data": []}'], [])
    assert b"".join((await asked("/gradio_api/upload", many))[0]) == many
    assert b"".join((await asked("/glm_ui/chat", many))[0]) == many


@pytest.mark.parametrize(
    "path",
    [
        "/gradio_api/call/upload",
        "/gradio_api/run/upload",
        "/gradio_api/api/upload",
        "/api/upload",
        "/gradio_api/upload/upload",
        "/gradio_api/call/gradio_api/upload",
        "/gradio_api/call//glm_ui/",
    ],
)
async def test_an_endpoint_that_is_called_like_an_open_route_is_bounded_too(path: str) -> None:
    got, sent = await asked(path, b"[" + b"1," * bodies.ENDPOINT.values)
    assert (got, sent[0]["status"]) == ([], 413)


@pytest.mark.parametrize("body", [b"{", b'{"messages":[]}', b"[1]", b'{"data": 5}'])
def test_what_gradio_does_not_understand_is_refused_in_our_words(served: Served, body: bytes) -> None:
    for kind in ("text/plain", "application/json"):
        answer = httpx.post(
            f"{served.url}/gradio_api/queue/join", content=body, headers={"Content-Type": kind}
        )
        assert answer.status_code == 422
        assert answer.json()["error"]["what"] == "The request is not one this page sends."
        assert len(answer.content) < 400


@pytest.mark.parametrize("body", [b"\x00\xff" * 50, b'{"data": ["\xff"]}', b"\xc3"])
async def test_what_is_no_text_is_refused_before_gradio_would_quote_it(body: bytes) -> None:
    got, sent = await asked("/gradio_api/queue/join", body)
    assert (got, sent[0]["status"]) == ([], 400)
    assert await asked("/gradio_api/queue/join", '{"data": ["é"]}'.encode()) == (
        [b'{"data": ["\xc3\xa9"]}'],
        [],
    )
    assert b"".join((await asked("/gradio_api/upload", body))[0]) == body


async def streamed(failure: Exception) -> list[bytes]:
    async def frames() -> AsyncGenerator[dict[str, Any], None]:
        yield {"k": "files"}
        raise failure

    sent: list[bytes] = []

    async def send(message: Message) -> None:
        sent.append(message.get("body", b""))

    async def receive() -> Message:
        await asyncio.Event().wait()
        raise AssertionError

    await EventStream(events_of(frames()))({"type": "http"}, receive, send)
    return sent


async def test_a_stream_that_fails_in_our_own_code_is_logged_once_and_told(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logging.getLogger("glm_ui"), "propagate", True)
    sent = await streamed(ZeroDivisionError("a bug"))
    assert b'"k":"error"' in sent[-2]
    assert b"a bug" not in b"".join(sent)
    assert sent[-1] == b""
    assert [record.levelname for record in caplog.records if record.name == "glm_ui"] == ["ERROR"]
    caplog.clear()
    assert b"missing_key" in (await streamed(MissingKey.of("Z.ai")))[-2]
    assert not caplog.records


async def test_boxes_are_sought_again_only_in_an_answer_that_has_grown(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    turn = read_turn(json.dumps({"model": "m", "messages": [{"role": "user", "text": "Where?"}]}).encode())
    boxes = Boxes(turn, (Seen(0, 0, (100, 100), "a.png"),))
    read = 0
    find = boxes._rows

    def counting(whole: str) -> list[dict[str, Any]]:
        nonlocal read
        read += len(whole)
        return find(whole)

    monkeypatch.setattr(boxes, "_rows", counting)
    answer, frames = "", []
    for number in range(1000):
        answer += (
            "The cat sits [[1,2,300,400]] there. " if number == 9 else "Now nothing of it is to be seen. "
        )
        frames += await boxes.news(answer)
    frames += await boxes.news(answer, ended=True)
    assert len(frames) == 1
    assert frames[0]["boxes"][0]["label"] == "cat sits"
    assert read < 20 * len(answer)
