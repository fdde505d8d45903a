from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from ipaddress import ip_address

import pytest

from glm_ui.errors import BadInput, CannotSend
from glm_ui.net import clients
from glm_ui.net.public_fetch import Resolve, check_address, fetch, is_public, name_in, resolve_host
from tests import loopback


def resolves_to(*addresses: str) -> Resolve:
    async def resolve(host: str, port: int) -> list[str]:
        return list(addresses)

    return resolve


PUBLIC = resolves_to("93.184.215.14")


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.8.8.8", "0.1.2.3", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1",
        "100.100.100.200", "192.0.0.1", "192.0.2.1", "198.18.0.1", "203.0.113.9", "224.0.0.1", "239.1.1.1", "240.0.0.1",
        "255.255.255.255", "::", "::1", "::ffff:127.0.0.1", "::ffff:a9fe:a9fe", "::ffff:8.8.8.8", "::127.0.0.1",
        "fe80::1", "fc00::1", "fd00:ec2::254", "fec0::1", "ff02::1", "2002:7f00:1::", "2001:0:4137:9e76::",
        "64:ff9b::7f00:1", "64:ff9b::8.8.8.8", "64:ff9b:1::1", "2001:db8::1", "100::1",
        "168.63.129.16", "192.88.99.1", "5f00::1", "2606:4700::5efe:10.0.0.1", "2606:4700::200:5efe:8.8.8.8",
        "2606:4700::5efe:a9fe:a9fe", "64:ff9b::a00:1", "2002:a9fe:a9fe::1", "2001:0:a00:1::1",
    ],
)  # fmt: skip
async def test_addresses_that_are_not_of_the_open_internet_are_refused(address: str) -> None:
    assert not is_public(ip_address(address))
    with pytest.raises(CannotSend, match="private network"):
        await check_address("https://pictures.example/a.png", resolves_to(address))
    with pytest.raises(CannotSend, match="private network"):
        await check_address("https://pictures.example/a.png", resolves_to("93.184.215.14", address))


@pytest.mark.parametrize(
    "url",
    [
        "ftp://a.example/x", "file:///etc/passwd", "gopher://a.example", "javascript:alert(1)", "data:text/plain,x",
        "//a",
        "http://", "https:///x", "a.example", "http://a.example/\nHost: b", "http://a example/", "http://a.example\\@b",
        "http://[::1", "http://a.example:99999/", "",
    ],
)  # fmt: skip
async def test_what_is_no_address_of_the_web_is_refused(url: str) -> None:
    with pytest.raises((BadInput, CannotSend)):
        await check_address(url, PUBLIC)


@pytest.mark.parametrize(
    "url",
    [
        "http://user@a.example/", "https://good.example:80@evil.example/", "http://localhost/", "http://a.localhost./",
        "http://metadata.google.internal/", "http://printer.local/", "http://2130706433/", "http://0177.0.0.1/",
        "http://0x7f.1/", "http://127.1/", "http://0x7f000001/", "http://127.0.0.1/",
        "http://[::1]/", "http://[::ffff:7f00:1]/",
        "http://169.254.169.254/latest/meta-data/", "http://a.example:22/", "http://a.example:6379/", "http://①②⑦.0.0.1/",
    ],
)  # fmt: skip
async def test_disguised_addresses_are_refused(url: str) -> None:
    with pytest.raises((CannotSend, BadInput)):
        await check_address(url, PUBLIC)


@pytest.mark.parametrize(
    "address",
    ["8.8.8.8", "168.63.129.17", "2606:4700::1111", "2606:4700::5eff:a00:1", "2606:4700::100:5efe:808:808"],
)
def test_addresses_of_the_open_internet_are_let_through(address: str) -> None:
    assert is_public(ip_address(address))


async def test_a_good_address_is_pinned_to_what_was_checked() -> None:
    pinned = await check_address("https://Pictures.Example./a/cat.jpg?x=1", PUBLIC)
    assert (pinned.host, pinned.port, pinned.address) == ("pictures.example", 443, "93.184.215.14")


async def test_names_that_are_slow_to_look_up_hold_nobody_else_up(monkeypatch: pytest.MonkeyPatch) -> None:
    answered = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: answered.wait(10) and [])
    slow = [asyncio.create_task(resolve_host(f"slow-{i}.example", 443)) for i in range(64)]
    try:
        async with asyncio.timeout(5):
            assert await asyncio.to_thread(lambda: "done") == "done"
    finally:
        answered.set()
        assert await asyncio.gather(*slow) == [[]] * 64


async def test_a_name_that_is_not_found_says_so() -> None:
    async def fails(host: str, port: int) -> list[str]:
        raise OSError

    with pytest.raises(CannotSend, match="was not found"):
        await check_address("https://nowhere.example/", fails)


Handler = Callable[[bytes], Awaitable[list[bytes]]]


def served(handler: Callable[[bytes], list[bytes]]) -> AbstractAsyncContextManager[int]:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            request = await reader.readuntil(b"\r\n\r\n")
            for piece in handler(request):
                writer.write(piece)
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            await hung_up(writer)

    return loopback.served(talk)


async def hung_up(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with contextlib.suppress(ConnectionError):
        await writer.wait_closed()


def ok(body: bytes, *headers: bytes) -> list[bytes]:
    return [b"\r\n".join([b"HTTP/1.1 200 OK", b"Connection: close", *headers, b"", body])]


LOOPBACK = resolves_to("127.0.0.1")


async def get(port: int, path: str = "/cat.jpg", **options: object) -> object:
    return await fetch(
        f"http://pictures.example:{port}{path}",
        resolve=LOOPBACK,
        permit=lambda a: a.is_loopback,
        ports=None,
        **options,
    )


async def test_the_name_goes_in_the_host_header_and_nothing_private_goes_along() -> None:
    requests: list[bytes] = []
    async with served(lambda r: requests.append(r) or ok(b"cat")) as port:
        got = await get(port)
    assert got.data == b"cat"  # type: ignore[attr-defined]
    assert got.name == "cat.jpg"  # type: ignore[attr-defined]
    assert f"Host: pictures.example:{port}".encode() in requests[0]
    for header in (b"cookie", b"authorization", b"referer"):
        assert header not in requests[0].lower()


async def test_a_name_in_other_letters_goes_in_the_host_header_as_dns_writes_it() -> None:
    requests: list[bytes] = []
    async with served(lambda r: requests.append(r) or ok(b"cat")) as port:  # type: ignore[func-returns-value]
        url = f"http://bücher.example.:{port}/cat.jpg"
        await fetch(url, resolve=LOOPBACK, permit=lambda a: a.is_loopback, ports=None)
    assert f"Host: xn--bcher-kva.example:{port}\r\n".encode() in requests[0]


async def test_one_client_serves_all_fetches_and_keeps_no_cookie(monkeypatch: pytest.MonkeyPatch) -> None:
    """Building a client reads all certificates, which takes tens of milliseconds of the event loop."""
    made, requests = [], []
    new = clients._new_client
    monkeypatch.setattr(clients, "_new_client", lambda kind: made.append(kind) or new(kind))  # type: ignore[func-returns-value]
    async with served(lambda r: requests.append(r) or ok(b"cat", b"Set-Cookie: who=me")) as port:  # type: ignore[func-returns-value]
        for _ in range(3):
            await get(port)
    assert made == ["pinned"]
    assert len(requests) == 3
    assert not any(b"cookie" in request.lower() for request in requests)


async def test_no_proxy_of_the_environment_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """It would resolve the name again, and not check what it finds."""
    asked: list[bytes] = []
    async with served(lambda r: asked.append(r) or ok(b"of the proxy")) as proxy:  # type: ignore[func-returns-value]
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy}")
        async with served(lambda r: ok(b"cat")) as port:
            got = await get(port)
    assert got.data == b"cat"  # type: ignore[attr-defined]
    assert asked == []


async def test_a_resolver_that_changes_its_mind_is_asked_once() -> None:
    asked = []

    async def fickle(host: str, port: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1" if len(asked) == 1 else "10.0.0.1"]

    async with served(lambda r: ok(b"cat")) as port:
        got = await fetch(
            f"http://p.example:{port}/", resolve=fickle, permit=lambda a: a.is_loopback, ports=None
        )
    assert got.data == b"cat"
    assert asked == ["p.example"]


async def test_a_redirect_into_a_private_network_is_refused() -> None:
    for location in (
        b"http://10.0.0.1/",
        b"http://localhost/",
        b"file:///etc/passwd",
        b"http://169.254.169.254/",
    ):
        reply = [
            b"HTTP/1.1 302 Found\r\nConnection: close\r\nContent-Length: 0\r\nLocation: "
            + location
            + b"\r\n\r\n"
        ]
        async with served(lambda r, reply=reply: reply) as port:
            with pytest.raises((CannotSend, BadInput)):
                await get(port)


async def test_redirects_are_followed_three_times_and_no_more() -> None:
    def onward(request: bytes) -> list[bytes]:
        step = int(request.split(b" ")[1][1:])
        if step == end:
            return ok(b"cat")
        location = f"/{step + 1}".encode()
        return [
            b"HTTP/1.1 302 Found\r\nConnection: close\r\nContent-Length: 0\r\nLocation: "
            + location
            + b"\r\n\r\n"
        ]

    async with served(onward) as port:
        end = 3
        assert (await get(port, "/0")).data == b"cat"  # type: ignore[attr-defined]
        end = 4
        with pytest.raises(CannotSend, match="too often"):
            await get(port, "/0")


async def test_a_body_beyond_the_limit_is_cut_off() -> None:
    async with served(lambda r: ok(b"x" * 3000, b"Content-Length: 3000")) as port:
        with pytest.raises(CannotSend, match="has over"):
            await get(port, limit=2000)
    async with served(lambda r: [*ok(b""), *[b"x" * 1000] * 50]) as port:
        with pytest.raises(CannotSend, match="has over"):
            await get(port, limit=2000)


@pytest.mark.parametrize(
    ("reply", "says"),
    [
        ([b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"], "status 404"),
        ([b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\nxx"], "compressed"),
        ([b"nonsense\r\n\r\n"], "could not be fetched"),
    ],
)
async def test_what_goes_wrong_is_one_sentence(reply: list[bytes], says: str) -> None:
    async with served(lambda r: reply) as port:
        with pytest.raises(CannotSend, match=says):
            await get(port)


async def test_a_server_that_says_nothing_is_left() -> None:
    hold, over = asyncio.Event(), asyncio.Event()

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await hold.wait()
        await hung_up(writer)
        over.set()

    async with loopback.served(silent) as port:
        with pytest.raises(CannotSend, match="did not answer in time"):
            await get(port, seconds=0.2)
        hold.set()
        await over.wait()


def test_a_name_is_the_last_piece_of_the_path() -> None:
    assert name_in("https://a.example/x/my%20cat.jpg?size=2#f") == "my cat.jpg"
    assert name_in("https://a.example/") == "a.example"
