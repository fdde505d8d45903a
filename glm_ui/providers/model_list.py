"""What a provider itself says that it serves: its `/models`, in every shape that is known, beside the catalogue.

`read_list` is pure; `ask_list` is the one request. A provider without such a route is no error. Nothing that is read
here changes the catalogue, and no key leaves in an answer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, NotRequired, TypedDict, cast

import orjson

from glm_ui.backend.prepare import Keys, endpoint_and_credential, has_key
from glm_ui.catalogue import load, resolve
from glm_ui.catalogue.custom import custom_provider
from glm_ui.catalogue.rows import Provider
from glm_ui.errors import UnknownProvider
from glm_ui.net.clients import TRANSPORTS
from glm_ui.net.exchange import whole_response
from glm_ui.net.request import Outgoing, Timeouts
from glm_ui.protocol import refused
from glm_ui.settings import Settings

PATHS: Mapping[str, str] = {"openai": "/models", "anthropic": "/v1/models?limit=1000"}
NO_ROUTE = (404, 405, 501)
PER_MILLION = 1_000_000


class NotAList(ValueError):
    """What came is no list of models."""


@dataclass(frozen=True, slots=True)
class Listed:
    """One model as its provider lists it. Prices are USD per million tokens; None is not said."""

    id: str
    name: str = ""
    window: int | None = None
    max_output: int | None = None
    inputs: tuple[str, ...] = ()
    tools: bool | None = None
    price_input: float | None = None
    price_output: float | None = None
    price_cached: float | None = None
    host: str = ""
    """Who behind the provider sets these figures, where it names one (Hugging Face)."""


class PriceTold(TypedDict):
    """USD per million tokens."""

    input: float | None
    output: float | None


class ListedTold(TypedDict):
    """As `Listed`, with the catalogue's key and price for it."""

    id: str
    name: str
    window: int | None
    max_output: int | None
    inputs: Sequence[str]
    tools: bool | None
    price_input: float | None
    price_output: float | None
    price_cached: float | None
    host: str
    model: str | None
    catalogue: PriceTold | None


class LackingTold(TypedDict):
    model: str
    name: str
    id: str


class Compared(TypedDict):
    """`others`: how many the list has besides GLM models, where there is one."""

    models: list[ListedTold]
    lacking: list[LackingTold]
    others: NotRequired[int]


class ListingTold(Compared):
    provider: str
    listed: bool


def read_list(body: bytes) -> tuple[Listed, ...]:
    """The models of a `/models` answer: OpenAI's and Anthropic's shape, OpenRouter's with prices, Hugging Face's with
    one line a host. Raises NotAList for anything else."""
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError as err:
        raise NotAList("no JSON") from err
    rows = found.get("data", found.get("models")) if isinstance(found, dict) else found
    if not isinstance(rows, list):
        raise NotAList("no list of models")
    return tuple(one for row in rows if isinstance(row, dict) for one in _read_row(row))


def _read_row(row: Mapping[str, Any]) -> tuple[Listed, ...]:
    ident = row.get("id") or row.get("name")
    if not isinstance(ident, str) or not ident:
        return ()
    name = _text(row.get("display_name") or row.get("name"))
    hosts = row.get("providers")
    if isinstance(hosts, list) and hosts:
        return tuple(_at_host(ident, host) for host in hosts if isinstance(host, dict)) or (Listed(ident),)
    price, shape = _dict(row.get("pricing")), _dict(row.get("architecture"))
    return (
        Listed(
            ident,
            name if name != ident else "",
            _int(row.get("context_length") or row.get("max_model_len")),
            _int(_dict(row.get("top_provider")).get("max_completion_tokens")),
            tuple(kind for kind in shape.get("input_modalities") or () if isinstance(kind, str)),
            "tools" in row["supported_parameters"]
            if isinstance(row.get("supported_parameters"), list)
            else None,
            _usd(price.get("prompt"), PER_MILLION),
            _usd(price.get("completion"), PER_MILLION),
            _usd(price.get("input_cache_read"), PER_MILLION),
        ),
    )


def _at_host(ident: str, host: Mapping[str, Any]) -> Listed:
    price = _dict(host.get("pricing"))
    return Listed(
        ident,
        window=_int(host.get("context_length")),
        tools=host["supports_tools"] if isinstance(host.get("supports_tools"), bool) else None,
        price_input=_usd(price.get("input"), 1),
        price_output=_usd(price.get("output"), 1),
        host=_text(host.get("provider")),
    )


def _dict(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _int(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _usd(value: Any, times: int) -> float | None:
    """A price; OpenRouter writes numbers as texts, and -1 where it depends."""
    try:
        price = round(float(value) * times, 6)
    except (TypeError, ValueError):
        return None
    return price if 0 <= price < PER_MILLION else None


# ---- asking


async def ask_list(provider_key: str, settings: Settings, keys: Keys) -> ListingTold:
    """JSON-ready: `models` as listed, each with the catalogue's `model` (None: the catalogue lacks it), `lacking` what
    the catalogue has there and the list has not, `listed` false where there is no such route. Raises GlmUiError."""
    provider = _provider(provider_key, settings)
    told: ListingTold = {"provider": provider.key, "listed": True, "models": [], "lacking": []}
    if provider.key in TRANSPORTS:
        return {**told, "listed": False}
    rows = await fetch_list(provider, settings, keys)
    if rows is None:
        return {**told, "listed": False}
    return {**told, **beside_catalogue(rows, provider.key)}


async def fetch_list(
    provider: Provider, settings: Settings, keys: Keys, *, key_optional: bool = False
) -> tuple[Listed, ...] | None:
    """The provider's list, None where it has no such route. `key_optional`: ask without a key too, because some
    lists are public. Raises GlmUiError."""
    base_url, credential = settings.base_url(provider.key), None
    if base_url is None or has_key(provider.key, settings, keys) or not key_optional:
        base_url, credential = endpoint_and_credential(provider, settings, keys)
    headers = {"anthropic-version": "2023-06-01"} if provider.dialect == "anthropic" else {}
    answer = await whole_response(
        Outgoing(
            base_url + PATHS[provider.dialect],
            provider.key,
            provider.name,
            method="GET",
            headers={**headers, "Accept": "application/json"},
            credential=credential,
            timeouts=Timeouts(min(settings.glm_ui_connect_timeout, 8), 15, 15),
            resolve_pinned=settings.pinned_resolver(provider.key),
        ),
        limit=16 * 2**20,
    )
    if answer.status in NO_ROUTE:
        return None
    if not 200 <= answer.status < 300:
        raise refused(answer.body, provider=provider.name, status=answer.status)
    try:
        return read_list(answer.body)
    except NotAList:  # a page of a web server, for one
        return None


def beside_catalogue(rows: tuple[Listed, ...], provider: str) -> Compared:
    """What a provider lists, and what the catalogue has there, each with what the other lacks."""
    everything = not load().providers[provider].lists_all_vendors
    ours = [row for row in rows if everything or "glm" in row.id.lower()]
    known = {row.id: _known(row.id, provider) for row in ours}
    there = {model for model in known.values() if model}
    models = load().models
    lacking: list[LackingTold] = [
        {"model": key, "name": models[key].name, "id": models[key].ids[provider]}
        for key in models
        if provider in models[key].ids and key not in there
    ]
    listed = [
        cast(
            ListedTold,
            {
                **asdict(row),
                "model": known[row.id],
                "catalogue": _catalogue_price(known[row.id], provider, row),
            },
        )
        for row in ours
    ]
    return {"models": listed, "lacking": lacking, "others": len(rows) - len(ours)}


def _known(ident: str, provider: str) -> str | None:
    by_id = (key for key, model in load().models.items() if model.ids.get(provider) == ident)
    found = next(by_id, None)
    if found is None and provider != "custom":
        found = resolve(ident, provider).model
    return found if found in load().models else None


def _catalogue_price(model: str | None, provider: str, row: Listed) -> PriceTold | None:
    """The catalogue's own price for the same thing, to be set beside the live one."""
    if model is None:
        return None
    price = load().models[model].prices.get(f"{provider}:{row.host}" if row.host else provider)
    return {"input": price.input, "output": price.output} if price else None


def _provider(key: str, settings: Settings) -> Provider:
    provider = load().providers.get(key)
    if provider is None:
        raise UnknownProvider.of(what="There is no such provider.")
    return custom_provider(provider, settings.custom_server) if key == "custom" else provider
