"""The HTTP client against servers that misbehave, on loopback."""

import asyncio
import gzip
from collections.abc import AsyncIterator, Callable

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from verifiers.client import SourceAnswerError, SourceClient, SourceUnavailableError, as_text

pytestmark = [pytest.mark.network, pytest.mark.enable_socket]


@pytest.fixture
async def against() -> AsyncIterator[Callable]:
    servers: list[TestServer] = []

    async def start(respond) -> SourceClient:
        app = web.Application()
        app.router.add_route("*", "/{rest:.*}", respond)
        server = TestServer(app)
        await server.start_server()
        servers.append(server)
        return SourceClient(str(server.make_url("")).rstrip("/"))

    yield start
    for server in servers:
        await server.close()


async def ask(client: SourceClient) -> str:
    async with client:
        return await client.post("court", b"{}")


async def test_an_answer_of_a_megabyte_is_not_read(against) -> None:
    async def large(request: web.Request) -> web.StreamResponse:
        return web.Response(body=b"A" * 1_000_000)

    with pytest.raises(SourceAnswerError, match="more than 131072 bytes"):
        await ask(await against(large))


async def test_an_answer_without_an_end_is_not_read(against) -> None:
    async def endless(request: web.Request) -> web.StreamResponse:
        stream = web.StreamResponse()
        await stream.prepare(request)
        try:
            while True:
                await stream.write(b"A" * 8192)
        except ConnectionError:
            pass
        return stream

    with pytest.raises(SourceAnswerError, match="more than"):
        await ask(await against(endless))


async def test_a_small_answer_does_not_unfold(against) -> None:
    async def bomb(request: web.Request) -> web.StreamResponse:
        assert request.headers["Accept-Encoding"] == "identity"
        return web.Response(body=gzip.compress(b"A" * 10_000_000), headers={"Content-Encoding": "gzip"})

    assert len(await ask(await against(bomb))) < 65_536


async def test_a_redirect_is_not_followed(against) -> None:
    asked = []

    async def elsewhere(request: web.Request) -> web.StreamResponse:
        asked.append(request.path)
        raise web.HTTPTemporaryRedirect("/elsewhere")

    with pytest.raises(SourceAnswerError, match="status 307"):
        await ask(await against(elsewhere))
    assert asked == ["/v1/court"]


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (500, SourceUnavailableError),
        (503, SourceUnavailableError),
        (429, SourceUnavailableError),
        (400, SourceAnswerError),
        (404, SourceAnswerError),
        (204, SourceAnswerError),
    ],
)
async def test_a_status_is_worth_asking_again_or_not(against, status: int, error: type[Exception]) -> None:
    async def say(request: web.Request) -> web.StreamResponse:
        return web.Response(status=status)

    with pytest.raises(error, match=str(status)):
        await ask(await against(say))


async def test_no_cookie_is_kept(against) -> None:
    seen = []

    async def bake(request: web.Request) -> web.StreamResponse:
        seen.append(request.headers.get("Cookie"))
        return web.Response(text="x", headers={"Set-Cookie": "id=1"})

    client = await against(bake)
    async with client:
        await client.post("court", b"{}")
        await client.post("court", b"{}")
    assert seen == [None, None]


async def test_nobody_listens(unused_tcp_port: int) -> None:
    with pytest.raises(SourceUnavailableError, match="no connection"):
        await ask(SourceClient(f"http://127.0.0.1:{unused_tcp_port}"))


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"garbage\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc",
        b"HTTP/1.1 999999 OK\r\n\r\n",
        b"\x00" * 100,
    ],
)
async def test_a_server_that_does_not_speak_http(sent: bytes) -> None:
    async def rude(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1024)
        writer.write(sent)
        writer.close()
        await writer.wait_closed()

    server = await asyncio.start_server(rude, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises((SourceUnavailableError, SourceAnswerError)):
            await ask(SourceClient(f"http://127.0.0.1:{port}"))


async def test_a_client_that_is_not_open_says_so() -> None:
    with pytest.raises(RuntimeError, match="async with"):
        await SourceClient("http://127.0.0.1:1").post("court", b"")


def test_any_bytes_become_text_that_a_database_keeps() -> None:
    text = as_text(bytes(range(256)))
    assert "\x00" not in text
    assert text.isascii()
    assert as_text(b"eyJ.eyJ.sig") == "eyJ.eyJ.sig"
