"""What was found, as `docs/real-clients.md`: the table between its marks; the words around it are written by hand."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path

from clients import Client
from tasks import TASKS

DOC = Path(__file__).resolve().parents[2] / "docs" / "real-clients.md"
BEGIN, END = "<!-- results: scripts/real_clients/run writes them -->\n", "<!-- end of results -->"
SUITES = "suites"
"""The row of what is no client."""
Row = Mapping[str, str]


def version_of(client: Client, work: Path) -> str:
    """The version that is installed."""
    if client.home == "node":
        about = work / "node/node_modules" / client.package / "package.json"
        return str(json.loads(about.read_text("utf-8"))["version"])
    ask = f"import importlib.metadata as m; print(m.version({client.package!r}))"
    asked = [str(work / client.home / "bin/python"), "-c", ask]
    return subprocess.run(asked, capture_output=True, text=True, check=True).stdout.strip()


def hosts(paths: Iterable[str]) -> str:
    """The machines that a proxy was asked for, each once."""
    named = (path.partition("://")[2].partition("/")[0] or path for path in paths)
    return ", ".join(sorted({host.partition(":")[0] for host in named}))


def keep(work: Path, found: Mapping[str, Row], order: Iterable[str]) -> None:
    """Adds what was found to what is known from earlier runs, and writes the table in this order."""
    path = work / "results.json"
    known: dict[str, dict[str, str]] = json.loads(path.read_text("utf-8")) if path.exists() else {}
    for name, row in found.items():
        known[name] = {**known.get(name, {}), **row}
    known = {name: known[name] for name in (*order, SUITES) if name in known}
    path.write_text(json.dumps(known, indent=1), "utf-8")
    before, _, rest = DOC.read_text("utf-8").partition(BEGIN)
    DOC.write_text(before + BEGIN + table(known) + END + rest.partition(END)[2], "utf-8")


def table(known: Mapping[str, Row]) -> str:
    """One row a client, then what did not work and why."""
    names = [task.name for task in TASKS]
    head = ["client", "version", *(name.replace("_", " ") for name in names)]
    lines = [f"Run on {date.today().isoformat()}.", "", _row(head), _row(["---"] * len(head))]
    notes: list[str] = []
    clients = {name: row for name, row in known.items() if name != SUITES}
    for client, row in clients.items():
        cells = [_cell(row.get(name, ""), f"{client}, {name.replace('_', ' ')}", notes) for name in names]
        lines.append(_row([client, row["version"], *cells]))
    for client, row in clients.items():
        if row.get("elsewhere"):
            notes.append(f"{client} tried to reach {row['elsewhere']}; it was refused, and did not matter.")
    suites = [f"- {name}: {said.partition(' ')[2]}" for name, said in known.get(SUITES, {}).items()]
    return "\n".join([*lines, "", *(f"- {note}" for note in notes), "", *suites]) + "\n"


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _cell(said: str, what: str, notes: list[str]) -> str:
    mark, _, why = " ".join(said.split()).partition(" ")
    if why:
        notes.append(f"{what}: {why}")
    return {"works": "works", "fails:": "**fails**", "–": "–"}.get(mark, "")
