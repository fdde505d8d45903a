#!/usr/bin/env python3
"""Files that nobody here wrote, each through the app's own preparation: what became of it, in which time and memory.

scripts/foreign_files.py                     what ffmpeg, ImageMagick and LibreOffice make (scripts/foreign_recipes.py)
scripts/foreign_files.py FOLDER ...          every file below these folders
scripts/foreign_files.py --kind image        only what is made of one kind
scripts/foreign_files.py --keep FOLDER       leave what is made there

Prints a line a file, then the sums and refusals as Markdown. Ends with 1 where a file has a fault: `unforeseen` (not
a sentence of ours), `died`, `private` (metadata in what is sent), `turned` (wrong corners), `slow` or `large`.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import io
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import foreign_recipes
from PIL import Image, ImageCms

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from glm_ui.catalogue import resolve
from glm_ui.errors import GlmUiError
from glm_ui.media import worker
from glm_ui.media.formats import audio
from glm_ui.media.formats.kinds import identify
from glm_ui.media.formats.text import cell
from glm_ui.media.models import Chosen, Options
from glm_ui.media.prepare_file import make_ready
from glm_ui.messages import Image as Picture
from glm_ui.messages import Part, Text

SLOW, LARGE = 15.0, 1200
"""Seconds and megabytes from which a file is a fault; the limits of a worker are far beyond."""
_CORNERS = (
    (0.2, 0.2, (255, 0, 0)),
    (0.8, 0.2, (0, 255, 0)),
    (0.2, 0.8, (0, 0, 255)),
    (0.8, 0.8, (255, 255, 0)),
)
_PLAIN = (
    "gray",
    "bits-1",
    "fax",
    "strip",
    "one-pixel",
    "bilevel",
    "half-alpha",
    "alpha.webp",
    "transparent",
    "fast-",
)
"""Parts of names of pictures that are made without the four colours."""
_PRIVATE = ("exif", "xmp", "comment", "photoshop", "icc_profile", "XML:com.adobe.xmp", "iptc")


@dataclass(frozen=True, slots=True)
class Tried:
    kind: str
    name: str
    outcome: str
    """ "pictures", "text", ...: what it went as; "" where it was refused."""
    said: str
    """The refusal."""
    seconds: float
    megabytes: int
    faults: tuple[str, ...]

    @property
    def line(self) -> str:
        told = self.outcome or f"refused: {self.said}"
        faults = f"  !! {', '.join(self.faults)}" if self.faults else ""
        return f"{self.kind:9}{self.name[:48]:50}{self.seconds:6.2f} s {self.megabytes:5} MB  {told}{faults}"


async def try_file(path: Path, made: bool) -> Tried:
    """`path` as a visitor's upload on its way to GLM-4.5V at Z.ai; a recording as for its transcription there."""
    route = resolve("glm-4.5v", "zai").route
    assert route is not None  # noqa: S101  The catalogue has it.
    parts: tuple[Part, ...] = ()
    outcome, error = "", None
    password = foreign_recipes.PASSWORD if made and path.name.startswith("locked") else ""
    begun = time.perf_counter()
    with _peak() as peak:
        chosen = Chosen(path, name=path.name, password=password)
        ready = await make_ready(0, chosen, route, Options(), lambda index, done, total: None)
        error, outcome, parts = ready.refusal, ready.sent_as, ready.parts
        if error is not None and error.way_out == "transcribe":
            try:
                about = f"“{path.name}”"
                sound = await worker.run(
                    audio.convert, path, identify(path, path.name).format, path.name, seconds=120, about=about
                )
                outcome, error = f"sound, {sound.seconds:.1f} s", None
            except GlmUiError as told:
                error = told
    seconds = time.perf_counter() - begun
    coloured = made and outcome != "pages" and not any(word in path.name for word in _PLAIN)
    faults = [*_faults_of_words(str(error or "")), *_faults_of_parts(parts, coloured)]
    faults += ["slow"] if seconds > SLOW else []
    faults += ["large"] if peak[0] > LARGE else []
    kind = ready.kind or "unknown"
    return Tried(
        kind, path.name, outcome if error is None else "", str(error or ""), seconds, peak[0], tuple(faults)
    )


def _faults_of_words(said: str) -> Iterator[str]:
    if "content is broken (" in said:
        yield "unforeseen"
    if "gave up on it" in said or "takes too long" in said:
        yield "died"


def _faults_of_parts(parts: tuple[Part, ...], coloured: bool) -> Iterator[str]:
    for part in parts:
        if isinstance(part, Text) and not part.text.strip():
            yield "empty"
        if not isinstance(part, Picture):
            continue
        data = part.data or b""
        with Image.open(io.BytesIO(data)) as picture:
            found = [name for name in _PRIVATE if picture.info.get(name)]
            if found or len(picture.getexif()) or foreign_recipes.CANARY.encode() in data:
                yield "private"
            if coloured and not _four_colours(picture):
                yield "turned"
                return


def _four_colours(picture: Image.Image) -> bool:
    plain = picture.convert("RGB")
    seen = [plain.getpixel((int(plain.width * x), int(plain.height * y))) for x, y, _ in _CORNERS]
    wanted = [colour for *_, colour in _CORNERS]
    return all(
        max(abs(a - b) for a, b in zip(one, two, strict=True)) < 90
        for one, two in zip(seen, wanted, strict=True)
    )  # type: ignore[arg-type]


@contextmanager
def _peak() -> Iterator[list[int]]:
    """The largest a worker grows meanwhile, in megabytes."""
    for pid in worker.processes():
        Path(f"/proc/{pid}/clear_refs").write_text("5")
    most, over = [0], threading.Event()

    def watch() -> None:
        while True:
            for pid in worker.processes():
                try:
                    status = Path(f"/proc/{pid}/status").read_text()
                except OSError:
                    continue
                for line in status.splitlines():
                    if line.startswith("VmHWM"):
                        most[0] = max(most[0], int(line.split()[1]) >> 10)
            if over.wait(0.01):
                return

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield most
    finally:
        over.set()
        watcher.join()


def found_in(folders: list[Path]) -> Iterator[Path]:
    """Every file below, each content once."""
    seen = set()
    for folder in folders:
        for path in sorted(p for p in folder.rglob("*") if p.is_file()):
            mark = hashlib.sha256(path.read_bytes()).digest()
            if mark not in seen:
                seen.add(mark)
                yield path


def report(tried: list[Tried], unmade: list[str]) -> str:
    """Sums by kind, then refusals by their sentence, in Markdown."""
    kinds = Counter(t.kind for t in tried)
    lines = [
        "| kind | files | prepared | refused | with a fault | longest | most memory |",
        "|---|---|---|---|---|---|---|",
    ]
    for kind, count in sorted(kinds.items()):
        rows = [t for t in tried if t.kind == kind]
        good, bad = sum(bool(t.outcome) for t in rows), sum(bool(t.faults) for t in rows)
        longest, largest = max(t.seconds for t in rows), max(t.megabytes for t in rows)
        lines.append(
            f"| {kind} | {count} | {good} | {count - good} | {bad} | {longest:.1f} s | {largest} MB |"
        )
    lines += ["", "| refused | what was said |", "|---|---|"]
    lines += [f"| `{cell(t.name)}` | {cell(t.said)} |" for t in tried if not t.outcome]
    lines += ["", *(f"Not made: {line}" for line in unmade)]
    return "\n".join(lines)


async def main() -> int:
    read = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    read.add_argument("folders", nargs="*", type=Path)
    read.add_argument("--kind", choices=tuple(foreign_recipes.RECIPES), action="append")
    read.add_argument("--keep", type=Path)
    wanted = read.parse_args()
    tried: list[Tried] = []
    unmade: list[str] = []

    async def one(path: Path, made: bool) -> None:
        tried.append(await try_file(path, made))
        print(tried[-1].line, flush=True)

    with tempfile.TemporaryDirectory() as temporary:
        folder = wanted.keep or Path(temporary)
        if wanted.folders:
            for path in found_in(wanted.folders):
                await one(path, made=False)
        else:
            folder.mkdir(parents=True, exist_ok=True)
            (folder / "srgb.icc").write_bytes(
                ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
            )
            for _, path, why in foreign_recipes.make(folder, tuple(wanted.kind or foreign_recipes.RECIPES)):
                if why:
                    unmade.append(f"`{path.name}` ({why})")
                else:
                    await one(path, made=True)
    worker.close()
    print("\n" + report(tried, unmade))
    return int(any(t.faults for t in tried))


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
