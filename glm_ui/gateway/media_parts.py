"""Pictures and documents of a request: base64 and data URLs as bytes, addresses as they are. Nothing is fetched."""

from __future__ import annotations

import base64
import binascii
import re
from typing import Final

from glm_ui.errors import BadInput
from glm_ui.gateway.fields import Object, bad, needed_text, text
from glm_ui.messages import Document, Image

IMAGE_STARTS: Final = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF8", "image/gif"),
    (b"RIFF", "image/webp"),
)
"""How the bytes of each kind of picture begin: what clients say of their type is often wrong."""
_DATA_URL = re.compile(r"data:(?P<mime>[\w.+-]+/[\w.+-]+)?(?:;[\w=.+-]+)*?;base64,", re.IGNORECASE)
LONGEST_ADDRESS: Final = 2048


def image_at(address: str, at: str) -> Image:
    """The picture at a data URL, or at an address that the provider is to fetch, or in base64 alone: Z.ai's own SDK
    takes the beginning off a data URL. Raises BadInput."""
    if address[:5].lower() == "data:":
        data, mime = _data_url(address, at)
        return Image(data=data, mime=mime_of(data, mime))
    if _begins_a_picture(address):
        data = decoded(address, at)
        return Image(data=data, mime=mime_of(data, ""))
    return Image(url=_address(address, at))


def document_at(address: str, name: str, at: str) -> Document:
    if address[:5].lower() == "data:":
        data, mime = _data_url(address, at)
        return Document(data=data, mime=mime or "application/pdf", name=name)
    return Document(url=_address(address, at), name=name)


def anthropic_source(block: Object, at: str) -> tuple[bytes | None, str, str | None]:
    """(bytes, type, address) of a block's `source`; of bytes and address, one is None."""
    source = block.get("source")
    if not isinstance(source, dict):
        raise bad(at + "source", "is required, and must be an object")
    where = at + "source."
    kind = needed_text(source, "type", where)
    if kind == "url":
        return None, "", _address(needed_text(source, "url", where), where + "url")
    if kind == "text":
        return (text(source, "data", where) or "").encode(), "text/plain", None
    if kind == "base64":
        data = decoded(needed_text(source, "data", where), where + "data")
        return data, text(source, "media_type", where) or "", None
    raise bad(where + "type", "must be base64, url or text here: files are not kept by this gateway")


def _begins_a_picture(said: str) -> bool:
    """Whether this is the base64 of a picture, by its first bytes."""
    try:
        return base64.b64decode(said[:16], validate=True).startswith(
            tuple(start for start, _ in IMAGE_STARTS)
        )
    except (binascii.Error, ValueError):
        return False


def decoded(said: str, at: str) -> bytes:
    """The bytes of base64 text. Raises BadInput."""
    try:
        return base64.b64decode("".join(said.split()), validate=True)
    except (binascii.Error, ValueError):
        raise bad(at, "is not valid base64") from None


def mime_of(data: bytes, said: str) -> str:
    """The type of a picture, by its first bytes; what was said of it where they are not known."""
    return next((mime for start, mime in IMAGE_STARTS if data.startswith(start)), said or "image/jpeg")


def _data_url(address: str, at: str) -> tuple[bytes, str]:
    head = _DATA_URL.match(address[:300])
    if head is None:
        raise bad(at, "must be a base64 data URL, or an address that begins with https://")
    return decoded(address[head.end() :], at), (head["mime"] or "").lower()


def _address(address: str, at: str) -> str:
    if not address.lower().startswith(("https://", "http://")) or len(address) > LONGEST_ADDRESS:
        raise _no_address(at)
    if not address.isprintable() or " " in address:
        raise _no_address(at)
    return address


def _no_address(at: str) -> BadInput:
    return bad(at, f"must be an address of at most {LONGEST_ADDRESS} characters that begins with https://")
