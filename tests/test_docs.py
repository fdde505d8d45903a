"""The pages of docs/ say what is so: every test that they name exists, and the configuration that they show is the one
that was tried."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.browser.test_people import BY_FINGER, BY_KEYS, IN_THE_DEMO
from tests.test_layers import FLOOR
from tests.test_scaling import sticky

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"


def all_tests() -> set[str]:
    """The names of all tests; one on Node has its sentence with `_` for blanks, behind `test_`."""
    files = (path.read_text("utf-8") for path in (ROOT / "tests").rglob("test_*.py"))
    scripts = (path.read_text("utf-8") for path in (ROOT / "tests/web").glob("*.test.js"))
    on_node = (said for text in scripts for said in re.findall(r'^test\("([^"]+)"', text, re.MULTILINE))
    return {
        name for text in files for name in re.findall(r"^(?:async )?def (test_\w+)\(", text, re.MULTILINE)
    } | {f"test_{said.replace(' ', '_')}" for said in on_node}


@pytest.mark.parametrize("page", ["threat-model.md", "scaling.md"])
def test_every_test_that_is_named_exists(page: str) -> None:
    named = set(re.findall(r"`(test_\w+)`", (DOCS / page).read_text("utf-8")))
    assert named
    assert named - all_tests() == set()


def test_each_task_of_a_person_has_its_test_and_says_what_the_walks_do() -> None:
    """In English on a wide page, and where it says so with a finger on a phone and in Chinese with the keys alone."""
    rows = [
        [cell.strip(" `") for cell in line.split("|")[1:-1]]
        for line in (DOCS / "people.md").read_text("utf-8").splitlines()
        if re.match(r"\| \d+ \|", line)
    ]
    assert [row[0] for row in rows] == [str(number) for number in range(1, 31)]
    for _, _, test, *_ in rows:
        file, name = test.split("::")
        assert f"\ndef {name}(" in (ROOT / "tests/browser" / file).read_text("utf-8"), test
    for column, tasks in ((3, BY_FINGER), (4, BY_KEYS)):
        walked = {str(number) for numbers in (*tasks, IN_THE_DEMO) for number in numbers}
        assert {row[0] for row in rows if row[column] == "yes"} == walked


@pytest.mark.parametrize("page", sorted(page.name for page in DOCS.glob("*.md")))
def test_every_file_that_is_named_exists(page: str) -> None:
    """By its path from the root, from `glm_ui/` or from `docs/`."""
    text = (DOCS / page).read_text("utf-8")
    named = set(re.findall(r"`((?:[\w-]+/)+[\w-]+\.(?:py|js|css|json|md|yaml|txt|service))`", text))
    places = (ROOT, ROOT / "glm_ui", DOCS)
    assert {name for name in named if not any((place / name).exists() for place in places)} == set()


def test_the_picture_of_the_rooms_has_every_room() -> None:
    picture = (DOCS / "design.md").read_text("utf-8").partition("```mermaid\n")[2].partition("```")[0]
    assert {name for name in FLOOR if not re.search(rf"\b{name}\b", picture)} == set()


def test_every_claim_of_the_threat_model_names_its_test() -> None:
    text = (DOCS / "threat-model.md").read_text("utf-8")
    for table in re.findall(r"^\| claim \| test \|\n\|---\|---\|\n((?:\|.*\n)+)", text, re.MULTILINE):
        for row in table.splitlines():
            assert "`test_" in row.rpartition(" | ")[2], row


def test_the_threat_model_tells_the_policy_as_it_is() -> None:
    from glm_ui.serving.headers import POLICY

    text = (DOCS / "threat-model.md").read_text("utf-8")
    rows = re.findall(r"^\| ((?:`[\w-]+`(?:, )?)+)[^|]*\| ([^|]*) \|", text, re.MULTILINE)
    told = {name: allowed for names, allowed in rows for name in re.findall(r"`([\w-]+)`", names)}
    assert POLICY.keys() - {"default-src"} == told.keys()
    for name, values in POLICY.items():
        for word in set(values) & {"'unsafe-inline'", "'unsafe-eval'", "blob:"}:
            assert word in told[name], name
        if values == ("'none'",) and name != "default-src":
            assert told[name] == "nothing"


def test_the_proxy_that_is_shown_is_the_one_that_was_tried() -> None:
    tried = sticky("80", "10.0.0.11:7860", "10.0.0.12:7860")
    shown = re.search(r"```nginx\n(.*?)```", (DOCS / "scaling.md").read_text("utf-8"), re.DOTALL)
    assert shown

    def words(text: str) -> list[str]:
        return re.sub(r"#.*", "", text).split()

    assert words(shown[1]) == words(tried)
