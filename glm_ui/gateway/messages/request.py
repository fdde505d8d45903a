"""Reads a request in Anthropic's messages protocol. Pure. What GLM has no use for (betas, cache marks, context
management, tools that Anthropic runs itself) is dropped, because clients do not recover from a refusal of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import orjson

from glm_ui.gateway import signatures
from glm_ui.gateway.asked import Asked, Reply, Writer
from glm_ui.gateway.fields import (
    Object,
    bad,
    flag,
    mapping,
    needed_text,
    number,
    objects,
    stop_words,
    text,
    thinking_header,
    whole,
)
from glm_ui.gateway.media_parts import anthropic_source, mime_of
from glm_ui.gateway.messages.relay import MessageRelay
from glm_ui.gateway.messages.reply import MessageWriter
from glm_ui.messages import (
    ChatRequest,
    Document,
    Image,
    JsonSchema,
    Message,
    Part,
    Role,
    Sampling,
    Text,
    Thinking,
    ToolCall,
    ToolChoice,
    ToolDefinition,
    ToolResult,
)

BILLING: Final = "x-anthropic-billing-header:"
"""How a block of the system prompt begins that Claude Code sends for Anthropic's servers alone."""
CHOICES: Final = {"auto": "auto", "any": "required", "tool": "named", "none": "none"}
EFFORTS: Final = ((4_000, "low"), (16_000, "medium"), (2**53, "high"))
"""Up to how many tokens of a thinking budget count as which effort."""
BLOCK_TEXTS: Final = ("text", "title", "content", "data", "tool_name")


def read_request(body: Object, headers: Mapping[str, str], request_id: str = "") -> Asked:
    """`headers` have names in lower case. Raises BadInput that names the field."""
    request = ChatRequest(
        model=needed_text(body, "model"),
        messages=_messages(body),
        system=_system(body),
        sampling=Sampling(
            temperature=number(body, "temperature", 0, 2),
            top_p=number(body, "top_p", 0, 1),
            top_k=whole(body, "top_k"),
            max_tokens=_max_tokens(body),
            stop=stop_words(body, "stop_sequences"),
        ),
        **_thinking(body, headers),
        **_tools(body),
        json_schema=_schema(body),
        continues=_continues(body),
        response_id=request_id,
    )
    hidden = request.thinking is False
    one_call = request.parallel_tool_calls is False

    def writer(reply: Reply) -> Writer:
        return (MessageRelay if reply.relayed else MessageWriter)(reply, one_call=one_call)

    return Asked(request, flag(body, "stream") or False, writer, hidden)


def _max_tokens(body: Object) -> int | None:
    """0 is allowed: it warms a cache, which here costs one token."""
    limit = whole(body, "max_tokens")
    return None if limit is None else max(1, limit)


def _thinking(body: Object, headers: Mapping[str, str]) -> dict[str, Any]:
    """The protocol's own default is no thinking, but where GLM's older gateways' header asks for it.
    `output_config.effort` goes before a budget."""
    said = mapping(body, "thinking") or {}
    default = "enabled" if thinking_header(headers) else "disabled"
    kind = text(said, "type", "thinking.") or default
    if kind not in ("enabled", "adaptive", "disabled"):
        raise bad("thinking.type", "must be enabled, adaptive or disabled")
    budget = whole(said, "budget_tokens", at="thinking.")
    effort = text(mapping(body, "output_config") or {}, "effort", "output_config.")
    if effort is None and budget is not None:
        effort = next(level for most, level in EFFORTS if budget <= most)
    return {"thinking": kind != "disabled", "effort": effort if kind != "disabled" else None}


def _schema(body: Object) -> JsonSchema | None:
    wanted = mapping(mapping(body, "output_config") or {}, "format", "output_config.")
    wanted = wanted or mapping(body, "output_format")
    if wanted is None or wanted.get("type") != "json_schema":
        return None
    schema = mapping(wanted, "schema", "output_config.format.")
    return JsonSchema(schema) if schema else None


def _tools(body: Object) -> dict[str, Any]:
    """Tools without a schema are those that Anthropic runs on its own servers."""
    offered = objects(body, "tools")
    tools = tuple(_tool(tool, i) for i, tool in enumerate(offered) if "input_schema" in tool)
    said = mapping(body, "tool_choice") or {}
    kind = text(said, "type", "tool_choice.") or "auto"
    if kind not in CHOICES:
        raise bad("tool_choice.type", f"must be one of {', '.join(CHOICES)}")
    mode = CHOICES[kind]
    name = needed_text(said, "name", "tool_choice.") if mode == "named" else ""
    if name and name not in {tool.name for tool in tools}:
        if name not in {tool.get("name") for tool in offered}:
            raise bad("tool_choice.name", "names no tool of this request")
        mode, name = "auto", ""
    off = flag(said, "disable_parallel_tool_use", "tool_choice.")
    return {
        "tools": tools,
        "tool_choice": ToolChoice(mode, name),  # type: ignore[arg-type]
        "parallel_tool_calls": False if off else None,
    }


def _tool(tool: Object, i: int) -> ToolDefinition:
    at = f"tools[{i}]."
    schema = mapping(tool, "input_schema", at)
    return ToolDefinition(needed_text(tool, "name", at), text(tool, "description", at) or "", schema or {})


def _system(body: Object) -> str:
    said = body.get("system")
    if said is None or isinstance(said, str):
        return said or ""
    blocks = [text(block, "text", f"system[{i}].") or "" for i, block in enumerate(objects(body, "system"))]
    return "\n\n".join(block for block in blocks if block and not block.startswith(BILLING))


def _continues(body: Object) -> bool:
    """An assistant's message at the end is the beginning of the answer, but where it calls a tool."""
    last = objects(body, "messages")[-1]
    content = last.get("content")
    calls = isinstance(content, list) and any(block.get("type") == "tool_use" for block in content)
    return last.get("role") == "assistant" and not calls


def _messages(body: Object) -> tuple[Message, ...]:
    said = objects(body, "messages")
    if not said:
        raise bad("messages", "is required, and must have at least one message")
    return tuple(_message(message, f"messages[{i}].") for i, message in enumerate(said))


def _message(message: Object, at: str) -> Message:
    role = needed_text(message, "role", at)
    if role not in ("user", "assistant", "system"):
        raise bad(at + "role", "must be user, assistant or system")
    known: Role = role  # type: ignore[assignment]
    content = message.get("content")
    if isinstance(content, str):
        return Message(known, (Text(content),))
    parts: list[Part] = []
    for i, block in enumerate(objects(message, "content", at)):
        parts += _parts(block, f"{at}content[{i}].")
    return Message(known, tuple(parts))


def _parts(block: Object, at: str) -> Iterator[Part]:
    kind = needed_text(block, "type", at)
    if kind == "text":
        yield Text(text(block, "text", at) or "")
    elif kind == "thinking":
        yield Thinking(text(block, "thinking", at) or "", signatures.opened(text(block, "signature", at)))
    elif kind == "redacted_thinking":
        opaque = signatures.opened(text(block, "data", at))
        if opaque:
            yield Thinking("", opaque)
    elif kind == "image":
        yield _image(block, at)
    elif kind == "document":
        yield _document(block, at)
    elif kind == "tool_use":
        arguments = orjson.dumps(mapping(block, "input", at) or {}).decode()
        yield ToolCall(needed_text(block, "id", at), needed_text(block, "name", at), arguments)
    elif kind == "tool_result":
        yield _result(block, at)
    else:
        yield from _foreign(block, at)


def _foreign(block: Object, at: str) -> Iterator[Part]:
    """Blocks of Anthropic's own tools: what is text in them is kept."""
    if found := _text_in(block):
        yield Text(found)


def _text_in(block: Object) -> str:
    said: list[str] = []
    for name in BLOCK_TEXTS:
        value = block.get(name)
        if isinstance(value, str):
            said.append(value)
        elif isinstance(value, list):
            said += [_text_in(one) for one in value if isinstance(one, dict)]
    return "\n".join(filter(None, said))


def _image(block: Object, at: str) -> Image:
    data, mime, url = anthropic_source(block, at)
    return Image(url=url) if data is None else Image(data=data, mime=mime_of(data, mime))


def _document(block: Object, at: str) -> Part:
    name = text(block, "title", at) or ""
    source = block.get("source")
    if isinstance(source, dict) and source.get("type") == "content":
        return Text("\n".join(filter(None, [name, _text_in(source)])))
    data, mime, url = anthropic_source(block, at)
    if data is not None and mime == "text/plain":
        return Text("\n".join(filter(None, [name, data.decode("utf-8", "replace")])))
    return Document(data=data, mime=mime or "application/pdf", url=url, name=name)


def _result(block: Object, at: str) -> ToolResult:
    """`content` may be absent, a string, or a list of blocks of several kinds."""
    call = needed_text(block, "tool_use_id", at)
    failed = flag(block, "is_error", at) or False
    content = block.get("content")
    if content is None or isinstance(content, str):
        return ToolResult(call, content or "", failed)
    said: Sequence[Object] = objects(block, "content", at)
    images = tuple(
        _image(one, f"{at}content[{i}].") for i, one in enumerate(said) if one.get("type") == "image"
    )
    words = [_text_in(one) for one in said if one.get("type") != "image"]
    return ToolResult(call, "\n".join(filter(None, words)), failed, images)
