"""Requests that anybody can send, without a key, to make the server slow for all: as bodies of plain POSTs. What each
is answered does not matter; that the server goes on answering others does."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any, NamedTuple

BOX = "[[100,200,300,400]]"


class Hostile(NamedTuple):
    name: str
    path: str
    make: Callable[[], bytes]


def _rising(mark: str, size: int) -> str:
    runs = []
    while size > 0:
        runs.append(mark * (len(runs) + 1) + "a")
        size -= len(runs[-1])
    return "".join(runs)


def continued(answer: str) -> bytes:
    """A turn of the demo that goes on with this answer to a question about a picture."""
    return turn(
        {"role": "user", "text": "Where is it?", "files": [{"id": "example:shapes.png"}]},
        {"role": "assistant", "text": answer},
        model="glm-4.5v",
        continues=True,
    )


def turn(*messages: dict[str, Any], **more: Any) -> bytes:
    said = {"model": "glm-4.6", "provider": "demo", "visitor": "v", "session": "s", "messages": messages}
    return json.dumps(said | more).encode()


def question(**more: Any) -> dict[str, Any]:
    return {"role": "user", "text": "Hi", **more}


def pages(picked: str) -> bytes:
    """A plan in which a hundred documents name their pages so."""
    named = {"id": "example:handbook.pdf", "pages": picked, "send_as": "text"}
    return turn(question(files=[named] * 100), model="glm-4.5v", visitor="v" * 22)


def replayed(raw: str, **more: Any) -> bytes:
    request = {"method": "POST", "url": "https://a.example/v1", "headers": {}}
    said = {"format": "glm-ui-turn", "version": 1, "provider": "zai", "dialect": "openai", "model": "glm-4.6"}
    return json.dumps(said | {"request": request, "raw": raw} | more).encode()


def deltas(count: int, text: str = "a ") -> str:
    frame = json.dumps({"choices": [{"index": 0, "delta": {"content": text}}]})
    return f"data: {frame}\n\n" * count


def call(*data: Any) -> bytes:
    return json.dumps({"data": data}).encode()


def ask(message: str, model: str = "glm-4.6", provider: str = "demo", history: Any = ()) -> bytes:
    return call(message, model, provider, True, "", history)


def look(addresses: int) -> bytes:
    return call(["https://a.example/b.png"] * addresses, "Hi", "glm-4.5v", "demo", True, [])


CHAT, REPLAY, ENDPOINT = "/glm_ui/chat", "/glm_ui/replay", "/gradio_api/call/"
ANSWERS: dict[str, Callable[[], str]] = {
    "trailing words": lambda: "at " * 5000 + f"cat {BOX}\n",
    "runs of backticks": lambda: _rising("`", 20_000) + f"{BOX}\n",
    "pictures": lambda: "picture 1: " * 1500 + f"{BOX}\n",
    "markers": lambda: "<|begin_of_box|>" * 1000 + f"{BOX}\n",
    "formulas": lambda: "\\[" * 8000 + f"{BOX}\n",
    "blanks": lambda: " " * 16_000 + f"{BOX}\n",
    "boxes": lambda: f"cat {BOX}\n" * 600,
}
"""What a visitor may say that a model has answered, each slow for another reader of boxes."""

HOSTILE = [
    *(
        Hostile(name, CHAT, lambda make=make: continued(make()))  # type: ignore[misc]
        for name, make in ANSWERS.items()
    ),
    Hostile("all answers in one", CHAT, lambda: continued("".join(make() for make in ANSWERS.values()))),
    Hostile("a long answer", CHAT, lambda: continued(f"The cat {BOX} is here. " * 100_000)),
    Hostile("calls", CHAT, lambda: turn(*[question(calls=[{}] * 1000)] * 1900)),
    Hostile("thinking", CHAT, lambda: turn(*[question(thinking=[{}] * 1000)] * 1900)),
    Hostile("opaque", CHAT, lambda: turn(question(thinking=[{"opaque": {"a": [[{}]] * 900_000}}]))),
    Hostile("short texts", CHAT, lambda: turn(*[question(thinking=[{"text": "a b"}] * 60)] * 1900)),
    Hostile("texts within limits", CHAT, lambda: turn(*[question(thinking=[{"text": "a"}] * 5)] * 1999)),
    Hostile("one long text", CHAT, lambda: turn(question(text="猫 a" * 1_300_000))),
    Hostile("many long texts", CHAT, lambda: turn(*[question(text="a b " * 250_000)] * 14)),
    Hostile("nested", "/glm_ui/forget", lambda: b"[" * 200_000),
    Hostile("nested objects", "/glm_ui/plan", lambda: b'{"a":' * 200_000),
    Hostile("a plan of files", "/glm_ui/plan", lambda: turn(*[question(files=[{"id": "x"}] * 100)] * 90)),
    Hostile("deltas", REPLAY, lambda: replayed(deltas(60_000))),
    Hostile("one delta", REPLAY, lambda: replayed(deltas(1, "a b " * 900_000))),
    Hostile("one JSON", REPLAY, lambda: replayed(json.dumps({"a": [[1]] * 800_000}))),
    Hostile("marks of time", REPLAY, lambda: replayed(deltas(9), pace=[[i, i] for i in range(130_000)])),
    Hostile("model's name", ENDPOINT + "chat", lambda: ask("Hi", "a-" * 25_000)),
    Hostile("provider's name", ENDPOINT + "chat", lambda: ask("Hi", "glm-4.6", "a-" * 1_000_000)),
    Hostile("long message", ENDPOINT + "chat", lambda: ask("a b " * 1_400_000)),
    Hostile("too long a message", ENDPOINT + "chat", lambda: ask("a b " * 1_900_000)),
    Hostile("history", ENDPOINT + "chat", lambda: ask("Hi", history=[["user", "a"]] * 6000)),
    Hostile("addresses", ENDPOINT + "multimodal", lambda: look(100_000)),
    Hostile("fewer addresses", ENDPOINT + "multimodal", lambda: look(15_000)),
    Hostile("name to resolve", ENDPOINT + "resolve", lambda: call("glm-4." * 300_000, None)),
    Hostile("an endpoint named upload", ENDPOINT + "upload", lambda: call(*[[1]] * 1_500_000)),
    Hostile("an endpoint that runs", "/gradio_api/run/upload", lambda: call(*[[1]] * 1_500_000)),
    Hostile("blanks in a range of pages", "/glm_ui/plan", lambda: pages("1" + " " * 3990 + "1")),
    Hostile("ranges of all pages", "/glm_ui/plan", lambda: pages("1-, " * 1000)),
    Hostile("words to find", ENDPOINT + "models", lambda: call("a1 " * 600_000, None, None)),
]  # fmt: skip


def send(url: str, hostile: Hostile, timeout: float = 120) -> int:
    """Posts it, reads the answer to its end, and an endpoint's stream too; the status."""
    request = urllib.request.Request(
        url + hostile.path, hostile.make(), {"content-type": "application/json"}, method="POST"
    )
    try:
        with urllib.request.urlopen(request, timeout=timeout) as answer:
            said = answer.read()
        if hostile.path.startswith(ENDPOINT):
            place = f"{url}{hostile.path}/{json.loads(said)['event_id']}"
            with urllib.request.urlopen(place, timeout=timeout) as stream:
                stream.read()
    except urllib.error.HTTPError as refusal:
        return refusal.code
    except (ConnectionError, urllib.error.URLError):  # refused before all of it was read
        return 0
    return 200
