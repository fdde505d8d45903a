"""The files that visitors put in: where each lies on this server, known to its visitor by an id alone.

A path that a page names is taken only inside Gradio's upload folder; from then on ids travel, never paths. An hour
later a file is gone and its id says so. In memory, bounded.
"""

from __future__ import annotations

import asyncio
import atexit
import secrets
import shutil
import tempfile
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from glm_ui.errors import BadInput, Busy
from glm_ui.languages import say
from glm_ui.media.formats.kinds import shown_name
from glm_ui.serving.fair_store import FairStore
from glm_ui.serving.shares import LIFE, Shares, free_bytes

MAX_FILES = 300
"""Files of one visitor."""
MAX_VISITORS = 2_000
EXAMPLES = Path(__file__).parents[1] / "web" / "examples"


@dataclass(slots=True)
class Upload:
    """`made`: it was made here (a cut-out) and is deleted with its row. `password` opens a locked document."""

    id: str
    path: Path
    name: str
    size: int
    added: float
    made: bool = False
    password: str = field(default="", repr=False)


class Uploads:
    """visitor (the room of a browser, identity.py) -> id -> Upload. `holder` is whose share of memory and disk they
    take."""

    def __init__(
        self,
        folder: Path,
        clock: Callable[[], float] = time.monotonic,
        examples: Path = EXAMPLES,
    ) -> None:
        self._folder = folder
        self._clock = clock
        self.shares = Shares(clock, lambda: free_bytes(folder))
        self._visitors: FairStore[OrderedDict[str, Upload]] = FairStore(MAX_VISITORS)
        self._examples = _examples(examples)
        self._own: Path | None = None

    def add(self, visitor: str, path: str, name: str, holder: str = "") -> Upload:
        """Takes in what Gradio has received. BadInput for any other place."""
        return self._put(visitor, self.checked(path), name or Path(path).name, holder, made=False)

    async def keep(self, visitor: str, data: bytes, name: str, holder: str = "") -> Upload:
        """Takes in what was made here. Raises as `Shares` does where there is no room."""
        _needs_room(visitor)
        self.shares.check_disk()
        self.shares.take(holder, len(data))
        try:
            path = await asyncio.to_thread(self._write, data)
        except OSError:
            self.shares.give_back(holder, len(data))
            raise Busy.of(
                what="There is no room for files at the moment.",
                why="The server could not write to its disk.",
                todo="Try again in an hour.",
                status=507,
            ) from None
        # Nobody may ask again.
        asyncio.get_running_loop().call_later(LIFE + 1, self._expire)
        return self._put(visitor, path, name, holder, made=True)

    def _write(self, data: bytes) -> Path:
        """A new file with `data`; nothing is left of one that could not be written."""
        if self._own is None:
            self._own = Path(tempfile.mkdtemp(prefix="glm-ui-"))
            atexit.register(shutil.rmtree, self._own, ignore_errors=True)
        path = self._own / secrets.token_hex(16)
        try:
            path.write_bytes(data)
        except OSError:
            path.unlink(missing_ok=True)
            raise
        return path

    def find(self, visitor: str, id: str, name: str = "") -> Upload:
        """The file, if it is this visitor's and not too old. BadInput otherwise, whose `name` tells which to choose
        again."""
        self._expire()
        rows = self._visitors.get(visitor)
        found = self._examples.get(id) or (rows.get(id) if rows else None)
        if found is not None and found.path.is_file():
            return found
        raise BadInput(
            say(
                "“{name}” is no longer on the server.",
                name=shown_name(name or (found.name if found else "The file")),
            ),
            "Uploads are kept for an hour.",
            "Choose it again, then retry.",
            way_out="files",
            details={"file": id},
        )

    def _put(self, visitor: str, path: Path, name: str, holder: str, *, made: bool) -> Upload:
        _needs_room(visitor)
        self._expire()
        upload = Upload(secrets.token_urlsafe(16), path, name[:255], path.stat().st_size, self._clock(), made)
        rows = self._visitors.pop(visitor) or OrderedDict()
        rows[upload.id] = upload
        while len(rows) > MAX_FILES:
            _drop(rows.popitem(last=False)[1])
        for gone in self._visitors.put(visitor, rows, holder):
            for old in gone.values():
                _drop(old)
        return upload

    def checked(self, path: str) -> Path:
        try:
            real, folder = Path(path).resolve(strict=True), self._folder.resolve()
        except (OSError, ValueError, RuntimeError):
            real, folder = Path(), self._folder
        if not real.is_relative_to(folder) or not real.is_file():
            raise BadInput("The file did not arrive on the server.", "", "Choose it again.")
        return real

    def _expire(self) -> None:
        horizon = self._clock() - LIFE
        for visitor, rows in self._visitors.items():
            while rows and (oldest := next(iter(rows.values()))).added < horizon:
                _drop(rows.pop(oldest.id))
            if not rows:
                self._visitors.pop(visitor)


def _needs_room(visitor: str) -> None:
    if not visitor:
        raise BadInput("The request is not one this page sends.", todo="Reload the page.")


def _drop(upload: Upload) -> None:
    if upload.made:
        upload.path.unlink(missing_ok=True)


def _examples(folder: Path) -> Mapping[str, Upload]:
    """The project's own files, everyone's and for good: their ids are their names."""
    found = sorted(p for p in folder.glob("*") if p.is_file()) if folder.is_dir() else []
    return {f"example:{p.name}": Upload(f"example:{p.name}", p, p.name, p.stat().st_size, 0.0) for p in found}
