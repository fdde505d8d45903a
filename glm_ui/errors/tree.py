"""The classes of the tree, each with its own words. No upstream's code or message is read here: that is `codes`."""

from __future__ import annotations

from typing import Any, ClassVar, Self, TypedDict

from glm_ui.errors.plain import SHORTEST_SECRET, redacted
from glm_ui.languages import joined, say


class ErrorTold(TypedDict):
    """An error as it may leave the server."""

    slug: str
    what: str
    why: str
    todo: str
    way_out: str
    provider: str
    provider_code: str
    status: int | None
    retry_after: float | None
    details: dict[str, Any]


class GlmUiError(Exception):
    """`what`, `why` and `todo` are each one sentence or empty, in the language of the context where it has them. `slug`
    names the kind for programs; `way_out` names the one thing that a button may offer: key, retry, shorten, new_chat,
    no_thinking, more_tokens, model, provider, continue, show_thinking, settings or ''."""

    slug: ClassVar[str] = "error"
    says: ClassVar[tuple[str, str, str]] = ("Something went wrong.", "", "")
    """The kind's own what, why and todo; `{provider}` stands for who was asked."""
    way_out: str = ""

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
        way_out: str | None = None,
        details: dict[str, Any] | None = None,
    ) -> None:
        what, why, todo = say(what), say(why), say(todo)
        super().__init__(what, why, todo)
        self.what = what
        self.why = why
        self.todo = todo
        self.provider = provider
        self.provider_code = provider_code
        self.status = status
        self.retryable = retryable
        self.retry_after = retry_after
        if way_out is not None:
            self.way_out = way_out
        self.details = details or {}

    def __str__(self) -> str:
        """The three sentences in their present form: code that knows more may have changed one since."""
        return joined(self.what, self.why, self.todo)

    @classmethod
    def of(
        cls,
        provider: str = "",
        *,
        what: str | None = None,
        why: str | None = None,
        todo: str | None = None,
        **rest: Any,
    ) -> Self:
        """The kind in its own words, but for the sentences given here; `{provider}` may stand in both."""
        given = (what, why, todo)
        words = (say(own if mine is None else mine) for own, mine in zip(cls.says, given, strict=True))
        name = provider or say("the server")
        said = [w.replace("{provider}", name) for w in words]
        return cls(*(s[:1].upper() + s[1:] for s in said), provider=provider, **rest)

    def public(self) -> ErrorTold:
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

    def redact(self, secret: str) -> None:
        """Takes this very value out of everything that the error says: an upstream may echo its key. A short one
        is a placeholder ("EMPTY", "x") and stays."""
        if len(secret) < SHORTEST_SECRET:
            return
        for name in ("what", "why", "todo", "provider_code"):
            setattr(self, name, redacted(getattr(self, name), secret))
        self.details = redacted(self.details, secret)
        self.args = redacted(self.args, secret)


class BadSettings(GlmUiError):
    slug = "bad_settings"
    says = ("A setting is not usable.", "", "")
    way_out = "settings"


class RequestError(GlmUiError):
    slug = "request_error"
    says = ("This cannot be sent.", "", "")


class UnknownModel(RequestError):
    """`details["nearest"]` holds the nearest names."""

    slug = "unknown_model"
    says = ("This model name is not known.", "", "Pick a model from the list.")
    way_out = "model"


class NotServed(RequestError):
    slug = "not_served"
    says = ("{provider} does not serve this model.", "", "Pick another provider, or another model.")
    way_out = "provider"


class UnknownProvider(RequestError):
    slug = "unknown_provider"
    says = ("This provider is not known.", "", "Pick a provider from the list.")
    way_out = "provider"


class MissingKey(RequestError):
    slug = "missing_key"
    says = ("{provider} needs a key.", "None is set.", "Type yours, or pick another provider.")
    way_out = "key"


class CannotSend(RequestError):
    slug = "cannot_send"
    says = ("{provider} cannot take this.", "", "")
    way_out = "provider"


class BadInput(RequestError):
    slug = "bad_input"
    says = ("There is nothing to answer.", "", "Write a message first.")


class SignInFirst(RequestError):
    slug = "sign_in_first"
    says = ("You are not signed in.", "This GLM UI is private.", "Reload the page and sign in.")


class UsedUp(RequestError):
    """The visitor's or everyone's share of the owner's key. `details["back_at"]` is when it comes back, in seconds
    since 1970."""

    slug = "used_up"
    says = ("The free turns are used up.", "", "Enter a key of your own to go on now.")
    way_out = "key"


class CountUnknown(RequestError):
    """The store of the counts cannot be reached, so the owner's key is not used."""

    slug = "count_unknown"
    says = (
        "The owner's key cannot be used right now.",
        "The database that counts turns does not answer.",
        "Try again in a minute, or enter a key of your own.",
    )
    way_out = "key"


class Busy(RequestError):
    slug = "busy"
    says = ("GLM UI is busy.", "It is answering as many people as it can.", "Retry in a moment.")
    way_out = "retry"


class TooOften(RequestError):
    slug = "too_often"
    says = ("You are asking too often.", "", "Wait a minute, then retry.")
    way_out = "retry"


class Restarting(RequestError):
    slug = "restarting"
    says = ("GLM UI is restarting.", "", "Retry in a moment.")
    way_out = "retry"


class TurnGone(RequestError):
    """A reply that somebody comes back to, and that this process does not have."""

    slug = "turn_gone"
    says = (
        "This reply is no longer on its way.",
        "It ended some minutes ago, or the server that had it was restarted.",
        "What came so far is kept: continue from there.",
    )
    way_out = "continue"
