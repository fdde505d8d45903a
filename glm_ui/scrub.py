"""A key that an upstream echoes, taken out of a body however its chunks are cut. Bytes in, bytes out."""

from __future__ import annotations


class Scrubber:
    """`feed` gives the chunk without the key; what may be the start of one is held back until `close`."""

    SHORTEST = 12
    """Shorter ones are placeholders ("EMPTY", "none", "sk-1") and may be words of an answer."""

    def __init__(self, secret: str) -> None:
        key = secret.encode()
        self._key = key if len(key) >= self.SHORTEST else b""
        self._held = b""

    def feed(self, chunk: bytes) -> bytes:
        key = self._key
        if not key:
            return chunk
        data = self._held + chunk if self._held else chunk
        if key in data:
            data = data.replace(key, b"[key]")
        if data[-1:] == b"\n":  # as nearly every chunk of a stream ends, and no key holds one
            self._held = b""
            return data
        keep = self._start_of_key(data)
        self._held = data[len(data) - keep :]
        return data[: len(data) - keep]

    def close(self) -> bytes:
        rest, self._held = self._held, b""
        return rest

    def _start_of_key(self, data: bytes) -> int:
        """How many of the last bytes are the first ones of the key."""
        first, at = self._key[:1], max(0, len(data) - len(self._key) + 1)
        while (at := data.find(first, at)) >= 0:
            if self._key.startswith(data[at:]):
                return len(data) - at
            at += 1
        return 0
