"""Chunks of OpenAI chat completions, from every server that has its own idea of them, into an Assembly."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from glm_ui.dialects.assembly import Assembly, Call, count_of
from glm_ui.events import Usage


def read_chunk(frame: dict[str, Any], reply: Assembly) -> None:
    """One chunk, or one whole completion (its `message` is read as a delta)."""
    if not reply.started:
        reply.start(frame.get("model"), frame.get("id"))
    choices = frame.get("choices")
    if choices:
        choice = choices[0]
        # Some hosts repeat the whole text in a `message` beside each delta.
        delta = choice["delta"] if "delta" in choice else choice.get("message")
        if delta:
            _read_delta(delta, reply)
        reason = choice.get("finish_reason")
        if reason:  # OpenRouter's usage chunk follows the finish with a null reason: it must not clear it
            reply.finish = str(reason)
    usage = frame.get("usage")
    if usage:
        reply.use(read_usage(usage))


def _read_delta(delta: dict[str, Any], reply: Assembly) -> None:
    thinking = delta.get("reasoning_content") or delta.get("reasoning")
    details = delta.get("reasoning_details")
    if details:
        said = _read_details(details, reply.details)
        thinking = thinking or said
    if thinking and isinstance(thinking, str):
        reply.think(thinking)
    content = delta.get("content") or delta.get("refusal")
    if content:
        if isinstance(content, str):
            reply.answer(content)
        else:
            _read_parts(content, reply)
    calls = delta.get("tool_calls")
    if calls:
        for place, call in enumerate(calls):
            _read_call(call, place, reply)
    elif delta.get("function_call"):
        _read_call({"index": "function_call", "function": delta["function_call"]}, 0, reply)


def _read_parts(content: Any, reply: Assembly) -> None:
    """Old GLM-4V: a list of text parts. Mistral puts thinking parts among them."""
    for part in content if isinstance(content, list) else [content]:
        if isinstance(part, Mapping) and part.get("type") == "thinking":
            if text := _joined(part.get("thinking")):
                reply.think(text)
        elif text := _joined(part):
            reply.answer(text)


def _joined(content: Any) -> str:
    if isinstance(content, list):
        return "".join(map(_joined, content))
    text = content.get("text") if isinstance(content, Mapping) else content
    return text if isinstance(text, str) else ""


def _read_details(pieces: Any, details: list[dict[str, Any]]) -> str:
    """OpenRouter's reasoning details: gathered whole, to go back unchanged; the text of this chunk as the
    result. Text and summaries come in pieces that belong together by type and index; encrypted data comes
    whole."""
    said = ""
    for piece in pieces if isinstance(pieces, list) else ():
        if not isinstance(piece, dict):
            continue
        last = details[-1] if details else {}
        grows = next((name for name in ("text", "summary") if isinstance(piece.get(name), str)), None)
        if grows is None or (last.get("type"), last.get("index")) != (piece.get("type"), piece.get("index")):
            details.append(dict(piece))
        else:
            text = last.get(grows) or ""
            last.update({key: value for key, value in piece.items() if value is not None})
            last[grows] = text + piece[grows]
        said += piece[grows] if grows else ""
    return said


def _read_call(delta: Any, place: int, reply: Assembly) -> None:
    """Joins by index. Later deltas may have no id, an empty name, or a fresh id; the index may start at 1 or
    be missing; some servers reuse index 0 for a second call; arguments may come whole, even as an object."""
    if not isinstance(delta, Mapping):
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
        arguments = orjson.dumps(arguments).decode()
    reply.add_to_call(call, arguments)


def _is_another(call: Call, call_id: str, name: str) -> bool:
    """A fresh id alone goes on with the call (seen on several hosts); with a name it is a second call, if the
    name differs or the first one's arguments are complete."""
    if not call_id or not name or not call.id or call_id == call.id:
        return False
    return name != call.name or call.is_whole


def read_usage(usage: Mapping[str, Any]) -> Usage:
    inputs = usage.get("prompt_tokens_details") or {}
    outputs = usage.get("completion_tokens_details") or {}
    cached = inputs.get("cached_tokens")
    cost = usage.get("cost")
    return Usage(
        input_tokens=count_of(usage.get("prompt_tokens")),
        output_tokens=count_of(usage.get("completion_tokens")),
        thinking_tokens=count_of(outputs.get("reasoning_tokens")),
        cached_tokens=count_of(usage.get("prompt_cache_hit_tokens") if cached is None else cached),
        cost=cost if isinstance(cost, int | float) else None,
    )
