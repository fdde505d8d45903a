"""The table of names holds every row of its sources, finds them by any spelling, and tells a name without guessing."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import glm_ui
from glm_ui.catalogue import load
from glm_ui.ui.models.name_trace import trace
from glm_ui.ui.models.rows import FAMILY_COLUMNS, GROUPS, Row, find, fold, rows
from tests.programs import program

DATA = Path(glm_ui.__file__).parent / "catalogue"
WEB = Path(glm_ui.__file__).parent / "web"
ALIASES: list[dict[str, Any]] = json.loads((DATA / "aliases.json").read_text("utf-8"))
FAMILY: list[dict[str, Any]] = json.loads((DATA / "family.json").read_text("utf-8"))

QUERIES = [
    "",
    "glm 4.6",
    "GLM_4.6",
    "haiku 2024",
    "z-ai/glm",
    "0727",
    "claude-3-5",
    "4.6v flash",
    "鲸",
    "gateway",
    "?",
]

SPELLINGS: list[Callable[[str], str]] = [
    str,
    str.upper,
    str.lower,
    lambda name: name.replace("-", "_"),
    lambda name: name.replace("-", " "),
]


ON_NODE = """
    let text = "";
    for await (const chunk of process.stdin) text += chunk;
    const { module, rows, queries, names } = JSON.parse(text);
    const { fold, select } = await import(module);
    const found = queries.map((query) => select(rows, query, {}).map((row) => row.key));
    console.log(JSON.stringify({ found, folded: names.map(fold) }));
"""


def named(kind: str, name: str) -> list[Row]:
    return [row for row in rows() if row.kind == kind and row.name == name]


# --- completeness, from the data alone


def test_all_thirty_one_aliases_and_sixteen_family_rows_are_there() -> None:
    assert (len(ALIASES), len(FAMILY)) == (31, 16)
    kinds = [row.kind for row in rows()]
    assert (kinds.count("alias"), kinds.count("family")) == (31, 16)


@pytest.mark.parametrize("alias", ALIASES, ids=lambda a: f"{a['surface']}:{a['name']}")
def test_an_alias_row_says_what_the_table_says(alias: dict[str, Any]) -> None:
    (row,) = [row for row in named("alias", alias["name"]) if row.surface == alias["surface"]]
    assert (row.model, row.group) == (alias["model"], alias["group"])
    assert row.figures["target"]["value"] == alias["target"]
    assert row.figures["described"]["value"] == alias["description"]
    assert row.figures.get("table_date", {}).get("value") == alias["date"]
    assert row.wire_ids[{"openai": "gateway", "anthropic": "gateway-anthropic"}[alias["surface"]]]


@pytest.mark.parametrize("family", FAMILY, ids=lambda f: f["name"])
def test_a_family_row_has_all_its_own_columns(family: dict[str, Any]) -> None:
    (row,) = named("family", family["name"])
    assert {c: row.figures[f]["value"] for f, c in FAMILY_COLUMNS.items()} == {
        c: family[c] for c in FAMILY_COLUMNS.values()
    }
    assert row.model == family["model"]


def test_every_chat_model_that_someone_serves_is_a_current_row() -> None:
    served = {
        m["key"]
        for m in json.loads((DATA / "models.json").read_text("utf-8"))
        if m["ids"] and m.get("chat", True)
    }
    assert {row.model for row in rows() if row.group == "current"} == served
    assert {"glm-5.3", "glm-4.6", "glm-4.5v"} <= served


def test_each_figure_names_its_source() -> None:
    for row in rows():
        for name, told in row.figures.items():
            if told["value"] is not None:
                assert told["sources"], (row.key, name)
            assert all(source["source"] in load().sources for source in told["sources"])


def test_rows_are_json() -> None:
    public = json.loads(json.dumps([row.public() for row in rows()]))
    assert len({row["key"] for row in public}) == len(public)
    for row in public:
        assert {"name", "model", "group", "wire_ids", "figures"} <= row.keys()


# --- finding


@pytest.mark.parametrize("write", SPELLINGS)
def test_any_spelling_of_a_name_finds_its_row(write: Callable[[str], str]) -> None:
    names = {alias["name"] for alias in ALIASES}
    assert {name for name in names if name not in {row.name for row in find(write(name))}} == set()


def test_a_group_may_be_named_by_key_or_label() -> None:
    for key, label in GROUPS.items():
        by_key, by_label = find(group=key), find(group=label.upper())
        assert by_key == by_label
        assert by_key
        assert {row.group for row in by_key} == {key}


def test_a_provider_narrows_to_what_it_serves() -> None:
    assert {row.model for row in find(provider="OpenRouter") if row.kind == "model"} == {
        key for key, model in load().models.items() if "openrouter" in model.ids and model.chat
    }
    assert find("z-ai/glm-4.5v", provider="openrouter")


@pytest.mark.parametrize("asked", [{"group": "nope"}, {"provider": "nope"}])
def test_an_unknown_filter_is_a_sentence_and_not_an_empty_table(asked: dict[str, str]) -> None:
    with pytest.raises(LookupError, match="There are: "):
        find(**asked)


def test_the_page_searches_as_the_endpoint_does() -> None:
    """`web/models/rows.js` on Node, with the rows that the page gets."""
    node = program("node")
    names = [*(alias["name"] for alias in ALIASES), "GLM-4.5V (new)", "Ünïcode x2", "  a--b  "]
    asked = {
        "module": (WEB / "models/rows.js").resolve().as_uri(),
        "rows": [row.brief() for row in rows()],
        "queries": QUERIES,
        "names": names,
    }
    done = subprocess.run(
        [node, "--input-type=module", "-e", ON_NODE],
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        check=True,
    )
    told = json.loads(done.stdout)
    assert told["found"] == [[row.key for row in find(query)] for query in QUERIES]
    assert told["folded"] == [fold(name) for name in names]


# --- tracing


@pytest.mark.parametrize("write", SPELLINGS)
def test_every_spelling_of_every_alias_traces_to_its_model(write: Callable[[str], str]) -> None:
    for alias in ALIASES:
        told = trace(write(alias["name"]))
        assert (told["mapped"], told["model"]) == (True, alias["model"])
        assert told["steps"][-1]["kind"] == "provider"
        assert alias["name"] in {says["name"] for says in told["says"] if says["kind"] == "alias"}


@pytest.mark.parametrize(
    "name", ["gpt-4", "claude", "claude-haiku-4-5", "glm-4.6-turbo", "glm", "", "x" * 5000]
)
def test_what_is_not_mapped_is_said_loudly(name: str) -> None:
    told = trace(name)
    assert told["mapped"] is False
    assert told["steps"][-1]["kind"] == "not_mapped"
    assert told["wire_id"] is None
    assert not told["says"]


def test_near_names_are_offered() -> None:
    assert "glm-4.6" in [name.lower() for name in trace("glm-4.66")["nearest"]]


CONFLICTS = [
    ("claude-3-sonnet-20240229", "claude-3-sonnet-split"),
    ("claude-3-sonnet", "claude-3-sonnet-split"),
    ("glm-4.6", "glm-4.6-window"),
    ("glm-4.5v", "glm-4.5v-audio"),
    ("GLM_4.5V", "glm-4.5v-tools"),
    ("GLM-4.6", "family-dates-2025-01"),
]


@pytest.mark.parametrize(("name", "conflict"), CONFLICTS)
def test_a_conflict_is_told_with_the_source_of_each_side(name: str, conflict: str) -> None:
    (told,) = [one for one in trace(name)["conflicts"] if one["key"] == conflict]
    assert len(told["sides"]) >= 2
    assert all(side["title"] for side in told["sides"])
    assert told["point"]
    assert told["verdict"]


def points(name: str, provider: str | None = None) -> dict[str, dict[str, Any]]:
    return {point["point"]: point for point in trace(name, provider)["points"]}


def test_a_promise_stands_beside_what_is_given() -> None:
    told = points("claude-3-5-haiku-20241022", "gateway-anthropic")
    assert (told["window"]["promised"]["value"], told["window"]["given"]["value"]) == (200000, 65536)
    assert told["window"]["differs"]
    assert told["price_input"]["differs"]
    assert not told["thinking"]["differs"]
    assert told["window"]["promised"]["sources"]


def test_inputs_are_those_at_the_provider_that_the_name_leads_to() -> None:
    assert points("glm-4.5v", "gateway")["inputs"]["given"]["value"] == ["text", "image"]
    assert "video" in points("glm-4.5v", "zai")["inputs"]["given"]["value"]
    assert points("glm-4.5v", "zai")["inputs"]["differs"]


def test_a_rounded_window_is_no_difference_but_another_figure_is() -> None:
    assert not points("GLM-4.6V")["window"]["differs"]  # 128k against 131,072
    assert points("glm4.6")["window"]["differs"]  # 195K against 204,800


def test_a_price_says_whose_it_is() -> None:
    assert points("glm-4.6", "openrouter")["price_input"]["given"]["provider"] == "openrouter"
    assert points("glm-4.6", "gateway")["price_input"]["given"]["provider"] == "zai"
