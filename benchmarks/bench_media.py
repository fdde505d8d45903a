"""Peak memory and time of preparing a 12-megapixel JPEG, a 50-page PDF and a 60 s video, each in a fresh
worker process as the app runs it. `python benchmarks/bench_media.py` prints a table in Markdown.

The files are made here; nothing is fetched. Peak memory is the worker's own (VmHWM), with the libraries in
it; the floor is a worker that has only imported them.
"""

from __future__ import annotations

import asyncio
import io
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import numpy as np
from PIL import Image, ImageDraw, ImageFilter

sys.path.insert(0, str(Path(__file__).parent.parent))

from glm_ui.media import worker
from glm_ui.media.formats import documents, images, pdf, video
from glm_ui.media.formats.kinds import FORMATS

LIMITS = images.Limits(5 << 20, (6000, 6000), ("image/jpeg", "image/png"))


def photo(orientation: int) -> bytes:
    """4,000 × 3,000 pixels of soft noise, as detailed as a photograph, with EXIF."""
    noise = np.random.default_rng(7).integers(0, 255, (750, 1000, 3), dtype=np.uint8)
    picture = Image.fromarray(noise).resize((4000, 3000), Image.Resampling.BICUBIC)
    grain = np.random.default_rng(8).normal(0, 6, (3000, 4000, 1)).astype(np.int16)
    picture = Image.fromarray((np.asarray(picture, np.int16) + grain).clip(0, 255).astype(np.uint8))
    exif = Image.Exif()
    exif[0x0112] = orientation
    out = io.BytesIO()
    picture.filter(ImageFilter.GaussianBlur(0.8)).save(out, "JPEG", quality=84, exif=exif.tobytes())
    return out.getvalue()


def report(pages: int = 50) -> bytes:
    """A4 pages of text with a picture on each, as PDF."""
    made = []
    for number in range(pages):
        page = Image.new("RGB", (1240, 1754), "white")
        draw = ImageDraw.Draw(page)
        for line in range(50):
            draw.text(
                (90, 80 + 32 * line), f"Page {number + 1}, line {line}: " + "words of a report " * 5, "black"
            )
        page.paste((200, 30, 30), (600, 1500, 1100, 1700))
        made.append(page)
    out = io.BytesIO()
    made[0].save(out, "PDF", save_all=True, append_images=made[1:], resolution=150)
    return out.getvalue()


def film(seconds: int = 60, rate: int = 30, size: tuple[int, int] = (1920, 1080)) -> bytes:
    out = io.BytesIO()
    rng = np.random.default_rng(9)
    ground = Image.fromarray(rng.integers(0, 255, (135, 240, 3), dtype=np.uint8)).resize(size)
    with av.open(out, "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=rate, options={"preset": "ultrafast", "crf": "28"})
        stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
        for n in range(seconds * rate):
            picture = ground.copy()
            at = (n * 7) % size[0]
            picture.paste((255, 255, 0), (at, 400, at + 120, 600))
            container.mux(stream.encode(av.VideoFrame.from_image(picture)))
        container.mux(stream.encode(None))
    return out.getvalue()


async def one(label: str, function: Callable[..., Any], *arguments: Any) -> None:
    worker.close()
    await worker.run(len, b"")  # the process is up
    begun = time.perf_counter()
    await worker.run(function, *arguments, seconds=300)
    first = time.perf_counter() - begun
    begun = time.perf_counter()
    await worker.run(function, *arguments, seconds=300)
    again = time.perf_counter() - begun
    print(f"| {label} | {first:.2f} s | {again:.2f} s | {peak()} |")


def peak() -> str:
    """Peak resident memory of the worker that ran last."""
    status = [Path(f"/proc/{p}/status").read_text() for p in worker.processes()]
    peaks = [
        int(line.split()[1]) for text in status for line in text.splitlines() if line.startswith("VmHWM")
    ]
    return f"{max(peaks) / 1024:.0f} MB" if peaks else "retired"


async def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        files = {"up.jpg": photo(1), "turned.jpg": photo(6), "report.pdf": report(), "film.mp4": film()}
        for file, data in files.items():
            (folder / file).write_bytes(data)
        pages = tuple(range(1, 51))
        print("| what | first | again | peak memory |")
        print("|---|---|---|---|")
        await one("libraries only", images.prepare_image, tiny(), "tiny.png", LIMITS)
        await one("12 MP JPEG, upright (stripped)", images.prepare_image, folder / "up.jpg", "a", LIMITS)
        await one(
            "12 MP JPEG, turned (encoded anew)", images.prepare_image, folder / "turned.jpg", "a", LIMITS
        )
        await one("50-page PDF as pictures", pdf.page_pictures, folder / "report.pdf", "a", pages, LIMITS)
        await one("50-page PDF as text", pdf.page_texts, folder / "report.pdf", "a", pages)
        await one("60 s video 1080p, 32 frames", video.clip, folder / "film.mp4", FORMATS["mp4"], "a", LIMITS)
        await one("1 MB of text", documents.read_text, b"words of a text " * 65_000, FORMATS["text"], "a")
        print()
        print(", ".join(f"{file} {len(data) / 2**20:.1f} MB" for file, data in files.items()))
    worker.close()


def tiny() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (8, 8)).save(out, "PNG")
    return out.getvalue()


if __name__ == "__main__":
    asyncio.run(main())
