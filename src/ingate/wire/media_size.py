"""How large an image is, from the first bytes of its file: PNG, GIF, WebP and JPEG, the kinds that Claude reads."""

from __future__ import annotations

Size = tuple[int, int]
"""Width and height in pixels."""

_FRAME_HEADERS = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
"""JPEG's markers of a frame header (ITU T.81, table B.1)."""


def read_image_size(start: bytes) -> Size | None:
    """None when these bytes do not tell."""
    if start.startswith(b"\x89PNG\r\n\x1a\n"):
        return _big(start[16:20]), _big(start[20:24])
    if start.startswith((b"GIF87a", b"GIF89a")):
        return _little(start[6:8]), _little(start[8:10])
    if start.startswith(b"RIFF") and start[8:12] == b"WEBP":
        return _read_webp(start)
    if start.startswith(b"\xff\xd8"):
        return _read_jpeg(start)
    return None


def _read_webp(start: bytes) -> Size | None:
    """https://developers.google.com/speed/webp/docs/riff_container"""
    match start[12:16]:
        case b"VP8X":
            return _little(start[24:27]) + 1, _little(start[27:30]) + 1
        case b"VP8L":
            bits = _little(start[21:25])
            return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
        case b"VP8 ":
            return _little(start[26:28]) & 0x3FFF, _little(start[28:30]) & 0x3FFF
        case _:
            return None


def _read_jpeg(start: bytes) -> Size | None:
    position = 2
    while position + 9 <= len(start) and start[position] == 0xFF:
        if start[position + 1] in _FRAME_HEADERS:
            return _big(start[position + 7 : position + 9]), _big(start[position + 5 : position + 7])
        position += 2 + max(2, _big(start[position + 2 : position + 4]))
    return None


def _big(data: bytes) -> int:
    return int.from_bytes(data, "big")


def _little(data: bytes) -> int:
    return int.from_bytes(data, "little")
