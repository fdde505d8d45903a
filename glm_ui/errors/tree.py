"""The classes of the tree, each with its own words. No upstream's code or message is read here: that is `codes`."""

from __future__ import annotations

from typing import Any, ClassVar, Self

from glm_ui.errors.plain import SHORTEST_SECRET, redacted
from glm_ui.languages import say


class GlmUiError(Exception):
    """`what`, `why` and `todo` are each one sentence or empty. `slug` names the kind for programs; `way_out`
    names the one thing that a button may offer: key, retry, shorten, new_chat, no_thinking, more_tokens,
    model, provider, continue, show_thinking, settings or ''."""

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
        """The three sentences as they stand now: whoever knows more later may have changed one."""
        return " ".join(s for s in (self.what, self.why, self.todo) if s)

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
        words = (say(own) if mine is None else mine for own, mine in zip(cls.says, given, strict=True))
        name = provider or say("the server")
        said = [w.replace("{provider}", name) for w in words]
        return cls(*(s[:1].upper() + s[1:] for s in said), provider=provider, **rest)

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
    """The store of the counts cannot be asked, so the owner's key is not spent."""

    slug = "count_unknown"
    says = (
        "The owner's key cannot be used right now.",
        "The place where turns are counted does not answer.",
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


class UpstreamError(GlmUiError):
    slug = "upstream_error"
    says = ("{provider} refused the request.", "", "Try another model or provider.")
    way_out = "retry"
    retries: ClassVar[bool] = False
    """Whether asking again, a little later, can help."""


class KeyRejected(UpstreamError):
    slug = "key_rejected"
    says = (
        "{provider} did not accept the key.",
        "It may be mistyped, expired, or made for another region or plan.",
        "Check the key, or type another one.",
    )
    way_out = "key"


class NoBalance(UpstreamError):
    slug = "no_balance"
    says = (
        "The account at {provider} has no balance left for this.",
        "",
        "Top it up, use another key, or pick a free model.",
    )
    way_out = "key"


class RateLimited(UpstreamError):
    slug = "rate_limited"
    says = (
        "{provider} is getting too many requests.",
        "The key is over its rate limit.",
        "Wait a moment and retry.",
    )
    way_out = "retry"
    retries = True


class Overloaded(UpstreamError):
    slug = "overloaded"
    says = ("{provider} is overloaded right now.", "", "Retry in a moment, or pick another model.")
    way_out = "retry"
    retries = True


class QuotaUsedUp(UpstreamError):
    slug = "quota_used_up"
    says = (
        "The quota at {provider} is used up.",
        "",
        "Wait until it comes back, or use another key or provider.",
    )
    way_out = "provider"


class NotInPlan(UpstreamError):
    slug = "not_in_plan"
    says = (
        "This model is not part of the plan at {provider}.",
        "",
        "Pick another model, or a key with another plan.",
    )
    way_out = "model"


class PermissionDenied(UpstreamError):
    slug = "permission_denied"
    says = ("{provider} does not allow this with the key in use.", "", "Use another key, model or provider.")
    way_out = "key"


class ContextTooLong(UpstreamError):
    slug = "context_too_long"
    says = (
        "The conversation is too long for this model.",
        "It does not fit into the context window at {provider}.",
        "Shorten it, start a new chat, or pick a model with a larger window.",
    )
    way_out = "shorten"


class ContentFiltered(UpstreamError):
    slug = "content_filtered"
    says = (
        "{provider} filtered this.",
        "Its safety check objected to the question or to the answer.",
        "Word it differently, or start a new chat.",
    )
    way_out = "new_chat"


class BadParameter(UpstreamError):
    """`details["parameter"]` is the wire name of what was not accepted, or ''."""

    slug = "bad_parameter"
    says = (
        "{provider} did not accept an option of the request.",
        "",
        "Put the options under More back and retry.",
    )
    way_out = "settings"


class ModelUnknownThere(UpstreamError):
    slug = "model_unknown_there"
    says = (
        "{provider} does not know this model.",
        "It may be gone, or not open to this key.",
        "Pick another model.",
    )
    way_out = "model"


class TooLarge(UpstreamError):
    slug = "too_large"
    says = (
        "The request is too large for {provider}.",
        "",
        "Send fewer or smaller files, or shorten the chat.",
    )
    way_out = "shorten"


class WrongAddress(UpstreamError):
    slug = "wrong_address"
    says = (
        "There is no chat at this address of {provider}.",
        "A server answers, but it does not know the path.",
        "Check the base address in the settings.",
    )
    way_out = "settings"


class ProviderDown(UpstreamError):
    slug = "provider_down"
    says = ("{provider} returned a server error.", "", "Retry in a moment, or pick another provider.")
    way_out = "retry"
    retries = True


class ConnectionFailed(GlmUiError):
    slug = "connection_failed"
    says = ("The connection to {provider} failed.", "", "Check the network and retry.")
    way_out = "retry"


class CannotConnect(ConnectionFailed):
    slug = "cannot_connect"
    says = (
        "{provider} cannot be reached.",
        "Nothing accepts connections at its address.",
        "Is it running? Then retry.",
    )


class NameNotFound(ConnectionFailed):
    slug = "name_not_found"
    says = (
        "Can't reach {provider}: DNS lookup failed.",
        "No server has that host name.",
        "Check the network and the base address.",
    )


class TlsNotTrusted(ConnectionFailed):
    slug = "tls_not_trusted"
    says = (
        "The connection to {provider} is not trusted.",
        "Its certificate did not pass the check, so nothing was sent.",
        "Check the base address, the clock, and any proxy in between.",
    )
    way_out = "settings"


class ConnectionReset(ConnectionFailed):
    slug = "connection_reset"
    says = ("The connection to {provider} broke.", "", "Retry.")


class RedirectRefused(ConnectionFailed):
    slug = "redirect_refused"
    says = (
        "{provider} redirects to another address.",
        "It was not followed, so that the key stays where it belongs.",
        "Check the base address in the settings.",
    )
    way_out = "settings"


class TimedOut(ConnectionFailed):
    """`details["phase"]` is connect, first_byte or silence; `details["seconds"]` how long was waited."""

    slug = "timed_out"
    says = ("{provider} did not answer in time.", "", "Retry, or pick another model.")


class BadReply(GlmUiError):
    slug = "bad_reply"
    says = ("The reply of {provider} is not usable.", "", "Retry.")
    way_out = "retry"


class NotAStream(BadReply):
    slug = "not_a_stream"
    says = (
        "{provider} sent something that is not a chat reply.",
        "",
        "Check the base address, or retry.",
    )
    way_out = "settings"


class StreamFailed(BadReply):
    """Where text of the answer has come, `todo` and `way_out` say that it can go on: who reads the reply knows."""

    slug = "stream_failed"
    says = ("{provider} failed in the middle of the reply.", "", "Retry.")
    way_out = "retry"


class StreamCut(BadReply):
    """As StreamFailed."""

    slug = "stream_cut"
    says = ("The reply was cut off.", "The connection to {provider} ended before the reply did.", "Retry.")
    way_out = "retry"


class EmptyAnswer(BadReply):
    """`details`: `had_thinking` (bool) and `reason` (of `events.Done`)."""

    slug = "empty_answer"
    says = ("The answer is empty.", "", "Retry, or pick another model.")
