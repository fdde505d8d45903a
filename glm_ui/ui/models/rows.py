"""Every name of the catalogue as one row of the Models table, with search and filter over the rows.

Pure: catalogue rows in, plain JSON-ready values out. No address is contacted, no page and no key enters here. The
page searches in the same way (`web/models/rows.js`); a test holds the two to each other.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from functools import cache
from typing import Any, cast

from glm_ui.catalogue import load, resolve
from glm_ui.catalogue.rows import Alias, FamilyRow, Figure, Model, Price, Promise
from glm_ui.catalogue.tables import GATEWAY_SURFACES
from glm_ui.ui.answers import FigureTold, RowFigure, RowTold, SourceTold

GROUPS: Mapping[str, str] = {
    "openai_native": "GLM on /v1",
    "claude_4x": "Claude 4.x",
    "claude_3x": "Claude 3.x",
    "claude_generic": "Claude, generic",
    "glm_direct": "GLM, direct",
    "family": "GLM-4 family",
    "current": "Current models",
    "other": "Older and special",
}
"""group -> its label, in the order of the table."""

FAMILY_COLUMNS: Mapping[str, str] = {
    "table_released": "released",
    "table_context": "context",
    "table_parameters": "parameters",
    "vision": "vision",
    "multimodal": "multimodal",
    "function_calling": "function_calling",
    "tool_use": "tool_use",
    "structured_outputs": "structured_outputs",
    "code_execution": "code_execution",
    "use_when": "use_when",
    "table_status": "status",
}
"""figure -> the family table's own column."""

_GAPS = re.compile(r"[^a-z0-9\u0080-\uffff]+")
_EDGES = re.compile(r"(?<=[a-z])(?=[0-9])|(?<=[0-9])(?=[a-z])")

Told = FigureTold


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table. `provider` is who the shown id belongs to; `wire_ids` are the ids that typing this name
    leads to, by provider; `figures` are told with their sources, the working value first."""

    key: str
    kind: str
    name: str
    model: str | None
    model_name: str | None
    group: str
    provider: str | None
    surface: str | None
    wire_ids: Mapping[str, str]
    figures: Mapping[str, Told]
    inputs_at: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    conflicts: int = 0

    def public(self) -> dict[str, Any]:
        """JSON-ready, for programs."""
        row = {name: value for name, value in asdict(self).items() if name != "inputs_at"}
        return {**row, "group_label": GROUPS[self.group]}

    def brief(self) -> RowTold:
        """For the page: the same, sources by key, and what the search looks through."""
        return {
            "key": self.key,
            "kind": self.kind,
            "name": self.name,
            "model": self.model,
            "model_name": self.model_name,
            "group": self.group,
            "provider": self.provider,
            "surface": self.surface,
            "wire_ids": self.wire_ids,
            "figures": {name: _brief(told) for name, told in self.figures.items()},
            "inputs_at": self.inputs_at,
            "conflicts": self.conflicts,
            "find": haystack(self),
        }


def _brief(told: Told) -> RowFigure:
    return cast(RowFigure, {**told, "sources": sorted({s["source"] for s in told["sources"]})})


@cache
def rows() -> tuple[Row, ...]:
    """All rows: the aliases of the gateway's table, the GLM-4 family's, then the models of the catalogue."""
    catalogue = load()
    models = [m for m in catalogue.models.values() if m.chat and m.ids]
    others = [m for m in catalogue.models.values() if m not in models]
    named = {row.model for row in catalogue.family}
    return (
        *(_alias_row(alias) for alias in catalogue.aliases),
        *(_family_row(row) for row in catalogue.family),
        *(_model_row(model, "current") for model in sorted(models, key=_released, reverse=True)),
        *(_model_row(model, "other") for model in others if model.key not in named),
    )


def find(query: str = "", group: str | None = None, provider: str | None = None) -> list[Row]:
    """The rows that hold every word of `query`, of this group, served by this provider. Raises LookupError with one
    sentence for a group or a provider that does not exist."""
    wanted = _named(group, GROUPS, "group") if group else None
    served = (
        _named(provider, {p.key: p.name for p in load().providers.values()}, "provider") if provider else None
    )
    words = [folded for word in query.split() if (folded := fold(word))]
    return [
        row
        for row in rows()
        if (wanted is None or row.group == wanted)
        and (served is None or served in row.wire_ids)
        and all(word in haystack(row) for word in words)
    ]


def fold(text: str) -> str:
    """What all spellings share: "GLM_4.6" and "glm4.6" -> "glm-4-6"."""
    return _EDGES.sub("-", _GAPS.sub("-", text.lower())).strip("-")


@cache
def _haystack(key: str) -> str:
    row = next(row for row in rows() if row.key == key)
    providers = load().providers
    target = str(row.figures["target"]["value"]) if "target" in row.figures else None
    places = (name for p in row.wire_ids for name in (p, providers[p].name))
    words = (row.name, row.model, row.model_name, target, GROUPS[row.group], *row.wire_ids.values(), *places)
    return "\n".join(dict.fromkeys(fold(word) for word in words if word))


def haystack(row: Row) -> str:
    """Everything that a search looks through, folded, one name a line."""
    return _haystack(row.key)


def _named(text: str, table: Mapping[str, str], noun: str) -> str:
    wanted = fold(text)
    for key, label in table.items():
        if wanted in (fold(key), fold(label)):
            return key
    raise LookupError(f"There is no {noun} like that. There are: {', '.join(table)}.")


# ---- one row of each kind


def _alias_row(alias: Alias) -> Row:
    model = load().models[alias.model]
    figures = {
        "target": _own(alias.target, alias.source),
        "described": _own(alias.description, alias.source),
        **({"table_date": _own(alias.date, alias.source)} if alias.date else {}),
        **promised(alias.promise),
    }
    surface = GATEWAY_SURFACES[alias.surface]
    return _row("alias", alias.name, model, alias.group, figures, provider=surface, surface=alias.surface)


def _family_row(row: FamilyRow) -> Row:
    own = {name: _own(getattr(row, column), row.source) for name, column in FAMILY_COLUMNS.items()}
    model = load().models[row.model] if row.model else None
    return _row("family", row.name, model, "family", own)


def _model_row(model: Model, group: str) -> Row:
    return _row("model", model.name, model, group, {})


def _row(
    kind: str,
    name: str,
    model: Model | None,
    group: str,
    own: Mapping[str, Told],
    provider: str | None = None,
    surface: str | None = None,
) -> Row:
    served = load().served_by(model.key) if model else ()
    subjects = (name, model.key) if model else (name,)
    return Row(
        key=":".join(filter(None, (kind, surface, name))),
        kind=kind,
        name=name,
        model=model.key if model else None,
        model_name=model.name if model else None,
        group=group,
        provider=provider or next(iter(served), None),
        surface=surface,
        wire_ids={p: wire for p in served if (wire := resolve(name, p).wire_id)},
        figures={**(model_figures(model) if model else {}), **own},
        inputs_at=dict(model.inputs_at) if model else {},
        conflicts=len(load().conflicts_about(*subjects)),
    )


# ---- figures


def model_figures(model: Model) -> dict[str, Told]:
    """What is known of the model. `None` as a value is unknown, never zero or no."""
    everything: list[SourceTold] = [
        {"source": key, "title": load().sources[key].title} for key in model.sources
    ]
    thinking = model.thinking
    known: dict[str, Told] = {
        "window": _told(model.window, model.window_figures, everything),
        "max_output": _told(model.max_output, model.output_figures, everything),
        "inputs": {"value": list(model.inputs), "sources": everything},
        "thinking": {
            "value": thinking.kind,
            "can_disable": thinking.can_disable,
            "efforts": list(thinking.efforts),
            "note": thinking.note,
            "sources": everything,
        },
        "tools": _told(model.tools.value if model.tools else None, _some(model.tools), everything),
        "structured": _told(
            model.structured.value if model.structured else None, _some(model.structured), everything
        ),
        "released": _told(
            model.released.value if model.released else None, _some(model.released), everything
        ),
        "parameters": {"value": model.params, "sources": everything},
        "temperature": {"value": model.temperature, "sources": everything},
        "status": {"value": model.status or None, "sources": everything},
    }
    return {**known, **_prices(model.prices)}


def promised(promise: Promise | None) -> dict[str, Told]:
    """What the name leads one to expect, as figures of their own; what no source says is left out."""
    if promise is None:
        return {}
    known: dict[str, Told] = {}
    if promise.inputs:
        known["promised_inputs"] = _own(list(promise.inputs), promise.source, promise.note)
    for name in ("thinking", "tools", "window"):
        figure: Figure | None = getattr(promise, name)
        if figure is not None:
            known[f"promised_{name}"] = _told(figure.value, (figure,), [])
    if promise.price is not None:
        for side in ("input", "output"):
            at = _price_source(promise.price, side)
            known[f"promised_price_{side}"] = {"value": at["value"], "sources": [at]}
    return known


def _prices(prices: Mapping[str, Price]) -> dict[str, Told]:
    """price_input, price_output, price_cached in USD per million tokens: the first provider's, and all of them by
    provider ("huggingface:novita" is a host behind one)."""
    figures: dict[str, Told] = {}
    for name, side in (
        ("price_input", "input"),
        ("price_output", "output"),
        ("price_cached", "cached_input"),
    ):
        sources: list[SourceTold] = [
            {**_price_source(price, side), "provider": p} for p, price in prices.items()
        ]
        values = {p: getattr(price, side) for p, price in prices.items()}
        figures[name] = {
            "value": next(iter(values.values()), None),
            "provider": next(iter(values), None),
            "by_provider": values,
            "sources": sources,
        }
    return figures


def _price_source(price: Price, side: str) -> SourceTold:
    return {**source_of(price.source, price.date, price.note), "value": getattr(price, side)}


def _told(value: Any, figures: Iterable[Figure], otherwise: list[SourceTold]) -> Told:
    sides: list[SourceTold] = [{**source_of(f.source, f.date, f.note), "value": f.value} for f in figures]
    return {"value": value, "sources": sides or otherwise}


def _own(value: Any, source: str, note: str = "") -> Told:
    return {"value": value, "sources": [{**source_of(source, note=note), "value": value}]}


def source_of(key: str, date: str | None = None, note: str = "") -> SourceTold:
    """{source, title} of a source, and its url, date and note where there are any."""
    source = load().sources[key]
    told: SourceTold = {"source": key, "title": source.title}
    if source.url:
        told["url"] = source.url
    if day := date or source.date:
        told["date"] = day
    if note:
        told["note"] = note
    return told


def _some(figure: Figure | None) -> Iterator[Figure]:
    if figure is not None:
        yield figure


def _released(model: Model) -> str:
    return str(model.released.value if model.released else "")
