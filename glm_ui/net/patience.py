"""How long a body may take: one timer that watches the wait for each chunk, the whole turn, and the time after its
end.

Nothing of HTTP enters here; `exchange` says what an expired wait means.
"""

from __future__ import annotations

import asyncio
from typing import Literal

Phase = Literal["connect", "first_byte", "silence", "turn", "finish"]


class Watch:
    """Cancels the task that reads once a wait has expired, as `asyncio.timeout` does. It has one timer for a whole body
    instead of one for each chunk. Time in which nobody reads does not count as silence.

    `task` waits for a chunk, if any does; `waits` says that its wait is a new one. From when on is seen by the timer: a
    clock is too dear for each chunk. `over`: the reader must stop at the next chunk, because the body's time is used up
    while chunks keep coming.
    """

    __slots__ = (
        "_cancelled",
        "_ends",
        "_finish",
        "_fired",
        "_patience",
        "_silent_at",
        "_timer",
        "loop",
        "over",
        "task",
        "waits",
    )

    def __init__(self, first_byte: float, patience: float, ends: float) -> None:
        """Times of the loop's clock: the first chunk may take until `first_byte`, all of them until `ends`. Each later
        one may take `patience` seconds, and half as long again."""
        self.loop = asyncio.get_running_loop()
        self.task = asyncio.current_task()
        self.waits = False
        self.over = False
        self._patience = patience
        self._silent_at = first_byte
        self._ends = ends
        self._finish: float | None = None
        self._fired = False
        self._timer: asyncio.Handle = self.loop.call_soon(self._look)

    def end_by(self, when: float) -> None:
        """The reply is complete but for what may follow its end: that has until `when`. A later call replaces it."""
        self._finish = when
        self._timer.cancel()
        self._look()

    def _look(self) -> None:
        now = self.loop.time()
        if self.waits:
            self.waits = False
            self._silent_at = now + self._patience
        ends = self._ends if self._finish is None else min(self._ends, self._finish)
        self.over = now >= ends
        if self.task is not None and (self.over or now >= self._silent_at):
            self._fired = True
            self._cancelled = self.task.cancelling()
            self.task.cancel()
            return
        soon = now + self._patience / 2
        due = min(soon, self._silent_at) if self.task else soon
        self._timer = self.loop.call_at(due if self.over else min(due, ends), self._look)

    def phase(self, began: bool) -> Phase:
        """Which wait has expired. `began`: a byte of the body has come."""
        if self.over:
            return "turn" if self._finish is None else "finish"
        return "silence" if began else "first_byte"

    def was_it(self) -> bool:
        """Whether the cancellation that has come is ours alone."""
        return self._fired and self.task is not None and self.task.uncancel() <= self._cancelled

    def end(self) -> None:
        self._timer.cancel()
