"""What compresses an answer, by the name that Content-Encoding has for it."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable
from importlib import import_module
from typing import Any

from backports import zstd

_brotli: Any = import_module("brotli")  # it has no types


def compress_deflate_bare(data: bytes) -> bytes:
    """Without zlib's frame, as some servers send it under the name of `deflate`."""
    stream = zlib.compressobj(wbits=-15)
    return stream.compress(data) + stream.flush()


def compress_brotli(data: bytes) -> bytes:
    return _brotli.compress(data, quality=5)


CODINGS: dict[bytes, Callable[[bytes], bytes]] = {
    b"gzip": gzip.compress,
    b"deflate": zlib.compress,
    b"br": compress_brotli,
    b"zstd": zstd.compress,
}
