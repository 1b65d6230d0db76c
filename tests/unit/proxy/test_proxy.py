"""The proxy on real sockets: TLS clients that trust the local authority, and planes and hosts that answer them."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from pathlib import Path

import pytest
from tests.unit.proxy.running_proxy import SERVED, running_proxy

from ingate.assembly.proxy import make_server_context
from ingate.proxy.dialer import Limits

REQUEST = f"GET /healthz HTTP/1.1\r\nHost: {SERVED}\r\n\r\n".encode()


async def echo_head(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answers with what it was asked, and closes."""
    with contextlib.suppress(asyncio.IncompleteReadError):
        head = await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + head)
    writer.close()


@pytest.mark.parametrize("version", ["1.0", "1.1"])
def test_a_tls_client_reaches_the_plane_and_its_request_is_untouched(tmp_path: Path, version: str) -> None:
    async def scenario() -> None:
        async with running_proxy(tmp_path, echo_head) as proxy:
            reader, writer = await proxy.tls(version=version)
            writer.write(REQUEST)
            assert (await reader.read()).partition(b"\r\n\r\n")[2] == REQUEST
            writer.close()
            await proxy.settle()

    asyncio.run(scenario())


def test_a_plane_that_speaks_tls_is_asked_for_the_hosts_own_name(tmp_path: Path) -> None:
    names: list[str | None] = []

    async def scenario() -> None:
        context = make_server_context(tmp_path, SERVED)
        context.sni_callback = lambda _socket, name, _context: names.append(name)
        async with running_proxy(tmp_path, echo_head, plane_tls=context) as proxy:
            reader, writer = await proxy.tls()
            writer.write(REQUEST)
            assert (await reader.read()).endswith(REQUEST)
            writer.close()
            await proxy.settle()

    asyncio.run(scenario())
    assert names == [SERVED]


def test_http_1_1_is_all_that_alpn_offers(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with running_proxy(tmp_path, echo_head) as proxy:
            _, writer = await proxy.tls(protocols=("h2", "http/1.1"))
            assert writer.get_extra_info("ssl_object").selected_alpn_protocol() == "http/1.1"
            writer.close()
            await proxy.settle()

    asyncio.run(scenario())


def test_the_certificate_is_that_of_the_name_in_the_tls(tmp_path: Path) -> None:
    other = "another-resource.services.ai.azure.com"

    async def scenario() -> None:
        async with running_proxy(tmp_path, echo_head) as proxy:
            _, writer = await proxy.tls(SERVED, name=other)
            assert writer.get_extra_info("peercert")["subjectAltName"] == (("DNS", other),)
            writer.close()
            with pytest.raises(OSError):  # noqa: PT011 - an alert, or a reset that overtook it
                await proxy.tls(SERVED, name="example.com")
            await proxy.settle()

    asyncio.run(scenario())


def test_the_first_event_of_a_stream_leaves_before_the_second_is_there(tmp_path: Path) -> None:
    async def scenario() -> None:
        was_read = asyncio.Event()

        async def stream(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(b"event: one\n\n")
            await was_read.wait()
            writer.write(b"event: two\n\n")
            writer.close()

        async with running_proxy(tmp_path, stream) as proxy, asyncio.timeout(10):
            reader, writer = await proxy.tls()
            writer.write(REQUEST)
            assert await reader.readuntil(b"\n\n") == b"event: one\n\n"
            was_read.set()
            assert await reader.read() == b"event: two\n\n"
            writer.close()
            await proxy.settle()

    asyncio.run(scenario())


def test_a_client_that_does_not_read_slows_the_plane(tmp_path: Path) -> None:
    size, written = 32 * 1024 * 1024, 0

    async def scenario() -> None:
        async def pour(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            nonlocal written
            await reader.readuntil(b"\r\n\r\n")
            while written < size:
                writer.write(b"x" * 65536)
                await writer.drain()
                written += 65536
            writer.close()

        async with running_proxy(tmp_path, pour) as proxy, asyncio.timeout(60):
            reader, writer = await proxy.tls()
            writer.write(REQUEST)
            await asyncio.sleep(0.5)
            stalled_at = written
            await asyncio.sleep(0.3)
            assert written == stalled_at < size, "what is not read is not fetched"
            received = 0
            while part := await reader.read(1 << 20):
                received += len(part)
            assert received == size
            writer.close()
            await proxy.settle()

    asyncio.run(scenario())


def test_a_client_that_leaves_ends_the_planes_connection(tmp_path: Path) -> None:
    async def scenario() -> None:
        saw_end = asyncio.Event()

        async def wait(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.read()
            saw_end.set()
            writer.close()

        async with running_proxy(tmp_path, wait) as proxy:
            _, writer = await proxy.tls()
            writer.write(REQUEST)
            await writer.drain()
            writer.transport.abort()
            await asyncio.wait_for(saw_end.wait(), 5)
            await proxy.settle()

    asyncio.run(scenario())


def test_an_allowed_host_is_passed_on_untouched_and_may_end_one_direction_first(tmp_path: Path) -> None:
    async def scenario() -> None:
        async def count(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(b"%d bytes" % len(await reader.read()))
            writer.close()

        host = await asyncio.start_server(count, "127.0.0.1", 0)
        target = f"127.0.0.1:{host.sockets[0].getsockname()[1]}"
        async with running_proxy(tmp_path, echo_head, allowed=("127.0.0.1",)) as proxy:
            reader, writer = await proxy.tunnel(target)
            writer.write(b"not TLS at all")
            writer.write_eof()
            assert await reader.read() == b"14 bytes"
            writer.close()
            await proxy.settle()
        host.close()

    asyncio.run(scenario())


def test_other_hosts_are_refused_and_named(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with running_proxy(tmp_path, echo_head) as proxy:
            answer = await proxy.ask("CONNECT example.com:443 HTTP/1.1\r\n\r\n")
            assert answer.startswith(b"HTTP/1.1 403 Forbidden\r\n")
            assert b"--allow example.com" in answer
            assert b" 403 " in await proxy.ask(f"CONNECT {SERVED}:8443 HTTP/1.1\r\n\r\n")
            assert b" 403 " in await proxy.ask(f"GET http://{SERVED}/ HTTP/1.1\r\n\r\n")
            assert proxy.heard.not_let_out == ["example.com:443", f"{SERVED}:8443", f"{SERVED}:80"]

    asyncio.run(scenario())


def test_with_passthrough_a_host_that_cannot_be_reached_is_a_502(tmp_path: Path) -> None:
    async def scenario() -> None:
        closed = await asyncio.start_server(echo_head, "127.0.0.1", 0)
        port = closed.sockets[0].getsockname()[1]
        closed.close()
        await closed.wait_closed()
        async with running_proxy(tmp_path, echo_head, passes_everything=True) as proxy:
            answer = await proxy.ask(f"CONNECT 127.0.0.1:{port} HTTP/1.1\r\n\r\n")
            assert answer.startswith(b"HTTP/1.1 502 Bad Gateway\r\n")
            assert len(proxy.heard.unreachable) == 1

    asyncio.run(scenario())


def test_the_metadata_service_is_asked_in_origin_form(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with running_proxy(tmp_path, echo_head) as proxy:
            asked = "GET http://169.254.169.254/metadata/identity/oauth2/token?resource=x HTTP/1.1\r\n"
            answer = await proxy.ask(asked + "Host: wrong\r\nMetadata: true\r\nProxy-Connection: keep-alive\r\n\r\n")
            assert answer.partition(b"\r\n\r\n")[2] == (
                b"GET /metadata/identity/oauth2/token?resource=x HTTP/1.1\r\n"
                b"Host: 169.254.169.254\r\nMetadata: true\r\nConnection: close\r\n\r\n"
            )
            await proxy.settle()

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("head", "status"),
    [
        ("\x16\x03\x01 a TLS hello", 400),
        ("CONNECT example.com:443 HTTP/1.1\n\n", 400),
        ("CONNECT example.com HTTP/1.1\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", 400),
        (f"CONNECT {SERVED}:443 HTTP/1.1\r\n\r\n\x16\x03\x01", 400),
        ("CONNECT example.com:443 HTTP/1.1\r\nX: " + "y" * 20_000, 431),
        ("CONNECT example.com:443 HT", 408),
    ],
)
def test_what_is_no_request_for_a_proxy_is_told_so(tmp_path: Path, head: str, status: int) -> None:
    async def scenario() -> None:
        async with running_proxy(tmp_path, echo_head, limits=Limits(head_seconds=0.3)) as proxy:
            answer = await proxy.ask(head)
            assert answer.startswith(b"HTTP/1.1 %d " % status), answer
            assert b"\r\n\r\ningate proxy: " in answer

    asyncio.run(scenario())


def test_connections_beyond_the_limit_are_refused(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with running_proxy(tmp_path, echo_head, limits=Limits(connections=1)) as proxy:
            _, writer = await proxy.tls()
            assert b" 503 " in await proxy.ask(f"CONNECT {SERVED}:443 HTTP/1.1\r\n\r\n")
            writer.close()
            await proxy.settle()
            reader, writer = await proxy.tls()
            writer.write(REQUEST)
            assert await reader.read()
            writer.close()
            await proxy.settle()

    asyncio.run(scenario())


def test_a_tunnel_in_which_nothing_moves_is_closed(tmp_path: Path) -> None:
    async def scenario() -> None:
        async def wait(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.read()
            writer.close()

        async with running_proxy(tmp_path, wait, limits=Limits(idle_seconds=0.2)) as proxy:
            reader, writer = await proxy.tls()
            with contextlib.suppress(ConnectionError):
                assert await asyncio.wait_for(reader.read(), 5) == b""
            writer.close()
            await proxy.settle()

    asyncio.run(scenario())


def test_a_client_that_does_not_trust_the_authority_is_noticed(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with running_proxy(tmp_path, echo_head) as proxy:
            _, writer = await proxy.tunnel()
            with pytest.raises(ssl.SSLCertVerificationError):
                await writer.start_tls(ssl.create_default_context(), server_hostname=SERVED)
            await proxy.settle()
            assert proxy.heard.untrusted == [SERVED]

    asyncio.run(scenario())
