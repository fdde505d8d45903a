"""How long a turn may take: its own deadline, the wait after the end of a reply, and the pauses between attempts."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any

import pytest

from glm_ui import errors
from glm_ui.backend import prepare, stream
from glm_ui.errors import ProviderDown
from glm_ui.events import AnswerDelta, Done, Retrying, StreamEvent, Usage
from glm_ui.net.request import Timeouts
from tests.test_backend import ASK, GOOD, Make, collect, text
from tests.upstream import Reply, Upstream, openai_frames

pytestmark = pytest.mark.usefixtures("pool")
HEARTBEATS: list[Any] = [b": ping\n\n"] * 2000


# ---- the whole turn


@pytest.mark.parametrize("before", [[], openai_frames("", "So far", finish=None)], ids=["no text", "text"])
async def test_heartbeats_for_ever_end_at_the_deadline_of_the_turn(
    up: Upstream, settings_for: Make, before: list[Any]
) -> None:
    up.reply(sse=[*before, *HEARTBEATS], delay=0.02)
    events: list[StreamEvent] = []
    with pytest.raises(errors.TimedOut, match=r"after 0\.4 s") as caught:
        await collect(ASK, settings_for(up, glm_ui_turn_timeout=0.4), events)
    assert caught.value.details["phase"] == "turn"
    assert text(events, AnswerDelta) == ("So far" if before else "")
    assert caught.value.way_out == ("continue" if before else "retry")
    await up.left(1)


async def test_a_flood_without_end_ends_at_the_deadline_too(up: Upstream, settings_for: Make) -> None:
    up.reply(sse=[b": ping\n\n" * 500] * 200_000, done=False)
    with pytest.raises(errors.TimedOut) as caught:
        await collect(ASK, settings_for(up, glm_ui_turn_timeout=0.3))
    assert caught.value.details["phase"] == "turn"


async def test_waiting_for_the_first_byte_is_part_of_the_turn(up: Upstream, settings_for: Make) -> None:
    up.reply(stall_before="headers")
    with pytest.raises(errors.TimedOut) as caught:
        await collect(ASK, settings_for(up, glm_ui_turn_timeout=0.2))
    assert caught.value.details["phase"] == "turn"


async def test_no_attempt_begins_that_the_deadline_would_not_let_start(
    up: Upstream, settings_for: Make
) -> None:
    up.reply(status=503, headers={"Retry-After": "30"}, body="busy")
    with pytest.raises(ProviderDown):
        await collect(ASK, settings_for(up, glm_ui_turn_timeout=20))
    assert len(up.requests) == 1


async def test_the_timeouts_of_the_settings_are_those_of_the_turn(
    up: Upstream, settings_for: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    up.reply(stall_before="headers")
    with pytest.raises(errors.TimedOut) as caught:
        await collect(ASK, settings_for(up, glm_ui_first_byte_timeout=0.15, glm_ui_turn_timeout=10))
    assert (caught.value.details["phase"], caught.value.details["seconds"]) == ("first_byte", 0.15)

    async def never(*_: object, **__: object) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", never)
    slow = settings_for(
        up, glm_ui_zai_base_url="http://slow.invalid/v4", glm_ui_connect_timeout=0.15, glm_ui_turn_timeout=10
    )
    with pytest.raises(errors.TimedOut) as caught:
        await collect(ASK, slow)
    assert (caught.value.details["phase"], caught.value.details["seconds"]) == ("connect", 0.15)


# ---- after the finish reason


@pytest.fixture
def brief(monkeypatch: pytest.MonkeyPatch) -> None:
    """What may follow the end of a reply has 0.3 s."""
    monkeypatch.setattr(prepare, "Timeouts", partial(Timeouts, finish=0.3))


LATE_USAGE = b'data: {"choices": [], "usage": {"prompt_tokens": 9, "completion_tokens": 12}}\n\n'


@pytest.mark.usefixtures("brief")
@pytest.mark.parametrize("then", [[], HEARTBEATS], ids=["silence", "heartbeats"])
async def test_a_turn_ends_a_moment_after_its_finish_reason_on_an_open_socket(
    up: Upstream, settings_for: Make, then: list[Any]
) -> None:
    up.reply(sse=[*openai_frames("", "42"), LATE_USAGE, *then], done=False, delay=0.02, then="stall")
    settings = settings_for(up, glm_ui_silence_timeout=3600, glm_ui_turn_timeout=86_400)
    async with asyncio.timeout(30):
        events = await collect(ASK, settings)
    assert isinstance(events[-1], Done)
    assert any(isinstance(e, Usage) and e.output_tokens == 12 for e in events)
    await up.left(1)


async def test_no_finish_reason_that_is_unknown_ends_a_turn_early(
    up: Upstream, settings_for: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Some servers write "null" into every frame."""
    monkeypatch.setattr(prepare, "Timeouts", partial(Timeouts, finish=0.01))
    frames = openai_frames("", ["4", "2"])
    for frame in frames[:-1]:
        frame["choices"][0]["finish_reason"] = "null"
    up.reply(sse=frames, delay=0.2)
    assert text(await collect(ASK, settings_for(up)), AnswerDelta) == "42"


# ---- pauses between attempts


@pytest.mark.parametrize("named", ["0", "", "0.0001", "Wed, 21 Oct 2015 07:28:00 GMT"])
async def test_no_wait_that_is_named_makes_attempts_follow_at_once(
    up: Upstream, settings_for: Make, named: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    monkeypatch.setattr(stream.asyncio, "sleep", sleep)
    up.reply(status=503, headers={"Retry-After": named}, body="busy")
    with pytest.raises(ProviderDown):
        await collect(ASK, settings_for(up))
    assert len(slept) == 2
    assert all(seconds >= stream.SHORTEST_PAUSE for seconds in slept)


def test_pauses_grow_and_differ_from_crowd_to_crowd() -> None:
    failed = ProviderDown.of("Z.ai", retryable=True)
    drawn = [[stream._pause(failed, attempt, 5) or 0.0 for attempt in range(1, 6)] for _ in range(20)]
    for pauses in drawn:
        assert pauses[0] >= 0.3
        assert pauses == sorted(pauses)
        assert pauses[-1] >= 10
    assert len({pauses[0] for pauses in drawn}) > 1


async def test_a_retry_waits_for_the_pause_that_it_tells(
    up: Upstream, settings_for: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    monkeypatch.setattr(stream.asyncio, "sleep", sleep)
    up.reply(Reply(status=503, body="busy"), GOOD)
    events = await collect(ASK, settings_for(up))
    assert [e.delay for e in events if isinstance(e, Retrying)] == slept
