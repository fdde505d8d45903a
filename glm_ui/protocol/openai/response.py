"""Reads chunks of OpenAI chat completions, with what servers do differently, into an Assembly."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from glm_ui.events import Usage
from glm_ui.protocol.assembly import LOST, SEVERAL, Assembly, Call, cost_of, count_of
from glm_ui.protocol.json_text import write_json

TEXT_FIELDS = ("text", "content", "thinking", "summary", "refusal")
"""The fields in which an object in place of a text has it."""


def read_chunk(frame: dict[str, Any], reply: Assembly) -> None:
    """One chunk, or one whole completion (its `message` is read as a delta)."""
    if not reply.started:
        reply.start(frame.get("model"), frame.get("id"))
    choices = frame.get("choices")
    if choices:
        choice = choices[0]
        if len(choices) > 1 or choice.get("index") != reply.choice:
            choice = _followed(choices, reply)
        # Some hosts repeat the whole text in a `message` beside each delta.
        if logprobs := choice.get("logprobs"):
            _read_logprobs(logprobs, reply)
        delta = choice["delta"] if "delta" in choice else choice.get("message")
        if delta:
            _read_delta(delta, reply)
        reason = choice.get("finish_reason")
        if reason:  # OpenRouter's usage chunk follows the finish with a null reason: it must not clear it
            reply.finish = str(reason)
            reply.failure = choice.get("error")  # OpenRouter, beside "error"
    if found := frame.get("web_search"):  # Z.ai, once, on any chunk
        reply.cite(reply.found.zai(found))
    usage = frame.get("usage")
    if usage and isinstance(usage, Mapping):
        reply.use(read_usage(usage))


NO_CHOICE: Mapping[str, Any] = {}


def _followed(choices: Any, reply: Assembly) -> Mapping[str, Any]:
    """The choice that goes on with what is read: the first index that came is followed to the end."""
    if not isinstance(choices, list):
        raise TypeError
    if reply.choice is None:
        reply.choice = choices[0].get("index")
    ours = [choice for choice in choices if choice.get("index", reply.choice) in (reply.choice, None)]
    if len(ours) < len(choices) or len(ours) > 1:
        reply.tell(SEVERAL)
    return ours[0] if ours else NO_CHOICE


def _read_logprobs(said: Any, reply: Assembly) -> None:
    """Some servers send an empty list with every chunk, or an older form, which is left out."""
    tokens = said.get("content") if isinstance(said, Mapping) else None
    if isinstance(tokens, list):
        reply.weigh([token for token in tokens if isinstance(token, Mapping) and "logprob" in token])


def _read_delta(delta: dict[str, Any], reply: Assembly) -> None:
    thinking = delta.get("reasoning_content") or delta.get("reasoning")
    details = delta.get("reasoning_details")
    if details:
        said = reply.details.add(details)
        thinking = thinking or said
    if not thinking and (blocks := delta.get("thinking_blocks")):  # LiteLLM has them beside reasoning_content
        thinking = [block for block in blocks if block.get("type") == "thinking"]
    if thinking and (text := thinking if isinstance(thinking, str) else _joined(thinking, reply)):
        reply.think(text)
    content = delta.get("content") or delta.get("refusal")
    if content:
        if isinstance(content, str):
            reply.answer(content)
        else:
            _read_parts(content, reply)
    if notes := delta.get("annotations"):
        reply.cite(reply.found.openrouter(notes))
        reply.cite_at(notes)
    calls = delta.get("tool_calls")
    if calls:
        for place, call in enumerate(calls):
            _read_call(call, place, reply)
    elif delta.get("function_call"):
        _read_call({"index": "function_call", "function": delta["function_call"]}, 0, reply)


def _read_parts(content: Any, reply: Assembly) -> None:
    """Old GLM-4V: a list of text parts. Mistral puts thinking parts among them."""
    for part in content if isinstance(content, list) else [content]:
        text = _joined(part, reply)
        if text and isinstance(part, Mapping) and part.get("type") == "thinking":
            reply.think(text)
        elif text:
            reply.answer(text)


def _joined(content: Any, reply: Assembly) -> str:
    """The text in a value that should be text; a note says what held none."""
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        return "".join([_joined(one, reply) for one in content])
    if isinstance(content, Mapping):
        found = [content[name] for name in TEXT_FIELDS if name in content]
        if found:
            return next((_joined(inner, reply) for inner in found if inner is not None), "")
    if content is not None:
        reply.tell(LOST)
    return ""


def _read_call(delta: Any, place: int, reply: Assembly) -> None:
    """Joins by index. Later deltas may have no id, an empty name, or a fresh id; the index may start at 1 or
    be missing; some servers reuse index 0 for a second call; arguments may come whole, even as an object."""
    if not isinstance(delta, Mapping):
        reply.tell(LOST)
        return
    function = delta.get("function") or {}
    name = str(function.get("name") or "")
    call_id = str(delta.get("id") or "")
    index = delta.get("index")
    key = index if index is not None else call_id or place
    call = reply.call(key)
    if call is None and index is None and not name and reply.calls:
        call = reply.calls[-1]
    if call is None or _is_another(call, call_id, name):
        call = reply.open_call(key)
    call.id = call.id or call_id
    call.name = call.name or name
    arguments = function.get("arguments")
    if arguments is None:
        arguments = ""
    elif not isinstance(arguments, str):
        arguments = write_json(arguments)
    reply.add_to_call(call, arguments)


def _is_another(call: Call, call_id: str, name: str) -> bool:
    """A fresh id alone goes on with the call (seen on several hosts); with a name it is a second call, if the
    name differs or the first one's arguments are complete."""
    if not call_id or not name or not call.id or call_id == call.id:
        return False
    return name != call.name or call.is_whole


def read_usage(usage: Mapping[str, Any]) -> Usage:
    """Some hosts have the details at the top level."""
    cached = _detail(usage, "prompt_tokens_details", "cached_tokens")
    return Usage(
        input_tokens=count_of(usage.get("prompt_tokens")),
        output_tokens=count_of(usage.get("completion_tokens")),
        thinking_tokens=_detail(usage, "completion_tokens_details", "reasoning_tokens"),
        cached_tokens=count_of(usage.get("prompt_cache_hit_tokens")) if cached is None else cached,
        cost=cost_of(usage.get("cost")),
    )


def _detail(usage: Mapping[str, Any], group: str, name: str) -> int | None:
    details = usage.get(group)
    count = count_of(details.get(name)) if isinstance(details, Mapping) else None
    return count_of(usage.get(name)) if count is None else count
