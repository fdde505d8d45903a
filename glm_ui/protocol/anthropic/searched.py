"""The content of a reply in which the provider searched: a later request must have it again, block by block as it came,
or the model knows nothing of what it found. It is kept as `opaque` of a thinking block without words. Pure.

The results are encrypted for their provider: another one is not given them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

import orjson

from glm_ui.messages import Message, Text, Thinking, ToolCall

KEY: Final = "searched"
"""Of `Thinking.opaque`: {"provider", "paused", "blocks"}; of a call that the app answers `blocks` has the id alone."""
MOST: Final = 2**20
"""Bytes of one reply that are kept, as JSON."""
PAUSED: Final = "pause_turn"
TEXTS: Final = {
    "text_delta": "text",
    "thinking_delta": "thinking",
    "signature_delta": "signature",
    "input_json_delta": "partial_json",
}
"""Type of a delta -> its member that is joined."""

Block = dict[str, Any]


class Begun(NamedTuple):
    """A block that comes: its start, and what came of it since."""

    start: Mapping[str, Any]
    texts: list[str]
    signatures: list[str]
    citations: list[Any]


class Content:
    """The blocks of one reply, as they come. `after_pause`: it goes on with one in which the provider searched."""

    __slots__ = ("_after_pause", "_at", "_blocks", "_searched")

    def __init__(self, after_pause: bool) -> None:
        self._after_pause = after_pause
        self._blocks: list[Begun] = []
        self._at: dict[Any, int] = {}
        self._searched = after_pause

    def start(self, index: Any, block: Mapping[str, Any]) -> None:
        self._at[index] = len(self._blocks)
        self._blocks.append(Begun(block, [], [], []))
        self._searched = self._searched or block.get("type") == "server_tool_use"

    def add(self, index: Any, delta: Mapping[str, Any]) -> None:
        at = self._at.get(index)
        if at is None:
            return
        kind = str(delta.get("type"))
        name = TEXTS.get(kind)
        if name is None:
            if kind == "citations_delta":
                self._blocks[at].citations.append(delta.get("citation"))
            return
        if text := delta.get(name):
            begun = self._blocks[at]
            (begun.signatures if name == "signature" else begun.texts).append(text)

    def kept(self, provider: str, finish: str) -> Mapping[str, Any] | None:
        """What a later request needs of a reply that ended well; None without a search, and where a block of it cannot
        go back. Raises TypeError and ValueError where a member is not what its name says."""
        if not self._searched:
            return None
        blocks = [made for each in self._blocks if (made := _made(*each)) is not None]
        asked = {block.get("id") for block in blocks if block["type"] == "server_tool_use"}
        given = {block.get("tool_use_id") for block in blocks if block["type"].endswith("_tool_result")}
        if any(block["type"] == "tool_result" for block in blocks) or not (
            self._after_pause or given <= asked
        ):
            return None
        if not asked <= given and finish != PAUSED:
            return None
        return {"provider": provider, "paused": finish == PAUSED, "blocks": blocks}


def _made(
    start: Mapping[str, Any], texts: list[str], signatures: list[str], cited: list[Any]
) -> Block | None:
    """A block as it goes back; None for one that says nothing."""
    kind = str(start.get("type"))
    if kind == "text":
        text = (start.get("text") or "") + "".join(texts)
        citations = [*(start.get("citations") or ()), *cited]
        return (
            {"type": kind, "text": text, **({"citations": citations} if citations else {})}
            if text.strip()
            else None
        )
    if kind == "thinking":
        signature = (start.get("signature") or "") + "".join(signatures)
        thinking = (start.get("thinking") or "") + "".join(texts)
        return {"type": kind, "thinking": thinking, "signature": signature} if signature else None
    if kind == "tool_use":
        return {"type": kind, "id": start.get("id")}
    if kind == "server_tool_use" and texts:
        return {**start, "input": orjson.loads("".join(texts))}
    return dict(start)


def size_of(kept: Mapping[str, Any]) -> int:
    return len(orjson.dumps(kept))


def _of(message: Message, provider: str | None) -> list[Mapping[str, Any]]:
    """What is kept in this message for this provider, or for any, in order. It came from a browser: any of it may be
    odd."""
    found = [part.opaque.get(KEY) for part in message.parts if isinstance(part, Thinking) and part.opaque]
    return [
        kept
        for kept in found
        if isinstance(kept, Mapping)
        and kept.get("provider") == (provider or kept.get("provider"))
        and isinstance(kept.get("blocks"), list)
        and all(isinstance(block, Mapping) and isinstance(block.get("type"), str) for block in kept["blocks"])
    ]


def is_paused(message: Message, provider: str | None = None) -> bool:
    """Whether the provider paused in this reply: it goes on with it when it gets it back."""
    kept = _of(message, provider)
    return message.role == "assistant" and bool(kept) and kept[-1].get("paused") is True


def restored(
    message: Message, provider: str, *, thinking: bool, call: Callable[[ToolCall], Block]
) -> list[Block] | None:
    """The content as it came, with the calls of the message made by `call`; None where nothing is kept, or where the
    answer is no longer what it was. `thinking`: its thinking goes back too."""
    kept = [block for each in _of(message, provider) for block in each["blocks"]]
    if not kept or _letters(block.get("text") for block in kept if block["type"] == "text") != _letters(
        part.text for part in message.parts if isinstance(part, Text)
    ):
        return None
    calls = {part.id: part for part in message.parts if isinstance(part, ToolCall)}
    return [*_filled(kept, calls, thinking, call), *map(call, calls.values())]


def _filled(
    kept: Sequence[Mapping[str, Any]],
    calls: dict[str, ToolCall],
    thinking: bool,
    call: Callable[[ToolCall], Block],
) -> Iterator[Block]:
    """Takes the calls that it places out of `calls`."""
    for block in kept:
        kind = block["type"]
        if kind == "tool_use":
            if made := calls.pop(str(block.get("id")), None):
                yield call(made)
        elif thinking or kind not in ("thinking", "redacted_thinking"):
            yield dict(block)


def _letters(texts: Iterator[Any]) -> str:
    """Without blanks: those at the front of an answer and between its texts are not kept as they came."""
    return "".join("".join(str(text) for text in texts).split())
