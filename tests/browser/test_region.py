"""A region that a person draws on the picture of the stage: by mouse, by finger, by the keys; and its pixels."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from pathlib import Path

import media_files as files
import pytest
from PIL import Image
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import App
from tests.browser.multimodal_page import answer, ask, card, cards, choose, open_tab, pictures_in, wait_idle
from tests.browser.test_phone import PHONE
from tests.upstream import Upstream, openai_frames

Open = Callable[..., Page]
Point = tuple[float, float]


@pytest.fixture
def tab(page: Page) -> Page:
    open_tab(page)
    return page


@pytest.fixture
def photo(tab: Page, tmp_path: Path) -> Page:
    """The stage has a picture of four fields: red, green, blue, yellow."""
    choose(tab, files.write(tmp_path, "photo.png", files.saved(files.quadrants(400, 200), "PNG")))
    expect(picture(tab)).to_be_visible()
    return tab


def picture(page: Page) -> Locator:
    return page.locator("#mm-grounding img.mm-picture:not(.waiting)")


def control(page: Page) -> Locator:
    return page.get_by_role("button", name="Select a region")


def surface(page: Page) -> Locator:
    return page.get_by_role("application", name="Select a region")


def told(page: Page) -> Locator:
    return page.locator(".mm-region-told")


def crop(page: Page) -> Locator:
    return page.get_by_role("button", name="Add to the question")


def at(page: Page, x: float, y: float) -> Point:
    """On the screen, where that part of the picture's width and height lies."""
    place = picture(page).bounding_box()
    assert place
    return place["x"] + x * place["width"], place["y"] + y * place["height"]


def drag(page: Page, start: Point, end: Point) -> None:
    page.mouse.move(*at(page, *start))
    page.mouse.down()
    page.mouse.move(*at(page, *end), steps=4)
    page.mouse.up()


def size_told(page: Page) -> tuple[int, int]:
    expect(told(page)).to_contain_text("×")
    width, height = told(page).inner_text().split(" × ")
    return int(width), int(height)


def sent(up: Upstream, request: int = -1) -> list[Image.Image]:
    message = up.requests[request].json["messages"][-1]
    return [Image.open(io.BytesIO(data)).convert("RGB") for data in pictures_in(message)]


def is_like(colour: object, wanted: tuple[int, int, int]) -> bool:
    assert isinstance(colour, tuple)
    return all(abs(a - b) < 24 for a, b in zip(colour, wanted, strict=True))


def asked_with(page: Page, up: Upstream, name: str) -> Image.Image:
    """What the model is sent of the region, whose file is named so."""
    expect(card(page, name)).to_be_visible()
    up.forget()
    up.reply(sse=openai_frames("", "A field."))
    ask(page, "And this?")
    expect(answer(page)).to_have_text("A field.")
    return sent(up)[-1]


def test_a_region_is_drawn_before_any_answer_and_goes_with_the_next_question(
    photo: Page, up: Upstream
) -> None:
    control(photo).click()
    expect(surface(photo)).to_be_focused()
    expect(told(photo)).to_have_text("Drag over the part to ask about.")
    expect(crop(photo)).to_be_hidden()
    drag(photo, (0.6, 0.1), (0.9, 0.4))
    width, height = size_told(photo)
    assert abs(width - 120) <= 2
    assert abs(height - 60) <= 2
    crop(photo).click()
    expect(photo.locator("#mm-input textarea")).to_be_focused()
    expect(surface(photo)).to_have_count(0)
    expect(cards(photo)).to_have_count(2)
    region = asked_with(photo, up, "photo, region.png")
    assert region.size == (width, height)
    assert is_like(region.getpixel((width // 2, height // 2)), files.GREEN)
    assert sent(up)[0].size == (400, 200), "the whole picture goes with it"


def test_a_region_is_drawn_after_an_answer_and_the_boxes_below_do_not_catch_the_mouse(
    photo: Page, up: Upstream
) -> None:
    up.reply(sse=openai_frames("", "A cat at [[100,200,500,800]]."))
    ask(photo, "Find the cat")
    wait_idle(photo)
    control(photo).click()
    drag(photo, (0.2, 0.6), (0.4, 0.9))
    size = size_told(photo)
    surface(photo).press("Enter")
    expect(photo.locator("#mm-input textarea")).to_be_focused()
    region = asked_with(photo, up, "photo, region.png")
    assert region.size == size
    assert is_like(region.getpixel((size[0] // 2, size[1] // 2)), files.BLUE)


def test_a_region_is_moved_sized_and_drawn_anew(photo: Page) -> None:
    control(photo).click()
    drag(photo, (0.2, 0.2), (0.4, 0.4))
    first = size_told(photo)
    drag(photo, (0.3, 0.3), (0.5, 0.5))
    assert size_told(photo) == first, "held inside, it moves"
    drag(photo, (0.6, 0.6), (0.7, 0.8))
    wider = size_told(photo)
    assert abs(wider[0] - first[0] - 40) <= 2
    assert abs(wider[1] - first[1] - 40) <= 2
    drag(photo, (0.9, 0.1), (0.8, 0.05))
    anew = size_told(photo)
    assert abs(anew[0] - 40) <= 2
    assert abs(anew[1] - 10) <= 2


def test_a_click_changes_nothing_and_what_goes_beside_the_picture_ends_at_its_edge(photo: Page) -> None:
    control(photo).click()
    photo.mouse.click(*at(photo, 0.5, 0.5))
    expect(told(photo)).to_have_text("Drag over the part to ask about.")
    drag(photo, (0.5, 0.5), (1.5, 1.5))
    size = size_told(photo)
    assert abs(size[0] - 200) <= 1
    assert abs(size[1] - 100) <= 1
    photo.mouse.click(*at(photo, 0.1, 0.1))
    assert size_told(photo) == size
    photo.keyboard.press("Escape")
    expect(control(photo)).to_be_focused()
    expect(surface(photo)).to_have_count(0)
    expect(cards(photo)).to_have_count(1)


def test_escape_amid_a_drag_leaves(photo: Page) -> None:
    control(photo).click()
    photo.mouse.move(*at(photo, 0.2, 0.2))
    photo.mouse.down()
    photo.mouse.move(*at(photo, 0.6, 0.6))
    expect(told(photo)).to_contain_text("×")
    photo.keyboard.press("Escape")
    photo.mouse.up()
    expect(surface(photo)).to_have_count(0)
    expect(control(photo)).to_be_focused()


def test_a_region_is_made_with_the_keys_alone(photo: Page, up: Upstream) -> None:
    control(photo).focus()
    photo.keyboard.press("Enter")
    expect(surface(photo)).to_be_focused()
    said = photo.locator(".mm-region [role=status]")
    expect(told(photo)).to_have_text("200 × 100")
    expect(said).to_have_text("200 × 100 pixels, 100 from the left, 50 from the top")
    expect(surface(photo)).to_have_accessible_description(
        "Arrow keys move the region, Shift and arrow keys size it, Enter adds it, Escape leaves."
    )
    expect(photo.locator(".mm-region-keys")).to_be_visible()
    for key in ("ArrowLeft", "ArrowDown", "ArrowDown", "Shift+ArrowLeft", "Shift+ArrowUp"):
        photo.keyboard.press(key)
    expect(said).to_have_text("196 × 98 pixels, 96 from the left, 54 from the top")
    photo.keyboard.press("Tab")
    expect(crop(photo)).to_be_focused()
    photo.keyboard.press("Shift+Tab")
    photo.keyboard.press("Escape")
    expect(control(photo)).to_be_focused()
    photo.keyboard.press("Space")
    for _ in range(30):
        photo.keyboard.press("ArrowRight")
        photo.keyboard.press("ArrowUp")
    expect(said).to_have_text("200 × 100 pixels, 200 from the left, 0 from the top")
    photo.keyboard.press("Enter")
    expect(photo.locator("#mm-input textarea")).to_be_focused()
    region = asked_with(photo, up, "photo, region.png")
    assert region.size == (200, 100)
    assert is_like(region.getpixel((5, 5)), files.GREEN)
    assert is_like(region.getpixel((195, 95)), files.GREEN)


@pytest.mark.parametrize(
    "size",
    [PHONE, {"viewport": PHONE["viewport"]}, {**PHONE, "viewport": {"width": 1440, "height": 900}}],
    ids=["phone", "narrow", "tablet"],
)
def test_where_there_is_no_room_for_the_keys_a_screen_reader_alone_is_told_them(
    open_page: Open, shared_app: App, tmp_path: Path, size: dict[str, object]
) -> None:
    page = open_page(shared_app.url, **size)
    open_tab(page)
    choose(page, files.write(tmp_path, "photo.png", files.saved(files.quadrants(400, 200), "PNG")))
    expect(picture(page)).to_be_visible()
    control(page).focus()
    page.keyboard.press("Enter")
    expect(told(page)).to_have_text("200 × 100")
    expect(page.locator(".mm-region-keys")).to_be_hidden()
    expect(surface(page)).to_have_accessible_description(re.compile("^Arrow keys move the region"))


def test_the_first_arrow_key_makes_the_region_that_no_mouse_has_drawn(photo: Page) -> None:
    control(photo).click()
    expect(told(photo)).to_have_text("Drag over the part to ask about.")
    photo.keyboard.press("ArrowLeft")
    expect(told(photo)).to_have_text("200 × 100")


def test_a_photo_that_is_turned_and_larger_than_its_preview_gives_its_own_pixels(
    tab: Page, up: Upstream, tmp_path: Path
) -> None:
    """Stored lying on its side; upright it is 3000 × 2000."""
    choose(tab, files.write(tmp_path, "turned.jpg", files.jpeg(3000, 2000, orientation=6)))
    tab.get_by_role("button", name="Enlarge").click()
    expect(picture(tab)).to_be_visible()
    control(tab).click()
    drag(tab, (0.9, 0.1), (0.6, 0.4))
    width, height = size_told(tab)
    assert abs(width - 900) <= 6
    assert abs(height - 600) <= 6
    with tab.expect_response("**/glm_ui/region") as cut:
        surface(tab).press("Enter")
    assert cut.value.ok
    expect(tab.locator("#mm-grounding.large")).to_have_count(0)
    expect(card(tab, "turned, region.png")).to_contain_text(f"{width}×{height}")
    region = asked_with(tab, up, "turned, region.png")
    assert is_like(region.getpixel((region.width // 2, region.height // 2)), files.GREEN)


def test_a_region_of_a_page_of_a_document(tab: Page, up: Upstream, tmp_path: Path) -> None:
    up.reply(sse=openai_frames("", "Three pages."))
    choose(tab, files.write(tmp_path, "paper.pdf", files.pdf(3)))
    ask(tab, "Sum it up")
    wait_idle(tab)
    expect(picture(tab)).to_be_visible()
    tab.locator(".mm-strip-tile").nth(1).click()
    control(tab).click()
    drag(tab, (0, 0), (0.5, 0.25))
    width, height = size_told(tab)
    surface(tab).press("Enter")
    assert asked_with(tab, up, "region.png").size == (width, height)


def test_where_it_cannot_be_cut_out_the_region_stays_and_the_reason_is_told(photo: Page) -> None:
    control(photo).click()
    drag(photo, (0.2, 0.2), (0.6, 0.6))
    size = size_told(photo)
    photo.route("**/glm_ui/region", lambda route: route.abort())
    crop(photo).click()
    expect(photo.locator(".mm-region")).not_to_have_attribute("aria-busy", "true")
    expect(photo.locator("#mm-plan")).to_contain_text("cannot be reached")
    assert size_told(photo) == size
    photo.unroute("**/glm_ui/region")
    crop(photo).click()
    expect(cards(photo)).to_have_count(2)


HOLD = """async (img) => {
  for (let still = 0, last = NaN; still < 20; ) {
    await new Promise(requestAnimationFrame);
    const { top } = img.getBoundingClientRect();
    still = top === last ? still + 1 : 0;
    img.scrollIntoView({ block: "center" });
    last = img.getBoundingClientRect().top;
  }
}"""
"""Brings the picture back, and waits until the swipe before has run out."""


def test_a_region_is_drawn_with_a_finger_and_the_page_stays_where_it_is(
    open_page: Open, shared_app: App, up: Upstream, tmp_path: Path
) -> None:
    page = open_page(shared_app.url, **PHONE)
    page.get_by_role("tab", name="Multimodal").tap()
    expect(page.locator(".mm-empty")).to_be_visible()
    up.reply(sse=openai_frames("", "Four fields. " * 200))
    choose(page, files.write(tmp_path, "photo.png", files.saved(files.quadrants(400, 200), "PNG")))
    page.locator("#mm-input textarea").fill("What is it?")
    page.locator("#mm-input .submit-button").tap()
    wait_idle(page)
    picture(page).scroll_into_view_if_needed()
    hand = page.context.new_cdp_session(page)

    def touch(kind: str, *points: Point) -> None:
        hand.send(
            "Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y} for x, y in points]}
        )

    def swipe(start: Point, end: Point) -> None:
        (x1, y1), (x2, y2) = at(page, *start), at(page, *end)
        touch("touchStart", (x1, y1))
        for part in (0.25, 0.5, 0.75, 1):
            touch("touchMove", (x1 + part * (x2 - x1), y1 + part * (y2 - y1)))
        touch("touchEnd")

    control(page).tap()
    expect(surface(page)).to_be_focused()
    before = picture(page).bounding_box()
    swipe((0.6, 0.9), (0.9, 0.2))
    width, height = size_told(page)
    assert abs(width - 120) <= 3
    assert abs(height - 140) <= 3
    swipe((0.6, 0.2), (0.55, 0.1))
    wider = size_told(page)
    assert abs(wider[0] - width - 20) <= 3
    assert abs(wider[1] - height - 20) <= 3
    assert picture(page).bounding_box() == before
    for each in page.locator(".mm-region button").all():
        place = each.bounding_box()
        assert place
        assert min(place["width"], place["height"]) >= 44
    page.locator(".mm-region").get_by_role("button", name="Cancel").tap()
    expect(control(page)).to_be_focused()
    swipe((0.5, 0.9), (0.5, 0.1))
    page.wait_for_function(
        "([img, top]) => img.getBoundingClientRect().top < top",
        arg=[picture(page).element_handle(), before["y"] if before else 0],
    )
    picture(page).evaluate(HOLD)
    control(page).tap()
    expect(surface(page)).to_be_focused()
    swipe((0.1, 0.1), (0.4, 0.4))
    crop(page).tap()
    expect(card(page, "photo, region.png")).to_be_visible()
    expect(page.locator("#mm-input textarea")).to_be_focused()


def test_the_control_and_the_words_are_chinese_too(
    open_page: Open, shared_app: App, up: Upstream, tmp_path: Path
) -> None:
    page = open_page(f"{shared_app.url}?lang=zh")
    page.get_by_role("tab").nth(1).click()
    expect(page.locator(".mm-empty")).to_be_visible()
    choose(page, files.write(tmp_path, "photo.jpg"))
    page.get_by_role("button", name="选择区域").click()
    expect(told(page)).to_have_text("拖动选出要询问的部分。")
    drag(page, (0.2, 0.2), (0.6, 0.6))
    page.get_by_role("button", name="加入提问").click()
    expect(card(page, "photo, 区域.png")).to_be_visible()
