"""Explains a typed name: each step from it to what goes on the wire, what it promises beside what answers, and where
sources disagree.

Pure: the catalogue and what is said to be ready, nothing else. Names are resolved in `catalogue.resolve` alone.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

from glm_ui.catalogue import CustomServer, Resolution, load, resolve
from glm_ui.catalogue.names import spelling
from glm_ui.catalogue.rows import Alias, Conflict, FamilyRow
from glm_ui.languages import say
from glm_ui.ui import answers
from glm_ui.ui.models.rows import Told, model_figures, promised, source_of

POINTS = (
    "inputs",
    "thinking",
    "tools",
    "window",
    "max_output",
    "price_input",
    "price_output",
    "price_cached",
    "released",
)
"""What is compared, in the order in which it is shown."""

VISION = ("text", "image")


def trace(
    name: str,
    provider: str | None = None,
    *,
    ready: Collection[str] = (),
    custom: CustomServer | None = None,
) -> answers.Trace:
    """JSON-ready: `resolve`'s answer, and `points` [{point, promised, given, differs}], `conflicts`, `ids` (provider
    -> id on the wire), `says` (what the tables say of the name). A figure is {value, sources}; None is unknown."""
    found = resolve(name, provider, ready=ready, custom=custom)
    aliases = [a for a in load().aliases if _same(a.name, name)]
    family = [row for row in load().family if _same(row.name, name)]
    model = load().models.get(found.model or "")
    return {
        "name": name.strip(),
        **found.public(),
        "model_name": model.name if model else None,
        "points": _points(found, _expected(aliases, family)),
        "conflicts": [_told_conflict(c) for c in load().conflicts_about(*_subjects(found, aliases))],
        "ids": dict(model.ids) if model else {},
        "elsewhere": dict(model.elsewhere) if model else {},
        "notes": [say(note) for note in model.notes] if model else [],
        "status": model.status if model else "",
        "says": [_alias_says(a) for a in aliases] + [_family_says(row) for row in family],
    }


def _same(one: str, other: str) -> bool:
    mine = spelling(one)
    return mine is not None and mine == spelling(other)


def _subjects(found: Resolution, aliases: Collection[Alias]) -> tuple[str, ...]:
    return tuple(filter(None, (found.model, *(a.name for a in aliases))))


def _points(found: Resolution, expected: Mapping[str, Told]) -> list[answers.Point]:
    given = _given(found)
    points: list[answers.Point] = []
    for point in POINTS:
        mine, theirs = given.get(point), expected.get(point)
        if mine or theirs:
            differs = _differs(point, theirs, mine)
            points.append({"point": point, "promised": theirs, "given": mine, "differs": differs})
    return points


def _given(found: Resolution) -> dict[str, Told]:
    """The model's figures, as they are at the provider that the name leads to."""
    model = load().models.get(found.model or "")
    if model is None:
        return {}
    figures = model_figures(model)
    if found.route is not None:
        figures["inputs"] = {**figures["inputs"], "value": list(found.route.inputs)}
        for name in ("price_input", "price_output", "price_cached"):
            figures[name] = _price_at(figures[name], found.route.provider.key)
    return figures


def _price_at(price: Told, provider: str) -> Told:
    """The price at the provider that the name leads to; where it is unknown, the first known one, with its provider."""
    own = [s for s in price["sources"] if s["provider"].partition(":")[0] == provider]
    if not own:
        return price
    return {**price, "value": own[0]["value"], "provider": own[0]["provider"]}


def _expected(aliases: Collection[Alias], family: Collection[FamilyRow]) -> dict[str, Told]:
    expected: dict[str, Told] = {}
    for alias in aliases:
        for name, told in promised(alias.promise).items():
            expected.setdefault(name.removeprefix("promised_"), told)
    for row in family:
        for point, value in _family_promises(row).items():
            expected.setdefault(
                point, {"value": value, "sources": [{"value": value, **source_of(row.source)}]}
            )
    return expected


def _family_promises(row: FamilyRow) -> dict[str, Any]:
    known: dict[str, Any] = {"tools": row.tool_use and row.function_calling, "released": row.released}
    known["inputs"] = list(VISION) if row.vision else ["text"]
    if any(char.isdigit() for char in row.context):
        known["window"] = row.context
    return known


def _differs(point: str, promised: Told | None, given: Told | None) -> bool:
    """Whether both are known and not the same. A figure rounded by its source is no difference."""
    if promised is None or given is None or promised["value"] is None or given["value"] is None:
        return False
    return COMPARE.get(point, _unequal)(promised["value"], given["value"])


def _unequal(promised: Any, given: Any) -> bool:
    return bool(promised != given)


def _unequal_sets(promised: Collection[str], given: Collection[str]) -> bool:
    return set(promised) != set(given)


def _thinks(promised: Any, given: str) -> bool:
    return given != "unknown" and bool(promised) != (given != "none")


def _starts_apart(promised: str, given: str) -> bool:
    """A month against a day of it is the same date."""
    return not str(given).startswith(str(promised))


def _windows_apart(promised: Any, given: int) -> bool:
    near = _tokens(promised)
    return near is not None and not any(abs(given - n) <= 0.005 * given for n in near)


def _tokens(value: Any) -> tuple[float, ...] | None:
    """ "195K" -> (195000, 199680): a K is either of the two."""
    text = str(value).strip().lower()
    try:
        if text.endswith("k"):
            return float(text[:-1]) * 1000, float(text[:-1]) * 1024
        if text.endswith("m"):
            return float(text[:-1]) * 1_000_000, float(text[:-1]) * 1024 * 1024
        return (float(text),)
    except ValueError:
        return None


COMPARE: Mapping[str, Callable[[Any, Any], bool]] = {
    "inputs": _unequal_sets,
    "thinking": _thinks,
    "window": _windows_apart,
    "released": _starts_apart,
}
"""point -> whether what is promised and what is given differ."""


def _told_conflict(conflict: Conflict) -> answers.ConflictTold:
    sides: list[answers.SourceTold] = [
        {**_source(side.source, side.date, side.note), "value": side.value} for side in conflict.sides
    ]
    return {
        "key": conflict.key,
        "point": say(conflict.point),
        "verdict": say(conflict.verdict),
        "sides": sides,
    }


def _alias_says(alias: Alias) -> answers.AliasSays:
    return {
        "kind": "alias",
        "name": alias.name,
        "surface": alias.surface,
        "target": alias.target,
        "date": alias.date,
        "description": say(alias.description),
        "note": alias.promise.note if alias.promise else "",
        **_source(alias.source),
    }


def _family_says(row: FamilyRow) -> answers.FamilySays:
    own = ("released", "context", "parameters", "vision", "multimodal", "function_calling", "tool_use")
    more = ("structured_outputs", "code_execution", "use_when", "status")
    columns = {name: getattr(row, name) for name in (*own, *more)}
    return {"kind": "family", "name": row.name, "columns": columns, **_source(row.source)}


def _source(key: str, date: str | None = None, note: str = "") -> answers.SourceTold:
    """A source as its reader's language names it."""
    told = source_of(key, date, note)
    told["title"] = say(told["title"])
    return told
