"""The page below a path of a site, which a proxy takes away from what it passes on, or leaves there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.chat_page import answer_text, ask, wait_idle
from tests.browser.conftest import App, pointed_at, start_app, stop_app
from tests.browser.multimodal_page import open_tab
from tests.neighbours import nginx
from tests.upstream import Reply, Upstream, openai_frames

PROXY = """
  server {{
    listen 127.0.0.1:{{port}};
    location /glm/ {{ proxy_pass {url}; proxy_set_header Host $http_host; }}
    location / {{ return 418; }}
  }}"""


@pytest.fixture
def below(shared_upstream: Upstream) -> Iterator[App]:
    """One for each test: a file that one way has brought into memory would come by the other too."""
    app = start_app(**pointed_at(shared_upstream.url), GRADIO_ROOT_PATH="/glm")
    yield app
    stop_app(app)


@pytest.mark.parametrize("takes_it_away", [True, False])
def test_the_page_works_below_a_path(
    open_page: Callable[..., Page], below: App, up: Upstream, tmp_path: Path, takes_it_away: bool
) -> None:
    up.reply(Reply(sse=openai_frames("Hm.", "Below.")), Reply(sse=openai_frames("", "Again.")))
    inside = below.url if takes_it_away else below.url.rstrip("/")
    with nginx(tmp_path, PROXY.format(url=inside)) as url:
        elsewhere: list[str] = []
        page = open_page(f"{url}/glm/")
        page.on("response", lambda answer: elsewhere.append(answer.url) if answer.status >= 400 else None)
        page.reload()
        ask(page, "Where?")
        wait_idle(page)
        expect(answer_text(page)).to_have_text("Below.")
        page.reload()
        expect(answer_text(page)).to_have_text("Below.")
        assert "/glm/" in page.url
        ask(page, "Still?")
        expect(answer_text(page)).to_have_text("Again.")
        open_tab(page)
        page.get_by_role("tab", name="Models").click()
        expect(page.locator("#models-tab article").first).to_be_visible()
        assert elsewhere == []
