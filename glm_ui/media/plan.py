"""What will be sent for a turn, before it is sent: each file as its items, the whole turn against the
model's window, and what cannot go with the way out. `Plan.parts` are what goes into the message; nothing is
made again later.

One file is made ready in `ready`; this file adds them up. No decoding and no provider's name here: what a
provider takes is read off its row.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from glm_ui.catalogue.route import Route
from glm_ui.errors import CannotSend, GlmUiError, MissingKey
from glm_ui.languages import all_of, say
from glm_ui.media.models import Chosen, OnProgress, Options, Ready
from glm_ui.media.prepare_file import make_ready
from glm_ui.messages import Message, Part, Text
from glm_ui.protocol.attachments import PLURALS, Attachment, kind_of

OVERFULL = 1.25
"""Estimates run high (models shrink large pictures): a turn is refused only this far beyond the window."""

AT_ONCE = 8
"""Files that are made ready side by side: what the event loop does for each, it does for all of them in one turn."""

INSTEAD: Mapping[str, str] = {"document": "text", "video": "frames"}
"""As what a kind of file can go where it cannot go as it is."""
_AS_ELSE: Mapping[str, str] = {"document": "documents as text", "video": "videos as frames"}
_A_LITTLE_LONG = "By the estimate, this turn is a little longer than the model's window."


@dataclass(frozen=True, slots=True)
class Plan:
    """`files` in the order chosen; `parts` are those of the files that can go. Tokens are estimates;
    `window` is the model's, in tokens, None when unknown; `taken` is what the conversation and the prompt
    take of it already.

    `refusals` speak of the turn as a whole, each file's own is on the file. `needs_consent`: it is known
    that the provider may drop something (`warnings` say what), so it goes only after a person agreed.
    """

    files: tuple[Ready, ...]
    parts: tuple[Part, ...]
    visual_tokens: int
    text_tokens: int
    taken: int
    window: int | None
    warnings: tuple[str, ...] = ()
    refusals: tuple[GlmUiError, ...] = ()
    needs_consent: bool = False

    @property
    def tokens(self) -> int:
        return self.visual_tokens + self.text_tokens

    @property
    def fill(self) -> float | None:
        """Share of the window that the whole turn takes; may exceed 1."""
        return (self.tokens + self.taken) / self.window if self.window else None

    @property
    def refused(self) -> tuple[GlmUiError, ...]:
        return (*self.refusals, *(f.refusal for f in self.files if f.refusal is not None))

    def message(self, prompt: str) -> Message:
        """The user's message that carries this plan; raises the first refusal of the turn as a whole."""
        for refusal in self.refusals:
            raise refusal
        return Message("user", (*self.parts, Text(prompt)) if prompt or not self.parts else self.parts)


async def make_plan(
    files: Sequence[Chosen],
    route: Route,
    options: Options | None = None,
    on_progress: OnProgress | None = None,
) -> Plan:
    """Never raises for a file: its refusal stands on it and the others stay. `on_progress(index, done, total)`
    follows the work on file number `index`. Cancelling stops the work at once."""
    options = options or Options()
    listening = on_progress or (lambda index, done, total: None)
    gate = asyncio.Semaphore(AT_ONCE)

    async def ready(index: int, chosen: Chosen) -> Ready:
        async with gate:
            return await make_ready(index, chosen, route, options, listening)

    made = await asyncio.gather(*(ready(i, chosen) for i, chosen in enumerate(files)))
    parts = _labelled([f for f in made if f.refusal is None])
    visual = sum(f.visual_tokens for f in made if f.refusal is None)
    text = sum(f.text_tokens for f in made if f.refusal is None)
    window = route.model.window if route.model else None
    warnings = tuple(dict.fromkeys(f.warning for f in made if f.warning and f.refusal is None))
    refusals = _refusals(parts, route, options)
    full = _overfull(visual + text + options.taken, window, [f for f in made if f.refusal is None])
    if full is not None:
        refusals = (*refusals, full)
    elif window and visual + text + options.taken > window:
        warnings = (*warnings, say(_A_LITTLE_LONG))
    consent = any(f.warning for f in made if f.refusal is None)
    return Plan(tuple(made), parts, visual, text, options.taken, window, warnings, refusals, consent)


def _labelled(files: Sequence[Ready]) -> tuple[Part, ...]:
    """All parts in order. Where there are several pictures, each gets a number, by which question, answer and boxes
    can name it."""
    loose = [f for f in files if f.sent_as == "picture"]
    parts: list[Part] = []
    number = 0
    for file in files:
        if file.sent_as == "picture" and len(loose) > 1:
            number += 1
            parts.append(Text(f"Picture {number}:"))
        parts.extend(file.parts)
    return tuple(parts)


def _refusals(parts: Sequence[Part], route: Route, options: Options) -> tuple[GlmUiError, ...]:
    everything = [*options.earlier, *parts]
    counts = Counter(kind_of(part) for part in everything if isinstance(part, Attachment))
    found: list[GlmUiError] = []
    provider = route.provider
    if counts and provider.media_needs_key and not options.has_key:
        found.append(
            MissingKey(
                say("{name} takes files only with a key.", name=provider.name), "None is set.", "Type yours."
            )
        )
    for group in provider.media_exclusive:
        together = [kind for kind in group if counts[kind]]
        if len(together) > 1:
            found.append(_not_together(together, provider.name))
    for kind, count in counts.items():
        rule = route.media_rule(kind)
        most = rule.max_count if rule else None
        if most is not None and count > most:
            found.append(_too_many(kind, count, most, route))
    return tuple(found)


def _not_together(kinds: Sequence[str], provider: str) -> CannotSend:
    instead = {kind: INSTEAD[kind] for kind in kinds if kind in INSTEAD}
    out = all_of([say(_AS_ELSE[kind]) for kind in instead])
    listed = all_of([say(PLURALS[kind]) for kind in kinds])
    return CannotSend(
        say("{provider} does not take {listed} together.", provider=provider, listed=listed),
        "It does not accept both in one conversation.",
        say("Send {out}, or pick another provider.", out=out) if out else "Send them in separate chats.",
        details={"instead": instead},
    )


def _too_many(kind: str, count: int, most: int, route: Route) -> CannotSend:
    who = route.model.name if route.model else route.provider.name
    todo = {
        "image": "Pick fewer pages, frames or pictures, or send documents as text.",
        "video": "Send it as frames.",
    }
    instead = {"image": "document", "video": "video"}.get(kind)
    return CannotSend(
        say("{count} {plural} are too many.", count=count, plural=say(PLURALS[kind])),
        say(
            "{who} takes {most} at {name}, earlier turns counted.",
            who=who,
            most=most,
            name=route.provider.name,
        ),
        todo.get(kind, "Send fewer."),
        details={"instead": {instead: INSTEAD[instead]} if instead else {}},
    )


_LESS = {
    "pages": "Pick fewer pages.",
    "frames": "Take fewer frames.",
    "pictures": "Take fewer pictures.",
    "picture": "Send fewer pictures.",
    "text": "Send a part of the text.",
}
"""What makes a turn shorter, by what its files go as."""


def _overfull(tokens: int, window: int | None, files: Sequence[Ready]) -> CannotSend | None:
    if window is None or tokens <= window * OVERFULL:
        return None
    ways = {file.sent_as for file in files}
    less = [way for sent_as, way in _LESS.items() if sent_as in ways] or ["Begin a new chat."]
    todo = [*less, "Or pick a model with a larger window."]
    return CannotSend(
        "This turn is longer than the model can read.",
        say("It comes to about {tokens:,} tokens; the window has {window:,}.", tokens=tokens, window=window),
        " ".join(map(say, todo)),
        way_out="shorten",
    )
