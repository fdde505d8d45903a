"""What calls of endpoints have for their callers until it is fetched. Gradio keeps whatever up to two thousand callers
leave behind, megabytes each; here those who never come are forgotten, and their runs ended.

It stands in for one dictionary of Gradio's queue (gradio/queueing.py, 6.31) and knows nothing of what is in a message.
"""

from __future__ import annotations

import time
from asyncio import Queue as Mailbox
from collections.abc import Callable
from typing import Any

from gradio.queueing import Queue
from gradio.utils import LRUCache

PATIENCE = 30.0
"""Seconds that the next message for a caller waits; a client fetches at once."""
MOST = 50
"""Callers that may have something waiting for them at the same time."""


class Mailboxes(LRUCache[str, Mailbox[Any]]):
    """session -> the messages for it. Looked through whenever another caller begins."""

    def __init__(self, queue: Queue, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(2000)
        self._gradio = queue
        self._clock = clock
        self._waiting: dict[str, tuple[int, float]] = {}
        """session -> the first message that waits for it, and since when."""

    def __setitem__(self, session: str, box: Mailbox[Any]) -> None:
        self._look()
        super().__setitem__(session, box)

    def _look(self) -> None:
        now = self._clock()
        heads = {session: id(box._queue[0]) for session, box in self.items() if box.qsize()}
        before = self._waiting
        self._waiting = {
            session: before[session] if before.get(session, (0, 0))[0] == head else (head, now)
            for session, head in heads.items()
        }
        eldest = sorted(self._waiting, key=lambda session: self._waiting[session][1])
        late = [session for session in eldest if now - self._waiting[session][1] > PATIENCE]
        for session in late or eldest[: max(0, len(eldest) - MOST)]:
            self._forget(session)

    def _forget(self, session: str) -> None:
        self._waiting.pop(session, None)
        self.pop(session, None)
        gradio = self._gradio
        for event_id in gradio.pending_event_ids_session.pop(session, ()):
            event = gradio.event_ids_to_events.get(event_id)
            if event is None:
                continue
            event.alive = False  # ends a run at its next frame
            waiting = gradio.event_queue_per_concurrency_id[event.concurrency_id].queue
            if event in waiting:
                waiting.remove(event)
                gradio.event_ids_to_events.pop(event_id, None)
