"""How each protocol reports a failure: status, type, code, headers and words. One table; no I/O.

Trouble with the owner's key or account is never the client's 401: clients would ask their person to sign in again.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final, Literal

from glm_ui.errors import (
    BadInput,
    BadParameter,
    Busy,
    CannotSend,
    ConnectionFailed,
    ContentFiltered,
    ContextTooLong,
    CountUnknown,
    GlmUiError,
    KeyRejected,
    MissingKey,
    ModelUnknownThere,
    NoBalance,
    NotInPlan,
    NotServed,
    Overloaded,
    PermissionDenied,
    QuotaUsedUp,
    RateLimited,
    RequestError,
    Restarting,
    TimedOut,
    TooLarge,
    TooOften,
    UnknownModel,
    UnknownProvider,
    UsedUp,
)

Dialect = Literal["openai", "anthropic"]
_COUNT: Final = re.compile(r"(?<!\d)\d{4,9}(?!\d)")
LONGEST_WAIT: Final = 60
"""Seconds: clients wait as long as `retry-after` says, and some give up above this."""


@dataclass(frozen=True, slots=True)
class Kind:
    """How a kind of failure is said: HTTP status, Anthropic's type, OpenAI's type and code, and whether asking again
    can help (None: the client decides by the status)."""

    status: int
    anthropic: str
    openai: str
    code: str | None = None
    retry: bool | None = None
    openai_status: int | None = None


BAD_REQUEST = Kind(400, "invalid_request_error", "invalid_request_error", retry=False)
NOT_FOUND = Kind(404, "not_found_error", "invalid_request_error", retry=False)
NO_MODEL = Kind(404, "not_found_error", "invalid_request_error", "model_not_found", retry=False)
NO_METHOD = Kind(405, "invalid_request_error", "invalid_request_error", "method_not_allowed", retry=False)
NO_KEY = Kind(401, "authentication_error", "invalid_request_error", "invalid_api_key", retry=False)
FORBIDDEN = Kind(403, "permission_error", "permission_error", "permission_denied", retry=False)
TOO_LARGE = Kind(413, "request_too_large", "invalid_request_error", "request_too_large", retry=False)
RATE = Kind(429, "rate_limit_error", "rate_limit_error", "rate_limit_exceeded", retry=True)
QUOTA = Kind(429, "rate_limit_error", "insufficient_quota", "insufficient_quota", retry=False)
BALANCE = Kind(402, "billing_error", "insufficient_quota", "insufficient_quota", False, openai_status=429)
OVERLOADED = Kind(529, "overloaded_error", "server_error", "server_is_overloaded", True, openai_status=503)
OWNER = Kind(502, "api_error", "server_error", "upstream_account", retry=False)
UPSTREAM = Kind(502, "api_error", "server_error", "upstream_error", retry=True)
TIMEOUT = Kind(504, "timeout_error", "server_error", "upstream_timeout", retry=True)
OURS = Kind(500, "api_error", "server_error", "internal_error")
TOO_LONG = Kind(400, "invalid_request_error", "invalid_request_error", "context_length_exceeded", retry=False)
FILTERED = Kind(400, "invalid_request_error", "invalid_request_error", "content_filter", retry=False)

KINDS: Final[tuple[tuple[type[GlmUiError], Kind], ...]] = (
    (UnknownModel, NO_MODEL),
    (NotServed, NO_MODEL),
    (UnknownProvider, NO_MODEL),
    (ModelUnknownThere, NO_MODEL),
    (ContextTooLong, TOO_LONG),
    (ContentFiltered, FILTERED),
    (TooLarge, TOO_LARGE),
    (BadParameter, BAD_REQUEST),
    (BadInput, BAD_REQUEST),
    (CannotSend, BAD_REQUEST),
    (MissingKey, OWNER),
    (KeyRejected, OWNER),
    (NoBalance, BALANCE),
    (QuotaUsedUp, QUOTA),
    (UsedUp, QUOTA),
    (TooOften, RATE),
    (RateLimited, RATE),
    (Overloaded, OVERLOADED),
    (Busy, OVERLOADED),
    (Restarting, OVERLOADED),
    (CountUnknown, OVERLOADED),
    (NotInPlan, FORBIDDEN),
    (PermissionDenied, FORBIDDEN),
    (TimedOut, TIMEOUT),
    (RequestError, BAD_REQUEST),
    (ConnectionFailed, UPSTREAM),
    (GlmUiError, UPSTREAM),
)
"""The first row whose class fits."""


@dataclass(frozen=True, slots=True)
class Problem:
    """A failure in words, ready for either protocol. `param` is the field that is at fault, `retry_after` seconds."""

    kind: Kind
    message: str
    param: str | None = None
    retry_after: float | None = None

    def status(self, dialect: Dialect) -> int:
        return self.kind.openai_status or self.kind.status if dialect == "openai" else self.kind.status

    def headers(self) -> dict[str, str]:
        found: dict[str, str] = {}
        if self.kind.retry is not None:
            found["x-should-retry"] = "true" if self.kind.retry else "false"
        if self.kind.retry and self.retry_after is not None:
            found["retry-after"] = str(max(1, min(LONGEST_WAIT, -int(-self.retry_after // 1))))
        return found

    def body(self, dialect: Dialect, request_id: str) -> dict[str, Any]:
        if dialect == "anthropic":
            error = {"type": self.kind.anthropic, "message": self.message}
            return {"type": "error", "error": error, "request_id": request_id}
        return {
            "error": {
                "message": self.message,
                "type": self.kind.openai,
                "param": self.param,
                "code": self.kind.code,
            }
        }


def problem_of(
    error: GlmUiError, dialect: Dialect, *, tokens: int | None = None, window: int | None = None
) -> Problem:
    """The failure for a client. `tokens` and `window`: about how long the request is, and what the model takes."""
    kind = next(kind for of, kind in KINDS if isinstance(error, of))
    if kind is QUOTA and error.retry_after is not None and error.retry_after <= LONGEST_WAIT:
        kind = RATE
    param = error.details.get("param") or error.details.get("parameter") or None
    if kind is TOO_LONG:
        return Problem(kind, too_long(error, dialect, tokens, window), "messages")
    if kind is NO_MODEL:
        param = "model"
    words = [error.what, error.why]
    if kind is OWNER:
        words.append("This is about the key of this gateway's owner at its upstream, not about yours.")
    return Problem(kind, " ".join(word for word in words if word), param, error.retry_after)


def counts_in(why: str) -> tuple[int | None, int | None]:
    """(how long the request is, what the model takes) in tokens, from a provider's words about a model that the
    catalogue does not know; None where they do not name two counts."""
    counts = {int(count) for count in _COUNT.findall(why)}
    return (max(counts), min(counts)) if len(counts) > 1 else (None, None)


def too_long(error: GlmUiError, dialect: Dialect, tokens: int | None, window: int | None) -> str:
    """The words by which clients know that they must shorten the conversation."""
    why = " ".join(word for word in (error.what, error.why) if word)
    if window is None:
        tokens, window = counts_in(why)
    if window is None:
        begin = "prompt is too long:" if dialect == "anthropic" else "The maximum context length is exceeded."
        return f"{begin} {why}"
    asked = max(tokens or 0, window + 1)
    if dialect == "anthropic":
        return f"prompt is too long: {asked} tokens > {window} maximum"
    return (
        f"This model's maximum context length is {window} tokens. "
        f"However, your messages resulted in about {asked} tokens. Please reduce the length of the messages."
    )
