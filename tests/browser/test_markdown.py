"""Markdown in real Chromium: the same look however a text arrives, and nothing in it can act on the page."""

# ruff: noqa: E501, RUF001 (scripts of the page, other scripts)
from __future__ import annotations

import itertools
import random
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.answers import HOSTILE, TEXTS
from tests.browser.static_page import StaticPage, static_page

pytestmark = pytest.mark.browser

SETUP = """async () => {
  Object.assign(window, await import("/static/markdown/markdown.js"));
  window.box = document.querySelector("#box");
  window.frame = () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
  window.whole = (text) => { box.className = "md"; box.replaceChildren(renderMarkdown(text)); return box; };
  window.html = (text) => whole(text).innerHTML;
  window.live = (...pieces) => { const m = new LiveMarkdown(box); for (const piece of pieces) m.append(piece); return m; };
}"""


@pytest.fixture(scope="module")
def site() -> Iterator[StaticPage]:
    with static_page() as server:
        yield server


@pytest.fixture(scope="module")
def shared(browser: Browser, site: StaticPage) -> Iterator[Page]:
    context = browser.new_context(permissions=["clipboard-read", "clipboard-write"])
    page = context.new_page()
    page.goto(site.address)
    page.evaluate(SETUP)
    yield page
    context.close()


@pytest.fixture
def page(shared: Page) -> Page:
    shared.evaluate("box.replaceChildren()")
    return shared


def text_of(page: Page, markdown: str) -> str:
    return str(page.evaluate("text => whole(text).innerText", markdown)).strip()


# --- what Markdown means ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("markdown", "strong"),
    [
        ("**中文。**后", "中文。"),
        ("前**（重要）**后", "（重要）"),
        ("他说**“好”**了", "“好”"),
        ("**注意：**请看", "注意："),
        ("a **b** c", "b"),
        ("これは**「強調」**です", "「強調」"),
    ],
)
def test_emphasis_works_beside_chinese_punctuation(page: Page, markdown: str, strong: str) -> None:
    assert page.evaluate("text => whole(text).querySelector('strong')?.textContent", markdown) == strong


@pytest.mark.parametrize(
    ("markdown", "count"),
    [
        ("$x^2$ and \\(y\\) and \\[z\\] and $$w$$", 4),
        ("It costs $5 and $10, or $20-$30.", 0),
        ("`$x$` and\n```\n$y$ \\(z\\)\n```\n    $w$", 0),
        ("```\n$$ unclosed \\[ fence", 0),
        ("- \\[\n  a\n  \\]\n- $b$", 2),
        ("text\n$$\na\n\n= b\n$$\ntext", 1),
        ("| a |\n|---|\n| $x$ |", 1),
        ("\\$5$ and 5$", 0),
    ],
)
def test_formulas_are_found_and_money_and_code_are_not(page: Page, markdown: str, count: int) -> None:
    assert page.evaluate("text => whole(text).querySelectorAll('.md-formula').length", markdown) == count


def test_a_formula_becomes_katex_and_a_wrong_one_stays_readable(page: Page) -> None:
    page.evaluate("text => whole(text)", "$\\frac12$ and $\\nonsense{$ and $\\href{javascript:alert(1)}{x}$")
    page.evaluate("settled()")
    assert page.evaluate("box.querySelectorAll('.katex').length") >= 1
    assert page.evaluate("box.querySelectorAll('a').length") == 0
    assert page.evaluate("box.querySelectorAll('[data-waiting]').length") == 0


def test_an_expansion_bomb_in_a_formula_ends(page: Page) -> None:
    bomb = "$\\def\\a{\\b\\b}\\def\\b{\\c\\c}\\def\\c{\\d\\d}\\def\\d{\\a\\a}\\a \\rule{9999em}{9999em}$"
    page.evaluate("text => whole(text)", bomb)
    page.evaluate("settled()")
    assert page.evaluate("box.scrollWidth") < 2000


def test_comparisons_and_generics_stay_as_they_are(page: Page) -> None:
    said = "if a < b and c > d then List<String> x = a <b and c> d; <think>hm</think>"
    assert text_of(page, said) == said


def test_harmless_tags_work_and_ranges_are_not_struck_out(page: Page) -> None:
    made = page.evaluate("html('H<sub>2</sub>O<br><kbd>Ctrl</kbd> 3~5天，约10~20元 ~~no~~')")
    assert "<sub>2</sub>" in made
    assert "<kbd>Ctrl</kbd>" in made
    assert made.count("<del>") == 1


def test_a_fold_holds_the_markdown_until_its_end(page: Page) -> None:
    page.evaluate("text => whole(text)", "<details>\n<summary>S</summary>\n\n**in**\n\n</details>\n\nout")
    assert page.evaluate("box.querySelector('details strong').textContent") == "in"
    assert page.evaluate("box.querySelector('details').nextElementSibling.textContent") == "out"


def test_links_open_outside_and_tell_nothing(page: Page) -> None:
    page.evaluate(
        "text => whole(text)",
        "[a](https://a.example/x) 看https://b.example/y。好 www.c.example mail@d.example",
    )
    links = page.evaluate("[...box.querySelectorAll('a')].map(a => [a.href, a.rel, a.target])")
    assert [link[0] for link in links] == [
        "https://a.example/x",
        "https://b.example/y",
        "http://www.c.example/",
        "mailto:mail@d.example",
    ]
    assert {tuple(link[1:]) for link in links} == {("noopener noreferrer nofollow", "_blank")}


def test_a_picture_is_a_link_to_click(page: Page) -> None:
    page.evaluate(
        "text => whole(text)",
        "![a cat](https://a.example/c.png) [![b](http://b.example/i)](http://b.example)",
    )
    assert page.evaluate("box.querySelectorAll('img').length") == 0
    assert page.evaluate("[...box.querySelectorAll('a')].map(a => a.textContent)") == [
        "picture: a cat ↗",
        "picture: b ↗",
    ]


def test_copy_gives_the_code_exactly(page: Page) -> None:
    code = "def f():\n\treturn [\n        1,  \n    ]\n\n\n# 终"
    page.evaluate("text => whole(text)", f"```python\n{code}\n```")
    page.evaluate("settled()")
    page.click("[data-copy]")
    page.wait_for_function("document.querySelector('[data-copy]').textContent === 'Copied'")
    assert page.evaluate("navigator.clipboard.readText()") == code
    assert page.evaluate("box.querySelector('.md-code-language').textContent") == "python"
    assert page.evaluate("box.querySelectorAll('.hljs-keyword').length") > 0


def test_code_and_tables_scroll_inside_themselves(page: Page) -> None:
    page.evaluate(
        "text => whole(text)", f"```\n{'x' * 900}\n```\n\n|{'wide cell|' * 40}\n|{'-|' * 40}\n|{'wide|' * 40}"
    )
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.evaluate("box.querySelector('pre').scrollWidth > box.clientWidth")


def test_columns_stand_as_the_dashes_say_and_tasks_show_what_is_done(page: Page) -> None:
    page.evaluate("text => whole(text)", "| a | b | c |\n|:-|:-:|-:|\n| 1 | 2 | 3 |\n\n- [x] one\n- [ ] two")
    aligned = page.evaluate("[...box.querySelectorAll('td')].map((cell) => getComputedStyle(cell).textAlign)")
    assert aligned == ["left", "center", "right"]
    boxes = page.evaluate("[...box.querySelectorAll('[role=img]')].map((b) => [b.textContent, b.ariaLabel])")
    assert boxes == [["☑", "Done"], ["☐", "Not done"]]


def test_a_block_runs_the_way_its_first_letter_does_and_code_from_the_left(page: Page) -> None:
    page.evaluate("text => whole(text)", "שלום\n\nhello\n\n- שלום\n\n```\nשלום\n```\n\n|שלום|\n|-|\n|a|")
    found = page.evaluate(
        "[...box.querySelectorAll('p, ul, pre, table')].map((node) => getComputedStyle(node).direction)"
    )
    assert found == ["rtl", "ltr", "rtl", "ltr", "rtl"]


def test_footnotes_are_drawn_and_a_mark_without_one_stays_text(page: Page) -> None:
    page.evaluate(
        "text => whole(text)",
        "One[^1] two[^b] [^abc]\n\n[^1]: The **first**.\n[^B]: Second,\n  on two lines\n\nend",
    )
    marks = page.evaluate("[...box.querySelectorAll('p .md-note-mark')].map((mark) => mark.textContent)")
    notes = page.evaluate("[...box.querySelectorAll('.md-note')].map((note) => note.textContent)")
    assert marks == ["1", "b"]
    assert notes == ["1 The first.", "B Second,on two lines"]
    assert "[^abc]" in page.evaluate("box.querySelector('p').textContent")
    assert page.evaluate("box.lastChild.textContent") == "end"


@pytest.mark.parametrize("blank", ["\u00a0", "\u3000", "\u2028", "\u200b"])
def test_a_tag_with_a_blank_that_html_does_not_know_is_text(page: Page, blank: str) -> None:
    said = f'before <a{blank}href="http://example.org/">x</a> after'
    for draw in ("whole(text)", "live(text).finish()"):
        page.evaluate(f"text => {{ {draw}; }}", said)
        shown = page.evaluate("box.textContent")
        assert shown.startswith("before ")
        assert "href=" in shown
        assert shown.endswith(" after")


def test_a_block_that_cannot_be_drawn_is_text_and_the_others_are_drawn(page: Page) -> None:
    """The drawing itself is broken here, for no text is known that breaks it."""
    shown = page.evaluate(
        """() => {
          const create = document.createElement;
          document.createElement = function (name) {
            if (name === "blockquote") throw new Error("broken");
            return create.call(document, name);
          };
          try {
            const m = live("One **b**\\n\\n> quoted *text*\\n\\nlast *word*");
            m.append(" and more");
            m.finish();
            const arrived = box.innerHTML;
            return [arrived === html("One **b**\\n\\n> quoted *text*\\n\\nlast *word* and more"), box.innerText];
          } finally {
            document.createElement = create;
          }
        }"""
    )
    assert shown[0]
    assert "> quoted *text*" in shown[1]
    assert "last word and more" in shown[1]


def test_code_that_takes_the_highlighter_minutes_stays_plain_and_the_page_goes_on(page: Page) -> None:
    waited = page.evaluate(
        """async () => {
          whole("```markdown\\n" + "[a](".repeat(12000) + "\\n```\\n\\n```python\\nx = 1\\n```");
          let [longest, last, over] = [0, performance.now(), false];
          const done = settled().then(() => (over = true));
          while (!over) {
            await new Promise((next) => setTimeout(next));
            longest = Math.max(longest, performance.now() - last);
            last = performance.now();
          }
          await done;
          return longest;
        }"""
    )
    assert page.evaluate("box.querySelectorAll('pre')[0].querySelectorAll('span').length") == 0
    assert page.evaluate("box.querySelectorAll('.hljs-number').length") == 1
    assert waited < 5000  # milliseconds; on the page itself it was a minute and more


def test_letters_that_join_without_end_are_laid_out_in_pieces_and_stay_the_same_text(page: Page) -> None:
    for said in ("a" + "\u0301" * 5000 + " b", "\u0633" * 3000, "```\n" + "\u0e01" * 2000 + "\n```"):
        shown = page.evaluate("text => whole(text).querySelector('p, code').textContent", said)
        assert shown == said.strip("`\n")
        assert page.evaluate("box.querySelectorAll('.md-run').length") > 4


# --- while it arrives -------------------------------------------------------------------------------------------

CUTS = """async ([text, cuts, waits]) => {
  window.requestAnimationFrame = (draw) => setTimeout(() => draw(performance.now()));
  const m = new LiveMarkdown(box);
  let at = 0;
  for (const [i, cut] of cuts.entries()) {
    m.append(text.slice(at, cut));
    at = cut;
    if (waits[i]) await new Promise((done) => requestAnimationFrame(done));
  }
  m.append(text.slice(at));
  m.finish();
  await settled();
  const want = document.createElement("div");
  want.className = "md";
  want.append(renderMarkdown(text));
  await settled();
  return box.innerHTML === want.innerHTML && box.className === "md" ? null : [box.innerHTML, want.innerHTML];
}"""


def cut(page: Page, text: str, cuts: list[int], waits: list[bool]) -> None:
    page.evaluate("() => { box.removeAttribute('id'); box.removeAttribute('style'); }")
    different = page.evaluate(CUTS, [text, cuts, waits])
    assert different is None, f"{text!r} cut at {cuts}: {different}"


@pytest.mark.parametrize("name", TEXTS)
def test_however_it_arrives_it_ends_as_if_drawn_at_once(page: Page, name: str) -> None:
    text = TEXTS[name]
    chance = random.Random(name)
    step = max(1, len(text) // 60)
    cut(page, text, list(range(1, len(text), step)), [True] * len(text))
    for _ in range(3):
        cuts = sorted(chance.sample(range(1, len(text)), min(len(text) - 1, chance.randint(1, 40))))
        cut(page, text, cuts, [chance.random() < 0.5 for _ in cuts])


def test_any_mixture_of_blocks_ends_as_if_drawn_at_once(page: Page) -> None:
    chance = random.Random(20)
    for _ in range(60):
        text = chance.choice(["\n", "\n\n", "\n"]).join(
            chance.sample(sorted(TEXTS.values(), key=len)[:40], 4)
        )[:1500]
        cuts = sorted(chance.sample(range(1, len(text)), min(len(text) - 1, 25)))
        cut(page, text, cuts, [chance.random() < 0.7 for _ in cuts])


def test_noise_made_of_markers_ends_as_if_drawn_at_once(page: Page) -> None:
    chance = random.Random(7)
    bits = [
        "*",
        "**",
        "`",
        "```",
        "\n",
        "\n\n",
        "- ",
        "1. ",
        "> ",
        "|",
        "|-|",
        "$",
        "$$",
        "\\(",
        "\\)",
        "[",
        "](",
        ")",
        "<b>",
        "</b>",
    ]
    bits += [
        "<details>",
        "</details>",
        "word",
        " ",
        "    ",
        "[a]: /x\n",
        "[a]",
        "#",
        "---",
        "~~",
        "中。",
        "<!--",
        "-->",
        "\\",
        "&lt;",
    ]
    for _ in range(150):
        text = "".join(chance.choice(bits) for _ in range(chance.randint(5, 60)))
        cuts = sorted(chance.sample(range(1, len(text)), min(len(text) - 1, 12)))
        cut(page, text, cuts, [chance.random() < 0.7 for _ in cuts])


def test_the_first_words_are_drawn_at_once(page: Page) -> None:
    assert page.evaluate("(live('Hello'), box.innerText)") == "Hello"


def test_finished_blocks_are_left_alone(page: Page) -> None:
    page.evaluate("window.m = live('First **one**.\\n\\nSecond block that goes on')")
    page.evaluate("frame()")
    page.evaluate("box.firstChild.mine = true")
    page.evaluate(
        "(async () => { for (let i = 0; i < 20; i++) { m.append(' word'); await frame(); } m.append('\\n\\n- x'); await frame(); m.finish(); })()"
    )
    assert page.evaluate("box.firstChild.mine") is True


@pytest.mark.parametrize(
    ("half", "shown", "tags"),
    [
        ("A **bold wor", "A bold wor", {"STRONG"}),
        ("A **", "A", set()),
        ("Use `cod", "Use cod", {"CODE"}),
        ("See [the docs](https://exam", "See the docs", set()),
        ("See ![a cat](https://exam", "See", set()),
        ("| a | b |\n|--", "a\tb", {"TABLE"}),
        ("One\n\n``", "One", set()),
        ("Text\n-", "Text", set()),
        ("if a <", "if a", set()),
        ("- one\n- **tw", "one\ntw", {"UL", "STRONG"}),
        ("**重点**：~~删", "重点：删", {"STRONG", "DEL"}),
    ],
)
def test_half_typed_markers_do_not_show(page: Page, half: str, shown: str, tags: set[str]) -> None:
    page.evaluate("text => { live(text); }", half)
    assert str(page.evaluate("box.innerText")).strip() == shown
    assert (
        set(page.evaluate("[...box.querySelectorAll('strong,code,table,ul,del,a')].map(e => e.tagName)"))
        == tags
    )


def test_an_open_code_block_shows_every_line_as_it_comes(page: Page) -> None:
    page.evaluate("window.m = live('```python\\n')")
    shown = "text => box.querySelector('code')?.textContent === text"
    page.evaluate("m.append('def f():\\n')")
    page.wait_for_function(shown, arg="def f():")  # on a busy machine not in the next frame
    page.evaluate("(m.append('    return 1\\n'), m.append('``'))")
    page.wait_for_function(shown, arg="def f():\n    return 1")
    page.evaluate("(m.append('`\\n\\nafter'), m.finish(), settled())")
    assert page.evaluate("box.querySelector('code').textContent") == "def f():\n    return 1"
    assert page.evaluate("box.lastChild.textContent") == "after"


def test_a_code_block_whose_first_line_comes_in_two_pieces_shows_all_its_lines(page: Page) -> None:
    shown = "text => box.querySelector('pre')?.textContent === text"
    page.evaluate("window.m = live('Code:\\n\\n```j')")
    page.wait_for_function(shown, arg="")
    page.evaluate("m.append('s\\nlet first;\\nlet second')")
    page.wait_for_function(shown, arg="let first;\nlet second")
    page.evaluate("m.append(';\\nlet third;')")
    page.wait_for_function(shown, arg="let first;\nlet second;\nlet third;")
    page.evaluate("m.leave()")


def test_a_paragraph_that_its_footnotes_change_comes_at_once(page: Page) -> None:
    """The browser looks at all children of a paragraph for each one that is put into it."""
    text = "".join(f"[^{n}] " for n in range(800)) + "\n\n" + "".join(f"[^{n}]: a\n" for n in range(800))
    changes = page.evaluate(
        """text => {
          const answer = live(text.slice(0, 3000), text.slice(3000));
          const watch = new MutationObserver(() => {});
          watch.observe(box.firstChild, { childList: true });
          answer.finish();
          return [watch.takeRecords().length, box.querySelectorAll("p:first-child sup").length];
        }""",
        text,
    )
    assert changes == [0, 800]


def test_an_opened_fold_and_a_scrolled_table_stay_while_text_comes(page: Page) -> None:
    head = f"|{'wide heading|' * 30}\n|{'-|' * 30}\n"
    page.evaluate(
        "text => { window.m = live(text); }",
        "<details><summary>s</summary>\n\nin\n\n</details>\n\n" + head + "|a|\n",
    )
    page.evaluate(
        "() => { box.querySelector('details').open = true; box.querySelector('.md-table').scrollLeft = 90; }"
    )
    page.evaluate(
        "(async () => { for (let i = 0; i < 5; i++) { m.append('|row|x|\\n'); await frame(); } })()"
    )
    assert page.evaluate(
        "[box.querySelector('details').open, box.querySelector('.md-table').scrollLeft]"
    ) == [True, 90]


# --- safety -----------------------------------------------------------------------------------------------------

ALLOWED = {
    *(
        "DIV",
        "SPAN",
        "P",
        "H1",
        "H2",
        "H3",
        "H4",
        "H5",
        "H6",
        "UL",
        "OL",
        "LI",
        "A",
        "STRONG",
        "EM",
        "DEL",
        "CODE",
        "PRE",
    ),
    *(
        "BR",
        "HR",
        "BLOCKQUOTE",
        "TABLE",
        "THEAD",
        "TBODY",
        "TFOOT",
        "TR",
        "TH",
        "TD",
        "CAPTION",
        "INPUT",
        "BUTTON",
        "B",
        "I",
    ),
    *(
        "U",
        "S",
        "INS",
        "MARK",
        "SMALL",
        "SUB",
        "SUP",
        "KBD",
        "DETAILS",
        "SUMMARY",
        "DL",
        "DT",
        "DD",
        "Q",
        "CITE",
        "ABBR",
    ),
    *("VAR", "SAMP", "RUBY", "RT", "RP", "FIGURE", "FIGCAPTION", "CENTER"),
}
AUDIT = """((place) => [...place.querySelectorAll("*")].filter((e) => !e.closest(".katex, .katex-error")).map((e) => [e.tagName, ...e.getAttributeNames().map((n) => n + "=" + e.getAttribute(n))]))"""
ATTRIBUTES = {
    "class",
    "href",
    "target",
    "rel",
    "type",
    "disabled",
    "checked",
    "start",
    "colspan",
    "rowspan",
    "open",
}
ATTRIBUTES |= {"data-source", "data-preview", "data-more", "data-unfold", "data-language", "data-table"}
ATTRIBUTES |= {"tabindex", "data-copy", "data-waiting", "dir", "role", "aria-label", "aria-haspopup"}


def bad(elements: list[list[str]]) -> list[list[str]]:
    def fine(tag: str, *attributes: str) -> bool:
        names = {attribute.split("=")[0] for attribute in attributes}
        hrefs = [a.removeprefix("href=") for a in attributes if a.startswith("href=")]
        return (
            tag in ALLOWED and names <= ATTRIBUTES and all(h.startswith(("http", "mailto:")) for h in hrefs)
        )

    return [element for element in elements if not fine(*element)]


RAW = (
    "a b i em strong u s del ins mark small sub sup kbd code pre p div span center summary table thead tbody tfoot tr th td "
    "caption ul ol li blockquote h1 h2 h3 h4 h5 h6 dl dt dd q cite abbr var samp ruby rt rp figure figcaption details"
)
ATTACHED = 'style="position:fixed" class="md-code hljs" id="chat-log" name="body" title="t" align="right" role="button" tabindex="0" data-copy="" data-preview="" data-more="" data-unfold="" dir="rtl" hidden onclick="1"'


@pytest.mark.parametrize(
    "shape",
    [
        "<{0} {1}>x</{0}>",
        "text <{0} {1}>x</{0}> text",
        "<div>\n<table><tr><td><{0} {1}>x</{0}></td></tr></table>\n</div>",
    ],
)
def test_no_element_of_a_model_keeps_what_was_attached_to_it(page: Page, shape: str) -> None:
    """But the class and the roles that we give: links, tables and formulas of ours."""
    text = "\n\n".join(shape.format(name, ATTACHED) for name in RAW.split())
    kept = page.evaluate(
        """(text) => [...whole(text).querySelectorAll("*")]
          .filter((e) => !e.matches(".md-dead-link, .md-table, .md-table-box, .md-copy, .md-plain") && (e.attributes.length > 1 || (e.attributes.length && !(e.hasAttribute("dir") && e.dir === "auto"))))
          .map((e) => e.outerHTML)""",
        text,
    )
    assert kept == []


def test_there_are_two_hundred_hostile_answers() -> None:
    assert len(set(HOSTILE)) >= 200


AT_EVERY_PREFIX = """async ([texts, together]) => {
  const found = texts.map(() => new Set());
  const audit = (place, i) => { for (const element of AUDIT(place)) found[i].add(JSON.stringify(element)); };
  for (let from = 0; from < texts.length; from += together) {
    const group = texts.slice(from, from + together).map((text, k) => {
      const place = document.createElement("div");
      box.append(place);
      return { text, place, i: from + k, step: Math.max(1, Math.floor(text.length / 40)) };
    });
    for (const { text, place, i, step } of group) {
      for (let end = step; end < text.length + step; end += step) {
        place.replaceChildren();
        new LiveMarkdown(place).append(text.slice(0, end));
        audit(place, i);
      }
    }
    const lives = group.map((each) => ({ ...each, live: new LiveMarkdown(each.place), at: 0 }));
    for (let n = 0; lives.some(({ at, text }) => at < text.length); n += 1) {
      for (const each of lives) {
        if (each.at < each.text.length) each.live.append(each.text.slice(each.at, (each.at += each.step)));
      }
      if (n % 17 === 0) await frame();
    }
    for (const { live } of lives) live.finish();
    await settled();
    for (const { place, i } of group) audit(place, i);
    for (const { place, text } of group) place.replaceChildren(renderMarkdown(text));
    await frame();
    for (const { place, i } of group) audit(place, i);
    for (const { place } of group) place.remove();
  }
  return found.map((elements) => [...elements].map((element) => JSON.parse(element)));
}""".replace("AUDIT", AUDIT)
"""Answers are drawn side by side, `together` at a time, so that they share the frames that they wait for."""


def test_no_hostile_answer_acts_at_any_prefix(browser: Browser, site: StaticPage) -> None:
    context = browser.new_context()
    page = context.new_page()
    dialogs: list[str] = []
    page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    page.goto(site.address)
    page.evaluate(SETUP)
    page.evaluate(
        "(async () => { whole('$x$ `y`\\n```python\\nx=1\\n```\\n```dockerfile\\nFROM x\\n```\\n```latex\\nx\\n```'); await settled(); })()"
    )
    page.evaluate("document.fonts.ready")
    page.evaluate("box.replaceChildren()")
    before = page.evaluate("document.body.childElementCount")
    site.asked.clear()
    trap = f"{site.address}/trap"
    found = page.evaluate(AT_EVERY_PREFIX, [[answer.replace("{url}", trap) for answer in HOSTILE], 25])
    assert {text: bad(elements) for text, elements in zip(HOSTILE, found, strict=True) if bad(elements)} == {}
    assert sum(map(len, found)) > len(HOSTILE)  # they were drawn
    page.evaluate("fetch('/end').then(r => r.status)")
    asked = list(itertools.takewhile(lambda path: path != "/end", site.asked))
    assert [path for path in asked if "/static/vendor/" not in path] == []
    assert dialogs == []
    assert page.evaluate("[document.body.childElementCount, window.pwned ?? null, document.title]") == [
        before,
        None,
        "module",
    ]
    context.close()
