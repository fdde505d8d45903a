"""The owner's file of MCP servers, in the `mcpServers` form that other clients read. `${NAME}` is taken from the
environment, so that no key stands in it. Nothing is started here."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, Final
from urllib.parse import parse_qsl, urlsplit

import orjson
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from glm_ui.errors import BadSettings
from glm_ui.tools.tool import BUILT_IN, PROVIDER

VARIABLE: Final = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,39}")
KEY: Final = re.compile(r"(?i)key|token|secret|pass|auth|credential|cookie|pat\b")
"""In the name of a variable that holds one."""
PASSWORD: Final = re.compile(r"://[^\s/:@]*:([^\s/@]+)@")
"""Of an address."""
LONG_PART: Final = re.compile(r"(?=.*\d)[\w~.-]{16,}")
"""Part of an address's path that may be a key: some services put one there."""
LARGEST: Final = 1_000_000
LONGEST_SECRET: Final = 8_192


class ServerRow(BaseModel):
    """One server: a program (`command`, `args`, `env`, `cwd`) or an address (`url`, `headers`). `trusted`: what it says
    of its tools is believed, so that those that only read do not ask. `tools`: the only ones that are offered.
    `visitors`: people who are not the owner may use it."""

    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)

    name: Annotated[str, Field(pattern=NAME.pattern)]
    command: str = ""
    args: tuple[str, ...] = ()
    env: Mapping[str, str] = Field(default_factory=dict, repr=False)
    cwd: str | None = None
    url: str = ""
    headers: Mapping[str, str] = Field(default_factory=dict, repr=False)
    trusted: bool = False
    tools: tuple[str, ...] | None = None
    visitors: bool = False
    disabled: bool = False
    filled: tuple[str, ...] = Field(default=(), repr=False)
    """What `${NAME}` stood for, anywhere in the row, but for paths: a server of files could name none of them."""

    @model_validator(mode="after")
    def _one_way(self) -> ServerRow:
        if bool(self.command) == bool(self.url):
            raise ValueError("it needs a command or a url, and not both")
        if self.url and not re.match(r"https?://[^\s/]+", self.url):
            raise ValueError("its url must begin with https:// or http://")
        return self

    @cached_property
    def secrets(self) -> tuple[str, ...]:
        """What nothing that the server says may show: what came from the environment, the values of its headers,
        those of its variables and options whose names tell of a key, and what its address carries; the longest
        first."""
        values = [value for name, value in self.env.items() if KEY.search(name)]
        values += [*self.headers.values(), *self.filled, *_after_options(self.args)]
        values += [part for part in urlsplit(self.url).path.split("/") if LONG_PART.fullmatch(part)]
        values += [value for _, value in parse_qsl(urlsplit(self.url).query)]
        values += PASSWORD.findall(" ".join((self.url, *self.env.values())))
        words = (*values, *(word for value in values for word in value.split()))
        found = {word[:LONGEST_SECRET] for word in words if len(word) >= 8}
        return tuple(sorted(found, key=len, reverse=True))


def read_servers(path: Path | None, environment: Mapping[str, str] = os.environ) -> tuple[ServerRow, ...]:
    """The servers of the file. Raises BadSettings that names the server and what is wrong, never a value."""
    if path is None:
        return ()
    try:
        raw = path.read_bytes()[: LARGEST + 1]
        file = orjson.loads(raw)
    except (OSError, orjson.JSONDecodeError):
        raise _wrong("It cannot be read, or is no JSON.") from None
    rows = file.get("mcpServers") if isinstance(file, dict) else None
    if not isinstance(rows, dict) or len(raw) > LARGEST:
        raise _wrong("It must be an object with an object “mcpServers”.")
    servers = (_server(name, row, environment) for name, row in rows.items())
    return tuple(server for server in servers if not server.disabled)


def _server(name: str, row: Any, environment: Mapping[str, str]) -> ServerRow:
    if name in (BUILT_IN, PROVIDER):
        raise _wrong(f"“{name}” is the name of tools that are no server’s.")
    if not NAME.fullmatch(name) or not isinstance(row, dict):
        raise _wrong(f"A server’s name is letters, digits, “.”, “_” and “-”, at most 40: “{name[:40]}”.")
    filled: list[str] = []
    try:
        told = _filled(row, environment, name, filled)
        return ServerRow.model_validate({**told, "name": name, "filled": tuple(filled)})
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(str(step) for step in first["loc"])
        raise _wrong(f"Server “{name}”: {f'{where}: ' if where else ''}{first['msg']}.") from None


def _after_options(args: tuple[str, ...]) -> list[str]:
    """Values of options whose names tell of a key: `--token VALUE`, `--header "Name: VALUE"`, `--token=VALUE`."""
    found = []
    for option, value in pairwise((*args, "")):
        name, given, joined = option.partition("=")
        if option.startswith("-") and (KEY.search(name) or name in ("--header", "-H")):
            found.append(joined if given else value)
    return found


def _filled(value: Any, environment: Mapping[str, str], name: str, filled: list[str]) -> Any:
    """`value` with the variables that it names; their values go into `filled`."""
    if isinstance(value, dict):
        return {key: _filled(each, environment, name, filled) for key, each in value.items()}
    if isinstance(value, list):
        return [_filled(each, environment, name, filled) for each in value]
    if not isinstance(value, str):
        return value

    def of(found: re.Match[str]) -> str:
        if found[1] not in environment:
            raise _wrong(f"Server “{name}” names ${{{found[1]}}}, which is not set in the environment.")
        given = environment[found[1]]
        if KEY.search(found[1]) or not Path(given).is_absolute():
            filled.append(given)
        return given

    return VARIABLE.sub(of, value)


def _wrong(why: str) -> BadSettings:
    return BadSettings("GLM_UI_MCP cannot be used.", why)
