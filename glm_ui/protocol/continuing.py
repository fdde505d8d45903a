"""The messages that go out: without tool calls that nobody answered, and with an unfinished answer to go on with, by
prefill where the server can, else by asking in words."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from glm_ui.catalogue.route import Route
from glm_ui.catalogue.rows import ContinueStyle
from glm_ui.errors import BadInput
from glm_ui.languages import say
from glm_ui.messages import ChatRequest, Message, Part, Text, Thinking, ToolCall, ToolResult
from glm_ui.protocol.anthropic.searched import is_paused

QUOTED: Final = 200
"""Characters of the unfinished answer that the request quotes."""

ASK: Final = (
    "Your last answer was cut off. It ends with these words:\n\n{tail}\n\n"
    "Go on from exactly there, in the same language and format. "
    "Repeat nothing, add no comment, and do not start again."
)


@dataclass(frozen=True, slots=True)
class Conversation:
    """The messages to send, how the last one is continued (None: it is answered), and a sentence on what of them was
    left out."""

    messages: tuple[Message, ...]
    style: ContinueStyle | None
    notes: tuple[str, ...] = ()


def conversation_of(request: ChatRequest, route: Route, *, can_prefill: bool = True) -> Conversation:
    """Empty messages are left out. Without any answer text to go on with, the question is simply asked again.
    Raises BadInput when there is nothing to answer."""
    answered, left_out = _only_answered_calls(request.messages)
    provider = route.provider.key
    messages = tuple(
        message for message in answered if _says_something(message) or is_paused(message, provider)
    )
    style: ContinueStyle | None = None
    if messages and messages[-1].role == "assistant":
        if request.continues and is_paused(messages[-1], provider):
            pass  # it goes on by itself when it has its reply back
        elif request.continues and text_of(messages[-1]).strip():
            style = route.provider.continue_style if can_prefill else "ask"
        elif request.continues:
            messages = messages[:-1]
    if not messages:
        raise BadInput.of()
    if style == "ask":
        tail = text_of(messages[-1]).rstrip()[-QUOTED:]
        messages = (*messages, Message.user(ASK.format(tail=tail)))
    return Conversation(messages, style, (_left_out_calls(left_out),) if left_out else ())


def _only_answered_calls(messages: tuple[Message, ...]) -> tuple[list[Message], int]:
    """The messages with those tool calls alone whose results stand in the next message, and how many calls had none.

    Strict servers refuse a call without a result, and a result without its call. A call without an id or a name,
    which some streams end with, cannot be answered at all.
    """
    kept: list[Message] = []
    left_out = 0
    open_ids: set[str] = set()
    for n, message in enumerate(messages):
        following = messages[n + 1].parts if n + 1 < len(messages) else ()
        given = {part.id for part in following if isinstance(part, ToolResult)}
        calls = [part for part in message.parts if isinstance(part, ToolCall)]
        ids = {call.id for call in calls if call.id and call.name} & given
        left_out += sum(call.id not in ids or not call.name for call in calls)
        kept.append(replace(message, parts=tuple(p for p in message.parts if _is_paired(p, ids, open_ids))))
        open_ids = ids
    return kept, left_out


def _is_paired(part: Part, answered: set[str], asked: set[str]) -> bool:
    if isinstance(part, ToolCall):
        return bool(part.name) and part.id in answered
    return not isinstance(part, ToolResult) or part.id in asked


def _left_out_calls(count: int) -> str:
    if count == 1:
        return say(
            "One tool call of the conversation was not sent: nothing has run, so there is no result to send along."
        )
    return say(
        "{count} tool calls of the conversation were not sent: nothing has run, so there is no result to send along.",
        count=count,
    )


def text_of(message: Message) -> str:
    return "".join(part.text for part in message.parts if isinstance(part, Text))


def _says_something(message: Message) -> bool:
    return any(not isinstance(part, Text | Thinking) or part.text.strip() for part in message.parts)
