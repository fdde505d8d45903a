"""`glm-ui catalogue check`: what providers list otherwise than the catalogue, each with a row that can be pasted."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from glm_ui.catalogue import load
from glm_ui.catalogue.tables import HERE, read_catalogue
from glm_ui.cli import main
from glm_ui.providers.list_check import Difference, checked, differences
from glm_ui.providers.model_list import Listed
from tests.conftest import CANARY
from tests.upstream import Reply, Request, Upstream

DAY = "2026-11-21"
SAME = [
    Listed(model.ids["openrouter"], price_input=price.input, price_output=price.output, window=model.window)
    for model in load().models.values()
    if "openrouter" in model.ids and (price := model.prices.get("openrouter"))
]
"""A list that says what the catalogue says."""


def told(*rows: Listed, provider: str = "openrouter") -> list[Difference]:
    """Differences but for the models that these rows leave out."""
    return [one for one in differences(rows, provider, DAY) if one.row]


def pasted(folder: Path, difference: Difference) -> Any:
    """The catalogue once a row has been pasted as `place` says."""
    shutil.copytree(HERE, folder, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    file = folder / "models.json"
    rows = json.loads(file.read_text("utf-8"))
    if difference.place == "models.json, a row of its own":
        rows.append(json.loads(difference.row))
    else:
        _, key, field = difference.place.replace('"', "").split(", ")
        (model,) = (row for row in rows if row["key"] == key)
        if field == "prices":
            model[field] |= json.loads(f"{{{difference.row}}}")
        else:
            model[field].append(json.loads(difference.row))
    file.write_text(json.dumps(rows), "utf-8")
    return read_catalogue(folder)


def test_a_list_that_agrees_has_no_differences() -> None:
    assert told(*SAME) == []


def test_a_price_that_changed_is_told_with_both_figures_and_a_row_that_loads(tmp_path: Path) -> None:
    (one,) = told(Listed("z-ai/glm-4.6", price_input=0.5, price_output=1.75, price_cached=0.1))
    assert one.what == (
        "price at openrouter: 0.6 in, 2.2 out, 0.11 cached (genai-prices, 2026-11-10) here, "
        "0.5 in, 1.75 out, 0.1 cached there."
    )
    price = pasted(tmp_path / "c", one).models["glm-4.6"].prices["openrouter"]
    assert (price.input, price.output, price.cached_input) == (0.5, 1.75, 0.1)
    assert (price.source, price.date) == ("openrouter-list", DAY)


def test_a_price_of_a_host_is_told_by_its_name(tmp_path: Path) -> None:
    row = Listed("zai-org/GLM-4.6", price_input=0.4, price_output=2.2, host="novita")
    (one,) = told(row, provider="huggingface")
    assert pasted(tmp_path / "c", one).models["glm-4.6"].prices["huggingface:novita"].input == 0.4


def test_a_window_is_told_where_no_source_has_it(tmp_path: Path) -> None:
    (one,) = told(Listed("z-ai/glm-4.6", window=999_999))
    assert one.what.startswith("window: 204800 (")
    figure = pasted(tmp_path / "c", one).models["glm-4.6"].window_figures[-1]
    assert (figure.value, figure.date, figure.note) == (999_999, DAY, "at openrouter")
    known = next(f.value for f in load().models["glm-4.6"].window_figures if isinstance(f.value, int))
    assert told(Listed("z-ai/glm-4.6", window=known)) == []


def test_a_new_model_is_a_whole_row_that_loads(tmp_path: Path) -> None:
    new = Listed("z-ai/glm-9", "GLM-9", 2_000_000, 65536, ("text", "image", "file"), True, 1.0, 3.0)
    (one,) = told(new)
    model = pasted(tmp_path / "c", one).models["glm-9"]
    assert (model.name, model.window, model.inputs) == ("GLM-9", 2_000_000, ("text", "image"))
    assert model.ids == {"openrouter": "z-ai/glm-9"}


def test_other_vendors_and_variants_of_known_models_are_no_news() -> None:
    assert told(Listed("openai/gpt-x"), Listed("z-ai/glm-4.6:free", price_input=0.0, price_output=0.0)) == []


def test_what_the_list_does_not_name_is_told_without_a_row() -> None:
    gone = [one.id for one in differences(SAME[1:], "openrouter", DAY)]
    assert SAME[0].id in gone


@pytest.fixture
def check(
    up: Upstream, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str]]:
    """`check("openrouter", KEY="...")`: exit code and output of the command, against the scripted upstream."""
    monkeypatch.chdir(tmp_path)

    def run(*providers: str, **environment: str) -> tuple[int, str]:
        for key in checked():
            monkeypatch.setenv(f"GLM_UI_{key.upper().replace('-', '_')}_BASE_URL", f"{up.url}/{key}")
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        code = main(["catalogue", "check", *providers])
        captured = capsys.readouterr()
        return code, captured.out + captured.err

    return run


def price_list(prompt: str) -> dict[str, Any]:
    row = {"id": "z-ai/glm-4.6", "pricing": {"prompt": prompt, "completion": "0.0000022"}}
    return {"data": [row]}


def test_a_public_list_is_read_without_a_key_and_a_difference_is_exit_code_1(
    up: Upstream, check: Callable[..., tuple[int, str]]
) -> None:
    up.reply(body=price_list("0.0000005"))
    code, said = check("openrouter")
    assert code == 1
    assert '"openrouter": {"input":0.5' in said.replace('"openrouter":{', '"openrouter": {')
    (request,) = up.requests
    assert request.path == "/openrouter/models"
    assert "authorization" not in request.headers


def test_with_a_key_it_is_sent_to_its_provider_and_never_shown(
    up: Upstream, check: Callable[..., tuple[int, str]]
) -> None:
    def script(request: Request) -> Reply:
        if request.path == "/bigmodel/models":
            return Reply(status=401, body={"error": {"code": "1000", "message": f"who is {CANARY}?"}})
        return Reply(status=404)

    up.script(script)
    code, said = check("zai", "bigmodel", BIGMODEL_API_KEY=CANARY)
    assert code == 2
    assert CANARY not in said
    assert "zai: it has no list of models." in said
    keys = {request.path: request.headers.get("authorization") for request in up.requests}
    assert keys == {"/zai/models": None, "/bigmodel/models": f"Bearer {CANARY}"}


def test_a_provider_without_a_public_address_has_no_list(check: Callable[..., tuple[int, str]]) -> None:
    code, said = check("custom")
    assert code == 2
    assert said.startswith("No such list: custom.")
