"""Streams of requests, sound and spoiled, for the fuzz target."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Literal

from tests.support.messages_requests import (
    BASE_HEADERS,
    MESSAGES_TARGET,
    health_request,
    messages_request,
    render_body,
)
from tests.support.strict_http import render_chunks

from .corpus import CORPUS

Dice = random.Random
Mutation = Callable[[Dice, bytes], bytes]

PLACEHOLDER = b"@marker@"

FRAGMENTS = (
    b"\r\n",
    b"\n",
    b"\r",
    b"\r\n\r\n",
    b"\0",
    b" ",
    b"\t",
    b":",
    b",",
    b";",
    b"0",
    b"0\r\n\r\n",
    b"5\r\nhello\r\n",
    b"ffffffffffffffff\r\n",
    b"Content-Length: 0\r\n",
    b"Content-Length: 5\r\n",
    b"content-length:1000000000000\r\n",
    b"Transfer-Encoding: chunked\r\n",
    b"Transfer-Encoding: identity\r\n",
    b"transfer-encoding:\tchunked\r\n",
    b"Transfer-Encoding : chunked\r\n",
    b"Connection: close\r\n",
    b"Connection: keep-alive\r\n",
    b"Connection: content-length, transfer-encoding, host, api-key, x-marker\r\n",
    b"Connection: upgrade\r\nUpgrade: h2c\r\n",
    b"Expect: 100-continue\r\n",
    b"Host: other\r\n",
    b" folded\r\n",
    b"X-Odd: \x80\xff\r\n",
    b"X-Odd: a\rb\r\n",
    b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n",
    b"POST /anthropic/v1/messages HTTP/1.1\r\n",
    b"HTTP/1.0",
    b"HTTP/1.1",
    b"CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n",
    b'"model":',
    b'{"model":"front-deployment"}',
    b"\\u",
    b"\xef\xbb\xbf",
)


def draw_stream(dice: Dice, number: int) -> bytes:
    """One to five requests, a third of the time sound and otherwise spoiled in one to three places."""
    requests = [draw_request(dice) for _ in range(dice.choice((1, 1, 2, 3, 5)))]
    marked = [r.replace(PLACEHOLDER, b"m-%d-%d" % (number, i)) for i, r in enumerate(requests)]
    stream = b"".join(marked)
    if dice.random() < 0.67:
        for _ in range(dice.choice((1, 1, 2, 3))):
            stream = dice.choice(MUTATIONS)(dice, stream)
    return stream


def draw_request(dice: Dice) -> bytes:
    kind = dice.random()
    if kind < 0.2:
        return health_request(((b"x-marker", PLACEHOLDER),))
    if kind < 0.25:
        return health_request().replace(b"GET", b"HEAD", 1)
    if kind < 0.45:
        return dice.choice(SEEDS)
    body = render_body(text="t" * dice.choice((0, 1, 10, 100, 3000)), stream=dice.random() < 0.3)
    if kind < 0.7:
        return messages_request(PLACEHOLDER, body=body, headers=_draw_headers(dice))
    return draw_chunked(dice, body)


def draw_chunked(dice: Dice, body: bytes) -> bytes:
    headers = (*BASE_HEADERS, (b"x-marker", PLACEHOLDER), (b"transfer-encoding", b"chunked"), *_draw_headers(dice))
    head = b"POST %b HTTP/1.1\r\n" % MESSAGES_TARGET + b"".join(b"%b: %b\r\n" % header for header in headers)
    chunks = render_chunks(draw_segments(dice, body, dice.choice((1, 2, 5))))
    if dice.random() < 0.3:
        chunks = chunks[:-2] + b"X-Trailer: t\r\n\r\n"
    return head + b"\r\n" + chunks


def _draw_headers(dice: Dice) -> tuple[tuple[bytes, bytes], ...]:
    names = (b"x-a", b"anthropic-beta", b"user-agent", b"x-forwarded-for", b"cookie", b"content-length-x")
    return tuple((dice.choice(names), b"v" * dice.randrange(20)) for _ in range(dice.choice((0, 0, 1, 4))))


def draw_segments(dice: Dice, data: bytes, most: int) -> list[bytes]:
    """`data` cut in at most so many places."""
    cuts = sorted(dice.randrange(len(data) + 1) for _ in range(dice.randrange(most + 1))) if data else []
    edges = [0, *cuts, len(data)]
    return [data[start:end] for start, end in zip(edges, edges[1:], strict=False) if start < end]


def _flip(dice: Dice, data: bytes) -> bytes:
    position = _place(dice, data)
    return data[:position] + bytes([dice.randrange(256)]) + data[position + 1 :]


def _insert(dice: Dice, data: bytes) -> bytes:
    position = _place(dice, data)
    return data[:position] + dice.choice(FRAGMENTS) + data[position:]


def _delete(dice: Dice, data: bytes) -> bytes:
    position = _place(dice, data)
    return data[:position] + data[position + dice.choice((1, 1, 2, 10, 100)) :]


def _repeat(dice: Dice, data: bytes) -> bytes:
    start, end = _place(dice, data), _place(dice, data)
    return data[: max(start, end)] + data[min(start, end) :]


def _truncate(dice: Dice, data: bytes) -> bytes:
    return data[: _place(dice, data)]


def _splice(dice: Dice, data: bytes) -> bytes:
    other = dice.choice(SEEDS)
    return data[: _place(dice, data)] + other[_place(dice, other) :]


def _renumber(dice: Dice, data: bytes) -> bytes:
    """Changes a digit: most of them are lengths, chunk sizes and versions."""
    digits = [i for i, byte in enumerate(data) if byte in b"0123456789"]
    if not digits:
        return data
    position = dice.choice(digits)
    return (
        data[:position] + dice.choice((b"0", b"1", b"9", b"-1", b"+1", b"00", b"1e1", b"0x1")) + data[position + 1 :]
    )


def _move_line(dice: Dice, data: bytes) -> bytes:
    lines = data.split(b"\r\n")
    line = lines.pop(dice.randrange(len(lines)))
    lines.insert(dice.randrange(len(lines) + 1), line)
    return b"\r\n".join(lines)


def _swap_case(dice: Dice, data: bytes) -> bytes:
    start = _place(dice, data)
    return data[:start] + data[start : start + 12].swapcase() + data[start + 12 :]


def _place(dice: Dice, data: bytes) -> int:
    """Anywhere, or just after or before the end of a line, where framing is decided."""
    if not data:
        return 0
    position = dice.randrange(len(data))
    kind: Literal["anywhere", "after", "before"] = dice.choice(("anywhere", "after", "before"))
    end = data.find(b"\r\n", position)
    if kind == "anywhere" or end < 0:
        return position
    return end + 2 if kind == "after" else end


MUTATIONS: tuple[Mutation, ...] = (
    _flip,
    _insert,
    _insert,
    _delete,
    _repeat,
    _truncate,
    _splice,
    _renumber,
    _move_line,
    _swap_case,
)

SEEDS: tuple[bytes, ...] = tuple(
    sent
    for sent in (b"".join(part for part in case.sent if isinstance(part, bytes)) for case in CORPUS)
    # llhttp reads RTSP/1.0 as HTTP/1.0 (see the corpus); the strict reader does not.
    if 0 < len(sent) < 5000 and b"RTSP/" not in sent
)
