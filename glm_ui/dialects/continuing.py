"""How an unfinished answer is gone on with: by prefill where the server can, else by asking in words."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from glm_ui.catalogue.rows import ContinueStyle, Route
from glm_ui.errors import BadInput
from glm_ui.messages import ChatRequest, Message, Text, Thinking, ToolCall

QUOTED: Final = 200
"""Characters of the unfinished answer that the request quotes."""

ASK: Final = (
    "Your last answer was cut off. It ends with these words:\n\n{tail}\n\n"
    "Go on from exactly there, in the same language and format. "
    "Repeat nothing, add no comment, and do not start again."
)


@dataclass(frozen=True, slots=True)
class Conversation:
    """The messages to send, and how the last one is continued (None: it is answered)."""

    messages: tuple[Message, ...]
    style: ContinueStyle | None


def conversation_of(request: ChatRequest, route: Route, *, can_prefill: bool = True) -> Conversation:
    """Empty messages are left out. Without any answer text to go on with, the question is simply asked again.
    Raises BadInput when there is nothing to answer."""
    messages = tuple(message for message in request.messages if _says_something(message))
    style: ContinueStyle | None = None
    if messages and messages[-1].role == "assistant":
        if request.continues and text_of(messages[-1]).strip():
            style = route.provider.continue_style if can_prefill else "ask"
        elif request.continues:
            messages = messages[:-1]
    if not messages:
        raise BadInput.of()
    if style == "ask":
        tail = text_of(messages[-1]).rstrip()[-QUOTED:]
        last = replace(
            messages[-1], parts=tuple(p for p in messages[-1].parts if not isinstance(p, ToolCall))
        )
        messages = (*messages[:-1], last, Message.user(ASK.format(tail=tail)))
    return Conversation(messages, style)


def text_of(message: Message) -> str:
    return "".join(part.text for part in message.parts if isinstance(part, Text))


def _says_something(message: Message) -> bool:
    return any(not isinstance(part, Text | Thinking) or part.text.strip() for part in message.parts)
