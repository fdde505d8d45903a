"""What a person sees: first words, all words, lag, frames, and what it costs, beside the peers, in Chromium.

python -m benchmarks.bench_page [--apps "GLM UI,gr.ChatInterface"] [--works short,long] [--rounds 3]
"""

from __future__ import annotations

import argparse
import os
import statistics
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any

from benchmarks import results
from benchmarks.page import PAGES, Result, browser, chat_page, reader, work
from benchmarks.servers import server
from benchmarks.upstream import Upstream, upstream


@dataclass(frozen=True, slots=True)
class Work:
    """What is asked for; `for_all`: the peers can do it within minutes."""

    tokens: int
    rate: int
    history: int = 0
    for_all: bool = True
    pictures: int = 0
    reader: bool = False
    plain: bool = False


WORKS: Mapping[str, Work] = {
    "2,000 at once": Work(2000, 0),
    "8,000 at once": Work(8000, 0),
    "1,000 tokens/s": Work(2000, 1000),
    "1,000 tokens/s of plain words": Work(2000, 1000, for_all=False, plain=True),
    "100 tokens/s": Work(1000, 100),
    "100 tokens/s of plain words": Work(1000, 100, for_all=False, plain=True),
    "2,000 at once after 20 turns": Work(2000, 0, 20),
    "1,000 tokens/s after 20 turns": Work(2000, 1000, 20, for_all=False),
    "100 tokens/s after 20 turns": Work(1000, 100, 20),
    "2,000 at once after 40 turns": Work(2000, 0, 40, for_all=False),
    "1,000 tokens/s after 40 turns": Work(2000, 1000, 40, for_all=False),
    "100 tokens/s after 40 turns": Work(1000, 100, 40, for_all=False),
    "1,000 tokens/s after 20 pictures": Work(2000, 1000, 20, for_all=False, pictures=20),
    "100 tokens/s after 20 pictures": Work(1000, 100, 20, for_all=False, pictures=20),
    "100 tokens/s, a person types, opens, scrolls": Work(1000, 100, 20, for_all=False, reader=True),
}
COMMANDS: Mapping[str, str] = {"Chainlit": "BENCH_CHAINLIT", "Open WebUI": "BENCH_OPEN_WEBUI"}
"""app -> the variable that names its command: each has an environment of its own."""
GROWTH = (500, 2000, 8000, 32000)


def measured(up: Upstream, app: str, names: list[str], rounds: int) -> Iterator[tuple[str, Result]]:
    """Medians of each work. The rounds go through all works in turn, so that a machine of changing speed favours none;
    a peer's history is its server's, and has a server of its own."""
    ours = PAGES[app].history_in_page
    groups = {0: names} if ours else _by_history(names)
    with browser() as opened:
        for history, together in groups.items():
            found: dict[str, list[Result]] = {name: [] for name in together}
            with server(app, up.url, history=history) as app_server:
                with chat_page(opened, app_server) as page:  # a first run warms server and browser
                    work(page, app_server, up, 500, 0)
                for _ in range(rounds):
                    for name in together:
                        if not any(
                            result.main > 60 for result in found[name]
                        ):  # minutes each: one says enough
                            found[name].append(once(opened, app_server, up, WORKS[name]))
            for name in together:
                yield name, median(found[name])


def _by_history(names: list[str]) -> dict[int, list[str]]:
    groups: dict[int, list[str]] = {}
    for name in names:
        groups.setdefault(WORKS[name].history, []).append(name)
    return groups


def once(opened: Any, app_server: Any, up: Upstream, asked: Work) -> Result:
    with chat_page(opened, app_server, asked.history, asked.pictures) as page:
        return work(
            page,
            app_server,
            up,
            asked.tokens,
            asked.rate,
            history=asked.history,
            meanwhile=reader if asked.reader else lambda _: None,
            plain=asked.plain,
        )


def median(found: list[Result]) -> Result:
    def of(name: str) -> Any:
        values = [v for r in found if (v := getattr(r, name)) is not None]
        return (
            statistics.median(values)
            if values and not isinstance(values[0], str)
            else next(iter(values), None)
        )

    return Result(**{f.name: of(f.name) for f in fields(Result)})


def growth(up: Upstream, app: str, sizes: tuple[int, ...]) -> Iterator[tuple[int, Result]]:
    with browser() as opened, server(app, up.url) as app_server:
        with chat_page(opened, app_server) as page:
            work(page, app_server, up, 500, 0)
        for tokens in sizes:
            rounds = 3 if tokens < 8000 or PAGES[app].history_in_page else 1
            yield tokens, median([once(opened, app_server, up, Work(tokens, 0)) for _ in range(rounds)])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--apps", default=",".join(PAGES))
    parser.add_argument(
        "--works", default=",".join(WORKS).replace(",000", ";000"), help="names, or parts of them"
    )
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--growth", action="store_true")
    options = parser.parse_args()
    parts = [part.replace(";", ",") for part in options.works.split(",")]
    apps = options.apps.split(",")
    with upstream() as up:
        for app in apps:
            if (command := COMMANDS.get(app)) and command not in os.environ:
                print(f"{app} is left out: {command} names the command of an environment that has it.")
                continue
            ours = app == "GLM UI"
            names = [
                n
                for n, w in WORKS.items()
                if any(p == n or (p not in WORKS and p in n) for p in parts) and (w.for_all or ours)
            ]
            for name, found in measured(up, app, names, options.rounds):
                results.keep("page", f"{name} | {app}", found.as_dict())
                print(line(name, found), flush=True)
            if options.growth:
                for tokens, found in growth(up, app, GROWTH if ours else GROWTH[:2]):
                    results.keep("growth", f"{tokens} | {app}", found.as_dict())
                    print(line(f"growth {tokens}", found), flush=True)


def line(name: str, r: Result) -> str:
    def ms(value: float | None) -> str:
        return "-" if value is None else f"{1000 * value:.0f}"

    return (
        f"{r.app:17}{name:31} wire {ms(r.wire):>5} think {ms(r.first_thinking):>5} answer {ms(r.first_answer):>5} "
        f"all {ms(r.complete):>6} lag {ms(r.lag_last):>6}/{ms(r.lag_most):>6} main {ms(r.main):>6} busy {r.busy:4.0%} "
        f"script {ms(r.script):>5} layout {ms(r.layout):>5} browser {ms(r.browser_cpu):>6} "
        f"server {ms(r.server_cpu):>5} kB {r.bytes / 1000:.0f} long {r.long_tasks} gap {ms(r.longest_gap)} {r.reached}"
    )


if __name__ == "__main__":
    main()
