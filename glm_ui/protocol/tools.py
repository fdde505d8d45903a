"""Tools as a provider takes them: which are offered, which choice among them goes in a field, and what goes into the
prompt instead. Values and sentences only; the dialects know the field names."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Any, Final

from glm_ui.catalogue.route import Route
from glm_ui.catalogue.rows import Provider
from glm_ui.languages import say
from glm_ui.messages import ChatRequest, Message, Part, ToolChoice, ToolDefinition, ToolResult
from glm_ui.protocol.continuing import Conversation

FAILED: Final = "The tool failed:\n"
"""Before the text of a result, where the dialect has no field for it."""
UNSEEN: Final = "[The result also has a picture, which this model cannot see.]"


@dataclass(frozen=True, slots=True)
class Offer:
    """The tools to send, the choice to send with them (None: the field stays away), and a sentence for the system
    prompt that says what the field cannot."""

    tools: tuple[ToolDefinition, ...] = ()
    choice: ToolChoice | None = None
    instruction: str = ""


def offer_of(request: ChatRequest, provider: Provider) -> Offer:
    """What this provider is offered. A choice that it has no word for is made by leaving tools out, and by asking."""
    choice = request.tool_choice
    if not request.tools or choice.mode == "auto":
        return Offer(request.tools)
    if choice.mode in provider.tool_choices:
        return Offer(request.tools, choice)
    if choice.mode == "none":
        return Offer()
    if choice.mode == "required":
        return Offer(request.tools, instruction="Answer by calling at least one of the tools.")
    only = tuple(tool for tool in request.tools if tool.name == choice.name)
    return Offer(only, instruction=f"Answer by calling the tool {choice.name}.")


def search_of(request: ChatRequest, provider: Provider, notes: list[str]) -> list[dict[str, Any]]:
    """The provider's own search as entries of `tools`; a note where it was wanted and there is none."""
    if not request.provider_search:
        return []
    if not provider.search_tool:
        notes.append(
            say(
                "{provider} has no web search of its own: it was not asked to search.", provider=provider.name
            )
        )
        return []
    return [dict(provider.search_tool)]


def schema_instruction(request: ChatRequest) -> str:
    """The wanted JSON schema in words; "" where none is wanted."""
    if request.json_schema is None:
        return ""
    schema = json.dumps(request.json_schema.schema, ensure_ascii=False, separators=(",", ":"))
    wanted = "Answer with one JSON value and nothing else: no code fence, no comment."
    return f"{wanted} It must fit this JSON Schema:\n{schema}"


def marked(result: ToolResult) -> str:
    """The result's text, marked where the tool failed."""
    return FAILED + result.content if result.is_error else result.content


def readable_results(conversation: Conversation, route: Route) -> Conversation:
    """The conversation without pictures in tool results where the model takes none: the result says so."""
    if route.media_rule("image") is not None:
        return conversation
    messages = tuple(_without_pictures(message) for message in conversation.messages)
    return replace(conversation, messages=messages)


def _without_pictures(message: Message) -> Message:
    return replace(message, parts=tuple(_in_words(part) for part in message.parts))


def _in_words(part: Part) -> Part:
    if not isinstance(part, ToolResult) or not part.images:
        return part
    return replace(part, content="\n".join(filter(None, [part.content, UNSEEN])), images=())
