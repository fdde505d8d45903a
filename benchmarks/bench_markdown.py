"""What a growing answer costs the page: main-thread time for shapes and lengths, and how it grows.

    python -m benchmarks.bench_markdown [--rate 1000] [--shapes code,list]

Text arrives at `rate` tokens a second (4 characters each), with the animation frames, in real Chromium.
"""

# ruff: noqa: E501 (a script of the page)
from __future__ import annotations

import argparse
import math

from playwright.sync_api import Page, sync_playwright

from tests.browser.conftest import FLAGS, chromium
from tests.browser.static_page import static_page

LENGTHS = (500, 2000, 8000, 32000)
LINE = "plain words with **bold**, `code` and [a link](https://example.com) in them. "
SHAPES = {
    "mixed": f"## Title\n\n{LINE * 3}\n\n- {LINE}\n- {LINE}\n\n```python\ndef f(x):\n    return x + 1\n```\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n$$x^2$$\n\n",
    "code": "    value = compute(index, other=True)  # a comment\n",
    "list": f"- {LINE}\n",
    "table": "| first cell | **second** cell | `third` |\n",
    "paragraph": LINE,
    "quote": f"> {LINE}\n",
    "lines": f"{LINE}\n",
}
HEADS = {"code": "```python\n", "table": "| a | b | c |\n|---|---|---|\n"}
RUN = """async ([head, unit, tokens, rate]) => {
  const { LiveMarkdown, settled } = await import("/static/markdown/markdown.js");
  const text = (head + unit.repeat(Math.ceil((tokens * 4) / unit.length))).slice(0, tokens * 4);
  box.replaceChildren();
  const live = new LiveMarkdown(box);
  const frame = () => new Promise(requestAnimationFrame);
  let longest = 0, last = await frame(), at = 0;
  const from = last;
  while (at < text.length) {
    const now = await frame();
    longest = Math.max(longest, now - last);
    last = now;
    const due = Math.min(text.length, Math.ceil(((now - from) / 1000) * rate * 4));
    if (due > at) live.append(text.slice(at, due));
    at = Math.max(at, due);
  }
  const ended = performance.now();
  live.finish();
  const finish = performance.now() - ended;
  await frame(); await frame();
  await settled();
  return { longest, finish, height: box.scrollHeight };
}"""


def measured(page: Page, shape: str, tokens: int, rate: int) -> dict[str, float]:
    devtools = page.context.new_cdp_session(page)
    devtools.send("Performance.enable")

    def now() -> dict[str, float]:
        return {m["name"]: m["value"] for m in devtools.send("Performance.getMetrics")["metrics"]}

    before = now()
    found = page.evaluate(RUN, [HEADS.get(shape, ""), SHAPES[shape], tokens, rate])
    after = now()
    devtools.detach()
    return found | {
        name: 1000 * (after[name] - before[name])
        for name in ("TaskDuration", "ScriptDuration", "LayoutDuration")
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=int, default=1000, help="tokens a second")
    parser.add_argument("--shapes", default=",".join(SHAPES))
    options = parser.parse_args()
    print("| shape | tokens | main thread ms | script | layout | µs a token | longest frame ms | finish ms |")
    print("|---|---|---|---|---|---|---|---|")
    with static_page() as site, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        for shape in options.shapes.split(","):
            costs = []
            for tokens in LENGTHS:
                page = browser.new_page(viewport={"width": 1280, "height": 900})
                page.goto(site.address)
                page.evaluate(RUN, [HEADS.get(shape, ""), SHAPES[shape], 200, options.rate])
                found = measured(page, shape, tokens, options.rate)
                page.close()
                costs.append(found["TaskDuration"])
                numbers = [found[name] for name in ("TaskDuration", "ScriptDuration", "LayoutDuration")]
                numbers += [1000 * found["TaskDuration"] / tokens, found["longest"], found["finish"]]
                print(
                    f"| {shape} | {tokens} | " + " | ".join(f"{number:.0f}" for number in numbers) + " |",
                    flush=True,
                )
            exponent = math.log(costs[-1] / costs[0]) / math.log(LENGTHS[-1] / LENGTHS[0])
            print(f"| {shape} | exponent | {exponent:.2f} | | | | | |", flush=True)
        browser.close()


if __name__ == "__main__":
    main()
