#!/usr/bin/env python3
"""Writes types/wire.d.ts: what the page's scripts and Python tell each other, as TypeScript's compiler reads it.

python scripts/web_types.py            write it
python scripts/web_types.py --check    fail where it is not current

The types are those that Python itself is checked with: what the page is told (`glm_ui/ui/wire.py` and `answers.py`),
what it posts (the models of the routes), and its words, whose type is taken from the words as they stand.
"""

from __future__ import annotations

import sys
import types
from collections.abc import Mapping, Sequence
from dataclasses import is_dataclass
from pathlib import Path
from typing import (
    Annotated,
    Any,
    Literal,
    NotRequired,
    Required,
    Union,
    get_args,
    get_origin,
    get_type_hints,
    is_typeddict,
)

from pydantic import BaseModel

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from glm_ui.providers.model_list import ListingTold  # noqa: E402
from glm_ui.serving.own_server import Named  # noqa: E402
from glm_ui.settings import load_settings  # noqa: E402
from glm_ui.ui import answers, config, wire  # noqa: E402
from glm_ui.ui.multimodal import routes as multimodal  # noqa: E402
from glm_ui.ui.turn import request  # noqa: E402
from glm_ui.ui.turn.run import Live  # noqa: E402

OUT = ROOT / "types" / "wire.d.ts"
TOLD = (
    answers.Config,
    answers.Table,
    answers.Trace,
    answers.RequestTold,
    answers.UploadTold,
    ListingTold,
    answers.Connections,
    answers.BegunTest,
    answers.RecentRequests,
)
POSTED = {
    request.Turn: "Turn",
    request.TurnSettings: "Sampling",
    multimodal.Arrived: "Arrived",
    multimodal.Unlock: "Unlock",
    multimodal.TranscriptionRequest: "TranscriptionRequest",
    multimodal.Wanted: "Wanted",
    multimodal.Region: "Region",
    multimodal.Boxes: "Boxes",
    multimodal.Found: "BoxPosted",
    Named: "OwnServer",
}
"""What the page posts; the names are those of the d.ts, where one of Python's is taken."""
UNIONS = {
    "TurnFrame": wire.TurnFrame,
    "PlanFrame": wire.PlanFrame,
    "DoctorFrame": wire.DoctorFrame,
    "Frame": wire.Frame,
}
WORDS = {(answers.Config, "words"): "Words", (answers.MultimodalConfig, "words"): "MultimodalWords"}
"""Fields whose type is that of their value."""

HEAD = """// Written by scripts/web_types.py from the types that Python is checked with: change those, not this file.

"""
FLAT = """  type KeysOf<U> = U extends unknown ? keyof U : never;
  /** A union whose members have the fields of the others as undefined, so that each may be asked for. */
  type Flat<U, K extends PropertyKey = KeysOf<U>> = U extends unknown
    ? U & { [N in Exclude<K, keyof U>]?: undefined }
    : never;
"""


class Writer:
    """Interfaces by name, each written once."""

    def __init__(self) -> None:
        self.made: dict[str, str] = {}
        self.of: dict[str, Any] = {}

    def type(self, hint: Any) -> str:
        """A type as TypeScript writes it. Raises TypeError for what JSON cannot hold."""
        if hint in PLAIN:
            return PLAIN[hint]
        origin, args = get_origin(hint), get_args(hint)
        if origin in (Annotated, NotRequired, Required):
            return self.type(args[0])
        if origin is Literal:
            return " | ".join(f'"{each}"' for each in args)
        if origin in (Union, types.UnionType):
            return " | ".join(dict.fromkeys(self.type(each) for each in args))
        if origin is tuple and args[-1] is not Ellipsis:
            return f"[{', '.join(self.type(each) for each in args)}]"
        if origin in (list, tuple, Sequence):
            return f"Array<{self.type(args[0])}>"
        if origin in (dict, Mapping):
            return f"Record<string, {self.type(args[1])}>"
        if (
            is_typeddict(hint)
            or is_dataclass(hint)
            or (isinstance(hint, type) and issubclass(hint, BaseModel))
        ):
            return self.interface(hint)
        raise TypeError(f"{hint} has no counterpart in JSON")

    def interface(self, kind: Any) -> str:
        name = POSTED.get(kind, kind.__name__)
        if self.of.setdefault(name, kind) is not kind:
            raise TypeError(f"two types are called {name}: {kind} and {self.of[name]}")
        if name not in self.made:
            self.made[name] = ""
            hints = get_type_hints(kind, include_extras=True)
            optional = _optional(kind, hints)
            fields = "".join(
                f"    {field}{'?' if field in optional else ''}: {WORDS.get((kind, field)) or self.type(hint)};\n"
                for field, hint in hints.items()
                if field != "model_config"
            )
            self.made[name] = f"  interface {name} {{\n{fields}  }}\n"
        return name


PLAIN: dict[Any, str] = {
    str: "string",
    int: "number",
    float: "number",
    bool: "boolean",
    type(None): "null",
    Any: "any",
}


def _optional(kind: Any, hints: Mapping[str, Any]) -> frozenset[str]:
    """Fields that may be missing: of what is posted those that the server knows a value for."""
    if is_typeddict(kind):
        told = {field: get_origin(hint) for field, hint in hints.items()}
        maybe = kind.__optional_keys__ | {field for field, how in told.items() if how is NotRequired}
        return frozenset(field for field in maybe if told[field] is not Required)
    if issubclass(kind, BaseModel):
        return frozenset(name for name, field in kind.model_fields.items() if not field.is_required())
    return frozenset()


def of_words(words: Mapping[str, Any]) -> str:
    """The type of words as they stand: every name of the outermost mapping."""
    return "{\n" + "".join(f'    "{name}": {of_values([value])};\n' for name, value in words.items()) + "  }"


def of_values(values: Sequence[Any]) -> str:
    """The type that all of them have. A table whose entries are alike is looked up by names that data give, so it is a
    Record; any other mapping has its own names."""
    tables = [value for value in values if isinstance(value, dict)]
    lists = [value for value in values if isinstance(value, list | tuple)]
    plain = (PLAIN[type(value)] for value in values if not isinstance(value, dict | list | tuple))
    made = [*dict.fromkeys(plain)]
    if lists:
        made.append(f"Array<{of_values([each for value in lists for each in value])}>")
    if tables:
        made.append(_of_tables(tables))
    return " | ".join(made)


def _of_tables(tables: Sequence[dict[str, Any]]) -> str:
    entries = [entry for table in tables for entry in table.values()]
    if len(entries) > 1 and _alike(entries):
        return f"Record<string, {of_values(entries)}>"
    names = dict.fromkeys(name for table in tables for name in table)
    fields = {name: [table[name] for table in tables if name in table] for name in names}
    rows = (f'"{k}"{"?" if len(v) < len(tables) else ""}: {of_values(v)}' for k, v in fields.items())
    return f"{{ {'; '.join(rows)} }}"


def _alike(entries: Sequence[Any]) -> bool:
    if all(isinstance(entry, dict) for entry in entries):
        return len({frozenset(entry) for entry in entries}) == 1 or all(
            _alike(list(e.values())) for e in entries
        )
    return all(isinstance(entry, str) for entry in entries)


def types_text() -> str:
    """The whole file."""
    writer = Writer()
    for kind in (*TOLD, *POSTED):
        writer.type(kind)
    unions = []
    for name, union in UNIONS.items():
        members = (writer.type(each) for each in get_args(union) if each is not wire.Silence)
        unions.append(f"  type {name} = Flat<{' | '.join(members)}>;\n")
    settings = load_settings(None)
    said = config.config(settings, Live(settings))
    words = {"Words": said["words"], "MultimodalWords": said["multimodal"]["words"]}
    words_said = [f"  interface {name} {of_words(value)}\n" for name, value in words.items()]
    return (
        HEAD
        + "declare namespace Wire {\n"
        + "\n".join([FLAT, *writer.made.values(), *unions, *words_said])
        + "}\n"
    )


def main() -> int:
    text = types_text()
    if "--check" in sys.argv[1:]:
        if not OUT.exists() or OUT.read_text("utf-8") != text:
            print("types/wire.d.ts is not current; run: python scripts/web_types.py", file=sys.stderr)
            return 1
        return 0
    OUT.parent.mkdir(exist_ok=True)
    OUT.write_text(text, "utf-8", newline="\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
