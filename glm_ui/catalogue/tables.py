"""The catalogue as a whole: the JSON files beside this one, read into rows and checked against each other.

Bad data stops the start with the file, the row and the field in the message. No figure is written here, and
nothing is fetched: what changes, changes in the JSON files.
"""

from __future__ import annotations

import json
from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, Literal, TypeVar, cast

from glm_ui.catalogue.names import spelling
from glm_ui.catalogue.rows import Alias, Conflict, FamilyRow, Model, Provider, Source
from glm_ui.catalogue.typed import reader

HERE = Path(__file__).parent
GATEWAY_SURFACES: Mapping[str, str] = {"openai": "gateway", "anthropic": "gateway-anthropic"}
"""Which provider takes the aliases of each surface of the gateway's table."""

NameKind = Literal["exact", "alias", "generic", "family", "provider_id"]
Row = TypeVar("Row")


class BadCatalogue(ValueError):
    """The catalogue's own files are wrong: a fault of ours, never of the person's."""


@dataclass(frozen=True, slots=True)
class Name:
    """One name that resolves: how it is written, what kind it is, which model it means.

    `owner` is the provider whose own id it is; `alias` the row of the gateway's table, if it is one.
    """

    text: str
    kind: NameKind
    model: str
    owner: str | None = None
    alias: Alias | None = None


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All rows, in the order of the files; that order is the order of preference among providers."""

    models: Mapping[str, Model]
    aliases: tuple[Alias, ...]
    family: tuple[FamilyRow, ...]
    providers: Mapping[str, Provider]
    sources: Mapping[str, Source]
    conflicts: tuple[Conflict, ...]
    exact: Mapping[str, Name]
    """as written -> name"""
    spellings: Mapping[str, Name]
    """spelling (`names.spelling`) -> name"""

    def conflicts_about(self, *subjects: str) -> tuple[Conflict, ...]:
        """Where sources disagree about any of these model keys or alias names."""
        return tuple(c for c in self.conflicts if not set(subjects).isdisjoint(c.about))

    def served_by(self, model: str) -> tuple[str, ...]:
        """Keys of the providers that serve this model under an id of their own, in order of preference."""
        return tuple(key for key in self.providers if key in self.models[model].ids)


@cache
def load() -> Catalogue:
    """The catalogue, read once. Raises BadCatalogue."""
    return read_catalogue(HERE)


def read_catalogue(folder: Path) -> Catalogue:
    """The catalogue from the six JSON files in `folder`. Raises BadCatalogue."""
    conflicts = _rows(folder, "conflicts", Conflict)
    models = _keyed("models", _rows(folder, "models", Model))
    aliases = _rows(folder, "aliases", Alias)
    family = _rows(folder, "family", FamilyRow)
    providers = _keyed("providers", _rows(folder, "providers", Provider))
    models = _with_ids_of(providers, models)
    names = list(_names(models.values(), aliases, family))
    catalogue = Catalogue(
        models={key: replace(model, conflicts=_sentences(key, conflicts)) for key, model in models.items()},
        aliases=aliases,
        family=family,
        providers=providers,
        sources=_keyed("sources", _rows(folder, "sources", Source)),
        conflicts=conflicts,
        exact=_first({}, ((name.text, name) for name in names)),
        spellings=_first({}, ((_spelled(name), name) for name in names)),
    )
    _check(catalogue)
    return catalogue


def _names(models: Iterable[Model], aliases: Iterable[Alias], family: Iterable[FamilyRow]) -> Iterator[Name]:
    """Every name, strongest first: where two are spelled alike, the first gives the words of the trace."""
    for model in models:
        yield Name(model.key, "exact", model.key)
    for model in models:
        yield Name(model.name, "exact", model.key)
    for alias in aliases:
        kind: NameKind = "generic" if alias.group == "claude_generic" else "alias"
        yield Name(alias.name, kind, alias.model, alias=alias)
    for row in family:
        if row.model:
            yield Name(row.name, "family", row.model)
    for model in models:
        for provider, wire_id in model.ids.items():
            yield Name(wire_id, "provider_id", model.key, owner=provider)


def _first(table: dict[str, Name], pairs: Iterable[tuple[str, Name]]) -> dict[str, Name]:
    """The first name for each text; two names of different models may not share one."""
    for text, name in pairs:
        known = table.setdefault(text, name)
        if known.model != name.model:
            raise BadCatalogue(
                f'"{known.text}" ({known.model}) and "{name.text}" ({name.model}) collide as "{text}"'
            )
    return table


def _spelled(name: Name) -> str:
    text = spelling(name.text)
    if text is None:
        raise BadCatalogue(
            f'"{name.text}" of {name.model} can never be typed: only words, digits, "." and "-"'
        )
    return text


def _with_ids_of(providers: Mapping[str, Provider], models: Mapping[str, Model]) -> dict[str, Model]:
    """The models with the ids that providers' rows give them. An id is on the row of its provider or of its model,
    never on both."""
    ids = {key: dict(model.ids) for key, model in models.items()}
    for provider in providers.values():
        for key, wire_id in provider.serves.items():
            if key not in ids or provider.key in ids[key]:
                why = "has this id on its own row too" if key in ids else "is no model of models.json"
                raise BadCatalogue(f'providers.json: {provider.key} serves "{key}", which {why}')
            ids[key][provider.key] = wire_id
    return {key: replace(model, ids=ids[key]) for key, model in models.items()}


def _sentences(key: str, conflicts: Iterable[Conflict]) -> tuple[str, ...]:
    return tuple(c.sentence for c in conflicts if key in c.about)


def _rows(folder: Path, noun: str, row: type[Row]) -> tuple[Row, ...]:
    """The rows of one file. Each is named by its `key` or `name` in messages."""
    try:
        raw = json.loads((folder / f"{noun}.json").read_bytes())
        read_row = reader(cast(Hashable, row))
        return tuple(read_row(one, f"row {n} {_label(one)}") for n, one in enumerate(raw))
    except (OSError, ValueError) as err:
        raise BadCatalogue(f"{noun}.json: {err}") from err


def _label(raw: Any) -> str:
    return str(raw.get("key") or raw.get("name") or "") if isinstance(raw, dict) else ""


def _keyed(noun: str, found: tuple[Row, ...]) -> dict[str, Row]:
    table: dict[str, Row] = {}
    for row in found:
        key: str = getattr(row, "key")  # noqa: B009
        if table.setdefault(key, row) is not row:
            raise BadCatalogue(f'{noun}.json: "{key}" is there twice')
    return table


def _check(catalogue: Catalogue) -> None:
    """Every key that a row mentions exists."""
    known: Mapping[str, Iterable[str]] = {
        "source": catalogue.sources,
        "model": catalogue.models,
        "provider": catalogue.providers,
        "subject": {*catalogue.models, *(a.name for a in catalogue.aliases)},
    }
    for where, noun, key in _mentions(catalogue):
        if key not in known[noun]:
            raise BadCatalogue(f'{where}: unknown {noun} "{key}"')
    for alias in catalogue.aliases:
        model, provider = catalogue.models[alias.model], GATEWAY_SURFACES[alias.surface]
        if provider not in model.ids or model.ids["gateway"] != alias.target:
            raise BadCatalogue(f"aliases.json: {alias.name}: the gateway does not serve {alias.target}")


def _mentions(catalogue: Catalogue) -> Iterator[tuple[str, str, str]]:
    """(where, what kind of key, the key) for every reference from one row to another."""
    for model in catalogue.models.values():
        where = f"models.json: {model.key}"
        by_provider = (model.ids, model.inputs_at, model.refuses, model.media_at)
        yield from ((where, "provider", key) for table in by_provider for key in table)
        yield from ((where, "source", key) for key in (*model.sources, *_sources_in(model)))
    for alias in catalogue.aliases:
        yield (f"aliases.json: {alias.name}", "model", alias.model)
        yield from ((f"aliases.json: {alias.name}", "source", key) for key in _sources_in(alias))
    for row in catalogue.family:
        yield (f"family.json: {row.name}", "source", row.source)
        if row.model is not None:
            yield (f"family.json: {row.name}", "model", row.model)
    for conflict in catalogue.conflicts:
        where = f"conflicts.json: {conflict.key}"
        yield from ((where, "source", side.source) for side in conflict.sides)
        yield from ((where, "subject", subject) for subject in conflict.about)


def _sources_in(value: Any) -> Iterator[str]:
    """The `source` of this row and of every figure below it."""
    if isinstance(value, Mapping):
        value = tuple(value.values())
    if isinstance(value, tuple):
        for item in value:
            yield from _sources_in(item)
    elif hasattr(value, "__dataclass_fields__"):
        if hasattr(value, "source"):
            yield value.source
        for field in value.__dataclass_fields__:
            yield from _sources_in(getattr(value, field))
