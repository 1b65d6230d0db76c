"""An image's size from the beginning of its file."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingate.wire.media_size import read_image_size

JPEG = (
    b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00"
    b"\xff\xc4\x00\x04\x00\x00\xff\xc2\x00\x11\x08\x01\x2c\x02\x80\x03"
)
FILES = {
    "png": b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x02\x80\x00\x00\x01\x2c",
    "gif": b"GIF89a\x80\x02\x2c\x01",
    "jpeg": JPEG,
    "webp, extended": b"RIFF\x00\x00\x00\x00WEBPVP8X\x0a\x00\x00\x00\x00\x00\x00\x00\x7f\x02\x00\x2b\x01\x00",
    "webp, lossless": b"RIFF\x00\x00\x00\x00WEBPVP8L\x00\x00\x00\x00\x2f"
    + (0x27F | 0x12B << 14).to_bytes(4, "little"),
    "webp, lossy": b"RIFF\x00\x00\x00\x00WEBPVP8 \x00\x00\x00\x00\x00\x00\x00\x9d\x01\x2a\x80\x02\x2c\x01",
}


@pytest.mark.parametrize("kind", FILES)
def test_its_header_tells(kind: str) -> None:
    assert read_image_size(FILES[kind]) == (640, 300)


@pytest.mark.parametrize("data", [b"", b"%PDF-1.7", b"RIFF\x00\x00\x00\x00WAVE", JPEG[:30], b"\xff\xd8\x00\x00"])
def test_others_do_not(data: bytes) -> None:
    assert read_image_size(data) is None


@given(st.sampled_from(list(FILES.values())), st.integers(0, 40), st.binary(max_size=40))
def test_no_bytes_make_it_raise_or_run_for_ever(start: bytes, cut: int, rest: bytes) -> None:
    read_image_size(start[:cut] + rest)
