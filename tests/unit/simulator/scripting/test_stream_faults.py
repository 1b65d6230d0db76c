"""Where faults come in a stream, whatever its pieces."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingate.simulator.scripting.responses import FaultKind, StreamFault
from ingate.simulator.scripting.stream_faults import insert_fault, split_events

CONTENTS = st.lists(st.binary(min_size=1, max_size=9), max_size=8)


def make_fault(
    kind: FaultKind, *, after_events: int | None = None, after_bytes: int | None = None, seconds: float = 0
) -> StreamFault:
    return StreamFault(
        kind=kind, after_events=after_events, after_bytes=after_bytes, seconds=seconds, error={}, data=b"?"
    )


def play(contents: list[bytes], fault: StreamFault) -> tuple[list[tuple[float, bytes]], bool]:
    pieces: list[tuple[float, bytes]] = []
    try:
        for piece in insert_fault([(1.0, content) for content in contents], fault):
            pieces.append(piece)  # noqa: PERF402 - those before the cut are wanted
    except ConnectionResetError:
        return pieces, True
    return pieces, False


@given(CONTENTS, st.integers(0, 80))
def test_a_cut_after_bytes_leaves_so_many_or_all_but_the_last_piece(contents: list[bytes], count: int) -> None:
    pieces, is_cut = play(contents, make_fault("disconnect", after_bytes=count))
    whole = b"".join(contents)
    sent = b"".join(content for _, content in pieces)
    assert is_cut
    assert sent == (whole[:count] if count < len(whole) else b"".join(contents[:-1]))


@given(CONTENTS, st.integers(0, 9))
def test_a_truncated_stream_never_has_its_last_event(contents: list[bytes], count: int) -> None:
    pieces, is_cut = play(contents, make_fault("truncate", after_events=count))
    assert not is_cut
    assert [content for _, content in pieces] == contents[:-1][:count]


@given(CONTENTS, st.integers(0, 80), st.booleans())
def test_a_stall_loses_nothing(contents: list[bytes], count: int, by_bytes: bool) -> None:
    after_bytes, after_events = (count, None) if by_bytes else (None, count)
    fault = make_fault("stall", seconds=9, after_bytes=after_bytes, after_events=after_events)
    pieces, _ = play(contents, fault)
    assert b"".join(content for _, content in pieces) == b"".join(contents)
    if contents:
        assert sum(wait for wait, _ in pieces) == pytest.approx(len(contents) + 9)


def test_malformed_data_comes_between_the_others() -> None:
    pieces, _ = play([b"a", b"b", b"c"], make_fault("malformed", after_events=2))
    assert [content for _, content in pieces] == [b"a", b"b", b"?", b"c"]


@given(st.lists(st.sampled_from([b"a", b"\n", b"\r\n", b"\n\n", b"data: x"])))
def test_a_recorded_stream_is_split_without_a_byte_lost(parts: list[bytes]) -> None:
    content = b"".join(parts)
    assert b"".join(split_events(content)) == content
