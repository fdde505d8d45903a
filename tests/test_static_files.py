"""Scripts under an address that changes with their content, so that no page mixes two versions."""

from __future__ import annotations

import re
import shutil
from io import BytesIO
from pathlib import Path

import httpx
import pytest
from PIL import Image

from glm_ui.serving import static_files
from tests.serving import Served

FOR_GOOD = "public, max-age=31536000, immutable"


def test_the_page_names_a_version_that_browsers_may_keep_for_good(served: Served) -> None:
    page = httpx.get(served.url).text
    (script,) = set(re.findall(r"(glm_ui/static/v-[0-9a-f]{16}/built/app\.js)", page))
    (sheet,) = set(re.findall(r"(glm_ui/static/v-[0-9a-f]{16}/built/page\.css)", page))
    for address in (script, sheet):
        answer = httpx.get(served.url + "/" + address)
        assert answer.headers["cache-control"] == FOR_GOOD
        assert answer.text == (static_files.STATIC / "built" / Path(address).name).read_text("utf-8")
    # What scripts import is named beside them, so it comes from the same version.
    for path in (static_files.STATIC / "built").glob("*.js"):
        assert not re.findall(r'(?:from|import\()"(?!\./)', path.read_text("utf-8"))
    assert re.findall(r'import\("\./', httpx.get(served.url + "/" + script).text)


def test_the_page_can_be_installed_with_its_own_name_and_icons(served: Served) -> None:
    links = re.findall(r'<link rel="manifest" href="([^"]+)"', httpx.get(served.url).text)
    answer = httpx.get(f"{served.url}/{links[0]}")  # the one that browsers take
    assert answer.headers["content-type"] == "application/manifest+json"
    manifest = answer.json()
    for name in ("start_url", "scope"):
        assert str(answer.url.join(manifest[name])) == f"{served.url}/"
    assert (manifest["name"], manifest["display"]) == ("GLM UI", "standalone")
    drawn = [icon for icon in manifest["icons"] if icon["type"] == "image/png"]
    assert {icon.get("purpose", "any") for icon in drawn} == {"any", "maskable"}
    for icon in manifest["icons"]:
        picture = httpx.get(answer.url.join(icon["src"]))
        assert picture.headers["content-type"] == icon["type"]
        if icon in drawn:
            assert "x".join(map(str, Image.open(BytesIO(picture.content)).size)) == icon["sizes"]


@pytest.mark.parametrize("prefix", ["", "v-0123456789abcdef/"])
def test_what_belongs_to_no_version_or_another_is_asked_for_again(served: Served, prefix: str) -> None:
    answer = httpx.get(f"{served.url}/glm_ui/static/{prefix}markdown/markdown.js")
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-cache")
    again = httpx.get(str(answer.url), headers={"if-none-match": answer.headers["etag"]})
    assert (again.status_code, again.headers["cache-control"]) == (304, "no-cache")


@pytest.mark.parametrize(
    "path", ["nothing.js", "../words.py", "%2e%2e/words.py", "v-0123456789abcdef/../../words.py"]
)
def test_nothing_else_is_served(served: Served, path: str) -> None:
    version = static_files.version()
    for address in (path, f"{version}/{path}"):
        assert httpx.get(f"{served.url}/glm_ui/static/{address}").status_code == 404


def test_any_change_of_any_file_changes_the_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "static"
    shutil.copytree(static_files.STATIC / "models", folder)
    monkeypatch.setattr(static_files, "STATIC", folder)
    seen = set()
    for change in (
        lambda: None,
        lambda: (folder / "rows.js").open("a").close(),
        lambda: (folder / "rows.js").write_text("changed"),
        lambda: (folder / "rows.js").rename(folder / "lines.js"),
        lambda: (folder / "new.css").touch(),
    ):
        change()
        static_files.version.cache_clear()
        seen.add(static_files.version())
    static_files.version.cache_clear()
    assert len(seen) == 4  # opening a file changes nothing
