"""A turn with tools in the offline demo, and the tools of `/chat`: the app's own tools, run in this process."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from gradio_client import Client

from glm_ui.backend import stream_chat
from glm_ui.backend.rounds import Tools, stream_rounds
from glm_ui.messages import ChatRequest, Message
from glm_ui.net.clients import TRANSPORTS
from glm_ui.reply import Reply
from glm_ui.settings import Settings
from glm_ui.tools.calculator import CALCULATOR
from glm_ui.tools.clock import CLOCK
from glm_ui.tools.demo_search import DEMO_SEARCH
from glm_ui.tools.toolbox import Toolbox
from tests.serving import Served
from tests.tool_frames import openai_calls, results_in
from tests.upstream import Reply as Played
from tests.upstream import openai_frames


@pytest.mark.usefixtures("pool")
@pytest.mark.parametrize(
    ("question", "result", "said"),
    [
        ("What is (3 + 4) * 2^10 / 7?", "1024", "1024"),
        ("What is 17.5 % of 4,312?", "754.6", "754.6"),
        ("What time is it?", "time zone UTC", "time zone UTC"),
        ("Who made GLM-4.6?", "GLM", "[1]"),
        ("Where is tool calling described?", "Function calling", "[1]"),
    ],
)
async def test_the_demo_plays_a_turn_whose_tools_are_real(
    question: str, result: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("glm_ui.demo.transport.RATE", 1e6)
    assert "demo" in TRANSPORTS
    box = Toolbox([CALCULATOR, CLOCK, DEMO_SEARCH])
    request = ChatRequest("glm-4.6", (Message.user(question),), provider="demo", tools=box.definitions())
    settings = Settings(_env_file=None)  # type: ignore[call-arg]
    reply = Reply()
    async for event in stream_rounds(request, ask=partial(stream_chat, settings=settings), tools=Tools(box)):
        reply.add(event)
    (past,) = reply.rounds
    assert result in past.calls[0]["result"]
    assert said in reply.answer
    assert bool(reply.runs.sources) == (said == "[1]")


def test_a_program_names_tools_and_they_run(client: Client, served: Served) -> None:
    sum_ = ("c1", "calculator", {"expression": "0.1 + 0.2"})
    served.up.reply(
        Played(sse=openai_calls([sum_], "I calculate.", "One moment.")),
        Played(sse=openai_frames("Now I know.", "It is 0.3.")),
    )
    answer: Any = client.predict("What is 0.1 + 0.2?", tools=["calculator"], api_name="/chat")
    assert tuple(answer) == ("I calculate.\n\nNow I know.", "One moment.\n\nIt is 0.3.")
    assert "\n0.3\n" in results_in(served.up.requests[-1].json)["c1"]
    with pytest.raises(Exception, match="no tool “spam”"):
        client.predict("Hi", tools=["spam"], api_name="/chat")
