"""The keys that visitors typed, and the server that one of them is for: in this process's memory only, each in the
room of one page (identity.py), forgotten when the page closes or after hours of silence. Nothing here is ever
written, logged or sent to a page."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from pydantic import SecretStr

from glm_ui.serving.fair_store import FairStore
from glm_ui.serving.own_server import OwnServer

MAX_SESSIONS = 5_000
MAX_KEYS = 8
KEPT_SECONDS = 12 * 3600.0


@dataclass(slots=True)
class Brought:
    """What one visitor brought: provider key -> API key, and the server that the key "custom" is for."""

    used: float
    keys: dict[str, SecretStr] = field(default_factory=dict)
    server: OwnServer | None = None


class Sessions:
    """A page's room -> what its visitor brought. `holder` is whose share of the memory it takes."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._brought: FairStore[Brought] = FairStore(MAX_SESSIONS)

    def keys(self, session: str) -> Mapping[str, SecretStr]:
        found = self._find(session)
        return dict(found.keys) if found else {}

    def server(self, session: str) -> OwnServer | None:
        found = self._find(session)
        return found.server if found else None

    def save(self, session: str, provider: str, key: str, holder: str = "") -> None:
        """Keeps `key`, or forgets the one that was there when `key` is blank."""
        if not session:
            return
        keys = self._open(session, holder).keys
        keys.pop(provider, None)
        if key.strip() and len(keys) < MAX_KEYS:
            keys[provider] = SecretStr(key.strip())

    def name_server(self, session: str, server: OwnServer | None, key: str, holder: str = "") -> None:
        """Keeps the server with its key, or takes both away: a key that was typed for one address never goes to the
        next."""
        if not session:
            return
        self._open(session, holder).server = server
        self.save(session, "custom", key if server else "", holder)

    def holds(self, session: str) -> bool:
        return self._find(session) is not None

    def forget(self, session: str) -> None:
        self._brought.pop(session)

    def _open(self, session: str, holder: str) -> Brought:
        found = self._find(session)
        if found is None:
            found = Brought(self._clock())
            self._brought.put(session, found, holder)
        return found

    def _find(self, session: str) -> Brought | None:
        horizon = self._clock() - KEPT_SECONDS
        while (oldest := self._brought.oldest()) and oldest[1].used < horizon:
            self._brought.pop(oldest[0])
        found = self._brought.get(session)
        if found is not None:
            found.used = self._clock()
        return found
