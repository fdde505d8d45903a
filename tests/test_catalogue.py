"""The catalogue's files against the tables they were made from, and against each other.

The tables are read from copies in tests/data; nothing here knows a row by heart.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from glm_ui.catalogue import BadCatalogue, Catalogue, load
from glm_ui.catalogue.route import Route
from glm_ui.catalogue.rows import Model, Price
from glm_ui.catalogue.tables import HERE, read_catalogue

DATA = Path(__file__).parent / "data"
MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
PROVIDERS = [
    "zai",
    "zai-anthropic",
    "gateway",
    "gateway-anthropic",
    "openrouter",
    "huggingface",
    "custom",
    "demo",
]
GROUPS = {
    "OpenAI-Compatible": "openai_native",
    "Claude 4.x": "claude_4x",
    "Claude 3.x": "claude_3x",
    "Generic": "claude_generic",
    "Direct GLM": "glm_direct",
}


def tables(name: str) -> Iterator[tuple[str, list[dict[str, str]]]]:
    """(heading above, rows) of each Markdown table in a file of tests/data."""
    heading, rows, columns = "", [], []
    for line in [*(DATA / name).read_text(encoding="utf-8").splitlines(), ""]:
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if not line.startswith("|"):
            if rows:
                yield heading, rows
            heading, rows, columns = line if line.startswith("#") else heading, [], []
        elif not columns:
            columns = cells
        elif set(line) - set("|-: "):
            rows.append(dict(zip(columns, cells, strict=True)))


def gateway_rows() -> list[dict[str, str | None]]:
    """Every alias of the gateway table; a row with two spellings counts as two."""
    found: list[dict[str, str | None]] = []
    for heading, rows in tables("gateway_table.md"):
        group = next(ours for theirs, ours in GROUPS.items() if theirs in heading)
        for row in rows:
            first, second, *_ = row.values()
            for name in re.findall(r"`([^`]+)`", first):
                month, _, year = (row.get("Date") or "").partition(" ")
                found.append(
                    {
                        "name": name,
                        "group": group,
                        "target": name if group == "openai_native" else second.strip("`"),
                        "date": f"{year}-{MONTHS.index(month) + 1:02}" if year else None,
                        "surface": "openai" if group == "openai_native" else "anthropic",
                    }
                )
    return found


def family_rows() -> list[dict[str, str]]:
    (_, uses), (_, specifications) = tables("family_table.md")
    return [{**a, **b} for a, b in zip(uses, specifications, strict=True)]


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return load()


# ── complete ──


def test_every_row_of_the_gateway_table_is_an_alias_and_nothing_else_is(catalogue: Catalogue) -> None:
    fields = ("name", "group", "target", "date", "surface")
    ours = [{field: getattr(alias, field) for field in fields} for alias in catalogue.aliases]
    assert ours == gateway_rows()
    assert len(ours) == 31
    assert len({row["name"] for row in ours}) == 30


def test_aliases_mean_the_model_that_the_table_says(catalogue: Catalogue) -> None:
    names = {row["Model ID"].strip("`"): row["GLM Model"] for row in next(tables("gateway_table.md"))[1]}
    for alias in catalogue.aliases:
        assert catalogue.models[alias.model].name == names[alias.target]


def test_every_row_of_the_family_table_is_there_with_all_columns_as_written(catalogue: Catalogue) -> None:
    word = {True: "Yes", False: "No"}
    ours = [
        {
            "Model": row.name,
            "Use when": row.use_when,
            "Released": row.released,
            "Signals": "".join(row.signals) or "—",
            "Status": row.status,
            "Context": row.context,
            "Parameters": row.parameters,
            "Vision": word[row.vision],
            "Multimodal": word[row.multimodal],
            "Fn Calling": word[row.function_calling],
            "Tool Use": word[row.tool_use],
            "Structured Outputs": word[row.structured_outputs],
            "Code Exec": word[row.code_execution],
        }
        for row in catalogue.family
    ]
    assert ours == family_rows()
    assert len(ours) == 16


def test_glm_4_5v_at_openrouter_is_what_its_record_says(catalogue: Catalogue) -> None:
    record = json.loads((DATA / "openrouter_glm_4.5v.json").read_text(encoding="utf-8"))
    model = catalogue.models["glm-4.5v"]
    price = model.prices["openrouter"]
    assert model.ids["openrouter"] == record["id"]
    assert model.ids["huggingface"] == record["hugging_face_id"]
    assert (model.window, model.max_output) == (record["context_length"], record["max_completion_tokens"])
    assert (price.input, price.output, price.cached_input) == tuple(record["PPM"].values())
    assert set(record["input_modalities"]) <= set(model.inputs_at["openrouter"])
    assert not {"video", "audio"} & set(model.inputs_at["openrouter"])
    ours = set(catalogue.providers["openrouter"].params) - {"json_output"}
    assert ours <= set(record["supported_parameters"])


def test_current_models_and_providers_are_there(catalogue: Catalogue) -> None:
    assert len(catalogue.models) == 37
    assert {"glm-4.5", "glm-4.5v", "glm-4.6", "glm-4.6v", "glm-4.7", "glm-5", "glm-5.3"} <= set(
        catalogue.models
    )
    assert [key for key in catalogue.providers if key in PROVIDERS] == PROVIDERS


def test_each_name_says_what_it_promises_and_by_which_source(catalogue: Catalogue) -> None:
    """Beside the model's own figures this is what people would be misled by."""
    promises = {alias.name: alias.promise for alias in catalogue.aliases}
    assert all(promises.values())
    vision, haiku = promises["glm-4.5v"], promises["claude-3-haiku"]
    assert vision
    assert haiku
    assert haiku.price
    assert "audio" in vision.inputs
    assert "audio" not in catalogue.models["glm-4.5v"].inputs
    assert vision.tools
    assert vision.tools.value is False
    assert (haiku.price.input, haiku.price.output) == (0.25, 1.25)
    assert haiku.inputs == ()  # no source was found


# ── sources ──


def test_every_figure_has_a_source_that_exists(catalogue: Catalogue) -> None:
    for model in catalogue.models.values():
        assert model.sources
        for figure in (*model.window_figures, *model.output_figures, *model.prices.values()):
            assert figure.source in catalogue.sources
            assert figure.source in model.sources
            assert figure.date == catalogue.sources[figure.source].date


def test_working_figures_come_from_a_source(catalogue: Catalogue) -> None:
    """What the gauge counts against stands in the list, or is the full number of a rounded figure there."""
    for model in catalogue.models.values():
        for working, figures in (
            (model.window, model.window_figures),
            (model.max_output, model.output_figures),
        ):
            assert working is None or working in {n for f in figures for n in tokens(f.value)}, model.key


def tokens(value: Any) -> set[int]:
    """128000 -> 128000; "128K" -> 131072 (how Z.ai rounds); "1M" -> 1048576; "202752-204800" -> both."""
    if isinstance(value, int):
        return {value}
    unit = {"K": 1024, "M": 1024**2}.get(value[-1], 1)
    return {int(part) * unit for part in value.rstrip("KkM").split("-")}


def test_unknown_is_null_and_never_zero(catalogue: Catalogue) -> None:
    prices = {
        (model.key, where): price
        for model in catalogue.models.values()
        for where, price in model.prices.items()
    }
    free = {key for key, price in prices.items() if price.input == 0}
    assert free == {(name, "zai") for name in ("glm-4.5-flash", "glm-4.6v-flash", "glm-4.7-flash")}
    assert all(prices[key].output == 0 for key in free)
    assert prices["glm-4.5", "huggingface:novita"].cached_input is None
    assert "openrouter" not in catalogue.models["glm-4.5-x"].prices
    assert all(f.value for m in catalogue.models.values() for f in (*m.window_figures, *m.output_figures))
    assert catalogue.models["glm-4-extreme"].window is None


# ── conflicts ──

CONFLICTS = [
    ("claude-3-sonnet-20240229", ["GLM-4.5", "GLM-4.6"]),
    ("claude-3-sonnet", ["GLM-4.5", "GLM-4.6"]),
    ("glm-4.6", ["195K", "198k", "200K"]),
    ("glm-4.5v", ["audio"]),
    ("glm-4.5v", ["tools"]),
    ("glm-4.5v", ["2026-01", "2025-08-11"]),
    ("glm-4.5v", ["0.75", "0.8"]),
    ("glm-4.5v", ["64k", "65536"]),
    ("glm-4.7", ["twice", "200k", "128k"]),
    ("glm-4.7", ["2026-03", "2025-12-22"]),
    ("glm-4.6", ["2025-01", "2025-09-30"]),
    ("glm-4.5", ["80000", "98304"]),
    ("glm-4v-9b", ["131k", "8192"]),
    ("glm-4-extreme", ["unknown"]),
]


@pytest.mark.parametrize(("subject", "words"), CONFLICTS)
def test_a_conflict_is_said_with_each_side(catalogue: Catalogue, subject: str, words: list[str]) -> None:
    said = [
        " ".join([c.sentence, *(f"{side.value} {side.note}" for side in c.sides)])
        for c in catalogue.conflicts_about(subject)
    ]
    assert any(all(word in text for word in words) for text in said), said


def test_each_conflict_has_two_sides_and_its_sentence_stands_at_the_model(catalogue: Catalogue) -> None:
    for conflict in catalogue.conflicts:
        assert len(conflict.sides) >= 2, conflict.key
        assert conflict.point.endswith(".")
        assert conflict.verdict.endswith(".")
        for subject in conflict.about:
            if subject in catalogue.models:
                assert conflict.sentence in catalogue.models[subject].conflicts


def test_family_rows_that_disagree_with_a_model_are_named_as_conflicts(catalogue: Catalogue) -> None:
    """Found by comparing, so that a new row cannot disagree in silence."""
    for row in catalogue.family:
        assert row.model is not None
        model = catalogue.models[row.model]
        text = " ".join(f"{s.value}" for c in catalogue.conflicts_about(row.model) for s in c.sides)
        if model.released and not str(model.released.value).startswith(row.released):
            assert row.released in text, row.name
        if model.tools and model.tools.value and not row.function_calling:
            assert "function calling and tool use: no" in text or "no tools" in text, row.name


# ── what providers take ──


def test_media_rules_of_glm_4_5v_differ_by_provider(catalogue: Catalogue) -> None:
    def takes(provider: str, model: str = "glm-4.5v") -> dict[str, tuple[str, ...]]:
        row = catalogue.models[model]
        route = Route(row, catalogue.providers[provider], row.ids[provider])
        rules = {kind: route.media_rule(kind) for kind in ("image", "video", "audio", "document")}
        return {kind: rule.ways for kind, rule in rules.items() if rule and not rule.declared_only}

    assert takes("zai") == {"image": ("data", "url"), "video": ("url",), "document": ("url",)}
    assert takes("openrouter") == {"image": ("data", "url"), "document": ("data", "url")}
    assert takes("gateway") == {"image": ("data",)}
    assert takes("gateway-anthropic") == {"image": ("data",)}
    assert takes("zai-anthropic") == {}
    assert takes("zai", "glm-4.6") == {}
    assert takes("zai", "glm-5.3-flash")["document"] == ("data", "url")


@pytest.mark.parametrize(("model", "images", "videos"), [("glm-4.5v", 50, 1), ("glm-4.6v", 150, 2)])
def test_how_many_pictures_and_videos_depends_on_the_model(
    catalogue: Catalogue, model: str, images: int, videos: int
) -> None:
    route = Route(catalogue.models[model], catalogue.providers["zai"], model)
    image, video = route.media_rule("image"), route.media_rule("video")
    assert image
    assert video
    assert (image.max_count, video.max_count) == (images, videos)
    assert (image.max_bytes, image.max_pixels) == (5 * 1024**2, (6000, 6000))


def test_zai_gets_no_parameter_that_it_does_not_know(catalogue: Catalogue) -> None:
    zai = catalogue.providers["zai"]
    assert set(zai.params) == {"temperature", "top_p", "max_tokens", "stop", "json_output"}
    assert (zai.params["temperature"].high, zai.params["top_p"].low, zai.max_stops) == (1, 0.01, 1)
    vision = Route(catalogue.models["glm-4.5v"], zai, "glm-4.5v")
    assert "json_output" not in vision.params


def test_forced_thinking_names_its_levels(catalogue: Catalogue) -> None:
    ability = catalogue.models["glm-5.3"].thinking
    assert (ability.kind, ability.can_disable, ability.efforts) == ("forced", False, ("low", "high", "max"))


# ── bad data stops the start ──


def broken(tmp_path: Path, noun: str, change: Any) -> Path:
    for file in HERE.glob("*.json"):
        shutil.copy(file, tmp_path)
    file = tmp_path / f"{noun}.json"
    rows = json.loads(file.read_text(encoding="utf-8"))
    change(rows)
    file.write_text(json.dumps(rows), encoding="utf-8")
    return tmp_path


BREAKAGES = [
    ("models", lambda r: r[0].update(window="128K"), "window: expected int"),
    ("models", lambda r: r[0].pop("prices"), "missing field prices"),
    ("models", lambda r: r[0].update(prize=1), "unknown field prize"),
    ("models", lambda r: r[0]["thinking"].update(kind="maybe"), "thinking.kind: expected one of switch"),
    ("models", lambda r: r[0]["prices"]["zai"].update(input=True), "prices.zai.input: expected float"),
    ("models", lambda r: r[0]["ids"].update(nobody="x"), 'unknown provider "nobody"'),
    ("models", lambda r: r[0]["window_figures"][0].update(source="hearsay"), 'unknown source "hearsay"'),
    ("models", lambda r: r.append(r[0]), "is there twice"),
    ("models", lambda r: r[1].update(name="GLM 4.5"), "collide"),
    ("aliases", lambda r: r[0].update(model="glm-4.6"), "collide"),
    ("aliases", lambda r: r.append({**r[0], "name": "new", "model": "gpt-4"}), 'unknown model "gpt-4"'),
    ("aliases", lambda r: r[0].update(target="glm-4.5v"), "does not serve"),
    ("aliases", lambda r: r[0].update(surface="grpc"), "surface: expected one of openai, anthropic"),
    ("family", lambda r: r[0].update(vision="No"), "vision: expected bool"),
    ("providers", lambda r: r[0].update(serves={"glm-4.5": "x"}), "has this id on its own row too"),
    ("providers", lambda r: r[0].update(serves={"gpt-4": "x"}), "is no model of models.json"),
    ("providers", lambda r: r[0].update(params=[]), "params: expected an object"),
    ("providers", lambda r: r[0]["media"]["image"].update(max_pixels=[1]), "expected a list of 2"),
    ("conflicts", lambda r: r[0].update(about=["glm-9"]), 'unknown subject "glm-9"'),
]


@pytest.mark.parametrize(("noun", "change", "words"), BREAKAGES)
def test_bad_data_fails_loudly_and_says_where(tmp_path: Path, noun: str, change: Any, words: str) -> None:
    with pytest.raises(BadCatalogue, match=re.escape(words)):
        read_catalogue(broken(tmp_path, noun, change))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadCatalogue, match=r"conflicts\.json"):
        read_catalogue(tmp_path)


# ── cost and layers ──


def test_the_catalogue_is_read_once() -> None:
    assert load() is load()


def test_the_catalogue_imports_nothing_above_it() -> None:
    code = (
        "import sys, glm_ui.catalogue;"
        "print(*(m for m in sys.modules if m.startswith('glm_ui.') and not m.startswith('glm_ui.catalogue')),"
        "*(m for m in ('pydantic', 'httpx', 'gradio') if m in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert set(done.stdout.split()) <= {"glm_ui.languages"}  # which lies below it


def test_rows_can_be_copied_and_compared(catalogue: Catalogue) -> None:
    assert isinstance(catalogue.models["glm-4.6"], Model)
    assert isinstance(catalogue.models["glm-4.6"].prices["zai"], Price)
    assert read_catalogue(HERE).models == catalogue.models


ZAI_PRICES = {
    "glm-4.5": (0.6, 2.2, 0.11),
    "glm-4.5-air": (0.2, 1.1, 0.03),
    "glm-4.5-x": (2.2, 8.9, 0.45),
    "glm-4.5-airx": (1.1, 4.5, 0.22),
    "glm-4.5-flash": (0, 0, 0),
    "glm-4.5v": (0.6, 1.8, 0.11),
    "glm-4.6": (0.6, 2.2, 0.11),
    "glm-4.6v": (0.3, 0.9, 0.05),
    "glm-4.6v-flash": (0, 0, 0),
    "glm-4.7": (0.6, 2.2, 0.11),
    "glm-4.7-flash": (0, 0, 0),
    "glm-5": (1, 3.2, 0.2),
    "glm-5.1": (1.4, 4.4, 0.26),
    "glm-5.2": (1.4, 4.4, 0.26),
    "glm-5.3": (1.4, 4.4, 0.26),
    "glm-5.3-flash": (0.15, 0.5, 0.03),
}
"""USD per million tokens of input, output and cached input, read a second time from Z.ai's list of 2026-10."""


@pytest.mark.parametrize("key", ZAI_PRICES)
def test_prices_are_those_of_the_list(key: str) -> None:
    price = load().models[key].prices["zai"]
    assert (price.input, price.output, price.cached_input) == ZAI_PRICES[key]
