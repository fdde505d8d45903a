"""Gathers OpenRouter's `reasoning_details` from the pieces of a stream, so that they go back unchanged. No events."""

from __future__ import annotations

from typing import Any, Final

GROWING: Final = ("text", "summary")


class _Detail:
    __slots__ = ("fields", "grown")

    def __init__(self, piece: dict[str, Any]) -> None:
        self.fields = dict(piece)
        self.grown: dict[str, list[str]] = {}

    def takes(self, piece: dict[str, Any]) -> bool:
        """A signature may come by itself after its text and closes it. Encrypted data comes whole."""
        if "data" in piece or "data" in self.fields:
            return False
        signed = self.fields.get("signature")
        if any(piece.get(name) for name in GROWING):
            return not signed
        signature = piece.get("signature")
        return not signed or not signature or signed == signature

    def add(self, piece: dict[str, Any]) -> str:
        said = ""
        for name, value in piece.items():
            if name in GROWING and isinstance(value, str):
                self.grown.setdefault(name, []).append(value)
                said += value
            elif value is not None:
                self.fields[name] = value
        return said

    def whole(self) -> dict[str, Any]:
        return {**self.fields, **{name: "".join(pieces) for name, pieces in self.grown.items()}}


class ReasoningDetails:
    """Pieces belong together by type and index; without an index, only neighbours do."""

    __slots__ = ("_details", "_open")

    def __init__(self) -> None:
        self._details: list[_Detail] = []
        self._open: dict[tuple[Any, Any], _Detail] = {}

    def add(self, pieces: Any) -> str:
        """Takes the details of one delta and gives their text."""
        said = ""
        for piece in pieces if isinstance(pieces, list) else ():
            if isinstance(piece, dict):
                said += self._detail_of(piece).add(piece)
        return said

    def _detail_of(self, piece: dict[str, Any]) -> _Detail:
        index = piece.get("index")
        place = (str(piece.get("type")), str(index))
        detail = self._open.get(place)
        is_near = index is not None or (detail is not None and detail is self._details[-1])
        if detail is None or not is_near or not detail.takes(piece):
            detail = self._open[place] = _Detail(piece)
            self._details.append(detail)
        return detail

    def whole(self) -> list[dict[str, Any]]:
        return [detail.whole() for detail in self._details]
