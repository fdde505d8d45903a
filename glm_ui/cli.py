"""The command `glm-ui`: serves the page, examines a provider, checks the catalogue, or keeps a hosted Space.

glm-ui [--host HOST] [--port PORT] [--open]     serve the page
glm-ui doctor PROVIDER [--model NAME]           what is right and wrong with a provider, as lines of text
glm-ui catalogue check [PROVIDER ...]           hold the catalogue against the providers' own lists
glm-ui gateway key LABEL                        make a key for a program that uses the app as its server
glm-ui spaces check | build | sync | deploy     the hosted Space that spaces.yaml declares
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from collections.abc import Mapping, Sequence
from contextlib import aclosing
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from glm_ui import __version__

if TYPE_CHECKING:
    from glm_ui.settings import Settings

SERVE_HELP: Final = """
settings:
  Environment variables, or the same names in the file
  {env_file}. An option given here comes before both. docs/settings.md lists them all.

commands:
  {name} doctor PROVIDER    examine a provider with the key that is set for it
  {name} catalogue check    hold models and prices against the providers' own lists
  {name} gateway key LABEL  make a key for a program that uses the app as its server
  {name} spaces ...         check, build, sync or deploy the hosted Space

A key is never taken as an option: other users of the machine could read it there.
"""

DOCTOR_HELP: Final = """
The key and the address come from the environment, or from the file
{env_file}.
Three short questions are asked at once; they take about ten seconds and cost what they cost.

exit code: 0 where nothing is wrong, 1 where a line says "bad", 2 where the command or a setting is not usable
"""

CATALOGUE_HELP: Final = """
Some lists can be read without a key. Keys and addresses come from the environment, or from the file
{env_file}.
Each difference is told with the row to paste into glm_ui/catalogue/. Nothing is changed.

exit code: 0 where all that was read agrees, 1 where something differs, 2 where nothing could be read
"""

MARKS: Final[Mapping[str, str]] = {"good": "ok", "bad": "bad", "note": "note", "unknown": "-"}
"""State of a finding -> the word at the start of its line."""


def main(
    arguments: Sequence[str] | None = None, *, env_file: Path | None = None, name: str = "glm-ui"
) -> int:
    """Runs one command and returns its exit code. Without `env_file`, settings are read from `.env` in the working
    directory. Raises SystemExit where argparse ends the command (--help, a wrong option)."""
    try:
        return _run(list(sys.argv[1:] if arguments is None else arguments), env_file, name)
    except KeyboardInterrupt:
        print("Stopped.", file=sys.stderr)
        return 130
    except (
        BrokenPipeError
    ):  # whoever read the lines has gone, as `head` does: Python must not flush to it at its end
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


def _run(given: list[str], env_file: Path | None, name: str) -> int:
    where = env_file or Path.cwd() / ".env"
    file = str(env_file or ".env of the working directory")
    command, rest = (given[0], given[1:]) if given else ("", [])
    match command:
        case "spaces":
            from glm_ui.spaces.manifest import main as spaces

            return spaces(rest, Path.cwd(), f"{name} spaces")
        case "gateway":
            from glm_ui.gateway.__main__ import main as gateway

            return gateway(rest, f"{name} gateway")
        case "catalogue":
            return _catalogue(_catalogue_parser(f"{name} catalogue", file).parse_args(rest), where)
        case "doctor":
            return _doctor(_doctor_parser(f"{name} doctor", file).parse_args(rest), where)
    from glm_ui.start import start

    asked = _serve_parser(name, file).parse_args(given)
    chosen: dict[str, Any] = {"glm_ui_host": asked.host, "glm_ui_port": asked.port}
    return start(
        where,
        open_browser=asked.open,
        **{field: value for field, value in chosen.items() if value is not None},
    )


def _settings(env_file: Path) -> Settings | None:
    """The settings, with a line on standard error for each name that is none; None, and a line why, where a value is
    not usable."""
    from glm_ui.errors import BadSettings
    from glm_ui.settings import load_settings, overlooked

    try:
        settings = load_settings(env_file)
    except BadSettings as err:
        print(err, file=sys.stderr)
        return None
    for line in overlooked(env_file):
        print(line, file=sys.stderr)
    return settings


def _parser(name: str, what: str, epilog: str) -> argparse.ArgumentParser:
    return argparse.ArgumentParser(
        prog=name,
        description=what,
        epilog=epilog,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )


def _serve_parser(name: str, env_file: str) -> argparse.ArgumentParser:
    parser = _parser(
        name, "A web chat for GLM models: serves the page.", SERVE_HELP.format(name=name, env_file=env_file)
    )
    parser.add_argument("--host", help="the address to listen on (GLM_UI_HOST; 127.0.0.1)")
    parser.add_argument("--port", type=_port, help="the port to listen on (GLM_UI_PORT; 7860)")
    parser.add_argument("--open", action="store_true", help="show the page in the browser")
    parser.add_argument("--version", action="version", version=f"GLM UI {__version__}")
    return parser


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:6]) <= 65_535):
        raise argparse.ArgumentTypeError("it takes a whole number from 1 to 65535")
    return int(text)


def _doctor_parser(name: str, env_file: str) -> argparse.ArgumentParser:
    from glm_ui.catalogue import load

    parser = _parser(
        name, "Says what is right and wrong with a provider.", DOCTOR_HELP.format(env_file=env_file)
    )
    parser.add_argument(
        "provider", choices=list(load().providers), metavar="PROVIDER", help=", ".join(load().providers)
    )
    parser.add_argument("--model", default="", metavar="NAME", help="ask this model instead of a usual one")
    return parser


def _catalogue_parser(name: str, env_file: str) -> argparse.ArgumentParser:
    from glm_ui.providers.list_check import checked

    what = "Holds the catalogue against what the providers' own lists say now."
    parser = _parser(name, what, CATALOGUE_HELP.format(env_file=env_file))
    parser.add_argument("what", choices=["check"], metavar="check")
    parser.add_argument(
        "providers", nargs="*", default=[], metavar="PROVIDER", help=f"of {', '.join(checked())}; all"
    )
    return parser


def _catalogue(asked: argparse.Namespace, env_file: Path) -> int:
    from glm_ui.providers.list_check import checked

    wrong = sorted(set(asked.providers) - set(checked()))
    if wrong:
        print(f"No such list: {', '.join(wrong)}. There are {', '.join(checked())}.", file=sys.stderr)
        return 2
    settings = _settings(env_file)
    return 2 if settings is None else asyncio.run(_compare(asked.providers or checked(), settings))


async def _compare(providers: Sequence[str], settings: Settings) -> int:
    """Prints what each provider lists otherwise; the exit code."""
    from glm_ui.catalogue import load
    from glm_ui.errors import GlmUiError
    from glm_ui.net import clients
    from glm_ui.providers.list_check import differences
    from glm_ui.providers.model_list import fetch_list

    today = datetime.now(UTC).date().isoformat()
    counts: list[int] = []
    try:
        for key in providers:
            try:
                rows = await fetch_list(load().providers[key], settings, {}, key_optional=True)
            except GlmUiError as err:
                print(f"{key}: {err}", flush=True)
                continue
            if rows is None:
                print(f"{key}: it has no list of models.", flush=True)
                continue
            found = list(differences(rows, key, today))
            counts.append(len(found))
            print(f"{key}: {len(rows)} models listed, {len(found)} differences.", flush=True)
            for one in found:
                print(f"  {one.id}: {one.what}")
                if one.row:
                    print(f"    {one.place}:\n    {one.row}")
    finally:
        await clients.aclose()
    return 2 if not counts else min(1, sum(counts))


def _doctor(asked: argparse.Namespace, env_file: Path) -> int:
    from glm_ui.backend.turn_log import start_log
    from glm_ui.languages import speaking

    settings = _settings(env_file)
    if settings is None:
        return 2
    # The turns that the doctor makes are logged at INFO, which is the default: that would bury the findings.
    start_log("DEBUG" if settings.glm_ui_log_level == "DEBUG" else "WARNING")
    with speaking(settings.glm_ui_language):
        return asyncio.run(_examine(asked.provider, asked.model, settings))


async def _examine(provider: str, model: str, settings: Settings) -> int:
    from glm_ui.backend.prepare import has_key
    from glm_ui.languages import say
    from glm_ui.net import clients
    from glm_ui.providers.doctor import examine
    from glm_ui.settings import key_name

    wrong = False
    try:
        async with aclosing(examine(provider, settings, {}, model)) as findings:
            async for finding in findings:
                wrong = wrong or finding.state == "bad"
                print(f"{MARKS[finding.state]:<5} {finding.check:<10} {finding.seen}", flush=True)
                todo = finding.todo
                if finding.check == "key" and finding.state == "bad" and not has_key(provider, settings, {}):
                    todo = say("Set {key}, and run this again.", key=key_name(provider))
                if todo:
                    print(f"{'':<16} {todo}", flush=True)
    finally:
        await clients.aclose()
    return 1 if wrong else 0
