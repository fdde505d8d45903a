"""What a model name means at the gateway: the table's rows exactly, the rules for Claude's later names, and no default
for any other."""

from __future__ import annotations

from typing import Any

import pytest

from glm_ui.catalogue import load
from glm_ui.errors import UnknownModel
from glm_ui.gateway import names
from glm_ui.settings import Settings

ZAI = Settings(_env_file=None, zai_api_key="k")  # type: ignore[call-arg]
TARGETS = {"GLM-4-6-API-V1": "glm-4.6", "0727-360B-API": "glm-4.5", "glm-4.5v": "glm-4.5v"}


def model_of(name: str, settings: Settings = ZAI) -> str:
    model = names.route(name, settings).model
    assert model is not None
    return model.key


@pytest.mark.parametrize("alias", load().aliases, ids=lambda alias: f"{alias.surface}-{alias.name}")
def test_every_row_of_the_table_means_what_stands_there(alias: Any) -> None:
    assert names.canonical(alias.name) == alias.name
    assert model_of(alias.name) == TARGETS[alias.target]
    listed = {one.id: one for one in names.listed(ZAI)}
    assert listed[alias.name].model == TARGETS[alias.target]
    shown = listed[alias.name].display_name
    assert shown.startswith(load().models[TARGETS[alias.target]].name)


def test_the_table_has_its_31_rows() -> None:
    assert len(load().aliases) == 31
    assert len({alias.name for alias in load().aliases}) == 30


@pytest.mark.parametrize(
    ("name", "model"),
    [
        ("claude-opus-5-5", "glm-4.6"),
        ("claude-sonnet-5-5[1m]", "glm-4.6"),
        ("claude-haiku-4-5", "glm-4.5v"),
        ("claude-haiku-4-5-20251001", "glm-4.5v"),
        ("claude-fable-1", "glm-4.6"),
        ("claude-3-5-sonnet-latest", "glm-4.6"),
        ("anthropic/claude-sonnet-4.5", "glm-4.6"),
        ("claude-opus-4-1-20250805[1m]", "glm-4.6"),
        ("glm-4.6[1m]", "glm-4.6"),
        ("GLM_4.6", "glm-4.6"),
        ("glm-5.1", "glm-5.1"),
    ],
)
def test_names_after_the_table_follow_its_rules(name: str, model: str) -> None:
    assert model_of(name) == model


@pytest.mark.parametrize(
    "name",
    [
        "gpt-5",
        "claude",
        "claude-instant-1",
        "my-sonnet",
        "sonnet",
        "glm",
        "glm-9",
        "opus of claude-x",
        "x" * 5000,
        "claude-\u043epus-4",
        "../../etc",
        "",
        " ",
    ],
)
def test_any_other_name_is_refused(name: str) -> None:
    with pytest.raises(UnknownModel):
        names.route(name, ZAI)


def test_the_nearest_names_are_told() -> None:
    with pytest.raises(UnknownModel) as unknown:
        names.route("glm-4.66", ZAI)
    assert "glm-4.6" in str(unknown.value)


def test_a_custom_servers_own_names_come_before_the_rules() -> None:
    own = Settings(
        _env_file=None,  # type: ignore[call-arg]
        glm_ui_custom_base_url="http://127.0.0.1:1/v1",  # type: ignore[call-arg]
        glm_ui_custom_models="claude-opus-at-home",
    )
    assert names.route("claude-opus-at-home", own).wire_id == "claude-opus-at-home"


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_a_request_does_not_come_back_to_the_gateway(host: str) -> None:
    """The page of this app may have this app as its gateway; the gateway itself then asks somebody else."""
    more: dict[str, Any] = {"glm_ui_port": 9090, "glm_ui_gateway_base_url": f"http://{host}:9090"}
    alone = names.without_itself(Settings(_env_file=None, gateway_api_key="k", **more))
    assert names.route("GLM-4-6-API-V1", alone).provider.key == "demo"
    keyed = names.without_itself(Settings(_env_file=None, zai_api_key="k", **more))
    assert names.route("GLM-4-6-API-V1", keyed).provider.key == "zai"
    other = Settings(_env_file=None, **more | {"glm_ui_port": 7860})  # type: ignore[arg-type]
    assert names.without_itself(other) is other
