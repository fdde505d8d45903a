"""What a client is asked to do, what the scripted upstream plays for it, and what must have been seen. One row a task.
Pure: nothing is started here."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from tests.upstream import Reply, Request, openai_frames

USAGE = {"prompt_tokens": 30, "completion_tokens": 12, "prompt_tokens_details": {"cached_tokens": 10}}
TOO_LONG = {"error": {"code": "1261", "message": "Prompt exceeds max length"}}
OVERFLOW = re.compile(
    r"maximum context length|prompt is too long|context.{0,9}(length|window)", re.IGNORECASE
)
KEY_TROUBLE = re.compile(r"\bkey\b|401|auth", re.IGNORECASE)


@dataclass
class Seen:
    """What a client told, and what reached the upstream. `first_piece`: it had a piece of the reply before the rest
    was played. `closed_after`: seconds from Stop until the upstream was left; None where it was not."""

    texts: dict[str, list[str]] = field(default_factory=lambda: {"text": [], "thinking": []})
    error: str = ""
    requests: list[Request] = field(default_factory=list)
    first_piece: bool = False
    closed_after: float | None = None
    timed_out: bool = False
    rest: str = ""
    """What it wrote that is not JSON of ours, such as a traceback."""

    @property
    def text(self) -> str:
        return "".join(self.texts["text"])

    @property
    def thinking(self) -> str:
        return "".join(self.texts["thinking"])

    def asked(self) -> Iterator[Mapping[str, Any]]:
        """The bodies that the upstream got, oldest first."""
        return (request.json for request in self.requests if request.method == "POST")


@dataclass(frozen=True)
class Call:
    """A tool that a client has, how it is called twice at once, and what of the results the upstream must get back."""

    name: str
    arguments: tuple[Mapping[str, Any], Mapping[str, Any]]
    results: tuple[str, str]
    picture: Mapping[str, Any] | None = None
    """Arguments by which it reads a picture, for a client that is given one no other way."""

    def at(self, home: str) -> Call:
        """Itself, with the paths of this folder."""

        def named(arguments: Mapping[str, Any]) -> Mapping[str, Any]:
            return {name: value.replace("{home}", home) for name, value in arguments.items()}

        first, second = map(named, self.arguments)
        return replace(self, arguments=(first, second), picture=self.picture and named(self.picture))


WEATHER = Call("weather", ({"city": "Rome"}, {"city": "Oslo"}), ("mild in Rome", "mild in Oslo"))
Script = Callable[[Request], Reply]
Check = Callable[[Seen, Call], Iterator[str]]


@dataclass(frozen=True)
class Task:
    """`check` says what is wrong. `holds`: the upstream waits with the rest until the client has told a piece."""

    name: str
    about: str
    script: Callable[[Call], Script]
    check: Check
    model: str = "glm-4.6"
    holds: bool = False
    stops: bool = False
    wrong_key: bool = False


def _always(**reply: Any) -> Callable[[Call], Script]:
    return lambda _: lambda _: Reply(**reply)


def _chunk(delta: Mapping[str, Any], finish: str | None = None) -> dict[str, Any]:
    choice = {"index": 0, "delta": {"role": "assistant", **delta}, "finish_reason": finish}
    return {"id": "up-1", "model": "glm-4.6", "choices": [choice]}


def two_calls(call: Call) -> list[dict[str, Any]]:
    """Thinking, then two calls whose arguments come interleaved."""

    def piece(index: int, arguments: str) -> dict[str, Any]:
        return _chunk({"tool_calls": [{"index": index, "function": {"arguments": arguments}}]})

    begun = [
        _chunk(
            {
                "tool_calls": [
                    {"index": n, "id": f"call_{n}", "function": {"name": call.name, "arguments": ""}}
                ]
            }
        )
        for n in (0, 1)
    ]
    first, second = map(json.dumps, call.arguments)
    pieces = [piece(0, first[:5]), piece(1, second), piece(0, first[5:])]
    thought = _chunk({"reasoning_content": "Two of them."})
    return [thought, *begun, *pieces, {**_chunk({}, "tool_calls"), "usage": USAGE}]


def _picture(call: Call) -> Script:
    """The answer, after a picture was read where the client has to read it with a tool."""

    def reply(request: Request) -> Reply:
        body = request.json
        offered = {tool["function"]["name"] for tool in body.get("tools", ())}
        if not call.picture or call.name not in offered or any(m["role"] == "tool" for m in body["messages"]):
            return Reply(sse=SHORT)
        function = {"name": call.name, "arguments": json.dumps(call.picture)}
        reading = _chunk({"tool_calls": [{"index": 0, "id": "call_9", "function": function}]})
        return Reply(sse=[reading, _chunk({}, "tool_calls")])

    return reply


def _cut(_: Call) -> Script:
    """Cut once: a client that asks again gets the whole answer."""
    return lambda request: Reply(sse=CUT, then="cut") if request.number == 1 else Reply(sse=SHORT)


def _tools(call: Call) -> Script:
    """Calls where the tool is offered, then the answer; a request without it is a side question, as for a title."""

    def reply(request: Request) -> Reply:
        body = request.json
        offered = {tool["function"]["name"] for tool in body.get("tools", ())}
        if call.name not in offered:
            return Reply(sse=openai_frames("", "Mild weather", usage=USAGE))
        if any(message["role"] == "tool" for message in body["messages"]):
            return Reply(sse=openai_frames("", "Both are mild.", usage=USAGE))
        return Reply(sse=two_calls(call))

    return reply


def _answer(seen: Seen, _: Call) -> Iterator[str]:
    if "It is 42." not in seen.text:
        yield f"the answer is {seen.text[:80]!r}"
    if seen.error:
        yield seen.error


def _streamed(seen: Seen, call: Call) -> Iterator[str]:
    yield from _answer(seen, call)
    if not seen.first_piece:
        yield "no word came before the end"


def _thought(seen: Seen, call: Call) -> Iterator[str]:
    yield from _answer(seen, call)
    if "Six sevens." not in seen.thinking:
        yield f"the thinking is {seen.thinking[:80]!r}"


def _tools_ran(seen: Seen, call: Call) -> Iterator[str]:
    if seen.error:
        yield seen.error
    if "Both are mild." not in seen.text:
        yield f"the answer is {seen.text[:80]!r}"
    sent = [body["messages"] for body in seen.asked() if any(m["role"] == "tool" for m in body["messages"])]
    if not sent:
        yield "no result came back"
        return
    results = {m["tool_call_id"]: str(m["content"]) for m in sent[-1] if m["role"] == "tool"}
    calls = [one["id"] for m in sent[-1] for one in m.get("tool_calls") or ()]
    if sorted(calls) != sorted(results):
        yield "results and calls have other ids"
        return
    # Claude Code runs calls side by side, and sends first what was done first.
    told = [results[one] for one in calls]
    if len(told) != 2 or not all(word in text for word, text in zip(call.results, told, strict=True)):
        yield f"the results are {[text[:40] for text in told]}"


def _picture_went(seen: Seen, call: Call) -> Iterator[str]:
    yield from _answer(seen, call)
    contents = [
        m["content"] for body in seen.asked() for m in body["messages"] if isinstance(m["content"], list)
    ]
    urls = [p["image_url"]["url"] for content in contents for p in content if p["type"] == "image_url"]
    if not any(url.startswith("data:image/") for url in urls):
        yield "no picture reached the upstream"


def _overflow_known(seen: Seen, _: Call) -> Iterator[str]:
    if not seen.requests:
        yield "the upstream was not asked"
    if not OVERFLOW.search(seen.error):
        yield f"it is told as {seen.error[:120]!r}"
    if len({request.body for request in seen.requests}) < len(seen.requests):
        yield "the same was asked again"


def _key_refused(seen: Seen, _: Call) -> Iterator[str]:
    if not KEY_TROUBLE.search(seen.error):
        yield f"it is told as {seen.error[:120]!r}"
    if seen.requests:
        yield "the upstream was asked"


def _cut_told(seen: Seen, _: Call) -> Iterator[str]:
    if not seen.requests:
        yield f"the upstream was not asked: {seen.error[:200]}"
    if not seen.error and "It is 42." not in seen.text:
        yield f"the half answer {seen.text[:40]!r} passes for a whole one"


def _stopped(seen: Seen, _: Call) -> Iterator[str]:
    if seen.closed_after is None:
        yield "the upstream was not closed"
    elif seen.closed_after > 1:
        yield f"the upstream was closed after {seen.closed_after:.1f} s"


SEVENS = openai_frames(["Six ", "sevens."], ["It is ", "42."], usage=USAGE)
CUT = openai_frames("", ["It is ", "4"], finish=None)
SHORT = openai_frames("", ["It is ", "42."], usage=USAGE)

TASKS = (
    Task("plain", "a question, the reply as one object", _always(sse=SEVENS), _answer),
    Task(
        "streamed",
        "the first word before the second was made",
        _always(sse=SHORT, hold=(1,)),
        _streamed,
        holds=True,
    ),
    Task("thinking", "thinking apart from the answer", _always(sse=SEVENS), _thought),
    Task("tools", "two calls at once, their results, the answer", _tools, _tools_ran),
    Task("picture", "a picture in the question", _picture, _picture_went, model="glm-4.5v"),
    Task("overflow", "a conversation that is too long", _always(status=400, body=TOO_LONG), _overflow_known),
    Task(
        "wrong_key", "a key that the gateway does not know", _always(sse=SHORT), _key_refused, wrong_key=True
    ),
    Task("cut", "the upstream dies in the middle", _cut, _cut_told),
    Task("stop", "the client stops reading", _always(sse=CUT, then="stall"), _stopped, stops=True),
)
