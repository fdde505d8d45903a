"""Reads events of the Anthropic messages stream into an Assembly, by their `type` alone: `event:` lines may be
missing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from glm_ui.errors import plain_text
from glm_ui.events import Usage
from glm_ui.languages import say
from glm_ui.protocol.anthropic import searched
from glm_ui.protocol.assembly import LOST, Assembly, Call, count_of
from glm_ui.protocol.json_text import write_json
from glm_ui.protocol.sources import citations_of

USAGE_FIELDS = (
    "input_tokens",
    "output_tokens",
    "cache_read_input_tokens",
    "cache_creation_input_tokens",
    "output_tokens_details",
)


SENTENCE_ENDS = frozenset(".!?:…。！？：)]`*")
BLOCK_STARTS = frozenset("#*->`|")


class SecondReply(Exception):
    """Another reply has begun inside the stream of this one."""


class Blocks:
    """The content blocks of one message, by index: they may overlap, and a compatible server may leave their
    start out. Usage is merged here too, because it comes in halves. Tools that the server runs itself are its own
    affair: their calls and results are no calls of ours."""

    __slots__ = (
        "_begun",
        "_calls",
        "_cited",
        "_content",
        "_foreign",
        "_gap",
        "_id",
        "_last",
        "_last_index",
        "_provider",
        "_reply",
        "_signatures",
        "_text_end",
        "_thinking",
        "_unsaid",
        "_usage",
    )

    def __init__(self, reply: Assembly, provider: str, after_pause: bool = False) -> None:
        self._reply = reply
        self._provider = provider
        self._content = searched.Content(after_pause)
        self._id: Any = None
        self._begun = False
        self._thinking: dict[Any, int] = {}
        self._signatures: list[list[str]] = []
        self._unsaid: set[int] = set()
        """Thinking blocks whose signature has grown since its last event."""
        self._calls: dict[Any, tuple[Call, str]] = {}
        self._cited: list[Any] = []
        """Citations of the text that comes: they stand where it ends."""
        self._foreign: set[Any] = set()
        self._last = ""
        """Kind of the block that began last; of a text with sources, "cited"."""
        self._last_index: Any = None
        self._text_end = ""
        self._gap = ""
        """What parts the next text from the one before, if it is to be parted: "block" or "sentence"."""
        self._usage: dict[str, Any] = {}

    def read(self, frame: dict[str, Any]) -> bool:
        """One event; True when it ends the message. Raises SecondReply."""
        kind: str = frame["type"]
        if kind == "content_block_delta":
            self._delta(frame.get("index"), frame.get("delta") or {})
            return False
        reader = READERS.get(kind)
        if reader is not None:
            reader(self, frame)
        return kind == "message_stop"

    def read_message(self, message: dict[str, Any]) -> None:
        """A whole message, as a stream of it would have come."""
        if not isinstance(message["content"], list):
            raise TypeError
        self._message_start({"message": {**message, "usage": None}})
        for index, block in enumerate(message["content"]):
            self._start({"index": index, "content_block": block})
            self._stop({"index": index})
        self._message_delta({"delta": message, "usage": message.get("usage")})

    def flush(self) -> None:
        """No more will come; what was not stopped ends here."""
        self._end_text()
        if self._reply.finish and self._reply.parts_texts:
            self._keep_search()
        for number in sorted(self._unsaid):
            self._say_signature(number)

    def _message_start(self, frame: dict[str, Any]) -> None:
        """Compatible servers send it twice, or splice a second one into the middle: only the first one
        starts. With another id, behind what has come already, it is another reply."""
        message = frame.get("message") or {}
        number = message.get("id")
        if number and self._id and number != self._id and self._begun:
            raise SecondReply
        self._id = number or self._id
        if not self._reply.started:
            self._reply.start(message.get("model"), message.get("id"))
        usage = message.get("usage")
        if isinstance(usage, Mapping):
            self._merge(usage, later=False)
            read = read_usage(self._usage)
            if read.input_tokens:  # the output count of the start is a placeholder; Z.ai's start is all zeros
                self._reply.use(Usage(input_tokens=read.input_tokens, cached_tokens=read.cached_tokens))

    def _start(self, frame: dict[str, Any]) -> None:
        index = frame.get("index")
        block = frame.get("content_block") or {}
        kind = block.get("type")
        self._begun = True
        self._content.start(index, block)
        self._foreign.discard(index)
        self._end_text()
        if kind == "text":
            self._start_text(index, block)
            self._cite(block.get("citations"))
        elif kind == "thinking":
            number = self._open_thinking(index)
            self._think(block.get("thinking"), number)
            self._sign(number, block.get("signature"))
        elif kind == "redacted_thinking":
            self._reply.keep({"redacted_thinking": block.get("data", "")}, self._open_thinking(index))
        elif kind == "tool_use":
            self._open_call(index, block)
        elif kind == "web_search_tool_result":
            self._searched(index, block.get("content"))
        else:
            self._foreign.add(index)
        self._last_index = index
        self._last = "cited" if kind == "text" and block.get("citations") is not None else str(kind)

    def _start_text(self, index: Any, block: Mapping[str, Any]) -> None:
        """Text behind another block is a paragraph of its own, and so is a sentence behind a whole sentence. Texts
        with sources are the pieces of one sentence."""
        if self._last not in ("text", "cited"):
            self._gap = "block"
        elif self._last == "text" and index != self._last_index and block.get("citations") is None:
            self._gap = "sentence"
        self._answer(block.get("text"))

    def _is_paragraph(self, text: str) -> bool:
        before, first, gap = self._text_end, text[0], self._gap
        self._gap = ""
        if not before or before.isspace() or first.isspace():
            return False
        begins = first in BLOCK_STARTS or (first.isalpha() and not first.islower())
        return gap == "block" or (before in SENTENCE_ENDS and begins)

    def _answer(self, text: Any) -> None:
        if isinstance(text, str):
            if text:
                if self._gap and self._reply.parts_texts and self._is_paragraph(text):
                    self._reply.answer("\n\n")
                self._text_end = text[-1]
                self._reply.answer(text)
        elif text is not None:
            self._reply.tell(LOST)

    def _think(self, text: Any, number: int) -> None:
        if isinstance(text, str):
            if text:
                self._reply.think(text, number)
        elif text is not None:
            self._reply.tell(LOST)

    def _open_call(self, index: Any, block: Mapping[str, Any]) -> Call:
        call = self._reply.open_call(("block", index, len(self._reply.calls)))
        call.id, call.name = str(block.get("id") or ""), str(block.get("name") or "")
        given = block.get("input")
        self._calls[index] = call, write_json(given) if isinstance(given, Mapping) else "{}"
        self._reply.add_to_call(call, "")
        return call

    def _open_thinking(self, index: Any) -> int:
        number = self._thinking[index] = len(self._signatures)
        self._signatures.append([])
        return number

    def _delta(self, index: Any, delta: dict[str, Any]) -> None:
        kind = delta.get("type")
        self._begun = True
        self._content.add(index, delta)
        if kind == "text_delta":
            self._answer(delta.get("text"))
        elif kind == "thinking_delta":
            self._think(delta.get("thinking"), self._block_of(index))
        elif kind == "input_json_delta":
            if index not in self._foreign:
                self._add_arguments(index, delta.get("partial_json"))
        elif kind == "signature_delta":
            self._sign(self._block_of(index), delta.get("signature"))
        elif kind == "citations_delta":
            self._last = "cited"
            self._cite([delta.get("citation")])

    def _cite(self, rows: Any) -> None:
        if isinstance(rows, list):
            self._reply.cite(self._reply.found.anthropic(rows))
            self._cited += rows

    def _end_text(self) -> None:
        if self._cited:
            self._reply.cite_here(citations_of(self._cited))
            self._cited = []

    def _keep_search(self) -> None:
        try:
            kept = self._content.kept(self._provider, self._reply.finish)
        except (AttributeError, TypeError, ValueError):
            return
        if kept is not None and searched.size_of(kept) > searched.MOST:
            self._reply.tell(
                say(
                    "What the provider's search found is too large to be kept: the model will not see it again."
                )
            )
        elif kept is not None:
            self._reply.keep({searched.KEY: kept}, len(self._signatures))

    def _searched(self, index: Any, content: Any) -> None:
        """What the provider's own search gave: a list, or an object that says why not."""
        self._foreign.add(index)
        if isinstance(content, Mapping) and isinstance(code := content.get("error_code"), str):
            self._reply.tell(say("The provider's web search failed: {code}.", code=plain_text(code, 80)))
        self._reply.cite(self._reply.found.anthropic(content))

    def _add_arguments(self, index: Any, text: Any) -> None:
        entry = self._calls.get(index)
        call = entry[0] if entry else self._open_call(index, {})
        if isinstance(text, str):
            if text:
                self._reply.add_to_call(call, text)
        elif text is not None:
            self._reply.tell(LOST)

    def _block_of(self, index: Any) -> int:
        number = self._thinking.get(index)
        return self._open_thinking(index) if number is None else number

    def _sign(self, number: int, signature: Any) -> None:
        if signature and isinstance(signature, str):
            self._signatures[number].append(signature)
            self._unsaid.add(number)

    def _say_signature(self, number: int) -> None:
        self._unsaid.discard(number)
        self._reply.keep({"signature": "".join(self._signatures[number])}, number)

    def _stop(self, frame: dict[str, Any]) -> None:
        """A tool without arguments streams none; some servers give them whole at the start of the block."""
        self._end_text()
        index = frame.get("index")
        entry = self._calls.pop(index, None)
        if entry and not entry[0].pieces:
            self._reply.add_to_call(*entry)
        number = self._thinking.get(index)
        if number in self._unsaid:
            self._say_signature(number)

    def _message_delta(self, frame: dict[str, Any]) -> None:
        delta = frame.get("delta") or {}
        if delta.get("type") == "text_delta":  # the seed's gateway has an emitter that puts text here
            self._delta(None, delta)
        if delta.get("stop_reason"):
            self._reply.finish = str(delta["stop_reason"])
        details = delta.get("stop_details")
        if isinstance(details, Mapping) and isinstance(why := details.get("explanation"), str):
            self._reply.why = why
        usage = frame.get("usage")
        if isinstance(usage, Mapping):
            self._merge(usage, later=True)
            self._reply.use(read_usage(self._usage))

    def _merge(self, usage: Mapping[str, Any], *, later: bool) -> None:
        """Counts grow: a zero never replaces a figure, and a repeated start never replaces what is known."""
        for name in USAGE_FIELDS:
            value = usage.get(name)
            if value is not None and (name not in self._usage or not self._usage[name] or (later and value)):
                self._usage[name] = value


READERS: Mapping[str, Callable[[Blocks, dict[str, Any]], None]] = {
    "message_start": Blocks._message_start,
    "content_block_start": Blocks._start,
    "content_block_stop": Blocks._stop,
    "message_delta": Blocks._message_delta,
}
KINDS = frozenset((*READERS, "content_block_delta", "message_stop", "ping"))


def read_usage(usage: Mapping[str, Any]) -> Usage:
    """Anthropic counts cached input apart; ours includes it."""
    cached = count_of(usage.get("cache_read_input_tokens"))
    told = usage.get("output_tokens_details")
    details = told if isinstance(told, Mapping) else {}
    written = count_of(usage.get("cache_creation_input_tokens"))
    known = [part for part in (count_of(usage.get("input_tokens")), cached, written) if part is not None]
    return Usage(
        input_tokens=sum(known) if known else None,
        output_tokens=count_of(usage.get("output_tokens")),
        thinking_tokens=count_of(details.get("thinking_tokens", details.get("reasoning_tokens"))),
        cached_tokens=cached,
    )
