"""Bytes to server-sent events, push style, as the WHATWG stream format has them.

No I/O, no JSON meaning, no provider. The data of an event stays bytes: whoever reads it knows what it is.
"""

from __future__ import annotations

from typing import Final

from glm_ui.errors import StreamFailed
from glm_ui.languages import say
from glm_ui.protocol.json_text import read_json

Event = tuple[str, bytes]
"""The event's name ("" when it has none) and its data."""

MAX_EVENT_BYTES: Final = 4 * 2**20
"""Bytes of one event, or of one reply that comes as a single JSON document. As Python objects JSON can take twenty
times its size; 131,072 tokens, every character escaped, are below 2 MB."""
BOM: Final = b"\xef\xbb\xbf"


class SseDecoder:
    """One stream. `feed` takes bytes cut anywhere; `close` gives the event that no blank line ended, if it is
    whole.

    Only LF, CR and CRLF end a line: U+2028, U+0085 and form feeds may stand raw inside JSON strings. Raises
    StreamFailed when a single event grows beyond `limit` bytes.
    """

    __slots__ = ("_after_cr", "_held", "_limit", "_start")

    def __init__(self, limit: int = MAX_EVENT_BYTES) -> None:
        self._limit = limit
        self._held = (
            bytearray()
        )  # an event may come in a million pieces: one object each would take gigabytes
        self._after_cr = False
        self._start: bytes | None = b""

    def feed(self, chunk: bytes) -> list[Event]:
        if self._start is not None or self._after_cr or b"\r" in chunk:
            chunk = self._with_lf_only(self._without_bom(chunk))
        held = self._held
        if not held and chunk[:6] == b"data: " and chunk.find(b"\n") == len(chunk) - 2 and chunk[-1] == 10:
            return [("", chunk[6:-2])]  # one event a chunk is what most servers send
        if not chunk:
            return []
        if held:
            ends = b"\n\n" in chunk or (chunk[0] == 10 and held[-1] == 10)
            if not ends:
                self._hold(chunk)
                return []
            chunk = bytes(held) + chunk
            held.clear()
        blocks = chunk.split(b"\n\n")
        rest = blocks.pop()
        if rest:
            self._hold(rest)
        events: list[Event] = []
        for block in blocks:
            if block[:6] == b"data: " and b"\n" not in block:
                events.append(("", block[6:]))
            elif block and (event := _read_block(block)) is not None:
                events.append(event)
        return events

    def close(self) -> list[Event]:
        """The bytes have ended. An unfinished last line counts only when it holds a whole JSON value or
        [DONE]: half a frame is a cut stream, not a malformed one."""
        rest = (self._start or b"") + bytes(self._held)
        self._held.clear()
        self._start = None
        event = _read_block(rest) if rest else None
        if event is None or (not rest.endswith(b"\n") and not _is_whole(event[1])):
            return []
        return [event]

    def _hold(self, piece: bytes) -> None:
        self._held += piece
        if len(self._held) > self._limit:
            raise StreamFailed(
                "The provider sent something too large to be part of a reply.",
                say("One event of the stream is over {kilobytes:,} kB.", kilobytes=self._limit // 1024),
                "Try again, or choose another provider.",
            )

    def _without_bom(self, chunk: bytes) -> bytes:
        """Waits for three bytes, or for one that shows there is no byte order mark."""
        if self._start is None:
            return chunk
        chunk = self._start + chunk
        if len(chunk) < len(BOM) and BOM.startswith(chunk):
            self._start = chunk
            return b""
        self._start = None
        return chunk.removeprefix(BOM)

    def _with_lf_only(self, chunk: bytes) -> bytes:
        """CR ends a line at once; an LF right after it, even in the next chunk, belongs to it."""
        if self._after_cr and chunk:
            self._after_cr = False
            chunk = chunk.removeprefix(b"\n")
        if chunk.endswith(b"\r"):
            self._after_cr = True
        return chunk.replace(b"\r\n", b"\n").replace(b"\r", b"\n")


def _read_block(block: bytes) -> Event | None:
    if block[:7] == b"event: ":  # one name and one line of data: every event of the Anthropic dialect
        first, _, second = block.partition(b"\n")
        if second[:6] == b"data: " and b"\n" not in second:
            return first[7:].decode("utf-8", "replace"), second[6:]
    name = b""
    data: list[bytes] = []
    for line in block.split(b"\n"):
        label, colon, value = line.partition(b":")
        if colon and value[:1] == b" ":
            value = value[1:]
        if label == b"data":
            data.append(value)
        elif label == b"event":
            name = value
    if not data:
        return None
    return name.decode("utf-8", "replace"), b"\n".join(data)


def _is_whole(data: bytes) -> bool:
    if data.strip() == b"[DONE]":
        return True
    try:
        read_json(data)
    except ValueError:
        return False
    return True
