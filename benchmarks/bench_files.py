"""Files from the drop to the plan that says what will be sent, beside the naive way with the same libraries.

    python -m benchmarks.bench_files [--rounds 3]

Ours is timed over HTTP, upload included, with files that the app has not seen before. The naive way turns a file in
this process into what a vision model takes: it turns each photo, makes it as small as the model sees it and encodes it
until it is within Z.ai's 5 MB, draws each page of a document, decodes each frame of a film to keep 32 of them.
The two go in turn.
"""

from __future__ import annotations

import argparse
import base64
import io
import json
import statistics
import time
from collections.abc import Callable, Sequence
from typing import Any

import av
import httpx
import pypdfium2
from PIL import Image, ImageOps

from benchmarks import results
from benchmarks.bench_media import film, photo, report
from benchmarks.servers import server
from benchmarks.upstream import upstream
from glm_ui.accounting.tokens import seen_size

FRAMES = 32
MOST_BYTES = 5 << 20
"""What Z.ai takes of one picture."""
VISITOR = "a-visitor-of-the-benchmarks-with-a-long-secret"


def naive_photos(files: Sequence[bytes]) -> None:
    for data in files:
        upright = ImageOps.exif_transpose(Image.open(io.BytesIO(data))).convert("RGB")
        seen, quality = upright.resize(seen_size(*upright.size), Image.Resampling.LANCZOS), 95
        while len(as_url(seen, quality)) > MOST_BYTES * 4 / 3:
            quality -= 5


def naive_pages(files: Sequence[bytes]) -> None:
    for data in files:
        document = pypdfium2.PdfDocument(data)
        for page in document:
            as_url(page.render(scale=2).to_pil().convert("RGB"))


def naive_frames(files: Sequence[bytes]) -> None:
    for data in files:
        with av.open(io.BytesIO(data)) as container:
            step = max(1, container.streams.video[0].frames // FRAMES)
            drawn = ((number, frame.to_image()) for number, frame in enumerate(container.decode(video=0)))
            # All at once would be 15 GB.
            for frame in [picture for number, picture in drawn if not number % step][:FRAMES]:
                as_url(frame)


def as_url(picture: Image.Image, quality: int = 90) -> str:
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=quality)
    return "data:image/jpeg;base64," + base64.b64encode(out.getvalue()).decode()


def planned(client: httpx.Client, names: Sequence[str], files: Sequence[bytes]) -> dict[str, Any]:
    """Uploads the files and asks for the plan; its frame."""
    sent = client.post(
        "/gradio_api/upload", files=[("files", each) for each in zip(names, files, strict=True)]
    )
    ids = []
    for path, name in zip(sent.raise_for_status().json(), names, strict=True):
        told = client.post("/glm_ui/file", json={"visitor": VISITOR, "path": path, "name": name})
        ids.append({"id": told.raise_for_status().json()["id"], "name": name})
    asked = {"role": "user", "text": "What is this?", "files": ids}
    turn = {
        "session": VISITOR,
        "visitor": VISITOR,
        "model": "glm-4.5v",
        "provider": "zai",
        "messages": [asked],
    }
    text = client.post("/glm_ui/plan", json=turn).raise_for_status().text
    frames = [json.loads(line[6:]) for line in text.splitlines() if line.startswith("data: ")]
    plan: dict[str, Any] = frames[-1]
    assert plan["k"] == "plan", plan
    return plan


def fresh(data: bytes, number: int) -> bytes:
    """The same file with other bytes behind its end, so that nothing is remembered of it."""
    return data + b"\n%%%d" % number


WORK: dict[str, tuple[str, int, Callable[[], bytes], Callable[[Sequence[bytes]], None], str]] = {
    "ten photos of 12 megapixels": (
        "photo.jpg", 10, lambda: photo(6), naive_photos, "Pillow does the same, one by one"),
    "a PDF of 100 pages": ("report.pdf", 1, lambda: report(100), naive_pages, "pypdfium2 draws each page"),
    "a minute of 1080p": ("film.mp4", 1, film, naive_frames, "PyAV decodes each frame; 32 are kept"),
}  # fmt: skip
"""What -> (file's name, how many, who makes it, the naive way, what that is)"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    with (
        upstream() as up,
        server("GLM UI", up.url) as app,
        httpx.Client(base_url=app.url, timeout=600) as client,
    ):
        for what, (name, many, make, naive, way) in WORK.items():
            made, ours, theirs = make(), [], []
            for each in range(options.rounds):
                files = [fresh(made, each * many + n) for n in range(many)]
                began = time.monotonic()
                planned(client, [f"{n}-{name}" for n in range(many)], files)
                ours.append(time.monotonic() - began)
                began = time.monotonic()
                naive(files)
                theirs.append(time.monotonic() - began)
            found = {"ours": statistics.median(ours), "naive": statistics.median(theirs), "way": way}
            results.keep("files", what, found)
            print(f"{what}: {found['ours']:.2f} s, naive {found['naive']:.2f} s", flush=True)


if __name__ == "__main__":
    main()
