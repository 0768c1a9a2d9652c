"""The same service behind the real server on loopback: what only bytes on a wire can show."""

import http.client
import json
import socket
import threading
import time
from contextlib import suppress

import pytest
import uvicorn

from api.app import create_app
from tests.support.running_service import start

pytestmark = [pytest.mark.network, pytest.mark.enable_socket]


@pytest.fixture(scope="module")
def served(tmp_path_factory, county_file):
    running = start(tmp_path_factory.mktemp("served"), county_file)
    server = uvicorn.Server(
        uvicorn.Config(
            create_app(running.service),
            host="127.0.0.1",
            port=0,
            http="httptools",
            log_level="error",
            server_header=False,
            proxy_headers=False,
            access_log=False,
        )
    )
    thread = threading.Thread(target=server.run)
    thread.start()
    until = time.monotonic() + 20
    while not server.started and time.monotonic() < until:
        time.sleep(0.02)
    yield running, server.servers[0].sockets[0].getsockname()[1]
    server.should_exit = True
    thread.join(20)
    running.reader.dispose()
    running.sources.close()


@pytest.fixture
def connection(served):
    opened = http.client.HTTPConnection("127.0.0.1", served[1], timeout=10)
    yield opened
    opened.close()


def test_an_application_is_decided_over_http(served, connection, stories):
    running, _ = served
    story = stories["llc/01-software"]
    running.sources.confirm(story["document"])
    headers = {**running.bearer("portal"), "Content-Type": "application/json", "Idempotency-Key": "wire"}
    connection.request("POST", "/v1/applications", story["body"], headers)
    answered = connection.getresponse()
    case = json.loads(answered.read())
    assert (answered.status, case["outcome"]) == (201, "approved")
    assert answered.getheader("server") is None
    connection.request("GET", answered.getheader("location"), headers=headers)
    assert json.loads(connection.getresponse().read()) == case


def test_head_sends_headers_only_and_the_connection_goes_on(connection):
    for _ in range(2):
        connection.request("HEAD", "/v1/items")
        answered = connection.getresponse()
        assert answered.read() == b""
        assert int(answered.getheader("content-length")) > 100


def test_ten_megabytes_are_refused_before_they_are_read(served):
    with socket.create_connection(("127.0.0.1", served[1]), timeout=10) as wire:
        wire.sendall(
            b"POST /v1/applications HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 10000000\r\n\r\n"
        )
        told = wire.recv(65536)  # not one byte of the body was sent
    assert told.startswith(b"HTTP/1.1 413 ")
    assert b"connection: close" in told.lower()
    assert b"application/problem+json" in told


def test_a_chunked_body_without_end_is_cut_off(served):
    running, port = served
    token = running.bearer("portal")["Authorization"]
    with socket.create_connection(("127.0.0.1", port), timeout=10) as wire:
        wire.sendall(
            f"POST /v1/prechecks HTTP/1.1\r\nHost: x\r\nAuthorization: {token}\r\nContent-Type: application/json\r\n"
            "Transfer-Encoding: chunked\r\n\r\n".encode()
        )
        piece = b"10000\r\n" + b" " * 65536 + b"\r\n"
        sent = 0
        try:
            while sent < 200:
                wire.sendall(piece)
                sent += 1
        except OSError:
            pass
        told = b""
        # the server closed while we were still sending; the answer may be lost with what was unread
        with suppress(ConnectionResetError):
            told = wire.recv(65536)
    assert sent < 200 or told.startswith(b"HTTP/1.1 413 ")
    assert running.service.faults() == []


@pytest.mark.parametrize(
    "raw",
    [
        b"POST /v1/prechecks HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /metrics HTTP/1.1\r\nHost: x\r\n\r\n",
        b"POST /v1/prechecks HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
        b"POST /v1/prechecks HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00",
        b"GET / HTTP/9.9\r\n\r\n",
    ],
    ids=["both lengths", "two lengths", "a negative length", "TLS on a plain port", "another version"],
)
def test_a_request_that_two_servers_might_read_differently_is_never_answered_twice(raw, served):
    with socket.create_connection(("127.0.0.1", served[1]), timeout=3) as wire:
        wire.sendall(raw)
        told = b""
        try:
            while piece := wire.recv(65536):
                told += piece
        except (TimeoutError, ConnectionResetError):
            pass
    assert told.count(b"HTTP/1.1 ") <= 1
    assert b"HTTP/1.1 200" not in told
