"""Reads a request in OpenAI's chat completions protocol, with the fields by which GLM's own servers are told to think.
Pure. What GLM has no use for is dropped; what would change the form of the reply without a word is refused."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from glm_ui.gateway import signatures
from glm_ui.gateway.asked import Asked, Reply, Writer
from glm_ui.gateway.chat.relay import ChatRelay
from glm_ui.gateway.chat.reply import THINK_MODES, ChatWriter
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
    texts,
    thinking_header,
    whole,
)
from glm_ui.gateway.media_parts import decoded, document_at, image_at
from glm_ui.messages import (
    Audio,
    ChatRequest,
    Image,
    JsonSchema,
    Message,
    Part,
    Sampling,
    Text,
    Thinking,
    ToolCall,
    ToolChoice,
    ToolDefinition,
    ToolResult,
    Video,
)

SYSTEM: Final = ("system", "developer")
MOST_CHOICES, MOST_LOGPROBS = 16, 20
AUDIO_TYPES: Final = {"mp3": "audio/mpeg", "wav": "audio/wav"}


def read_request(body: Object, headers: Mapping[str, str], request_id: str = "") -> Asked:
    """`headers` have names in lower case; two of them, of GLM's older gateways, say how thinking is wanted. Raises
    BadInput that names the field."""
    _refuse_what_changes_the_form(body)
    system, messages = _conversation(body)
    thinking, effort = _thinking(body, headers)
    schema, json_output = _response_format(body)
    request = ChatRequest(
        model=needed_text(body, "model"),
        messages=messages,
        system=system,
        thinking=thinking,
        effort=effort,
        sampling=replace(_sampling(body), json_output=json_output),
        **_tools(body),
        json_schema=schema,
        continues=_continues(body, messages),
        response_id=request_id,
    )
    mode = _think_mode(body, headers)
    usage = flag(mapping(body, "stream_options") or {}, "include_usage", "stream_options.") or False
    one_call = request.parallel_tool_calls is False

    def writer(reply: Reply) -> Writer:
        kind = ChatRelay if reply.relayed else ChatWriter
        return kind(reply, usage=usage, one_call=one_call, mode=mode)

    return Asked(request, flag(body, "stream") or False, writer, thinking is False or mode == "strip")


def _think_mode(body: Object, headers: Mapping[str, str]) -> str:
    """How thinking is shown: by the header, or not at all where the body says so in OpenRouter's words."""
    reasoning = mapping(body, "reasoning") or {}
    hidden = flag(reasoning, "exclude", "reasoning.") or flag(body, "include_reasoning") is False
    mode = headers.get("x-think-tags-mode", "").strip().lower() or "separate"
    if mode not in THINK_MODES:
        raise bad("X-Think-Tags-Mode", f"must be one of {', '.join(THINK_MODES)}")
    return "strip" if hidden else mode


def _refuse_what_changes_the_form(body: Object) -> None:
    if body.get("functions") is not None or body.get("function_call") is not None:
        raise bad("functions", "is the old form of tools: send tools and tool_choice instead")
    modalities = texts(body, "modalities")
    if modalities and "text" not in modalities:
        raise bad("modalities", "must have text: GLM's chat models answer in text")


def _sampling(body: Object) -> Sampling:
    limit = whole(body, "max_completion_tokens") or whole(body, "max_tokens")
    return Sampling(
        temperature=number(body, "temperature", 0, 2),
        top_p=number(body, "top_p", 0, 1),
        top_k=whole(body, "top_k"),
        max_tokens=limit or None,
        stop=stop_words(body, "stop"),
        seed=whole(body, "seed", -(2**63)),
        presence_penalty=number(body, "presence_penalty", -2, 2),
        frequency_penalty=number(body, "frequency_penalty", -2, 2),
        choices=_choices(body),
        logprobs=_logprobs(body),
    )


def _choices(body: Object) -> int | None:
    """How many answers are wanted; None for one."""
    wanted = whole(body, "n", 1) or 1
    if wanted > MOST_CHOICES:
        raise bad("n", f"must be at most {MOST_CHOICES}")
    return wanted if wanted > 1 else None


def _logprobs(body: Object) -> int | None:
    """How many other tokens to weigh beside each; None where no probabilities are wanted."""
    others = whole(body, "top_logprobs") or 0
    if others > MOST_LOGPROBS:
        raise bad("top_logprobs", f"must be at most {MOST_LOGPROBS}")
    return others if flag(body, "logprobs") else None


def _thinking(body: Object, headers: Mapping[str, str]) -> tuple[bool | None, str | None]:
    """(whether to think, how hard), each None where the request leaves it to the model."""
    effort = text(body, "reasoning_effort")
    reasoning = mapping(body, "reasoning") or {}
    effort = effort or text(reasoning, "effort", "reasoning.")
    said = [
        flag(mapping(body, "chat_template_kwargs") or {}, "enable_thinking", "chat_template_kwargs."),
        flag(body, "enable_thinking"),
        flag(reasoning, "enabled", "reasoning."),
        thinking_header(headers),
    ]
    kind = text(mapping(body, "thinking") or {}, "type", "thinking.")
    if kind is not None:
        said.insert(0, kind != "disabled")
    if effort == "none":
        return False, None
    return next((one for one in said if one is not None), True if effort else None), effort


def _response_format(body: Object) -> tuple[JsonSchema | None, bool]:
    wanted = mapping(body, "response_format")
    kind = text(wanted, "type", "response_format.") if wanted else None
    if wanted is None or kind in (None, "text"):
        return None, False
    if kind == "json_object":
        return None, True
    if kind != "json_schema":
        raise bad("response_format.type", "must be text, json_object or json_schema")
    at = "response_format.json_schema."
    said = mapping(wanted, "json_schema", "response_format.") or {}
    schema = mapping(said, "schema", at) or {}
    return JsonSchema(schema, text(said, "name", at) or "answer", flag(said, "strict", at)), False


def _tools(body: Object) -> dict[str, Any]:
    """Tools of types other than `function` are those that OpenAI runs on its own servers."""
    tools = tuple(
        _tool(mapping(tool, "function", f"tools[{i}].") or {}, f"tools[{i}].function.")
        for i, tool in enumerate(objects(body, "tools"))
        if tool.get("type") in (None, "function")
    )
    return {
        "tools": tools,
        "tool_choice": read_tool_choice(body, tools),
        "parallel_tool_calls": flag(body, "parallel_tool_calls"),
    }


def _tool(function: Object, at: str) -> ToolDefinition:
    name, about = needed_text(function, "name", at), text(function, "description", at)
    return ToolDefinition(name, about or "", mapping(function, "parameters", at) or {})


def read_tool_choice(body: Object, tools: Sequence[ToolDefinition]) -> ToolChoice:
    """`tool_choice` of both OpenAI protocols: a word, or an object that names a function."""
    said = body.get("tool_choice")
    if said is None or not tools:
        return ToolChoice()
    if said in ("auto", "none", "required"):
        return ToolChoice(said)
    if not isinstance(said, dict):
        raise bad("tool_choice", "must be auto, none, required or an object that names a function")
    named = mapping(said, "function", "tool_choice.") or said
    if "name" not in named:
        return ToolChoice()
    name = needed_text(named, "name", "tool_choice.")
    if name not in {tool.name for tool in tools}:
        raise bad("tool_choice", "names no function of this request")
    return ToolChoice("named", name)


def _continues(body: Object, messages: tuple[Message, ...]) -> bool:
    """Only where the client asks for it: others end with an assistant's message too, and want a new answer."""
    last = objects(body, "messages")[-1]
    wanted = flag(body, "continue_final_message") or last.get("prefix") is True
    return bool(wanted) and messages[-1].role == "assistant"


def _conversation(body: Object) -> tuple[str, tuple[Message, ...]]:
    """(system prompt, messages): the system messages before the first other one are the prompt. Tool messages that
    follow each other are the results of one turn."""
    said = objects(body, "messages")
    system: list[str] = []
    messages: list[Message] = []
    for i, one in enumerate(said):
        at = f"messages[{i}]."
        role = needed_text(one, "role", at)
        if role in SYSTEM and not messages:
            system.append(_joined(one, at))
        elif role in SYSTEM:
            messages.append(Message("system", (Text(_joined(one, at)),)))
        elif role == "tool":
            _add_result(messages, _result(one, at))
        elif role == "user":
            messages.append(Message("user", tuple(_content(one, at))))
        elif role == "assistant":
            messages.append(_assistant(one, at))
        else:
            raise bad(at + "role", "must be system, developer, user, assistant or tool")
    if not messages:
        raise bad("messages", "is required, and must have at least one message that is not a system message")
    return "\n\n".join(filter(None, system)), tuple(messages)


def _add_result(messages: list[Message], result: ToolResult) -> None:
    last = messages[-1] if messages else None
    if last and last.role == "user" and last.parts and isinstance(last.parts[-1], ToolResult):
        messages[-1] = Message("user", (*last.parts, result))
    else:
        messages.append(Message("user", (result,)))


def _result(message: Object, at: str) -> ToolResult:
    parts = _content(message, at)
    words = "\n".join(part.text for part in parts if isinstance(part, Text))
    images = tuple(part for part in parts if isinstance(part, Image))
    return ToolResult(needed_text(message, "tool_call_id", at), words, images=images)


def _assistant(message: Object, at: str) -> Message:
    parts: list[Part] = []
    thinking = text(message, "reasoning_content", at) or text(message, "reasoning", at)
    details = message.get("reasoning_details")
    if thinking or isinstance(details, list):
        kept = signatures.of_details(details) if isinstance(details, list) else None
        parts.append(Thinking(thinking or "", kept))
    parts += _content(message, at)
    for i, call in enumerate(objects(message, "tool_calls", at)):
        where = f"{at}tool_calls[{i}]."
        function = mapping(call, "function", where) or {}
        name = text(function, "name", where + "function.") or ""
        arguments = text(function, "arguments", where + "function.") or ""
        parts.append(ToolCall(text(call, "id", where) or "", name, arguments))
    return Message("assistant", tuple(parts))


def _joined(message: Object, at: str) -> str:
    return "\n\n".join(part.text for part in _content(message, at) if isinstance(part, Text) and part.text)


def _content(message: Object, at: str) -> list[Part]:
    content = message.get("content")
    if content is None:
        return []
    if isinstance(content, str):
        return [Text(content)]
    return [_part(part, f"{at}content[{i}].") for i, part in enumerate(objects(message, "content", at))]


def _part(part: Object, at: str) -> Part:
    kind = needed_text(part, "type", at)
    if kind in ("text", "refusal", "input_text", "output_text"):
        return Text(text(part, "refusal" if kind == "refusal" else "text", at) or "")
    if kind in ("image_url", "video_url"):
        return _picture(part, kind, at)
    if kind == "input_audio":
        sound = mapping(part, kind, at) or {}
        where = f"{at}{kind}."
        form = text(sound, "format", where) or "wav"
        data = decoded(needed_text(sound, "data", where), where + "data")
        return Audio(data=data, mime=AUDIO_TYPES.get(form, f"audio/{form}"))
    if kind in ("file", "file_url"):
        return _file(part, kind, at)
    raise bad(at + "type", "must be text, image_url, video_url, input_audio, file or file_url")


def _picture(part: Object, kind: str, at: str) -> Part:
    """OpenAI's form is an object with `url`; a bare address is common too."""
    said = part.get(kind)
    where = f"{at}{kind}"
    address = (
        said if isinstance(said, str) else needed_text(mapping(part, kind, at) or {}, "url", where + ".")
    )
    image = image_at(address, where)
    return image if kind == "image_url" else Video(image.data, image.mime, image.url)


def _file(part: Object, kind: str, at: str) -> Part:
    said = mapping(part, kind, at) or {}
    where = f"{at}{kind}."
    field = next((name for name in ("file_data", "file_url", "url") if said.get(name)), None)
    if field is None:
        raise bad(where + "file_data", "is required: files are not kept by this gateway")
    return document_at(needed_text(said, field, where), text(said, "filename", where) or "", where + field)
