"""How a person works the page: with a finger, or with the keys alone. A task (tasks.py) is written once for both."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from playwright.sync_api import Locator, Page, expect

from glm_ui.languages import sentences

MOST_TABS = 120
"""So many presses of Tab reach every control of the page."""

AT_FOCUS = """(wanted) => {
    const at = document.activeElement;
    const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(at);
    const { width, height } = at.getBoundingClientRect();
    const marked = (outlineStyle !== "none" && parseFloat(outlineWidth) > 0) || boxShadow !== "none";
    const [row, own] = [wanted, at].map((each) => each.closest(".list-row"));
    return {
        there: at === wanted,
        nowhere: at === document.body,
        where: `${at.tagName} ${at.id} ${at.className}`,
        seen: width > 0 && height > 0 && (marked || at.matches("input, textarea")),
        beside: Boolean(row && own && row !== own),
        back: Boolean(at.compareDocumentPosition(wanted) & Node.DOCUMENT_POSITION_PRECEDING),
    };
}"""
"""Of the focus: whether it is on `wanted`, whether it is nowhere, its place, whether it can be seen (a box to write in
shows the caret), whether it is in another row of the same list, and whether it is after `wanted` in the document."""


def touches(page: Page) -> bool:
    """Firefox has no fingers here: its driver gives it none."""
    return bool(page.evaluate("matchMedia('(pointer: coarse)').matches"))


def tap(at: Locator) -> None:
    """With a finger, or by a click where the browser has none."""
    if touches(at.page):
        at.tap()
    else:
        at.click()


@dataclass
class Hands(Protocol):
    """`word` gives a sentence of the page in the language that it speaks."""

    page: Page
    language: str = "en"

    def word(self, english: str) -> str:
        return english if self.language == "en" else sentences(self.language)[english]

    def press(self, at: Locator) -> None:
        """Does what the button or link does."""

    def write(self, at: Locator, text: str) -> None:
        """Leaves `text` in the box, in place of what stood there."""

    def send(self, text: str) -> None:
        """Writes into the message box, and sends."""

    def open_side(self) -> None:
        """Brings the side bar into sight."""

    def close_side(self) -> None:
        """Brings the conversation into sight."""

    def from_menu(self, button: Locator, item: str) -> None:
        self.press(button)
        self.press(self.page.get_by_role("menuitem", name=self.word(item), exact=True))

    def button(self, name: str, within: Locator | None = None) -> Locator:
        return (within or self.page).get_by_role("button", name=self.word(name), exact=True)


TOO_SMALL = """() => [...document.querySelectorAll(
    "button, a[href], input, select, textarea, summary, [role=tab], [role=menuitem], [role=option]"
)].flatMap((each) => {
    if (each.matches(":disabled, :is(p, li, td, dd, .answer, .quiet) a, [tabindex='-1'] *") || !each.checkVisibility({
        opacityProperty: true, visibilityProperty: true })) return [];
    const place = each.closest(each.role === "combobox" ? ".wrap" : "label:has([type=checkbox], [type=radio])") ?? each;
    const { width, height, left, right, top, bottom } = place.getBoundingClientRect();
    if (width < 2 || right <= 0 || left >= innerWidth || bottom <= 0 || top >= innerHeight) return [];
    if (width >= 43.5 && height >= 43.5) return [];
    const name = each.getAttribute("aria-label") || each.innerText || each.id;
    return [`${each.tagName} ${each.className} “${name.slice(0, 30)}” ${Math.round(width)}×${Math.round(height)}`];
})"""
"""Controls in sight that are smaller than 44 × 44 px. Links in a sentence are none of them."""


@dataclass
class Finger(Hands):
    """What can be tapped is measured before each tap; `small` tells what was too small for a thumb."""

    small: set[str] = field(default_factory=set)

    def press(self, at: Locator) -> None:
        expect(at).to_be_visible()
        if touches(self.page):
            self.small.update(self.page.evaluate(TOO_SMALL))
        tap(at)

    def write(self, at: Locator, text: str) -> None:
        self.press(at)
        at.fill(text)

    def send(self, text: str) -> None:
        self.close_side()
        self.write(self.page.locator("#chat-input textarea"), text)
        self.press(self.page.locator("#chat-input .submit-button"))

    def open_side(self) -> None:
        self._fold(to="open")

    def close_side(self) -> None:
        self._fold(to="closed")

    def _fold(self, to: str) -> None:
        toggle = self.page.locator("#side-toggle")
        wanted = "true" if to == "open" else "false"
        if toggle.get_attribute("aria-expanded") != wanted:
            self.press(toggle)
            expect(toggle).to_have_attribute("aria-expanded", wanted)


@dataclass
class Keys(Hands):
    """The focus is looked at after each step. `lost` tells where it was nowhere before a step, and where it could not
    be seen."""

    lost: list[str] = field(default_factory=list)

    def go(self, at: Locator) -> None:
        """Tab by Tab, the shorter way in the order of the document; in a list of rows with the arrows."""
        expect(at).to_be_visible()
        tab = ""
        for step in range(MOST_TABS):
            focus = at.evaluate(AT_FOCUS)
            if focus["nowhere"] and not step:
                self.lost.append(f"nowhere on the way to {at.get_attribute('class')} {at.inner_text()}")
            if not focus["nowhere"] and not focus["seen"]:
                self.lost.append(f"not seen: {focus['where']}")
            if focus["there"]:
                return
            tab = tab or ("Shift+Tab" if focus["back"] else "Tab")
            arrow = "ArrowUp" if focus["back"] else "ArrowDown"
            self.page.keyboard.press(arrow if focus["beside"] else tab)
        raise AssertionError(f"No Tab reaches {at}. The focus is at {focus['where']}.")

    def press(self, at: Locator) -> None:
        self.go(at)
        self.page.keyboard.press("Enter")

    def from_menu(self, button: Locator, item: str) -> None:
        """In a menu the arrows go from one to the next."""
        self.press(button)
        wanted = self.page.get_by_role("menuitem", name=self.word(item), exact=True)
        expect(wanted).to_be_visible()
        for _ in range(self.page.get_by_role("menuitem").count()):
            if wanted.evaluate("item => item === document.activeElement"):
                break
            self.page.keyboard.press("ArrowDown")
        expect(wanted).to_be_focused()
        self.page.keyboard.press("Enter")

    def write(self, at: Locator, text: str) -> None:
        self.go(at)
        self.page.keyboard.press("ControlOrMeta+a")
        if text:
            self.page.keyboard.insert_text(text)
        else:
            self.page.keyboard.press("Delete")

    def send(self, text: str) -> None:
        self.write(self.page.locator("#chat-input textarea"), text)
        self.page.keyboard.press("Enter")

    def open_side(self) -> None:
        """It stands beside the conversation."""
