from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

import media_files as files
import pytest

from glm_ui.backend.prepare import ResolvedTurn, resolve_turn
from glm_ui.errors import BadInput, CannotSend, TooOften
from glm_ui.media.cache import Shelf
from glm_ui.media.fetched import A_MINUTE, AT_ONCE, MAX_ADDRESSES, MAX_AGE, Fetches
from glm_ui.settings import Settings
from glm_ui.ui.multimodal.attach import Carrier
from glm_ui.ui.turn.request import FileRef, Said, Turn
from tests.conftest import CANARY

CAT = "https://93.184.215.14/cat"


class Web:
    """What stands at every address; counts who asks."""

    def __init__(self, body: bytes = b"cat") -> None:
        self.body, self.asked, self.open, self.most = body, 0, 0, 0
        self.full = asyncio.Event()
        """AT_ONCE are open, or as many as `waits_for`."""
        self.waits_for = AT_ONCE
        self.ended = asyncio.Event()
        """One has ended, whole or not."""
        self.go = asyncio.Event()
        self.go.set()

    async def download(self, url: str, into: BinaryIO) -> None:
        self.asked += 1
        self.open += 1
        self.most = max(self.most, self.open)
        if self.open == self.waits_for:
            self.full.set()
        try:
            await self.go.wait()
            into.write(self.body)
        finally:
            self.open -= 1
            self.ended.set()


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


async def test_an_address_is_fetched_once_for_a_while_and_by_each_visitor() -> None:
    web, clock = Web(), Clock()
    fetches = Fetches(web.download, clock)
    first = await fetches.get(CAT, "ann")
    assert isinstance(first.data, Path)
    assert first.data.read_bytes() == b"cat"
    assert (await fetches.get(CAT, "ann")).data == first.data
    assert web.asked == 1
    await fetches.get(CAT, "bob")
    assert web.asked == 2
    clock.now = MAX_AGE + 1
    await fetches.get(CAT, "ann")
    assert web.asked == 3
    assert not first.data.exists()


async def test_who_asks_at_the_same_time_waits_for_the_same_download() -> None:
    web = Web()
    web.waits_for = 1
    web.go.clear()
    fetches = Fetches(web.download)
    both = [asyncio.create_task(fetches.get(CAT)) for _ in range(5)]
    await web.full.wait()
    web.go.set()
    assert len({one.data for one in await asyncio.gather(*both)}) == 1
    assert web.asked == 1


async def test_a_download_ends_when_nobody_waits_for_it_any_more() -> None:
    web = Web()
    web.waits_for = 1
    web.go.clear()
    fetches = Fetches(web.download)
    first, second = (asyncio.create_task(fetches.get(CAT)) for _ in range(2))
    await web.full.wait()
    first.cancel()
    await asyncio.wait([first])
    assert web.open == 1
    second.cancel()
    await asyncio.wait([second])
    async with asyncio.timeout(60):
        await web.ended.wait()
    web.go.set()
    assert (await fetches.get(CAT)).data.read_bytes() == b"cat"  # type: ignore[union-attr]
    assert web.asked == 2
    assert fetches._coming == {}


async def test_a_visitors_downloads_are_paced() -> None:
    web, clock = Web(), Clock()
    web.go.clear()
    fetches = Fetches(web.download, clock)
    tasks = [asyncio.create_task(fetches.get(f"{CAT}{n}", "ann")) for n in range(A_MINUTE)]
    await web.full.wait()
    web.go.set()
    await asyncio.gather(*tasks)
    assert web.most == AT_ONCE
    with pytest.raises(TooOften):
        await fetches.get(f"{CAT}-more", "ann")
    await fetches.get(f"{CAT}-more", "bob")
    clock.now = 61
    await fetches.get(f"{CAT}-more", "ann")


async def test_the_disk_holds_no_more_than_is_allowed_and_nothing_of_a_failure() -> None:
    web = Web(bytes(400))
    fetches = Fetches(web.download, max_bytes=1000)
    kept = [(await fetches.get(f"{CAT}{n}")).data for n in range(4)]
    assert [path.exists() for path in kept if isinstance(path, Path)] == [False, False, True, True]

    async def fails(url: str, into: BinaryIO) -> None:
        into.write(b"half")
        raise CannotSend("no")

    broken = Fetches(fails)
    with pytest.raises(CannotSend):
        await broken.get(CAT)
    assert broken._folder is not None
    assert list(broken._folder.iterdir()) == []


def turn_with(urls: Sequence[Sequence[str]]) -> Turn:
    messages = [
        Said(role="user", text="Look", files=[FileRef(url=url, name="") for url in each]) for each in urls
    ]
    return Turn(id="t", session="s", visitor="v" * 22, model="glm-4.5v", provider="zai", messages=messages)


def resolved() -> ResolvedTurn:
    settings = Settings(_env_file=None, zai_api_key=CANARY)  # type: ignore[call-arg, arg-type]
    return resolve_turn("glm-4.5v", "zai", settings, {})


async def test_a_plan_and_its_turn_ask_each_address_once() -> None:
    web = Web(files.jpeg())
    carrier = Carrier(shelf=Shelf(), fetches=Fetches(web.download))
    turn = turn_with([[f"{CAT}1.heic", f"{CAT}2.heic"], [f"{CAT}1.heic", f"{CAT}3.heic"]])
    for _ in range(3):
        carried = await carrier.carry(turn, resolved())
        assert [file.refusal for plan in carried.plans if plan for file in plan.files] == [None] * 4
    assert web.asked == 3


async def test_a_turn_names_ten_addresses_at_most() -> None:
    web = Web(files.jpeg())
    carrier = Carrier(shelf=Shelf(), fetches=Fetches(web.download))
    many = [[f"{CAT}{message}-{n}.heic" for n in range(20)] for message in range(40)]
    with pytest.raises(BadInput, match="800 addresses are too many") as refused:
        await carrier.carry(turn_with(many), resolved())
    assert str(MAX_ADDRESSES) in refused.value.why
    assert web.asked == 0
