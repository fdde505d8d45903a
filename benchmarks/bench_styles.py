"""What `all: revert-layer` of web/styles/base.css costs: python -m benchmarks.bench_styles

CPU time of the browser's main thread for styles, without and with the rule, best of 4: all elements of a page styled
again, and a paragraph of three elements that is put at the end and styled, as a stream does.
"""

from __future__ import annotations

import sys
from typing import Any

from playwright.sync_api import CDPSession, sync_playwright

from tests.browser.conftest import FLAGS, chromium

RULES = """.turn { padding: 4px } .bubble { max-width: 85%; padding: 8px 16px } .md p { margin: 0 0 12px }
.md code { font-size: 0.8em } .md li { margin: 4px 0 } .row { display: flex; gap: 8px; color: #555; font: inherit }"""
GRADIO = """.g, .g *, .g ::before, .g ::after { box-sizing: border-box; border-width: 0; border-style: solid }
.g p, .g ul { margin: 0 } .g button { padding: 0; font-size: 100%; color: inherit } .g strong { font-weight: bolder }"""
SHIELD = ".glm:not(#glm) *, .glm:not(#glm) ::before, .glm:not(#glm) ::after { all: revert-layer }"
SHEETS = {"without": GRADIO + RULES, "with": f"{GRADIO} @layer page {{ {RULES} }} {SHIELD}"}
FILL = """(css) => {
    document.head.innerHTML = `<style>${css}</style>`;
    const text = '<p>a <code>b</code> <strong>c</strong></p><ul><li>x</li><li>y</li></ul>'.repeat(6);
    const turn = `<div class=turn><div class=bubble>q</div><div class=md>${text}</div>
        <footer class=row><button class=row>1</button><button class=row>2</button></footer></div>`;
    document.body.innerHTML = `<div class="glm g">${turn.repeat(30)}</div>`;
    return document.body.offsetHeight && document.querySelectorAll('.glm *').length;
}"""
AGAIN = """() => {
    const root = document.querySelector('.glm');
    for (let i = 0; i < 10; i++) {
        document.documentElement.style.fontSize = `${16 + i}px`;
        root.classList.toggle('x');
        getComputedStyle(root.lastChild.lastChild).color;
    }
}"""
STREAM = """() => {
    const text = document.querySelector('.glm').lastChild.querySelector('.md');
    for (let i = 0; i < 200; i++) {
        const paragraph = document.createElement('p');
        paragraph.innerHTML = 'x <code>y</code> <strong>z</strong>';
        text.append(paragraph);
        getComputedStyle(paragraph).color;
    }
}"""


def styled(session: CDPSession) -> float:
    """Seconds that the page's main thread took for styles until now."""
    metrics: dict[str, Any] = session.send("Performance.getMetrics")
    return next(float(each["value"]) for each in metrics["metrics"] if each["name"] == "RecalcStyleDuration")


def main() -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        page = browser.new_page()
        session = page.context.new_cdp_session(page)
        session.send("Performance.enable", {"timeDomain": "threadTicks"})
        found: dict[str, list[tuple[float, float, int]]] = {name: [] for name in SHEETS}
        for _ in range(4):
            for name, css in SHEETS.items():
                count = page.evaluate(FILL, css)
                start = styled(session)
                page.evaluate(AGAIN)
                middle = styled(session)
                page.evaluate(STREAM)
                found[name].append((middle - start, styled(session) - middle, count))
        for name, rounds in found.items():
            again, stream = min(each[0] for each in rounds) / 10, min(each[1] for each in rounds) / 200
            sys.stdout.write(
                f"{name:8} {rounds[0][2]} elements again {again * 1e3:.2f} ms, a paragraph {stream * 1e6:.1f} µs\n"
            )
        browser.close()


if __name__ == "__main__":
    main()
