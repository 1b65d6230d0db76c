from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from ingate.upstreams.profiles.answer import Head, Headers
from ingate.upstreams.profiles.profile import get_profile

JSON: Headers = [(b"Content-Type", b"application/json")]
SSE: Headers = [(b"Content-Type", b"text/event-stream")]


@dataclass(frozen=True)
class Normalised:
    head: Head
    body: bytes

    @property
    def status(self) -> int:
        return self.head[0]


Pieces = Callable[[bytes], Iterator[bytes]]


def whole(data: bytes) -> Iterator[bytes]:
    yield data


def one_byte_at_a_time(data: bytes) -> Iterator[bytes]:
    return (data[i : i + 1] for i in range(len(data)))


def random_pieces(data: bytes) -> Iterator[bytes]:
    dice = random.Random(len(data))  # noqa: S311 - the same pieces on every run
    position = 0
    while position < len(data):
        size = dice.choice((1, 2, 3, 7, 40, 200, 1000))
        yield data[position : position + size]
        position += size


@pytest.fixture(params=[whole, one_byte_at_a_time, random_pieces])
def pieces(request: pytest.FixtureRequest) -> Pieces:
    return request.param


def normalise(
    profile_name: str,
    body: bytes,
    *,
    status: int = 200,
    headers: Headers = JSON,
    path: bytes = b"/v1/messages",
    request_body: bytes = b'{"model": "asked-for"}',
    pieces: Pieces = whole,
) -> Normalised:
    """What a client gets of an answer through a profile, the way the HTTP upstream uses it."""
    profile = get_profile(profile_name)
    assert profile is not None
    normaliser = profile.normaliser(path=path, request_body=request_body)
    if normaliser is None:
        return Normalised((status, headers), body)
    assert normaliser.head(status, headers) == normaliser.decided_head
    passed = b""
    for piece in pieces(body):
        read = normaliser.read(piece, False)
        assert not read or normaliser.decided_head is not None
        passed += read
    passed += normaliser.read(b"", True)
    head = normaliser.decided_head
    assert head is not None
    return Normalised(head, passed)
