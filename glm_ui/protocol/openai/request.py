"""OpenAI chat completions: the request body out. No HTTP, no environment; `response` reads what comes in."""

from __future__ import annotations

from typing import Any, assert_never

from glm_ui.catalogue.route import Route
from glm_ui.messages import (
    Audio,
    ChatRequest,
    Document,
    Image,
    Message,
    Text,
    Thinking,
    ToolCall,
    ToolChoice,
    ToolResult,
    Video,
)
from glm_ui.protocol.assembly import LEAD
from glm_ui.protocol.attachments import Attachment, base64_of, check_attachments, data_url, kind_of, rule_of
from glm_ui.protocol.continuing import Conversation, conversation_of, text_of
from glm_ui.protocol.dialect import Encoded
from glm_ui.protocol.sampling import fit_sampling
from glm_ui.protocol.thinking import ThinkingChoice, encode_thinking
from glm_ui.protocol.tools import Offer, marked, offer_of, readable_results, schema_instruction, search_of

PATH = "/chat/completions"
PARTS = {"image": "image_url", "video": "video_url", "audio": "input_audio", "document": "file"}
"""The usual wire part of each kind; a provider's `MediaRule.part` takes its place."""

AUDIO_FORMATS = {"audio/mpeg": "mp3", "audio/mp3": "mp3", "audio/x-wav": "wav", "audio/wave": "wav"}


class OpenAI:
    name = "openai"

    def encode(self, request: ChatRequest, route: Route) -> Encoded:
        provider = route.provider
        conversation = readable_results(conversation_of(request, route), route)
        offer = offer_of(request, provider)
        choice = ThinkingChoice.from_request(
            request, route, off=conversation.style in ("prefill", "continue_final_message")
        )
        notes = [*choice.notes, *conversation.notes]
        check_attachments(conversation.messages, route, notes)
        body: dict[str, Any] = {
            "model": route.wire_id,
            "messages": _messages(_system(request, offer, route), conversation, route),
            "stream": True,
        }
        headers = {"Accept": "text/event-stream", **provider.headers}
        encode_thinking(choice, provider, body, headers)
        fitted = fit_sampling(request.sampling, route, notes)
        json_output = fitted.pop("json_output", False)
        _put_response_format(request, route, json_output, body)
        _put_tools(request, offer, route, body)
        if search := search_of(request, provider, notes):
            body["tools"] = [*body.get("tools", ()), *search]
        if choices := fitted.pop("choices", None):
            body["n"] = choices
        if (others := fitted.pop("logprobs", None)) is not None:
            body |= {"logprobs": True, **({"top_logprobs": others} if others else {})}
        body.update(fitted)
        if provider.usage_option:
            body["stream_options"] = {"include_usage": True}
        if conversation.style == "continue_final_message":
            body |= {"continue_final_message": True, "add_generation_prompt": False}
        return Encoded(PATH, body, headers, tuple(notes), continues_by_prompt=conversation.style == "ask")

    def key_headers(self, key: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {key}"} if key else {}


def _system(request: ChatRequest, offer: Offer, route: Route) -> str:
    """The system prompt, with what the provider has no field for said in words at its end."""
    schema = "" if route.provider.json_schema else schema_instruction(request)
    return "\n\n".join(text for text in (request.system, offer.instruction, schema) if text.strip())


def _put_response_format(request: ChatRequest, route: Route, json_output: bool, body: dict[str, Any]) -> None:
    wanted = request.json_schema
    if wanted and route.provider.json_schema:
        schema: dict[str, Any] = {"name": wanted.name, "schema": wanted.schema}
        if wanted.strict is not None:
            schema["strict"] = wanted.strict
        body["response_format"] = {"type": "json_schema", "json_schema": schema}
    elif json_output or (wanted and "json_output" in route.params):
        body["response_format"] = {"type": "json_object"}


def _put_tools(request: ChatRequest, offer: Offer, route: Route, body: dict[str, Any]) -> None:
    if not offer.tools:
        return
    provider = route.provider
    body["tools"] = [
        {
            "type": "function",
            "function": {
                "name": tool.name,
                "description": tool.description,
                "parameters": tool.parameters or {"type": "object", "properties": {}},
            },
        }
        for tool in offer.tools
    ]
    if offer.choice:
        body["tool_choice"] = _tool_choice(offer.choice)
    if route.model and route.model.key in provider.tool_stream:
        body["tool_stream"] = True
    if request.parallel_tool_calls is not None and len(provider.tool_choices) > 1:
        body["parallel_tool_calls"] = request.parallel_tool_calls


def _tool_choice(choice: ToolChoice) -> str | dict[str, Any]:
    if choice.mode == "named":
        return {"type": "function", "function": {"name": choice.name}}
    return choice.mode


def _messages(system: str, conversation: Conversation, route: Route) -> list[dict[str, Any]]:
    wire: list[dict[str, Any]] = []
    if system.strip():
        wire.append({"role": "system", "content": system})
    for message in conversation.messages:
        if message.role == "assistant":
            wire.append(_assistant(message, route))
        elif message.role == "system":
            wire.append({"role": "system", "content": text_of(message)})
        else:
            wire += _user(message, route)
    return wire


def _assistant(message: Message, route: Route) -> dict[str, Any]:
    wire: dict[str, Any] = {"role": "assistant", "content": text_of(message)}
    thoughts = [part for part in message.parts if isinstance(part, Thinking)]
    thinking = "".join(str((part.opaque or {}).get(LEAD, "")) + part.text for part in thoughts)
    details = [piece for part in thoughts for piece in (part.opaque or {}).get("reasoning_details", ())]
    for name in route.provider.replay_thinking:
        value = details if name == "reasoning_details" else thinking
        if value:
            wire[name] = value
    calls = [part for part in message.parts if isinstance(part, ToolCall)]
    if calls:
        wire["tool_calls"] = [
            {
                "id": call.id,
                "type": "function",
                "function": {
                    "name": call.name,
                    "arguments": call.arguments if call.arguments.strip() else "{}",
                },
            }
            for call in calls
        ]
    return wire


def _user(message: Message, route: Route) -> list[dict[str, Any]]:
    """Tool results are messages of their own, before what the person says."""
    wire: list[dict[str, Any]] = []
    parts: list[dict[str, Any]] = []
    texts: list[str] = []
    for part in message.parts:
        match part:
            case ToolResult():
                wire.append({"role": "tool", "tool_call_id": part.id, "content": marked(part)})
                parts += _result_pictures(part, route)
            case Text():
                if part.text.strip():
                    texts.append(part.text)
                    parts.append({"type": "text", "text": part.text})
            case Image() | Video() | Audio() | Document():
                parts.append(_attachment(part, route))
            case Thinking() | ToolCall():
                pass
            case _:
                assert_never(part)
    if len(texts) == len(parts):  # many servers take a plain string only
        if texts:
            wire.append({"role": "user", "content": "\n\n".join(texts)})
    else:
        wire.append({"role": "user", "content": parts})
    return wire


def _result_pictures(result: ToolResult, route: Route) -> list[dict[str, Any]]:
    """This dialect's tool messages hold text alone, so that pictures go into the user message after them."""
    if not result.images:
        return []
    lead = {"type": "text", "text": f"Pictures of the result of tool call {result.id}:"}
    return [lead, *(_attachment(image, route) for image in result.images)]


def _attachment(part: Attachment, route: Route) -> dict[str, Any]:
    kind = kind_of(part)
    rule = rule_of(kind, route)
    wire_part = rule.part or PARTS[kind]
    if wire_part == "input_audio":
        sound = AUDIO_FORMATS.get(part.mime, part.mime.partition("/")[2])
        return {"type": wire_part, wire_part: {"data": base64_of(part), "format": sound}}
    address = part.url or (base64_of(part) if rule.raw_base64 else data_url(part))
    if wire_part == "file":
        field = rule.url_field if part.url and rule.url_field else "file_data"
        return {"type": wire_part, wire_part: {"filename": part.name or "document", field: address}}
    return {"type": wire_part, wire_part: {"url": address}}
