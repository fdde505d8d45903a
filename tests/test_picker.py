"""What the picker offers and says; pure."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from glm_ui.languages import speaking
from glm_ui.settings import Settings
from glm_ui.ui.chat import picker
from glm_ui.ui.chat.controls import thinking_state


@pytest.fixture
def settings() -> Callable[..., Settings]:
    def make(**values: object) -> Settings:
        return Settings(_env_file=None, **values)  # type: ignore[arg-type]

    return make


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (128_000, "128K"),
        (131_072, "128K"),
        (204_800, "200K"),
        (202_752, "198K"),
        (65_536, "64K"),
        (1_048_576, "1M"),
    ],
)
def test_a_window_is_said_as_people_say_it(number: int, said: str) -> None:
    assert picker.tokens(number) == said


def test_without_a_key_the_demo_comes_first_and_with_one_it_steps_back(
    settings: Callable[..., Settings],
) -> None:
    bare, keyed = settings(), settings(openrouter_api_key="k")
    assert picker.default(bare, picker.choices(bare)) == "demo:glm-4.6"
    assert picker.default(keyed, picker.choices(keyed)) == "openrouter:glm-4.6"


def test_the_owners_default_is_picked_also_when_it_is_an_alias(settings: Callable[..., Settings]) -> None:
    named = settings(zai_api_key="k", glm_ui_model="claude-3-5-haiku-20241022")
    assert picker.default(named, picker.choices(named)) == "zai:glm-4.5v"


def test_a_custom_server_without_named_models_can_still_be_asked(settings: Callable[..., Settings]) -> None:
    custom = settings(glm_ui_custom_base_url="http://127.0.0.1:8000/v1")
    assert picker.default(custom, picker.choices(custom)) == "custom:default"


def test_every_choice_resolves_to_what_it_says(settings: Callable[..., Settings]) -> None:
    bare = settings()
    for label, value in picker.choices(bare):
        route = picker.pick(value, bare).route
        assert route, value
        assert label.endswith(route.provider.name)


def test_an_unknown_name_is_said_to_be_one_without_any_markup_of_its_own(
    settings: Callable[..., Settings],
) -> None:
    said = picker.facts(picker.pick("<img src=x onerror=alert(1)>", settings()))
    assert "<img" not in said
    assert "bad" in said


def test_each_providers_models_stand_newest_first(settings: Callable[..., Settings]) -> None:
    bare = settings()
    released: dict[str, list[str]] = {}
    for _, value in picker.choices(bare):
        route = picker.pick(value, bare).route
        assert route
        if route.model:
            date = route.model.released
            released.setdefault(route.provider.key, []).append(str(date.value if date else ""))
    assert len(released["zai"]) > 10
    for dates in released.values():
        assert dates == sorted(dates, reverse=True)


@pytest.mark.parametrize("on", [True, False])
def test_the_owner_says_whether_thinking_is_on_at_first(settings: Callable[..., Settings], on: bool) -> None:
    chosen = settings(zai_api_key="k", glm_ui_thinking=on)
    assert thinking_state(picker.pick("glm-4.6", chosen), chosen)["value"] is on


def test_the_page_is_told_of_each_model_that_it_offers(settings: Callable[..., Settings]) -> None:
    offered = {picker.split(value)[1] for _, value in picker.choices(settings())}
    told = picker.models()
    assert offered <= told.keys() | {picker.ANY_MODEL}
    assert told["glm-4.5v"]["takes"] == ["image", "video", "document"]
    assert told["glm-4.5v"]["at"]["huggingface"]["takes"] == ["image"]
    assert told["glm-4.6"]["at"]["zai"]["price"] == (0.6, 2.2)


def test_a_label_is_said_in_the_readers_language_and_the_list_knows_it_by_each(
    settings: Callable[..., Settings],
) -> None:
    bare = settings()
    with speaking("zh"):
        chinese = picker.choices(bare)
    english = picker.choices(bare)
    assert [value for _, value in chinese] == [value for _, value in english]
    assert (chinese[0][0], english[0][0]) == ("GLM-5.3 · 离线演示", "GLM-5.3 · Offline demo")
    style = picker.style()
    for label, _ in (*chinese, *english):
        assert f'[aria-label="{label}"]' in style, label
