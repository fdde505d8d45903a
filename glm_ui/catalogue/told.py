"""The result of resolving a name, as programs and the page get it: types alone."""

from __future__ import annotations

from typing import TypedDict


class StepTold(TypedDict):
    kind: str
    text: str


class ResolutionTold(TypedDict):
    mapped: bool
    model: str | None
    provider: str | None
    dialect: str | None
    wire_id: str | None
    steps: list[StepTold]
    nearest: list[str]
