"""What providers list is read in each of their shapes, and set beside the catalogue."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from glm_ui.catalogue import load
from glm_ui.errors import KeyRejected, MissingKey
from glm_ui.providers.model_list import Listed, NotAList, ask_list, beside_catalogue, read_list
from glm_ui.settings import Settings
from tests.conftest import CANARY
from tests.upstream import Upstream

pytestmark = pytest.mark.usefixtures("pool")

OPENAI = b'{"object":"list","data":[{"id":"glm-4.6","object":"model"},{"id":"glm-9-new","object":"model"}]}'
ANTHROPIC = b'{"data":[{"id":"glm-4.6","type":"model","display_name":"GLM-4.6"}],"has_more":false}'
OPENROUTER = b"""{"data":[{"id":"z-ai/glm-4.6","name":"Z.AI: GLM 4.6","context_length":202752,
 "architecture":{"input_modalities":["text"]},"pricing":{"prompt":"0.00000045","completion":"0.0000019",
 "input_cache_read":"0.00000011"},"top_provider":{"max_completion_tokens":65536},
 "supported_parameters":["tools","reasoning"]},{"id":"openrouter/auto","pricing":{"prompt":"-1","completion":"-1"}},
 {"id":"openai/gpt-x"}]}"""
HUGGING_FACE = b"""{"data":[{"id":"zai-org/GLM-4.6","providers":[{"provider":"novita","status":"live",
 "context_length":204800,"pricing":{"input":0.55,"output":2.2},"supports_tools":true},
 {"provider":"together","status":"live"}]}]}"""


def test_openai_and_anthropic_lists_are_ids_and_names() -> None:
    assert read_list(OPENAI) == (Listed("glm-4.6"), Listed("glm-9-new"))
    assert read_list(ANTHROPIC) == (Listed("glm-4.6", "GLM-4.6"),)


def test_openrouter_prices_are_told_per_million() -> None:
    first, auto, _ = read_list(OPENROUTER)
    assert (first.price_input, first.price_output, first.price_cached) == (0.45, 1.9, 0.11)
    assert (first.window, first.max_output, first.inputs, first.tools) == (202752, 65536, ("text",), True)
    assert auto.price_input is None


def test_hugging_face_has_a_line_for_each_host() -> None:
    assert [(row.host, row.price_input) for row in read_list(HUGGING_FACE)] == [
        ("novita", 0.55),
        ("together", None),
    ]


@pytest.mark.parametrize("body", [b"<html>", b"{}", b'"x"', b'{"data":{"id":1}}', b""])
def test_what_is_no_list_is_refused(body: bytes) -> None:
    with pytest.raises(NotAList):
        read_list(body)


def test_both_sides_are_told_what_the_other_lacks() -> None:
    told = beside_catalogue(read_list(OPENAI), "zai")
    assert [(row["id"], row["model"]) for row in told["models"]] == [
        ("glm-4.6", "glm-4.6"),
        ("glm-9-new", None),
    ]
    lacking = {row["model"] for row in told["lacking"]}
    assert "glm-4.5" in lacking
    assert "glm-4.6" not in lacking
    assert lacking <= {key for key, model in load().models.items() if "zai" in model.ids}


def test_a_list_of_everyones_models_is_narrowed_to_glm() -> None:
    told = beside_catalogue(read_list(OPENROUTER), "openrouter")
    assert [row["id"] for row in told["models"]] == ["z-ai/glm-4.6"]
    assert told["others"] == 2
    assert told["models"][0]["catalogue"] == {"input": 0.6, "output": 2.2}


def test_the_gateways_display_names_are_known_by_their_spelling() -> None:
    told = beside_catalogue((Listed("GLM-4.6"), Listed("GLM-4.5V")), "gateway")
    assert [row["model"] for row in told["models"]] == ["glm-4.6", "glm-4.5v"]


@pytest.mark.parametrize(
    ("provider", "path", "header"),
    [
        ("zai", "/api/paas/v4/models", "authorization"),
        ("zai-anthropic", "/api/anthropic/v1/models", "x-api-key"),
    ],
)
async def test_it_is_asked_with_the_key_in_the_dialects_own_header(
    provider: str, path: str, header: str, up: Upstream, settings_for: Callable[..., Settings]
) -> None:
    up.reply(body=OPENAI)
    told = await ask_list(provider, settings_for(up), {})
    assert told["listed"]
    request = up.requests[0]
    assert (request.method, request.path.partition("?")[0]) == ("GET", path)
    assert CANARY in request.headers[header]
    assert CANARY not in str(told)


@pytest.mark.parametrize("answer", [{"status": 404, "body": "not found"}, {"body": "<html>Welcome</html>"}])
async def test_a_provider_without_that_route_is_no_error(
    answer: dict[str, object], up: Upstream, settings_for: Callable[..., Settings]
) -> None:
    up.reply(**answer)
    told = await ask_list("gateway", settings_for(up), {})
    assert told["listed"] is False


async def test_a_refused_key_is_said_to_be_one(up: Upstream, settings_for: Callable[..., Settings]) -> None:
    up.reply(status=401, body={"error": {"code": "1000", "message": "Authentication Failed"}})
    with pytest.raises(KeyRejected):
        await ask_list("zai", settings_for(up), {})


async def test_without_a_key_nobody_is_asked(up: Upstream, settings_for: Callable[..., Settings]) -> None:
    with pytest.raises(MissingKey):
        await ask_list("openrouter", settings_for(up), {})
    assert not up.requests


async def test_the_demo_lists_nothing(settings_for: Callable[..., Settings], up: Upstream) -> None:
    assert (await ask_list("demo", settings_for(up), {}))["listed"] is False
