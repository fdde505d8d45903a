"""docs/soak.md and its plots, written from what a soak told."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from typing import Any

DOCS = Path(__file__).resolve().parents[1] / "docs"
NOTES = Path(__file__).with_name("soak_notes.md")
"""What earlier runs found, for the end of the page."""
WIDTH, HEIGHT, LEFT, FOOT = 760, 260, 48, 70
COLOURS = ("#2f6feb", "#d9822b", "#8a8d98", "#c23b3b", "#3c9a5f", "#7d5bc4")
STYLE = "text{font:12px system-ui,sans-serif;fill:#1c1d21}.grid{stroke:#e4e5e9}"

HEAD = """# A day in its life

Written {date} by `python scripts/soak.py --minutes {minutes:g} --visitors {visitors} --write` of commit {commit}: two
replicas behind nginx, one Redis, {visitors} visitors of five kinds for {minutes:g} minutes, each kind the same number:
talkers, lookers with a picture, tool users, programs at the gateway, and vandals who send rubbish. Meanwhile things
break, one after the other.

**{verdict}** Asked was that every reply is whole, word by word, or ends in an error of ours with a sentence (within 20
seconds of a kill it may break); that a reply whose page was loaded anew is found again whole; that no key stands in an
answer, its headers, a log, the metrics, a file or Redis; and that the replica that was not killed grows by at most
40 MB after the warm-up. It grew by {grown:+.0f} MB, {late:+.0f} MB of them in the second half.

![How things ended, a minute, in each weather](soak-endings.svg)

![Memory of the two replicas in MB](soak-memory.svg)

Replica 1 is killed in the weather `kill` and told to stop (SIGTERM) in `stop`; its memory is that of a new process from
then on. A stop may break no reply: each is whole or ends in a sentence.

"""


def write(told: dict[str, Any]) -> None:
    steps = told["steps"]
    wrong = told["wrong"]
    count = sum(told["endings"].values())
    verdict = f"{count:,} things were done, and {len(wrong) or 'nothing'} went wrong."
    first, half, last = (steps[n]["memory"][0] for n in (1, len(steps) // 2, -1))
    facts = {"verdict": verdict, "grown": last - first, "late": last - half}
    parts = [HEAD.format(date=f"{datetime.now(UTC):%Y-%m-%d}", **facts, **told)]
    if told["left_out"]:
        parts.append("Left out: " + "; ".join(told["left_out"]) + ".\n\n")
    parts += [*(f"- {sentence}\n" for sentence in wrong[:20]), "\n" if wrong else ""]
    rows = [
        [step["weather"], _ended(step), " / ".join(f"{each:.0f}" for each in step["memory"])]
        for step in steps
    ]
    parts.append(_table(["weather", "how things ended", "MB of replica 0 / 1"], rows))
    parts.append("\nEach kind of visitor, over the whole time:\n\n")
    kinds: dict[str, list[str]] = {}
    for name, many in told["endings"].items():
        kind, _, ending = name.partition(": ")
        kinds.setdefault(kind, []).append(f"{ending} {many:,}")
    parts.append(
        _table(["visitor", "how it ended"], [[kind, ", ".join(each)] for kind, each in kinds.items()])
    )
    parts.append("\n" + NOTES.read_text("utf-8"))
    (DOCS / "soak.md").write_text("".join(parts).rstrip() + "\n", "utf-8")
    (DOCS / "soak-endings.svg").write_text(_endings(steps), "utf-8")
    (DOCS / "soak-memory.svg").write_text(_memory(steps), "utf-8")


def _ended(step: dict[str, Any]) -> str:
    return ", ".join(f"{ending} {many:,}" for ending, many in Counter(step["ended"]).most_common())


def _table(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _endings(steps: list[dict[str, Any]]) -> str:
    """Bars: how many things ended a minute, by how."""
    began = [0.0, *(step["end"] for step in steps[:-1])]
    total: Counter[str] = Counter()
    for step in steps:
        total.update(step["ended"])
    shown = [ending for ending, _ in total.most_common(len(COLOURS) - 1)]
    rates = []
    for start, step in zip(began, steps, strict=True):
        minutes = max(0.01, step["end"] - start)
        rate = {ending: many / minutes for ending, many in step["ended"].items() if ending in shown}
        rate["other"] = sum(many for ending, many in step["ended"].items() if ending not in shown) / minutes
        rates.append(rate)
    most = max(sum(rate.values()) for rate in rates)
    wide = (WIDTH - LEFT) / len(steps)
    parts = [_scale(most)]
    for n, (step, rate) in enumerate(zip(steps, rates, strict=True)):
        x, y = LEFT + n * wide, float(HEIGHT - FOOT)
        for colour, ending in zip(COLOURS, [*shown, "other"], strict=False):
            size = rate.get(ending, 0.0) / most * (HEIGHT - FOOT - 20)
            y -= size
            parts.append(
                f'<rect x="{x + 3:.0f}" y="{y:.1f}" width="{wide - 6:.0f}" height="{size:.1f}" fill="{colour}"/>'
            )
        parts.append(_below(x + wide / 2, step["weather"]))
    return _svg("How things ended, a minute", parts, [*shown, "other"])


def _memory(steps: list[dict[str, Any]]) -> str:
    """Lines: MB of each replica."""
    most = max(max(step["memory"]) for step in steps)
    wide = (WIDTH - LEFT) / len(steps)
    parts = [_scale(most)]
    for replica, colour in zip((0, 1), COLOURS, strict=False):
        points = " ".join(
            f"{LEFT + (n + 0.5) * wide:.0f},{HEIGHT - FOOT - step['memory'][replica] / most * (HEIGHT - FOOT - 20):.1f}"
            for n, step in enumerate(steps)
        )
        parts.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>')
    parts += [_below(LEFT + (n + 0.5) * wide, step["weather"]) for n, step in enumerate(steps)]
    return _svg("Memory of the replicas in MB", parts, ["replica 0", "replica 1"])


def _scale(most: float) -> str:
    parts = []
    for share in (0.0, 0.5, 1.0):
        y = HEIGHT - FOOT - share * (HEIGHT - FOOT - 20)
        parts.append(f'<line x1="{LEFT}" x2="{WIDTH}" y1="{y:.0f}" y2="{y:.0f}" class="grid"/>')
        parts.append(f'<text x="{LEFT - 6}" y="{y + 4:.0f}" text-anchor="end">{most * share:,.0f}</text>')
    return "".join(parts)


def _below(x: float, weather: str) -> str:
    y = HEIGHT - FOOT + 12
    return f'<text x="{x:.0f}" y="{y}" text-anchor="end" transform="rotate(-35 {x:.0f} {y})">{escape(weather)}</text>'


def _svg(title: str, parts: list[str], legend: list[str]) -> str:
    for n, (colour, name) in enumerate(zip(COLOURS, legend, strict=False)):
        x = LEFT + n * 118
        parts.append(f'<rect x="{x}" y="{HEIGHT + 4}" width="12" height="12" fill="{colour}"/>')
        parts.append(f'<text x="{x + 18}" y="{HEIGHT + 14}">{escape(name)}</text>')
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT + 24}" role="img">'
        f'<title>{escape(title)}</title><style>{STYLE}</style><rect width="100%" height="100%" fill="#fff"/>'
        f"{''.join(parts)}</svg>\n"
    )
