"""The keys that visitors typed: in this process's memory only, one visitor apart from the other, forgotten when the
page closes or after hours of silence. Nothing here is ever written, logged or sent to a page."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Mapping

from pydantic import SecretStr

MAX_SESSIONS = 5_000
MAX_KEYS = 8
KEPT_SECONDS = 12 * 3600.0


class Sessions:
    """session id -> provider key -> the visitor's API key. The oldest go first when there are too many."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._keys: OrderedDict[str, tuple[float, dict[str, SecretStr]]] = OrderedDict()

    def keys(self, session: str) -> Mapping[str, SecretStr]:
        self._expire()
        if session not in self._keys:
            return {}
        keys = self._keys.pop(session)[1]
        self._keys[session] = (self._clock(), keys)
        return dict(keys)

    def save(self, session: str, provider: str, key: str) -> None:
        """Keeps `key`, or forgets the one that was there when `key` is blank."""
        if not session:
            return
        keys = dict(self.keys(session))
        keys.pop(provider, None)
        if key.strip() and len(keys) < MAX_KEYS:
            keys[provider] = SecretStr(key.strip())
        self._keys[session] = (self._clock(), keys)
        while len(self._keys) > MAX_SESSIONS:
            self._keys.popitem(last=False)

    def forget(self, session: str) -> None:
        self._keys.pop(session, None)

    def _expire(self) -> None:
        horizon = self._clock() - KEPT_SECONDS
        while self._keys and next(iter(self._keys.values()))[0] < horizon:
            self._keys.popitem(last=False)
