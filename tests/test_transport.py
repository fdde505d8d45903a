from __future__ import annotations

import asyncio
import email.utils
import ssl
import time

import pytest

from glm_ui.errors import (
    BadSettings,
    CannotConnect,
    ConnectionReset,
    KeyRejected,
    NameNotFound,
    NotAStream,
    RedirectRefused,
    StreamFailed,
    TimedOut,
    TlsNotTrusted,
)
from glm_ui.net import exchange as exchanges
from glm_ui.net.exchange import Exchange, seconds_until, whole_response
from glm_ui.net.request import Credential, Outgoing, Timeouts, credential, origin, sent
from tests.conftest import CANARY
from tests.upstream import Reply, Upstream

pytestmark = pytest.mark.usefixtures("pool")
QUICK = Timeouts(connect=2, first_byte=5, silence=5)


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


def to(url: str, path: str = "/chat", *, bound_to: str | None = None, timeouts: Timeouts = QUICK) -> Outgoing:
    key = credential(CANARY, bound_to or url, bearer, "ZAI_API_KEY", "Z.ai")
    return Outgoing(url + path, "zai", "Z.ai", body=b"{}", credential=key, timeouts=timeouts)


async def read(outgoing: Outgoing) -> bytes:
    async with Exchange(outgoing) as exchange:
        await exchange.connected()
        await exchange.answered()
        return b"".join([chunk async for chunk in exchange.chunks()])


# ---- keys and origins


async def test_the_key_goes_to_its_own_origin(up: Upstream) -> None:
    up.reply(body="yes")
    assert await read(to(up.url)) == b"yes"
    assert up.requests[0].headers["authorization"] == f"Bearer {CANARY}"


@pytest.mark.parametrize("other", ["https://api.z.ai", "http://localhost:1", "http://127.0.0.1:1"])
async def test_the_key_stays_at_home_when_the_address_is_another_origin(up: Upstream, other: str) -> None:
    up.reply(body="yes")
    await read(to(up.url, bound_to=other))
    assert CANARY not in repr(up.requests)


async def test_no_key_follows_a_redirect_to_another_origin(up: Upstream) -> None:
    with Upstream() as elsewhere:
        elsewhere.reply(body="caught")
        up.reply(status=307, headers={"Location": f"{elsewhere.url}/chat?k={CANARY}"})
        with pytest.raises(RedirectRefused) as caught:
            await read(to(up.url))
        assert elsewhere.requests == []
    assert caught.value.details == {"from": up.url, "to": elsewhere.url}
    assert CANARY not in str(caught.value.public())


@pytest.mark.parametrize(
    "location", ["//evil.invalid/x", "http://127.0.0.1@evil.invalid/", "ftp://a/", "http://["]
)
async def test_odd_redirects_are_refused(up: Upstream, location: str) -> None:
    up.reply(status=308, headers={"Location": location})
    with pytest.raises(RedirectRefused):
        await read(to(up.url))
    assert len(up.requests) == 1


async def test_a_redirect_within_its_origin_is_followed_with_method_body_and_key(up: Upstream) -> None:
    up.reply(Reply(status=308, headers={"Location": "/chat/"}), Reply(body="yes"))
    assert await read(to(up.url)) == b"yes"
    second = up.requests[1]
    assert (second.method, second.path, second.body) == ("POST", "/chat/", b"{}")
    assert second.headers["authorization"] == f"Bearer {CANARY}"


async def test_a_redirect_that_would_lose_the_body_is_refused(up: Upstream) -> None:
    up.reply(status=302, headers={"Location": "/login"})
    with pytest.raises(RedirectRefused):
        await read(to(up.url))


async def test_redirects_end_after_three(up: Upstream) -> None:
    up.reply(status=307, headers={"Location": "/again"})
    with pytest.raises(RedirectRefused, match="more than 3"):
        await read(to(up.url))
    assert len(up.requests) == 4


async def test_what_was_sent_is_shown_with_the_name_in_place_of_the_key(up: Upstream) -> None:
    up.reply(body="yes")
    outgoing = to(up.url)
    await read(outgoing)
    shown = sent(outgoing)
    assert CANARY not in repr(shown)
    assert CANARY not in repr(outgoing)
    assert shown.headers["Authorization"] == "Bearer $ZAI_API_KEY"
    got = up.requests[0]
    for name, value in shown.headers.items():
        assert got.headers[name.lower()] == value.replace("$ZAI_API_KEY", CANARY)
    assert (shown.method, shown.body) == (got.method, got.body)


def test_a_key_that_no_header_can_carry_is_told_as_such() -> None:
    with pytest.raises(KeyRejected) as caught:
        credential("ключ-secret", "https://api.z.ai", bearer, "ZAI_API_KEY", "Z.ai")
    assert "ключ" not in str(caught.value)
    assert credential(" k\n", "https://api.z.ai", bearer, "K", "Z.ai").secret == "k"


@pytest.mark.parametrize("size", [None, 1, 7])
async def test_an_echoed_key_is_taken_out_of_the_body_however_it_is_cut(
    up: Upstream, size: int | None
) -> None:
    text = f"c ca can canary-5 {CANARY}{CANARY} and canary-5up3r"
    up.reply(body=text, size=size, delay=0 if size != 1 else 0.0001)
    assert await read(to(up.url)) == text.replace(CANARY, "[key]").encode()


async def test_a_short_placeholder_key_is_not_hunted_in_answers(up: Upstream) -> None:
    up.reply(body="The bottle is EMPTY.")
    placeholder = Credential(up.url, bearer("EMPTY"), "EMPTY")
    outgoing = Outgoing(up.url, "custom", "Your server", body=b"{}", credential=placeholder, timeouts=QUICK)
    assert await read(outgoing) == b"The bottle is EMPTY."


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://API.z.ai/api/paas/v4", "https://api.z.ai:443"),
        ("http://localhost:9090/v1", "http://localhost:9090"),
        ("http://[::1]:80/", "http://::1:80"),
    ],
)
def test_an_origin_is_scheme_host_and_port(url: str, expected: str) -> None:
    assert origin(url) == expected


@pytest.mark.parametrize(
    "url", ["", "api.z.ai/v1", "ftp://a", "http://", "http://u:p@a/", "http://a:b/", "file:///etc"]
)
def test_what_is_no_web_address_has_no_origin(url: str) -> None:
    with pytest.raises(BadSettings):
        origin(url)


# ---- faults of the wire


async def test_refused_connection(unused_tcp_port: int) -> None:
    with pytest.raises(CannotConnect) as caught:
        await read(to(f"http://127.0.0.1:{unused_tcp_port}"))
    assert caught.value.retryable


async def test_host_without_an_address() -> None:
    with pytest.raises(NameNotFound) as caught:
        await read(to("http://no-such-host.invalid"))
    assert not caught.value.retryable


async def test_certificate_that_nobody_vouches_for(own_certificate: ssl.SSLContext) -> None:
    with Upstream(tls=own_certificate) as up:
        with pytest.raises(TlsNotTrusted):
            await read(to(up.url))
        assert up.requests == []


async def test_tls_towards_a_server_that_speaks_none(up: Upstream) -> None:
    with pytest.raises((TlsNotTrusted, ConnectionReset)):
        await read(to(up.url.replace("http:", "https:"), timeouts=Timeouts(2, 1, 1)))


@pytest.mark.parametrize("where", ["headers", "body"])
async def test_reset_before_the_first_byte(up: Upstream, where: str) -> None:
    up.reply(body="x", reset_before=where)
    with pytest.raises(ConnectionReset) as caught:
        await read(to(up.url))
    assert caught.value.retryable


@pytest.mark.parametrize("then", ["cut", "reset"])
async def test_broken_body(up: Upstream, then: str) -> None:
    up.reply(body="half", then=then)
    with pytest.raises(ConnectionReset):
        await read(to(up.url))


@pytest.mark.parametrize(
    ("reply", "phase"),
    [
        (Reply(stall_before="headers"), "first_byte"),
        (Reply(stall_before="body", body="x"), "first_byte"),
        (Reply(body="x", then="stall"), "silence"),
    ],
)
async def test_each_timeout_names_itself_and_closes_the_socket(
    up: Upstream, reply: Reply, phase: str
) -> None:
    up.reply(reply)
    with pytest.raises(TimedOut) as caught:
        await read(to(up.url, timeouts=Timeouts(2, 0.15, 0.15)))
    assert caught.value.details["phase"] == phase
    assert "0.15 s" in str(caught.value)
    await up.left(1, 1.0)


async def test_connect_timeout_names_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    async def never(*_: object, **__: object) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", never)
    with pytest.raises(TimedOut) as caught:
        await read(to("http://slow.invalid", timeouts=Timeouts(0.1, 5, 5)))
    assert caught.value.details["phase"] == "connect"


async def test_a_trickle_is_not_silence(up: Upstream) -> None:
    up.reply(body="123456", size=1, delay=0.06)
    assert await read(to(up.url, timeouts=Timeouts(2, 0.2, 0.2))) == b"123456"


async def test_a_compressed_body_is_read(up: Upstream) -> None:
    import gzip

    up.reply(
        body=gzip.compress(b"data: [DONE]\n\n"),
        headers={"Content-Encoding": "gzip"},
        content_type="text/event-stream",
    )
    assert await read(to(up.url)) == b"data: [DONE]\n\n"


@pytest.mark.parametrize("coding", ["br", "zstd", "gzip, gzip"])
async def test_a_compression_that_was_not_asked_for_is_refused_by_name(up: Upstream, coding: str) -> None:
    up.reply(body=b"\x1b\x00", headers={"Content-Encoding": coding})
    with pytest.raises(NotAStream, match="no compression was asked for"):
        await read(to(up.url))
    assert up.requests[0].headers["accept-encoding"] == "identity"


async def test_a_wrong_checksum_costs_no_text(up: Upstream) -> None:
    import gzip

    packed = bytearray(gzip.compress(b"data: [DONE]\n\n"))
    packed[-6] ^= 1
    up.reply(body=bytes(packed), headers={"Content-Encoding": "gzip"})
    got = bytearray()

    async def gather() -> None:
        async with Exchange(to(up.url)) as exchange:
            await exchange.connected()
            await exchange.answered()
            async for chunk in exchange.chunks():
                got.extend(chunk)

    with pytest.raises(StreamFailed, match="damaged"):
        await gather()
    assert got == b"data: [DONE]\n\n"


async def test_a_reply_in_very_many_pieces_is_given_up(up: Upstream, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exchanges, "REPLY_LIMIT", 100 * exchanges.PIECE_COST)
    up.reply(body="x" * 150, size=1, delay=0.001, then="stall")
    with pytest.raises(StreamFailed):
        await read(to(up.url))
    await up.left(1)


async def test_a_body_that_lies_about_its_compression_is_an_error(up: Upstream) -> None:
    up.reply(body="plain", headers={"Content-Encoding": "gzip"})
    with pytest.raises(NotAStream):
        await read(to(up.url))


async def test_a_reply_without_end_is_given_up(up: Upstream, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exchanges, "REPLY_LIMIT", 1000)
    up.reply(body="x" * 5000, size=500, then="stall")
    with pytest.raises(StreamFailed):
        await read(to(up.url))
    await up.left(1, 1.0)


async def test_an_error_body_is_read_no_further_than_its_limit(up: Upstream) -> None:
    up.reply(status=500, body="x" * 200_000, then="stall")
    async with Exchange(to(up.url)) as exchange:
        await exchange.connected()
        await exchange.answered()
        assert len(await exchange.body()) == exchanges.ERROR_LIMIT
    await up.left(1, 1.0)


async def test_an_error_body_that_breaks_off_gives_what_came(up: Upstream) -> None:
    up.reply(status=500, body="half", then="cut")
    async with Exchange(to(up.url)) as exchange:
        await exchange.connected()
        await exchange.answered()
        assert await exchange.body() == b"half"


async def test_time_in_which_nobody_reads_is_no_silence(up: Upstream) -> None:
    up.reply(body="123", size=1, hold=(1, 2))
    got = b""
    async with Exchange(to(up.url, timeouts=Timeouts(2, 5, 0.4))) as exchange:
        await exchange.connected()
        await exchange.answered()
        async for chunk in exchange.chunks():
            got += chunk
            if got == b"12":  # the wait for this piece was seen; now the reader is slow
                await asyncio.sleep(1)
            up.release()
    assert got == b"123"


# ---- Stop


@pytest.mark.parametrize("reply", [Reply(stall_before="headers"), Reply(body="x", then="stall")])
async def test_cancelling_closes_the_socket_at_once(up: Upstream, reply: Reply) -> None:
    up.reply(reply)
    task = asyncio.create_task(read(to(up.url)))
    await up.asked(1)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await up.left(1, 1.0)


async def test_leaving_before_anything_happened_leaks_nothing(up: Upstream) -> None:
    up.reply(body="x")
    async with Exchange(to(up.url)):
        pass
    before = len(asyncio.all_tasks())
    assert before == 1


async def test_connections_are_used_again(up: Upstream) -> None:
    up.reply(body="yes")
    for _ in range(3):
        await read(to(up.url))
    assert up.connections == 1


async def test_no_cookie_of_one_visitor_comes_along_with_the_next(up: Upstream) -> None:
    up.reply(body="yes", headers={"Set-Cookie": "session=first-visitor; Path=/"})
    for _ in range(2):
        await read(to(up.url))
    assert "cookie" not in up.requests[1].headers


async def test_a_hundred_streams_at_once_share_the_pool(up: Upstream) -> None:
    up.reply(body="yes")
    replies = await asyncio.gather(*(read(to(up.url)) for _ in range(100)))
    assert replies == [b"yes"] * 100


# ---- the rest of the surface


async def test_a_get_brings_the_whole_answer(up: Upstream) -> None:
    up.reply(body={"data": []})
    got = await whole_response(Outgoing(f"{up.url}/models", "zai", "Z.ai", method="GET", timeouts=QUICK))
    assert (got.status, got.content_type, got.body) == (200, "application/json", b'{"data": []}')
    assert up.requests[0].method == "GET"


@pytest.mark.parametrize("then", ["cut", "reset", "stall"])
async def test_half_an_answer_to_a_get_is_an_error(up: Upstream, then: str) -> None:
    up.reply(body='{"data": [', then=then)
    quick = Timeouts(2, 5, 0.2)
    with pytest.raises((ConnectionReset, TimedOut)):
        await whole_response(Outgoing(f"{up.url}/models", "zai", "Z.ai", method="GET", timeouts=quick))


async def test_an_answer_to_a_get_that_is_too_long_is_an_error_unless_its_start_is_enough(
    up: Upstream,
) -> None:
    up.reply(body="x" * 5000)
    asked = Outgoing(f"{up.url}/models", "zai", "Z.ai", method="GET", timeouts=QUICK)
    with pytest.raises(StreamFailed, match="longer"):
        await whole_response(asked, limit=4999)
    assert len((await whole_response(asked, limit=5000)).body) == 5000
    assert len((await whole_response(asked, limit=100, cut=True)).body) == 100


async def test_a_checked_address_is_pinned_and_keeps_its_name(up: Upstream) -> None:
    seen = []

    async def check(host: str, port: int) -> str:
        seen.append((host, port))
        return "127.0.0.1"

    up.reply(Reply(status=307, headers={"Location": "/b"}), Reply(body="yes"))
    outgoing = Outgoing(
        f"http://pinned.invalid:{up.port}/a",
        "custom",
        "Yours",
        body=b"{}",
        timeouts=QUICK,
        resolve_pinned=check,
    )
    assert await read(outgoing) == b"yes"
    assert seen == [("pinned.invalid", up.port)] * 2
    assert {r.headers["host"] for r in up.requests} == {f"pinned.invalid:{up.port}"}


async def test_a_checked_address_has_its_own_connection_and_never_goes_through_a_proxy(
    up: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def check(host: str, port: int) -> str:
        return "127.0.0.1"

    with Upstream() as proxy:
        proxy.reply(body="proxied")
        for name in ("HTTP_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        up.reply(body="direct")
        url = f"http://pinned.invalid:{up.port}/a"
        asked = Outgoing(url, "custom", "Yours", body=b"{}", timeouts=QUICK, resolve_pinned=check)
        assert [await read(asked), await read(asked)] == [b"direct", b"direct"]
        assert proxy.requests == []
    assert up.connections == 2, "a pooled connection would be used again under another name"


async def test_a_refused_address_is_never_connected_to(up: Upstream) -> None:
    async def check(host: str, port: int) -> str:
        raise CannotConnect.of("Yours", why="This address is inside our own network.")

    with pytest.raises(CannotConnect, match="inside our own network"):
        await read(
            Outgoing(f"{up.url}/a", "custom", "Yours", body=b"{}", timeouts=QUICK, resolve_pinned=check)
        )
    assert up.connections == 0


async def test_loopback_never_goes_through_a_proxy(up: Upstream, monkeypatch: pytest.MonkeyPatch) -> None:
    with Upstream() as proxy:
        proxy.reply(status=502, body="proxied")
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        up.reply(body="direct")
        assert await read(to(up.url)) == b"direct"
        assert proxy.requests == []


async def test_a_proxy_of_the_environment_carries_the_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    with Upstream() as proxy:
        proxy.reply(body="proxied")
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        assert await read(to("http://far.invalid")) == b"proxied"


async def test_a_proxy_setting_that_cannot_be_used_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "nonsense://x")
    with pytest.raises(BadSettings, match="HTTPS_PROXY"):
        await read(to("http://far.invalid"))


@pytest.mark.parametrize(
    ("text", "seconds"), [("5", 5.0), ("0.5", 0.5), ("", None), ("soon", None), ("-3", None)]
)
def test_retry_after_in_seconds(text: str, seconds: float | None) -> None:
    assert seconds_until(text) == seconds


def test_retry_after_as_a_date() -> None:
    later = email.utils.formatdate(time.time() + 30, usegmt=True)
    assert seconds_until(later) == pytest.approx(30, abs=2)
    assert seconds_until(email.utils.formatdate(time.time() - 30, usegmt=True)) == 0.0
