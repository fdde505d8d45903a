"""The files of a question: how they come, what the plan says of them, what is refused."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import media_files as files
import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.chat_page import pick_model
from tests.browser.conftest import App
from tests.browser.multimodal_page import (
    DROP,
    PASTE,
    answer,
    as_file,
    ask,
    card,
    cards,
    choose,
    open_tab,
    planned,
    wait_idle,
)
from tests.upstream import Reply, Upstream, openai_frames

Open = Callable[..., Page]


@pytest.fixture
def tab(page: Page) -> Page:
    open_tab(page)
    return page


def test_files_can_be_dropped_on_the_zone_and_anywhere_on_the_tab(tab: Page) -> None:
    drawing = as_file("drawing.png", files.EVERY["drawing.png"]())
    for there, place in ((2, "#mm-files button"), (4, "#mm-out")):
        tab.evaluate(DROP, [place, [drawing, {**drawing, "name": "second.png"}]])
        expect(cards(tab)).to_have_count(there)
        planned(tab)


def test_a_picture_can_be_pasted_into_the_question(tab: Page) -> None:
    tab.locator("#mm-input textarea").focus()
    tab.evaluate(PASTE, [as_file("image.png", files.EVERY["drawing.png"]())])
    expect(cards(tab)).to_have_count(1)
    planned(tab)
    expect(cards(tab).locator("strong")).to_have_text(re.compile(r"pasted-\d+\.png"))


def test_the_camera_takes_a_picture(open_page: Open, shared_app: App, up: Upstream) -> None:
    page = open_page(shared_app.url)
    page.evaluate(
        """() => { const canvas = document.createElement('canvas'); canvas.width = 64; canvas.height = 48;
        const pen = canvas.getContext('2d'); let n = 0;
        setInterval(() => { pen.fillStyle = n++ % 2 ? 'red' : 'blue'; pen.fillRect(0, 0, 64, 48); }, 50);
        navigator.mediaDevices.getUserMedia = async () => canvas.captureStream(10); }"""
    )
    open_tab(page)
    page.get_by_role("button", name="Camera").click()
    page.wait_for_function("document.querySelector('.mm-camera video')?.videoWidth > 0")
    page.get_by_role("button", name="Take the picture").click()
    expect(cards(page).locator("strong")).to_have_text(re.compile(r"camera-\d+\.jpg"))
    expect(page.locator(".mm-camera")).to_be_hidden()


def test_the_camera_goes_off_when_its_tab_is_left(open_page: Open, shared_app: App) -> None:
    page = open_page(shared_app.url)
    page.evaluate(
        """() => { const canvas = document.createElement('canvas');
        navigator.mediaDevices.getUserMedia = async () => (window.film = canvas.captureStream(10)); }"""
    )
    open_tab(page)
    page.get_by_role("button", name="Camera").click()
    expect(page.locator(".mm-camera video")).to_be_visible()
    page.get_by_role("tab", name="Chat").click()
    page.wait_for_function("film.getTracks().every((track) => track.readyState === 'ended')")


def test_an_address_goes_to_the_provider_as_it_is(tab: Page, up: Upstream) -> None:
    up.reply(sse=openai_frames("", "ok"))
    tab.get_by_role("button", name="Address").click()
    tab.locator("#mm-address").fill("https://93.184.215.14/cat.jpg")
    tab.locator("#mm-address").press("Enter")
    expect(card(tab, "cat.jpg")).to_contain_text("fetches it")
    ask(tab, "What is it?")
    wait_idle(tab)
    part = up.requests[0].json["messages"][-1]["content"][0]
    assert part["image_url"]["url"] == "https://93.184.215.14/cat.jpg"


def test_an_address_into_a_private_network_is_refused(tab: Page) -> None:
    tab.get_by_role("button", name="Address").click()
    tab.locator("#mm-address").fill("http://169.254.169.254/latest/meta-data")
    tab.locator("#mm-address").press("Enter")
    expect(tab.locator(".mm-refusal")).to_contain_text("private network")


def test_an_address_with_a_bare_percent_sign_is_taken(tab: Page) -> None:
    tab.get_by_role("button", name="Address").click()
    tab.locator("#mm-address").fill("https://pictures.example/100%.jpg")
    tab.locator("#mm-address").press("Enter")
    expect(card(tab, "100%.jpg")).to_be_visible()


def test_pages_are_picked_by_clicking_and_by_typing(tab: Page, up: Upstream, tmp_path: Path) -> None:
    up.reply(sse=openai_frames("", "ok"))
    choose(tab, files.write(tmp_path, "report.pdf", files.pdf(5)))
    report = card(tab, "report.pdf")
    report.locator("summary").click()
    report.get_by_label("Pages 2", exact=True).click()
    expect(report).to_contain_text("1 of 5")
    report.get_by_label("Pages 4", exact=True).click()
    expect(report.get_by_label("Pages", exact=True)).to_have_value("2,4")
    expect(report).to_contain_text("2 pages")
    for typed, said in ((",", "names no page"), ("3-1", "Write 1-3"), ("999", "The document has 5 pages")):
        report.get_by_label("Pages", exact=True).fill(typed)
        report.get_by_label("Pages", exact=True).press("Tab")
        expect(report.get_by_role("alert")).to_contain_text(said)
        expect(report.get_by_label("Pages", exact=True)).to_have_value(typed)
    report.get_by_label("Pages", exact=True).fill("4-5,2")
    report.get_by_label("Pages", exact=True).press("Tab")
    expect(report).to_contain_text("3 of 5")
    ask(tab, "Sum up")
    wait_idle(tab)
    content = up.requests[0].json["messages"][-1]["content"]
    labels = [part["text"] for part in content if part["type"] == "text"]
    assert [label[:6] for label in labels[:3]] == ["Page 4", "Page 5", "Page 2"]


def test_what_cannot_go_is_refused_beforehand_with_the_way_out(
    tab: Page, up: Upstream, tmp_path: Path
) -> None:
    choose(tab, files.write(tmp_path, "film.mp4"), files.write(tmp_path, "tone.mp3"))
    expect(card(tab, "tone.mp3")).to_contain_text("does not accept audio")
    film = card(tab, "film.mp4")
    film.get_by_label("Send as").select_option("file")
    expect(film.locator(".mm-refusal")).to_contain_text("by address only")
    tab.locator("#mm-input textarea").fill("What happens?")
    tab.locator("#mm-input textarea").press("Enter")
    expect(tab.locator("glm-plan .mm-progress")).to_contain_text("Fix the file marked above")
    assert not up.requests
    expect(tab.locator("#mm-input textarea")).to_have_value("What happens?")
    film.get_by_role("button", name="Send as frames").click()
    expect(film).to_contain_text("3 frames")
    tab.get_by_label("Remove: tone.mp3").click()
    planned(tab)
    up.reply(sse=openai_frames("", "A film."))
    ask(tab, "What happens?")
    expect(answer(tab)).to_have_text("A film.")


def test_a_recording_is_written_down_where_a_key_allows_it(tab: Page, up: Upstream, tmp_path: Path) -> None:
    up.script(
        lambda request: (
            Reply(body={"text": "Meet me at noon."})
            if request.path.endswith("/audio/transcriptions")
            else Reply(sse=openai_frames("", "At noon."))
        )
    )
    choose(tab, files.write(tmp_path, "tone.mp3"))
    card(tab, "tone.mp3").get_by_role("button", name="Transcribe with Z.ai").click()
    expect(card(tab, "tone, transcript.txt")).to_have_attribute("data-state", "ready")
    ask(tab, "When do we meet?")
    expect(answer(tab)).to_have_text("At noon.")
    content = json.dumps(up.requests[1].json["messages"][-1]["content"])
    assert "Meet me at noon." in content
    assert "When do we meet?" in content


def test_a_locked_document_asks_for_its_password(tab: Page, up: Upstream, tmp_path: Path) -> None:
    choose(tab, files.write(tmp_path, "locked.pdf", files.locked_pdf("sesame")))
    locked = card(tab, "locked.pdf")
    locked.get_by_label("Password").fill("wrong")
    locked.get_by_role("button", name="Open").click()
    expect(locked).to_contain_text("is wrong")
    locked.get_by_label("Password").fill("sesame")
    locked.get_by_label("Password").press("Enter")
    expect(locked).to_contain_text("1 page")
    up.reply(Reply(sse=openai_frames("", "Opened.")), Reply(sse=openai_frames("", "Again.")))
    ask(tab, "Read it")
    wait_idle(tab)
    ask(tab, "And again")
    expect(answer(tab)).to_have_text("Again.")
    assert "sesame" not in tab.evaluate(
        "document.documentElement.outerHTML + JSON.stringify({...localStorage})"
    )


def test_hostile_files_are_one_sentence_each_and_the_others_stay(tab: Page) -> None:
    hostile = (
        ("bomb.png", files.pixel_bomb(), "too large to open"),
        ("empty.png", b"", "is empty"),
        ("cut.pdf", files.pdf()[:100], "damaged"),
        ("evil.svg", files.SVG, "SVG"),
        ('a\'; rm -rf ~ "$(id)" —.txt', bytes(range(256)) * 4, "not known here"),
    )
    given = [as_file(name, data, "") for name, data, _ in hostile]
    tab.evaluate(DROP, ["#mm-out", [*given, as_file("drawing.png", files.EVERY["drawing.png"]())]])
    expect(cards(tab)).to_have_count(len(hostile) + 1)
    planned(tab)
    for number, (_, _, says) in enumerate(hostile):
        expect(cards(tab).nth(number).locator(".mm-refusal")).to_contain_text(says)
    expect(card(tab, "drawing.png")).to_have_attribute("data-state", "ready")


def test_what_keeps_a_question_from_being_sent_comes_into_sight_with_the_reason(
    tab: Page, up: Upstream, tmp_path: Path
) -> None:
    good = [files.write(tmp_path, "photo.jpg") for _ in range(6)]
    damaged = tmp_path / "damaged.png"
    damaged.write_bytes(good[0].read_bytes()[:600])
    choose(tab, *good, damaged)
    broken = card(tab, "damaged.png")
    expect(broken).not_to_be_in_viewport()
    tab.locator("#mm-input textarea").fill("What is it?")
    tab.locator("#mm-input textarea").press("Enter")
    said = tab.locator("glm-plan .mm-progress")
    expect(said).to_have_text("Fix the file marked above to send.")
    expect(said).to_be_in_viewport(ratio=1)
    expect(broken).to_be_in_viewport(ratio=1)
    foot = tab.locator("glm-plan .mm-foot").bounding_box()
    place = broken.bounding_box()
    assert foot
    assert place
    assert place["y"] + place["height"] <= foot["y"]
    broken.get_by_role("button", name="Remove: damaged.png").click()
    planned(tab)
    pick_model(tab, "GLM-4.5V · Z.ai (A", "#mm-model")
    tab.locator("#mm-input textarea").press("Enter")
    expect(said).to_have_text("Tick “Send it anyway” above to send.")
    expect(tab.locator(".mm-consent")).to_be_in_viewport(ratio=1)
    assert not up.requests


def test_a_program_is_refused_without_another_model(tab: Page) -> None:
    tab.evaluate(DROP, ["#mm-out", [as_file("prog.exe", b"MZ" + bytes(4000), "")]])
    refusal = card(tab, "prog.exe").locator(".mm-refusal")
    expect(refusal).to_contain_text("Programs cannot be sent")
    expect(refusal.get_by_role("button")).to_have_count(0)


def test_an_upload_is_followed_and_can_be_stopped(tab: Page, tmp_path: Path) -> None:
    small, large = tmp_path / "note.txt", tmp_path / "large.bmp"
    small.write_text("Hello.")
    large.write_bytes(files.saved(files.noise(1000, 800), "BMP"))
    network = tab.context.new_cdp_session(tab)
    slow = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": 100_000}
    network.send("Network.emulateNetworkConditions", slow)
    tab.set_input_files("#mm-files input[type=file]", [str(small), str(large)])
    bar = tab.locator(".mm-intake .mm-progress")
    expect(bar).to_contain_text(re.compile(r"Uploading large\.bmp, [1-9]\d? %"))
    expect(bar.locator("progress")).to_have_attribute("aria-label", re.compile("Uploading"))
    bar.get_by_role("button", name="Stop").click()
    expect(bar).to_have_text("Uploading was stopped.")
    planned(tab)
    expect(cards(tab)).to_have_count(1)  # what has arrived stays
    expect(card(tab, "note.txt")).to_be_visible()
    network.send("Network.emulateNetworkConditions", {**slow, "uploadThroughput": -1})
    choose(tab, large)
    expect(bar).to_be_hidden()
    expect(card(tab, "large.bmp")).to_have_attribute("data-state", "ready")


def test_a_file_that_does_not_arrive_is_one_sentence_and_the_others_stay(tab: Page, tmp_path: Path) -> None:
    lost, kept = tmp_path / "lost.txt", tmp_path / "kept.txt"
    lost.write_text("a")
    kept.write_text("b")
    refusals = iter([413])
    tab.route(
        "**/gradio_api/upload*",
        lambda route: route.fulfill(status=413) if next(refusals, None) else route.continue_(),
    )
    tab.set_input_files("#mm-files input[type=file]", [str(lost), str(kept)])
    expect(tab.locator(".mm-intake .mm-progress")).to_have_text(
        "“lost.txt” is too large. Choose a smaller one."
    )
    expect(cards(tab)).to_have_count(1)
    expect(card(tab, "kept.txt")).to_be_visible()


def test_enter_twice_while_the_plan_is_made_asks_once_and_keeps_what_is_typed(
    tab: Page, up: Upstream, tmp_path: Path
) -> None:
    up.reply(sse=openai_frames("", "ok"))
    held: list[Route] = []
    tab.route("**/glm_ui/plan", lambda route: held.append(route))
    tab.set_input_files("#mm-files input[type=file]", str(files.write(tmp_path, "photo.jpg")))
    expect(cards(tab)).to_have_count(1)
    box = tab.locator("#mm-input textarea")
    box.fill("What is it?")
    box.press("Enter")
    box.press("Enter")
    box.press_sequentially(" And what")
    tab.wait_for_function("() => GLM.multimodal.files.submitting")
    for route in held:
        route.continue_()
    expect(answer(tab)).to_have_text("ok")
    wait_idle(tab)
    expect(tab.locator(".mm-earlier-row")).to_have_count(1)  # the question itself
    expect(tab.locator(".mm-question .bubble")).to_have_text("What is it?")
    expect(box).to_have_value("What is it? And what")
    assert len(up.requests) == 1


def test_consent_holds_for_its_own_plan_alone(tab: Page, up: Upstream, tmp_path: Path) -> None:
    up.script(lambda _: Reply(sse=openai_frames("", "ok")))
    pick_model(tab, "GLM-4.5V · Z.ai (A", "#mm-model")
    choose(tab, files.write(tmp_path, "photo.jpg"))
    agree = tab.locator(".mm-consent input")
    agree.check()
    choose(tab, files.write(tmp_path, "drawing.png"))
    expect(agree).not_to_be_checked()
    agree.check()
    ask(tab, "What is it?")
    expect(answer(tab)).to_have_text("ok")
    wait_idle(tab)
    ask(tab, "And now?")  # what was agreed to goes again with the conversation
    wait_idle(tab)
    assert len(up.requests) == 2
    choose(tab, files.write(tmp_path, "photo.jpg"))
    expect(agree).not_to_be_checked()


def test_a_file_is_seen_large_and_the_total_stays_in_sight_before_it_is_asked_about(
    tab: Page, tmp_path: Path
) -> None:
    choose(tab, files.write(tmp_path, "photo.jpg"))
    picture = tab.locator("#mm-grounding .mm-picture:not(.waiting)")
    expect(picture).to_be_visible()
    expect(tab.locator(".mm-empty")).to_be_hidden()
    expect(tab.locator("#mm-answer")).to_be_hidden()
    shown = picture.bounding_box()
    assert shown
    assert shown["height"] > 300
    data = [
        files.write(tmp_path, f"{i}.png", files.saved(files.quadrants(400, 200), "PNG")) for i in range(4)
    ]
    choose(tab, *data)
    total = tab.locator(".mm-tokens")
    expect(total).to_contain_text("tokens")
    expect(total).to_be_in_viewport(ratio=1)
    at, composer = total.bounding_box(), tab.locator("#mm-input").bounding_box()
    assert at
    assert composer
    assert at["y"] + at["height"] <= composer["y"]
    tab.locator(".mm-strip-tile").nth(2).click()
    expect(tab.locator(".mm-said")).to_contain_text("1.png")


MARK = "node => { node.seenBefore = true; }"
MARKED = "node => node === document.activeElement && node.seenBefore === true"


def test_a_plan_that_is_made_anew_leaves_focus_selection_and_open_pages(tab: Page, tmp_path: Path) -> None:
    choose(
        tab, files.write(tmp_path, "one.pdf", files.pdf(3)), files.write(tmp_path, "two.pdf", files.pdf(4))
    )
    one, two = card(tab, "one.pdf"), card(tab, "two.pdf")
    two.locator("summary").click()
    way = one.get_by_label("Send as")
    way.focus()
    way.evaluate(MARK)
    way.select_option("pictures")
    planned(tab)
    assert way.evaluate(MARKED), "the menu of ways is another element now, so an open one would have closed"
    expect(way).to_have_value("pictures")
    box = one.get_by_label("Pages", exact=True)
    box.fill("1-2")
    waiting = box.evaluate(
        "box => { box.seenBefore = true; box.setSelectionRange(1, 3); GLM.multimodal.files.plan.replan();"
        " return document.querySelectorAll('#mm-plan .mm-card[data-state=waiting]').length }"
    )
    assert waiting == 2
    planned(tab)
    assert box.evaluate(MARKED)
    assert box.evaluate("box => [box.value, box.selectionStart, box.selectionEnd]") == ["1-2", 1, 3]
    expect(two.locator(".mm-tile")).to_have_count(4)
    # What goes away takes nothing of its neighbour along.
    two.locator(".mm-tile").first.focus()
    two.locator(".mm-tile").first.evaluate(MARK)
    one.get_by_role("button", name="Remove: one.pdf").evaluate("button => button.click()")
    expect(cards(tab)).to_have_count(1)
    planned(tab)
    assert two.locator(".mm-tile").first.evaluate(MARKED)
