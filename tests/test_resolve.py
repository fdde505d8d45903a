"""What a typed name becomes: thirty names in every spelling, ids, suffixes, who serves it, never a guess."""

from __future__ import annotations

import itertools
import json
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glm_ui.catalogue import CustomServer, Resolution, load, resolve
from glm_ui.catalogue.names import nearest, spelling, split_suffix

CATALOGUE = load()
ALIASES = sorted({alias.name for alias in CATALOGUE.aliases})
MEANS = {name.text: name.model for name in CATALOGUE.exact.values()}
SERVED = {key for key, model in CATALOGUE.models.items() if model.ids}
STEP_KINDS = {"exact", "spelling", "alias", "generic", "provider_id", "provider", "passed_on", "not_mapped"}
EVERYONE = tuple(CATALOGUE.providers)

UNKNOWN = [
    *json.loads((Path(__file__).parent / "data" / "unknown_names.json").read_text(encoding="utf-8")),
    "x" * 10_000,
    "glm-4.6" * 2_000,
    "-" * 10_000,
    "glm-4.6 " + " " * 9_000 + "x",
]


def variants(name: str) -> st.SearchStrategy[str]:
    """The name in any case, each separator as a space, a dash or an underscore, and padded."""

    def letter(char: str) -> st.SearchStrategy[str]:
        choices = " -_" if char in "-_ " else {char.lower(), char.upper()}
        return st.sampled_from(sorted(choices))

    pad = st.sampled_from(["", " ", "\t", "\n", "\u00a0", "   "])
    return st.tuples(pad, *(letter(char) for char in name), pad).map("".join)


@st.composite
def a_spelling_of(draw: st.DrawFn, names: list[str]) -> tuple[str, str]:
    name = draw(st.sampled_from(names))
    return name, draw(variants(name))


# ── what maps ──


@pytest.mark.parametrize("name", ALIASES)
def test_each_of_the_thirty_names_resolves_at_both_surfaces_of_the_gateway(name: str) -> None:
    for alias in (a for a in CATALOGUE.aliases if a.name == name):
        for provider in ("gateway", "gateway-anthropic"):
            found = resolve(name, provider)
            assert (found.mapped, found.model, found.provider) == (True, alias.model, provider)
        assert resolve(name, "gateway").wire_id == alias.target
    wire_id = resolve(name, "gateway-anthropic").wire_id
    assert wire_id == (name if name.startswith("claude") else MEANS[name])


def test_there_are_thirty_names() -> None:
    assert len(ALIASES) == 30


@given(a_spelling_of(ALIASES))
def test_case_space_underscore_and_dash_do_not_count(pair: tuple[str, str]) -> None:
    name, typed = pair
    found, plain = resolve(typed), resolve(name)
    assert found.mapped
    assert (found.model, found.wire_id) == (MEANS[name], plain.wire_id)


@given(a_spelling_of(sorted(MEANS)), st.sampled_from([None, *EVERYONE]))
def test_every_spelling_of_every_name_means_the_same_at_every_provider(
    pair: tuple[str, str], provider: str | None
) -> None:
    name, typed = pair
    found = resolve(typed, provider)
    assert found.model == MEANS[name]
    # an own server gets what was typed
    assert provider == "custom" or found.wire_id == resolve(name, provider).wire_id


@pytest.mark.parametrize(
    "typed",
    ["glm-4.6", "glm4.6", "glm_4.6", "GLM 4.6", "GLM-4.6", "glm-4-6", "Glm_4_6", " GLM  4.6 ", "GLM4.6"],
)
def test_a_version_may_be_written_in_many_ways(typed: str) -> None:
    assert resolve(typed).model == "glm-4.6"


def test_no_two_names_of_different_models_share_a_spelling() -> None:
    for one, other in itertools.combinations(MEANS, 2):
        if MEANS[one] != MEANS[other]:
            assert spelling(one) != spelling(other), (one, other)


def test_the_two_sonnets_stay_apart() -> None:
    assert resolve("claude-3-sonnet-20240229").model == "glm-4.5"
    assert resolve("claude-3-sonnet").model == "glm-4.6"


@pytest.mark.parametrize(
    ("typed", "kinds"),
    [
        ("glm-4.6", ["exact", "provider"]),
        ("GLM 4.6", ["spelling", "exact", "provider"]),
        ("glm_4.6", ["alias", "provider"]),
        ("claude-3-5-haiku-20241022", ["alias", "provider"]),
        ("Claude 3 Haiku", ["spelling", "generic", "provider"]),
        ("claude-3-haiku", ["generic", "provider"]),
        ("GLM-4 32B", ["alias", "provider"]),
        ("z-ai/glm-4.5v", ["provider_id", "provider"]),
        ("zai-org/GLM-4.6:novita", ["provider_id", "provider_id", "provider"]),
        ("gpt-4", ["not_mapped"]),
    ],
)
def test_steps_tell_how_the_name_was_read(typed: str, kinds: list[str]) -> None:
    assert [step.kind for step in resolve(typed).steps] == kinds


# ── what never maps ──


@pytest.mark.parametrize("name", UNKNOWN, ids=lambda name: ascii(name)[:40])
def test_an_unknown_name_is_never_mapped(name: str) -> None:
    for provider in (None, "zai", "gateway", "gateway-anthropic", "openrouter", "huggingface", "demo"):
        # with a provider named, ":novita" after a known name is a host there
        if ":" in name and provider in ("openrouter", "huggingface"):
            continue
        found = resolve(name, provider, ready=EVERYONE)
        assert (found.mapped, found.model, found.provider, found.wire_id) == (False, None, None, None)
        assert found.steps[-1].kind == "not_mapped"


@settings(max_examples=40)  # each looks for the names that are near, which takes 15 ms
@given(st.text(max_size=40))
def test_any_text_is_mapped_by_its_words_or_not_at_all(name: str) -> None:
    found = resolve(name)
    head, _ = split_suffix(name)
    known = spelling(name) in CATALOGUE.spellings or spelling(head) in CATALOGUE.spellings
    assert known or not found.mapped
    json.dumps(found.public())


@given(st.sampled_from(sorted(MEANS)), st.sampled_from("abxz9&=,;"), st.integers(0, 40))
def test_one_character_too_many_is_another_name(name: str, char: str, at: int) -> None:
    typed = name[:at] + char + name[at:]
    found = resolve(typed)
    assert not found.mapped or spelling(typed) in CATALOGUE.spellings


def test_near_names_are_offered_where_there_are_any() -> None:
    assert "glm-4.6" in resolve("glm-4.66").nearest
    assert "glm-4.5v" in resolve("my glm-4.5v").nearest
    assert "claude-3-haiku" in resolve("claude-haiku-4-5").nearest
    assert "claude-3-5-sonnet-20241022" in resolve("claude-3-5-sonnet-latest").nearest
    assert "glm-4.6" in resolve("\uff47\uff4c\uff4d-4.6").nearest
    assert resolve("gpt-4").nearest == ()
    assert resolve("").nearest == ()
    assert len(resolve("claude").nearest) == 4
    assert nearest("glm", ["GLM-5", "glm-5"]) == ("GLM-5",)


def test_a_hostile_name_costs_no_time() -> None:
    start = time.perf_counter()
    for name in ("x" * 1_000_000, "glm-" * 50, "g" * 200, "-_ " * 60):
        resolve(name)
    assert time.perf_counter() - start < 10


# ── who serves it ──


def test_the_first_that_serves_it_and_is_ready_is_chosen() -> None:
    assert resolve("glm-4.6", ready={"openrouter", "gateway"}).provider == "gateway"
    assert resolve("glm-4.6", ready={"huggingface", "openrouter"}).provider == "openrouter"
    assert resolve("glm-5.3-prime", ready={"zai", "gateway"}).provider == "openrouter"


def test_with_nobody_ready_it_is_the_first_that_serves_it_and_the_step_says_so() -> None:
    found = resolve("claude-3-opus")
    assert (found.provider, found.dialect, found.wire_id) == ("zai", "openai", "glm-4.6")
    assert "has a key or an address yet" in found.steps[-1].text
    assert "has what it needs" in resolve("claude-3-opus", ready={"zai"}).steps[-1].text


def test_an_id_prefers_whose_id_it_is_where_that_is_ready() -> None:
    assert resolve("z-ai/glm-4.6").provider == "openrouter"
    assert resolve("z-ai/glm-4.6", ready={"zai", "openrouter"}).provider == "openrouter"
    elsewhere = resolve("z-ai/glm-4.6", ready={"zai"})
    assert (elsewhere.provider, elsewhere.wire_id) == ("zai", "glm-4.6")


@given(st.sampled_from(sorted(MEANS)), st.sets(st.sampled_from(EVERYONE)))
def test_the_demo_is_never_chosen_by_itself(name: str, ready: set[str]) -> None:
    assert resolve(name, ready=ready).provider != "demo"


def test_the_demo_serves_every_chat_model_when_asked() -> None:
    for model in CATALOGUE.models.values():
        found = resolve(model.key, "demo")
        assert (found.mapped, found.provider) == ((True, "demo") if model.chat else (False, None))


def test_a_model_that_is_not_served_there_says_who_does() -> None:
    found = resolve("glm-4.7", "gateway")
    assert (found.mapped, found.model, found.route) == (False, "glm-4.7", None)
    assert "zai, zai-anthropic, openrouter, huggingface" in found.steps[-1].text


@pytest.mark.parametrize("name", ["glm-4-extreme", "glm-4-code-9b", "GLM-4 Air 4B"])
def test_a_model_that_nobody_serves_says_so(name: str) -> None:
    found = resolve(name, ready=EVERYONE)
    assert not found.mapped
    assert "No provider offers it" in found.steps[-1].text


@pytest.mark.parametrize("provider", ["nobody", "zai2", "https://api.z.ai", "x" * 5_000])
def test_an_unknown_provider_is_answered_with_those_there_are(provider: str) -> None:
    found = resolve("glm-4.6", provider)
    assert not found.mapped
    assert all(key in found.steps[-1].text for key in EVERYONE)
    assert len(found.steps[-1].text) < 300


def test_an_empty_provider_is_none_and_case_does_not_count() -> None:
    assert resolve("glm-4.6", "").provider == "zai"
    assert resolve("glm-4.6", " OpenRouter ").provider == "openrouter"
    assert resolve("glm-4.6", "Z.ai").provider == "zai"


@pytest.mark.parametrize(
    ("name", "provider", "wire_id"),
    [
        ("claude-3-5-haiku-20241022", "openrouter", "z-ai/glm-4.5v"),
        ("claude-3-5-haiku-20241022", "huggingface", "zai-org/GLM-4.5V"),
        ("Claude 3 5 Haiku 20241022", "gateway-anthropic", "claude-3-5-haiku-20241022"),
        ("0727-360b-api", "gateway", "0727-360B-API"),
        ("GLM-4-6-API-V1", "gateway-anthropic", "glm-4.6"),
        ("glm4.5", "gateway-anthropic", "glm-4.5"),
        ("zai-org/glm-4.6", "zai", "glm-4.6"),
    ],
)
def test_the_wire_gets_the_id_of_the_provider(name: str, provider: str, wire_id: str) -> None:
    assert resolve(name, provider).wire_id == wire_id


# ── what may follow an id ──


@pytest.mark.parametrize(
    ("name", "provider", "wire_id"),
    [
        ("zai-org/GLM-4.6:novita", None, "zai-org/GLM-4.6:novita"),
        ("Zai_Org/glm-4.6:fastest", None, "zai-org/GLM-4.6:fastest"),
        ("z-ai/glm-4.6:nitro", None, "z-ai/glm-4.6:nitro"),
        ("glm-4.6:novita", "huggingface", "zai-org/GLM-4.6:novita"),
        ("zai-org/GLM-4.6:novita", "zai", "glm-4.6"),
        ("zai-org/GLM-4.6:novita", "openrouter", "z-ai/glm-4.6"),
        ("glm-5.2[1m]", "zai-anthropic", "glm-5.2[1m]"),
        ("GLM 5.2[1M]", "zai-anthropic", "glm-5.2[1m]"),
        ("glm-5.2[1m]", "zai", "glm-5.2"),
        ("glm-4.6[1m]", "zai-anthropic", "glm-4.6"),
    ],
)
def test_a_suffix_goes_only_where_it_means_something(name: str, provider: str | None, wire_id: str) -> None:
    found = resolve(name, provider)
    assert found.wire_id == wire_id
    assert any(step.kind == "provider_id" for step in found.steps)


# ── the own server ──

OWN = CustomServer("openai", "chat_template_kwargs", ("zai-org/GLM-4.6", "my-model", "glm-4.7-flash:q4_K_M"))


def test_an_own_server_gets_any_name_as_typed() -> None:
    found = resolve("Qwen/Qwen3-0.6B", "custom")
    assert (found.mapped, found.model, found.wire_id) == (True, "Qwen/Qwen3-0.6B", "Qwen/Qwen3-0.6B")
    assert found.steps[-1].kind == "passed_on"
    assert found.route
    assert found.route.model is None
    assert resolve("/models/模型.gguf", "custom").wire_id == "/models/模型.gguf"


@pytest.mark.parametrize("name", ["", "  ", "x" * 10_000, "a\nb", "a\x00b"])
def test_an_own_server_is_not_sent_what_is_no_name(name: str) -> None:
    assert not resolve(name, "custom", custom=OWN).mapped


def test_an_own_server_gets_a_known_model_under_its_own_name() -> None:
    found = resolve("GLM 4.6", "custom", custom=OWN)
    assert (found.model, found.wire_id) == ("glm-4.6", "zai-org/GLM-4.6")
    assert resolve("glm-4.7-flash", "custom", custom=OWN).wire_id == "glm-4.7-flash:q4_K_M"
    assert resolve("glm-4.5", "custom", custom=OWN).wire_id == "glm-4.5"


def test_names_of_the_own_server_find_it() -> None:
    assert resolve("my-model", custom=OWN).provider == "custom"
    assert resolve("My-Model", custom=OWN).wire_id == "my-model"
    assert resolve("zai-org/GLM-4.6", custom=OWN, ready={"custom", "huggingface"}).provider == "custom"
    assert resolve("glm-4.6", custom=OWN, ready={"custom"}).provider == "custom"
    assert resolve("glm-4.6", custom=OWN, ready={"custom", "zai"}).provider == "zai"
    assert not resolve("your-model", custom=OWN).mapped


def test_the_own_servers_row_follows_its_settings() -> None:
    def provider(server: CustomServer) -> object:
        found = resolve("m", "custom", custom=server)
        assert found.route
        row = found.route.provider
        return row.dialect, row.thinking, row.effort_field, row.usage_option, row.continue_style

    assert provider(OWN) == (
        "openai",
        "chat_template_kwargs",
        "chat_template_kwargs.reasoning_effort",
        True,
        "continue_final_message",
    )
    assert provider(CustomServer("anthropic", "thinking")) == (
        "anthropic",
        "thinking",
        "output_config.effort",
        False,
        "prefill",
    )
    assert provider(CustomServer()) == ("openai", "none", None, True, "ask")


# ── as data ──


@given(st.sampled_from([*MEANS, "gpt-4", "", "z-ai/glm-4.6:x"]), st.sampled_from([None, *EVERYONE, "nobody"]))
def test_the_public_form_is_json_with_the_promised_fields(name: str, provider: str | None) -> None:
    found = resolve(name, provider)
    public = json.loads(json.dumps(found.public()))
    assert list(public) == ["mapped", "model", "provider", "dialect", "wire_id", "steps", "nearest"]
    assert public["mapped"] is (found.route is not None)
    assert public["mapped"] is bool(public["wire_id"])
    assert public["steps"]
    assert all(step["kind"] in STEP_KINDS and step["text"].endswith(".") for step in public["steps"])


def test_a_route_carries_the_rows() -> None:
    found: Resolution = resolve("glm-4.5v", "gateway-anthropic")
    assert found.route
    assert found.route.model is CATALOGUE.models["glm-4.5v"]
    assert found.route.dialect == found.dialect == "anthropic"
