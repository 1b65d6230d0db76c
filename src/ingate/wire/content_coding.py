"""Content codings: what a side reader does to see into a compressed answer (RFC 9110 section 8.4.1, RFC 9659).

Decoders give back bounded pieces, so that a few bytes that stand for gigabytes cost neither memory nor time. The
libraries for br and zstd are imported with the first answer that needs them.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any, Literal, Protocol

PIECE = 64 * 1024
"""Bytes of a decoded piece, about."""

FREE_BYTES = 1024 * 1024
EXPANSION = 100
"""Once more than FREE_BYTES are decoded, what a byte of an answer may stand for. Event streams reach 30."""

ZSTD_WINDOW_LOG = 23
"""8 MiB, the most that RFC 9659 lets a sender assume."""

DecodingProblem = Literal["unknown-coding", "broken-coding", "expands-too-much"]
"""Why an answer could not be seen into."""


class _Broken(Exception):
    """The bytes are not what the coding promises."""


class _Decoder(Protocol):
    def decode(self, data: bytes) -> Iterator[bytes]:
        """What `data` adds, in pieces. Raises _Broken."""
        ...


class _Zlib:
    """gzip, of any number of members; deflate, with zlib's frame as it should be or bare as some senders have it."""

    def __init__(self, *, is_gzip: bool) -> None:
        self._is_gzip = is_gzip
        self._inner = zlib.decompressobj(31) if is_gzip else None
        self._start = b""

    def decode(self, data: bytes) -> Iterator[bytes]:
        if self._inner is None:
            data = self._start = self._start + data
            if len(data) < 2:
                return
            self._inner = zlib.decompressobj(15 if _has_zlib_frame(data) else -15)
        try:
            piece = b""
            while data or len(piece) >= PIECE:
                piece = self._inner.decompress(data, PIECE)
                yield piece
                data = self._inner.unconsumed_tail
                if self._inner.eof:
                    data = self._inner.unused_data.lstrip(b"\0") if self._is_gzip else b""
                    self._inner = zlib.decompressobj(31 if self._is_gzip else 15)
        except zlib.error as error:
            raise _Broken from error


def _has_zlib_frame(data: bytes) -> bool:
    return data[0] & 0x0F == 8 and (data[0] << 8 | data[1]) % 31 == 0


class _Brotli:
    def __init__(self) -> None:
        brotli: Any = import_module("brotli")
        self._inner = brotli.Decompressor()
        self._error: type[Exception] = brotli.error

    def decode(self, data: bytes) -> Iterator[bytes]:
        try:
            piece: bytes = self._inner.process(data, output_buffer_limit=PIECE)
            while piece:
                yield piece
                piece = self._inner.process(b"", output_buffer_limit=PIECE)
        except self._error as error:
            raise _Broken from error


class _Zstd:
    def __init__(self) -> None:
        try:
            zstd: Any = import_module("compression.zstd")
        except ImportError:
            zstd = import_module("backports.zstd")
        options = {zstd.DecompressionParameter.window_log_max: ZSTD_WINDOW_LOG}
        self._make: Callable[[], Any] = lambda: zstd.ZstdDecompressor(options=options)
        self._inner = self._make()
        self._error: type[Exception] = zstd.ZstdError

    def decode(self, data: bytes) -> Iterator[bytes]:
        try:
            while data or not self._inner.needs_input:
                yield self._inner.decompress(data, PIECE)
                data = b""
                if self._inner.eof:
                    data = self._inner.unused_data
                    self._inner = self._make()
        except self._error as error:
            raise _Broken from error


_DECODERS: dict[bytes, Callable[[], _Decoder]] = {
    b"gzip": lambda: _Zlib(is_gzip=True),
    b"x-gzip": lambda: _Zlib(is_gzip=True),
    b"deflate": lambda: _Zlib(is_gzip=False),
    b"br": _Brotli,
    b"zstd": _Zstd,
}


class ContentReader:
    """Hands on what a coded answer says, as it comes, for as long as it can be decoded at a bounded cost."""

    __slots__ = ("_allowed", "_decoder", "_read", "problem", "unread_bytes")

    def __init__(self, coding: bytes, read: Callable[[bytes], None]) -> None:
        """`coding` is the value of Content-Encoding; `read` is called with decoded bytes."""
        make = _DECODERS.get(coding.strip().lower())
        self._decoder = make() if make is not None else None
        self._read = read
        self._allowed = FREE_BYTES
        self.problem: DecodingProblem | None = "unknown-coding" if make is None else None
        self.unread_bytes = 0
        """What has come since nothing could be seen any more, still coded."""

    def read(self, data: bytes) -> None:
        if self._decoder is None:
            self.unread_bytes += len(data)
            return
        self._allowed += len(data) * EXPANSION
        try:
            for piece in self._decoder.decode(data):
                self._allowed -= len(piece)
                if self._allowed < 0:
                    self._give_up("expands-too-much")
                    return
                if piece:
                    self._read(piece)
        except _Broken:
            self._give_up("broken-coding")

    def _give_up(self, problem: DecodingProblem) -> None:
        self._decoder = None
        self.problem = problem
