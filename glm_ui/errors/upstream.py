"""What goes wrong once a request is on its way: the provider refused it, the connection failed, or the reply is not
usable. No upstream's code or message is read here: that is `codes`."""

from __future__ import annotations

from typing import ClassVar

from glm_ui.errors.tree import GlmUiError


class UpstreamError(GlmUiError):
    slug = "upstream_error"
    says = ("{provider} refused the request.", "", "Try another model or provider.")
    way_out = "retry"
    retries: ClassVar[bool] = False
    """Whether asking again, a little later, can help."""
    todo_of_visitor: ClassVar[str] = ""
    """The `todo` where the key is not that of who asked but the server's, `{name}`."""


class KeyRejected(UpstreamError):
    slug = "key_rejected"
    says = (
        "{provider} did not accept the key.",
        "It may be mistyped, expired, or made for another region or plan.",
        "Check the key, or type another one.",
    )
    todo_of_visitor = "It is this server's key ({name}): its owner can change it. Or enter a key of your own."
    way_out = "key"


class NoBalance(UpstreamError):
    slug = "no_balance"
    says = (
        "The account at {provider} has no balance left for this.",
        "",
        "Top it up, use another key, or pick a free model.",
    )
    todo_of_visitor = (
        "It is the account of this server's key ({name}). Enter a key of your own, or pick a free model."
    )
    way_out = "key"


class RateLimited(UpstreamError):
    slug = "rate_limited"
    says = (
        "{provider} asks to slow down.",
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
        "Wait until the quota is renewed, or use another key or provider.",
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
