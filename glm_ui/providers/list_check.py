"""Compares the catalogue with what the providers' own lists say now: differences, each with the row to paste.

Pure: the lists come from `model_list`. Nothing is changed here; a figure of the catalogue changes by a commit.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from glm_ui.catalogue import load
from glm_ui.catalogue.rows import Figure, Model, Price
from glm_ui.providers.model_list import Listed

PRICES = ("input", "output", "cached_input")


@dataclass(frozen=True, slots=True)
class Difference:
    """`what` is one sentence: the figure here, its source and day, and the figure there. `row` is JSON for `place`, a
    file and the field in it; both are empty where nothing is to be pasted."""

    id: str
    what: str
    place: str = ""
    row: str = ""


def checked() -> tuple[str, ...]:
    """Keys of the providers whose list says something of the catalogue: those with a public address."""
    rows = load().providers.values()
    return tuple(row.key for row in rows if (row.base_url or "").startswith("https://"))


def differences(listed: Sequence[Listed], provider: str, today: str) -> Iterator[Difference]:
    """What `provider` lists otherwise than the catalogue has it. `today`: YYYY-MM-DD, for the rows."""
    models = load().models
    ids = {model.ids[provider]: model for model in models.values() if provider in model.ids}
    everything = not load().providers[provider].lists_all_vendors
    for row in listed:
        model = ids.get(row.id)
        if model is not None:
            yield from _of_model(row, model, provider, today)
        elif (everything or "glm" in row.id.lower()) and row.id.partition(":")[0] not in ids:
            yield _unknown(row, provider, today)
    there = {row.id for row in listed}
    for gone in sorted(ids.keys() - there):
        yield Difference(gone, f"The catalogue has it as {ids[gone].key}; the list does not name it.")


def _of_model(row: Listed, model: Model, provider: str, today: str) -> Iterator[Difference]:
    place = f"{provider}:{row.host}" if row.host else provider
    if row.price_input is not None and row.price_output is not None:
        yield from _price(row, model, place, _stamp(provider, today))
    for name, there, here, figures in (
        ("window", row.window, model.window, model.window_figures),
        ("max_output", row.max_output, model.max_output, model.output_figures),
    ):
        if there is not None and there != here and there not in {figure.value for figure in figures}:
            field = "window_figures" if name == "window" else "output_figures"
            figure = {"value": there, **_stamp(provider, today), "note": f"at {place}"}
            yield Difference(
                row.id,
                f"{name}: {_told(here, figures)} here, {there} at {place}.",
                f'models.json, "{model.key}", "{field}"',
                _json(figure),
            )


def _price(row: Listed, model: Model, place: str, stamp: dict[str, str]) -> Iterator[Difference]:
    now = {"input": row.price_input, "output": row.price_output, "cached_input": row.price_cached}
    known = model.prices.get(place)
    if known is not None and all(now[f] in (None, getattr(known, f)) for f in PRICES):
        return
    if known is not None and now["cached_input"] is None:
        now["cached_input"] = known.cached_input
    yield Difference(
        row.id,
        f"price at {place}: {_sentence(known)} here, {_amounts(now)} there.",
        f'models.json, "{model.key}", "prices"',
        f'"{place}": {_json({**now, **stamp})}',
    )


def _unknown(row: Listed, provider: str, today: str) -> Difference:
    """A model that the catalogue lacks, as a row that loads; what the list does not say stays unknown."""
    stamp = _stamp(provider, today)
    figures = {
        "window_figures": row.window and [{"value": row.window, **stamp}],
        "output_figures": row.max_output and [{"value": row.max_output, **stamp}],
    }
    price = {"input": row.price_input, "output": row.price_output, "cached_input": row.price_cached}
    known_price = row.price_input is not None
    place = f"{provider}:{row.host}" if row.host else provider
    model = {
        "key": row.id.rpartition("/")[2].lower(),
        "name": row.name or row.id.rpartition("/")[2],
        "window": row.window,
        "max_output": row.max_output,
        **{field: value or [] for field, value in figures.items()},
        "released": None,
        "inputs": [kind for kind in row.inputs if kind in ("text", "image", "video", "audio")] or ["text"],
        "thinking": {"kind": "unknown"},
        "tools": None if row.tools is None else {"value": row.tools, **stamp},
        "params": None,
        "temperature": None,
        "top_p": None,
        "ids": {provider: row.id},
        "prices": {place: {**price, **stamp}} if known_price else {},
        "inputs_at": {},
        "status": "new",
        "sources": [stamp["source"]],
    }
    return Difference(
        row.id, "The catalogue does not have it.", "models.json, a row of its own", _json(model)
    )


def _stamp(provider: str, today: str) -> dict[str, str]:
    """A list is a source of its own; a second address of one vendor shares the first one's."""
    sources = load().sources
    parts = provider.split("-")
    names = ("-".join([*parts[:n], "list"]) for n in range(len(parts), 0, -1))
    return {"source": next(name for name in names if name in sources), "date": today}


def _sentence(price: Price | None) -> str:
    if price is None:
        return "unknown"
    return f"{_amounts({f: getattr(price, f) for f in PRICES})} ({price.source}, {price.date or 'no day'})"


def _amounts(price: dict[str, float | None]) -> str:
    def said(name: str) -> str:
        value = price[name]
        return "?" if value is None else f"{value:g}"

    return f"{said('input')} in, {said('output')} out, {said('cached_input')} cached"


def _told(here: int | None, figures: Sequence[Figure]) -> str:
    source = next((f for f in figures if f.value == here), None)
    return f"{here} ({source.source}, {source.date or 'no day'})" if source else str(here)


def _json(value: Any) -> str:
    return orjson.dumps(value).decode()
