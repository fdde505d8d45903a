"""Resolves a typed name: which model, at which provider, under which id, and each step that led there.

Pure: it reads the catalogue and what it is told is ready, nothing else. It never guesses: a name that no row has is
refused with the nearest names. No substring of it and no default is taken in its place.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Literal

from glm_ui.catalogue.custom import CustomServer, custom_provider
from glm_ui.catalogue.names import MAX_NAME, nearest, spelling, split_suffix
from glm_ui.catalogue.route import Route
from glm_ui.catalogue.rows import DialectName, Model, Provider
from glm_ui.catalogue.tables import GATEWAY_SURFACES, Catalogue, Name, load
from glm_ui.catalogue.told import ResolutionTold
from glm_ui.languages import listed, say

StepKind = Literal[
    "exact", "spelling", "alias", "generic", "provider_id", "provider", "passed_on", "not_mapped"
]
DEMO = "demo"
CUSTOM = "custom"
ONE_MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the trace: its kind for programs, one sentence for people."""

    kind: StepKind
    text: str

    @classmethod
    def said(cls, kind: StepKind, sentence: str, **values: object) -> Step:
        return cls(kind, say(sentence, **values))


@dataclass(frozen=True, slots=True)
class Resolution:
    """What became of a name. `mapped` false: nothing will be sent, the last step says why.

    `model` is our key; it may be set though `mapped` is false, when the model is known but not served there.
    """

    name: str
    mapped: bool
    model: str | None
    provider: str | None
    dialect: DialectName | None
    wire_id: str | None
    steps: tuple[Step, ...]
    nearest: tuple[str, ...] = ()
    route: Route | None = None

    def public(self) -> ResolutionTold:
        """JSON-ready."""
        return {
            "mapped": self.mapped,
            "model": self.model,
            "provider": self.provider,
            "dialect": self.dialect,
            "wire_id": self.wire_id,
            "steps": [{"kind": step.kind, "text": step.text} for step in self.steps],
            "nearest": list(self.nearest),
        }


def resolve(
    name: str,
    provider: str | None = None,
    *,
    ready: Collection[str] = (),
    custom: CustomServer | None = None,
) -> Resolution:
    """What `name` means at `provider`, or at the provider that fits best where none is given.

    `ready` holds the keys of the providers that have what they need (a key, or a configured address);
    `custom` describes the configured custom server. Never raises: not to be mapped is a Resolution too.
    """
    return _Resolver(load(), name, ready, custom).resolve(provider)


@dataclass(frozen=True, slots=True)
class _Found:
    """A name that the catalogue has, how it was read, and what followed the id (":novita", "[1m]")."""

    name: Name
    steps: tuple[Step, ...]
    suffix: str


class _Resolver:
    """One question to the catalogue."""

    def __init__(
        self, catalogue: Catalogue, name: str, ready: Collection[str], custom: CustomServer | None
    ) -> None:
        self.catalogue = catalogue
        self.typed = name
        self.text = name.strip()
        self.ready = ready
        self.custom = custom

    def resolve(self, provider: str | None) -> Resolution:
        if not self.text:
            return self._not_mapped("No name was given.")
        asked = self._provider(provider) if provider else None
        if provider and asked is None:
            keys = listed(self.catalogue.providers)
            shown = "".join(char for char in provider[:60] if char.isprintable())
            return self._not_mapped(
                say('There is no provider "{shown}". There are: {keys}.', shown=shown, keys=keys), near=False
            )
        if len(self.text) > MAX_NAME or not self.text.isprintable():
            return self._not_mapped(
                "This is no model name: it is too long or holds characters that do not print."
            )
        found = self._find(self.text, asked)
        if asked is not None and asked.key == CUSTOM:
            return self._at_custom(found)
        if found is None:
            return self._unknown(asked)
        return self._at(found, asked) if asked else self._choose(found)

    # ── finding the name ──

    def _find(self, text: str, asked: Provider | None = None) -> _Found | None:
        whole = self._look_up(text)
        if whole is not None:
            return _Found(*whole, suffix="")
        head, suffix = split_suffix(text)
        known = self._look_up(head) if suffix else None
        if known is None:
            return None
        owner = known[0].owner or (asked.key if asked else None)
        takes = self.catalogue.providers[owner].suffixes if owner else ()
        return _Found(*known, suffix=suffix) if suffix == "[1m]" or ":" in takes else None

    def _look_up(self, text: str) -> tuple[Name, tuple[Step, ...]] | None:
        name = self.catalogue.exact.get(text)
        if name is not None:
            return name, (self._meaning(name),)
        name = self.catalogue.spellings.get(spelling(text) or "")
        if name is None:
            return None
        return name, (
            Step.said("spelling", '"{typed}" is read as "{name}".', typed=text, name=name.text),
            self._meaning(name),
        )

    def _meaning(self, name: Name) -> Step:
        model = self.catalogue.models[name.model]
        if name.alias is not None:
            kind: StepKind = "generic" if name.kind == "generic" else "alias"
            sentence = (
                '"{text}" is a generic name that the gateway table maps to {target}: {model}.'
                if kind == "generic"
                else '"{text}" is a name that the gateway table maps to {target}: {model}.'
            )
            return Step.said(kind, sentence, text=name.text, target=name.alias.target, model=model.name)
        if name.kind == "family":
            return Step.said(
                "alias",
                '"{text}" is what the GLM-4 family table calls {model}.',
                text=name.text,
                model=model.name,
            )
        if name.owner is not None:
            owner = self.catalogue.providers[name.owner].name
            return Step.said(
                "provider_id",
                '"{text}" is the id of {model} at {owner}.',
                text=name.text,
                model=model.name,
                owner=owner,
            )
        return Step.said("exact", '"{text}" is {model} in the catalogue.', text=name.text, model=model.name)

    # ── choosing who serves it ──

    def _at(self, found: _Found, provider: Provider) -> Resolution:
        model = self.catalogue.models[found.name.model]
        if not self._serves(provider.key, model):
            return self._not_served(found, provider)
        return self._mapped(found, provider, say("{provider} was asked for.", provider=provider.name))

    def _choose(self, found: _Found) -> Resolution:
        model = self.catalogue.models[found.name.model]
        order = [key for key in self._in_order(found) if self._serves(key, model)]
        if not order:
            return self._not_served(found, None)
        key = next((key for key in order if key in self.ready), order[0])
        provider = self.catalogue.providers[key]
        return self._mapped(found, provider, self._why(found, provider, order))

    def _in_order(self, found: _Found) -> Iterator[str]:
        """Providers in the catalogue's order, but the one whose own id was typed is first. The demo is never chosen
        by itself."""
        first = self._owner_first(found)
        if first is not None:
            yield first
        yield from (key for key in self.catalogue.providers if key not in (first, DEMO))

    def _owner_first(self, found: _Found) -> str | None:
        if found.name.kind != "provider_id":
            return None
        return CUSTOM if self._listed(self.text) else found.name.owner

    def _why(self, found: _Found, provider: Provider, order: list[str]) -> str:
        owner = self._owner_first(found)
        if owner == provider.key:
            return say(
                "No provider was named; the id is that of {provider}, so it comes first.",
                provider=provider.name,
            )
        if provider.key in self.ready:
            return say(
                "No provider was named; {provider} is the first that serves it and has what it needs.",
                provider=provider.name,
            )
        return say(
            "No provider was named, and none of {names} has a key or an address yet; {provider} is the first that"
            " serves it.",
            names=listed(order),
            provider=provider.name,
        )

    def _serves(self, key: str, model: Model) -> bool:
        if key == DEMO:
            return model.chat
        if key == CUSTOM:
            return self._custom_id(model) is not None
        return key in model.ids

    # ── the custom server ──

    def _at_custom(self, found: _Found | None) -> Resolution:
        provider = custom_provider(self.catalogue.providers[CUSTOM], self.custom)
        if found is not None:
            return self._mapped(found, provider, say("{provider} was asked for.", provider=provider.name))
        return self._passed_on(provider, self._listed(self.text) or self.text)

    def _passed_on(self, provider: Provider, wire_id: str) -> Resolution:
        text = say(
            '"{wire_id}" is in no row of the catalogue; it goes to {provider} as it is, which decides.',
            wire_id=wire_id,
            provider=provider.name,
        )
        route = Route(None, provider, wire_id)
        steps = (Step("passed_on", text),)
        return Resolution(
            self.typed, True, wire_id, provider.key, provider.dialect, wire_id, steps, route=route
        )

    def _listed(self, text: str) -> str | None:
        """The custom server's own spelling of this name, where the settings list it."""
        listed = self.custom.models if self.custom else ()
        if text in listed:
            return text
        return next((name for name in listed if name.casefold() == text.casefold()), None)

    def _custom_id(self, model: Model) -> str | None:
        """Under which of the listed names the custom server has this model."""
        for name in self.custom.models if self.custom else ():
            known = self._look_up(split_suffix(name)[0])  # Ollama writes glm-4.7-flash:q4_K_M
            if known is not None and known[0].model == model.key:
                return name
        return None

    # ── the answer ──

    def _mapped(self, found: _Found, provider: Provider, why: str) -> Resolution:
        model = self.catalogue.models[found.name.model]
        if provider.key == CUSTOM:
            provider = custom_provider(provider, self.custom)
        wire_id, notes = self._with_suffix(found, model, provider, self._wire_id(found, model, provider))
        says = Step(
            "provider", f"{why} " + say('It gets {model} as "{wire_id}".', model=model.name, wire_id=wire_id)
        )
        steps = (*found.steps, *notes, says)
        route = Route(model, provider, wire_id)
        return Resolution(
            self.typed, True, model.key, provider.key, provider.dialect, wire_id, steps, route=route
        )

    def _wire_id(self, found: _Found, model: Model, provider: Provider) -> str:
        if provider.key == CUSTOM:
            return self._listed(self.text) or self._custom_id(model) or self.text
        if provider.key == DEMO:
            return model.key
        alias = found.name.alias
        if alias and provider.key == GATEWAY_SURFACES["anthropic"] and alias.name.startswith("claude"):
            return alias.name  # the Anthropic surface takes the Claude names themselves
        return model.ids[provider.key]

    def _with_suffix(
        self, found: _Found, model: Model, provider: Provider, wire_id: str
    ) -> tuple[str, tuple[Step, ...]]:
        suffix = found.suffix
        if not suffix or wire_id.endswith(suffix):
            return wire_id, ()
        mine = found.name.owner in (None, provider.key)
        if suffix == "[1m]" and suffix in provider.suffixes and (model.window or 0) >= ONE_MILLION:
            sent, sentence = wire_id + suffix, '"{suffix}" asks {provider} for the 1M window.'
        elif suffix[0] in provider.suffixes and mine:
            sent, sentence = wire_id + suffix, '"{suffix}" chooses a variant or host at {provider}.'
        else:
            sent, sentence = wire_id, '"{suffix}" means nothing at {provider} and is left out.'
        return sent, (Step.said("provider_id", sentence, suffix=suffix, provider=provider.name),)

    def _not_served(self, found: _Found, asked: Provider | None) -> Resolution:
        model = self.catalogue.models[found.name.model]
        who = listed(self.catalogue.served_by(model.key))
        if asked:
            text = say("{model} is known, but not offered by {where}.", model=model.name, where=asked.name)
        else:
            text = say("{model} is known, but not offered by any provider here.", model=model.name)
        text += " " + (say("It is offered by: {who}.", who=who) if who else say("No provider offers it."))
        steps = (*found.steps, Step("not_mapped", text))
        return Resolution(self.typed, False, model.key, None, None, None, steps)

    def _unknown(self, asked: Provider | None) -> Resolution:
        listed = self._listed(self.text)
        if asked is None and listed is not None:
            return self._passed_on(custom_provider(self.catalogue.providers[CUSTOM], self.custom), listed)
        return self._not_mapped(say("Unknown model “{text}”.", text=self.text))

    def _not_mapped(self, text: str, near: bool = True) -> Resolution:
        names = nearest(self.text, self._suggestions()) if near else ()
        return Resolution(self.typed, False, None, None, None, None, (Step("not_mapped", text),), names)

    def _suggestions(self) -> Iterator[str]:
        yield from self.custom.models if self.custom else ()
        yield from (name.text for name in self.catalogue.exact.values())

    def _provider(self, asked: str) -> Provider | None:
        text = asked.strip().casefold()
        for provider in self.catalogue.providers.values():
            if text in (provider.key, provider.name.casefold()):
                return provider
        return None
