"""The parts of an Office file: XML documents in an archive, and how they point to each other. Nothing is read but the
parts that are asked for, and no entity is expanded."""

from __future__ import annotations

import posixpath
import re
import zipfile
from collections.abc import Container, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from lxml import etree  # type: ignore[import-untyped]

from glm_ui.errors import CannotSend
from glm_ui.languages import say
from glm_ui.media.formats.archive import check_archive, open_archive
from glm_ui.media.formats.source import Source

MAX_PART = 48 << 20
"""Bytes of one part."""
MAX_READ = 256 << 20
"""Bytes of all parts that are read, each as often as it is pointed to."""
MAX_NODES = 1_400_000
"""Elements and attributes of one part: each takes about 100 bytes as a tree."""
LONGEST_MATCH = 1_000
"""Bytes of what is looked for in a part that is too large to be held."""
_PARSER = {
    "resolve_entities": False,
    "no_network": True,
    "load_dtd": False,
    "remove_comments": True,
    "remove_pis": True,
    "huge_tree": True,  # else nothing nested deeper than 256 is read; size and elements are bounded here
}


@dataclass(frozen=True, slots=True)
class Relation:
    """`kind` is the last word of its type, such as "comments"; `target` the name of the part it points to."""

    id: str
    kind: str
    target: str


class Parts:
    def __init__(self, archive: zipfile.ZipFile, shown: str) -> None:
        self._archive = archive
        self._names = set(archive.namelist())
        self._shown = shown
        self._left = MAX_READ

    def xml(self, name: str) -> Any:
        """The root of a part; None for one that is not there. CannotSend for one that is too large, an XML error for
        one that is broken."""
        if name not in self._names:
            return None
        return etree.fromstring(self._read(name), etree.XMLParser(**_PARSER))

    def data(self, name: str) -> bytes:
        """A part as it is; b"" for one that is not there. CannotSend for one that is too large."""
        if name not in self._names:
            return b""
        self._left -= self._archive.getinfo(name).file_size + 1_000
        if self._archive.getinfo(name).file_size > MAX_PART or self._left < 0:
            raise self._too_large()
        return self._archive.read(name)

    def _read(self, name: str) -> bytes:
        data = self.data(name)
        if data.count(b"<") + data.count(b'="') + data.count(b"='") > MAX_NODES:
            raise self._too_large()
        if b"<!DOCTYPE" in data[:4096] or b"<!ENTITY" in data:
            raise ValueError("An Office file has no document type.")
        return data

    def _too_large(self) -> CannotSend:
        return CannotSend(
            say("“{name}” is too large to read.", name=self._shown),
            "Its text takes too much memory.",
            "Send a part of it, or a PDF.",
        )

    def relations(self, name: str) -> dict[str, Relation]:
        """What a part points to, by id; "" for the file as a whole."""
        folder, base = posixpath.split(name)
        root = self.xml(posixpath.join(folder, "_rels", f"{base}.rels"))
        found = {}
        for row in () if root is None else root:
            if row.get("TargetMode") != "External":
                target = posixpath.normpath(posixpath.join("/" + folder, row.get("Target", "")))
                relation = Relation(
                    row.get("Id", ""), row.get("Type", "").rpartition("/")[2], target.lstrip("/")
                )
                found[relation.id] = relation
        return found

    def related(self, name: str, kind: str) -> tuple[str, ...]:
        """Names of the parts of a kind that a part points to."""
        return tuple(dict.fromkeys(r.target for r in self.relations(name).values() if r.kind == kind))

    def size(self, name: str) -> int:
        """Bytes of a part; 0 for one that is not there."""
        return self._archive.getinfo(name).file_size if name in self._names else 0

    def has(self, name: str, pattern: re.Pattern[bytes]) -> bool:
        """Whether a part of any size has a short pattern in it."""
        return any(True for _ in self.found(name, pattern))

    def found(self, name: str, pattern: re.Pattern[bytes]) -> Iterator[bytes]:
        """Each place in a part of any size that matches a pattern of at most LONGEST_MATCH bytes."""
        if name not in self._names:
            return
        end = b""
        with self._archive.open(name) as file:
            while piece := file.read(1 << 20):
                text, after = end + piece, 0
                for match in pattern.finditer(text):
                    yield match[0]
                    after = match.end()
                end = text[max(after, len(text) - LONGEST_MATCH) :]


@contextmanager
def open_parts(source: Source, shown: str) -> Iterator[Parts]:
    """CannotSend for bombs and locked files; see `open_archive`."""
    with open_archive(source) as archive:
        check_archive(archive, shown)
        yield Parts(archive, shown)


def local(element: Any) -> str:
    """The name of an element without its namespace."""
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def attribute(element: Any, name: str, otherwise: str = "") -> str:
    """An attribute by its name without its namespace."""
    if element is None:
        return otherwise
    for key, value in element.items():
        if key.rpartition("}")[2] == name:
            return str(value)
    return otherwise


def relation_id(element: Any) -> str:
    """`r:id`, beside which another `id` may stand."""
    return next((str(value) for key, value in element.items() if key.endswith("}id")), "")


def child(element: Any, *path: str) -> Any:
    """The first element at a path of local names; None where there is none."""
    for name in path:
        if element is None:
            return None
        element = next((c for c in element if local(c) == name), None)
    return element


def within(element: Any, name: str) -> Iterator[Any]:
    """All elements of a local name in `element`."""
    return iter(()) if element is None else element.iter(f"{{*}}{name}")


def outermost(element: Any, names: Container[str], apart: Container[str] = ()) -> Iterator[Any]:
    """The elements of these local names below `element`, none within another one or within one `apart`. Of what is
    written once for newer and once for older readers the first is taken."""
    stack = [element]
    while stack:
        node = stack.pop()
        name = local(node)
        if node is not element and name in names:
            yield node
        elif name not in apart:
            stack.extend(reversed(node[:1] if name == "AlternateContent" else node))
