"""The offline demo, read over httpx as any provider is."""

from __future__ import annotations

import asyncio
import base64
import io
import json
import math
import re
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image, ImageDraw

from glm_ui.catalogue import resolve
from glm_ui.demo import EXAMPLES, DemoTransport, image_stats
from glm_ui.demo.image_stats import Region, regions, stats_of
from glm_ui.demo.request_reader import read_ask
from glm_ui.demo.scripts import CHOICES, TEXTS, Script
from glm_ui.demo.transport import pieces
from glm_ui.errors import StreamCut
from glm_ui.languages import say, speaking
from glm_ui.media import worker
from glm_ui.protocol.decoder import FrameDecoder
from glm_ui.protocol.sse import SseDecoder
from glm_ui.reply import Reply
from glm_ui.settings import Settings
from glm_ui.ui.turn.run import Live

REFUSED = ("An error", "A retry")
URL = "https://demo.invalid/v1/chat/completions"


class Played:
    """What came: the decoded frames added up, and the raw end."""

    def __init__(self, response: httpx.Response) -> None:
        self.status = response.status_code
        self.headers = response.headers
        self.text = response.text
        self.frames = [json.loads(d) for d in re.findall(r"^data: (\{.*)$", self.text, re.M)]
        deltas = [frame["choices"][0]["delta"] for frame in self.frames]
        self.thinking = "".join(d.get("reasoning_content", "") for d in deltas)
        self.answer = "".join(d.get("content", "") for d in deltas)
        self.calls = [call for d in deltas for call in d.get("tool_calls", [])]
        self.finish = self.frames[-1]["choices"][0].get("finish_reason") if self.frames else None
        self.usage = self.frames[-1].get("usage") if self.frames else None


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(transport=DemoTransport(math.inf)) as client:
        yield client


def body(*turns: Any, **options: Any) -> dict[str, Any]:
    roles = ["user", "assistant"]
    messages = [{"role": roles[i % 2], "content": content} for i, content in enumerate(turns)]
    return {"model": "glm-4.6", "stream": True, "messages": messages, **options}


async def play(client: httpx.AsyncClient, *turns: Any, **options: Any) -> Played:
    return Played(await client.post(URL, json=body(*turns, **options)))


def png(picture: Image.Image, kind: str = "PNG") -> bytes:
    out = io.BytesIO()
    picture.save(out, kind)
    return out.getvalue()


def with_picture(data: bytes, prompt: str, *more: str) -> list[dict[str, Any]]:
    url = "data:image/png;base64," + base64.b64encode(data).decode()
    texts = [{"type": "text", "text": text} for text in (*more, prompt)]
    return [{"type": "image_url", "image_url": {"url": url}}, *texts]


@pytest.fixture(scope="module")
def scene() -> bytes:
    """A blue square and a smaller red one on white."""
    picture = Image.new("RGB", (400, 200), "white")
    draw = ImageDraw.Draw(picture)
    draw.rectangle((40, 40, 119, 119), fill="#1144dd")
    draw.rectangle((300, 100, 339, 139), fill="#dd1111")
    return png(picture)


# The shape on the wire


async def test_frames_have_the_shape_of_zai(client: httpx.AsyncClient) -> None:
    played = await play(client, "hello")
    assert played.headers["content-type"].startswith("text/event-stream")
    assert played.text.endswith("data: [DONE]\n\n")
    first, last = played.frames[0], played.frames[-1]
    assert first["object"] == "chat.completion.chunk"
    assert set(first["choices"][0]) == {"index", "delta"}
    assert all(frame["choices"][0]["delta"]["role"] == "assistant" for frame in played.frames)
    assert all(frame["model"] == "glm-4.6" for frame in played.frames)
    assert last["choices"][0]["finish_reason"] == "stop"
    details = last["usage"]["completion_tokens_details"]
    assert 0 < details["reasoning_tokens"] < last["usage"]["completion_tokens"]


async def test_thinking_comes_before_the_answer(client: httpx.AsyncClient) -> None:
    kinds = ["reasoning_content" in f["choices"][0]["delta"] for f in (await play(client, "hello")).frames]
    assert kinds == sorted(kinds, reverse=True)


@pytest.mark.parametrize("off", [{"thinking": {"type": "disabled"}}, {"reasoning_effort": "none"}])
async def test_thinking_that_is_switched_off_does_not_come(
    client: httpx.AsyncClient, off: dict[str, Any]
) -> None:
    played = await play(client, "hello", **off)
    assert played.thinking == ""
    assert played.usage["completion_tokens_details"]["reasoning_tokens"] == 0
    assert played.answer


async def test_without_stream_it_answers_whole(client: httpx.AsyncClient) -> None:
    streamed = await play(client, "hello")
    whole = (await client.post(URL, json=body("hello", stream=False))).json()
    message = whole["choices"][0]["message"]
    assert (message["reasoning_content"], message["content"]) == (streamed.thinking, streamed.answer)


async def test_max_tokens_ends_it_for_length_and_counts(client: httpx.AsyncClient) -> None:
    played = await play(client, "hello", max_tokens=10)
    assert (played.finish, played.usage["completion_tokens"]) == ("length", 10)


async def test_a_stop_word_ends_the_answer(client: httpx.AsyncClient) -> None:
    full = await play(client, "hello")
    played = await play(client, "hello", stop=["real"])
    assert played.finish == "stop"
    assert played.answer == full.answer.partition("real")[0]


async def test_json_output_is_json(client: httpx.AsyncClient) -> None:
    played = await play(client, "hello", response_format={"type": "json_object"})
    assert json.loads(played.answer)["offline_demo"] is True


@pytest.mark.parametrize(
    "content", [b"", b"[]", b"{}", b'{"messages":[]}', b'{"messages":[{"role":"user","content":7}]}']
)
async def test_a_request_that_is_none_is_refused_and_nothing_breaks(
    client: httpx.AsyncClient, content: bytes
) -> None:
    response = await client.post(URL, content=content)
    assert response.status_code == 400
    assert response.json()["error"]["code"] == "1214"


async def test_other_routes_are_refused(client: httpx.AsyncClient) -> None:
    assert (await client.post("https://demo.invalid/v1/messages", json={})).status_code == 404
    assert (await client.get("https://demo.invalid/v1/models")).json()["object"] == "list"


@pytest.mark.parametrize("prompt", ["hello", *(prompt for title, prompt in EXAMPLES if title not in REFUSED)])
async def test_the_real_decoder_reads_it_like_any_other(client: httpx.AsyncClient, prompt: str) -> None:
    response = await client.post(URL, json=body(prompt))
    played = Played(response)
    route = resolve("glm-4.6", "demo").route
    assert route
    frames, decoder, reply = SseDecoder(), FrameDecoder(route), Reply()
    ended = True
    for name, data in [*frames.feed(response.content), *frames.close()]:
        for event in decoder.feed(data, name):
            reply.add(event)
    try:
        for event in decoder.close():
            reply.add(event)
    except StreamCut:
        ended = False
    assert (reply.thinking, reply.answer) == (played.thinking, played.answer)
    assert ended == (played.finish is not None)
    if ended:
        assert reply.usage.output_tokens == played.usage["completion_tokens"]
        assert reply.done
        assert reply.done.raw_reason == played.finish


# Time


async def test_it_plays_at_the_speed_it_is_told() -> None:
    async with httpx.AsyncClient(transport=DemoTransport(speed=20)) as client:
        start = time.monotonic()
        played = await play(client, "hello")
        took = time.monotonic() - start
    due = 0.4 / 20 + played.usage["completion_tokens"] / (75 * 20)
    assert due * 0.95 < took < due + 10


async def test_closing_the_response_stops_the_playing() -> None:
    transport = DemoTransport(speed=1)
    async with httpx.AsyncClient(transport=transport) as client:
        async with client.stream("POST", URL, json=body("hello")) as response:
            async for _ in response.aiter_bytes():
                assert transport.playing == 1
                break
        assert transport.playing == 0


async def test_cancelling_while_it_waits_stops_the_playing() -> None:
    transport = DemoTransport(speed=0.001)
    async with httpx.AsyncClient(transport=transport) as client:
        task = asyncio.create_task(client.post(URL, json=body("hello")))
        while not transport.playing:  # noqa: ASYNC110 - the product has no event for it
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert transport.playing == 0


# What plays


@pytest.mark.parametrize(
    ("title", "sign"),
    [
        ("Think a puzzle through", "| you draw |"),
        ("Write code with tests", "```python"),
        ("A table and formulas", "$$A_"),
        ("用中文回答", "瑞利散射"),
        ("A long answer", "## 9. What it costs"),
    ],
)
async def test_an_example_plays_its_own_text(client: httpx.AsyncClient, title: str, sign: str) -> None:
    played = await play(client, dict(EXAMPLES)[title])
    assert sign in played.answer
    assert len(played.thinking) > 100
    assert played.finish == "stop"


async def test_every_answer_opens_by_saying_that_there_is_no_model(client: httpx.AsyncClient) -> None:
    for prompt in ["hello", "你好", *dict(EXAMPLES).values()]:
        played = await play(client, prompt)
        if played.status == 200:
            chinese = "*演示模式，回复为预设内容。*" if re.search(r"[\u4e00-\u9fff]", prompt) else ""
            assert played.answer.startswith(chinese or "*Demo with canned replies.*"), prompt


async def test_the_long_answer_is_about_2000_tokens(client: httpx.AsyncClient) -> None:
    assert 1800 <= (await play(client, dict(EXAMPLES)["A long answer"])).usage["completion_tokens"] <= 2300


async def test_the_code_in_the_answer_passes_its_own_tests(client: httpx.AsyncClient) -> None:
    code = re.search(r"```python\n(.*?)```", (await play(client, "some python code")).answer, re.S)
    assert code
    space: dict[str, Any] = {}
    exec(code[1], space)  # noqa: S102
    tests = [value for name, value in space.items() if name.startswith("test_")]
    assert len(tests) == 4
    for test in tests:
        test()


async def test_the_table_is_computed_right(client: httpx.AsyncClient) -> None:
    answer = (await play(client, "a table of interest")).answer
    rows = re.findall(r"^\| (\d+) \| ([\d,.]+) \| ([\d,.]+) \| ([\d,.]+) \|$", answer, re.M)
    assert len(rows) == 4
    for years, *amounts in rows:
        simple, compound, difference = (float(amount.replace(",", "")) for amount in amounts)
        assert simple == 1000 * (1 + 0.05 * int(years))
        assert compound == round(1000 * 1.05 ** int(years), 2)
        assert difference == pytest.approx(compound - simple, abs=0.005)


async def test_the_error_is_a_lack_of_balance_sent_as_429(client: httpx.AsyncClient) -> None:
    response = await client.post(URL, json=body(dict(EXAMPLES)["An error"]))
    assert (response.status_code, response.json()["error"]["code"]) == (429, "1113")


async def test_the_rate_limit_says_when_to_try_again(client: httpx.AsyncClient) -> None:
    response = await client.post(URL, json=body(dict(EXAMPLES)["A retry"]))
    assert (response.status_code, response.json()["error"]["code"]) == (429, "1302")
    assert response.headers["retry-after"] == "2"


async def test_a_cut_stream_ends_without_a_finish(client: httpx.AsyncClient) -> None:
    played = await play(client, dict(EXAMPLES)["A cut stream"])
    assert played.finish is None
    assert "[DONE]" not in played.text
    assert played.answer.endswith(" wo")


async def test_a_network_error_is_told_by_the_last_frame(client: httpx.AsyncClient) -> None:
    assert (await play(client, "show a network error")).finish == "network_error"


async def test_a_tool_call_comes_whole(client: httpx.AsyncClient) -> None:
    played = await play(client, dict(EXAMPLES)["A tool call"])
    assert played.finish == "tool_calls"
    assert played.calls[0]["function"]["name"] == "get_weather"
    assert json.loads(played.calls[0]["function"]["arguments"])["city"] == "Hangzhou"


@pytest.mark.parametrize(
    "prompt", ["Fix this error in my essay, please", "What is GLM?", "Find the dog", "continue", ""]
)
async def test_ordinary_questions_get_an_answer(client: httpx.AsyncClient, prompt: str) -> None:
    played = await play(client, prompt)
    assert (played.status, played.finish) == (200, "stop")


async def test_a_second_question_gets_another_reply_that_knows_its_turn(client: httpx.AsyncClient) -> None:
    first = await play(client, "hello")
    second = await play(client, "hello", first.answer, "and now?")
    third = await play(client, "hello", first.answer, "and now?", second.answer, "more")
    assert len({first.answer, second.answer, third.answer}) == 3
    assert "turn 2" in second.answer
    assert "Turn 3" in third.answer


async def test_the_same_text_twice_is_owned_up_to(client: httpx.AsyncClient) -> None:
    first = await play(client, "python code")
    assert "has played before" not in first.answer
    assert "has played before" in (await play(client, "python code", first.answer, "more python code")).answer


@pytest.mark.parametrize("choice", [c for _, c in CHOICES if isinstance(c, str)])
def test_every_text_is_cut_into_pieces_that_join_again(choice: str) -> None:
    from glm_ui.demo.scripts import _file

    for text in (*_file(choice, "en"), *_file(choice, "zh")):
        assert text
        assert "".join(pieces(text)) == text


def test_every_choice_that_is_no_text_refuses() -> None:
    assert all(choice.refusal for _, choice in CHOICES if isinstance(choice, Script))


# Going on


@pytest.mark.parametrize("title", ["A cut stream", "用中文回答", "A table and formulas"])
@pytest.mark.parametrize("share", [0.1, 0.5, 0.97])
async def test_going_on_joins_at_the_seam(client: httpx.AsyncClient, title: str, share: float) -> None:
    prompt = dict(EXAMPLES)[title]
    played = await play(client, prompt)
    half = played.answer if title == "A cut stream" else played.answer[: int(len(played.answer) * share)]
    rest = await play(client, prompt, half)
    asked = await play(client, prompt, half, "Continue exactly where you stopped.")
    assert rest.thinking == ""
    assert rest.finish == "stop"
    assert asked.answer == rest.answer
    whole = half + rest.answer
    assert whole.startswith(played.answer)
    if title == "A cut stream":
        assert "in the middle of a word. Nothing" in whole
    else:
        assert whole == played.answer


async def test_a_foreign_text_is_not_gone_on_with(client: httpx.AsyncClient) -> None:
    assert "did not play" in (await play(client, "hello", "Something else entirely")).answer


# Pictures and documents


async def test_a_picture_is_told_by_what_can_be_measured(client: httpx.AsyncClient, scene: bytes) -> None:
    answer = (await play(client, with_picture(scene, "What is this?"))).answer
    assert "PNG, 400 × 200 pixels" in answer
    assert f"about {14 * 7} visual tokens" in answer
    assert re.search(r"white `#ffffff` \d\d%", answer)
    assert "blue `#1144dd` 8%" in answer
    assert "begin_of_box" not in answer


async def test_boxes_are_those_of_what_stands_out(client: httpx.AsyncClient, scene: bytes) -> None:
    answer = (await play(client, with_picture(scene, "Find the squares"))).answer
    boxes = re.search(r"<\|begin_of_box\|>(.*)<\|end_of_box\|>", answer)
    assert boxes
    assert json.loads(boxes[1]) == [
        [
            pytest.approx(100, abs=8),
            pytest.approx(200, abs=14),
            pytest.approx(300, abs=8),
            pytest.approx(600, abs=14),
        ],
        [
            pytest.approx(750, abs=8),
            pytest.approx(500, abs=14),
            pytest.approx(850, abs=8),
            pytest.approx(700, abs=14),
        ],
    ]


@pytest.mark.parametrize("prompt", ["Where is the red square?", "红色的方块在哪里？"])
async def test_a_colour_that_is_named_is_the_one_boxed(
    client: httpx.AsyncClient, scene: bytes, prompt: str
) -> None:
    answer = (await play(client, with_picture(scene, prompt))).answer
    boxes = re.search(r"<\|begin_of_box\|>(.*)<\|end_of_box\|>", answer)
    assert boxes
    assert [round(x, -2) for x in json.loads(boxes[1])[0][::2]] == [800, 800]


async def test_a_picture_of_an_earlier_turn_can_be_asked_about(
    client: httpx.AsyncClient, scene: bytes
) -> None:
    answer = (await play(client, with_picture(scene, "What is this?"), "ok", "Find the blue square")).answer
    assert "begin_of_box" in answer


async def test_going_on_works_though_the_markers_were_taken_out(
    client: httpx.AsyncClient, scene: bytes
) -> None:
    ask = with_picture(scene, "Find the blue square")
    shown = re.sub(r"<\|\w+\|>", "", (await play(client, ask)).answer)
    assert shown[:200] + (await play(client, ask, shown[:200])).answer == shown


async def test_the_frames_of_a_video_are_told_with_its_length(
    client: httpx.AsyncClient, scene: bytes
) -> None:
    picture = with_picture(scene, "")[0]
    label = {"type": "text", "text": "Frames of the video “cat.mp4”, 0:12 long:"}
    answer = (await play(client, [label, *[picture] * 6, {"type": "text", "text": "What happens?"}])).answer
    assert "**Picture 4**" in answer
    assert "2 more pictures" in answer
    assert "*Frames of the video “cat.mp4”, 0:12 long*" in answer


async def test_the_result_of_a_tool_is_answered(client: httpx.AsyncClient) -> None:
    messages = [
        {"role": "user", "content": "the weather?"},
        {"role": "assistant", "content": "", "tool_calls": []},
        {"role": "tool", "tool_call_id": "c", "content": "21 degrees"},
    ]
    played = Played(await client.post(URL, json={"model": "m", "stream": True, "messages": messages}))
    assert "21 degrees" in played.answer
    assert played.finish == "stop"


async def test_what_is_no_picture_is_said_to_be_none(client: httpx.AsyncClient) -> None:
    assert "no picture that can be opened" in (await play(client, with_picture(b"nope", "Find it"))).answer
    url = [{"type": "image_url", "image_url": {"url": "https://a.b/c.png"}}, {"type": "text", "text": "?"}]
    assert "fetches nothing" in (await play(client, url)).answer


FILE = "File “a|b.pdf”, 12 pages of 40:\n\nwords here\n\nand there"


@pytest.mark.parametrize(
    "content",
    [
        [{"type": "text", "text": FILE}, {"type": "text", "text": "Summarise it"}],
        f"{FILE}\n\nSummarise it",
        f"File “z.txt”:\n\nz\n\n{FILE}\n\nSummarise it",
    ],
)
async def test_a_document_is_counted(client: httpx.AsyncClient, content: Any) -> None:
    answer = (await play(client, content)).answer
    counts = f"| {len(FILE.splitlines())} | {len(FILE.split())} | {len(FILE)} |"
    assert f"| File “a\\|b.pdf”, 12 pages of 40: {counts}" in answer
    assert "*File “a|b.pdf”, 12 pages of 40*" in answer


def test_a_picture_is_measured_as_it_is_shown(scene: bytes) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    out = io.BytesIO()
    Image.open(io.BytesIO(scene)).save(out, "JPEG", exif=exif, quality=95)
    seen = stats_of(out.getvalue())
    assert seen
    assert (seen.width, seen.height) == (200, 400)


def test_nothing_stands_out_of_an_even_picture() -> None:
    assert regions(png(Image.new("RGB", (50, 50), "green"))) == ()
    assert regions(png(Image.new("RGB", (50, 50), "green")), "green") == (Region(0, 0, 1000, 1000),)
    assert regions(png(Image.new("RGB", (50, 50), "green")), "red") == ()


@pytest.mark.parametrize(
    "picture",
    [Image.new("1", (1, 1)), Image.new("LA", (3, 500)), Image.new("P", (9, 9)), Image.new("CMYK", (9, 9))],
)
def test_odd_pictures_are_measured(picture: Image.Image) -> None:
    seen = stats_of(png(picture, "TIFF" if picture.mode == "CMYK" else "PNG"))
    assert seen
    assert (seen.width, seen.height) == picture.size


def test_a_huge_picture_is_not_decoded() -> None:
    assert stats_of(png(Image.new("1", (9000, 9000)))) is None


def test_an_ask_knows_its_turn_and_its_media() -> None:
    ask = read_ask(
        body("one", "reply", [{"type": "text", "text": "two"}, {"type": "video_url", "video_url": {}}])
    )
    assert (ask.turn, ask.prompt, ask.other_media, ask.earlier) == (2, "two", ("video",), ("one",))


async def test_an_app_decodes_the_demos_pictures_in_another_process(
    client: httpx.AsyncClient, scene: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(image_stats, "_decoder", image_stats._decoder)
    Live(Settings())
    monkeypatch.setattr(Image, "open", None)  # whoever opens a picture in this process fails
    answer = (await play(client, with_picture(scene, "Find the blue squares"))).answer
    assert "PNG, 400 × 200 pixels" in answer
    assert "begin_of_box" in answer
    worker.close()


async def test_a_bomb_costs_the_demo_little_memory() -> None:
    """6,900 by 6,900 pixels in less than a megabyte, looked at in an own process."""
    data = io.BytesIO()
    Image.new("RGB", (6900, 6900), "blue").save(data, "PNG", compress_level=1)
    worker.close()  # or a process that another test left takes it
    found = await worker.run(image_stats.measure, data.getvalue())
    assert found is not None
    assert found[:3] == ("PNG", 6900, 6900)
    (process,) = worker.processes()
    assert peak_megabytes(process) < 450
    worker.close()


def peak_megabytes(process: int) -> int:
    """0 where the system does not tell."""
    status = Path(f"/proc/{process}/status")
    rows = status.read_text().splitlines() if status.exists() else []
    return next((int(row.split()[1]) >> 10 for row in rows if row.startswith("VmHWM")), 0)


async def test_the_demo_answers_in_the_language_of_the_question(client: httpx.AsyncClient) -> None:
    """Every example of a Chinese page is played in Chinese; a question without letters takes the page's language."""
    with speaking("zh"):
        for _, prompt in EXAMPLES[:4]:
            played = await play(client, say(prompt))
            assert re.search(r"[\u4e00-\u9fff]", played.thinking), prompt
            assert played.answer.startswith("*演示模式，回复为预设内容。*"), prompt
        assert "离线演示" in (await play(client, "???")).answer
        assert "offline demo" in (await play(client, "hello")).answer
    assert "offline demo" in (await play(client, "???")).answer
    assert "模拟错误" in json.loads((await play(client, "演示限流")).text)["error"]["message"]


@pytest.mark.parametrize("name", [path.name for path in sorted(TEXTS.glob("*.md")) if path.stem != "chinese"])
def test_a_chinese_text_stands_beside_each_english_one(name: str) -> None:
    """With the same placeholders and the same seam."""
    english, chinese = (folder / name for folder in (TEXTS, TEXTS / "zh"))
    marks = re.compile(r"✂|\{turn\}|\{result\}|=====")
    assert marks.findall(english.read_text("utf-8")) == marks.findall(chinese.read_text("utf-8"))
