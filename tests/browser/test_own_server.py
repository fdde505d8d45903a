"""A visitor names a server of their own under More: a private address is refused in words, a good one answers."""

from __future__ import annotations

import asyncio
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Page, expect

from glm_ui.tools.tool import Outcome, Running, Tool
from glm_ui.tools.toolbox import Toolbox
from tests.browser.chat_page import answer_text, ask, chip, last, wait_idle
from tests.browser.conftest import App, start_app, stop_app
from tests.browser.test_canary import KEPT
from tests.mcp_wire import Wire, wire
from tests.tool_frames import openai_calls, results_in
from tests.upstream import Reply, Upstream, openai_frames

Open = Callable[..., Page]
OWN = "a-visitors-own-key.0123456789"
WITH_A_NAME = """
from glm_ui.serving import own_server
real = own_server.public_only
async def public_only(host, port):
    return "127.0.0.1" if host in ("models.example", "mcp.example") else await real(host, port)
own_server.public_only = public_only

import ssl
from glm_ui.tools.mcp import pinned
context = ssl.create_default_context()
context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
pinned.trusted = lambda: context
"""
"""The app, for which two names of the open internet lead to this machine, and any certificate will do."""


@pytest.fixture(scope="module")
def open_app() -> Iterator[App]:
    app = start_app(code=WITH_A_NAME, GLM_UI_ALLOW_CUSTOM_ADDRESSES="true")
    yield app
    stop_app(app)


def use(page: Page, address: str) -> None:
    page.locator("#server-address textarea, #server-address input").fill(address)
    page.locator("#server-use").click()


def test_a_visitors_own_server_answers_and_a_private_one_is_refused(
    open_page: Open, open_app: App, up: Upstream
) -> None:
    up.reply(sse=openai_frames("Hm.", "From my own server."))
    page = open_page(open_app.url)
    page.locator("#chat-more button").first.click()
    page.locator("#server-name textarea, #server-name input").fill("my-glm")
    page.locator("#server-key input").fill(OWN)

    use(page, f"http://127.0.0.1:{up.port}/v1")
    expect(page.locator("#server-address")).to_contain_text("It leads into a private network.")
    expect(page.locator("#server-key input")).to_have_value(OWN)

    use(page, f"http://models.example:{up.port}/v1")
    expect(page.locator("#server-address")).to_contain_text("now go to your own server")
    expect(page.locator("#server-key input")).to_have_value("")
    expect(page.locator("#bar-state")).to_contain_text("Your own server · your key")
    ask(page, "Hi")
    wait_idle(page)
    expect(answer_text(page)).to_have_text("From my own server.")
    assert up.requests[0].headers["authorization"] == f"Bearer {OWN}"
    assert up.requests[0].json["model"] == "my-glm"
    assert OWN not in page.evaluate(KEPT) + "".join(open_app.output)


def test_without_the_owners_word_there_is_no_such_box(open_page: Open, shared_app: App) -> None:
    page = open_page(shared_app.url)
    expect(page.locator("#chat-more")).to_be_attached()
    expect(page.locator("#chat-server")).to_have_count(0)


@contextmanager
def mcp_server(tls: ssl.SSLContext) -> Iterator[Wire]:
    """An MCP server in a thread of its own."""
    found: list[Wire] = []
    started, loop, stop = threading.Event(), asyncio.new_event_loop(), asyncio.Event()

    async def serve() -> None:
        async with wire(tls=tls) as one:
            found.append(one)
            started.set()
            await stop.wait()

    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()))
    thread.start()
    started.wait()
    yield found[0]
    loop.call_soon_threadsafe(stop.set)
    thread.join()
    loop.close()


def wire_name(server: str) -> str:
    async def run(_: object, __: Running) -> Outcome:
        return Outcome("")

    (offered,) = Toolbox([Tool(server, "act", "", {}, run)]).definitions()
    return offered.name


MCP_KEY = "a-visitors-own-mcp-key.0123456789"


def test_a_visitor_names_an_mcp_server_and_each_of_its_calls_asks(
    open_page: Open, open_app: App, up: Upstream, own_certificate: ssl.SSLContext
) -> None:
    page = open_page(open_app.url)
    page.locator("#chat-more button").first.click()
    page.locator("#server-name textarea, #server-name input").fill("my-glm")
    use(page, f"http://models.example:{up.port}/v1")
    expect(page.locator("#bar-state")).to_contain_text("Your own server")
    with mcp_server(own_certificate) as one:
        page.locator("#chat-tools .tools-button").click()
        panel = page.locator(".tools-panel")
        address, key = panel.get_by_label("Address, https://…"), panel.get_by_label("Key, if it wants one")
        key.fill(MCP_KEY)
        address.fill("https://127.0.0.1/mcp")
        panel.get_by_role("button", name="Connect").click()
        expect(panel.get_by_role("alert")).to_contain_text("It leads into a private network.")
        expect(key).to_have_value(MCP_KEY)
        address.fill(f"{one.base('mcp.example')}/legacy/well")
        address.press("Enter")
        group = panel.locator("fieldset[data-own]")
        expect(group.locator("legend")).to_contain_text("1 · Connected")
        expect(panel.get_by_role("alert")).to_have_count(0)
        expect(key).to_have_value("")
        group.get_by_label("act", exact=False).check()
        expect(group.locator(".tools-facts")).to_contain_text("asks first")
        panel.get_by_label("Calculator", exact=False).check()
        page.keyboard.press("Escape")

        name = one_name(page)
        called = openai_calls([("c1", wire_name(name), {})])
        again = openai_calls([("s", "calculator", {"expression": "6 * 7"}), ("c2", wire_name(name), {})])
        up.reply(Reply(sse=called), Reply(sse=again), Reply(sse=openai_frames("", "Done.")))
        ask(page, "Act.")
        card = last(page).locator(".tool[data-state='waiting']")
        expect(card.locator(".tool-why")).to_contain_text("of a server that you named")
        expect(card.get_by_role("button", name="Always in this chat")).to_have_count(0)
        card.get_by_role("button", name="Run once").click()
        expect(last(page).locator(".tool[data-state='ready'] .tool-state")).to_have_text(
            "Waits for the others"
        )
        wait_idle(page)
        busy = {"slug": "busy", "what": "Too many turns at once.", "why": "", "todo": "", "way_out": "retry"}
        page.route("**/glm_ui/chat", lambda route: route.fulfill(status=429, json={"error": busy}), times=1)
        card.get_by_role("button", name="Run once").click()
        expect(chip(page)).to_contain_text("Too many turns at once.")
        expect(last(page).locator(".tool[data-state='allowed']")).to_have_count(1)
        chip(page).get_by_role("button", name="Continue").click()
        expect(answer_text(page).last).to_have_text("Done.")
        given = results_in(up.requests[-1].json)
        assert "\nwell\n" in given["c1"]
        assert "\nwell\n" in given["c2"]
        assert "\n42\n" in given["s"]
        assert one.calls["tools/call"] == 2
        assert {headers["authorization"] for _, headers, _ in one.asked} == {f"Bearer {MCP_KEY}"}
        assert MCP_KEY not in page.evaluate(KEPT) + "".join(open_app.output)
        assert not [request for request in up.requests if MCP_KEY in str(request.headers) + str(request.json)]

        page.reload()
        page.locator("#chat-tools .tools-button").click()
        page.locator(".tools-panel").get_by_role("button", name=f"Remove: {name}").click()
        expect(page.locator(".tools-panel fieldset[data-own]")).to_have_count(0)


def one_name(page: Page) -> str:
    """The server of the tool that the conversation offers."""
    tools = page.evaluate("GLM.chat.conversation.tools")
    return str(tools[0].partition("/")[0])
