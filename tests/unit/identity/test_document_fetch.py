"""Against a server on loopback: what is fetched is small, there at once, and where it was said to be."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator

import pytest

from ingate.identity import document_fetch
from ingate.identity.document_fetch import LARGEST, fetch_document

pytestmark = pytest.mark.anyio


@pytest.fixture
async def server(anyio_backend: str) -> AsyncGenerator[str]:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        path = (await reader.readuntil(b"\r\n\r\n")).split()[1].decode()
        body = b"x" * (LARGEST + 1) if path == "/large" else b"{}"
        head = {"/moved": "302 Found\r\nlocation: /keys", "/none": "404 Not Found"}.get(path, "200 OK")
        writer.write(f"HTTP/1.1 {head}\r\ncontent-length: {len(body)}\r\nconnection: close\r\n\r\n".encode() + body)
        writer.close()

    listening = await asyncio.start_server(answer, "127.0.0.1", 0)
    yield f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
    listening.close()


@pytest.mark.parametrize(
    ("path", "expected"), [("/keys", b"{}"), ("/moved", None), ("/none", None), ("/large", None)]
)
async def test_what_is_taken(server: str, path: str, expected: bytes | None) -> None:
    assert await fetch_document(server + path) == expected


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/keys", "http://", "ftp://127.0.0.1/keys", "http://127.0.0.1:x/"])
async def test_where_nobody_answers_there_is_nothing(url: str) -> None:
    assert await fetch_document(url) is None


async def test_an_issuer_that_never_ends_its_answer_is_given_up(
    anyio_backend: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each step has its time, and an answer in drops takes many."""
    monkeypatch.setattr(document_fetch, "TIMEOUT", 0.2)

    left = asyncio.Event()

    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n")
        with contextlib.suppress(ConnectionError):
            for _ in range(40):
                writer.write(b" ")
                await writer.drain()
                await asyncio.sleep(0.05)
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()
        left.set()

    listening = await asyncio.start_server(drip, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}/keys"
    async with asyncio.timeout(1):
        assert await document_fetch.fetch_document(url) is None
    await left.wait()
    listening.close()
