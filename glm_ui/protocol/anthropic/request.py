"""Anthropic messages: the request body out. No HTTP, no environment; `response` reads what comes in."""

from __future__ import annotations

from typing import Any, Final, assert_never

import orjson

from glm_ui.catalogue.route import Route
from glm_ui.errors import CannotSend
from glm_ui.languages import say
from glm_ui.messages import (
    Audio,
    ChatRequest,
    Document,
    Image,
    Message,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
    Video,
)
from glm_ui.protocol.anthropic import searched
from glm_ui.protocol.assembly import LEAD
from glm_ui.protocol.attachments import Attachment, base64_of, check_attachments, kind_of
from glm_ui.protocol.continuing import Conversation, conversation_of
from glm_ui.protocol.dialect import Encoded
from glm_ui.protocol.sampling import fit_sampling, left_out
from glm_ui.protocol.thinking import ThinkingChoice, encode_thinking, max_tokens_of
from glm_ui.protocol.tools import Offer, offer_of, readable_results, schema_instruction, search_of

PATH: Final = "/v1/messages"
VERSION: Final = "2023-06-01"
MIN_BUDGET: Final = 1024
UNKNOWN_LIMIT: Final = 8192
"""`max_tokens` is required; this is asked for where the model's own limit is not known."""
DEFAULT_LIMIT: Final = 32768
LEAST_TOP_P: Final = 0.95
CHOICES: Final = {"auto": "auto", "none": "none", "required": "any", "named": "tool"}
"""`ToolChoice.mode` -> the word for it here."""
FIRST: Final = {"role": "user", "content": "(The conversation begins with your message.)"}


class Anthropic:
    name = "anthropic"

    def encode(self, request: ChatRequest, route: Route) -> Encoded:
        conversation = conversation_of(request, route)
        choice = ThinkingChoice.from_request(request, route, off=conversation.style not in (None, "ask"))
        if choice.on and conversation.style not in (
            None,
            "ask",
        ):  # no prefill while it thinks, and this one must
            conversation = conversation_of(request, route, can_prefill=False)
        conversation = readable_results(conversation, route)
        offer = offer_of(request, route.provider)
        notes = [*choice.notes, *conversation.notes]
        check_attachments(conversation.messages, route, notes)
        body: dict[str, Any] = {"model": route.wire_id, "max_tokens": 0, "messages": [], "stream": True}
        headers = {"Accept": "text/event-stream", "anthropic-version": VERSION, **route.provider.headers}
        said = (request.system, offer.instruction, schema_instruction(request))
        if system := "\n\n".join(text for text in said if text.strip()):
            body["system"] = system
        _put_tools(request, offer, body)
        if search := search_of(request, route.provider, notes):
            body["tools"] = [*body.get("tools", ()), *search]
        if request.json_schema and route.provider.json_schema:
            wanted = {"type": "json_schema", "schema": request.json_schema.schema}
            body["output_config"] = {"format": wanted}
        encode_thinking(choice, route.provider, body, headers)
        _say_limits(request, route, choice, body, notes)
        body["messages"] = _messages(conversation, route, choice)
        return Encoded(PATH, body, headers, tuple(notes), continues_by_prompt=conversation.style == "ask")

    def key_headers(self, key: str) -> dict[str, str]:
        return {"x-api-key": key} if key else {}


def _put_tools(request: ChatRequest, offer: Offer, body: dict[str, Any]) -> None:
    if not offer.tools:
        return
    body["tools"] = [
        {
            "name": tool.name,
            "description": tool.description,
            "input_schema": tool.parameters or {"type": "object", "properties": {}},
        }
        for tool in offer.tools
    ]
    choice: dict[str, Any] = {}
    if offer.choice:
        choice = {"type": CHOICES[offer.choice.mode]}
        if offer.choice.mode == "named":
            choice["name"] = offer.choice.name
    if request.parallel_tool_calls is False:
        choice = {"type": "auto", **choice, "disable_parallel_tool_use": True}
    if choice:
        body["tool_choice"] = choice


def _say_limits(
    request: ChatRequest, route: Route, choice: ThinkingChoice, body: dict[str, Any], notes: list[str]
) -> None:
    """Sampling, the required limit, and the part of it that thinking may use."""
    fitted = fit_sampling(request.sampling, route, notes)
    for name in ("seed", "presence_penalty", "frequency_penalty", "choices", "logprobs", "json_output"):
        if fitted.pop(name, None) is not None:
            notes.append(left_out(name, "the Anthropic API has no such option"))
    if "stop" in fitted:
        body["stop_sequences"] = fitted.pop("stop")
    limit = fitted.pop("max_tokens", None)
    body["max_tokens"] = limit or max_tokens_of(route.model, UNKNOWN_LIMIT, DEFAULT_LIMIT)
    if body.get("thinking", {}).get("type") == "enabled":
        _say_budget(body, notes)
        _leave_out_under_thinking(fitted, notes)
    body.update(fitted)


def _say_budget(body: dict[str, Any], notes: list[str]) -> None:
    """1024 <= budget < max_tokens. A limit too small for that is for the answer alone; thinking comes on
    top."""
    limit = body["max_tokens"]
    if limit <= MIN_BUDGET:
        body["max_tokens"] = MIN_BUDGET + limit
        notes.append(
            say(
                "The token limit was raised from {limit} to {raised}: thinking alone takes at least {least} here.",
                limit=limit,
                raised=MIN_BUDGET + limit,
                least=MIN_BUDGET,
            )
        )
    body["thinking"]["budget_tokens"] = max(MIN_BUDGET, body["max_tokens"] // 2)


def _leave_out_under_thinking(fitted: dict[str, Any], notes: list[str]) -> None:
    why = "this dialect fixes it while the model thinks"
    for name in ("temperature", "top_k"):
        if fitted.pop(name, None) is not None:
            notes.append(left_out(name, why))
    if fitted.get("top_p", 1) < LEAST_TOP_P:
        del fitted["top_p"]
        notes.append(left_out("top_p", f"while the model thinks it must be at least {LEAST_TOP_P}"))


def _messages(conversation: Conversation, route: Route, choice: ThinkingChoice) -> list[dict[str, Any]]:
    """User and assistant take turns, the user first; neighbours of one role become one message."""
    turns: list[tuple[str, list[dict[str, Any]]]] = []
    replays = bool(route.provider.replay_thinking) and choice.on is not False
    for message in conversation.messages:
        blocks = _blocks(message, route, replays)
        if not blocks:
            continue
        role = "assistant" if message.role == "assistant" else "user"  # no system message in the middle here
        if turns and turns[-1][0] == role:
            turns[-1][1].extend(blocks)
        else:
            turns.append((role, blocks))
    if conversation.style not in (None, "ask"):
        _strip_end(turns[-1][1])
    for role, blocks in turns:
        if role == "user":  # tool results must stand first
            blocks.sort(key=lambda block: block["type"] != "tool_result")
    wire = [{"role": role, "content": _content(blocks)} for role, blocks in turns]
    return wire if not wire or wire[0]["role"] == "user" else [FIRST, *wire]


def _content(blocks: list[dict[str, Any]]) -> str | list[dict[str, Any]]:
    return blocks[0]["text"] if len(blocks) == 1 and blocks[0]["type"] == "text" else blocks


def _strip_end(blocks: list[dict[str, Any]]) -> None:
    """A prefilled answer may not end in blanks (400)."""
    while blocks and blocks[-1]["type"] == "text":
        blocks[-1] = {"type": "text", "text": blocks[-1]["text"].rstrip()}
        if blocks[-1]["text"]:
            return
        blocks.pop()


def _blocks(message: Message, route: Route, replays: bool) -> list[dict[str, Any]]:
    if message.role == "assistant":
        kept = searched.restored(message, route.provider.key, thinking=replays, call=_tool_use)
        if kept is not None:
            return kept
    blocks: list[dict[str, Any]] = []
    for part in message.parts:
        match part:
            case Text():
                if part.text.strip():
                    blocks.append({"type": "text", "text": part.text})
            case Thinking():
                blocks += _thinking(part) if replays else []
            case Image() | Video() | Audio() | Document():
                blocks.append(_attachment(part, route))
            case ToolCall():
                blocks.append(_tool_use(part))
            case ToolResult():
                blocks.append(_tool_result(part, route))
            case _:
                assert_never(part)
    return blocks


def _tool_use(part: ToolCall) -> dict[str, Any]:
    return {"type": "tool_use", "id": part.id, "name": part.name, "input": _object(part.arguments)}


def _tool_result(part: ToolResult, route: Route) -> dict[str, Any]:
    content: str | list[dict[str, Any]] = part.content
    if part.images:
        text = [{"type": "text", "text": part.content}] if part.content.strip() else []
        content = [*text, *(_attachment(image, route) for image in part.images)]
    block = {"type": "tool_result", "tool_use_id": part.id, "content": content}
    return {**block, "is_error": True} if part.is_error else block


def _thinking(part: Thinking) -> list[dict[str, Any]]:
    """Only what this dialect gave: thinking without its signature is refused."""
    opaque = part.opaque or {}
    if "redacted_thinking" in opaque:
        return [{"type": "redacted_thinking", "data": opaque["redacted_thinking"]}]
    if "signature" in opaque:
        thinking = str(opaque.get(LEAD, "")) + part.text
        return [{"type": "thinking", "thinking": thinking, "signature": opaque["signature"]}]
    return []


def _object(arguments: str) -> dict[str, Any]:
    try:
        value = orjson.loads(arguments)
    except orjson.JSONDecodeError:
        return {}
    return value if isinstance(value, dict) else {}


def _attachment(part: Attachment, route: Route) -> dict[str, Any]:
    kind = kind_of(part)
    if kind not in ("image", "document"):
        what = say("The Anthropic API has no {kind}.", kind=kind)
        raise CannotSend.of(route.provider.name, what=what, todo="Pick another provider.")
    if part.url:
        source = {"type": "url", "url": part.url}
    elif part.mime == "text/plain":
        text = (part.data or b"").decode("utf-8", "replace")
        source = {"type": "text", "media_type": part.mime, "data": text}
    else:
        source = {"type": "base64", "media_type": part.mime, "data": base64_of(part)}
    return {"type": kind, "source": source}
