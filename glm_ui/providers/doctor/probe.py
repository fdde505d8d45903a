"""The provider that is examined, the questions that it is asked, and its replies: each question is a turn of its own,
with a clock.

`findings` decides what a reply shows.
"""

from __future__ import annotations

import asyncio
import struct
import time
import zlib
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

from glm_ui.backend import Tap, stream_chat
from glm_ui.backend.prepare import Keys
from glm_ui.backend.rounds import Tools, stream_rounds
from glm_ui.catalogue import load
from glm_ui.catalogue.custom import custom_provider
from glm_ui.catalogue.rows import Model, Provider
from glm_ui.errors import GlmUiError, TimedOut
from glm_ui.events import StreamEvent
from glm_ui.languages import say
from glm_ui.messages import ChatRequest, Image, Message, Sampling, Text
from glm_ui.reply import Reply
from glm_ui.settings import Settings
from glm_ui.tools.tool import BUILT_IN, Outcome, Running, Tool
from glm_ui.tools.toolbox import Toolbox

PATIENCE: Final = 10.0
"""Seconds for each question; all three are asked at once."""
USUAL: Final = ("glm-4.6", "glm-4.5", "glm-4.5-air", "glm-5", "glm-4.7")
"""Models with a switch, to be asked first."""
COUNT: Final = "Count from 1 to 30 in digits, with one space between the numbers, and say nothing else."
RIDDLE: Final = (
    "A bat and a ball cost 1.10 together; the bat costs 1.00 more than the ball. What does the ball cost?"
)
TOOL_TASK: Final = "Call the tool look_up with the key “garden”. Then answer with the word that it gives."
TOOL_WORD: Final = "heliotrope"
"""What only the tool knows."""
COLOUR: Final = "Which colour is this picture? Answer with one English word."


Events = AsyncGenerator[StreamEvent, None]
Through = Callable[[Callable[[ChatRequest], Events], ChatRequest], Events]
"""Where each question goes through, as turns do: counted on whose account it is."""


@dataclass(slots=True)
class Clock(Tap):
    """A Tap that also notes when data came: (seconds since the question, frames)."""

    began: float = field(default_factory=time.monotonic)
    came: list[tuple[float, int]] = field(default_factory=list)

    def on_chunk(self, chunk: bytes) -> None:
        if frames := chunk.count(b"data:"):
            self.came.append((time.monotonic() - self.began, frames))
        Tap.on_chunk(self, chunk)


@dataclass(slots=True)
class ProbeReply:
    """What one question led to. `error` None: all went well, or went on when the time was up."""

    reply: Reply
    clock: Clock
    error: GlmUiError | None = None

    @property
    def first_byte(self) -> float | None:
        return self.clock.came[0][0] if self.clock.came else None


@dataclass(frozen=True, slots=True)
class Probe:
    """Who is examined, with the settings of a short visit."""

    provider: Provider
    model: str
    row: Model | None
    settings: Settings
    keys: Keys
    through: Through

    @staticmethod
    def of(key: str, settings: Settings, keys: Keys, model: str, through: Through) -> Probe | None:
        """None where there is no such provider; `model` is "" where none can be named."""
        provider = load().providers.get(key)
        if provider is None:
            return None
        if key == "custom":
            provider = custom_provider(provider, settings.custom_server)
        name = model.strip() or _usual_model(provider, settings)
        short = settings.model_copy(
            update={
                "glm_ui_retries": 0,
                "glm_ui_connect_timeout": min(settings.glm_ui_connect_timeout, 5.0),
                "glm_ui_first_byte_timeout": min(settings.glm_ui_first_byte_timeout, PATIENCE),
                "glm_ui_silence_timeout": min(settings.glm_ui_silence_timeout, 5.0),
            }
        )
        return Probe(provider, name, load().models.get(name), short, keys, through)

    async def ask(
        self,
        model: str,
        text: str,
        thinking: bool | None,
        picture: bytes | None = None,
        tools: Tools | None = None,
    ) -> ProbeReply:
        parts = (*((Image(picture, "image/png"),) if picture else ()), Text(text))
        request = ChatRequest(
            model=model,
            provider=self.provider.key,
            messages=(Message("user", parts),),
            thinking=thinking,
            sampling=Sampling(max_tokens=600),
            tools=tools.box.definitions() if tools else (),
        )
        seen = ProbeReply(Reply(), Clock())
        try:
            ask: Callable[[ChatRequest], Events] = partial(
                stream_chat, settings=self.settings, keys=self.keys, tap=seen.clock, door="doctor"
            )
            if tools is not None:
                ask = partial(stream_rounds, ask=ask, tools=tools)
            async with asyncio.timeout(PATIENCE), aclosing(self.through(ask, request)) as counted:
                async for event in counted:
                    seen.reply.add(event)
        except GlmUiError as error:
            seen.error = error
        except TimeoutError:
            if not seen.clock.raw:
                seen.error = TimedOut.of(
                    self.provider.name, why=say("Nothing came within {seconds:g} s.", seconds=PATIENCE)
                )
        seen.reply.end(seen.error)
        return seen

    async def ask_with_tool(self, model: str) -> tuple[ProbeReply, bool]:
        """What the model says of a word that only a tool knows, and whether it called the tool."""
        called = False

        async def run(_: dict[str, Any], __: Running) -> Outcome:
            nonlocal called
            called = True
            return Outcome(TOOL_WORD)

        parameters = {"type": "object", "properties": {"key": {"type": "string"}}, "required": ["key"]}
        tool = Tool(
            BUILT_IN,
            "look_up",
            "Looks a key up.",
            parameters,
            run,
            writes=False,
            open_world=False,
            trusted=True,
        )
        seen = await self.ask(model, TOOL_TASK, False, tools=Tools(Toolbox([tool])))
        return seen, called

    async def ask_about_image(self) -> ProbeReply | None:
        """What a model that sees says of a red square; None where no model here takes a picture."""
        if "image" not in self.provider.media:
            return None
        seeing = [m for m in load().models.values() if self._has(m) and "image" in m.inputs and m.chat]
        name = self.model if self.provider.key == "custom" else seeing[0].key if seeing else None
        return await self.ask(name, COLOUR, False, red_square()) if name else None

    def _has(self, model: Model) -> bool:
        return self.provider.key == "demo" or self.provider.key in model.ids


def _usual_model(provider: Provider, settings: Settings) -> str:
    if provider.key == "custom":
        return next(iter(settings.glm_ui_custom_models), "")
    if provider.key == "demo":
        return USUAL[0]
    served = [key for key in load().models if provider.key in load().models[key].ids]
    return next((key for key in USUAL if key in served), next(iter(served), ""))


def red_square(side: int = 64) -> bytes:
    """A PNG that is red all over, made of what every Python has."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = (b"\0" + b"\xff\0\0" * side) * side
    head = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )
