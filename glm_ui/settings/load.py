"""Reads the settings from the environment and a `.env` file, and says what is wrong with them."""

from __future__ import annotations

import codecs
import difflib
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_settings import BaseSettings, DotEnvSettingsSource, PydanticBaseSettingsSource

from glm_ui.errors import BadSettings
from glm_ui.settings.fields import ACCEPTS, Settings

PREFIX = "GLM_UI_"
READ_BY_OTHERS = frozenset({"GLM_UI_CHROMIUM", "GLM_UI_FIREFOX", "GLM_UI_KEY", "GLM_UI_PUBLISH"})
"""What the tests, programs that ask the gateway and compose.yaml read, and the app does not."""
OTHER_NAMES: Mapping[str, str] = {"GLM_UI_PORT": "GRADIO_SERVER_PORT", "GLM_UI_HOST": "GRADIO_SERVER_NAME"}
"""Setting -> the name that Gradio has for it, which counts too."""


def load_settings(file: Path | None = None, **chosen: Any) -> Settings:
    """Settings from `chosen` (fields by name), then the environment, then, where it exists, `file` in the form of a
    `.env`. Raises BadSettings, one line, never with the value in it."""
    try:
        return Settings(_env_file=file, _env_file_encoding=_encoding(file), **chosen)  # type: ignore[call-arg]
    except UnicodeError:
        raise BadSettings(f"{file} cannot be read. Save it as text in UTF-8.") from None
    except OSError as fault:
        raise BadSettings(
            f"{file} cannot be read: {fault.strerror}. Let the account that runs the app read it."
        ) from None
    except ValidationError as error:
        name = _first(error)
    other = OTHER_NAMES.get(name, "")
    raise _unusable(name, other if other in os.environ and name not in os.environ else name)


def overlooked(file: Path | None = None) -> list[str]:
    """What the owner set and the app does not read, a line each: misspelt names in the environment and in `file`, and
    a `file` that is a folder. Call it after load_settings, which tells of a file that cannot be read."""
    if file is not None and file.is_dir():
        return [f"{file} is a folder, so no settings are read from it.", *misspelt(os.environ)]
    written = DotEnvSettingsSource(Settings, env_file=file, env_file_encoding=_encoding(file)).env_vars
    return misspelt({**written, **os.environ})


def faults_of(variables: Mapping[str, str]) -> list[str]:
    """What the app would say of an environment with these variables alone, a line for each fault."""
    found = misspelt(variables)
    try:
        given: dict[str, Any] = {name.lower(): value for name, value in variables.items()}
        _Given(**given)
    except ValidationError as error:
        name = _first(error)
        found.append(str(_unusable(name, name)))
    return found


class _Given(Settings):
    """Settings of what is given alone: neither the environment nor a file is read."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return (init_settings,)


def _first(error: ValidationError) -> str:
    """The variable of the first fault."""
    return str(error.errors(include_input=False)[0]["loc"][0]).upper()


def _unusable(name: str, as_set: str) -> BadSettings:
    accepts = ACCEPTS.get(name.lower())
    return BadSettings(
        f"{as_set} is not usable" + (f": it takes {accepts}." if accepts else "."),
        details={"variable": as_set},
    )


def misspelt(variables: Mapping[str, str | None]) -> list[str]:
    """A line for each variable with our prefix that no setting has. An empty one sets nothing."""
    return list(_misspelt(variables))


def _misspelt(variables: Mapping[str, str | None]) -> Iterator[str]:
    known = {name.upper() for name in Settings.model_fields}
    given = {name.upper() for name, value in variables.items() if value and value.strip()}
    for name in sorted(given - known - READ_BY_OTHERS):
        if name.startswith(PREFIX):
            nearest = difflib.get_close_matches(name, known, n=1, cutoff=0.8)
            hint = f"Did you mean {nearest[0]}?" if nearest else "docs/settings.md lists them all."
            yield f"{name} is not a setting of GLM UI, and is not read. {hint}"


def _encoding(file: Path | None) -> str:
    """Windows PowerShell writes UTF-16 with a byte order mark; editors there put one before UTF-8."""
    start = file.read_bytes()[:2] if file is not None and file.is_file() else b""
    return "utf-16" if start in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE) else "utf-8-sig"
