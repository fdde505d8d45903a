"""Maps an upstream's own error to one of ours by tables: by its code, its type, its words, then the HTTP status."""

from __future__ import annotations

import math
import re
from typing import Any

from glm_ui.errors.plain import plain_text
from glm_ui.errors.tree import GlmUiError
from glm_ui.errors.upstream import (
    BadParameter,
    ContentFiltered,
    ContextTooLong,
    KeyRejected,
    ModelUnknownThere,
    NoBalance,
    NotInPlan,
    Overloaded,
    PermissionDenied,
    ProviderDown,
    QuotaUsedUp,
    RateLimited,
    StreamFailed,
    TooLarge,
    UpstreamError,
    WrongAddress,
)
from glm_ui.languages import say

# Z.ai's and BigModel's business codes decide, not the HTTP status: 1113 comes as 429. The rest are codes and
# error types of Anthropic, OpenAI and llama.cpp, which cannot be mistaken for each other. The second is the
# why.
CODES: dict[str, tuple[type[GlmUiError], str]] = {
    "1000": (KeyRejected, ""),
    "1001": (KeyRejected, "It says that no key arrived."),
    "1002": (KeyRejected, ""),
    "1003": (KeyRejected, "It says that the key has expired."),
    "1004": (KeyRejected, ""),
    "1005": (KeyRejected, "The account asks for a second factor."),
    "1110": (PermissionDenied, "The account is not active."),
    "1111": (PermissionDenied, "The account does not exist."),
    "1112": (PermissionDenied, "The account is locked."),
    "1113": (NoBalance, "It answers 1113: no balance, or a plan key at the pay-as-you-go address."),
    "1120": (ProviderDown, "It cannot look up the account right now."),
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
    "1313": (
        QuotaUsedUp,
        "The account is held back under the fair use rules of its plan, which is for one person's coding tools.",
    ),
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
    "no_db_connection": (KeyRejected, "LiteLLM without a database accepts only its master key."),
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

GENERIC = {"api_error", "upstream_error", "rate_limit_error", "rate_limit_exceeded", "overloaded_error"}
GENERIC |= {"timeout", "timeout_error"}
"""Types that a gateway puts beside whatever its upstream said: an empty account outranks them, whatever the status."""
NO_BALANCE = re.compile(
    r"insufficient.{0,20}(balance|credit|fund|quota)|included credits|余额不足|欠费"
    r"|(?:code|error|错误)\W{0,4}1113(?!\d)|[\[(]1113[\])]",
    re.I,
)

_WRONG_KEY = r"(invalid|incorrect|wrong|expired|bad).{0,20}(api.?key|token|credential)|unauthorized"
_FEWER_TOKENS = r"fewer max_tokens|can only afford"

# What a message says where neither code nor type tells; looked at for client errors only.
TEXTS: tuple[tuple[str, type[GlmUiError]], ...] = (
    (_FEWER_TOKENS, NoBalance),
    (
        r"context.?(length|window|size)|maximum context|(prompt|input) (is )?too long|reduce the length",
        ContextTooLong,
    ),
    (
        r"(model|模型).{0,80}(not.(found|exist|supported|available)|does(n't| not) exist|不存在)",
        ModelUnknownThere,
    ),
    # transformers serve: "Server is pinned to 'a'; requested 'b'"
    (
        r"(unknown|no such|not a valid) model|invalid model (name|id)|no endpoints found|model_not_supported"
        r"|server is pinned to",
        ModelUnknownThere,
    ),
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
    said = plain_text(message)
    effective = _status(status, code)
    found, why = _kind_of(code, kind, said, effective)
    if in_stream and found in (UpstreamError, ProviderDown, BadParameter):
        found = StreamFailed
    words: dict[str, Any] = {"why": say(why)} if why else {}
    details: dict[str, Any] = {"said": said} if said else {}
    if found is BadParameter:
        details["parameter"] = name = plain_text(parameter, PARAMETER_LIMIT) or parameter_in(said)
        if name:
            words["what"] = say(
                "{provider} did not accept the option “{name}”.", provider="{provider}", name=name
            )
    words |= _better_words(found, said)
    if retry_after and found in _COMES_BACK:
        words["todo"] = say("Ask again in {time}, or pick another provider.", time=_span(retry_after))
    if quoted := _quoted(said):
        words["why"] = f"{words.get('why', say(found.says[1]))} {quoted}".strip()
    return found.of(
        provider,
        **words,
        provider_code=plain_text(code or kind, 60),
        status=status,
        retryable=bool(getattr(found, "retries", False)) and not in_stream,
        retry_after=retry_after,
        details=details,
    )


def _better_words(found: type[GlmUiError], said: str) -> dict[str, str]:
    """The sentences that fit what the upstream said better than the kind's own."""
    words: dict[str, str] = {}
    for concerned, pattern, more in _BETTER_WORDS:
        if found is concerned and pattern.search(said):
            words |= {key: value if key == "way_out" else say(value) for key, value in more.items()}
    return words


PARAMETER_LIMIT = 60
QUOTED_LIMIT = 200
"""Characters of an upstream's own words that stand in a message."""
_COMES_BACK = (RateLimited, Overloaded, QuotaUsedUp, ProviderDown)


_BETTER_WORDS: tuple[tuple[type[GlmUiError], re.Pattern[str], dict[str, str]], ...] = (
    (
        NoBalance,
        re.compile(_FEWER_TOKENS, re.I),
        {
            "why": "The balance does not cover the longest answer that was asked for.",
            "todo": "Lower “Max tokens” under More, or top the account up.",
            "way_out": "settings",
        },
    ),
    (
        RateLimited,
        re.compile(
            r"rate.?limited upstream|upstream.{0,20}rate.?limit", re.I
        ),  # OpenRouter, of a host's own limit
        {
            "why": "The host of this model has reached its limit for all users; your key has not reached its own.",
            "todo": "Wait a moment and retry, or pick another model.",
        },
    ),
)


def _quoted(said: str) -> str:
    """The upstream's own words as a sentence; '' for none, and for data that its server did not put into words."""
    said = re.split(r'[\[{]+\s*"', said, maxsplit=1)[0].rstrip(" :-")
    if not any(map(str.isalpha, said)):
        return ""
    said = said if len(said) <= QUOTED_LIMIT else said[: QUOTED_LIMIT - 1].rstrip() + "…"
    return say("It says: “{words}”.", words=said)


def _span(seconds: float) -> str:
    for unit, length in (("{n} days", 86_400), ("{n} hours", 3_600), ("{n} min", 60)):
        if seconds >= 2 * length:
            return say(unit, n=math.ceil(seconds / length))
    return say("{n} s", n=math.ceil(seconds))


def _status(status: int | None, code: str) -> int | None:
    """OpenRouter puts an HTTP status into `code` where the true one is 200."""
    if (status is None or status < 400) and re.fullmatch(r"[45]\d\d", code):
        return int(code)
    return status


def _kind_of(code: str, kind: str, said: str, status: int | None) -> tuple[type[GlmUiError], str]:
    named = [word for word in (code, kind) if word in CODES]
    for word in named:
        if word not in GENERIC:
            return CODES[word]
    if NO_BALANCE.search(said):
        return NoBalance, ""
    if named:
        return CODES[named[0]]
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
    r"(?:parameters?|param|fields?(?: in the request)?|argument|option|property|参数)\W{1,4}([a-z][\w.]*_[\w.]*|"
    + _PARAMETERS
    + r")\b",
    re.I,
)
_KNOWN = re.compile(r"(?<![\w.])(" + _PARAMETERS + r")(?!\w)", re.ASCII)


def parameter_in(message: str) -> str:
    """The wire name of the option that a message complains about, or ''."""
    found = _NAMED.search(message) or _KNOWN.search(message)
    return found.group(1) if found else ""
