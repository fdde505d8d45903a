"""What the model picker offers, and what it says of the model that is picked. Pure: catalogue rows in, labels and
facts out. No Gradio components, no handlers.

A choice's value is "provider:model key"; a name that a person types has no provider and is resolved as it stands.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from html import escape

from glm_ui.catalogue import Resolution, load, resolve
from glm_ui.catalogue.route import Route
from glm_ui.catalogue.rows import Model, Price, Provider
from glm_ui.languages import ENGLISH, languages, say, speaking
from glm_ui.settings import Settings
from glm_ui.ui.wire import ModelAt, ModelOffered

BETWEEN = " · "
SEES = {"image": "images", "video": "video", "audio": "audio"}
ABILITIES = (*SEES.values(), "thinking", "tools", "no key", "window")
FIRST_CHOICE = ("glm-4.6", "glm-4.5v", "glm-5.3", "glm-4.5")
"""What is picked first where the owner names no default: what the app is for, then what is newest."""


ANY_MODEL = "default"
"""The model name sent to a custom server where the owner named none: servers with one model take any name."""


@dataclass(frozen=True, slots=True)
class Picked:
    """A picker's value, resolved. `thinking` is what may be said of it: switch, effort, both, forced, none, unknown."""

    resolution: Resolution
    route: Route | None

    @property
    def thinking(self) -> str:
        if self.route is None or self.route.model is None:
            return "switch" if self.route and self.route.provider.thinking != "none" else "unknown"
        return self.route.model.thinking.kind

    @property
    def efforts(self) -> tuple[str, ...]:
        if self.route is None or self.route.model is None or not self.route.provider.effort_field:
            return ()
        return self.route.model.thinking.efforts


def split(value: str) -> tuple[str | None, str]:
    """ "zai:glm-4.6" -> ("zai", "glm-4.6"); "claude-3-opus" -> (None, "claude-3-opus")."""
    provider, colon, name = value.partition(":")
    return (provider, name) if colon and provider in load().providers else (None, value)


def pick(value: str, settings: Settings, own: Collection[str] = ()) -> Picked:
    provider, name = split(value or "")
    ready = settings.ready() | set(own)
    resolution = resolve(name, provider, ready=ready, custom=settings.custom_server)
    return Picked(resolution, resolution.route)


def choices(settings: Settings, own: Collection[str] = ()) -> list[tuple[str, str]]:
    """(label, value) of every chat model at every provider that serves it; usable providers first."""
    ready = settings.ready() | set(own)
    offline = settings.offline and not own
    providers = load().providers
    served = [(p, label(m.name, p), f"{p.key}:{m.key}") for p, m in _served() if p.key != "custom"]
    if settings.custom_server:
        custom = providers["custom"]
        names = settings.custom_server.models or (ANY_MODEL,)
        served += [(custom, label(name, custom), f"custom:{name}") for name in names]
    served.sort(key=lambda row: _rank(row[0], ready, offline))
    return [(name, value) for _, name, value in served]


def _rank(provider: Provider, ready: Collection[str], offline: bool) -> int:
    if provider.key == "demo":
        return 0 if offline else 2
    return 1 if offline or provider.key in ready else 3


def _newest_first(models: Collection[Model]) -> list[Model]:
    return sorted(models, key=lambda m: str(m.released.value if m.released else ""), reverse=True)


def label(name: str, provider: Provider) -> str:
    """ "GLM-4.6 · Z.ai", in the language of this context: short, so that it fits the closed picker; `style()` adds the
    rest in the open one. It is no key: the page's scripts and the endpoints know a choice by its value."""
    return f"{name}{BETWEEN}{say(provider.name)}"


def abilities(model: Model, provider: Provider) -> list[str]:
    """Its window as text, then those of ABILITIES that it has: ["200K", "images", "video", "thinking", "tools"]."""
    takes = model.inputs_at.get(provider.key, model.inputs)
    bits = [tokens(model.window)] if model.window else []
    bits += [word for kind, word in SEES.items() if kind in takes]
    bits += ["thinking"] if model.thinking.kind not in ("none", "unknown") else []
    bits += ["tools"] if model.tools and model.tools.value is True else []
    return bits


def _content(*bits: str) -> str:
    """The value of a CSS `content`: each of ABILITIES as a variable, which has the word of the page's language."""
    shown = (f"var(--glm-word-{bit.replace(' ', '-')})" if bit in ABILITIES else f'"{bit}"' for bit in bits)
    return f' "{BETWEEN}" '.join(shown)


def _words_of_style() -> list[str]:
    """ABILITIES in each language, as CSS variables, and the providers' names."""
    rules = []
    for language in languages():
        with speaking(language):
            said = {word.replace(" ", "-"): say(word) for word in ABILITIES}
            said |= {f"at-{provider.key}": say(provider.name) for provider in load().providers.values()}
        words = "; ".join(f'--glm-word-{key}: "{word}"' for key, word in said.items())
        rules.append(f":root{'' if language == ENGLISH else f'[data-language={language}]'} {{ {words}; }}")
    return rules


def style() -> str:
    """The open picker's headings and second lines, as CSS on the options' labels: Gradio's options are plain text.

    `data-keys` on the tabs, set by the page, lists the providers that can be used as things stand.
    """
    catalogue = load()
    rules = _words_of_style()
    for provider in catalogue.providers.values():
        row = _row(f'[aria-label$="{BETWEEN}{name}"]' for name in _names(provider))
        rest = f'ul[role="listbox"] {row}:not({row} ~ li)::before'
        name = f"var(--glm-word-at-{provider.key})"
        rules.append(f"#tabs {rest} {{ content: {name}; }}")
        if provider.asks_key:
            more = f'{name} "{BETWEEN}" {_content("no key")}'
            rules.append(f'#tabs:not([data-keys~="{provider.key}"]) {rest} {{ content: {more}; }}')
    for provider, model in _served():
        row = _row(f'[aria-label="{model.name}{BETWEEN}{name}"]' for name in _names(provider))
        shown = _content(*abilities(model, provider))
        rules.append(f'#tabs ul[role="listbox"] {row}::after {{ content: {shown}; }}')
    return "\n".join(rules)


def _names(provider: Provider) -> list[str]:
    """Its name as labels have it, in each language."""
    said = []
    for language in languages():
        with speaking(language):
            said.append(say(provider.name))
    return list(dict.fromkeys(said))


def _row(hooks: Iterable[str]) -> str:
    """A row of the list with one of these labels."""
    either = list(hooks)
    return f"li{either[0]}" if len(either) == 1 else f"li:is({', '.join(either)})"


def _served() -> list[tuple[Provider, Model]]:
    catalogue = load()
    models = [m for m in _newest_first(catalogue.models.values()) if m.chat]
    shown = [m for m in models if m.key in FIRST_CHOICE]
    return [
        (p, m)
        for p in catalogue.providers.values()
        for m in (shown if p.key == "demo" else models)
        if p.key == "demo" or p.key in m.ids
    ]


def models() -> dict[str, ModelOffered]:
    """Of each model that some picker may offer what its list says of it, by the model's key."""
    return {model.key: _offered(model) for model in load().models.values() if model.chat and model.ids}


def _offered(model: Model) -> ModelOffered:
    at: dict[str, ModelAt] = {}
    for provider, inputs in model.inputs_at.items():
        at.setdefault(provider, {})["takes"] = _kinds(inputs)
    for provider, price in model.prices.items():
        if price.input is not None and price.output is not None:
            at.setdefault(provider, {})["price"] = (price.input, price.output)
    return {
        "name": model.name,
        "released": str(model.released.value) if model.released else None,
        "window": model.window,
        "takes": _kinds(model.inputs),
        "thinks": model.thinking.kind not in ("none", "unknown"),
        "tools": bool(model.tools and model.tools.value is True),
        "at": at,
    }


def _kinds(inputs: Sequence[str]) -> list[str]:
    return [kind for kind in inputs if kind != "text"]


def default(settings: Settings, offered: list[tuple[str, str]]) -> str:
    """The value that is picked when the page opens: the owner's, else at the first provider one of FIRST_CHOICE."""
    values = [value for _, value in offered]
    if settings.glm_ui_model:
        wanted = (
            f"{settings.glm_ui_provider}:{settings.glm_ui_model}"
            if settings.glm_ui_provider
            else settings.glm_ui_model
        )
        found = pick(wanted, settings).resolution
        return next((v for v in values if v == f"{found.provider}:{found.model}"), wanted)
    return first_choice(values)


def first_choice(values: Sequence[str]) -> str:
    """Of the first provider among `values` its best known model; "" for none."""
    provider = split(values[0])[0] if values else None
    known = (f"{provider}:{model}" for model in FIRST_CHOICE)
    return next((value for value in known if value in values), values[0] if values else "")


def key_label(picked: Picked) -> str:
    """Whose key the box takes; in the demo the first provider's, which then answers."""
    providers = load().providers
    provider = picked.route.provider if picked.route else None
    if provider is None or provider.key == "demo":
        provider = next(p for p in providers.values() if p.key_required)
    return say("API key for {name}", name=providers[provider.key.removesuffix("-anthropic")].name)


def tokens(number: int | None) -> str:
    """128000 -> "128K", 131072 -> "128K", 1048576 -> "1M"."""
    if not number:
        return "unknown"
    if number >= 1_000_000:
        return f"{number // 1_000_000}M"
    return f"{number // 1000 if number % 1000 == 0 or number % 1024 else number // 1024}K"


def facts(picked: Picked) -> str:
    """The lines below the picker, as HTML of our own making; `data-provider` tells the page whose state to show."""
    found = picked.resolution
    if picked.route is None:
        said = escape(" ".join(step.text for step in found.steps[-1:]))
        near = "".join(f"<code>{escape(name)}</code> " for name in found.nearest[:4])
        more = f"<p>{say('Nearest: ')}{near}</p>" if near else ""
        return f'<glm-facts class="glm facts bad"><p>{said or say("No model has this name.")}</p>{more}</glm-facts>'
    route = picked.route
    items = _items(route)
    body = "".join(f"<dt>{escape(k)}</dt><dd>{escape(v)}</dd>" for k, v in items)
    data = f'data-provider="{escape(route.provider.key)}" data-window="{route.model.window if route.model else ""}"'
    return f'<glm-facts class="glm facts" {data}><dl>{body}</dl></glm-facts>'


def _items(route: Route) -> list[tuple[str, str]]:
    model, provider = route.model, route.provider
    items = [(say("Model ID"), route.wire_id)]
    if model is None:
        return [*items, (say("Details"), say("known to its server only"))]
    takes = model.inputs_at.get(provider.key, model.inputs)
    thinking = {
        "switch": "optional",
        "effort": "levels",
        "switch+effort": "optional, with levels",
        "forced": "always on",
        "none": "none",
        "unknown": "unknown",
    }[model.thinking.kind]
    items += [
        (
            say("Window"),
            say("{window}, output {output}", window=tokens(model.window), output=tokens(model.max_output)),
        ),
        (say("Accepts"), say(", ").join(say(word) for word in takes)),
        (say("Thinking"), say(thinking)),
    ]
    price = model.prices.get(provider.key)
    if price and price.input is not None:
        items.append((say("Price"), _price(price)))
    return items


def _price(price: Price) -> str:
    if not price.input and not price.output:
        return say("free")
    return say(
        "{input} in, {output} out per million", input=_usd(price.input or 0), output=_usd(price.output or 0)
    )


def _usd(price: float) -> str:
    """With its cents, and with the digits that follow: $0.60, $0.0035."""
    return f"${price:.2f}" if price == round(price, 2) else f"${price:g}"
