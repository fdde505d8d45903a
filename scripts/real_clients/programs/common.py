"""What every client in Python shares: who is asked what, and how what was seen is told. A client's file has `turn`, one
question, and `tools`, a question with two tool calls; either may be asynchronous. One line of JSON on standard output
is one thing seen. Nothing of GLM UI enters here: these programs run in environments of their own."""

from __future__ import annotations

import asyncio
import inspect
import json
import os
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from typing import Any

BASE = os.environ["BASE"]
KEY = os.environ["KEY"]
MODEL = os.environ["MODEL"]
QUESTION = "What is 7 times 6?"
WEATHER_QUESTION = "What is the weather in Rome and in Oslo?"
PNG = (
    "iVBORw0KGgoAAAANSUhEUgAAACAAAAAgCAIAAAD8GO2jAAAAKklEQVR42u3NMQEAAAQAMATRP4pYSvBtBZbTHZ8qng"
    "kEAoFAIBAIBIIrC+AFAUQz669uAAAAAElFTkSuQmCC"
)
"""A red square."""
WEATHER: dict[str, Any] = {
    "type": "object",
    "properties": {"city": {"type": "string"}},
    "required": ["city"],
    "additionalProperties": False,
}


@dataclass(frozen=True)
class Asked:
    """How the question is to be asked."""

    stream: bool = False
    think: bool = False
    picture: bool = False


Piece = tuple[str, str]
"""("text" | "thinking", what came)."""
TASKS = {
    "plain": Asked(),
    "streamed": Asked(stream=True),
    "thinking": Asked(stream=True, think=True),
    "picture": Asked(picture=True),
    "overflow": Asked(),
    "wrong_key": Asked(),
    "cut": Asked(stream=True),
    "stop": Asked(stream=True),
}


def weather(city: str) -> str:
    """The weather in a city."""
    return f"mild in {city}"


def tell(**seen: Any) -> None:
    sys.stdout.write(json.dumps(seen) + "\n")
    sys.stdout.flush()


def _told(piece: Piece) -> None:
    if piece[1]:
        tell(piece=piece[0], said=piece[1])


def _wait() -> None:
    """Lives on until it is told to end, so that what closes the upstream is the client and not the end of it."""
    tell(left=True)
    sys.stdin.readline()


def _run(pieces: Iterator[Piece], stops: bool, leaves_by_ending: bool) -> None:
    for piece in pieces:
        _told(piece)
        if stops and piece[1]:
            if leaves_by_ending:
                tell(left=True)
                os._exit(0)
            pieces.close()  # type: ignore[attr-defined]
            _wait()
            return


async def _run_async(pieces: AsyncIterator[Piece], stops: bool) -> None:
    async for piece in pieces:
        _told(piece)
        if stops and piece[1]:
            await pieces.aclose()  # type: ignore[attr-defined]
            await asyncio.to_thread(_wait)
            return


def main(
    turn: Callable[[Asked], Any], tools: Callable[[], Any] | None = None, *, leaves_by_ending: bool = False
) -> None:
    """`leaves_by_ending`: this client keeps the connection when nobody reads on, so that Stop is the program's end."""
    task = sys.argv[1]
    try:
        if task == "tools":
            said = tools() if tools else ""
            _told(("text", asyncio.run(said) if inspect.iscoroutine(said) else said))
            return
        pieces = turn(TASKS[task])
        if inspect.isasyncgen(pieces):
            asyncio.run(_run_async(pieces, task == "stop"))
        else:
            _run(pieces, task == "stop", leaves_by_ending)
    except Exception as error:  # noqa: BLE001 - what a client raises is what is looked at
        tell(error=type(error).__name__, message=str(error)[:600])
