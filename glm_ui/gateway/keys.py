"""Keys of the gateway: how one is made, the line that is kept of it, and who holds a key that a request brings. A line
has the key's SHA-256, so that nobody who reads it can use it; 256 random bits need no slow hash.

    label:sha256[:limits]
    limits: turns/minute=20,turns/day=500,tokens/minute=100000,tokens/day=2000000,models=glm-4.6+glm-5,until=2027-01-31
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from glm_ui.errors import BadSettings

PREFIX: Final = "sk-glmui-"
"""Some clients refuse a key that does not begin with `sk-`."""
LONGEST: Final = 512
MINUTE, DAY = 60, 86_400
COUNTED: Final[Mapping[str, tuple[str, int]]] = {
    "turns/minute": ("turns", MINUTE),
    "turns/day": ("turns", DAY),
    "tokens/minute": ("tokens", MINUTE),
    "tokens/day": ("tokens", DAY),
}
"""Word in a line -> (unit, seconds) of the limit that it sets."""
LABEL: Final = re.compile(r"[A-Za-z0-9_.@-]{1,64}")
_HASH: Final = re.compile(r"[0-9a-f]{64}")
LOOK_AGAIN: Final = 1.0
"""Seconds between two looks at whether the file has changed."""


@dataclass(frozen=True, slots=True)
class Key:
    """Who holds it, and what it may do. `limits` are (unit, seconds) -> so many; no `models` is any; `until` in seconds
    since 1970."""

    label: str
    sha256: str
    limits: Mapping[tuple[str, int], int]
    models: frozenset[str] = frozenset()
    until: float | None = None

    @property
    def expired(self) -> bool:
        return self.until is not None and time.time() > self.until


def new_key() -> str:
    return PREFIX + secrets.token_urlsafe(32)


def line_of(label: str, key: str) -> str:
    """What is kept of a key. Raises ValueError for a label that is none."""
    if not LABEL.fullmatch(label):
        raise ValueError("A label has letters, digits and . _ - @, and at most 64 of them.")
    return f"{label}:{digest(key)}"


def digest(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


def read_line(line: str) -> Key:
    """Raises ValueError that does not repeat the line."""
    label, _, rest = line.strip().partition(":")
    sha256, _, limits = rest.partition(":")
    if not LABEL.fullmatch(label) or not _HASH.fullmatch(sha256.lower()):
        raise ValueError("a line is label:sha256 or label:sha256:limits")
    counted: dict[tuple[str, int], int] = {}
    models: frozenset[str] = frozenset()
    until: float | None = None
    for limit in filter(None, (one.strip() for one in limits.split(","))):
        name, _, value = limit.partition("=")
        if name in COUNTED:
            counted[COUNTED[name]] = _count(value)
        elif name == "models":
            models = frozenset(value.split("+"))
        elif name == "until":
            until = datetime.fromisoformat(value).replace(tzinfo=UTC).timestamp() + DAY
        else:
            raise ValueError(f"limits are {', '.join(COUNTED)}, models and until")
    return Key(label, sha256.lower(), counted, models, until)


def _count(text: str) -> int:
    if not text.isdecimal():
        raise ValueError("a limit is a whole number")
    return int(text)


class KeyRing:
    """The keys that `GLM_UI_GATEWAY_KEYS` names: lines, or the path of a file with lines, which is read again when it
    changes. In it, empty lines and lines that begin with # are left out."""

    def __init__(self, named: str | None) -> None:
        """Raises BadSettings for a line that is none, and for a file that cannot be read."""
        said = (named or "").strip()
        lines = said.replace(";", "\n").splitlines()
        self._file: Path | None = None
        if said and not all(re.match(r"\s*(#|$|[^:/\\]+:[0-9A-Fa-f]{64})", line) for line in lines):
            self._file = Path(said)
        self._stamp: tuple[int, int] | None = None
        self._looked = 0.0
        self._keys: tuple[Key, ...] = ()
        if self._file is None:
            self._keys = _keys_in(lines)
        else:
            self._read()

    def __bool__(self) -> bool:
        self._refresh()
        return bool(self._keys)

    def holder(self, key: str) -> Key | None:
        """Whose key this is. All keys are compared, so that the time says nothing."""
        self._refresh()
        if not key or len(key) > LONGEST:
            return None
        given = digest(key)
        found = [one for one in self._keys if hmac.compare_digest(one.sha256, given)]
        return found[0] if found else None

    def _refresh(self) -> None:
        """A file that has become unreadable, or wrong, leaves the keys as they were."""
        if self._file is None or time.monotonic() - self._looked < LOOK_AGAIN:
            return
        try:
            self._read()
        except BadSettings:
            return

    def _read(self) -> None:
        assert self._file is not None  # noqa: S101 - callers look first
        self._looked = time.monotonic()
        try:
            stat = self._file.stat()
            stamp = (stat.st_mtime_ns, stat.st_size)
            if stamp != self._stamp:
                self._keys = _keys_in(self._file.read_text("utf-8-sig").splitlines())
                self._stamp = stamp
        except (OSError, UnicodeDecodeError, ValueError):
            raise BadSettings(
                "GLM_UI_GATEWAY_KEYS is not usable: "
                "it takes lines of label:sha256, or the path of a file with such lines."
            ) from None


def _keys_in(lines: list[str]) -> tuple[Key, ...]:
    said = (line.strip() for line in lines)
    try:
        return tuple(read_line(line) for line in said if line and not line.startswith("#"))
    except ValueError as wrong:
        raise BadSettings(f"GLM_UI_GATEWAY_KEYS is not usable: {wrong}.") from None
