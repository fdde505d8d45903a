"""A turn outlives the connection that it was asked over: whoever asked comes back to it, and it ends exactly once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass
from typing import Any

import pytest
from starlette.applications import Starlette

from glm_ui.settings import Settings
from glm_ui.telemetry import metrics
from glm_ui.ui.routes import routes
from glm_ui.ui.turn import lasting
from glm_ui.ui.turn import routes as turn_routes
from glm_ui.ui.turn.lasting import KEPT_FOR, LastingTurns
from glm_ui.ui.turn.run import Live
from tests.conftest import PAGE
from tests.reader import Frame, Reader, reading
from tests.upstream import Reply, Upstream, openai_frames

BROWSER = "fedcba9876543210" * 3
TURN = {
    "session": PAGE,
    "visitor": BROWSER,
    "lasts": "turn-1",
    "id": "turn-1",
    "model": "glm-4.6",
    "provider": "zai",
    "messages": [{"role": "user", "text": "Hi"}],
}
WORDS = ["One ", "two ", "three ", "four."]


@dataclass
class Page:
    """The app as a browser sees it; `now` is the clock of what is kept."""

    app: Starlette
    live: Live
    up: Upstream
    now: float = 0.0

    def ask(self, **more: Any) -> Any:
        return reading(self.app, "POST", "/glm_ui/chat", TURN | more)

    def follow(self, *places: str, visitor: str = BROWSER, session: str = PAGE) -> Any:
        path = "/glm_ui/turns?" + "&".join(f"after={place}" for place in places)
        headers = {"x-glm-ui-visitor": visitor, "x-glm-ui-session": session}
        return reading(self.app, "GET", path, headers=headers)

    async def stop(self, turn: str = "turn-1", visitor: str = BROWSER) -> bytes:
        async with reading(self.app, "POST", "/glm_ui/stop", {"visitor": visitor, "turn": turn}) as answer:
            await answer.begun()
            return await answer._events.get() or b""

    def running(self) -> int:
        return len(self.live.lasting._running)

    async def ended(self) -> None:
        """Until no turn runs."""
        tasks = [turn._task for turn in self.live.lasting._running.values() if turn._task]
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.sleep(0)  # then its end is noted


@pytest.fixture
async def page_of(
    pool: None, up: Upstream, settings_for: Callable[..., Settings]
) -> AsyncIterator[Callable[..., Page]]:
    made: list[Page] = []

    def make(**settings: Any) -> Page:
        live = Live(settings_for(up, **settings))
        page = Page(Starlette(routes=[*routes(live), *turn_routes.routes(live)]), live, up)
        live.lasting = LastingTurns(live.settings.glm_ui_unread_timeout, clock=lambda: page.now)
        made.append(page)
        return page

    yield make
    for page in made:
        for turn in list(page.live.lasting._running.values()):
            turn.stop()
        await page.ended()


@pytest.fixture
def page(page_of: Callable[..., Page]) -> Page:
    return page_of()


def reply(frames: Iterable[tuple[int, Frame]], node: Frame | None = None) -> Frame:
    """What a page makes of the frames."""
    node = node or {"text": "", "thinking": "", "ending": None}
    for _, frame in frames:
        if frame["k"] == "all":
            node = reply([(0, each) for each in frame["frames"]])
        node = node | {
            "text": node["text"] + frame.get("a", ""),
            "thinking": node["thinking"] + frame.get("t", ""),
            "ending": frame.get("ending", node["ending"]),
        }
    return node


WHOLE = {"text": "".join(WORDS), "thinking": "Hm.", "ending": {"kind": "stop", "raw": "stop"}}


def counted(**labels: str) -> float:
    found = metrics.REGISTRY.get_sample_value(
        "glm_ui_turns_total", {"door": "page", "provider": "zai", **labels}
    )
    return found or 0.0


async def test_the_frames_have_numbers_and_a_turn_that_does_not_last_has_none(page: Page) -> None:
    page.up.reply(sse=openai_frames("Hm.", WORDS))
    async with page.ask() as reader:
        frames = await reader.frames()
    assert [number for number, _ in frames] == list(range(1, len(frames) + 1))
    assert reply(frames) == WHOLE
    assert "ready" in frames[-1][1]["state"]
    async with page.ask(lasts="") as reader:
        assert {number for number, _ in await reader.frames()} == {0}


async def test_a_reader_who_leaves_after_any_frame_goes_on_where_it_was(page: Page) -> None:
    page.up.reply(sse=openai_frames("Hm.", WORDS))
    async with page.ask() as reader:
        count = len(await reader.frames())
    for cut in range(count):
        page.up.forget()
        page.up.reply(sse=openai_frames("Hm.", WORDS), hold=(2, 4))
        async with page.ask(lasts=f"cut-{cut}") as reader:
            if cut == count - 1:
                page.up.release(), page.up.release()
            taken = await asyncio.wait_for(reader.frames(min(cut, 4)), 10)
        page.up.release(), page.up.release()
        async with page.follow(f"cut-{cut}:{len(taken)}") as reader:
            rest = await asyncio.wait_for(reader.frames(), 10)
        assert reply(rest, reply(taken)) == WHOLE, cut
        assert len(page.up.requests) == 1


async def test_an_ended_turn_is_told_from_every_number(page: Page) -> None:
    page.up.reply(sse=openai_frames("Hm.", WORDS))
    async with page.ask() as reader:
        frames = await reader.frames()
    for number in range(len(frames) + 1):
        async with page.follow(f"turn-1:{number}") as reader:
            rest = await reader.frames()
        assert reply(rest, reply(frames[:number])) == WHOLE
        assert all("state" in frame for _, frame in rest[-1:])


async def test_several_turns_come_over_one_connection(page: Page) -> None:
    page.up.reply(sse=openai_frames("Hm.", WORDS), hold=(3,))
    for name in ("a", "b", "c"):
        async with page.ask(lasts=name) as reader:
            await reader.frames(1)
    async with page.follow("a:1", "b:1", "nobody:7", "c:0") as reader:
        for _ in "abc":
            page.up.release()
        told: dict[str, list[tuple[int, Frame]]] = {}
        async for turn, number, frame in reader.lines():
            told.setdefault(turn, []).append((number, frame))
    assert [frame["error"]["slug"] for _, frame in told.pop("nobody")] == ["turn_gone"]
    assert {turn: reply(frames) for turn, frames in told.items()} == dict.fromkeys("abc", WHOLE)


async def test_two_readers_read_the_same(page: Page) -> None:
    page.up.reply(sse=openai_frames("Hm.", WORDS), hold=(3,))
    async with page.ask() as one:
        first = await one.frames(2)
        async with page.follow("turn-1:0") as other:
            page.up.release()
            both = await asyncio.gather(one.frames(), other.frames())
    assert reply(both[0], reply(first)) == reply(both[1]) == WHOLE


async def refused(reader: Reader) -> str:
    assert await reader.begun() == 404
    async for _ in reader.lines():
        pass
    return reader.body.decode()


@pytest.mark.parametrize("visitor", ["", "0" * 21, BROWSER[::-1], PAGE])
async def test_only_the_browser_that_asked_reads_or_stops_a_turn(page: Page, visitor: str) -> None:
    page.up.reply(sse=openai_frames("Hm.", WORDS), hold=(3,))
    async with page.ask() as reader:
        await reader.frames(1)
        async with page.follow("turn-1:0", visitor=visitor) as other:
            assert '"turn_gone"' in await refused(other)
        assert b"true" not in await page.stop(visitor=visitor)
        page.up.release()
        assert reply(await reader.frames())["text"] == WHOLE["text"]


async def test_another_replica_says_that_it_has_no_such_turn(
    page: Page, page_of: Callable[..., Page]
) -> None:
    page.up.reply(sse=openai_frames("Hm.", WORDS))
    async with page.ask() as reader:
        await reader.frames()
    async with page_of().follow("turn-1:2") as reader:
        said = await refused(reader)
    assert '"way_out":"continue"' in said
    assert "no longer on its way" in said


@pytest.mark.parametrize(
    "path", ["after=a", "after=a:-1", "after=a:b", "after=../x:1", "", "after=a:9999999999"]
)
async def test_a_place_that_is_none_is_a_400(page: Page, path: str) -> None:
    async with reading(
        page.app, "GET", f"/glm_ui/turns?{path}", headers={"x-glm-ui-visitor": BROWSER}
    ) as reader:
        assert await reader.begun() == 400


async def test_a_stop_from_anywhere_ends_the_upstream_and_every_reader(page: Page) -> None:
    before = counted(model="glm-4.6", ending="stopped")
    page.up.reply(sse=openai_frames("Hm.", WORDS), hold=(3,))
    async with page.ask() as one:
        await one.frames(2)
        async with page.follow("turn-1:0") as other:
            await other.frames(1)
            assert b"true" in await page.stop()
            rest = await asyncio.wait_for(asyncio.gather(one.frames(), other.frames()), 10)
    assert [frames[-1][1]["ending"]["kind"] for frames in rest] == ["stopped", "stopped"]
    await page.up.left(1)
    await page.ended()
    assert b"false" in await page.stop()
    assert counted(model="glm-4.6", ending="stopped") == before + 1


async def test_a_stop_while_nobody_reads_ends_the_upstream(page: Page) -> None:
    page.up.reply(sse=openai_frames("Hm.", WORDS), hold=(3,))
    async with page.ask() as reader:
        await reader.frames(2)
    await page.stop()
    await page.up.left(1)


async def test_a_stop_that_comes_before_its_turn_counts(page: Page) -> None:
    assert b"false" in await page.stop()
    page.up.reply(sse=openai_frames("Hm.", WORDS))
    async with page.ask() as reader:
        assert [frame["k"] for _, frame in await reader.frames()] == ["ended"]
    assert not page.up.requests
    async with page.ask() as reader:
        assert reply(await reader.frames()) == WHOLE


async def test_nobody_reading_for_long_ends_the_upstream(page_of: Callable[..., Page]) -> None:
    before = counted(model="glm-4.6", ending="stopped")
    page = page_of(glm_ui_unread_timeout=0.2)
    page.up.reply(sse=openai_frames("Hm.", WORDS), hold=(3,))
    async with page.ask() as reader:
        taken = await reader.frames(2)
    assert page.running() == 1
    await page.up.left(1)
    async with page.follow(f"turn-1:{len(taken)}") as reader:
        rest = await reader.frames()
    assert rest[-1][1]["ending"]["kind"] == "interrupted"
    assert counted(model="glm-4.6", ending="stopped") == before + 1


async def test_who_comes_back_in_time_keeps_the_turn_alive(page_of: Callable[..., Page]) -> None:
    page = page_of(glm_ui_unread_timeout=0.2)
    page.up.reply(sse=openai_frames("Hm.", WORDS), hold=(3,))
    async with page.ask() as reader:
        await reader.frames(2)
    async with page.follow("turn-1:2") as reader:
        await asyncio.sleep(0.3)  # longer than an unread turn has
        page.up.release()
        assert (await reader.frames())[-1][1]["ending"]["kind"] == "stop"


async def test_with_no_patience_a_turn_ends_with_its_reader(page_of: Callable[..., Page]) -> None:
    page = page_of(glm_ui_unread_timeout=0)
    page.up.reply(sse=openai_frames("Hm.", WORDS), hold=(3,))
    async with page.ask() as reader:
        await reader.frames(2)
    await page.up.left(1)
    await page.ended()


async def test_an_ended_turn_is_kept_for_some_minutes(page: Page) -> None:
    page.up.reply(sse=openai_frames("Hm.", WORDS))
    async with page.ask() as reader:
        await reader.frames()
    page.now = KEPT_FOR - 1
    async with page.follow("turn-1:0") as reader:
        assert reply(await reader.frames()) == WHOLE
    page.now = KEPT_FOR + 1
    async with page.follow("turn-1:0") as reader:
        assert "turn_gone" in await refused(reader)
    assert not page.live.lasting._sizes
    assert page.live.lasting._size == 0


async def test_a_question_that_is_sent_twice_is_asked_once(page: Page) -> None:
    page.up.reply(sse=openai_frames("Hm.", WORDS), hold=(3,))
    async with page.ask() as one, page.ask() as other:
        await one.frames(2)
        page.up.release()
        assert reply(await other.frames()) == WHOLE
    assert len(page.up.requests) == 1


async def test_the_turns_of_one_visitor_are_bounded_also_while_nobody_reads_them(
    page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lasting, "MOST_EACH", 3)
    page.up.reply(sse=openai_frames("Hm.", WORDS), hold=(1,))
    for name in "abc":
        async with page.ask(lasts=name) as reader:
            await reader.frames(1)
    async with page.ask(lasts="d") as reader:
        assert await reader.begun() == 429
    await page.stop("a")
    await asyncio.gather(
        page.live.lasting._running[next(iter(page.live.lasting._running))]._task, return_exceptions=True
    )
    await asyncio.sleep(0)
    async with page.ask(lasts="d") as reader:
        assert await reader.begun() == 200


async def test_the_quota_counts_a_turn_once_whoever_reads_it(page_of: Callable[..., Page]) -> None:
    page = page_of(glm_ui_turns_per_visitor=3)
    page.up.reply(sse=openai_frames("Hm.", WORDS), hold=(3,))
    async with page.ask() as reader:
        await reader.frames(2)
    for _ in range(3):
        async with page.follow("turn-1:2") as reader:
            pass
    page.up.release()
    async with page.follow("turn-1:0") as reader:
        (*_, last) = await reader.frames()
    assert last[1]["state"]["left"]["turns"] == 2


async def test_a_reader_who_does_not_read_holds_nothing(page: Page) -> None:
    """The turn ends while its reader has taken one frame; what it missed is one more."""
    page.up.reply(sse=openai_frames("Hm.", ["word "] * 5_000))
    async with page.ask() as reader:
        taken = await reader.frames(1)
        await page.ended()
        kept = page.live.lasting.find(*next(iter(page.live.lasting._ended)))
        assert kept is not None
        assert kept.frames.size < 60_000
        assert reply(await reader.frames(), reply(taken))["text"] == "word " * 5_000


async def test_memory_is_taken_from_the_visitor_who_has_most(
    page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lasting, "SIZE_EACH", 20_000)
    page.up.reply(sse=openai_frames("", "x" * 8_000))
    for name in "abcd":
        async with page.ask(lasts=name) as reader:
            await reader.frames()
    kept = page.live.lasting
    assert [turn.id for turn, _ in kept._ended.values()] == ["d"] or len(kept._ended) < 4
    assert kept._size == sum(turn.frames.size for turn, _ in kept._ended.values()) <= 20_000
    monkeypatch.setattr(lasting, "SIZE", 1_000)
    async with page.ask(lasts="e") as reader:
        assert reply(await reader.frames())["text"] == "x" * 8_000, "who reads it meanwhile gets all of it"


async def test_a_turn_that_waits_for_a_person_is_over_and_goes_on_under_its_name(page: Page) -> None:
    """A new turn under the same id takes the place of the one that has ended."""
    page.up.reply(Reply(sse=openai_frames("Hm.", "First.")), Reply(sse=openai_frames("Hm.", "Second.")))
    for text in ("First.", "Second."):
        async with page.ask() as reader:
            await reader.frames()
        async with page.follow("turn-1:0") as reader:
            assert reply(await reader.frames())["text"] == text


async def test_the_end_of_the_server_is_told_to_who_reads(page: Page) -> None:
    page.up.reply(sse=openai_frames("Hm.", WORDS), hold=(3,))
    async with page.ask() as reader:
        await reader.frames(2)
        assert await asyncio.to_thread(page.live.turnstile.close, 10)
        assert (await reader.frames())[-1][1]["error"]["slug"] == "restarting"
