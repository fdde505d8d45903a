"""What people come to the Models tab for, each as a whole task in the real page."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from gradio_client import Client
from gradio_client.exceptions import AppError
from playwright.sync_api import Locator, Page, expect

from tests.browser.chat_page import answer_text, ask, box, last, wait_idle
from tests.browser.conftest import DESKTOP, KEY, READY, App
from tests.browser.failures import next_test
from tests.browser.profiles import Profiles
from tests.programs import program
from tests.test_doctor import healthy, loses_pictures
from tests.upstream import Reply, Request, Upstream, anthropic_frames, openai_frames

Open = Callable[..., Page]


def open_models(page: Page) -> None:
    page.get_by_role("tab", name="Models").click()
    view(page, "names")
    expect(lines(page).first).to_be_visible()


def lines(page: Page) -> Locator:
    return page.locator("#models-table tbody tr")


def names(page: Page) -> list[str]:
    return page.locator("#models-table tbody .name").all_text_contents()


def column(page: Page, name: str) -> list[str]:
    return page.locator(f'#models-table tbody [data-column="{name}"]').all_text_contents()


def detail(page: Page) -> Locator:
    return page.locator("#models-detail")


def view(page: Page, name: str) -> None:
    page.locator(f'.views [data-view="{name}"]').click()


def lane(page: Page, key: str) -> Locator:
    return page.locator(f"#try-lane-{key}")


ANEW = """() => {
  const tab = document.querySelector("glm-models");
  tab.replaceWith(tab.cloneNode(false));
}"""
"""All that the tab knows and shows belongs to its element: another one is as it is when it is first seen."""

ELSEWHERE = """async () => ({
  address: location.href,
  opened: document.querySelector("#tabs [role=tab][aria-selected=true]").id,
  dialogs: [...document.querySelectorAll("dialog[open]")].map((dialog) => dialog.className),
  chat: ["#chat-log", "#chat-list", "#chat-model", "#chat-facts", "#bar-state"].map((place) => find(place)),
  boxes: [...document.querySelectorAll("input, textarea")]
    .filter((box) => !box.closest("glm-models"))
    .map((box) => (["checkbox", "radio"].includes(box.type) ? box.checked : box.value)),
  stored: [{ ...localStorage }, { ...sessionStorage }, await indexedDB.databases(), document.cookie],
  globals: Object.keys(window),
})""".replace("find(place)", "document.querySelector(place)?.textContent")
"""What a test of the tab alone leaves as it was."""


class Visit:
    """A visitor who stays for the tests of the tab alone."""

    def __init__(self, profiles: Profiles, url: str) -> None:
        self.profiles, self.url = profiles, url
        self.troubles: list[str] = []
        self.page: Page | None = None

    def begin(self) -> Page:
        """Opens the page if none is open."""
        if self.page is None:
            self.kind, self.profile = self.profiles.take(DESKTOP)
            self.page = self.profile.open(self.url, READY, self.troubles)
        return self.page

    def end(self) -> None:
        if self.page:
            self.profiles.give_back(self.kind, self.profile)
        self.page = None


@pytest.fixture(scope="module")
def visit(profiles: Profiles, shared_app: App) -> Iterator[Visit]:
    visit = Visit(profiles, shared_app.url)
    yield visit
    visit.end()


@pytest.fixture
def tab(visit: Visit, up: Upstream) -> Iterator[Page]:
    """The Models tab as it is when it is first seen. A test that changes anything else of the page fails, and the next
    one gets another page."""
    page = visit.begin()
    next_test(page.context)
    page.get_by_role("tab", name="Models").click()
    page.evaluate(ANEW)
    view(page, "names")
    expect(lines(page).first).to_be_visible()
    before = page.evaluate(ELSEWHERE)
    yield page
    after, troubles = page.evaluate(ELSEWHERE), visit.troubles[:]
    visit.troubles.clear()
    if (after, troubles) != (before, []):
        visit.end()
    assert after == before
    assert not troubles


# --- models


def test_the_tab_opens_on_models_as_cards_under_their_families(tab: Page) -> None:
    view(tab, "models")
    card = tab.locator('.model-card[data-model="glm-4.6v"]')
    expect(card).to_contain_text("128K")
    expect(card).to_contain_text("$0.30 in")
    for ability in ("images", "video", "documents", "thinking", "tools"):
        expect(card.locator(".abilities")).to_contain_text(ability)
    expect(card.locator(".served")).to_contain_text("Z.ai · OpenRouter · Hugging Face")
    assert tab.locator(".family h2").all_text_contents()[:2] == ["GLM-5", "GLM-4.7"]
    expect(tab.locator('.model-card[data-model="glm-4.6"] .mark')).to_have_text("≠ sources disagree")
    search = tab.get_by_placeholder("Search models")
    search.fill("4.5 air")
    expect(tab.locator(".model-card:visible h3")).to_have_text(["GLM-4.5-Air", "GLM-4.5-AirX"])
    search.fill("claude-3-haiku")
    tab.get_by_role("button", name="Look the name up").click()
    expect(detail(tab)).to_contain_text("GLM-4.5V")
    view(tab, "models")
    search.fill("")
    tab.get_by_role("button", name="Details: GLM-4.6", exact=True).click()
    expect(detail(tab).locator("h2")).to_contain_text("GLM-4.6")
    expect(tab.locator(".legend")).to_contain_text("≠ sources disagree")


def test_a_card_takes_its_model_to_chat_or_multimodal(page: Page) -> None:
    page.get_by_role("tab", name="Models").click()
    page.get_by_role("button", name="Use: GLM-4.5-Air", exact=True).click()
    expect(page.locator("#chat-model input")).to_have_value("GLM-4.5-Air · Z.ai")
    page.get_by_role("tab", name="Models").click()
    page.get_by_role("button", name="Multimodal: GLM-4.6V", exact=True).click()
    expect(page.locator("#mm-model input")).to_have_value("GLM-4.6V · Z.ai")


# --- finding


def test_a_name_is_found_by_any_spelling_and_the_table_sorts_by_any_column(tab: Page) -> None:
    everything = lines(tab).count()
    assert everything >= 31 + 16 + 20
    tab.locator("#models-search input").fill("GLM_4.5V")
    found = names(tab)
    assert {"glm-4.5v", "glm4.5v", "glm_4.5v", "GLM 4.5V", "GLM-4.5V"} <= set(found)
    assert len(found) < everything
    tab.locator("#models-search input").fill("")
    tab.locator("#models-group").select_option(label="GLM-4 family")
    expect(lines(tab)).to_have_count(16)
    assert "2025-01" in column(tab, "table_released")
    expect(tab.locator('#models-table th[data-column="use_when"]')).to_be_visible()
    tab.locator("#models-group").select_option("")
    header = tab.locator('#models-table th[data-column="window"]')
    header.get_by_role("button").click()
    expect(header).to_have_attribute("aria-sort", "ascending")
    sizes = [cell for cell in column(tab, "window") if cell != "–"]
    header.get_by_role("button").click()
    expect(header).to_have_attribute("aria-sort", "descending")
    assert next(cell for cell in column(tab, "window") if cell != "–") == sizes[-1] == "1M"


def test_filters_narrow_and_ids_and_prices_follow_the_provider(tab: Page) -> None:
    tab.locator("#models-provider").select_option("openrouter")
    tab.locator("#models-input").select_option("image")
    assert all(cell.startswith("z-ai/") for cell in column(tab, "id"))
    assert all("images" in cell for cell in column(tab, "inputs"))
    tab.locator("#models-price").select_option("0.6")
    assert all(float(cell.lstrip("$")) <= 0.6 for cell in column(tab, "price_input") if cell != "free")
    tab.locator("#models-search input").fill("no such thing")
    expect(tab.locator(".names-none")).to_be_visible()
    tab.get_by_role("button", name="Clear").click()
    expect(tab.locator("#models-search input")).to_have_value("")
    assert lines(tab).count() >= 67


def test_filtering_keeps_up_with_typing(tab: Page) -> None:
    """Under 50 ms a keystroke, layout included: in processor time, for a busy machine is not the page's fault."""
    typed = ["g", "gl", "glm", "glm-", "glm-4", "glm", "", "haiku", ""]
    session = tab.context.new_cdp_session(tab)
    session.send("Performance.enable", {"timeDomain": "threadTicks"})

    def busy() -> float:
        metrics = session.send("Performance.getMetrics")["metrics"]
        return next(float(m["value"]) for m in metrics if m["name"] == "TaskDuration")

    before = busy()
    tab.evaluate(
        """(typed) => {
            const box = document.querySelector("#models-search input");
            for (const text of typed) {
                box.value = text;
                box.dispatchEvent(new Event("input"));
                document.body.offsetHeight;
            }
        }""",
        typed,
    )
    assert (busy() - before) / len(typed) < 0.05


# --- tracing


def test_a_row_is_traced_with_its_promise_its_conflicts_and_their_sources(tab: Page) -> None:
    tab.locator("#models-search input").fill("claude-3-sonnet-20240229")
    lines(tab).first.click()
    expect(detail(tab).locator("h2")).to_have_text("claude-3-sonnet-20240229")
    expect(detail(tab).locator(".to")).to_contain_text("GLM-4.5")
    conflict = detail(tab).locator('[data-conflict="claude-3-sonnet-split"]')
    expect(conflict).to_contain_text("GLM-4.6")
    expect(conflict.get_by_role("link").first).to_have_attribute("href", re.compile("^https://"))
    promise = detail(tab).locator(".points tr").filter(has=tab.get_by_role("rowheader", name="Window"))
    expect(promise).to_contain_text("200K")
    expect(promise).to_contain_text("differs")


def test_any_name_can_be_typed_and_unknown_ones_are_said_to_be_unknown(tab: Page) -> None:
    tab.locator("#trace-name").fill("glm-4.66")
    tab.locator("#trace-name").press("Enter")
    expect(detail(tab).locator(".not-mapped")).to_contain_text("No model has this name")
    expect(detail(tab).locator("[data-use]")).to_have_count(0)
    detail(tab).get_by_role("button", name="glm-4.6", exact=True).click()
    expect(detail(tab).locator(".to")).to_contain_text("GLM-4.6")
    tab.locator("#trace-provider").select_option("openrouter")
    expect(detail(tab).locator(".to code")).to_have_text("z-ai/glm-4.6")


# --- trying


def test_a_name_is_tried_and_says_who_really_answered(tab: Page, up: Upstream) -> None:
    usage = {"prompt_tokens": 9, "completion_tokens": 12}
    up.reply(sse=openai_frames("Hm.", "Forty-two.", usage=usage, model="glm-5.3-flash"))
    tab.locator("#models-search input").fill("z-ai/glm-4.7")
    tab.locator("#models-provider").select_option("zai")
    tab.locator("#models-table").get_by_role("button", name="GLM-4.7", exact=True).last.click()
    expect(detail(tab).locator("h2")).to_have_text("GLM-4.7")
    detail(tab).locator("[data-use=try]").click()
    tab.locator("#try-prompt").fill("What is 6 times 7?")
    tab.locator("#try-prompt").press("Enter")
    expect(lane(tab, "a").locator(".answer")).to_have_text("Forty-two.")
    expect(lane(tab, "a").locator('[data-figure="answered"]')).to_have_text("glm-5.3-flash")
    expect(lane(tab, "a").locator('[data-figure="output"]')).to_have_text("12")
    expect(lane(tab, "a").locator(".thinking-body")).to_be_hidden()
    assert up.requests[0].json["model"] == "glm-4.7"
    lane(tab, "a").get_by_label("The exact request").click()
    expect(tab.locator("#request-request")).to_contain_text("$ZAI_API_KEY")
    tab.keyboard.press("Escape")


def test_two_dialects_are_compared_word_by_word(tab: Page, up: Upstream) -> None:
    def play(request: Request) -> Reply:
        if "messages" in request.path:
            return Reply(sse=anthropic_frames("Hm.", "It is exactly forty-two."))
        return Reply(sse=openai_frames("", "It is forty-two."))

    up.script(play)
    view(tab, "try")
    tab.locator("#try-two").check()
    for key, provider, thinking in (("a", "zai", "off"), ("b", "zai-anthropic", "on")):
        tab.locator(f"#try-name-{key}").fill("glm-4.6")
        tab.locator(f"#try-provider-{key}").select_option(provider)
        tab.locator(f"#try-thinking-{key}").select_option(thinking)
    tab.locator("#try-prompt").fill("What is 6 times 7?")
    tab.locator("#try-send").click()
    expect(tab.locator("#try-difference ins")).to_have_text(re.compile(r"\s*exactly\s*"))
    for key in ("a", "b"):
        expect(lane(tab, key).locator('[data-figure="first"]')).to_have_text(re.compile(r"\d s"))
        lane(tab, key).locator(".timeline summary").click()
        expect(lane(tab, key).locator('[data-event="end"]')).to_contain_text("stop")
    bodies = {request.path.rpartition("/")[2]: request.json for request in up.requests}
    assert bodies["completions"]["thinking"]["type"] == "disabled"
    assert bodies["messages"]["thinking"]["type"] == "enabled"


def test_one_of_two_may_fail_without_the_other(tab: Page, up: Upstream) -> None:
    def play(request: Request) -> Reply:
        if request.json["model"] == "glm-4.5":
            return Reply(status=429, body={"error": {"code": "1113", "message": "no balance"}})
        return Reply(sse=openai_frames("", ["It ", "works."]), hold=(1,))

    up.script(play)
    view(tab, "try")
    tab.locator("#try-two").check()
    for key, model in (("a", "glm-4.5"), ("b", "glm-4.6")):
        tab.locator(f"#try-name-{key}").fill(model)
        tab.locator(f"#try-provider-{key}").select_option("zai")
    tab.locator("#try-prompt").fill("Hi")
    tab.locator("#try-send").click()
    expect(lane(tab, "a").locator(".ending")).to_contain_text("no balance")
    up.release()
    expect(lane(tab, "b").locator(".answer")).to_have_text("It works.")
    expect(lane(tab, "b").locator(".ending")).to_be_hidden()
    expect(tab.locator("#try-send")).to_have_text("Send")


def test_stop_ends_both_lanes(tab: Page, up: Upstream) -> None:
    up.reply(sse=openai_frames("", "Half", finish=None), then="stall")
    view(tab, "try")
    tab.locator("#try-two").check()
    for key in ("a", "b"):
        tab.locator(f"#try-name-{key}").fill("glm-4.6")
        tab.locator(f"#try-provider-{key}").select_option("zai")
    tab.locator("#try-prompt").fill("Hi")
    tab.locator("#try-send").click()
    for key in ("a", "b"):
        expect(lane(tab, key).locator(".answer")).to_have_text("Half")
    tab.locator("#try-send").click()
    up.wait_aborted(2, patience=2)
    expect(tab.locator("#try-send")).to_have_text("Send")


# --- the exact request


def test_a_turn_of_the_chat_is_copied_as_code_and_asks_the_same_again(
    page: Page, up: Upstream, tmp_path: Path
) -> None:
    up.reply(sse=openai_frames("Hm.", "Well."))
    ask(page, "What's “new”, $HOME?")
    expect(answer_text(page)).to_have_text("Well.")
    wait_idle(page)
    last(page).get_by_label("The exact request").click()
    dialog = page.locator(".request-view")
    expect(dialog.locator("#request-request")).to_contain_text("Bearer $ZAI_API_KEY")
    assert KEY not in page.content()
    dialog.get_by_role("tab", name="Copy as").click()
    ways = dialog.locator("[data-way]").evaluate_all("chips => chips.map(chip => chip.dataset.way)")
    assert ways == ["curl", "openai", "zai-sdk", "httpx", "fetch"]
    for way, runner in (("curl", ["bash"]), ("httpx", [sys.executable]), ("fetch", [program("node")])):
        dialog.locator(f'[data-way="{way}"]').click()
        file = tmp_path / {"curl": "ask.sh", "httpx": "ask.py", "fetch": "ask.mjs"}[way]
        file.write_text(dialog.locator("#request-copy code").inner_text(), "utf-8")
        environment = {"PATH": "/usr/local/bin:/usr/bin:/bin", "ZAI_API_KEY": KEY, "NO_PROXY": "*"}
        done = subprocess.run([*runner, str(file)], env=environment, capture_output=True, check=True)
        assert b"Well." in done.stdout
    first, *again = up.requests
    for request in again:
        assert (request.path, request.json) == (first.path, first.json)
        assert request.headers["authorization"] == f"Bearer {KEY}"


def test_the_raw_stream_is_saved_byte_for_byte(page: Page, up: Upstream) -> None:
    frames = openai_frames("Hm.", "Wéll, 你好.")
    up.reply(sse=frames)
    ask(page, "Hi")
    wait_idle(page)
    last(page).get_by_label("The exact request").click()
    dialog = page.locator(".request-view")
    dialog.get_by_role("tab", name="Raw stream").click()
    expect(dialog.locator("#request-stream code")).to_contain_text("[DONE]")
    with page.expect_download() as download:
        dialog.locator('[data-save="stream.sse"]').click()
    assert download.value.path().read_bytes() == b"".join(Reply(sse=frames).pieces())


def test_nobody_else_can_ask_for_a_turn(page: Page, up: Upstream) -> None:
    up.reply(sse=openai_frames("", "Mine."))
    ask(page, "Hi")
    wait_idle(page)
    fetched = """async (session) => {
        const id = document.querySelector(".turn.assistant") && GLM.chat.conversation.nodes.at(-1).turn;
        const body = JSON.stringify({ session, turn: id });
        const response = await fetch("glm_ui/request", { method: "POST", body });
        return [response.status, await response.text()];
    }"""
    status, said = page.evaluate(fetched, "someone-else")
    assert status == 400
    assert "Mine" not in said
    assert page.evaluate(fetched, page.evaluate("GLM.secret()"))[0] == 200


# --- using


def test_a_name_is_taken_to_the_chat(page: Page, up: Upstream) -> None:
    up.reply(sse=anthropic_frames("", "Hello."))
    open_models(page)
    page.locator("#models-search input").fill("claude-3-opus-20240229")
    lines(page).first.click()
    detail(page).locator("[data-use=chat]").click()
    expect(box(page)).to_be_visible()
    expect(page.locator("#chat-facts")).to_contain_text("claude-3-opus-20240229")
    ask(page, "Hi")
    expect(answer_text(page)).to_have_text("Hello.")
    assert up.requests[0].json["model"] == "claude-3-opus-20240229"
    assert up.requests[0].path == "/anthropic/v1/messages"


def test_a_link_fills_in_and_sends_nothing(open_page: Open, shared_app: App, up: Upstream) -> None:
    up.reply(sse=openai_frames("", "ok"))
    query = "model=GLM-4.7&provider=zai&thinking=off&system=Be%20brief.&prompt=Why%3F&key=sk-stolen"
    page = open_page(f"{shared_app.url}?{query}")
    expect(box(page)).to_have_value("Why?")
    expect(page.locator("#chat-model input")).to_have_value(re.compile("GLM-4.7"))
    expect(page.locator("#chat-facts")).to_contain_text("glm-4.7")
    expect(page.locator("#chat-thinking input")).not_to_be_checked()
    expect(page.locator("#api-key input")).to_have_value("")
    assert not up.requests
    box(page).press("Enter")
    expect(answer_text(page)).to_have_text("ok")
    wait_idle(page)
    body = up.requests[0].json
    assert body["model"] == "glm-4.7"
    assert body["thinking"]["type"] == "disabled"
    assert [m["content"] for m in body["messages"]] == ["Be brief.", "Why?"]
    assert up.requests[0].headers["authorization"] == f"Bearer {KEY}"
    assert "prompt=" not in page.url


def test_a_copied_link_opens_the_same_setup(open_page: Open, shared_app: App) -> None:
    page = open_page(shared_app.url, permissions=["clipboard-read", "clipboard-write"])
    open_models(page)
    page.locator("#models-search input").fill("claude-3-haiku-20240307")
    lines(page).first.click()
    detail(page).locator("[data-use=link]").click()
    expect(detail(page).locator("[data-use=link]")).to_have_attribute("data-copied", "yes")
    link = page.evaluate("navigator.clipboard.readText()")
    other = open_page(link, after=page)
    expect(other.locator("#chat-facts")).to_contain_text("claude-3-haiku-20240307")
    traced = open_page(f"{link}&tab=models", after=other)
    expect(detail(traced).locator("h2")).to_have_text("claude-3-haiku-20240307")


# --- providers


def test_the_doctor_reports_what_is_wrong_and_the_report_holds_no_key(
    open_page: Open, shared_app: App, up: Upstream
) -> None:
    up.script(loses_pictures)
    page = open_page(shared_app.url, permissions=["clipboard-read", "clipboard-write"])
    open_models(page)
    view(page, "providers")
    page.locator("#live-provider").select_option("zai")
    page.locator("#doctor-ask").click()
    report = page.locator("#doctor-report")
    expect(report.locator('[data-check="image"]')).to_have_attribute("data-state", "bad")
    expect(report.locator('[data-state="good"]')).to_have_count(7)
    report.get_by_role("button", name="Copy the report").click()
    said = page.evaluate("navigator.clipboard.readText()")
    assert "Pictures: Wrong." in said
    assert KEY not in said + page.content()
    up.script(healthy)
    page.locator("#doctor-ask").click()
    expect(report.locator('[data-state="good"]')).to_have_count(8)


def test_the_doctor_names_what_keeps_it_from_a_reply(tab: Page, up: Upstream) -> None:
    view(tab, "providers")
    tab.locator("#live-provider").select_option("zai")
    bad = tab.locator('#doctor-report [data-state="bad"]').first
    for reply, seen in (
        (Reply(status=401, body={"error": {"code": "1000", "message": "no"}}), "did not accept the key"),
        (Reply(status=404, body="nothing here"), "no chat at this address"),
        (Reply(body="<html>Welcome</html>", content_type="text/html"), "web page"),
    ):
        up.forget()
        up.reply(reply)
        tab.locator("#doctor-ask").click()
        expect(bad).to_contain_text(seen)
        expect(bad.locator(".todo")).not_to_be_empty()


def test_a_providers_own_list_is_set_beside_the_catalogue(tab: Page, up: Upstream) -> None:
    listed = {
        "data": [
            {"id": "z-ai/glm-4.6", "pricing": {"prompt": "0.0000005", "completion": "0.000002"}},
            {"id": "z-ai/glm-9", "name": "GLM 9"},
        ]
    }
    up.lists = Reply(body=listed)
    view(tab, "providers")
    tab.locator("#live-provider").select_option("openrouter")
    tab.locator("#live-ask").click()
    table = tab.locator("#live-list")
    expect(table.locator("section").first).to_contain_text("z-ai/glm-9")
    expect(table.locator("tr", has_text="z-ai/glm-4.6")).to_contain_text("$0.50")
    expect(table.locator("tr", has_text="z-ai/glm-4.6")).to_contain_text("catalogue: $0.60")
    expect(tab.locator("#live-lacking")).to_contain_text("GLM-4.5")
    up.forget()
    up.reply(status=404, body="no")
    tab.locator("#live-provider").select_option("gateway")
    tab.locator("#live-ask").click()
    expect(table).to_contain_text("That is not an error")


# --- for programs


def test_the_endpoint_gives_rows_as_a_json_array(shared_app: App) -> None:
    client = Client(shared_app.url, verbose=False)
    rows = client.predict(api_name="/models")
    assert isinstance(rows, list)
    assert len(rows) >= 67
    row = next(row for row in rows if row["name"] == "claude-3-haiku")
    assert (row["model"], row["group"]) == ("glm-4.5v", "claude_generic")
    assert row["wire_ids"]["gateway-anthropic"] == "claude-3-haiku"
    assert row["figures"]["window"]["sources"]
    json.dumps(rows)
    found = client.predict("glm_4.6", group="glm_direct", provider="gateway-anthropic", api_name="/models")
    assert [row["name"] for row in found] == ["glm-4.6", "glm4.6", "glm_4.6"]
    with pytest.raises(AppError, match="There are: "):
        client.predict(group="nope", api_name="/models")
    client.close()
