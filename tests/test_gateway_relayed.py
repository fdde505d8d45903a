"""Where client and provider speak one protocol, what the provider streams goes on byte for byte: its deltas, and the
members in them that nobody here reads. Only what must be otherwise is: ids, the model's name, roles that are repeated,
usage, signatures, keys."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import httpx2
import pytest

from glm_ui.catalogue.rows import DialectName
from glm_ui.events import Frame
from glm_ui.gateway.asked import Reply, Writer
from glm_ui.gateway.chat.relay import ChatRelay
from glm_ui.gateway.envelope import span_of
from glm_ui.gateway.messages.relay import MessageRelay
from glm_ui.gateway.server import Gateway
from glm_ui.net.redact import EventScrubber, MemberScrubber
from glm_ui.protocol.decoder import FrameDecoder
from glm_ui.protocol.sse import SseDecoder
from glm_ui.settings import Settings
from tests.frames import RECORDINGS, ROUTE, STOP, block, chunk, cites, delta, finish, sse, start, stop
from tests.test_gateway_passed_on import CHAT, MESSAGES, SECRET, asked, events
from tests.test_gateway_sending import never
from tests.test_gateway_wire import asked as ask
from tests.test_gateway_wire import service_of
from tests.upstream import Upstream, anthropic_frames, openai_frames

__all__ = ["asked"]
pytestmark = pytest.mark.usefixtures("pool")
RECORDED: dict[str, DialectName] = {
    "zai.thinking_stream.response.sse": "openai",
    "zai.glm45_reasoning_leading_newline.sse": "openai",
    "zai.glm46_no_reasoning.sse": "openai",
    "real_servers/llama_cpp.openai.sse": "openai",
    "anthropic.model_thinking_part_stream.response.sse": "anthropic",
    "real_servers/llama_cpp.anthropic.sse": "anthropic",
}
DELTA = re.compile(rb'"delta":\s*(\{.*?\})\s*(?=[,}\]])')
"""No string of the recordings has a brace before a comma or a brace."""
ROLE = re.compile(rb'"role":\s*"assistant",?\s*')
WORDS = re.compile(rb'"(?:content|reasoning_content|text|thinking|partial_json|arguments)":\s*"[^"]')


def deltas(stream: bytes) -> list[bytes]:
    """The deltas that have words, as they are spelled, without roles: read without any of our code."""
    found = (ROLE.sub(b"", one) for line in stream.splitlines() for one in DELTA.findall(line))
    return [delta.replace(b",}", b"}") for delta in found if WORDS.search(delta)]


def relayed(stream: bytes, dialect: DialectName, size: int = 0, secret: str = SECRET) -> bytes:
    """What a relay makes of the stream, cut into pieces of `size` bytes."""
    pieces = [stream[n : n + size] for n in range(0, len(stream), size)] if size else [stream]
    return joined(pieces, dialect, secret)


def joined(pieces: list[bytes], dialect: DialectName, secret: str = SECRET) -> bytes:
    reply = Reply("req_1", "mine", 1, relayed=True)
    writer: Writer = ChatRelay(reply) if dialect == "openai" else MessageRelay(reply)
    lines, decoder, hide = SseDecoder(), FrameDecoder(ROUTE, frames=True), EventScrubber(secret)
    out = b""
    for piece in pieces:
        for name, data in lines.feed(piece):
            for event in decoder.feed(data, name):
                for shown in hide.feed(event):
                    out += writer.relay(shown) if isinstance(shown, Frame) else writer.add(shown)
    return out


@pytest.mark.parametrize(("name", "dialect"), RECORDED.items())
def test_deltas_keep_their_bytes_at_every_cut(name: str, dialect: DialectName) -> None:
    stream = (RECORDINGS / name).read_bytes()
    out = relayed(stream, dialect)
    wanted = deltas(stream)
    assert len(wanted) > 1
    assert deltas(out) == wanted
    assert relayed(stream, dialect, 1) == out
    short = stream[:1500]
    whole = joined([short], dialect)
    assert all(joined([short[:cut], short[cut:]], dialect) == whole for cut in range(len(short)))


def choices_of(body: bytes) -> list[bytes]:
    """The choices of each chunk, as they are spelled."""
    datas = [line[6:] for line in body.split(b"\n") if line.startswith(b"data: {")]
    return [data[slice(*found)] for data in datas if (found := span_of(data, b'"choices"'))]


def odd_chunks() -> list[bytes]:
    """Chunks as no hand here would spell them, with members that no event knows."""
    tails = (
        r'{"index":0,"delta":{"content":"A\u00e9 \/ \ud83d\ude42","x_vendor":{"f":1.50e2,"n":123456789012345678901}},'
        r'"finish_reason":null,"token_ids":[1,2]}',
        r'{ "delta" : {"reasoning_content":null, "content" : " b", "x":null}, "index" : 0, "finish_reason" : null }',
        '{"index":0,"delta":{"content":"c"},"finish_reason":null,"logprobs":{"content":[{"token":"c","logprob":-0.50,'
        '"bytes":[99],"top_logprobs":[]}],"refusal":null}}',
        '{"index":0,"delta":{"tool_calls":[{"index":0,"id":"c_1","type":"function","function":{"name":"f",'
        '"arguments":"{ }"},"extra_content":{"google":{"thought_signature":"s=="}}}]},"finish_reason":null}',
    )
    heads = (
        '{"id":"a","object":"chat.completion.chunk","created":7,"model":"real","system_fingerprint":"fp","choices":[',
        '{"choices":[',
        '{"id":"a","choices":[',
        '{"created":7,"id":"a","choices":[',
    )
    ends = (
        "]}",
        '],"created":8,"id":"x","model":"real","object":"chat.completion.chunk"}',
        '],"usage":null}',
        "]}",
    )
    last = {
        "choices": [{"index": 0, "delta": {}, "finish_reason": "tool_calls", "stop_reason": 154829}],
        "usage": {"prompt_tokens": 9, "completion_tokens": 4, "prompt_tokens_details": {"audio_tokens": 3}},
        "timings": {"predicted_ms": 1.5},
    }
    frames = [
        f"data: {head}{tail}{end}\n\n".encode() for head, tail, end in zip(heads, tails, ends, strict=True)
    ]
    return [*frames, b"data: " + json.dumps(last).encode() + b"\n\n"]


async def test_chunks_go_on_with_all_that_is_in_them(up: Upstream, asked: Any) -> None:
    chunks = odd_chunks()
    up.reply(sse=chunks)
    answer = await asked(CHAT, stream=True, logprobs=True, stream_options={"include_usage": True})
    wanted = choices_of(b"".join(chunks[:-1]))
    assert choices_of(answer.body)[1:5] == wanted
    told = list(events(answer))
    assert {event["model"] for event in told} == {"home"}
    assert len({event["id"] for event in told}) == 1
    assert told[1]["system_fingerprint"] == "fp"
    assert (told[5]["timings"], told[5]["choices"][0]["stop_reason"]) == ({"predicted_ms": 1.5}, 154829)
    assert told[5]["choices"][0]["finish_reason"] == "tool_calls"
    (usage,) = [event["usage"] for event in told if event.get("usage")]
    assert usage["prompt_tokens_details"] == {"audio_tokens": 3, "cached_tokens": 0}
    assert answer.body.endswith(b"data: [DONE]\n\n")


async def test_roles_usage_and_a_missing_finish_reason_are_all_that_changes(up: Upstream, asked: Any) -> None:
    """As Z.ai streams: a role in every delta, the finish reason in the last alone."""
    head, tail = (
        '{"choices":[{"index":0,"delta":{"role":"assistant","content":"',
        '"}}],"usage":{"prompt_tokens":3}}',
    )
    told = [f"{head}{word}{tail}" for word in "abc"]
    up.reply(sse=[*told, '{"choices":[{"index":0,"delta":{"role":"assistant"},"finish_reason":"stop"}]}'])
    answer = await asked(CHAT, stream=True)
    kept = [b'[{"index":0,"delta":{"content":"%c"},"finish_reason":null}]' % w for w in b"abc"]
    assert choices_of(answer.body)[1:4] == kept
    assert b"prompt_tokens" not in answer.body


ODD_EVENTS = (
    '{"type":"message_start","message":{"id":"m","type":"message","role":"assistant","model":"real","content":[],'
    '"stop_reason":null,"usage":{"input_tokens":9,"cache_creation_input_tokens":4,"output_tokens":1},"x_host":"h7"}}',
    '{"type":"content_block_start","index":0,"content_block":{"type":"text","text":"","citations":[]}}',
    r'{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"\u0041 \/"}   }',
    '{"type":"content_block_delta","index":0,"delta":{"type":"citations_delta","citation":{"cited_text":"A"}}}',
    '{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":" b","x_ids":[4, 5]}}',
    '{"type":"content_block_stop","index":0}',
    '{"type":"content_block_start","index":1,"content_block":{"type":"text","text":""}}',
    '{"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":"Second."}}',
    '{"type":"content_block_stop","index":1}',
    '{"type":"content_block_start","index":2,"content_block":{"type":"tool_use","id":"c_1","name":"f","input":{},"x":1}}',
    '{"type":"content_block_delta","index":2,"delta":{"type":"input_json_delta","partial_json":"{\\"a\\": "}}',
    '{"type":"content_block_delta","index":2,"delta":{"type":"input_json_delta","partial_json":"1 }"}}',
    '{"type":"content_block_stop","index":2}',
    '{"type":"message_delta","delta":{"stop_reason":"tool_use","stop_sequence":null,"x_end":true},'
    '"usage":{"output_tokens":7,"x_tokens":3}}',
    '{"type":"message_stop"}',
)


async def test_events_go_on_with_all_that_is_in_them(up: Upstream, asked: Any) -> None:
    up.reply(sse=[f"event: {json.loads(one)['type']}\ndata: {one}\n\n".encode() for one in ODD_EVENTS])
    answer = await asked(MESSAGES, "anthropic", stream=True)
    lines = answer.body.decode().split("\n")
    kept = [line[6:] for line in lines if line.startswith("data: ") and "content_block_delta" in line]
    assert kept == [one for one in ODD_EVENTS if "content_block_delta" in one]
    told = list(events(answer))
    assert [event["type"] for event in told] == [json.loads(one)["type"] for one in ODD_EVENTS]
    assert [event.get("index") for event in told] == [json.loads(one).get("index") for one in ODD_EVENTS]
    message, tool, end = told[0]["message"], told[9]["content_block"], told[13]
    assert (message["model"], message["x_host"]) == ("home", "h7")
    assert (tool["id"], tool["name"], tool["x"]) == ("c_1", "f", 1)
    assert (end["delta"]["x_end"], end["delta"]["stop_reason"]) == (True, "tool_use")
    assert (end["usage"]["input_tokens"], end["usage"]["cache_creation_input_tokens"]) == (9, 4)
    assert (end["usage"]["output_tokens"], end["usage"]["x_tokens"]) == (7, 3)


async def test_blocks_are_numbered_anew_where_one_is_hidden(up: Upstream, asked: Any) -> None:
    up.reply(sse=anthropic_frames("Hm.", ["4", "2"]))
    answer = await asked(MESSAGES, "anthropic", stream=True)  # without thinking, which was not asked for
    told = [event for event in events(answer) if "index" in event]
    assert [event["index"] for event in told] == [0, 0, 0, 0]
    assert [event["delta"]["text"] for event in told[1:3]] == ["4", "2"]


def spelled(delta: str, *pieces: str) -> list[dict[str, Any]]:
    frames = openai_frames("", ["x"] * len(pieces))
    for frame, piece in zip(frames, pieces, strict=False):
        words = {} if delta == "reasoning_content" else {"content": "x"}
        frame["choices"][0]["delta"] = {**words, delta: piece}
    return frames


@pytest.mark.parametrize("member", ["content", "reasoning_content", "x_note"])
@pytest.mark.parametrize("at", range(1, len(SECRET)))
def test_no_key_leaves_wherever_it_is_cut(member: str, at: int) -> None:
    pieces = [f"a {SECRET[:at]}", f"{SECRET[at:]} b", " c"]
    stream = b"".join(b"data: " + json.dumps(frame).encode() + b"\n\n" for frame in spelled(member, *pieces))
    out = relayed(stream, "openai")
    said = "".join(choice["delta"].get(member) or "" for choice in _choices(out))
    assert SECRET not in said
    assert said.startswith("a ")
    assert said.endswith(" b c")


def _choices(out: bytes) -> Iterator[Any]:
    for spelling in choices_of(out):
        yield from json.loads(spelling)


@pytest.mark.parametrize("stops", [(), ("b ~",)], ids=["key", "stop word"])
@pytest.mark.parametrize("at", range(1, len(SECRET), 5))
async def test_an_event_with_a_piece_of_a_key_is_written_anew(
    up: Upstream, asked: Any, at: int, stops: Any
) -> None:
    frames = anthropic_frames("", [f"b {SECRET[:at]}", f"{SECRET[at:]} c"])
    frames[2]["delta"]["x_note"] = "kept"
    up.reply(sse=frames)
    answer = await asked(MESSAGES, "anthropic", stream=True, stop_sequences=list(stops))
    told = [event["delta"] for event in events(answer) if event["type"] == "content_block_delta"]
    text = "".join(delta["text"] for delta in told)
    assert SECRET.encode() not in answer.body
    assert text in (("b [key] c",) if not stops else ("", "b [key] c"))


def test_a_key_in_a_member_that_nobody_reads_is_taken_out_of_all_its_depth() -> None:
    hide = MemberScrubber(SECRET)
    members = {(0, "delta", "x"): {"a": [f"q{SECRET[:9]}"]}, ("host",): f"h{SECRET}", (0, SECRET): 1}
    first = hide.feed(members)
    second = hide.feed({(0, "delta", "x"): {"a": [SECRET[9:] + "r"]}})
    assert first == {(0, "delta", "x"): {"a": ["q"]}, ("host",): "h[key]"}
    assert second == {(0, "delta", "x"): {"a": ["[key]r"]}}


@pytest.mark.parametrize("mode", ["think", "strip"])
async def test_thinking_that_is_shown_otherwise_costs_no_member(
    up: Upstream, settings_for: Any, mode: str
) -> None:
    frames = openai_frames("Hm.", "42")
    for frame in frames[:2]:
        frame["choices"][0]["delta"]["x_note"] = "kept"
    up.reply(sse=frames)
    answer = await ask(service_of(settings_for(up)), CHAT, {"x-think-tags-mode": mode})
    found = [event["choices"][0]["delta"] for event in events(answer)]
    said = "".join(delta.get("content", "") for delta in found)
    assert said == ("<think>Hm.</think>\n42" if mode == "think" else "42")
    assert [delta["x_note"] for delta in found if "x_note" in delta] == ["kept", "kept"]
    assert b"Hm." not in answer.body or mode == "think"


@pytest.mark.parametrize("dialect", ["openai", "anthropic"])
async def test_blanks_alone_are_no_reply(up: Upstream, asked: Any, dialect: str) -> None:
    up.reply(
        sse=openai_frames("", [" ", "\n\n"]) if dialect == "openai" else anthropic_frames("", [" ", "\n\n"])
    )
    answer = await asked(CHAT if dialect == "openai" else MESSAGES, dialect, stream=True)
    assert answer.status == 502, answer.body


async def test_several_answers_keep_their_bytes(up: Upstream, asked: Any) -> None:
    told = (
        '{"choices":[{"index":1,"delta":{"content":"\\u0041"},"finish_reason":null,"x":1}]}',
        '{"choices":[{"index":0,"delta":{"content":"a"},"finish_reason":null},'
        '{"index":1,"delta":{"content":"B"},"finish_reason":null}]}',
    )
    ends: list[dict[str, Any]] = [
        {"choices": [{"index": n, "delta": {}, "finish_reason": "stop"}]} for n in (0, 1)
    ]
    up.reply(sse=[*told, *ends])
    answer = await asked(CHAT, stream=True, n=2)
    kept = [
        spelling
        for spelling in choices_of(answer.body)
        if b"role" not in spelling and b'"stop"' not in spelling
    ]
    assert kept == [one.encode()[11:-1] for one in told]
    assert {c["index"] for c in _choices(answer.body) if c["finish_reason"] == "stop"} == {0, 1}


@pytest.mark.parametrize("dialect", ["openai", "anthropic"])
async def test_no_shape_of_a_frame_breaks_a_relay(up: Upstream, asked: Any, dialect: str) -> None:
    """What cannot be read costs itself; what nests too deeply is left out."""
    deep = json.loads(f"{'[' * 900}{']' * 900}")
    odd: tuple[Any, ...] = (deep, "text", 7, [], [7], {}, {"a": 7}, None, True, -1)
    frames: list[Any] = []
    for value in odd:
        delta = {"type": "text_delta", "text": "x", "content": "x", "x": value}
        for name in ("index", "delta", "logprobs", "finish_reason"):
            choice = {"index": 0, "delta": delta, name: value}
            frames.append({"choices": [choice], "usage": value, "x": value})
            frames.append({"type": "content_block_delta", "index": 0, "delta": delta, name: value})
        for name in ("tool_calls", "function_call", "reasoning_content", "role"):
            frames.append({"choices": [{"index": 0, "delta": {**delta, name: value}}]})
        frames.append(
            {"type": "content_block_start", "index": value, "content_block": {"type": "text", "x": value}}
        )
        frames.append({"type": "message_delta", "delta": {"x": value}, "usage": value})
    frames = [one for one in frames if not (one.get("choices") or [{}])[0].get("finish_reason")]
    end = anthropic_frames("", "42") if dialect == "anthropic" else openai_frames("", "42")
    up.reply(sse=[*frames, *end[-2:]])
    answer = await asked(CHAT if dialect == "openai" else MESSAGES, dialect, stream=True)
    assert answer.status == 200
    assert b"GLM UI itself" not in answer.body
    assert answer.body.endswith(
        b"data: [DONE]\n\n" if dialect == "openai" else b'{"type":"message_stop"}\n\n'
    )


async def test_anthropics_own_client_puts_a_relayed_reply_together(
    up: Upstream, settings_for: Callable[..., Settings]
) -> None:
    up.reply(sse=[f"event: {json.loads(one)['type']}\ndata: {one}\n\n".encode() for one in ODD_EVENTS])
    own = settings_for(
        up,
        glm_ui_custom_base_url=f"{up.url}/own",
        glm_ui_custom_dialect="anthropic",
        glm_ui_custom_models="home",
    )
    import anthropic

    wire = httpx2.ASGITransport(Gateway(never, service_of(own)))
    async with httpx2.AsyncClient(transport=wire) as http:
        client = anthropic.AsyncAnthropic(
            base_url="http://127.0.0.1:7860/anthropic", api_key="any", http_client=http, max_retries=0
        )
        said: Any = [{"role": "user", "content": "Hi"}]
        async with client.messages.stream(model="home", max_tokens=50, messages=said) as stream:
            message = await stream.get_final_message()
    first, second, call = message.content
    assert (first.text, second.text) == ("A / b", "Second.")  # type: ignore[union-attr]
    assert (call.name, call.input) == ("f", {"a": 1})  # type: ignore[union-attr]
    assert (message.stop_reason, message.usage.input_tokens, message.usage.output_tokens) == (
        "tool_use",
        9,
        7,
    )


async def test_a_signature_finds_its_way_back_with_thinking_as_it_was(up: Upstream, asked: Any) -> None:
    """The provider checks both: a blank too much, and the request is refused."""
    frames = anthropic_frames(["\n Hm", ".\n"], "42")
    stop = next(n for n, frame in enumerate(frames) if frame["type"] == "content_block_stop")
    pieces = [{"type": "signature_delta", "signature": piece} for piece in ("c2ln", "bmVk")]
    signed = [{"type": "content_block_delta", "index": 0, "delta": piece} for piece in pieces]
    up.reply(sse=[*frames[:stop], *signed, *frames[stop:]])
    on = {"thinking": {"type": "enabled", "budget_tokens": 2000}, "max_tokens": 4000}
    told = [e for e in events(await asked(MESSAGES, "anthropic", stream=True, **on)) if "delta" in e]
    thinking = "".join(event["delta"].get("thinking", "") for event in told)
    (signature,) = [e["delta"]["signature"] for e in told if "signature" in e["delta"]]
    assert thinking == "\n Hm.\n"
    assert signature.startswith("glmui.")
    block = {"type": "thinking", "thinking": thinking, "signature": signature}
    said = [
        {"role": "user", "content": "Hi"},
        {"role": "assistant", "content": [block, {"type": "text", "text": "42"}]},
    ]
    await asked(MESSAGES, "anthropic", stream=True, messages=[*said, said[0]], **on)
    assert up.requests[-1].json["messages"][1]["content"][0] == {**block, "signature": "c2lnbmVk"}


def test_citations_of_a_search_are_passed_on_in_their_place() -> None:
    place = {"url": "https://a.example/", "title": "A", "start_index": 0, "end_index": 4}
    note = {"type": "url_citation", "url_citation": place}
    said = relayed(sse(chunk(content="High"), chunk(annotations=[note]), STOP), "openai")
    assert [
        choice["delta"]["annotations"] for choice in choices_in(said) if "annotations" in choice["delta"]
    ] == [[note]]
    place = {"type": "web_search_result_location", "url": "https://a.example/", "encrypted_index": "Eo8B"}
    parts = [block(0, "text", text="", citations=[]), delta(0, text="High"), cites(0, place), stop(0)]
    said = relayed(sse(start(), *parts, *finish(), done=False), "anthropic")
    deltas_said = [event["delta"] for event in data_of(said) if event["type"] == "content_block_delta"]
    assert deltas_said == [
        {"type": "text_delta", "text": "High"},
        {"type": "citations_delta", "citation": place},
    ]


def data_of(said: bytes) -> list[dict[str, Any]]:
    lines = [line[6:] for line in said.splitlines() if line.startswith(b"data: ") and line != b"data: [DONE]"]
    return [json.loads(line) for line in lines]


def choices_in(said: bytes) -> list[dict[str, Any]]:
    return [choice for one in data_of(said) for choice in one["choices"]]
