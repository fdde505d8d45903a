"""Every failure that a person may see. Sentences are plain: what happened, why, what to do next; never a key,
never a traceback, never HTML. No HTTP and no reading of bodies enters here: `classify` gets what was read.

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
    │   ├── WrongAddress       a server answers, but there is no chat at this address
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

import html
import math
import re
from typing import Any, ClassVar, Self

SAID_LIMIT = 500
"""Characters of a provider's own words that are kept."""


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
        super().__init__(" ".join(s for s in (what, why, todo) if s))
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
        words = (own if mine is None else mine for own, mine in zip(cls.says, given, strict=True))
        name = provider or "the server"
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

    def forget(self, *secrets: str) -> None:
        """Takes these very values out of everything that the error says: an upstream may echo its key."""
        for name in ("what", "why", "todo", "provider_code"):
            setattr(self, name, _without(getattr(self, name), secrets))
        self.details = _without(self.details, secrets)
        self.args = _without(self.args, secrets)


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
    says = ("{provider} has a problem of its own.", "", "Retry in a moment, or pick another provider.")
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
        "{provider} cannot be found.",
        "Its host name has no address.",
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
    slug = "stream_failed"
    says = (
        "{provider} failed in the middle of the reply.",
        "",
        "What came so far is kept: continue, or retry.",
    )
    way_out = "continue"


class StreamCut(BadReply):
    slug = "stream_cut"
    says = (
        "The reply was cut off.",
        "The connection to {provider} ended before the reply did.",
        "What came so far is kept: continue, or retry.",
    )
    way_out = "continue"


class EmptyAnswer(BadReply):
    """`details`: `had_thinking` (bool) and `reason` (of `events.Done`)."""

    slug = "empty_answer"
    says = ("The answer is empty.", "", "Retry, or pick another model.")


# Z.ai's and BigModel's business codes decide, not the HTTP status: 1113 comes as 429. The rest are codes and
# error types of Anthropic, OpenAI and llama.cpp, which cannot be mistaken for each other. The second is the
# why.
CODES: dict[str, tuple[type[GlmUiError], str]] = {
    "1000": (KeyRejected, ""),
    "1001": (KeyRejected, "It says that no key arrived."),
    "1002": (KeyRejected, ""),
    "1003": (KeyRejected, "It says that the key has expired."),
    "1004": (KeyRejected, ""),
    "1005": (KeyRejected, "The account wants a second factor."),
    "1110": (PermissionDenied, "The account is not active."),
    "1111": (PermissionDenied, "The account does not exist."),
    "1112": (PermissionDenied, "The account is locked."),
    "1113": (NoBalance, "It answers 1113: no balance, or a plan key at the pay-as-you-go address."),
    "1120": (ProviderDown, "It cannot get at the account right now."),
    "1121": (PermissionDenied, "The account is blocked for irregular use."),
    "1210": (BadParameter, ""),
    "1211": (ModelUnknownThere, ""),
    "1212": (BadParameter, "The model cannot be called in this way."),
    "1213": (BadParameter, "Something that it needs was missing."),
    "1214": (BadParameter, ""),
    "1215": (BadParameter, "Two options exclude each other."),
    "1220": (PermissionDenied, ""),
    "1221": (ModelUnknownThere, "It has been taken offline."),
    "1222": (WrongAddress, ""),
    "1261": (ContextTooLong, ""),
    "1300": (ContentFiltered, ""),
    "1301": (ContentFiltered, ""),
    "1302": (RateLimited, "Too many requests at once with this key."),
    "1303": (RateLimited, "Too many requests in a short time with this key."),
    "1304": (QuotaUsedUp, "The limit of calls for today is reached."),
    "1305": (Overloaded, "The model is in heavy use."),
    "1308": (QuotaUsedUp, "The usage limit is reached for now."),
    "1309": (QuotaUsedUp, "The plan has expired."),
    "1310": (QuotaUsedUp, "The limit for this week or month is reached."),
    "1311": (NotInPlan, ""),
    "1312": (Overloaded, "The model is in heavy use."),
    "1313": (QuotaUsedUp, "The account is held back under the fair use rules of its plan."),
    **{
        str(n): (QuotaUsedUp, "A spending or usage cap of the account is reached.") for n in range(1314, 1322)
    },
    "1200": (ProviderDown, ""),
    "1230": (ProviderDown, ""),
    "1231": (BadParameter, "The same request was sent twice."),
    "1234": (ProviderDown, "A network error inside it."),
    "network_error": (StreamFailed, "A network error inside it."),
    "authentication_error": (KeyRejected, ""),
    "invalid_api_key": (KeyRejected, ""),
    "billing_error": (NoBalance, ""),
    "insufficient_quota": (NoBalance, ""),
    "permission_error": (PermissionDenied, ""),
    "request_too_large": (TooLarge, ""),
    "rate_limit_error": (RateLimited, ""),
    "rate_limit_exceeded": (RateLimited, ""),
    "overloaded_error": (Overloaded, ""),
    "api_error": (ProviderDown, ""),
    "upstream_error": (ProviderDown, ""),
    "timeout_error": (ProviderDown, "It took too long inside it."),
    "timeout": (ProviderDown, "It took too long inside it."),
    "context_length_exceeded": (ContextTooLong, ""),
    "exceed_context_size_error": (ContextTooLong, ""),
    "content_filter": (ContentFiltered, ""),
    "sensitive": (ContentFiltered, ""),
    "model_not_found": (ModelUnknownThere, ""),
}

_WRONG_KEY = r"(invalid|incorrect|wrong|expired|bad).{0,20}(api.?key|token|credential)|unauthorized"
_FEWER_TOKENS = r"fewer max_tokens|can only afford"

# What a message says where neither code nor type tells; looked at for client errors only.
TEXTS: tuple[tuple[str, type[GlmUiError]], ...] = (
    (_FEWER_TOKENS, NoBalance),
    (r"insufficient.{0,20}(balance|credit|fund|quota)|included credits|余额不足|欠费", NoBalance),
    (
        r"context.?(length|window|size)|maximum context|(prompt|input) (is )?too long|reduce the length",
        ContextTooLong,
    ),
    (
        r"(model|模型).{0,80}(not.(found|exist|supported|available)|does(n't| not) exist|不存在)",
        ModelUnknownThere,
    ),
    (r"(unknown|no such|not a valid) model|no endpoints found|model_not_supported", ModelUnknownThere),
    (r"404.not.found|no static resource", WrongAddress),
    (
        r"content.?(filter|policy|moderation)|moderation|flagged|sensitive|unsafe content|敏感",
        ContentFiltered,
    ),
    (r"rate.?limit|too many requests", RateLimited),
    (_WRONG_KEY, KeyRejected),
)

STATUSES: dict[int, type[GlmUiError]] = {
    400: BadParameter,
    401: KeyRejected,
    402: NoBalance,
    403: PermissionDenied,
    404: WrongAddress,
    405: WrongAddress,
    408: ProviderDown,
    413: TooLarge,
    415: BadParameter,
    422: BadParameter,
    429: RateLimited,
    434: PermissionDenied,
    435: TooLarge,
    451: ContentFiltered,
    529: Overloaded,
}


def classify(
    *,
    status: int | None,
    code: str,
    kind: str,
    message: str,
    provider: str,
    parameter: str = "",
    retry_after: float | None = None,
    in_stream: bool = False,
) -> GlmUiError:
    """An upstream's own error as one of ours.

    `status` is the HTTP status (200 or None for an error inside a body or stream), `code` and `kind` are the
    upstream's own words for it ("1302", "rate_limit_error"), `provider` is the name that a person reads.
    `retry_after` is in seconds.
    """
    said = clean(message)
    effective = _status(status, code)
    found, why = _kind_of(code, kind, said, effective)
    if in_stream and found in (UpstreamError, ProviderDown, BadParameter):
        found = StreamFailed
    words: dict[str, Any] = {"why": why} if why else {}
    details: dict[str, Any] = {"said": said} if said else {}
    if found is BadParameter:
        details["parameter"] = name = parameter or parameter_in(said)
        if name:
            words["what"] = f"{{provider}} did not accept the option “{name}”."
    if found is NoBalance and re.search(_FEWER_TOKENS, said, re.I):
        words["why"] = "The balance does not cover the longest answer that was asked for."
        words["todo"] = "Lower “Max tokens” under More, or top the account up."
        words["way_out"] = "settings"
    if retry_after and found in _COMES_BACK:
        words["todo"] = f"Ask again in {_span(retry_after)}, or pick another provider."
    return found.of(
        provider,
        **words,
        provider_code=clean(code or kind, 60),
        status=status,
        retryable=bool(getattr(found, "retries", False)) and not in_stream,
        retry_after=retry_after,
        details=details,
    )


_COMES_BACK = (RateLimited, Overloaded, QuotaUsedUp, ProviderDown)


def _span(seconds: float) -> str:
    for unit, length in (("days", 86_400), ("hours", 3_600), ("min", 60)):
        if seconds >= 2 * length:
            return f"{math.ceil(seconds / length)} {unit}"
    return f"{math.ceil(seconds)} s"


def _status(status: int | None, code: str) -> int | None:
    """OpenRouter puts an HTTP status into `code` where the true one is 200."""
    if (status is None or status < 400) and re.fullmatch(r"[45]\d\d", code):
        return int(code)
    return status


def _kind_of(code: str, kind: str, said: str, status: int | None) -> tuple[type[GlmUiError], str]:
    for word in (code, kind):
        if word in CODES:
            return CODES[word]
    if status is None or status < 500 or "404" in said:
        for pattern, found in TEXTS:
            if re.search(pattern, said, re.I):
                return found, ""
    if status is not None and status in STATUSES:
        return STATUSES[status], ""
    if kind == "not_found_error":
        return ModelUnknownThere, ""
    return (ProviderDown if status is not None and status >= 500 else UpstreamError), ""


_PARAMETERS = (
    "temperature|top_p|top_k|max_tokens|max_completion_tokens|stop_sequences|stop|seed|presence_penalty"
    "|frequency_penalty|response_format|reasoning_effort|reasoning|chat_template_kwargs|thinking|clear_thinking"
    "|budget_tokens|stream_options|tool_choice|tools|image_url|video_url|file_url|do_sample|messages|system"
    "|model|request_id|user_id"
)
_NAMED = re.compile(
    r"(?:parameters?|param|field|argument|option|property|参数)\W{1,4}([a-z][\w.]*_[\w.]*|"
    + _PARAMETERS
    + r")\b",
    re.I,
)
_KNOWN = re.compile(r"(?<![\w.])(" + _PARAMETERS + r")(?!\w)")


def parameter_in(message: str) -> str:
    """The wire name of the option that a message complains about, or ''."""
    found = _NAMED.search(message) or _KNOWN.search(message)
    return found.group(1) if found else ""


_HIDDEN = "[key]"
_SECRET_SHAPES = re.compile(
    r"(?i:bearer)\s+[^\s\"',;<>]+"
    r"|\b(?:sk|hf|pk|rk|gsk|ak|key)[-_][\w.*-]{6,}"
    r"|\b[0-9a-f]{24,}\.[\w-]{6,}"  # Z.ai: id.secret
    r"|\beyJ[\w-]{8,}\.[\w-]+(?:\.[\w-]+)?"
    r"|\b(?=[\w-]*\d)(?=[\w-]*[A-Za-z])[\w-]{40,}\b"
)
_MARKUP = re.compile(
    r"<(script|style|head)\b.*?(</\1\s*>|$)|<!--.*?(-->|$)|</?[a-zA-Z!?][^>]*(>|$)", re.S | re.I
)


def clean(text: str, limit: int = SAID_LIMIT) -> str:
    """An upstream's words as plain text on one line: no HTML, nothing shaped like a key, at most `limit`
    long."""
    text = html.unescape(_MARKUP.sub(" ", text[: 100 * SAID_LIMIT]))
    text = _SECRET_SHAPES.sub(_HIDDEN, _MARKUP.sub(" ", text))
    text = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def _without(value: Any, secrets: tuple[str, ...]) -> Any:
    if isinstance(value, str):
        for secret in filter(None, secrets):
            value = value.replace(secret, _HIDDEN)
        return value
    if isinstance(value, dict):
        return {k: _without(v, secrets) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(_without(v, secrets) for v in value)
    return value
