"""What the HTTP upstream and a profile say to each other about one answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

Headers = Sequence[tuple[bytes, bytes]]
Head = tuple[int, Headers]
"""An answer's status and headers."""


class AnswerNormaliser(Protocol):
    """Normalises one answer: its head first, then its body in pieces of any size. No method raises."""

    def head(self, status: int, headers: Headers) -> Head | None:
        """The head to pass on, without `content-length` where the body may change.

        None when it can be told only from the body: keep the head back and go on with `read`, which returns
        nothing until `decided_head` is set, at the latest with the body's last byte.
        """
        ...

    @property
    def decided_head(self) -> Head | None:
        """The head to pass on, as soon as it is known."""
        ...

    def read(self, data: bytes, ended: bool) -> bytes:
        """Body bytes as they come, transfer coding removed; returns what can be passed on. `ended` with the last.

        Of a stream, every event is returned as soon as it is complete.
        """
        ...


def get_header(headers: Headers, name: bytes) -> bytes:
    """The first value of a header whose lower-case name this is; empty when there is none."""
    return next((value for key, value in headers if key.lower() == name), b"")


def drop_headers(headers: Headers, names: frozenset[bytes]) -> list[tuple[bytes, bytes]]:
    """All headers but those whose lower-case names these are."""
    return [(key, value) for key, value in headers if key.lower() not in names]


def replace_header(headers: Headers, name: bytes, value: bytes) -> list[tuple[bytes, bytes]]:
    return [*drop_headers(headers, frozenset({name})), (name, value)]
