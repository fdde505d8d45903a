"""The disk: so much for each visitor, counted while it comes, and something stays free for everything else."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from gradio.route_utils import upload_fn
from starlette.applications import Starlette
from starlette.formparsers import MultiPartException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from glm_ui.errors import BadInput, Busy
from glm_ui.serving import shares as module
from glm_ui.serving.paths import UPLOAD
from glm_ui.serving.shares import KEPT_FREE, LIFE, SHARE, TICK, Shares
from glm_ui.serving.upload_gate import UploadGate
from glm_ui.serving.uploads import Uploads

PIECE = 64 * 2**10


class Disk:
    """Free bytes, and the time."""

    free = 100 * 2**30
    now = 1000.0


@pytest.fixture
def disk() -> Disk:
    return Disk()


@pytest.fixture
def shares(disk: Disk) -> Shares:
    return Shares(lambda: disk.now, lambda: disk.free)


def test_a_visitor_has_a_share_for_as_long_as_files_live(shares: Shares, disk: Disk) -> None:
    shares.take("ann", SHARE - 10)
    with pytest.raises(BadInput, match="1,024 MB for each visitor") as refused:
        shares.take("ann", 11)
    assert refused.value.status == 413
    shares.take("bob", SHARE)
    shares.take("ann", 10)
    disk.now += LIFE + 2 * TICK
    assert shares.held("ann") == 0
    shares.take("ann", SHARE)


def test_what_is_not_on_the_disk_is_given_back(shares: Shares, disk: Disk) -> None:
    shares.take("ann", 100)
    disk.now += 2 * TICK
    shares.take("ann", 50)
    shares.give_back("ann", 70)
    assert shares.held("ann") == 80
    shares.give_back("ann", 1_000)
    assert shares.held("ann") == 0


def test_the_count_takes_little_memory_however_many_come(
    shares: Shares, disk: Disk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_HOLDERS", 100)
    for number in range(1_000):
        shares.take(f"address {number}", 1)
    for _ in range(10_000):
        shares.take("busy", 1)
        disk.now += 1.0
    assert len(shares._held) <= 100
    assert len(shares._held["busy"]) <= LIFE / TICK + 2


# ---- uploads


@pytest.fixture
async def send(shares: Shares, tmp_path: Path) -> AsyncIterator[Callable[..., Any]]:
    """Posts parts of so many bytes to a route that takes them in as Gradio's does (gradio/routes.py, `upload_file`)."""

    async def take_in(request: Request) -> Response:
        try:
            found, _, _ = await upload_fn(request, str(tmp_path), float("inf"), None, force_move=False)
        except MultiPartException as refused:
            return PlainTextResponse(refused.message, 413)
        return JSONResponse([str(path) for path in found])

    gate = Middleware(UploadGate, shares=shares, holder_of=lambda scope: "ann")
    app = Starlette(routes=[Route(UPLOAD, take_in, methods=["POST"])], middleware=[gate])
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost") as client:

        async def post(*sizes: int) -> httpx.Response:
            async def body() -> AsyncIterator[bytes]:
                for number, size in enumerate(sizes):
                    yield f'--b\r\nContent-Disposition: form-data; name="files"; filename="{number}"\r\n\r\n'.encode()
                    for start in range(0, size, PIECE):
                        yield bytes(min(PIECE, size - start))
                    yield b"\r\n"
                yield b"--b--\r\n"

            kind = {"content-type": "multipart/form-data; boundary=b"}
            return await client.post(UPLOAD, content=body(), headers=kind)

        yield post


def left_on(disk: Path) -> int:
    return sum(path.stat().st_size for path in disk.rglob("*") if path.is_file())


async def test_a_body_of_many_parts_is_cut_while_it_comes(
    send: Callable[..., Any], shares: Shares, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LONGEST_UPLOAD", 8 * PIECE)
    taken = await send(3 * PIECE, 3 * PIECE)
    assert taken.status_code == 200
    assert left_on(tmp_path) == 6 * PIECE
    assert 6 * PIECE <= shares.held("ann") <= 7 * PIECE
    refused = await send(*[3 * PIECE] * 9)
    assert refused.status_code == 413
    assert refused.json()["error"]["what"] == "This is too much to upload at once."
    assert left_on(tmp_path) == 6 * PIECE
    assert shares.held("ann") <= 7 * PIECE


async def test_uploads_end_at_the_visitors_share(
    send: Callable[..., Any], shares: Shares, tmp_path: Path
) -> None:
    shares.take("ann", SHARE - 4 * PIECE)
    refused = await send(PIECE, 5 * PIECE)
    assert refused.status_code == 413
    assert "Try again in an hour" in refused.json()["detail"]
    assert left_on(tmp_path) == 0
    assert (await send(PIECE)).status_code == 200


async def test_uploads_never_fill_the_disk(
    send: Callable[..., Any], disk: Disk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk.free = KEPT_FREE - 1
    refused = await send(1)
    assert refused.status_code == 507
    assert "no room for files" in refused.json()["detail"]
    monkeypatch.setattr(module, "LOOKS_EVERY", PIECE)
    disk.free = KEPT_FREE + 3 * PIECE
    monkeypatch.setattr(Shares, "take", filling(disk, Shares.take))
    refused = await send(*[PIECE] * 20)
    assert refused.status_code == 507
    assert left_on(tmp_path) == 0


def filling(disk: Disk, take: Callable[[Shares, str, int], None]) -> Callable[[Shares, str, int], None]:
    """What is taken is gone from the disk."""

    def taken(self: Shares, holder: str, size: int) -> None:
        disk.free -= size
        take(self, holder, size)

    return taken


async def test_a_sender_who_leaves_leaves_nothing_behind(shares: Shares, tmp_path: Path) -> None:
    """Gradio removes what came only where its parser gives up, and a broken connection is none of its reasons."""
    head = b'--b\r\nContent-Disposition: form-data; name="files"; filename="a"\r\n\r\n'
    messages = [
        {"type": "http.request", "body": head + bytes(PIECE), "more_body": True},
        {"type": "http.disconnect"},
    ]

    async def receive() -> dict[str, object]:
        return messages.pop(0)

    async def send(_: object) -> None:
        pass

    async def app(scope: object, receive: object, send: object) -> None:
        with pytest.raises(MultiPartException):
            await upload_fn(Request(scope, receive), str(tmp_path), float("inf"), None)  # type: ignore[arg-type]

    kind = [(b"content-type", b"multipart/form-data; boundary=b")]
    scope = {"type": "http", "method": "POST", "path": UPLOAD, "headers": kind}
    gate = UploadGate(app, shares, lambda _: "ann")  # type: ignore[arg-type]
    await gate(scope, receive, send)  # type: ignore[arg-type]
    assert left_on(tmp_path) == 0
    assert shares.held("ann") == 0


# ---- what is made here


@pytest.fixture
def uploads(tmp_path: Path, disk: Disk, shares: Shares) -> Uploads:
    made = Uploads(tmp_path, lambda: disk.now)
    made.shares = shares
    return made


async def test_cut_outs_count_as_uploads_do(uploads: Uploads, shares: Shares, disk: Disk) -> None:
    kept = await uploads.keep("room", b"x" * 100, "crop.png", "ann")
    assert shares.held("ann") == 100
    assert kept.path.read_bytes() == b"x" * 100
    shares.take("ann", SHARE - 100)
    with pytest.raises(BadInput, match="as many files") as refused:
        await uploads.keep("room", b"x", "crop.png", "ann")
    assert refused.value.status == 413
    disk.free = 0
    with pytest.raises(Busy, match="no room for files") as full:
        await uploads.keep("room", b"x", "crop.png", "bob")
    assert full.value.status == 507


async def test_a_disk_that_fills_in_the_middle_is_told_and_counts_nothing(
    uploads: Uploads, shares: Shares, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: object, data: bytes) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(Busy, match="could not write to its disk") as told:
        await uploads.keep("room", b"x" * 100, "crop.png", "ann")
    assert told.value.status == 507
    assert shares.held("ann") == 0


async def test_who_has_no_room_leaves_nothing_on_the_disk(uploads: Uploads, shares: Shares) -> None:
    with pytest.raises(BadInput):
        await uploads.keep("", b"x" * 100, "crop.png", "ann")
    assert shares.held("ann") == 0


def test_made_up_visitors_of_one_address_drop_nobody_elses_uploads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("glm_ui.serving.uploads.MAX_VISITORS", 200)
    uploads = Uploads(tmp_path)
    (tmp_path / "a.txt").write_text("x")
    path = str(tmp_path / "a.txt")
    honest = [(f"guest {i}", uploads.add(f"guest {i}", path, "a.txt", f"house {i}").id) for i in range(50)]
    for number in range(250):
        uploads.add(f"made up {number}", path, "a.txt", "one address")
    for visitor, id in honest:
        assert uploads.find(visitor, id)
    assert len(uploads._visitors) == 200
