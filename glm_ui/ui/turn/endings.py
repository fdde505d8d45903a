"""How the last turn of each program ended, for `/ending`: the two outputs of `/chat` have no place for it. In memory,
one small entry a session; no text of anyone."""

from __future__ import annotations

import asyncio
import contextlib
from collections import OrderedDict
from collections.abc import Iterator
from typing import Any, Final

from glm_ui.reply import Reply

MAX_SESSIONS: Final = 10_000
COMPLETE: Final = frozenset({"stop", "tool_calls"})
"""Finish reasons of replies that lack nothing."""


class Endings:
    """Session -> how its last turn ended. The oldest go first when there are too many."""

    def __init__(self, most: int = MAX_SESSIONS) -> None:
        self._most = most
        self._kinds: OrderedDict[str, tuple[str, str]] = OrderedDict()

    @contextlib.contextmanager
    def turn(self, session: str | None) -> Iterator[Reply]:
        """One turn, begun and ended; what it yields is the reply to add up."""
        reply = Reply()
        self._put(session, "running")
        try:
            yield reply
        except (GeneratorExit, asyncio.CancelledError):
            self._put(session, "stopped")
            raise
        except BaseException:
            self._put(session, "error")
            raise
        self._put(session, reply.finish or "other", reply.done.raw_reason if reply.done else "")

    def of(self, session: str | None) -> dict[str, Any]:
        """`kind` is a finish reason of `events.Done`, or running, stopped, error, none; `complete` whether the answer
        lacks nothing; `raw` the provider's own word."""
        kind, raw = self._kinds.get(session or "", ("none", ""))
        return {"kind": kind, "complete": kind in COMPLETE, "raw": raw}

    def _put(self, session: str | None, kind: str, raw: str = "") -> None:
        if not session:
            return
        self._kinds[session] = (kind, raw)
        self._kinds.move_to_end(session)
        while len(self._kinds) > self._most:
            self._kinds.popitem(last=False)
