"""Every failure that a person may see. Sentences are plain: what happened, why, what to do next; never a key,
never a traceback, never HTML.

    GlmUiError
    ├── BadSettings            the owner's configuration
    ├── RequestError           found before anything is sent
    │   ├── UnknownModel       the name maps to nothing (carries the nearest names)
    │   ├── NotServed          the model is known, this provider does not serve it
    │   ├── UnknownProvider
    │   ├── MissingKey
    │   ├── CannotSend         a part or an option that this provider cannot take
    │   └── BadInput           an empty message, a malformed history
    ├── UpstreamError          the provider said no (keeps its own code)
    │   ├── KeyRejected  NoBalance  RateLimited  Overloaded  QuotaUsedUp  NotInPlan  PermissionDenied
    │   ├── ContextTooLong  ContentFiltered  BadParameter  ModelUnknownThere  TooLarge
    │   └── ProviderDown
    ├── ConnectionFailed       nothing, or nothing more, came over the wire
    │   ├── CannotConnect  NameNotFound  TlsNotTrusted  ConnectionReset  RedirectRefused
    │   └── TimedOut           (connect, first byte, silence)
    └── BadReply               what came is not a whole reply
        ├── NotAStream         HTTP 200 with HTML, with nothing, or with what nobody knows
        ├── StreamFailed       an error inside the stream
        ├── StreamCut          it ends before a finish reason
        └── EmptyAnswer        no answer (with or without thinking)
"""

from __future__ import annotations

from typing import Any, ClassVar


class GlmUiError(Exception):
    """`what`, `why` and `todo` are each one sentence or empty. `slug` names the kind for programs; `way_out` names
    the one thing that a button may offer: key, retry, shorten, new_chat, no_thinking, more_tokens, model, provider,
    continue, show_thinking, settings or ''."""

    slug: ClassVar[str] = "error"
    way_out: ClassVar[str] = ""

    def __init__(
        self,
        what: str,
        why: str = "",
        todo: str = "",
        *,
        provider: str = "",
        provider_code: str = "",
        status: int | None = None,
        retryable: bool = False,
        retry_after: float | None = None,
        details: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(" ".join(s for s in (what, why, todo) if s))
        self.what = what
        self.why = why
        self.todo = todo
        self.provider = provider
        self.provider_code = provider_code
        self.status = status
        self.retryable = retryable
        self.retry_after = retry_after
        self.details = details or {}

    def public(self) -> dict[str, Any]:
        """What may leave the server: JSON-ready, no key in it."""
        return {
            "slug": self.slug,
            "what": self.what,
            "why": self.why,
            "todo": self.todo,
            "way_out": self.way_out,
            "provider": self.provider,
            "provider_code": self.provider_code,
            "status": self.status,
            "retry_after": self.retry_after,
            "details": self.details,
        }
