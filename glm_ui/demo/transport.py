"""Plays a script as the frames of Z.ai's chat completions, one token a frame. No words of an answer in this
file.

The shape is that of Z.ai's streams as recorded in 2026: `role` in every frame, no `finish_reason` until the
end, usage beside it, `[DONE]` last.
"""

from __future__ import annotations

import asyncio
import json
import math
import re
import time
import uuid
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from typing import Any

import httpx
import orjson

from glm_ui.accounting.tokens import estimate, visual_tokens
from glm_ui.demo.request_reader import Ask, read_ask
from glm_ui.demo.scripts import Script, script_for
from glm_ui.languages import say

FIRST_BYTE = 0.4
"""Seconds before the first frame, at speed 1."""

RATE = 75.0
"""Frames a second, at speed 1. GLM-4.6 on Z.ai gives 60 to 90 tokens a second."""

_PIECES = re.compile(
    r" ?[A-Za-zÀ-ÿ]{1,12}|\d{1,3}"
    r"|[\u3040-\u9fff\uac00-\ud7af]{1,2}|[^\S\n]*\n+|[^\S\n]+(?=\S)| ?[^\w\s]{1,3}|.",
    re.DOTALL,
)

_REASONS = {"network_error": "network_error", "tool": "tool_calls", "stop": "stop"}


class DemoTransport(httpx.AsyncBaseTransport):
    """Answers `POST …/chat/completions` and `GET …/models` of any host. `speed` 2 plays twice as fast,
    `math.inf` without waiting. `playing` counts the streams that are open."""

    def __init__(self, speed: float = 1.0) -> None:
        if speed <= 0:
            raise ValueError("The speed of the demo must be above zero.")
        self.speed = speed
        self.playing = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path.rstrip("/")
        if request.method == "GET" and path.endswith("/models"):
            return httpx.Response(200, json={"object": "list", "data": []})
        if request.method != "POST" or not path.endswith("/chat/completions"):
            return _refused(404, "404", "The offline demo answers /chat/completions alone.")
        try:
            body, performance = await asyncio.to_thread(_rehearsed, await request.aread())
        except (ValueError, TypeError, KeyError, AttributeError):
            return _refused(400, "1214", say("The offline demo could not read the request."))
        if performance.refusal:
            await self._wait_until(time.monotonic() + FIRST_BYTE / self.speed)
            return _refused(*performance.refusal)
        if body.get("stream") is not True:
            return httpx.Response(200, json=performance.whole())
        return httpx.Response(
            200,
            headers={"content-type": "text/event-stream;charset=UTF-8"},
            stream=_Stream(self._play(performance)),
        )

    async def _play(self, performance: _Performance) -> AsyncGenerator[bytes, None]:
        self.playing += 1
        try:
            due = time.monotonic() + FIRST_BYTE / self.speed
            for frame in performance.frames():
                await self._wait_until(due)
                yield frame
                due += 1 / (RATE * self.speed)
        finally:
            self.playing -= 1

    async def _wait_until(self, due: float) -> None:
        # Sleeping to a date, not for a time: the speed stays true when the machine is late.
        if self.speed != math.inf and (left := due - time.monotonic()) > 0:
            await asyncio.sleep(left)


class _Stream(httpx.AsyncByteStream):
    def __init__(self, frames: AsyncGenerator[bytes, None]) -> None:
        self._frames = frames

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self._frames

    async def aclose(self) -> None:
        await self._frames.aclose()


class _Performance:
    """A script as this request wants it: with or without thinking, no longer than asked, ended at a stop
    word."""

    def __init__(self, script: Script, body: dict[str, Any], ask: Ask) -> None:
        self.refusal = script.refusal
        self._id = uuid.uuid4().hex
        self._model = str(body.get("model") or "demo")
        self._script = script
        thinking = [] if _thinking_off(body) or ask.unfinished else pieces(script.thinking)
        answer, stopped = _until_stop(_as_asked(script.answer, body), _stops(body))
        spoken = pieces(answer)
        limit = body.get("max_tokens") or body.get("max_completion_tokens") or math.inf
        self._thinking = thinking[: int(min(limit, len(thinking)))]
        self._spoken = spoken[: int(min(limit - len(self._thinking), len(spoken)))]
        self._ending = "stop" if stopped else script.ending
        self._reason = _REASONS.get(self._ending, "stop")
        if len(self._thinking) + len(self._spoken) < len(thinking) + len(spoken):
            self._ending, self._reason = "stop", "length"
        self._prompt_tokens = _prompt_tokens(ask)

    def frames(self) -> Iterator[bytes]:
        for piece in self._thinking:
            yield self._frame({"reasoning_content": piece})
        for piece in self._spoken:
            yield self._frame({"content": piece})
        if self._ending == "cut":
            return
        if self._ending == "tool":
            yield self._frame({"tool_calls": [self._tool_call()]})
        yield self._frame({"content": ""}, self._reason, self._usage())
        yield b"data: [DONE]\n\n"

    def whole(self) -> dict[str, Any]:
        message: dict[str, Any] = {"role": "assistant", "content": "".join(self._spoken)}
        if self._thinking:
            message["reasoning_content"] = "".join(self._thinking)
        if self._ending == "tool":
            message["tool_calls"] = [self._tool_call()]
        choice = {"index": 0, "message": message, "finish_reason": self._reason}
        return {**self._head("chat.completion"), "choices": [choice], "usage": self._usage()}

    def _head(self, kind: str) -> dict[str, Any]:
        return {"id": self._id, "created": int(time.time()), "object": kind, "model": self._model}

    def _frame(self, delta: dict[str, Any], reason: str = "", usage: dict[str, Any] | None = None) -> bytes:
        choice: dict[str, Any] = {"index": 0, "delta": {"role": "assistant", **delta}}
        if reason:
            choice = {"index": 0, "finish_reason": reason, "delta": choice["delta"]}
        frame = {**self._head("chat.completion.chunk"), "choices": [choice]}
        if usage:
            frame["usage"] = usage
        return b"data: %s\n\n" % json.dumps(frame, ensure_ascii=False, separators=(",", ":")).encode()

    def _tool_call(self) -> dict[str, Any]:
        name, arguments = self._script.tool
        function = {"name": name, "arguments": arguments}
        return {"index": 0, "id": f"call_{self._id[:12]}", "type": "function", "function": function}

    def _usage(self) -> dict[str, Any]:
        output = len(self._thinking) + len(self._spoken)
        return {
            "prompt_tokens": self._prompt_tokens,
            "completion_tokens": output,
            "total_tokens": self._prompt_tokens + output,
            "prompt_tokens_details": {"cached_tokens": 0},
            "completion_tokens_details": {"reasoning_tokens": len(self._thinking)},
        }


def _rehearsed(raw: bytes) -> tuple[dict[str, Any], _Performance]:
    """The request, and all the work before the first frame; pictures and long texts make it too slow for the event
    loop."""
    body = orjson.loads(raw)
    ask = read_ask(body)
    return body, _Performance(script_for(ask), body, ask)


def pieces(text: str) -> list[str]:
    """`text` cut where a model would roughly cut it into tokens; joined it is `text` again."""
    return _PIECES.findall(text)


def _refused(status: int, code: str, message: str, retry_after: str = "") -> httpx.Response:
    headers = {"retry-after": retry_after} if retry_after else {}
    return httpx.Response(status, headers=headers, json={"error": {"code": code, "message": message}})


def _thinking_off(body: dict[str, Any]) -> bool:
    switch = body.get("thinking")
    return (isinstance(switch, dict) and switch.get("type") == "disabled") or body.get(
        "reasoning_effort"
    ) in (
        "none",
        "minimal",
    )


def _as_asked(answer: str, body: dict[str, Any]) -> str:
    form = body.get("response_format")
    if isinstance(form, dict) and form.get("type") == "json_object":
        return json.dumps(
            {"offline_demo": True, "model": None, "answer": answer}, ensure_ascii=False, indent=2
        )
    return answer


def _stops(body: dict[str, Any]) -> list[str]:
    stop = body.get("stop") or []
    return [stop] if isinstance(stop, str) else [word for word in stop if word]


def _until_stop(answer: str, stops: list[str]) -> tuple[str, bool]:
    at = min((found for word in stops if (found := answer.find(word)) >= 0), default=-1)
    return (answer, False) if at < 0 else (answer[:at], True)


def _prompt_tokens(ask: Ask) -> int:
    sizes = (picture.seen for picture in ask.pictures if picture.seen)
    return estimate(ask.everything) + sum(visual_tokens(seen.width, seen.height) for seen in sizes)
