"""docs/benchmarks.md and its plot, from the figures of the last runs. Pure but for reading and writing them."""

from __future__ import annotations

import importlib.metadata
import math
import os
import platform
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from typing import Any

from benchmarks import results
from benchmarks.bars import BARS
from benchmarks.behind import behind
from benchmarks.columns import GROWTH, PAGE, milli, seconds, table

DOCS = Path(__file__).parents[1] / "docs"
APPS = ("GLM UI", "gr.ChatInterface", "gr.load_chat", "Chainlit", "Open WebUI")
PACKAGES = ("gradio", "httpx", "openai", "anthropic", "zai-sdk", "playwright")
COLOURS = {
    "GLM UI": "#3d5bd9",
    "gr.ChatInterface": "#b3261e",
    "gr.load_chat": "#8a5a00",
    "Chainlit": "#5f6b7a",
    "Open WebUI": "#1f7a5c",
}
Figures = dict[str, Any]

HOW = """## How to repeat

    pip install -r benchmarks/requirements.txt     # and Chromium
    python -m benchmarks                           # all of it, about an hour; writes this page
    python -m benchmarks page load                 # some: page, growth, rounds, at-once, concurrency, readers, load,
                                                   # backend, gateway, turns, replicas, files, store

Each bench is also a command with options of its own: `python -m benchmarks.bench_page --help`. Figures of ours are
medians of three runs (`--rounds`), which go through all works in turn; a peer that takes minutes ran once, and so did
each app with many readers. One app runs after the other, the bare page and ours in turn. The upstream
is a process of its own that plays marked tokens of about four characters, half thinking and half answer (prose, lists,
code, a table, a formula), and says when it sent each. Lag is the time from there until Chromium has painted it, on the
same machine's clock; it includes up to one frame (16.7 ms) of waiting for the paint. "All painted" counts from the
Enter key. Chromium is headless and without a GPU, so that painting counts as CPU. Trust ratios within one run more than
single figures.
"""


def ahead_part(found: dict[str, dict[str, Figures]]) -> str:
    """Each figure in which a peer is ahead of ours."""
    head = ["work", "figure", "GLM UI", "the peer", "which"]
    return "## Where a peer is ahead\n\n" + table(head, behind(found))


def page_part(found: dict[str, Figures]) -> str:
    rows = [[*key.split(" | "), *(column.said(row) for column in PAGE)] for key, row in found.items()]
    return "## The page\n\n" + table(["work", "app", *(column.head for column in PAGE)], rows)


def growth_part(found: dict[str, Figures]) -> str:
    rows, exponents = [], []
    for app in APPS:
        mine = {int(key.split(" | ")[0]): f for key, f in found.items() if key.endswith(f" | {app}")}
        for tokens, f in mine.items():
            rows.append([f"{tokens:,}", app, *(column.said(f) for column in GROWTH)])
        if len(mine) > 1:
            exponents.append(_exponents(app, mine))
    head = ["tokens at once", "app", *(column.head for column in GROWTH)]
    return "## Growth\n\n" + table(head, rows) + "\n" + "".join(exponents)


def _exponents(app: str, mine: dict[int, Figures]) -> str:
    few, many = min(mine), max(mine)

    def of(name: str) -> str:
        return f"{math.log(mine[many][name] / max(1e-9, mine[few][name])) / math.log(many / few):.2f}"

    names = {
        "server CPU": "server_cpu",
        "browser CPU": "browser_cpu",
        "main thread": "main",
        "bytes": "bytes",
    }
    said = ", ".join(f"{label} n^{of(name)}" for label, name in names.items())
    return f"{app}, from {few:,} to {many:,} tokens: {said}.\n\n"


def concurrency_part(found: dict[str, Figures]) -> str:
    rows = [
        [*key.split(" | "), f"{seconds(f['lag_p50'])} / {seconds(f['lag_p99'])}",
         f"{seconds(f['first_p50'])} / {seconds(f['first_p99'])}", str(f["errors"]),
         f"{1000 * f['cpu_per_session_second']:.1f} ms", f"{f['memory_mb']:.0f} MB", f"{f['bytes_per_token']:.0f}"]
        for key, f in found.items()
    ]  # fmt: skip
    head = ["sessions at 30 tokens/s", "app", "lag p50 / p99", "first token p50 / p99", "errors",
            "server CPU for a session-second", "memory grown by", "bytes a token"]  # fmt: skip
    return "## Many readers on one process\n\n" + table(head, rows)


def load_part(found: dict[str, Figures]) -> str:
    head = ["page", "ready to type", "requests", "kB", "idle page", "idle browser", "idle server"]
    rows = [
        [key, seconds(f["ready"]), f"{f['requests']:.0f}", f"{f['bytes'] / 1000:.0f}",
         *(f"{f[name]:.1%}" if name in f else "" for name in ("idle_page", "idle_browser", "idle_server"))]
        for key, f in found.items()
    ]  # fmt: skip
    return "## Page load and rest\n\nIdle is the share of one core while nothing happens.\n\n" + table(
        head, rows
    )


def backend_part(found: dict[str, Figures]) -> str:
    rows = [[name, f"{f['microseconds']:.0f} µs", f"{f['times']:.1f}"] for name, f in found.items()]
    return "## Reading the stream\n\n" + table(["reader", "CPU a chunk", "times raw httpx"], rows)


def rounds_part(found: dict[str, Figures]) -> str:
    rows = [
        [name, f"{f['tokens']:,}", *(f"{f[what]:.2f} s" for what in ("streaming", "opening", "scrolling"))]
        for name, f in found.items()
    ]
    head = ["a turn of", "tokens", "drawn as it streams", "drawn again", "scrolled over, 40 steps"]
    return "## A turn with tools\n\nSeconds of the page's main thread.\n\n" + table(head, rows)


def gateway_part(found: dict[str, Figures]) -> str:
    head = ["what a chunk goes through", "CPU a chunk", "times bytes copied", "first byte after the upstream's",
            "upstream left after the client",
            "memory grown over 10,000 chunks", "200 streams at 30 tokens/s: lag p50 / p99"]  # fmt: skip
    rows = [
        [name, f"{f['microseconds']:.0f} µs", f"{f['times']:.1f}", f"{1000 * f['first_byte']:.1f} ms",
         f"{1000 * f['left']:.0f} ms" if "left" in f else "",
         f"{f['memory_mb']:.1f} MB", f"{seconds(f['lag_p50'])} / {seconds(f['lag_p99'])}"]
        for name, f in found.items()
    ]  # fmt: skip
    return (
        "## The gateway\n\n"
        + table(head, rows)
        + "\n“Bytes copied” is a proxy of Starlette and httpx that passes on what comes, unread. Passed on is "
        "chat completions from a provider of the same protocol, translated is Anthropic's messages from it. Portkey "
        "translates messages for no provider that speaks chat completions.\n"
    )


def floor_part(found: dict[str, Figures]) -> str:
    said = ", ".join(f"{1000 * f['cpu_per_session_second']:.1f} ms with {key}" for key, f in found.items())
    return (
        "What reading alone takes: raw httpx that reads the same paced streams, wakes for each token and does nothing "
        f"with it, takes {said} sessions, for a session-second.\n"
    )


def turns_part(found: dict[str, Figures]) -> str:
    rows = []
    if row := found.get("set-up"):
        least, most = (1000 * row[name] for name in ("least", "most"))
        rows.append(
            [
                "a turn's set-up, CPU of the server",
                f"{1000 * row['median']:.1f} ms",
                f"{least:.1f} to {most:.1f} ms",
            ]
        )
    if row := found.get("start"):
        spread = f"{row['least']:.1f} to {row['most']:.1f} s"
        rows.append(["start of the server to the end of the first answer", f"{row['median']:.1f} s", spread])
    if row := found.get("day"):
        grown = f"{row['late_mb'] - row['early_mb']:+.0f} MB"
        rows.append(
            [
                f"memory after {row['turns']:,} turns, against a tenth of them",
                grown,
                f"{row['late_mb']:.0f} MB",
            ]
        )
    return "## A turn, a start, a day\n\n" + table(["what", "median", "spread, or whole"], rows)


def _model(row: Figures) -> str:
    """What the run says of machines with a core for each replica."""
    each = row["cpu_per_session_second"]
    return (
        f"\nA model of the rest: the replicas took {row['cpu'] / row['machine_cpu']:.0%} of all processor time of that "
        f"run, {1000 * each:.1f} ms for a second of one reader; nginx, Redis, the upstream and the readers took the "
        f"rest of the same {os.cpu_count()} cores. A replica with a core to itself has time for {1 / each:,.0f} such "
        f"readers, {row['replicas']} of them on machines of their own for {row['replicas'] / each:,.0f}; that was not "
        "run.\n"
    )


def replicas_part(found: dict[str, Figures]) -> str:
    rows = [
        [f"{f['readers']:,} on {f['replicas']}", str(f["errors"]), " / ".join(map(str, f["spread"])), str(f["counted"]),
         f"{seconds(f['lag_p50'])} / {seconds(f['lag_p99'])}", seconds(f["first_p99"])]
        for f in found.values() if "spread" in f
    ]  # fmt: skip
    head = [
        "readers on replicas",
        "errors",
        "readers of each",
        "turns that Redis counted",
        "lag p50 / p99",
        "first token p99",
    ]
    said = "".join(_model(f) for f in found.values() if "machine_cpu" in f)
    if row := found.get("killed"):
        said += (
            f"\nA replica was killed while {row['readers']} read: {row['cut']} replies were cut, {row['others_hurt']} "
            f"of other replicas were hurt. All who were cut asked again at once: {row['again_errors']} failed, the "
            f"slowest had its first token after {seconds(row['again_first'])}.\n"
        )
    return "## Replicas behind nginx, with Redis\n\n" + table(head, rows) + said


def files_part(found: dict[str, Figures]) -> str:
    rows = [
        [name, seconds(f["ours"]), seconds(f["naive"]), f"{f['naive'] / f['ours']:.1f}", f["way"]]
        for name, f in found.items()
    ]
    head = ["files", "ours, from the upload to the plan", "the naive way", "times", "what that is"]
    return "## Files, from drop to plan\n\n" + table(head, rows)


def store_part(found: dict[str, Figures]) -> str:
    rows = [[name, *(milli(f[part] / 1000) for part in ("median", "worst"))] for name, f in found.items()]
    return "## Many conversations in the browser\n\n" + table(["what", "median", "worst"], rows)


def bars_part(found: dict[str, dict[str, Figures]]) -> str:
    head = ["work", "must", "reach", "found", ""]
    rows = [[bar.work, bar.must, bar.reach, bar.told(found), bar.verdict(found)] for bar in BARS]
    return "## What was promised, and what is\n\n" + table(head, rows)


PARTS: dict[str, Callable[[dict[str, Figures]], str]] = {
    "page": page_part,
    "growth": growth_part,
    "rounds": rounds_part,
    "concurrency": concurrency_part,
    "floor": floor_part,
    "load": load_part,
    "backend": backend_part,
    "gateway": gateway_part,
    "turns": turns_part,
    "replicas": replicas_part,
    "files": files_part,
    "store": store_part,
}


def plot(found: dict[str, Figures]) -> str:
    """SVG: how long until all is painted, or how late the last token is, on a logarithmic scale."""
    names = list(dict.fromkeys(key.split(" | ")[0] for key in found))
    bar, gap, left, width = 13, 14, 230, 760
    low, high = math.log10(0.005), math.log10(200)
    parts: list[str] = []
    y = 34
    for tick in (0.01, 0.1, 1, 10, 100):
        x = left + (math.log10(tick) - low) / (high - low) * (width - left - 60)
        parts.append(f'<line x1="{x:.0f}" x2="{x:.0f}" y1="26" y2="HEIGHT" class="grid"/>')
        parts.append(f'<text x="{x:.0f}" y="18" text-anchor="middle">{tick:g} s</text>')
    for name in names:
        at_once = "at once" in name
        mine = [(app, found[f"{name} | {app}"]) for app in APPS if f"{name} | {app}" in found]
        label = f"{name}: {'all painted' if at_once else 'lag'}"
        parts.append(f'<text x="{left - 8}" y="{y + 11}" text-anchor="end">{escape(label)}</text>')
        for app, figures in mine:
            value = figures["complete" if at_once else "lag_last"] or 240.0
            size = max(1.0, (math.log10(max(value, 0.005)) - low) / (high - low) * (width - left - 60))
            parts.append(
                f'<rect x="{left}" y="{y}" width="{size:.0f}" height="{bar}" fill="{COLOURS[app]}"/>'
            )
            parts.append(f'<text x="{left + size + 5:.0f}" y="{y + 11}">{seconds(value)}</text>')
            y += bar + 1
        y += gap
    for number, app in enumerate(APPS):
        x = left + 150 * number
        parts.append(f'<rect x="{x}" y="{y}" width="12" height="12" fill="{COLOURS[app]}"/>')
        parts.append(f'<text x="{x + 18}" y="{y + 11}">{app}</text>')
    style = "text{font:12px system-ui,sans-serif;fill:#1c1d21}.grid{stroke:#e4e5e9}"
    body = "".join(parts).replace("HEIGHT", str(y - gap + 4))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {y + 24}" role="img">'
        f"<title>Time until all is painted, or lag of the last token</title><style>{style}</style>"
        f'<rect width="100%" height="100%" fill="#fff"/>{body}</svg>\n'
    )


def versions() -> str:
    found = [f"{name} {importlib.metadata.version(name)}" for name in PACKAGES]
    chromium = _chromium()
    return ", ".join([f"Python {platform.python_version()}", *found, chromium])


def _chromium() -> str:
    from tests.browser.conftest import chromium

    path = chromium()
    if not path:
        return "Playwright's Chromium"
    version = subprocess.run([path, "--version"], capture_output=True, text=True, check=False).stdout.strip()
    return f"{version} ({Path(path).name})"


def body(found: dict[str, dict[str, Figures]]) -> str:
    """All of the page but its first lines, which say when and where it was written."""
    said = Path(__file__).with_name("notes.md").read_text("utf-8").strip() + "\n"
    parts = [show(found[name]) for name, show in PARTS.items() if name in found]
    return "\n".join([ahead_part(found), said, bars_part(found), *parts, HOW])


def write() -> None:
    found = results.load()
    now = datetime.now(UTC)
    load = os.getloadavg()[2] if hasattr(os, "getloadavg") else float("nan")
    intro = (
        "# Benchmarks\n\n"
        f"Written {now:%Y-%m-%d} by `python -m benchmarks` on {os.cpu_count()} cores "
        f"({platform.machine()}, {sys.platform}; load average of the last 15 minutes {load:.1f}). {versions()}.\n\n"
        "![Time until all is painted, or lag of the last token](benchmarks.svg)\n"
    )
    (DOCS / "benchmarks.md").write_text(f"{intro}\n{body(found)}", "utf-8")
    if "page" in found:
        (DOCS / "benchmarks.svg").write_text(plot(found["page"]), "utf-8")
