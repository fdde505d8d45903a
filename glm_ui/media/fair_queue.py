"""A queue in front of threads, in which visitors take turns, so that none waits for all the work of another."""

from __future__ import annotations

import threading
from collections import Counter, OrderedDict, deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

Work = Callable[[], Any]


class FairQueue:
    """One visitor may have `usual` pieces of work running. When others fill these places, a visitor who has nothing
    running begins at once in one of `spare` further ones."""

    def __init__(self, threads: ThreadPoolExecutor, usual: int, spare: int) -> None:
        """`threads` has room for `usual` and `spare` together."""
        self._threads, self._usual, self._spare = threads, usual, spare
        self._lock = threading.Lock()
        self._waiting: OrderedDict[str, deque[tuple[Work, Future[Any]]]] = OrderedDict()
        self._running: Counter[str] = Counter()

    @property
    def running(self) -> int:
        return self._running.total()

    def submit(self, who: str, work: Work) -> Future[Any]:
        """From any thread. Cancelling the future takes the work out of the queue while it waits."""
        future: Future[Any] = Future()
        with self._lock:
            self._waiting.setdefault(who, deque()).append((work, future))
            self._begin()
        return future

    def close(self) -> None:
        """Cancels what waits; what runs goes on."""
        with self._lock:
            for queue in self._waiting.values():
                for _, future in queue:
                    future.cancel()
            self._waiting.clear()

    def _begin(self) -> None:
        """Begins what may begin now; the visitor who was served last comes last. The lock is held."""
        while (who := next(filter(self._may, self._waiting), None)) is not None:
            queue = self._waiting.pop(who)
            work, future = queue.popleft()
            if queue:
                self._waiting[who] = queue
            if future.set_running_or_notify_cancel():
                self._running[who] += 1
                self._threads.submit(self._do, who, work, future)

    def _may(self, who: str) -> bool:
        everyone = self._running.total()
        return everyone < self._usual or (self._running[who] == 0 and everyone < self._usual + self._spare)

    def _do(self, who: str, work: Work, future: Future[Any]) -> None:
        outcome, failure = None, None
        try:
            outcome = work()
        except BaseException as error:  # noqa: BLE001  It belongs to the one who waits.
            failure = error
        with self._lock:
            self._running[who] -= 1
            if not self._running[who]:
                del self._running[who]
            self._begin()
        if failure is None:
            future.set_result(outcome)
        else:
            future.set_exception(failure)
