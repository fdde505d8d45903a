"""Reads from a chat request what the demo needs to know. Nothing is answered here."""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass
from typing import Any

from glm_ui.demo.image_stats import Seen, stats_of


@dataclass(frozen=True, slots=True)
class AskedImage:
    """`data` is empty where the picture is an address, `seen` is None where it could not be measured."""

    data: bytes
    seen: Seen | None


@dataclass(frozen=True, slots=True)
class Ask:
    """What a request asks. `beside` holds the texts that came along with the prompt, `unfinished` the answer
    that is to go on, `everything` all its text."""

    prompt: str
    beside: tuple[str, ...] = ()
    pictures: tuple[AskedImage, ...] = ()
    other_media: tuple[str, ...] = ()
    earlier: tuple[str, ...] = ()
    unfinished: str = ""
    tool_result: str = ""
    tools: tuple[str, ...] = ()
    everything: str = ""

    @property
    def turn(self) -> int:
        return len(self.earlier) + 1


def read_ask(body: dict[str, Any]) -> Ask:
    """Raises ValueError, TypeError, KeyError or AttributeError where the body is no request for chat."""
    messages = [message for message in body["messages"] if message["role"] in ("user", "assistant")]
    everything = "\n".join("\n".join(_texts(message)) for message in body["messages"])
    unfinished = ""
    last = body["messages"][-1:]
    tool_result = str(last[0]["content"] or "(nothing)") if last and last[0]["role"] == "tool" else ""
    tools = tuple(tool["function"]["name"] for tool in body.get("tools") or ())
    if messages and messages[-1]["role"] == "assistant" and not tool_result:
        unfinished = "".join(_texts(messages.pop()))
    elif len(messages) > 2 and _GO_ON.match(" ".join(_texts(messages[-1]))):
        unfinished = "".join(_texts(messages[-2]))
        messages = messages[:-2]
    users = [message for message in messages if message["role"] == "user"]
    if not users:
        raise ValueError("no message of the user")
    *beside, prompt = _files_apart(_texts(users[-1])) or [""]
    pictures, other_media = _media(users[-1])
    if not pictures and _SIGHT.search(prompt[:READ]):
        pictures = next((found for message in users[-2::-1] if (found := _media(message)[0])), ())
    earlier = tuple((_texts(message) or [""])[-1] for message in users[:-1])
    return Ask(
        prompt, tuple(beside), pictures, other_media, earlier, unfinished, tool_result, tools, everything
    )


READ = 4_000
"""Characters of a question by which its answer is chosen."""
_GO_ON = re.compile(
    r"\W*(please )?(continue|go on|carry on|your (last|previous) (answer|reply)|继续|接着)", re.I
)
_SIGHT = re.compile(r"\b(find|locate|detect|where|box(es)?|picture|image|photo)\b|图|哪里|找|框", re.I)


def _content(message: dict[str, Any]) -> list[dict[str, Any]]:
    content = message.get("content") or ""
    return [{"type": "text", "text": content}] if isinstance(content, str) else content


def _texts(message: dict[str, Any]) -> list[str]:
    return [part["text"] for part in _content(message) if part.get("type") == "text" and part["text"]]


def _files_apart(texts: list[str]) -> list[str]:
    """Where a request holds only texts, files and prompt come joined in one; a file opens with its name."""
    if not texts or not texts[-1].startswith("File “"):
        return texts
    files, _, prompt = texts[-1].rpartition("\n\n")
    return [*texts[:-1], *re.split(r"\n\n(?=File “)", files), prompt]


def _media(message: dict[str, Any]) -> tuple[tuple[AskedImage, ...], tuple[str, ...]]:
    pictures, others = [], []
    for part in _content(message):
        kind = part.get("type", "")
        if kind == "image_url":
            data = _bytes(part["image_url"]["url"])
            pictures.append(AskedImage(data, stats_of(data) if data else None))
        elif kind != "text":
            others.append(kind.removesuffix("_url").removeprefix("input_"))
    return tuple(pictures), tuple(others)


def _bytes(url: str) -> bytes:
    """The bytes of a data address or of bare base64, as Z.ai takes it; empty for any other address."""
    if url.startswith(("http:", "https:")):
        return b""
    try:
        return base64.b64decode(url.partition(",")[2] if url.startswith("data:") else url)
    except binascii.Error:
        return b""
