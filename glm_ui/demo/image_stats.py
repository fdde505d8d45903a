"""What can be measured in a picture without a model: size, colours, and the regions that stand out. No words.

Pictures are hostile input: nothing is decoded before its size is known to be bearable, and a server decodes them in
another process (`decode_with`).
"""

from __future__ import annotations

import io
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
import PIL.Image
import PIL.ImageOps

from glm_ui.errors import GlmUiError

T = TypeVar("T")

MAX_PIXELS = 50_000_000
GRID = 160
"""Pixels of the longer side at which regions are looked for."""

# Name -> hues (0 to 255, PIL's scale). Black, white and grey are told by value and saturation.
HUES = {
    "red": ((0, 11), (244, 256)),
    "orange": ((11, 29),),
    "yellow": ((29, 46),),
    "green": ((46, 118),),
    "blue": ((118, 181),),
    "purple": ((181, 216),),
    "pink": ((216, 244),),
}
COLOURS = (*HUES, "black", "white", "grey")

Grid = npt.NDArray[Any]


@dataclass(frozen=True, slots=True)
class Region:
    """In thousandths of the picture's width and height, as GLM's vision models give them."""

    left: int
    top: int
    right: int
    bottom: int


@dataclass(frozen=True, slots=True)
class Colour:
    name: str
    hex: str
    share: float


@dataclass(frozen=True, slots=True)
class Seen:
    """`width` and `height` in pixels, as shown (turned as its EXIF says). `size` in bytes."""

    format: str
    width: int
    height: int
    size: int
    frames: int
    colours: tuple[Colour, ...]


Decoder = Callable[..., Any]
"""(function, *its arguments) -> what it gives, made where a hostile picture can do no harm."""
_decoder: Decoder = lambda function, *arguments: function(*arguments)  # noqa: E731


def decode_with(decoder: Decoder) -> None:
    """From now on pictures are decoded by `decoder`, which may be called in any thread. A server sets one that works
    in another process than the one that holds its keys."""
    global _decoder
    _decoder = decoder


def stats_of(data: bytes) -> Seen | None:
    """What the picture is, or `None` if it is none or too large to decode."""
    found = _apart(measure, data)
    if found is None:
        return None
    kind, width, height, frames, colours = found
    return Seen(kind, width, height, len(data), frames, tuple(Colour(*colour) for colour in colours))


def regions(data: bytes, colour: str = "", most: int = 5) -> tuple[Region, ...]:
    """The regions of that colour, or, with none named, those that differ most from the picture's border;
    largest first. Empty where nothing stands out."""
    return tuple(Region(*corners) for corners in _apart(find, data, colour, most) or ())


def _apart(function: Callable[..., T], *arguments: Any) -> T | None:
    try:
        found: T = _decoder(function, *arguments)
    except GlmUiError:
        return None
    return found


def measure(data: bytes) -> tuple[str, int, int, int, list[tuple[str, str, float]]] | None:
    """Format, width, height, frames, and (name, hex, share) of the main colours. Decodes; plain values only."""
    opened = _open(data)
    if opened is None:
        return None
    kind, frames, size, grid = opened
    names = _names(grid)
    counts = np.bincount(names.ravel(), minlength=len(COLOURS))
    order = [int(i) for i in np.argsort(counts)[::-1] if counts[i] >= 0.03 * names.size][:4]
    rgb = np.asarray(grid)
    colours = [(COLOURS[i], _hex(rgb[names == i]), float(counts[i] / names.size)) for i in order]
    return kind, *size, frames, colours


def find(data: bytes, colour: str, most: int) -> list[tuple[int, int, int, int]]:
    """The corners of `regions`. Decodes; plain values only."""
    opened = _open(data)
    if opened is None:
        return []
    grid = opened[3]
    mask = _names(grid) == COLOURS.index(colour) if colour in COLOURS else _unlike_border(grid)
    height, width = mask.shape
    found = sorted(_connected(mask), key=len, reverse=True)
    large = [cells for cells in found if len(cells) >= max(0.002 * mask.size, 0.2 * len(found[0]))]
    return [_box(cells, width, height) for cells in large[:most]]


def _open(data: bytes) -> tuple[str, int, tuple[int, int], PIL.Image.Image] | None:
    try:
        with PIL.Image.open(io.BytesIO(data)) as picture:
            if picture.width * picture.height > MAX_PIXELS:
                return None
            kind, frames, size = picture.format or "picture", getattr(picture, "n_frames", 1), picture.size
            small = picture if picture.mode in ("RGB", "RGBA", "L") else picture.convert("RGBA")
            small.thumbnail((GRID, GRID), PIL.Image.Resampling.BOX, reducing_gap=1.0)
            turned = picture.getexif().get(0x0112, 1) in (5, 6, 7, 8)
            upright = PIL.ImageOps.exif_transpose(small)
            grid = PIL.Image.new("RGBA", upright.size, "white")
            grid.alpha_composite(upright.convert("RGBA"))
    except (
        OSError,
        ValueError,
        SyntaxError,
        PIL.Image.DecompressionBombError,
        PIL.Image.DecompressionBombWarning,
    ):
        return None
    return kind, frames, (size[1], size[0]) if turned else size, grid.convert("RGB")


def _names(grid: PIL.Image.Image) -> Grid:
    """For each pixel the index of its colour in COLOURS."""
    hue, saturation, value = np.moveaxis(np.asarray(grid.convert("HSV")).astype(int), 2, 0)
    plain = saturation < 45
    tests = [value < 50, plain & (value > 215), plain]
    marks = [COLOURS.index("black"), COLOURS.index("white"), COLOURS.index("grey")]
    for name, spans in HUES.items():
        tests.append(np.logical_or.reduce([(hue >= low) & (hue < high) for low, high in spans]))
        marks.append(COLOURS.index(name))
    return np.select(tests, marks, default=COLOURS.index("grey"))


def _unlike_border(grid: PIL.Image.Image) -> Grid:
    rgb = np.asarray(grid).astype(float)
    border = np.concatenate([rgb[0], rgb[-1], rgb[:, 0], rgb[:, -1]])
    distance = np.linalg.norm(rgb - np.median(border, axis=0), axis=2)
    unlike: Grid = distance > max(40.0, 0.4 * float(distance.max()))
    return unlike


def _connected(mask: Grid) -> list[list[tuple[int, int]]]:
    """The cells of each connected patch of the mask, as (row, column)."""
    left = {(int(row), int(column)) for row, column in np.argwhere(mask)}
    patches = []
    while left:
        queue = deque([left.pop()])
        patch = []
        while queue:
            row, column = queue.popleft()
            patch.append((row, column))
            for near in ((row + 1, column), (row - 1, column), (row, column + 1), (row, column - 1)):
                if near in left:
                    left.remove(near)
                    queue.append(near)
        patches.append(patch)
    return patches


def _box(cells: list[tuple[int, int]], width: int, height: int) -> tuple[int, int, int, int]:
    rows, columns = zip(*cells, strict=True)
    return (
        round(min(columns) * 1000 / width),
        round(min(rows) * 1000 / height),
        round((max(columns) + 1) * 1000 / width),
        round((max(rows) + 1) * 1000 / height),
    )


def _hex(pixels: Grid) -> str:
    red, green, blue = (round(float(part)) for part in pixels.mean(axis=0))
    return f"#{red:02x}{green:02x}{blue:02x}"
