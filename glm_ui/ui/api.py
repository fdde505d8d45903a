"""The named endpoints for programs: `/chat`, `/resolve`, `/models`. Annotations decide what a client sees (two outputs
for `/chat`), so they are plain types."""

# No `from __future__ import annotations` here: Gradio reads the outputs off the annotations themselves.

import contextlib
from collections.abc import AsyncGenerator
from typing import Any

import gradio as gr
from gradio.events import api as endpoint

from glm_ui.backend import stream_chat
from glm_ui.catalogue import resolve
from glm_ui.errors import BadInput, GlmUiError
from glm_ui.messages import ChatRequest, Message
from glm_ui.reply import Reply
from glm_ui.settings import Settings
from glm_ui.ui import model_rows, picker
from glm_ui.ui.live import Live
from glm_ui.ui.streaming import coalesce

STREAMS = 100


def build(settings: Settings, live: Live) -> None:
    """Adds the endpoints to the Blocks that is open. Who names no model gets the one that the page opens with."""
    usual = picker.split(picker.default(settings, picker.choices(settings)))

    async def chat(  # type: ignore[misc]  # Gradio reads the outputs off this annotation of a generator
        message: str,
        model: str | None = None,
        provider: str | None = None,
        thinking: bool = True,
        system: str = "",
        history: list[Any] | None = None,
        caller: gr.Request = None,  # type: ignore[assignment]  # Gradio fills it in; programs do not see it
    ) -> tuple[str, str]:
        """Asks a GLM model. Streams two texts, each whole so far: the thinking and the answer."""
        usual_provider, usual_model = usual
        request = ChatRequest(
            model=model or usual_model,
            provider=provider or (None if model else usual_provider),
            messages=(*read_history(history), Message.user(_text(message))),
            thinking=thinking,
            system=system or "",
        )
        assert caller.request is not None  # noqa: S101 - a call comes by HTTP
        async for frame in texts(request, live, live.visitor(caller.request.scope)):
            yield frame

    def resolve_name(name: str, provider: str | None = None) -> dict[str, Any]:
        """Which model, at which provider, under which id a name stands for; `mapped` is false for unknown ones."""
        ready = settings.ready()
        return resolve(str(name or ""), provider or None, ready=ready, custom=settings.custom_server).public()

    def models(query: str = "", group: str | None = None, provider: str | None = None) -> list[Any]:
        """Every name that the catalogue knows, one object each, with its figures and their sources."""
        try:
            return [
                row.public() for row in model_rows.find(str(query or ""), group or None, provider or None)
            ]
        except LookupError as err:
            raise gr.Error(str(err), print_exception=False) from None

    endpoint(chat, api_name="chat", concurrency_limit=STREAMS)
    endpoint(resolve_name, api_name="resolve", queue=False)
    endpoint(models, api_name="models", queue=False)


async def texts(request: ChatRequest, live: Live, who: str) -> AsyncGenerator[tuple[str, str], None]:
    """(thinking so far, answer so far), at most twenty times a second, and a repeat every 2 s of silence so that a
    caller who left is noticed. Raises gr.Error in the page's words."""
    reply = Reply()
    try:
        events = live.through(stream_chat(request, settings=live.settings), request, who)
        async with contextlib.aclosing(coalesce(events, base=0.05, most=1.0)) as batches:
            async for batch in batches:
                for event in batch:
                    reply.add(event)
                yield reply.thinking, reply.answer
    except GlmUiError as err:
        raise gr.Error(str(err), print_exception=False) from None


def _text(message: Any) -> str:
    if not isinstance(message, str) or not message.strip():
        raise gr.Error(
            str(BadInput("There is nothing to send.", todo="Give a message.")), print_exception=False
        )
    return message


def read_history(history: Any) -> tuple[Message, ...]:
    """A list of {"role", "content"} objects (or pairs of the two) as messages. Raises gr.Error for anything else."""
    messages = []
    for i, said in enumerate(history or []):
        role, content = (said.get("role"), said.get("content")) if isinstance(said, dict) else _pair(said)
        if role not in ("user", "assistant") or not isinstance(content, str):
            err = BadInput(
                "The history cannot be read.",
                f"Entry {i} is not a role (user or assistant) with a text as its content.",
                'Send a list of objects like {"role": "user", "content": "Hello"}.',
            )
            raise gr.Error(str(err), print_exception=False)
        messages.append(Message.user(content) if role == "user" else Message.assistant(content))
    return tuple(messages)


def _pair(said: Any) -> tuple[Any, Any]:
    return tuple(said) if isinstance(said, (list, tuple)) and len(said) == 2 else (None, None)
