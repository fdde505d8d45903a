"""The sources of a search that the provider ran, as Z.ai, OpenRouter and Anthropic tell of them. Strangers wrote them:
texts are bounded and plain, and only web addresses are taken."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, TypeGuard

from glm_ui.errors import plain_text
from glm_ui.events import Citation, Source

MOST: Final = 50
"""Sources of one reply."""
MOST_CITATIONS: Final = 300
"""Places of one reply."""
LONGEST_ADDRESS: Final = 2048
HIGHEST: Final = 999
"""The last number that an answer may cite."""


class Found:
    """The sources of one reply. An address has one number, but where the provider gave it several."""

    __slots__ = ("_addresses", "_numbers")

    def __init__(self) -> None:
        self._addresses: set[str] = set()
        self._numbers: set[int] = set()

    def zai(self, rows: Any) -> Iterator[Source]:
        """`web_search` beside the choices; `refer` is what the answer cites as [ref_1]."""
        for row in _rows(rows):
            number = _number(row.get("refer"))
            if number and number not in self._numbers:
                yield from self._new(row.get("link"), row, number)
            elif not number:
                yield from self._by_address(row.get("link"), row)

    def openrouter(self, rows: Any) -> Iterator[Source]:
        """`annotations` of a message or a delta."""
        for row in _rows(rows):
            cited = row.get("url_citation")
            if row.get("type") == "url_citation" and isinstance(cited, Mapping):
                yield from self._by_address(cited.get("url"), cited)

    def anthropic(self, rows: Any) -> Iterator[Source]:
        """The content of a `web_search_tool_result`, or citations of a text."""
        for row in _rows(rows):
            yield from self._by_address(row.get("url"), row)

    def _by_address(self, address: Any, row: Mapping[str, Any]) -> Iterator[Source]:
        if isinstance(address, str) and address not in self._addresses:
            yield from self._new(address, row, max(self._numbers, default=0) + 1)

    def _new(self, address: Any, row: Mapping[str, Any], number: int) -> Iterator[Source]:
        if len(self._numbers) >= MOST or number > HIGHEST or not _is_web(address):
            return
        self._addresses.add(address)
        self._numbers.add(number)
        yield Source(
            number,
            address,
            _text(row, "title", 300),
            _text(row, "content", 1000) or _text(row, "cited_text", 1000),
            _text(row, "publish_date", 40) or _text(row, "page_age", 40),
        )


def places_of(rows: Any) -> Iterator[tuple[Citation, int]]:
    """Of OpenRouter's `annotations`: each citation and where it stands, in characters from the answer's beginning. One
    that covers nothing stands nowhere."""
    for row in _rows(rows):
        cited = row.get("url_citation")
        if row.get("type") != "url_citation" or not isinstance(cited, Mapping):
            continue
        start, end = cited.get("start_index"), cited.get("end_index")
        if type(start) is int and type(end) is int and 0 <= start < end and (made := _citation(cited)):
            yield made, end


def citations_of(rows: Any) -> Iterator[Citation]:
    """Of a text of Anthropic's."""
    for row in _rows(rows):
        if made := _citation(row):
            yield made


def _citation(row: Mapping[str, Any]) -> Citation | None:
    url = row.get("url")
    if not _is_web(url):
        return None
    return Citation(url, _text(row, "cited_text", 1000) or _text(row, "content", 1000))


def _rows(rows: Any) -> Iterator[Mapping[str, Any]]:
    for row in rows if isinstance(rows, list) else ():
        if isinstance(row, Mapping):
            yield row


def _number(refer: Any) -> int | None:
    """Of "ref_1"."""
    digits = refer[4:] if isinstance(refer, str) and refer.startswith("ref_") else ""
    return int(digits) if digits.isascii() and digits.isdecimal() and 0 < len(digits) <= 3 else None


def _is_web(address: Any) -> TypeGuard[str]:
    if not isinstance(address, str) or len(address) > LONGEST_ADDRESS or " " in address:
        return False
    return address.isprintable() and address.lower().startswith(("https://", "http://"))


def _text(row: Mapping[str, Any], name: str, most: int) -> str:
    value = row.get(name)
    return plain_text(value, most) if isinstance(value, str) else ""
