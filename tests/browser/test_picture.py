"""A conversation, or an answer, is shared as a picture."""

# ruff: noqa: E501 (scripts of the page)
from __future__ import annotations

import base64
import io
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from PIL import Image
from playwright.sync_api import Download, Page, expect

from tests.browser.conversation_page import choose, open_row, row
from tests.browser.trap import Trap, trapping

KEEP = """async ({ picture, answer, thinking, title }) => {
  const { newConversation, addNode } = await import("/glm_ui/static/conversations/conversation.js");
  const { openStore } = await import("/glm_ui/static/conversations/store.js");
  const c = newConversation({ settings: { model: "zai:glm-4.6", system: "Be brief." } });
  c.title = title;
  const bytes = Uint8Array.from(atob(picture), (each) => each.charCodeAt(0));
  const q = addNode(c, { text: title + " \\ud800 \\u0001", files: [{ id: "u1", name: "red.png", sent: new Blob([bytes], { type: "image/png" }) }] });
  addNode(c, { role: "assistant", parent: q.id, text: answer, thinking, metrics: { model: "glm-4.6" }, ending: { kind: "stop" } });
  await (await openStore({ name: "glm-ui" })).save(c);
}"""
ANSWER = r"""Some **words** and $a^2$.

```python
def first(): return "one"
```

| a | b |
|---|---|
| c | d |

```mermaid
graph TD; A-->B
```

\[ \int_0^1 x\,dx \]
"""
RED, BUBBLE, SURFACE, KEYWORD = (220, 20, 60), (0xEF, 0xF0, 0xF4), (0xF6, 0xF6, 0xF8), (0x8A, 0x2C, 0xA0)
COPIED = """async () => {
  const [item] = await navigator.clipboard.read();
  const bytes = new Uint8Array(await (await item.getType("image/png")).arrayBuffer());
  return btoa(Array.from(bytes, (each) => String.fromCharCode(each)).join(""));
}"""


def hostile(trap: Trap) -> str:
    """Whatever asks for an address when it is drawn."""
    there = trap.address
    return "\n\n".join(
        (
            f"![x]({there}/markdown.png)",
            f'<img src="{there}/html.png" onerror="fetch(\'{there}/handler\')">',
            f"<style>@import url({there}/import.css); * {{ background: url({there}/star.png) }}</style>",
            f'<svg xmlns="http://www.w3.org/2000/svg"><image href="{there}/svg.png"/><script>fetch("{there}/script")</script></svg>',
            f'<p style="background:url({there}/style.png)">styled</p></foreignObject></svg>',
            f'<iframe src="{there}/frame"></iframe><link rel="stylesheet" href="{there}/link.css"><!-- ]]> --><![CDATA[',
        )
    )


def red() -> str:
    out = io.BytesIO()
    Image.new("RGB", (300, 200), RED).save(out, "PNG")
    return base64.b64encode(out.getvalue()).decode()


def saved(page: Page, many: int = 1) -> list[Download]:
    """What Save in the dialog gives."""
    got: list[Download] = []

    def is_last(download: Download) -> bool:
        got.append(download)
        return len(got) == many

    with page.expect_event("download", predicate=is_last):
        page.locator("dialog.share .main").click()
    page.keyboard.press("Escape")
    expect(page.locator("dialog.share")).to_have_count(0)
    return got


def colours(picture: Image.Image) -> Counter[tuple[int, ...]]:
    """How many pixels there are of each colour."""
    counted = picture.convert("RGB").getcolors(1 << 24)
    assert counted
    return Counter({tuple(colour): count for count, colour in counted if isinstance(colour, tuple)})


def picture_of(download: Download) -> Image.Image:
    return Image.open(io.BytesIO(Path(download.path()).read_bytes()))


def test_an_answer_and_a_conversation_are_shared_as_pictures(page_with: Callable[..., Page]) -> None:
    page = page_with({"title": "Long", "answer": "\n\n".join(f"Paragraph {n}." for n in range(400))}, {"title": "Endless", "answer": "word " * 60_000},
                     permissions=["clipboard-read", "clipboard-write"], color_scheme="dark")  # fmt: skip
    with trapping() as trap:
        answer = ANSWER + hostile(trap)
        page.evaluate(
            KEEP, {"picture": red(), "answer": answer, "thinking": "A thought.\n" * 30, "title": "Draw me"}
        )
        expect(row(page, "Draw me")).to_be_visible()
        open_row(page, "Draw me")

        # One answer with its question, by keys alone: the menu, the dialog, Save.
        page.locator("#chat-log [data-answer]").focus()
        page.keyboard.press("Enter")
        page.get_by_role("menuitem", name="Share as a picture…").press("Enter")
        expect(page.locator("dialog.share .main")).to_be_focused()
        page.locator("dialog.share").get_by_role("button", name="Copy", exact=True).click()
        expect(page.locator("dialog.share [role=status]")).to_have_text("Copied")
        on_clipboard = Image.open(io.BytesIO(base64.b64decode(page.evaluate(COPIED))))
        (download,) = saved(page)
        assert download.suggested_filename == "Draw me.png"
        alone = picture_of(download)
        assert alone.format == "PNG"
        assert alone.width == 1440
        assert alone.size == on_clipboard.size
        # The question stands at the right: its picture, then its bubble with dark words in it.
        right = alone.crop((720, 0, 1440, 900))
        assert colours(right)[RED] > 40_000
        assert colours(right)[BUBBLE] > 2_000
        assert colours(alone.crop((0, 0, 500, 400)))[BUBBLE] == 0
        drawn = colours(alone)
        assert drawn[SURFACE] > 20_000, "code on its surface"
        assert drawn[KEYWORD] > 20, "code in its colours"
        assert drawn[(255, 255, 255)] > sum(drawn.values()) / 2, "light, on a page that is dark"

        # Thinking is in it where it is unfolded; the conversation has its title above.
        page.locator("#chat-log details.thinking > summary").click()
        choose(page, "Draw me", "Share as a picture…")
        whole = picture_of(saved(page)[0])
        assert whole.width == 1440
        assert whole.height > alone.height + 30 * 2 * 20
        assert trap.asked == []

    choose(page, "Long", "Share as a picture…")
    expect(page.locator("dialog.share [role=status]")).to_have_text(
        "It is long, so it is cut into 3 pictures."
    )
    parts = saved(page, 3)
    assert [each.suggested_filename for each in parts] == [f"Long ({n}).png" for n in (1, 2, 3)]
    sizes = [picture_of(each).size for each in parts]
    assert {width for width, _ in sizes} == {1440}
    assert max(height for _, height in sizes) <= 11_200
    choose(page, "Endless", "Share as a picture…")
    expect(page.locator("dialog.share [role=status]")).to_contain_text("too long for pictures")
    expect(page.locator("dialog.share .main")).to_have_count(0)
