"""TLS from the first byte, on real sockets: the name in it decides where a client is led."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from pathlib import Path

import pytest
from tests.unit.proxy.running_proxy import NEAR, SERVED, running_proxy

from ingate.assembly.proxy import make_server_context
from ingate.proxy import direct
from ingate.proxy.dialer import Limits


def render_request(host: str) -> bytes:
    return f"GET /healthz HTTP/1.1\r\nHost: {host}\r\n\r\n".encode()


async def echo_head(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answers with what it was asked, and closes."""
    head = await reader.read(65536)
    writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + head)
    writer.close()


@pytest.mark.parametrize("host", [SERVED, "another.services.ai.azure.com", NEAR, "localhost", "team-b.localhost"])
def test_each_name_has_its_certificate_and_its_plane(tmp_path: Path, host: str) -> None:
    async def scenario() -> None:
        async with running_proxy(tmp_path, echo_head) as proxy:
            reader, writer = await proxy.direct(host)
            writer.write(render_request(host))
            assert (await reader.read()).partition(b"\r\n\r\n")[2] == render_request(host)
            writer.close()
            await proxy.settle()
            assert proxy.heard.served == [host]
            assert proxy.heard.left_unheard == []

    asyncio.run(scenario())


def test_a_client_that_names_no_host_gets_this_machines_certificate(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with running_proxy(tmp_path, echo_head) as proxy:
            reader, writer = await proxy.direct(None)
            assert ("IP Address", "127.0.0.1") in writer.get_extra_info("peercert")["subjectAltName"]
            writer.write(render_request("127.0.0.1"))
            assert (await reader.read()).startswith(b"HTTP/1.1 200 OK")
            writer.close()
            await proxy.settle()

    asyncio.run(scenario())


@pytest.mark.parametrize("host", ["example.com", "services.ai.azure.com", "a.b.services.ai.azure.com"])
def test_other_names_are_refused_and_told(tmp_path: Path, host: str) -> None:
    async def scenario() -> None:
        async with running_proxy(tmp_path, echo_head) as proxy:
            with pytest.raises(OSError):  # noqa: PT011 - an alert, or a reset that overtook it
                await proxy.direct(host)
            await proxy.settle()
            assert proxy.heard.not_let_out == [f"{host}:443"]
            assert proxy.heard.untrusted == []

    asyncio.run(scenario())


def test_a_client_on_another_machine_reaches_the_gateways_hosts_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def is_on_this_machine(_transport: asyncio.Transport) -> bool:
        return False

    monkeypatch.setattr(direct, "is_on_this_machine", is_on_this_machine)

    async def scenario() -> None:
        async with running_proxy(tmp_path, echo_head) as proxy:
            with pytest.raises(OSError):  # noqa: PT011
                await proxy.direct(NEAR)
            _, writer = await proxy.direct(SERVED)
            writer.close()
            await proxy.settle()
            assert proxy.heard.not_let_out == [f"{NEAR}:443"]
            assert proxy.heard.served == [SERVED]

    asyncio.run(scenario())


def test_what_comes_with_the_handshake_is_not_lost_while_the_plane_is_reached(tmp_path: Path) -> None:
    """The client writes at once; the plane takes its time."""

    async def scenario() -> None:
        context = make_server_context(tmp_path, SERVED)
        async with running_proxy(tmp_path, echo_head, plane_tls=context) as proxy:
            for _ in range(20):
                reader, writer = await proxy.direct(SERVED)
                writer.write(render_request(SERVED))
                assert (await reader.read()).endswith(render_request(SERVED))
                writer.close()
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
            reader, writer = await proxy.direct()
            writer.write(render_request(SERVED))
            assert await reader.readuntil(b"\n\n") == b"event: one\n\n"
            was_read.set()
            assert await reader.read() == b"event: two\n\n"
            writer.close()
            await proxy.settle()

    asyncio.run(scenario())


def test_a_plane_that_is_away_is_a_502(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with running_proxy(tmp_path, echo_head) as proxy:
            proxy.plane.close()
            await proxy.plane.wait_closed()
            reader, writer = await proxy.direct()
            assert (await reader.read()).startswith(b"HTTP/1.1 502 Bad Gateway\r\n")
            writer.close()
            await proxy.settle()
            assert len(proxy.heard.unreachable) == 1

    asyncio.run(scenario())


def test_distrust_is_noticed_and_so_is_leaving_without_a_word(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with running_proxy(tmp_path, echo_head) as proxy:
            with pytest.raises(ssl.SSLCertVerificationError):
                await proxy.direct(trusts=False)
            _, writer = await proxy.direct()
            writer.close()
            await writer.wait_closed()
            await proxy.settle()
            assert proxy.heard.untrusted == [SERVED]
            assert proxy.heard.left_unheard == [SERVED]

    asyncio.run(scenario())


def test_what_is_no_tls_is_nobodys_distrust(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with running_proxy(tmp_path, echo_head, limits=Limits(handshake_seconds=0.3)) as proxy:
            for said in (b"GET / HTTP/1.1\r\n\r\n", b"", None):
                reader, writer = await asyncio.open_connection("127.0.0.1", proxy.direct_port)
                if said:
                    writer.write(said)
                if said is not None:
                    writer.write_eof()
                with contextlib.suppress(ConnectionError):  # closed on what was not read
                    await reader.read()
                writer.close()
            await proxy.settle()
            assert (proxy.heard.untrusted, proxy.heard.not_let_out) == ([], [])

    asyncio.run(scenario())


def test_connections_beyond_the_limit_are_closed(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with running_proxy(tmp_path, echo_head, limits=Limits(connections=1)) as proxy:
            _, writer = await proxy.direct()
            with pytest.raises(OSError):  # noqa: PT011
                await proxy.direct()
            writer.close()
            await proxy.settle()

    asyncio.run(scenario())
