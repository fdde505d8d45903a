"""Values that the page, the plan and the steps hand each other: what a person chose (`Chosen`), and what will be sent
of it (`Ready`)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from glm_ui.errors import GlmUiError
from glm_ui.media.cache import Shelf
from glm_ui.media.formats.kinds import Kind
from glm_ui.messages import Part
from glm_ui.net import public_fetch

SendAs = Literal["auto", "pictures", "text", "frames", "file"]
OnProgress = Callable[[int, int, int], None]
"""(file number, done, total)."""
Fetch = Callable[[str], Awaitable[public_fetch.Fetched]]
Check = Callable[[str], Awaitable[object]]
"""Raises a GlmUiError for an address that must not be fetched."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """A file that a person chose: `path` on the disk, or `url`; or `data`, where a program sent its bytes. The rest are
    choices made in the plan.

    `pages` like "1-3,7"; `pictures` is how many frames of an animation go; `send_as` "auto" takes the best
    way.
    """

    path: Path | None = None
    url: str = ""
    name: str = ""
    send_as: SendAs = "auto"
    pages: str = ""
    per_second: float = 1.0
    max_frames: int = 32
    pictures: int = 1
    password: str = field(default="", repr=False)
    data: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Options:
    """What of the conversation matters: parts of earlier turns that go again, and `taken`, the tokens of the
    window that the conversation, the prompt and the reserved answer take. `fetch` gets what stands at an
    address; `check` is what an address goes through that a provider fetches by itself."""

    earlier: tuple[Part, ...] = ()
    taken: int = 0
    has_key: bool = True
    shelf: Shelf = field(default_factory=Shelf)
    fetch: Fetch = public_fetch.fetch
    check: Check = public_fetch.check_address


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that goes: a picture, a page, a frame, a text. `size` in pixels and `weight` in bytes as
    sent; `thumbnail` is a JPEG."""

    label: str
    mime: str
    weight: int
    tokens: int
    size: tuple[int, int] | None = None
    thumbnail: bytes | None = None


@dataclass(frozen=True, slots=True)
class Ready:
    """One file of the plan. `original_size` is (width, height) of the upright original; `pages`, `pictures` (of an
    animation) and `seconds` are the file's, not what was picked. `format` is the key of its row in `kinds`.
    `refusal` is set when it cannot go; then `parts` is empty."""

    name: str
    label: str
    kind: Kind | None
    original_bytes: int
    sent_as: Literal["picture", "pictures", "pages", "text", "frames", "file", "address", ""] = ""
    original_size: tuple[int, int] | None = None
    pages: int | None = None
    picked: tuple[int, ...] = ()
    seconds: float | None = None
    items: tuple[Item, ...] = ()
    parts: tuple[Part, ...] = ()
    text_tokens: int = 0
    notes: tuple[str, ...] = ()
    warning: str = ""
    refusal: GlmUiError | None = None
    format: str = ""
    pictures: int = 1

    @property
    def visual_tokens(self) -> int:
        return sum(i.tokens for i in self.items if i.size is not None)

    @property
    def sent_bytes(self) -> int:
        return sum(i.weight for i in self.items)
