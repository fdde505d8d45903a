"""The service worker as it is served, and where it is not offered. What it does is in tests/web and tests/browser."""

from __future__ import annotations

import json
import re
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from glm_ui.serving import service_worker
from glm_ui.serving.static_files import STATIC
from glm_ui.settings import Settings
from tests.serving import Served

MOST = 4 * 2**20
"""Bytes that a first visit may have a browser keep beside what it loads anyway."""


def shell(source: str) -> dict[str, Any]:
    """What stands before the worker's own script."""
    found: dict[str, Any] = json.loads(source.partition(";\n")[0].removeprefix("self.SHELL = "))
    return found


def test_the_worker_is_for_the_whole_app_and_names_files_of_the_pages_version(served: Served) -> None:
    answer = httpx.get(f"{served.url}/glm_ui/service_worker.js")
    assert answer.headers["content-type"].startswith("text/javascript")
    assert (answer.headers["cache-control"], answer.headers["service-worker-allowed"]) == ("no-cache", "../")
    told = shell(answer.text)
    page = httpx.get(served.url).text
    assert f'<meta name="glm-ui-version" content="{told["version"]}">' in page
    for named in re.findall(r'"(glm_ui/static/v-[^"]+\.(?:js|css))"', page):
        assert named in told["files"]
    ours = [path.split("/", 3)[3] for path in told["files"] if path.startswith("glm_ui/static/v-")]
    gradios = [path for path in told["files"] if path.startswith("assets/")]
    assert len(ours) + len(gradios) == len(told["files"])
    assert sum((STATIC / path).stat().st_size for path in ours) < MOST
    assert any(path.startswith("assets/zh-CN") for path in gradios), "Gradio's own words in Chinese"
    for path in (told["files"][0], *gradios):
        assert httpx.get(f"{served.url}/{path}").status_code == 200


def test_the_page_that_is_kept_is_the_same_for_everyone(served: Served) -> None:
    strange = {
        "cookie": "session=1; name=visitor",
        "accept-language": "zh",
        "x-forwarded-for": "198.51.100.7",
    }
    key = {"session": "s" * 32, "provider": "zai", "key": "typed-by-someone-else"}
    assert httpx.post(f"{served.url}/glm_ui/key", json=key).status_code == 200
    one, other = httpx.get(served.url), httpx.get(served.url, headers=strange)
    assert one.text == other.text
    assert "set-cookie" not in {**one.headers, **other.headers}


@pytest.mark.parametrize(
    "settings",
    [{"glm_ui_service_worker": False}, {"glm_ui_auth": SecretStr("ann:secret")}, {"space_id": "ann/glm-ui"}],
    ids=["switched off", "with a password", "on a Space"],
)
def test_where_it_is_not_offered_an_installed_one_takes_itself_away(settings: dict[str, Any]) -> None:
    held = Settings(_env_file=None, **settings)
    offered = service_worker.offered_version(held)
    assert (offered, service_worker.meta(held)) == ("", "")
    assert shell(service_worker.script(offered)) == {"version": "", "files": [], "languages": ["zh"]}
