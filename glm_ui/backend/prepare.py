"""Everything that is decided before the first byte goes out: who is asked, with whose key, in which bytes.

Pure but for the catalogue and the settings that it is given: no HTTP, no events.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import orjson
from pydantic import SecretStr

from glm_ui.catalogue import Resolution, load, resolve
from glm_ui.catalogue.route import Route
from glm_ui.catalogue.rows import Provider
from glm_ui.errors import GlmUiError, MissingKey, NotServed, UnknownModel, UnknownProvider, plain_text
from glm_ui.languages import listed, say
from glm_ui.messages import ChatRequest
from glm_ui.net.request import Credential, Outgoing, Timeouts, credential
from glm_ui.protocol import DIALECTS, Dialect, Encoded
from glm_ui.settings import ACCESS, Settings, key_name

Keys = Mapping[str, SecretStr | str]
"""A visitor's own keys, by provider key."""


LONG_ANSWER = 32_768
"""Tokens that an answer of an unknown model may come to."""


@dataclass(frozen=True, slots=True)
class PreparedRequest:
    """A request that is ready to go."""

    request: ChatRequest
    route: Route
    dialect: Dialect
    encoded: Encoded
    outgoing: Outgoing


@dataclass(frozen=True, slots=True)
class ResolvedTurn:
    """Who asks, with which settings and keys, and where the turn goes: decided once, where the turn comes in. `visitor`
    is who is counted; `keys` are the visitor's own."""

    visitor: str
    settings: Settings
    keys: Keys
    route: Route

    @property
    def owner_pays(self) -> bool:
        return owner_pays(self.route, self.settings, self.keys)

    @property
    def has_key(self) -> bool:
        return has_key(self.route.provider.key, self.settings, self.keys)


def resolve_turn(
    model: str, provider: str | None, settings: Settings, keys: Keys, visitor: str = ""
) -> ResolvedTurn:
    """Raises RequestError for a name that no model has."""
    return ResolvedTurn(visitor, settings, keys, route_of(model, provider, settings, keys))


def prepare_request(request: ChatRequest, turn: ResolvedTurn) -> PreparedRequest:
    """The bytes that are sent, and where to. Raises RequestError."""
    route, settings = turn.route, turn.settings
    provider = route.provider
    base_url, held = endpoint_and_credential(provider, settings, turn.keys)
    dialect = DIALECTS[route.dialect]
    encoded = dialect.encode(request, route)
    return PreparedRequest(
        request,
        route,
        dialect,
        encoded,
        Outgoing(
            url=base_url + encoded.path,
            provider=provider.key,
            provider_name=provider.name,
            headers=encoded.headers,
            body=orjson.dumps(encoded.body),
            credential=held,
            timeouts=Timeouts(
                settings.glm_ui_connect_timeout,
                settings.glm_ui_first_byte_timeout,
                settings.glm_ui_silence_timeout,
                settings.glm_ui_turn_timeout,
            ),
            resolve_pinned=settings.pinned_resolver(provider.key),
        ),
    )


def fallback_to_prompted_continue(plan: PreparedRequest) -> PreparedRequest | None:
    """The same turn with a prompt that asks the model to go on, for servers that refuse a prefilled answer
    (`transformers serve` replies with HTTP 422). None if the turn does not continue an answer, or already asks by
    prompt."""
    if not plan.request.continues or plan.encoded.continues_by_prompt:
        return None
    route = replace(plan.route, provider=replace(plan.route.provider, continue_style="ask"))
    encoded = plan.dialect.encode(plan.request, route)
    if not encoded.continues_by_prompt:
        return None
    outgoing = replace(plan.outgoing, headers=encoded.headers, body=orjson.dumps(encoded.body))
    return replace(plan, route=route, encoded=encoded, outgoing=outgoing)


def endpoint_and_credential(
    provider: Provider, settings: Settings, keys: Keys
) -> tuple[str, Credential | None]:
    """The provider's base address, and the key to send there. Raises UnknownProvider (no address) and MissingKey."""
    base_url = settings.base_url(provider.key)
    if base_url is None:
        where = say("Set {variable}", variable=ACCESS[provider.key].address.upper())
        if provider.key == "custom" and settings.custom_addresses:
            where = say("Enter it under More")  # it may have been: a restart forgets
        raise UnknownProvider.of(
            what=say("{provider} has no address.", provider=provider.name),
            todo=say("{where}, or pick another provider.", where=where),
        )
    key, name = _key(provider.key, settings, keys), key_name(provider.key)
    if not key and provider.key_required:
        why = say("No API key is set: none was entered here, and {name} is empty.", name=name)
        if provider.key in settings.withheld:
            why = say(
                "The owner's key ({name}) is not used here: the plan's terms allow its holder alone.",
                name=name,
            )
        raise MissingKey.of(provider.name, why=why)
    make = DIALECTS[provider.dialect].key_headers
    return base_url, credential(key, base_url, make, name, provider.name) if key else None


def route_of(model: str, wanted: str | None, settings: Settings, keys: Keys) -> Route:
    """Who answers to this name, at the provider that is wanted or the first that is ready. Raises RequestError."""
    if wanted is None and settings.offline and not any(_secret(k) for k in keys.values()):
        wanted = "demo"
    ready = settings.ready() | {p for p in ACCESS if p != "custom" and _own_key(p, keys)}
    found = resolve(model, wanted, ready=ready, custom=settings.custom_server)
    if found.route is not None:
        return found.route
    raise _no_route(found, model, wanted)


def _no_route(found: Resolution, asked: str, wanted: str | None) -> GlmUiError:
    name, why = plain_text(asked, 80), found.steps[-1].text if found.steps else ""
    if wanted and not any(
        wanted.strip().casefold() in (p.key, p.name.casefold()) for p in load().providers.values()
    ):
        return UnknownProvider.of(what=say("There is no provider “{name}”.", name=plain_text(wanted, 60)))
    if found.model is not None:
        return NotServed.of(
            what=say("“{name}” cannot be asked there.", name=name), why=why, details={"model": found.model}
        )
    nearest = list(found.nearest)
    return UnknownModel.of(
        what=say("No model is called “{name}”.", name=name) if name else "No model was named.",
        why=say("The nearest names are {names}.", names=listed(nearest)) if nearest else "",
        details={"nearest": nearest},
    )


def answer_within(request: ChatRequest, route: Route, tokens: int | None) -> ChatRequest:
    """The request, with `max_tokens` where its answer could come to more than `tokens`; None is no limit."""
    could = request.sampling.max_tokens or (route.model and route.model.max_output) or LONG_ANSWER
    if tokens is None or could <= tokens:
        return request
    return replace(request, sampling=replace(request.sampling, max_tokens=tokens))


def owner_pays(route: Route, settings: Settings, keys: Keys) -> bool:
    """Whether a turn on this route is drawn from the owner's account: not where the visitor's own key or server is
    used, and not in the offline demo."""
    provider = route.provider.key
    return provider in ACCESS and settings.pinned_resolver(provider) is None and not _own_key(provider, keys)


def has_key(provider: str, settings: Settings, keys: Keys) -> bool:
    return bool(_key(provider, settings, keys))


def _key(provider: str, settings: Settings, keys: Keys) -> str:
    return _own_key(provider, keys) or _secret(settings.key(provider))


def _own_key(provider: str, keys: Keys) -> str:
    """The visitor's key for this provider, or for another provider row of the same account."""
    access = ACCESS.get(provider)
    doors = [provider, *(p for p, other in ACCESS.items() if other.key == access.key)] if access else []
    return next((key for door in doors if (key := _secret(keys.get(door)))), "")


def _secret(key: SecretStr | str | None) -> str:
    return (key.get_secret_value() if isinstance(key, SecretStr) else key or "").strip()
