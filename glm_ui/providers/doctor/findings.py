"""Turns replies into findings, one for each check, in sentences. Pure, but for one request without a key.

A finding says what was seen and what to do; no key enters one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, Literal, TypedDict

import orjson

from glm_ui.backend.prepare import has_key
from glm_ui.errors import (
    ConnectionFailed,
    ConnectionReset,
    EmptyAnswer,
    GlmUiError,
    KeyRejected,
    MissingKey,
    PermissionDenied,
    RequestError,
    StreamCut,
    StreamFailed,
    TimedOut,
)
from glm_ui.languages import joined, say
from glm_ui.net.exchange import whole_response
from glm_ui.net.request import Outgoing, Timeouts
from glm_ui.providers.doctor.probe import TOOL_WORD, Probe, ProbeReply
from glm_ui.settings import key_name

FORMATS: Final = {"openai": "OpenAI", "anthropic": "Anthropic"}
CHECKS: Final = ("reachable", "key", "dialect", "streaming", "usage", "thinking", "tools", "image")
BURST: Final = 0.1
"""Seconds: what comes within them came at once."""
TOO_FAST: Final = 0.25
"""Seconds: a reply shorter than this is whole before anyone could hold it back."""

State = Literal["good", "bad", "note", "unknown"]


class FindingTold(TypedDict):
    check: str
    state: State
    seen: str
    todo: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report. `check` is one of CHECKS; `seen` and `todo` are sentences, `todo` may be empty."""

    check: str
    state: State
    seen: str
    todo: str = ""

    def in_words(self) -> Finding:
        """Its sentences in the language of the context."""
        return replace(self, seen=say(self.seen), todo=say(self.todo))

    def public(self) -> FindingTold:
        return {"check": self.check, "state": self.state, "seen": self.seen, "todo": self.todo}


def _told(check: str, error: GlmUiError, state: State = "bad", todo: str | None = None) -> Finding:
    seen = joined(error.what, error.why)
    return Finding(check, state, seen, error.todo if todo is None else todo)


async def reachable(probe: Probe, reply: ProbeReply) -> Finding:
    error = reply.error
    if isinstance(error, MissingKey):
        return await _ping(probe)
    if isinstance(error, RequestError) or (isinstance(error, ConnectionFailed) and not reply.clock.raw):
        return _told("reachable", error)
    after = reply.first_byte
    seen = "{name} answered." if after is None else "{name} answered after {seconds:.2f} s."
    return Finding("reachable", "good", say(seen, name=probe.provider.name, seconds=after))


async def _ping(probe: Probe) -> Finding:
    """Without a key: whether anything answers at the address. No model is asked."""
    provider = probe.provider
    base = probe.settings.base_url(provider.key) or ""
    short, resolve_pinned = Timeouts(5, 5, 5), probe.settings.pinned_resolver(provider.key)
    try:
        answer = await whole_response(
            Outgoing(
                base, provider.key, provider.name, method="GET", timeouts=short, resolve_pinned=resolve_pinned
            ),
            limit=4096,
            cut=True,
        )
    except GlmUiError as error:
        return _told("reachable", error)
    return Finding(
        "reachable", "good", say("{name} answers (HTTP {status}).", name=provider.name, status=answer.status)
    )


def key(probe: Probe, reply: ProbeReply) -> Finding:
    error = reply.error
    if isinstance(error, (MissingKey, KeyRejected, PermissionDenied)):
        return _told("key", error)
    if isinstance(error, RequestError) or (isinstance(error, ConnectionFailed) and not reply.clock.raw):
        return Finding("key", "unknown", "Not tried: the provider was not reached.")
    if not has_key(probe.provider.key, probe.settings, probe.keys):
        return Finding("key", "good", "None is set, and none was asked for.")
    if error is not None and error.slug in ("no_balance", "quota_used_up", "not_in_plan"):
        return _told("key", error)
    return Finding("key", "good", say("{key} was accepted.", key=key_name(probe.provider.key)))


def dialect(probe: Probe, reply: ProbeReply) -> Finding:
    wanted = probe.provider.dialect
    found = spoken(bytes(reply.clock.raw))
    if found == wanted:
        return Finding(
            "dialect", "good", say("It uses the {wanted} format, as expected.", wanted=FORMATS[wanted])
        )
    if found is not None:
        todo = "Its replies are still read; set the right API format or address in the settings."
        return Finding(
            "dialect",
            "bad",
            say(
                "The request was in the {wanted} format, the reply is in {found}.",
                wanted=FORMATS[wanted],
                found=FORMATS[found],
            ),
            todo,
        )
    if reply.error is not None:
        return _told("dialect", reply.error)
    return Finding("dialect", "unknown", "The reply was too short to tell.")


def spoken(raw: bytes) -> str | None:
    """The dialect of a reply by its frames or its JSON; None where it is neither."""
    lines = [line.removeprefix(b"data:").strip() for line in raw.split(b"\n") if line.startswith(b"data:")]
    for text in lines or [raw.strip()]:
        try:
            value: Any = orjson.loads(text)
        except orjson.JSONDecodeError:
            continue
        if not isinstance(value, dict):
            continue
        if "choices" in value:
            return "openai"
        if value.get("type") in ("message_start", "content_block_start", "content_block_delta", "message"):
            return "anthropic"
    return None


def streaming(probe: Probe, reply: ProbeReply) -> Finding:
    came = reply.clock.came
    frames = sum(count for _, count in came)
    if reply.error is not None and not isinstance(reply.error, EmptyAnswer) and not frames:
        return _told("streaming", reply.error, "unknown")
    if not frames and reply.clock.raw:
        todo = "Replies appear only when they are complete. Look for a setting that turns streaming on."
        return Finding("streaming", "bad", "The reply came as one document, not as a stream.", todo)
    if isinstance(reply.error, (StreamCut, StreamFailed, ConnectionReset)):
        cut = "Replies end before they are complete: look at the proxy in between and at the server's limits."
        return _told("streaming", reply.error, todo=cut)
    first, last = (came[0][0], came[-1][0]) if came else (0.0, 0.0)
    if frames < 6 or last < TOO_FAST:
        return Finding(
            "streaming",
            "unknown",
            say("{frames} frames in {last:.2f} s: too little to tell.", frames=frames, last=last),
        )
    if largest_burst(came) >= 0.8:
        seen = say(
            "Of {frames} frames nearly all came at once, {last:.1f} s after the question.",
            frames=frames,
            last=last,
        )
        todo = (
            "Something in between holds the stream back: turn its buffering off (nginx: proxy_buffering off)."
        )
        return Finding("streaming", "bad", seen, todo)
    return Finding(
        "streaming",
        "good",
        say(
            "{frames} frames over {seconds:.1f} s, the first after {first:.2f} s.",
            frames=frames,
            seconds=last - first,
            first=first,
        ),
    )


def largest_burst(came: list[tuple[float, int]]) -> float:
    """The largest share of all frames that came within BURST."""
    most = max((sum(n for at, n in came if start <= at <= start + BURST) for start, _ in came), default=0)
    return most / max(1, sum(frames for _, frames in came))


def usage(probe: Probe, reply: ProbeReply) -> Finding:
    usage = reply.reply.usage
    if usage.output_tokens:
        return Finding(
            "usage",
            "good",
            say(
                "{input} tokens in, {output} out.",
                input=usage.input_tokens or 0,
                output=usage.output_tokens,
            ),
        )
    if reply.error is not None:
        return _told("usage", reply.error, "unknown")
    return Finding(
        "usage", "note", "It reports no token counts.", "Tokens and cost are estimates here, marked ≈."
    )


def thinking(probe: Probe, on: ProbeReply, off: ProbeReply) -> Finding:
    """`on` was asked to think, `off` was told not to."""
    if on.error and not isinstance(on.error, EmptyAnswer) and not (on.reply.thinking or on.reply.answer):
        return _told("thinking", on.error, "unknown")
    thought, silent = bool(on.reply.thinking.strip()), not off.reply.thinking.strip()
    if probe.provider.thinking == "none":
        seen = "It thinks; how to switch that off here is not known."
        if not thought:
            seen = "It does not think; how to switch that on here is not known."
        return Finding("thinking", "note", seen)
    forced = probe.row is not None and probe.row.thinking.kind == "forced"
    found = _FORCED[thought] if forced else _SWITCH[thought, silent]
    if b"<think" not in on.clock.raw:
        return found
    return replace(
        found, seen=f"{say(found.seen)} {say('It comes as tags within the text; they are taken out.')}"
    )


_SWITCH: Final[Mapping[tuple[bool, bool], Finding]] = {
    # (thought when it was on, did not when it was off)
    (True, True): Finding("thinking", "good", "On, it thinks; off, it does not."),
    (True, False): Finding(
        "thinking",
        "bad",
        "It thinks although it was told not to.",
        "The switch has no effect here: another provider may honour it, or set GLM_UI_CUSTOM_THINKING for your server.",
    ),
    (False, True): Finding(
        "thinking",
        "bad",
        "No thinking came though it was asked for.",
        "The server may strip it: start it with a reasoning parser, or pick another provider.",
    ),
    (False, False): Finding(
        "thinking",
        "bad",
        "It thinks when it was told not to, and not when it was asked to.",
        "The switch is read the wrong way round: check which style the server wants.",
    ),
}
_FORCED: Final[Mapping[bool, Finding]] = {
    True: Finding("thinking", "good", "This model always thinks, and it does."),
    False: Finding(
        "thinking",
        "bad",
        "This model always thinks, but no thinking came.",
        "The server may strip it: pick another provider.",
    ),
}


def tools(probe: Probe, reply: ProbeReply, called: bool) -> Finding:
    """`called`: whether the tool ran."""
    word = TOOL_WORD in reply.reply.answer.lower()
    if called and word:
        return Finding("tools", "good", "It called a tool and read its result.")
    if reply.error is not None and not isinstance(reply.error, EmptyAnswer):
        return _told("tools", reply.error, "unknown" if isinstance(reply.error, TimedOut) else "bad")
    if called:
        return Finding(
            "tools", "bad", "It called a tool, but did not read its result.", "Offer no tools here."
        )
    if reply.reply.finish == "tool_calls":
        todo = "Start the server with the model's own parser for tool calls; until then each call is asked about."
        return Finding("tools", "note", "It wrote its tool call into the answer.", todo)
    return Finding("tools", "note", "It did not call the tool that it was offered.", "Offer no tools here.")


_RED: Final = re.compile(r"(?<![a-z])red(?![a-z])", re.I)


def image(probe: Probe, reply: ProbeReply | None) -> Finding:
    if reply is None:
        return Finding("image", "note", say("No model of {name} takes pictures.", name=probe.provider.name))
    if reply.error is not None and not reply.reply.answer.strip():
        state: State = "unknown" if isinstance(reply.error, TimedOut) else "bad"
        return _told(
            "image", reply.error, state, "Pictures do not get through here: ask through another provider."
        )
    if _RED.search(reply.reply.answer):
        return Finding("image", "good", "It was shown a red square and said so.")
    answer = " ".join(reply.reply.answer.split())[:60]
    seen = say("It took a red square without an error, but said “{answer}”.", answer=answer)
    return Finding("image", "bad", seen, "Pictures seem to be lost on the way: ask through another provider.")
