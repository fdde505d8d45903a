"""Reads an upstream's error of any shape into four strings. `errors.classify` decides what they mean."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import orjson

from glm_ui.errors import GlmUiError, classify

MAX_MESSAGE: Final = 2000
MAX_DEPTH: Final = 3
"""Errors inside errors that are looked into."""


@dataclass(frozen=True, slots=True)
class ErrorBody:
    """The upstream's own words; '' is what it did not say. `code` is its business code, `kind` its error
    type, `parameter` the wire name of what it did not accept."""

    code: str = ""
    kind: str = ""
    message: str = ""
    parameter: str = ""

    def __bool__(self) -> bool:
        return bool(self.code or self.kind or self.message)


def read_error(body: bytes | str | Mapping[str, Any]) -> ErrorBody:
    """Every shape that was seen: {"error": {..}} and {"error": "text"}, Anthropic's {"type": "error",
    "error": {..}}, vLLM's older {"object": "error", ..}, Z.ai's {code, msg, success} and {code, message},
    FastAPI's {"detail": ..}, plain text (the gateway), and JSON that its server did not escape (transformers
    serve)."""
    if isinstance(body, Mapping):
        return _from_object(body)
    raw = body.encode() if isinstance(body, str) else body
    try:
        value = orjson.loads(raw)
    except orjson.JSONDecodeError:
        return ErrorBody(message=_plain(raw.decode("utf-8", "replace")))
    if isinstance(value, dict):
        return _from_object(value)
    return ErrorBody(message=_text(value))


def holds_error(frame: Mapping[str, Any]) -> bool:
    """Whether a frame or a whole body is an error and not a reply."""
    if frame.get("error") or frame.get("object") == "error":
        return True
    if "choices" in frame or frame.get("type") not in (None, "error"):
        return False
    return (
        frame.get("success") is False
        or "detail" in frame
        or ("code" in frame and ("msg" in frame or "message" in frame))
    )


def failure(
    error: ErrorBody, *, provider: str, status: int | None = None, in_stream: bool = True
) -> GlmUiError:
    return classify(
        status=status,
        code=error.code,
        kind=error.kind,
        message=error.message,
        provider=provider,
        parameter=error.parameter,
        in_stream=in_stream,
    )


def refused(body: bytes, *, provider: str, status: int, retry_after: float | None = None) -> GlmUiError:
    """What a body means that came with this HTTP status in place of an answer. `provider` is as people read it."""
    said = read_error(body)
    return classify(
        status=status,
        code=said.code,
        kind=said.kind,
        message=said.message,
        parameter=said.parameter,
        provider=provider,
        retry_after=retry_after,
    )


def _from_object(body: Mapping[str, Any], depth: int = 0) -> ErrorBody:
    error = body.get("error")
    if isinstance(error, Mapping):
        found = ErrorBody(
            code=_text(error.get("code")),
            kind=_text(error.get("type")),
            message=_text(error.get("message") or error.get("msg")),
            parameter=_text(error.get("param")),
        )
        return _with_inner(found, error, depth)
    if error:
        return _with_inner(ErrorBody(code=_text(body.get("code")), message=_text(error)), {}, depth)
    detail = body.get("detail")
    if isinstance(detail, list) and detail and isinstance(detail[0], Mapping):
        return _from_validation(detail[0])
    found = ErrorBody(
        code=_text(body.get("code")),
        kind=_text(body.get("type")) if body.get("type") != "error" else "",
        message=_text(body.get("message") or body.get("msg")) or _text(detail),
        parameter=_text(body.get("param")),
    )
    return _with_inner(found, body, depth)


def _from_validation(problem: Mapping[str, Any]) -> ErrorBody:
    """FastAPI's 422: {"detail": [{"loc": ["body", "thinking"], "msg": "..", "type": ".."}]}."""
    where = problem.get("loc")
    path = [str(step) for step in where if step != "body"] if isinstance(where, list) else []
    return ErrorBody(
        kind=_text(problem.get("type")), message=_text(problem.get("msg")), parameter=".".join(path)
    )


def _with_inner(outer: ErrorBody, error: Mapping[str, Any], depth: int) -> ErrorBody:
    """A gateway's error around its upstream's, whose code is the truer one. OpenRouter's own message says only that the
    provider failed, and the provider's words are in `metadata.raw`; others put the whole upstream error into the
    message."""
    metadata = error.get("metadata")
    raw = metadata.get("raw") if isinstance(metadata, Mapping) else None
    if not raw and (start := outer.message.find("{")) >= 0:
        raw = _object_in(outer.message[start:])
        outer = replace(outer, message=outer.message[:start].rstrip(" :-")) if raw else outer
    if not raw or depth == MAX_DEPTH:
        return outer
    if isinstance(raw, str):
        raw = _object_in(raw) or raw
    inner = _from_object(raw, depth + 1) if isinstance(raw, Mapping) else ErrorBody(message=_text(raw))
    return ErrorBody(
        code=inner.code or outer.code,
        kind=inner.kind or outer.kind,
        message=": ".join(said for said in (outer.message, inner.message) if said),
        parameter=inner.parameter or outer.parameter,
    )


def _object_in(text: str) -> Mapping[str, Any] | None:
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError:
        return None
    return value if isinstance(value, Mapping) else None


def _plain(text: str) -> str:
    text = text.strip()
    for opening in ('{"error": "', '{"error":"'):
        if text.startswith(opening):
            text = text.removeprefix(opening).removesuffix("}").rstrip().removesuffix('"')
    return text[:MAX_MESSAGE]


def _text(value: Any) -> str:
    if value is None or value == "":
        return ""
    text = value if isinstance(value, str) else orjson.dumps(value).decode()
    return text[:MAX_MESSAGE]
