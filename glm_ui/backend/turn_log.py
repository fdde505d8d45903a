"""The log: one line of JSON for each turn (times, counts and how it ended), and for whatever else the app has to say.
The same figures go to the owner's monitoring. No text of anyone and no key enters it."""

from __future__ import annotations

import logging
import time
import uuid
from types import TracebackType
from typing import Self

import orjson

from glm_ui.catalogue.route import Route
from glm_ui.errors import GlmUiError, plain_text
from glm_ui.events import Done, Retrying, Started, StreamEvent, Usage
from glm_ui.messages import ChatRequest
from glm_ui.telemetry import metrics, spans
from glm_ui.telemetry.turns import Door, FinishedTurn

log = logging.getLogger("glm_ui.turn")
TURN = "glm_ui_turn"
"""The attribute of a log record that has a turn's fields, one of them a line of the log each."""
TEXTS = ("ThinkingDelta", "AnswerDelta", "ToolCallDelta")
"""Nearly all events; only the first of each says something here."""


class JsonLines(logging.Formatter):
    """A record as one JSON object on one line. A turn's own fields stand beside the time; a failure of our own code
    brings its traceback, which is for the log alone."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(record.created)),
            "level": record.levelname,
        }
        if record.name == log.name:
            line |= record.__dict__[TURN]
        else:
            line["said"] = record.getMessage()
        if record.exc_info:
            line["trace"] = self.formatException(record.exc_info)
        return orjson.dumps(line).decode()


def start_log(level: str) -> None:
    """Writes what our loggers say from this level on to standard error, and keeps httpx from telling addresses."""
    for chatty in ("httpx", "httpcore"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    handler = logging.StreamHandler()
    handler.setFormatter(JsonLines())
    ours = logging.getLogger("glm_ui")
    ours.setLevel(level)
    ours.handlers = [handler]
    ours.propagate = False


class TurnLog:
    """Use it in a `with` block around a turn and let it `see` each event: it writes the line when the block ends.
    `ending` stays "stopped" until something else is known."""

    def __init__(self, request: ChatRequest, door: Door) -> None:
        self.id = request.response_id or uuid.uuid4().hex[:12]
        self.route: Route | None = None
        self.ending = "stopped"
        self._failed = False
        self._door = door
        self._started_at = time.time_ns()
        self._asked = plain_text(request.model, 80)
        self._start = time.monotonic()
        self._first: dict[str, float] = {}
        self._attempts = 1
        self._model: str | None = None
        self._usage = Usage()

    def see(self, event: StreamEvent) -> None:
        kind = type(event).__name__
        if kind not in self._first:
            self._first[kind] = round(time.monotonic() - self._start, 3)
        elif kind in TEXTS or kind == "Frame":
            return
        match event:
            case Retrying():
                self._attempts = event.attempt
            case Started():
                self._model = event.model
            case Usage():
                self._usage = event
            case Done():
                self._model = event.model or self._model
                self.ending = event.reason

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Writes the line, and adds the id of the turn to the error that ended it."""
        if isinstance(error, GlmUiError):
            error.details.setdefault("turn", self.id)
        if isinstance(error, Exception):
            known = error if isinstance(error, GlmUiError) else GlmUiError
            self.ending, self._failed = known.slug, True
        self._write()

    def _write(self) -> None:
        line = {
            "turn": self.id,
            "door": self._door,
            "provider": self.route.provider.key if self.route else None,
            "model": self.route.wire_id if self.route else self._asked,
            "answered_by": self._model,
            "ending": self.ending,
            "attempts": self._attempts,
            "seconds": round(time.monotonic() - self._start, 3),
            "first_frame": self._first.get("Started"),
            "first_thinking": self._first.get("ThinkingDelta"),
            "first_answer": self._first.get("AnswerDelta"),
            "input_tokens": self._usage.input_tokens,
            "output_tokens": self._usage.output_tokens,
            "thinking_tokens": self._usage.thinking_tokens,
        }
        log.info("turn %s ended: %s", self.id, self.ending, extra={TURN: line})
        turn = self._finished()
        metrics.observe(turn)
        spans.export(turn)

    def _finished(self) -> FinishedTurn:
        route = self.route
        return FinishedTurn(
            id=self.id,
            door=self._door,
            provider=route.provider.key if route else "none",
            model=route.model.key if route and route.model else None,
            asked_model=route.wire_id if route else self._asked,
            answered_by=self._model,
            ending=self.ending,
            failed=self._failed,
            attempts=self._attempts if route else 0,
            started_at=self._started_at,
            seconds=time.monotonic() - self._start,
            first_token=min((self._first[kind] for kind in TEXTS if kind in self._first), default=None),
            usage=self._usage,
        )
