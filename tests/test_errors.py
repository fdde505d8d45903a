from __future__ import annotations

import json

import pytest

from glm_ui import errors
from glm_ui.errors import GlmUiError, classify, plain_text


def judge(
    status: int | None = None, code: str = "", kind: str = "", message: str = "", **more: object
) -> GlmUiError:
    return classify(status=status, code=code, kind=kind, message=message, provider="Z.ai", **more)  # type: ignore[arg-type]


def leaves(kind: type[GlmUiError]) -> list[type[GlmUiError]]:
    below = kind.__subclasses__()
    return [leaf for child in below for leaf in leaves(child)] if below else [kind]


ALL = [k for k in leaves(GlmUiError) if k.__module__.startswith("glm_ui.errors")]
WAYS_OUT = {
    "", "key", "retry", "shorten", "new_chat", "no_thinking", "more_tokens", "model", "provider", "continue",
    "show_thinking", "settings",
}  # fmt: skip


# ---- the tree


def test_the_docstring_draws_every_class_of_the_tree() -> None:
    assert [k.__name__ for k in ALL if k.__name__ not in (errors.__doc__ or "")] == []


def test_slugs_are_unique() -> None:
    assert len({k.slug for k in ALL}) == len(ALL)


@pytest.mark.parametrize("kind", ALL)
def test_each_kind_speaks_whole_sentences_and_offers_one_known_way_out(kind: type[GlmUiError]) -> None:
    error = kind.of("Z.ai")
    assert error.what
    assert error.way_out in WAYS_OUT
    for sentence in filter(None, (error.what, error.why, error.todo)):
        assert sentence[0].isupper()
        assert sentence[-1] in ".?"
        assert "{" not in sentence
    assert json.loads(json.dumps(error.public()))["slug"] == kind.slug


def test_a_sentence_begins_with_a_capital_when_the_provider_has_no_name() -> None:
    assert errors.KeyRejected.of().what == "The server did not accept the key."


# ---- the codes of Z.ai and BigModel

CODES: dict[type[GlmUiError], str] = {
    errors.KeyRejected: "1000 1001 1002 1003 1004 1005",
    errors.PermissionDenied: "1110 1111 1112 1121 1220",
    errors.NoBalance: "1113",
    errors.BadParameter: "1210 1212 1213 1214 1215 1231",
    errors.ModelUnknownThere: "1211 1221",
    errors.WrongAddress: "1222",
    errors.ContextTooLong: "1261",
    errors.ContentFiltered: "1300 1301",
    errors.RateLimited: "1302 1303",
    errors.Overloaded: "1305 1312",
    errors.QuotaUsedUp: "1304 1308 1309 1310 1313 1314 1315 1316 1317 1318 1319 1320 1321",
    errors.NotInPlan: "1311",
    errors.ProviderDown: "1120 1200 1230 1234",
}
PAIRS = [(code, kind) for kind, codes in CODES.items() for code in codes.split()]


@pytest.mark.parametrize(("code", "kind"), PAIRS)
def test_the_business_code_decides_whatever_the_status(code: str, kind: type[GlmUiError]) -> None:
    for status in (400, 401, 403, 429, 500, 200, None):
        error = judge(status, code, message="anything at all")
        assert (type(error), error.provider_code, error.status) == (kind, code, status)


@pytest.mark.parametrize("code", ["1302", "1303", "1305", "1312", "1234", "1200", "1230"])
def test_these_can_be_asked_again(code: str) -> None:
    assert judge(429, code).retryable
    assert not judge(429, code, in_stream=True).retryable


@pytest.mark.parametrize(
    "code", ["1113", "1304", "1308", "1309", "1310", "1311", "1313", "1320", "1210", "1214", "1000"]
)
def test_these_are_never_asked_again_though_they_come_as_429(code: str) -> None:
    assert not judge(429, code).retryable


# ---- other providers


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("invalid_request_error", errors.BadParameter),
        ("authentication_error", errors.KeyRejected),
        ("billing_error", errors.NoBalance),
        ("permission_error", errors.PermissionDenied),
        ("request_too_large", errors.TooLarge),
        ("rate_limit_error", errors.RateLimited),
        ("api_error", errors.ProviderDown),
        ("overloaded_error", errors.Overloaded),
        ("timeout_error", errors.ProviderDown),
        ("no_db_connection", errors.KeyRejected),
        ("exceed_context_size_error", errors.ContextTooLong),
    ],
)
def test_error_types(kind: str, expected: type[GlmUiError]) -> None:
    assert type(judge(400, kind=kind, message="words")) is expected


@pytest.mark.parametrize(
    ("status", "message", "expected"),
    [
        (400, "This model's maximum context length is 8192 tokens.", errors.ContextTooLong),
        (400, "the request exceeds the available context size", errors.ContextTooLong),
        (400, "prompt is too long: 210000 tokens > 200000 maximum", errors.ContextTooLong),
        (404, "The model `glm-9` does not exist.", errors.ModelUnknownThere),
        (400, "z-ai/glm-9 is not a valid model ID", errors.ModelUnknownThere),
        (404, "No endpoints found for z-ai/glm-9.", errors.ModelUnknownThere),
        (400, "Model not supported by any provider you have enabled", errors.ModelUnknownThere),
        (400, "anthropic_messages: Invalid model name passed in model=glm-9.", errors.ModelUnknownThere),
        (400, "Server is pinned to 'a/b'; requested 'glm-9'.", errors.ModelUnknownThere),
        (404, "404 page not found", errors.WrongAddress),
        (405, "Method Not Allowed", errors.WrongAddress),
        (200, "404 NOT_FOUND", errors.WrongAddress),
        (402, "You have exceeded your monthly included credits", errors.NoBalance),
        (402, "Insufficient credits", errors.NoBalance),
        (403, "Your chosen model requires moderation and your input was flagged", errors.ContentFiltered),
        (403, "Forbidden", errors.PermissionDenied),
        (400, "API key not valid", errors.BadParameter),
        (400, "Invalid API key", errors.KeyRejected),
        (401, "", errors.KeyRejected),
        (408, "", errors.ProviderDown),
        (413, "", errors.TooLarge),
        (422, "Unexpected keys in the request: {'thinking'}", errors.BadParameter),
        (429, "", errors.RateLimited),
        (434, "", errors.PermissionDenied),
        (435, "", errors.TooLarge),
        (451, "", errors.ContentFiltered),
        (500, "the model does not exist in this reality", errors.ProviderDown),
        (503, "DNS resolution failure", errors.ProviderDown),
        (529, "", errors.Overloaded),
        (418, "teapot", errors.UpstreamError),
        (302, "", errors.UpstreamError),
    ],
)
def test_status_and_words_where_no_code_tells(status: int, message: str, expected: type[GlmUiError]) -> None:
    assert type(judge(status, message=message)) is expected


@pytest.mark.parametrize(
    ("code", "expected"),
    [("429", errors.RateLimited), ("401", errors.KeyRejected), ("502", errors.StreamFailed)],
)
def test_an_http_status_in_the_code_counts_where_the_true_one_is_200(
    code: str, expected: type[GlmUiError]
) -> None:
    assert type(judge(200, code, message="x", in_stream=True)) is expected


@pytest.mark.parametrize("kind", ["", "api_error", "network_error"])
def test_what_has_no_name_of_its_own_in_a_stream_is_a_failed_stream(kind: str) -> None:
    error = judge(None, kind=kind, message="something", in_stream=True)
    assert type(error) is errors.StreamFailed
    assert error.way_out == "retry"


def test_an_unaffordable_answer_says_to_lower_the_tokens() -> None:
    error = judge(
        402, message="This request requires more credits, or fewer max_tokens. You can only afford 120."
    )
    assert type(error) is errors.NoBalance
    assert "Max tokens" in error.todo
    assert error.way_out == "settings"


# ---- what is said


@pytest.mark.parametrize(
    ("message", "parameter"),
    [
        ("Invalid API parameter, please check the documentation.", ""),
        ("The parameter `messages` was not received properly", "messages"),
        ("max_tokens is invalid", "max_tokens"),
        ("temperature参数非法", "temperature"),
        ("API 调用参数有误: top_p", "top_p"),
        ("Unexpected keys in the request: {'thinking'}", "thinking"),
        ("Unexpected fields in the request: {'continue_final_message'}", "continue_final_message"),
        ("parameter 'tool_choice' only supports auto", "tool_choice"),
        ("Unrecognized request argument supplied: chat_template_kwargs", "chat_template_kwargs"),
        ("invalid field: guided_json", "guided_json"),
    ],
)
def test_the_parameters_name_is_dug_out(message: str, parameter: str) -> None:
    error = judge(400, "1210", message=message)
    assert error.details["parameter"] == parameter
    assert parameter in error.what


def test_the_parameter_that_the_upstream_names_goes_first() -> None:
    assert judge(400, "1210", message="max_tokens", parameter="stop").details["parameter"] == "stop"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(5, "5 s"), (0.2, "1 s"), (119, "119 s"), (600, "10 min"), (86_000, "24 hours"), (5e5, "6 days")],
)
def test_a_limit_says_when_it_comes_back(seconds: float, words: str) -> None:
    error = judge(429, "1302", retry_after=seconds)
    assert words in error.todo
    assert error.retry_after == seconds


def test_the_providers_own_words_are_kept_and_trimmed() -> None:
    error = judge(400, "1214", message="x" * 30 + " y" * 5000)
    assert error.details["said"].startswith("x" * 30)
    assert len(error.details["said"]) <= 500


@pytest.mark.parametrize(
    ("dirty", "tidy"),
    [
        (
            "<html><head><title>T</title></head><body><h1>502 Bad&nbsp;Gateway</h1></body></html>",
            "502 Bad Gateway",
        ),
        ("a<script>alert(1)</script>b", "a b"),
        ("a<script>alert(1)", "a"),
        ("&lt;img src=x onerror=alert(1)&gt;", ""),
        ("1 < 2 and\n\n3 > 2", "1 < 2 and 3 > 2"),
        ("bell\x07 and\u202eend", "bell and end"),
        ("<!-- secret --> ok", "ok"),
    ],
)
def test_no_html_is_left(dirty: str, tidy: str) -> None:
    assert plain_text(dirty) == tidy


@pytest.mark.parametrize(
    "secret",
    [
        "sk-or-v1-0123456789abcdef",
        "hf_AbCdEfGhIjKlMnOp",
        "0123456789abcdef0123456789abcdef.AbCdEfGhIjKl",
        "eyJhbGciOiJIUzI1NiJ9.eyJhcGkiOjF9.c2lnbmF0dXJl",
        "Bearer whatever-it-is",
        "a1b2c3d4e5f6a7b8c9d0a1b2c3d4e5f6a7b8c9d0a1b2",
    ],
)
def test_what_is_shaped_like_a_key_is_hidden(secret: str) -> None:
    said = plain_text(f"Incorrect API key provided: {secret}, see the docs.")
    assert secret not in said
    assert secret.removeprefix("Bearer ") not in said
    assert "see the docs" in said


@pytest.mark.parametrize(
    "innocent", ["max_tokens: 131072", "glm-4.5-flash", "2026-11-20T10:00:00", "key frames"]
)
def test_what_is_no_key_stays(innocent: str) -> None:
    assert plain_text(innocent) == innocent


def test_an_error_forgets_a_key_wherever_it_stands() -> None:
    error = GlmUiError(
        "a KEY-12345678",
        "b KEY-12345678",
        provider_code="KEY-12345678",
        details={"x": [{"y": "KEY-12345678"}]},
    )
    error.redact("KEY-12345678")
    assert "KEY-12345678" not in f"{error} {error!r} {error.public()}"


def test_a_placeholder_is_no_secret() -> None:
    error = GlmUiError("An example.")
    error.redact("x")
    assert error.what == "An example."
