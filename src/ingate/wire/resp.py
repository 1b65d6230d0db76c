"""RESP2, the protocol of Valkey and Redis: the part that commands and the replies to them need.

https://valkey.io/topics/protocol/
"""

from __future__ import annotations

from dataclasses import dataclass

LARGEST_BULK = 1 << 20
LONGEST_LINE = 1 << 16
LARGEST_ARRAY = 1 << 10
DEEPEST_ARRAY = 8


@dataclass(frozen=True, slots=True)
class ReplyError:
    """What the server says instead of a reply, such as `NOSCRIPT No matching script.`"""

    text: str

    @property
    def code(self) -> str:
        """The first word."""
        return self.text.partition(" ")[0]


Reply = int | bytes | None | ReplyError | list["Reply"]


class MalformedReply(ValueError):
    """The bytes are no RESP2, or more than any reply to our commands has."""


def render_command(*parts: bytes) -> bytes:
    return b"*%d\r\n" % len(parts) + b"".join(map(render_part, parts))


def render_part(part: bytes) -> bytes:
    return b"$%d\r\n%b\r\n" % (len(part), part)


class _Incomplete(Exception):
    """The rest has yet to come."""


class ReplyReader:
    """Bytes, cut anywhere, to replies."""

    __slots__ = ("_data", "_position")

    def __init__(self) -> None:
        self._data = b""
        self._position = 0

    def read(self, data: bytes) -> list[Reply]:
        """The replies that are now whole. Raises MalformedReply, and is of no use after that."""
        self._data += data
        replies: list[Reply] = []
        begin = 0
        try:
            while begin < len(self._data):
                self._position = begin
                replies.append(self._parse(DEEPEST_ARRAY))
                begin = self._position
        except _Incomplete:
            pass
        self._data = self._data[begin:]
        return replies

    def _parse(self, depth: int) -> Reply:
        line = self._take_line()
        kind, rest = line[:1], line[1:]
        if kind == b"+":
            return rest
        if kind == b"-":
            return ReplyError(rest.decode("utf-8", "replace"))
        number = _parse_number(rest)
        if kind == b":":
            return number
        if kind == b"$":
            return None if number == -1 else self._take_bulk(number)
        if kind == b"*":
            return None if number == -1 else self._parse_array(number, depth)
        raise MalformedReply(f"a reply cannot begin with {kind!r}")

    def _parse_array(self, length: int, depth: int) -> list[Reply]:
        if not 0 <= length <= LARGEST_ARRAY or depth == 0:
            raise MalformedReply("an array is larger or deeper than any reply to our commands")
        return [self._parse(depth - 1) for _ in range(length)]

    def _take_line(self) -> bytes:
        end = self._data.find(b"\r\n", self._position)
        if end < 0:
            if len(self._data) - self._position > LONGEST_LINE:
                raise MalformedReply("a line has no end")
            raise _Incomplete
        line = self._data[self._position : end]
        self._position = end + 2
        return line

    def _take_bulk(self, length: int) -> bytes:
        if not 0 <= length <= LARGEST_BULK:
            raise MalformedReply(f"a string has {length} bytes")
        end = self._position + length
        if len(self._data) < end + 2:
            raise _Incomplete
        if self._data[end : end + 2] != b"\r\n":
            raise MalformedReply("a string does not end where it says")
        bulk = self._data[self._position : end]
        self._position = end + 2
        return bulk


def _parse_number(digits: bytes) -> int:
    unsigned = digits.removeprefix(b"-")
    if not unsigned.isdigit() or len(unsigned) > 19:
        raise MalformedReply(f"not a number: {digits[:20]!r}")
    return int(digits)
