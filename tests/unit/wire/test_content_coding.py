"""Seeing into a compressed answer: whatever the coding and the chunking, at a bounded cost."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.content_codings import CODINGS, compress_deflate_bare

from ingate.wire.content_coding import EXPANSION, FREE_BYTES, PIECE, ContentReader

TEXT = b'event: ping\ndata: {"type":"ping"}\n\n' * 9000 + bytes(range(256)) * 50


def decode(coding: bytes, data: bytes, chunk: int) -> tuple[bytes, ContentReader]:
    pieces: list[bytes] = []
    reader = ContentReader(coding, pieces.append)
    for start in range(0, len(data), chunk):
        reader.read(data[start : start + chunk])
    return b"".join(pieces), reader


@pytest.mark.parametrize("chunk", [1, 100, 10**9])
@pytest.mark.parametrize("coding", CODINGS)
def test_what_was_compressed_is_seen(coding: bytes, chunk: int) -> None:
    seen, reader = decode(coding, CODINGS[coding](TEXT), chunk)
    assert seen == TEXT
    assert (reader.problem, reader.unread_bytes) == (None, 0)


@pytest.mark.parametrize("chunk", [1, 10**9])
def test_deflate_without_its_frame_is_seen_too(chunk: int) -> None:
    assert decode(b"deflate", compress_deflate_bare(TEXT), chunk)[0] == TEXT


@pytest.mark.parametrize("chunk", [1, 100, 10**9])
@pytest.mark.parametrize("coding", [b"gzip", b"zstd"])
def test_one_member_may_follow_another(coding: bytes, chunk: int) -> None:
    compress = CODINGS[coding]
    assert decode(coding, compress(b"one ") + compress(b"two"), chunk)[0] == b"one two"


@pytest.mark.parametrize("coding", [b"GZip", b" gzip ", b"x-gzip"])
def test_its_name_may_be_spelled_in_several_ways(coding: bytes) -> None:
    assert decode(coding, CODINGS[b"gzip"](b"x"), 10)[0] == b"x"


@pytest.mark.parametrize("coding", [b"compress", b"gzip, br", b"", b"\xff"])
def test_of_an_unknown_coding_nothing_is_seen(coding: bytes) -> None:
    seen, reader = decode(coding, b"whatever", 3)
    assert (seen, reader.problem, reader.unread_bytes) == (b"", "unknown-coding", 8)


@pytest.mark.parametrize("coding", CODINGS)
def test_what_is_damaged_is_seen_up_to_there(coding: bytes) -> None:
    compressed = bytearray(CODINGS[coding](TEXT))
    begin = {b"gzip": 10, b"deflate": 2}.get(
        coding, len(compressed) // 2
    )  # 0xff is a kind of block that there is not
    compressed[begin:] = b"\xff" * 3000
    seen, reader = decode(coding, bytes(compressed), 100)
    assert reader.problem == "broken-coding"
    assert TEXT.startswith(seen[: PIECE // 2])
    assert reader.unread_bytes > 0


@pytest.mark.parametrize("coding", CODINGS)
def test_a_few_bytes_that_stand_for_very_many_are_given_up(coding: bytes) -> None:
    bomb = CODINGS[coding](bytes(64 * 1024 * 1024))
    pieces: list[int] = []
    reader = ContentReader(coding, lambda piece: pieces.append(len(piece)))
    reader.read(bomb)
    assert reader.problem == "expands-too-much"
    assert sum(pieces) <= FREE_BYTES + EXPANSION * len(bomb)
    assert max(pieces) <= 4 * PIECE


def test_a_window_larger_than_the_standard_allows_is_refused() -> None:
    frame = bytes.fromhex("28b52ffd") + bytes([0x00, 0x98]) + bytes([0x01, 0x00, 0x00])  # 512 MiB
    assert decode(b"zstd", frame, 100)[1].problem == "broken-coding"


@given(st.sampled_from([*CODINGS, b"x"]), st.binary(max_size=200), st.integers(1, 50))
def test_no_bytes_make_it_raise(coding: bytes, data: bytes, chunk: int) -> None:
    decode(coding, data, chunk)


def test_the_libraries_are_not_imported_before_they_are_needed() -> None:
    code = "import sys, ingate.assembly.gateway; print(sorted({'brotli', 'backports.zstd'} & set(sys.modules)))"
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "[]"
