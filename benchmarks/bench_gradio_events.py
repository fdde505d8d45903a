"""What it costs that a script of the page begins an event of Gradio's: a click on a hidden button, beside `trigger` of
a `gr.HTML` with `js_on_load`: python -m benchmarks.bench_gradio_events

Both events are answered in the browser alone. Prints the milliseconds from the script's call to the event's JavaScript
(median and 95th of 200 calls, best of 3 rounds), the page's heap, and the time until all of them can be called.
"""

from __future__ import annotations

import os
import statistics

os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"

import gradio as gr
from playwright.sync_api import Browser, sync_playwright

from tests.browser.conftest import FLAGS, chromium

EVENTS = 5
CALLS = 200
JS = "() => { window.heard(); return [] }"
ON_LOAD = "window.signals = { ...window.signals, '%s': () => trigger('click') };"
READY = {
    "button": "() => document.querySelectorAll('[id^=signal-]').length >= %d",
    "html": "() => Object.keys(window.signals ?? {}).length >= %d",
}
CALL = {"button": "(id) => document.querySelector(`#${id}`).click()", "html": "(id) => window.signals[id]()"}
TIMED = """async ([call, calls]) => {
    const begin = eval(call);
    const took = [];
    for (let i = 0; i < calls; i++) {
        const heard = new Promise((done) => (window.heard = done));
        const from = performance.now();
        begin('signal-0');
        await heard;
        took.push(performance.now() - from);
    }
    return took;
}"""


def page_of(kind: str) -> gr.Blocks:
    with gr.Blocks() as page:
        gr.HTML("<p>page</p>")
        for number in range(EVENTS):
            name = f"signal-{number}"
            if kind == "button":
                signal: gr.Button | gr.HTML = gr.Button(visible="hidden", elem_id=name)
            else:
                signal = gr.HTML("", elem_id=name, js_on_load=ON_LOAD % name, apply_default_css=False)
            signal.click(None, None, None, js=JS, queue=False, show_progress="hidden")
    return page


def measure(browser: Browser, url: str, kind: str) -> tuple[float, float, float, float]:
    """(median ms, 95th ms, heap MB, ms until ready) of one visit."""
    page = browser.new_page()
    page.goto(url)
    page.wait_for_function(READY[kind] % EVENTS, polling=5)
    ready = page.evaluate("() => performance.now()")
    page.evaluate(TIMED, [CALL[kind], 20])
    took = sorted(page.evaluate(TIMED, [CALL[kind], CALLS]))
    session = page.context.new_cdp_session(page)
    session.send("HeapProfiler.collectGarbage")
    heap = session.send("Runtime.getHeapUsage")["usedSize"] / 2**20
    page.close()
    return statistics.median(took), took[int(len(took) * 0.95)], heap, ready


def main() -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        pages = {kind: page_of(kind) for kind in ("button", "html")}
        urls = {}
        for kind, page in pages.items():
            _, urls[kind], _ = page.launch(prevent_thread_lock=True, quiet=True, ssr_mode=False)
        rounds: dict[str, list[tuple[float, float, float, float]]] = {kind: [] for kind in pages}
        for _ in range(3):
            for kind, url in urls.items():
                rounds[kind].append(measure(browser, url, kind))
        for kind, found in rounds.items():
            median, late, heap, ready = (min(column) for column in zip(*found, strict=True))
            print(
                f"{kind:6} median {median:.2f} ms  95th {late:.2f} ms  heap {heap:.1f} MB  ready {ready:.0f} ms"
            )
        browser.close()
        for page in pages.values():
            page.close()


if __name__ == "__main__":
    main()
