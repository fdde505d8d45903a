"""Reads a request in OpenAI's responses protocol. Pure. Each request brings its whole history: nothing is kept here, so
that what points to an earlier response is refused."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any, Final

from glm_ui.gateway import signatures
from glm_ui.gateway.asked import Asked
from glm_ui.gateway.chat.request import read_tool_choice
from glm_ui.gateway.fields import Object, bad, flag, mapping, needed_text, number, objects, text, whole
from glm_ui.gateway.media_parts import document_at, image_at
from glm_ui.gateway.responses.reply import ResponseWriter
from glm_ui.gateway.responses.tools import flat_name, packed, read_tools
from glm_ui.messages import (
    ChatRequest,
    Image,
    JsonSchema,
    Message,
    Part,
    Sampling,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
)

SYSTEM: Final = ("system", "developer")
NEEDED: Final[Mapping[str, Mapping[str, Any]]] = {
    "reasoning": {"effort": None, "summary": None},
    "text": {"format": {"type": "text"}},
}
FUNCTION: Final = {"description": None, "parameters": None, "strict": None}
"""Members that a response must have of what a request may leave out."""
STATEFUL: Final = ("previous_response_id", "conversation", "background", "prompt")


def read_request(body: Object, headers: Mapping[str, str], request_id: str = "") -> Asked:
    """`headers` have names in lower case. Raises BadInput that names the field."""
    for name in STATEFUL:
        if body.get(name):
            raise bad(name, "is not served here: this gateway keeps nothing; send the whole input each time")
    system, messages = _conversation(body)
    tools = read_tools(body)
    reasoning = mapping(body, "reasoning") or {}
    effort = text(reasoning, "effort", "reasoning.")
    schema, json_output = _format(body)
    request = ChatRequest(
        model=needed_text(body, "model"),
        messages=messages,
        system=system,
        thinking=None if effort is None else effort != "none",
        effort=None if effort == "none" else effort,
        sampling=Sampling(
            temperature=number(body, "temperature", 0, 2),
            top_p=number(body, "top_p", 0, 1),
            max_tokens=whole(body, "max_output_tokens", 1),
            json_output=json_output,
        ),
        tools=tools.definitions,
        tool_choice=read_tool_choice(body, tools.definitions),
        parallel_tool_calls=flag(body, "parallel_tool_calls"),
        json_schema=schema,
        response_id=request_id,
    )
    codex = "codex" in (headers.get("originator", "") + headers.get("user-agent", "")).lower()
    wanted = [text(reasoning, name, "reasoning.") for name in ("summary", "generate_summary")]
    # Codex asks for none of a model that it does not know, and takes five minutes without an event for a broken stream.
    summaries = codex or any(one not in (None, "none") for one in wanted)
    echoed = _echoed(body)
    writer = partial(ResponseWriter, said=echoed, tools=tools, summaries=summaries, ends_complete=codex)
    return Asked(request, flag(body, "stream") or False, writer, request.thinking is False)


def _echoed(body: Object) -> dict[str, Any]:
    """What the response repeats of the request."""
    names = ("instructions", "max_output_tokens", "temperature", "top_p", "tool_choice", "tools", "metadata")
    more = ("parallel_tool_calls", "reasoning", "text", "prompt_cache_key", "safety_identifier")
    echoed = {name: body[name] for name in (*names, *more) if body.get(name) is not None}
    for name, needed in NEEDED.items():
        if isinstance(echoed.get(name), dict):
            echoed[name] = {**needed, **echoed[name]}
    echoed["tools"] = [
        {**FUNCTION, **tool} if tool.get("type") == "function" else tool for tool in objects(body, "tools")
    ]
    return echoed


def _format(body: Object) -> tuple[JsonSchema | None, bool]:
    at = "text.format."
    wanted = mapping(mapping(body, "text") or {}, "format", "text.") or {}
    kind = text(wanted, "type", at) or "text"
    if kind == "json_schema":
        schema = mapping(wanted, "schema", at) or {}
        return JsonSchema(schema, text(wanted, "name", at) or "answer", flag(wanted, "strict", at)), False
    if kind not in ("text", "json_object"):
        raise bad(at + "type", "must be text, json_object or json_schema")
    return None, kind == "json_object"


def _conversation(body: Object) -> tuple[str, tuple[Message, ...]]:
    """(system prompt, messages). Items that follow each other and are the assistant's are one message, and so are
    results of tools."""
    system = [text(body, "instructions") or ""]
    said = body.get("input")
    if isinstance(said, str) and said:
        return system[0], (Message.user(said),)
    messages: list[Message] = []
    for i, item in enumerate(objects(body, "input")):
        at = f"input[{i}]."
        kind = text(item, "type", at) or "message"
        role = text(item, "role", at) if kind == "message" else None
        if role in SYSTEM:
            words = "\n\n".join(part.text for part in _content(item, "content", at) if isinstance(part, Text))
            if messages:
                messages.append(Message("system", (Text(words),)))
            else:
                system.append(words)
        elif role is not None:
            _add_message(messages, item, role, at)
        else:
            _add_item(messages, item, kind, at)
    if not messages:
        raise bad("input", "is required: a text, or a list with at least one message")
    return "\n\n".join(filter(None, system)), tuple(messages)


def _add_message(messages: list[Message], item: Object, role: str, at: str) -> None:
    if role not in ("user", "assistant"):
        raise bad(at + "role", "must be user, assistant, system or developer")
    parts = tuple(_content(item, "content", at))
    if role == "user":
        messages.append(Message("user", parts))
    else:
        _add_assistant(messages, *parts)


def _add_item(messages: list[Message], item: Object, kind: str, at: str) -> None:
    """Items of OpenAI's own tools are dropped."""
    if kind == "message":
        raise bad(at + "role", "is required")
    if kind == "reasoning":
        _add_assistant(messages, _reasoning(item, at))
    elif kind in ("function_call", "custom_tool_call"):
        _add_assistant(messages, _call(item, kind, at))
    elif kind in ("function_call_output", "custom_tool_call_output"):
        result = _result(item, at)
        if messages and messages[-1].role == "user" and _are_results(messages[-1]):
            messages[-1] = Message("user", (*messages[-1].parts, result))
        else:
            messages.append(Message("user", (result,)))


def _add_assistant(messages: list[Message], *parts: Part) -> None:
    if messages and messages[-1].role == "assistant":
        messages[-1] = Message("assistant", (*messages[-1].parts, *parts))
    else:
        messages.append(Message("assistant", parts))


def _are_results(message: Message) -> bool:
    return all(isinstance(part, ToolResult) for part in message.parts)


def _reasoning(item: Object, at: str) -> Thinking:
    """The thinking itself where the client kept it, else its summary, which is the same text here."""
    texts = [
        text(part, "text", f"{at}{name}[{i}].") or ""
        for name in ("content", "summary")
        for i, part in enumerate(objects(item, name, at))
        if name == "content" or not item.get("content")
    ]
    return Thinking("\n\n".join(filter(None, texts)), signatures.opened(text(item, "encrypted_content", at)))


def _call(item: Object, kind: str, at: str) -> ToolCall:
    """Old arguments may be no JSON, and are sent back as the model wrote them."""
    name = flat_name(text(item, "name", at) or "", text(item, "namespace", at) or "")
    if kind == "custom_tool_call":
        arguments = packed(text(item, "input", at) or "")
    else:
        arguments = text(item, "arguments", at) or ""
    return ToolCall(needed_text(item, "call_id", at), name, arguments)


def _result(item: Object, at: str) -> ToolResult:
    call = needed_text(item, "call_id", at)
    parts = list(_content(item, "output", at))
    words = "\n".join(part.text for part in parts if isinstance(part, Text))
    return ToolResult(call, words, images=tuple(part for part in parts if isinstance(part, Image)))


def _content(item: Object, name: str, at: str) -> Iterator[Part]:
    said = item.get(name)
    if isinstance(said, str):
        yield Text(said)
        return
    for i, part in enumerate(objects(item, name, at)):
        yield _part(part, f"{at}{name}[{i}].")


def _part(part: Object, at: str) -> Part:
    kind = needed_text(part, "type", at)
    if kind in ("input_text", "output_text", "text", "summary_text", "reasoning_text"):
        return Text(text(part, "text", at) or "")
    if kind == "refusal":
        return Text(text(part, "refusal", at) or "")
    if kind == "input_image":
        if not part.get("image_url"):
            raise bad(at + "image_url", "is required: files are not kept by this gateway")
        return image_at(needed_text(part, "image_url", at), at + "image_url")
    if kind == "input_file":
        field = next((name for name in ("file_data", "file_url") if part.get(name)), None)
        if field is None:
            raise bad(at + "file_data", "is required: files are not kept by this gateway")
        return document_at(needed_text(part, field, at), text(part, "filename", at) or "", at + field)
    raise bad(at + "type", "must be input_text, output_text, input_image or input_file")
