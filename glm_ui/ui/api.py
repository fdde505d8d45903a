"""The named endpoints for programs: `/chat`, `/multimodal`, `/ending`, `/resolve`, `/models`. Annotations decide what a
client sees (two outputs for the first two), so they are plain types."""

# No `from __future__ import annotations` here: Gradio reads the outputs off the annotations themselves.

import contextlib
from collections.abc import AsyncGenerator
from dataclasses import replace
from functools import cache, partial
from typing import Any

import gradio as gr

from glm_ui.backend import stream_chat
from glm_ui.backend.rounds import Tools, stream_rounds
from glm_ui.catalogue import resolve
from glm_ui.catalogue.rows import Provider
from glm_ui.errors import BadInput, GlmUiError
from glm_ui.languages import negotiated, say, speak
from glm_ui.messages import ChatRequest, Message
from glm_ui.reply import Reply
from glm_ui.reply.rounds import PastRound
from glm_ui.serving.bodies import LONGEST_NAME
from glm_ui.serving.coalesce import add_all, coalesce
from glm_ui.settings import Settings
from glm_ui.tools.toolbox import MOST_TOOLS
from glm_ui.ui.chat import picker
from glm_ui.ui.gradio.events import endpoint, session_of
from glm_ui.ui.models import rows as model_rows
from glm_ui.ui.multimodal import tab
from glm_ui.ui.multimodal.api_request import Asked
from glm_ui.ui.turn.endings import Endings
from glm_ui.ui.turn.request import MAX_FILES, MAX_MESSAGES, PROVIDER_SEARCH
from glm_ui.ui.turn.run import Asking, Live

STREAMS = 100


def build(settings: Settings, live: Live) -> None:
    """Adds the endpoints to the Blocks that is open."""
    mine = Endpoints(settings, live)
    endpoint(mine.chat, api_name="chat", concurrency_limit=STREAMS)
    endpoint(mine.multimodal, api_name="multimodal", concurrency_limit=STREAMS)
    endpoint(mine.ending, api_name="ending", queue=False)
    endpoint(mine.resolve_name, api_name="resolve", queue=False)
    endpoint(mine.models, api_name="models", queue=False)


class Endpoints:
    """What programs call. A call that names no model gets the one that the page opens with."""

    def __init__(self, settings: Settings, live: Live) -> None:
        self._live = live
        self._endings = Endings()
        self._language = settings.glm_ui_language
        self._usual = picker.split(picker.default(settings, picker.choices(settings)))
        self._seeing = picker.split(tab.default(settings, tab.choices(settings)))

    async def chat(  # type: ignore[misc]  # Gradio reads the outputs off this annotation of a generator
        self,
        message: str,
        model: str | None = None,
        provider: str | None = None,
        thinking: bool = True,
        system: str = "",
        history: list[Any] | None = None,
        tools: list[str] | None = None,
        caller: gr.Request = None,  # type: ignore[assignment]  # Gradio fills it in; programs do not see it
    ) -> tuple[str, str]:
        """Asks a GLM model. Streams two texts, each whole so far: the thinking and the answer. `tools` names tools or
        their servers; only those run that need no question. "provider/web_search" among them is the search of the
        model's provider itself."""
        self._speak(caller)
        with self._endings.turn(_session(self._live, caller)) as reply:
            usual_provider, usual_model = self._usual
            model, provider = _name("model", model), _name("provider", provider)
            names = _tool_names(tools)
            request = ChatRequest(
                model=model or usual_model,
                provider=provider or (None if model else usual_provider),
                messages=(*read_history(history), Message.user(_text(message))),
                thinking=thinking,
                system=system or "",
                provider_search=PROVIDER_SEARCH in names,
            )
            assert caller.request is not None  # noqa: S101 - a call comes by HTTP
            scope, names = caller.request.scope, [name for name in names if name != PROVIDER_SEARCH]
            who, owner = self._live.visitor(scope), self._live.is_owner(scope)
            offered = await self._live.tools.unasked(names, who, owner) if names else None
            async for frame in texts(request, self._live, who, reply, offered):
                yield frame

    async def multimodal(  # type: ignore[misc]  # As above.
        self,
        files: list[Any],
        prompt: str,
        model: str | None = None,
        provider: str | None = None,
        thinking: bool = True,
        history: list[Any] | None = None,
        caller: gr.Request = None,  # type: ignore[assignment]  # As above.
    ) -> tuple[str, str]:
        """Asks a GLM vision model about files: uploads, or addresses as text. Streams two texts, each whole so far:
        the thinking and the answer."""
        self._speak(caller)
        with self._endings.turn(_session(self._live, caller)) as reply:
            seeing_provider, seeing_model = self._seeing
            model, provider = _name("model", model), _name("provider", provider)
            asked = Asked(
                model=model or seeing_model,
                provider=provider or (None if model else seeing_provider),
                thinking=thinking,
                history=read_history(history),
                prompt=str(prompt or ""),
                files=read_files(files),
            )
            assert caller.request is not None  # noqa: S101 - a call comes by HTTP
            async for frame in told(asked, self._live, self._live.visitor(caller.request.scope), reply):
                yield frame

    def _speak(self, caller: gr.Request) -> None:
        """In the caller's language: Gradio runs a call of its queue outside of the request that brought it."""
        speak(negotiated(caller.headers.get("accept-language", ""), self._language))

    def ending(self, caller: gr.Request = None) -> dict[str, Any]:  # type: ignore[assignment]  # As above.
        """How this client's last turn of `/chat` or `/multimodal` ended: `complete` is true where the answer lacks
        nothing; `kind` says why it ended (stop, length, tool_calls, filtered, context_full, error, stopped, ...)."""
        return self._endings.of(_session(self._live, caller))

    def resolve_name(self, name: str, provider: str | None = None) -> dict[str, Any]:
        """Which model, at which provider, under which id a name stands for; `mapped` is false for unknown ones."""
        ready = self._live.settings.ready()
        name, provider = str(name or "")[:LONGEST_NAME], _name("provider", provider)
        return {
            **resolve(name, provider or None, ready=ready, custom=self._live.settings.custom_server).public()
        }

    def models(self, query: str = "", group: str | None = None, provider: str | None = None) -> list[Any]:
        """Every name that the catalogue knows, one object each, with its figures and their sources."""
        try:
            query, group, provider = _name("query", query), _name("group", group), _name("provider", provider)
            found = model_rows.find(query, group or None, provider or None)
            return [_public(row.key) for row in found]
        except LookupError as err:
            raise gr.Error(str(err), print_exception=False) from None


def _session(live: Live, caller: gr.Request) -> str | None:
    """The program's session, which another name that signs in cannot use."""
    session = session_of(caller)
    if caller.request is None or not session:
        return None
    return f"{live.caller(caller.request.scope).name} {session}"


@cache
def _public(key: str) -> dict[str, Any]:
    """Shared by all callers: a row has hundreds of values, and answers that are not fetched stay in memory for a
    while."""
    return next(row.public() for row in model_rows.rows() if row.key == key)


async def texts(
    request: ChatRequest, live: Live, who: str, reply: Reply, tools: Tools | None = None
) -> AsyncGenerator[tuple[str, str], None]:
    """(thinking so far, answer so far) of all rounds, at most twenty times a second, and a repeat every 2 s of silence
    so that a caller who left is noticed. Raises gr.Error in the page's words."""
    try:
        resolved = live.resolved("", request.model, request.provider, who)
        _check_search(request, resolved.route.provider)
        ask: Asking = partial(stream_chat, turn=resolved, door="endpoint")
        if tools is not None:
            request = replace(request, tools=tools.box.definitions())
            ask = partial(stream_rounds, ask=ask, tools=tools)
        events = live.through(ask, request, resolved)
        async with contextlib.aclosing(coalesce(events, base=0.05, most=1.0)) as batches:
            async for batch in batches:
                await add_all(reply, batch)
                yield all_rounds(reply)
    except GlmUiError as err:
        turn = err.details.get("turn")  # the log has the same
        raise gr.Error(
            say("{error} Request {turn}.", error=err, turn=turn) if turn else str(err), print_exception=False
        ) from None


def _check_search(request: ChatRequest, provider: Provider) -> None:
    """Raises BadInput where a provider shall search the web that has no search of its own."""
    if request.provider_search and not provider.search_tool:
        raise BadInput(
            say("{provider} has no web search of its own.", provider=provider.name),
            "",
            say("Leave “{name}” out of the tools, or name a provider that has one.", name=PROVIDER_SEARCH),
        )


def all_rounds(reply: Reply) -> tuple[str, str]:
    """(thinking, answer) of all rounds, apart by an empty line."""
    replies: list[PastRound | Reply] = [*reply.rounds, reply]
    thinking, answers = ([each.thinking for each in replies], [each.answer for each in replies])
    return "\n\n".join(filter(None, thinking)), "\n\n".join(filter(None, answers))


async def told(asked: Asked, live: Live, who: str, reply: Reply) -> AsyncGenerator[tuple[str, str], None]:
    """As `texts`, once the files are ready; a frame of two empty texts now and then until then."""
    try:
        resolved = live.resolved("", asked.model, asked.provider, who)
        async with live.prepared(asked, resolved) as job:
            async for _ in job:
                yield "", ""
            request = job.result()
    except GlmUiError as err:
        raise gr.Error(str(err), print_exception=False) from None
    async for frame in texts(request, live, who, reply):
        yield frame


def read_files(files: Any) -> tuple[str, ...]:
    """Where each file is: a path inside the upload folder, or an address. Raises gr.Error for anything else."""
    found = []
    _check_count("files", files, MAX_FILES)
    for i, file in enumerate(files or []):
        place = (file.get("path") or file.get("url")) if isinstance(file, dict) else file
        if not isinstance(place, str) or not place:
            err = BadInput(
                "The files cannot be read.",
                say("Entry {i} is neither an upload nor an address.", i=i),
                'Send a list of uploads (handle_file("cat.jpg")) or of addresses.',
            )
            raise gr.Error(str(err), print_exception=False)
        found.append(place)
    return tuple(found)


def _check_count(what: str, given: Any, most: int) -> None:
    if isinstance(given, list) and len(given) > most:
        err = BadInput(
            say("There are too many {what}.", what=what),
            say("At most {most:,} can be sent at once.", most=most),
            "Send fewer.",
        )
        raise gr.Error(str(err), print_exception=False)


def _name(field: str, given: Any) -> str:
    """A short text; "" where nothing is given. Raises gr.Error for anything else."""
    if given is None:
        return ""
    if not isinstance(given, str) or len(given) > LONGEST_NAME:
        err = BadInput(
            say("“{field}” cannot be used.", field=field),
            say("It must be a text of at most {most} characters.", most=LONGEST_NAME),
        )
        raise gr.Error(str(err), print_exception=False)
    return given


def _tool_names(given: Any) -> list[str]:
    """Raises gr.Error for anything but a short list of short texts."""
    names = given or []
    if not isinstance(names, list) or not all(
        isinstance(name, str) and len(name) <= LONGEST_NAME for name in names
    ):
        err = BadInput("“tools” cannot be used.", "It must be a list of names of tools or servers.")
        raise gr.Error(str(err), print_exception=False)
    _check_count("tools", names, MOST_TOOLS)
    return names


def _text(message: Any) -> str:
    if not isinstance(message, str) or not message.strip():
        raise gr.Error(
            str(BadInput("There is nothing to send.", todo="Give a message.")), print_exception=False
        )
    return message


def read_history(history: Any) -> tuple[Message, ...]:
    """A list of {"role", "content"} objects (or pairs of the two) as messages. Raises gr.Error for anything else."""
    messages = []
    _check_count("messages in the history", history, MAX_MESSAGES)
    for i, said in enumerate(history or []):
        role, content = (said.get("role"), said.get("content")) if isinstance(said, dict) else _pair(said)
        if role not in ("user", "assistant") or not isinstance(content, str):
            err = BadInput(
                "The history cannot be read.",
                say("Entry {i} is not a role (user or assistant) with a text as its content.", i=i),
                'Send a list of objects like {"role": "user", "content": "Hello"}.',
            )
            raise gr.Error(str(err), print_exception=False)
        messages.append(Message.user(content) if role == "user" else Message.assistant(content))
    return tuple(messages)


def _pair(said: Any) -> tuple[Any, Any]:
    return tuple(said) if isinstance(said, (list, tuple)) and len(said) == 2 else (None, None)
