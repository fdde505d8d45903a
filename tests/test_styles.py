"""The page's style sheets: tokens in one file, one prefix, nothing that Gradio may name too, few `!important`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import gradio
import pytest

from glm_ui.serving.bundle import SHEETS
from glm_ui.serving.static_files import STATIC

SHEET = {path.stem: path.read_text("utf-8") for path in sorted((STATIC / "styles").glob("*.css"))}
OURS = sorted(SHEET.keys() - {"tokens", "base", "gradio"})
SCRIPTS = {
    path: path.read_text("utf-8")
    for path in sorted(STATIC.rglob("*.js"))
    if not {"built", "vendor"} & set(path.relative_to(STATIC).parts)
}
ROOTED = re.compile(r"(glm-[a-z]+|#(bar|mm-head|conversations)\b)")
"""What a selector outside of `:where(.glm)` begins with: an element of ours, or the id of one."""


def rules(css: str) -> Iterator[tuple[str, str]]:
    """(prelude, body) of each block at the top of `css`, in order."""
    start = depth = 0
    prelude = ""
    for brace in re.finditer(r"[{}]", css):
        if brace[0] == "{":
            if not depth:
                prelude = css[start : brace.start()].split(";")[-1].strip()
                start = brace.end()
            depth += 1
        else:
            depth -= 1
            if not depth:
                yield prelude, css[start : brace.start()]
                start = brace.end()


def bare(css: str) -> str:
    """Without its comments."""
    return re.sub(r"/\*.*?\*/", "", css, flags=re.S)


def selectors(css: str) -> Iterator[str]:
    """Each selector of the rules outside of `:where(.glm)`, those in `@layer` and `@media` too."""
    for prelude, body in rules(css):
        if prelude.startswith("@"):
            yield from selectors(body)
        elif prelude != ":where(.glm)":
            yield from re.split(r",\s*(?![^(]*\))", prelude)


def test_each_sheet_is_on_the_page() -> None:
    assert sorted(SHEETS) == sorted(SHEET)
    assert SHEETS[0] == "tokens", "it says the order of the layers, which the first to name them decides"


def test_there_are_fewer_than_ten_important_declarations() -> None:
    found = [(name, bare(css).count("!important")) for name, css in SHEET.items()]
    assert sum(count for _, count in found) < 10, (
        f"{found}: `!important` is for what Gradio writes into style attributes. Against its rules raise the "
        "specificity in gradio.css; among our own, the layer decides."
    )


def test_tokens_are_defined_in_one_file() -> None:
    defined = re.compile(r"(?<![\w-])(--[\w-]+)\s*:")
    elsewhere = {
        n: set(defined.findall(bare(css))) for n, css in SHEET.items() if n not in ("tokens", "gradio")
    }
    assert not any(elsewhere.values()), f"{elsewhere}: a token belongs into tokens.css"
    # gradio.css sets the variables of Gradio's theme, and none of ours.
    assert not [name for name in defined.findall(bare(SHEET["gradio"])) if name.startswith("--glm-")]
    tokens = defined.findall(bare(SHEET["tokens"]))
    assert [name for name in tokens if not name.startswith("--glm-")] == []
    assert sorted(tokens) == sorted(set(tokens))


def test_tokens_that_are_used_exist() -> None:
    tokens = set(re.findall(r"(--[\w-]+)\s*:", SHEET["tokens"]))
    for name, css in SHEET.items():
        used = set(re.findall(r"var\((--glm-[\w-]+)", css))
        words = {each for each in used if each.startswith("--glm-word-")}  # ui/chat/picker.py writes those
        assert used - words - tokens == set(), name
    for path, script in SCRIPTS.items():
        assert set(re.findall(r"(--glm-[a-z-]+)(?=[\"':`)])", script)) <= tokens, path
        assert not re.findall(r"--(?:ui|md|mm)-[\w-]+", script), f"{path}: tokens are called --glm-…"


@pytest.mark.parametrize("name", OURS)
def test_every_rule_of_ours_is_in_a_layer_and_below_our_root(name: str) -> None:
    """Gradio has elements of class `wrap`, `empty` or `icon`, too, and a rule for those would change them."""
    for prelude, _ in rules(bare(SHEET[name])):
        assert prelude.startswith("@layer "), f"{prelude} is outside of the layers"
    outside = [each for each in selectors(bare(SHEET[name])) if not ROOTED.match(each)]
    assert not outside, f"{outside}: write them inside `:where(.glm) {{ … }}`"


def test_rules_for_gradios_elements_are_in_no_layer_and_lifted_above_gradios_own() -> None:
    preludes = [prelude for prelude, _ in rules(bare(SHEET["gradio"]))]
    assert preludes == ["html:not(#glm)", "body:not(#glm)"]


def test_what_gradio_has_is_in_no_layer() -> None:
    assets = Path(gradio.__file__).parent / "templates" / "frontend" / "assets"
    sheets = {path.name: path.read_text("utf-8") for path in assets.glob("*.css")}
    (reset,) = [css for name, css in sheets.items() if name.startswith("index-")]
    assert "@layer" not in reset, (
        "Gradio's own styles are in a layer now: name it before ours in tokens.css. Then `all: revert-layer` in "
        "base.css and `:not(#glm)` in gradio.css have nothing left to do."
    )
    important = [each for each in re.findall(r"([^{}]+)\{[^{}]*!important", reset) if ".prose" not in each]
    wide = [each for each in important if not re.search(r"\.(cropper|sr-only|gradio-style)", each)]
    assert not wide, f"Gradio has `!important` for {wide}: base.css cannot keep that out of our elements"


def test_what_gradio_css_names_is_in_the_gradio_that_is_installed() -> None:
    assets = Path(gradio.__file__).parent / "templates" / "frontend" / "assets"
    css = re.sub(r"(?m)^[^{}]*;", "", bare(SHEET["gradio"]))  # without declarations
    names = set(re.findall(r"\.([a-z][\w-]*)", css)) - {"glm", "has-files", "dropping"}
    names |= set(re.findall(r'data-testid="([\w-]+)"', css))
    for path in sorted(assets.glob("*.js")):
        if not names:
            break
        script = path.read_text("utf-8", "replace")
        names -= {
            each for each in names if each in script and re.search(rf"(?<![\w-]){each}(?![\w-])", script)
        }
    assert not names, (
        f"Gradio has no elements of class {sorted(names)} now: look with a browser at what stands in their place, "
        "for gradio.css."
    )


HOLDS = r"#(?:chat-main|chat-log|chat-tab|mm-in|mm-out|mm-log|mm-tab)\b"
ASKED_WHAT_IS_IN_IT = re.compile(rf"(?:{HOLDS}|:is\([^()]*{HOLDS}[^()]*\))[^\s,>+~{{]*:has\((?!>)")


@pytest.mark.parametrize("name", SHEET)
def test_nothing_that_holds_the_conversation_is_asked_what_is_in_it(name: str) -> None:
    """`:has()` of what holds the turns is looked at again with each token: 40 long turns doubled layout."""
    assert ASKED_WHAT_IS_IN_IT.findall(bare(SHEET[name])) == []
