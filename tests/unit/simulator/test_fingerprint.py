"""The digest that ids and wording come from."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ingate.simulator.fingerprint import Fingerprint, get_fingerprint


def fingerprint_of(body: bytes, seed: int = 0) -> Fingerprint:
    return get_fingerprint(seed=seed, path=b"/v1/messages", body=body)


BODY: dict[str, Any] = {"model": "m", "max_tokens": 5, "messages": []}


@pytest.mark.parametrize("separators", [(",", ":"), (", ", ": ")])
@pytest.mark.parametrize("place", ["first", "last", "middle"])
@pytest.mark.parametrize("stream", [True, False, None])
def test_stream_makes_no_difference_wherever_it_stands(separators: Any, place: str, stream: Any) -> None:
    asked = {
        "first": {"stream": stream} | BODY,
        "last": BODY | {"stream": stream},
        "middle": {"model": "m", "stream": stream} | BODY,
    }[place]
    plain, streamed = (json.dumps(body, separators=separators).encode() for body in (BODY, asked))
    assert fingerprint_of(streamed) == fingerprint_of(plain)


def test_everything_else_makes_a_difference() -> None:
    one = fingerprint_of(b'{"a":"stream"}')
    assert one != fingerprint_of(b'{"a":"strean"}')
    assert one != fingerprint_of(b'{"a":"stream"}', seed=1)
    assert one != get_fingerprint(seed=0, path=b"/other", body=b'{"a":"stream"}')
    assert fingerprint_of(b'{"stream":"yes","a":1}') != fingerprint_of(b'{"a":1}')


def test_every_place_has_an_id_of_its_own() -> None:
    one = fingerprint_of(b"{}")
    ids = [one.derive_id("toolu_", place) for place in range(20)]
    assert len(set(ids)) == 20
    assert ids[0] == one.tool_use_id
    assert all(len(found) == len("toolu_") + 24 for found in ids)
