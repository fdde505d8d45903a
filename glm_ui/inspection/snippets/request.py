"""Reads a request back from the bytes that were sent, so that what is shown is what went out. Files are taken out of
the body, each under a name, with hash and size. No key is known here (headers carry `$ZAI_API_KEY` in its place), no
HTTP, no page.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypedDict

import orjson

from glm_ui.net.request import Sent

AUTH: Final = ("authorization", "x-api-key")
INLINE_KEYS: Final = ("url", "data", "file_data")
"""Fields of a body that may hold a file."""
SHORTEST_FILE: Final = 64
"""Characters of base64 below which a text is no file."""
KEY: Final = re.compile(r"^(?P<lead>(?:Bearer )?)\$(?P<name>[A-Z][A-Z0-9_]*)$")
"""The text in a header in place of the key."""

_DATA_URL = re.compile(r"data:(?P<mime>[\w.+-]+/[\w.+-]+);base64,")
_BASE64 = re.compile(r"[A-Za-z0-9+/]+={0,2}")
_ENDINGS: Mapping[str, str] = {
    "image/jpeg": "jpg",
    "audio/mpeg": "mp3",
    "audio/x-wav": "wav",
    "video/quicktime": "mov",
    "text/plain": "txt",
}


class MediaTold(TypedDict):
    name: str
    mime: str
    size: int
    sha256: str


class ExactTold(TypedDict):
    method: str
    url: str
    headers: dict[str, str]
    body: Any
    media: list[MediaTold]
    size: int


@dataclass(frozen=True, slots=True)
class Media:
    """A file that travelled inside a body. `name` is ours, for the snippets: "image-1.png"."""

    name: str
    mime: str
    data: bytes = field(repr=False)

    def public(self) -> MediaTold:
        digest = hashlib.sha256(self.data).hexdigest()
        return {"name": self.name, "mime": self.mime, "size": len(self.data), "sha256": digest}


@dataclass(frozen=True, slots=True)
class Inlined:
    """A text of the body that was `prefix` and the base64 of a file."""

    prefix: str
    media: Media


@dataclass(frozen=True, slots=True)
class Exact:
    """A request read back. `body` is the JSON value that went out, files as `Inlined`; `body_bytes` as they went."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: Any
    body_bytes: bytes = field(repr=False)
    media: tuple[Media, ...]

    @property
    def key(self) -> str | None:
        """The variable that holds the key; None where none was sent."""
        found = (KEY.match(value) for name, value in self.headers.items() if name.lower() in AUTH)
        return next((match["name"] for match in found if match), None)

    def public(self) -> ExactTold:
        """JSON-ready, files by hash and size."""
        return {
            "method": self.method,
            "url": self.url,
            "headers": dict(self.headers),
            "body": _shown(self.body),
            "media": [media.public() for media in self.media],
            "size": len(self.body_bytes),
        }


def read_sent(sent: Sent) -> Exact:
    """What was sent, its files taken out. Raises ValueError where the body is no JSON."""
    media: dict[str, Media] = {}
    body = _without_files(orjson.loads(sent.body), {}, media)
    return Exact(sent.method, sent.url, sent.headers, body, sent.body, tuple(media.values()))


def _without_files(value: Any, parent: Mapping[str, Any], media: dict[str, Media], key: str = "") -> Any:
    match value:
        case dict():
            return {name: _without_files(one, value, media, name) for name, one in value.items()}
        case list():
            return [_without_files(one, parent, media) for one in value]
        case str() if key in INLINE_KEYS:
            return _inlined(value, parent, media) or value
    return value


def _inlined(text: str, parent: Mapping[str, Any], media: dict[str, Media]) -> Inlined | None:
    """The file in a data URL, or in bare base64."""
    url = _DATA_URL.match(text)
    prefix, bare = (url[0], text[url.end() :]) if url else ("", text)
    if not bare or (not url and (len(bare) < SHORTEST_FILE or len(bare) % 4 or not _BASE64.fullmatch(bare))):
        return None
    try:
        data = base64.b64decode(bare, validate=True)
    except (binascii.Error, ValueError):
        return None
    mime = url["mime"] if url else _mime(parent, data)
    known = media.setdefault(bare, Media(_name(mime, media.values()), mime, data))
    return Inlined(prefix, known)


def _mime(parent: Mapping[str, Any], data: bytes) -> str:
    if isinstance(said := parent.get("media_type"), str):
        return said
    if isinstance(sound := parent.get("format"), str):
        return f"audio/{sound}"
    return "image/png" if data.startswith(b"\x89PNG") else "image/jpeg"


def _name(mime: str, known: Collection[Media]) -> str:
    kind, _, form = mime.partition("/")
    noun = kind if kind in ("image", "audio", "video") else "document"
    number = 1 + sum(1 for media in known if media.name.startswith(f"{noun}-"))
    return f"{noun}-{number}.{_ENDINGS.get(mime, re.sub(r'[^a-z0-9]', '', form.lower()) or 'bin')}"


def _shown(value: Any) -> Any:
    match value:
        case Inlined(prefix, media):
            told = media.public()
            return f"{prefix}‹{media.name}: {told['size']:,} bytes, sha256 {told['sha256']}›"
        case dict():
            return {name: _shown(one) for name, one in value.items()}
        case list():
            return [_shown(one) for one in value]
    return value
