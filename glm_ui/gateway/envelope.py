"""Puts another envelope around a chunk of chat completions: id, model and the like are replaced, and the choices keep
their bytes. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

import orjson

_TOKEN: Final = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"|[{}\[\]]', re.S)
_ROLE: Final = re.compile(
    rb',\s*"role"\s*:\s*(?:"[a-z]*"|null)(?=\s*\})|"role"\s*:\s*(?:"[a-z]*"|null)\s*,?\s*'
)
_COLON: Final = re.compile(rb"\s*:")
_OPENS, _CLOSES = b"{[", b"}]"


class Envelope:
    """One stream's. Its chunks are alike but for their choices: what stands around those is looked for once."""

    def __init__(self, shell: Mapping[str, Any]) -> None:
        self._shell = shell
        self._names: tuple[str, ...] = ()
        self._more: Mapping[str, Any] = {}
        self._front = self._back = self._head = b""

    def around(self, data: bytes, chunk: Mapping[str, Any], more: Mapping[str, Any]) -> bytes | None:
        """The chunk as an event to send, without roles and usage, and with a finish reason; `data` are its bytes and
        `more` its other members. None where its bytes cannot be kept."""
        front, back = self._front, self._back
        if not (
            front
            and data.startswith(front)
            and data.endswith(back)
            and more == self._more
            and tuple(chunk) == self._names
        ):
            found = span_of(data, b'"choices"')
            if found is None:
                return None
            front, back = data[: found[0]], data[found[1] :]
            self._front, self._back, self._names, self._more = front, back, tuple(chunk), dict(more)
            self._head = b"data: " + orjson.dumps({**self._shell, **more})[:-1] + b',"choices":'
        choices: bytes | None = data[len(front) : len(data) - len(back)]
        several = chunk["choices"]
        if len(several) == 1:
            roles = int("role" in several[0]["delta"])
        else:
            roles = sum("role" in choice["delta"] for choice in several)
        if roles:
            choices = _without_roles(choices or b"", roles)
        if choices and "finish_reason" not in several[0]:
            choices = _unfinished(choices) if len(several) == 1 else None
        if choices is None:
            return None
        return in_lines(self._head + choices + b"}") + b"\n\n"


def in_lines(said: bytes) -> bytes:
    """A line break inside JSON needs the name of the field on the next line too."""
    return said.replace(b"\n", b"\ndata: ") if b"\n" in said else said


def _without_roles(choices: bytes, count: int) -> bytes | None:
    """Clients join the texts of deltas, so that a role belongs into the first alone."""
    if choices.count(b'"role"') != count:
        return None
    bare, found = _ROLE.subn(b"", choices)
    return bare if found == count else None


def _unfinished(choices: bytes) -> bytes | None:
    """Typed clients want the finish reason in every chunk; Z.ai has it in the last."""
    return choices[:-2] + b',"finish_reason":null}]' if choices.endswith(b"}]") else None


def span_of(data: bytes, name: bytes) -> tuple[int, int] | None:
    """Where the list begins and ends that is the top-level member `name` (with its quotes) of a JSON object."""
    depth, begins, wanted = 0, -1, False
    for token in _TOKEN.finditer(data):
        mark = data[token.start() : token.start() + 1]
        if mark in _OPENS:
            if depth == 1 and wanted:
                begins = token.start() if mark == b"[" else -1
            wanted = False
            depth += 1
        elif mark in _CLOSES:
            depth -= 1
            if depth == 1 and begins >= 0:
                return begins, token.end()
        elif depth == 1:
            wanted = token.group() == name and _COLON.match(data, token.end()) is not None
    return None
