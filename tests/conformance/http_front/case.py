"""One case of the corpus: exact bytes in, and what may come of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Fate = Literal["kept", "closed", "either"]


@dataclass(frozen=True, slots=True)
class Wait:
    """Pause for the front to see the previous bytes alone."""

    seconds: float = 0.05


@dataclass(frozen=True, slots=True)
class Await:
    """Send no more until these bytes have arrived."""

    data: bytes


@dataclass(frozen=True, slots=True)
class HalfClose:
    """The client says that it will send no more."""


Part = bytes | Wait | Await | HalfClose


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What a client sends on one connection, and every outcome that is right."""

    name: str
    sent: tuple[Part, ...]
    statuses: tuple[frozenset[int], ...]
    """For each answer in order, which statuses are right. Empty: closed without a word is right too."""
    fate: Fate = "closed"
    """What becomes of the connection after the last answer."""
    reached: int | tuple[int, int] = 0
    """How many requests reach the upstream: exactly, or at least and at most."""
    upstream_has: tuple[bytes, ...] = ()
    """Bytes that must be in what the upstream receives (head and body, lower case head)."""
    upstream_lacks: tuple[bytes, ...] = ()
    answer_has: tuple[bytes, ...] = ()
    answer_lacks: tuple[bytes, ...] = ()
    methods: tuple[bytes, ...] = field(default=())
    """Of the requests, when an answer's shape depends on it (HEAD)."""
    may_be_silent: bool = False
    """Closing without any answer is right too."""
    may_be_followed: bool = False
    """Answers to what was sent behind it are right too: their number depends on the choice that was made."""
    source: str = ""
    """Where the rule is written."""

    @property
    def is_messages_call(self) -> bool:
        """Errors then carry the data plane's two request ids."""
        first = self.sent[0]
        return isinstance(first, bytes) and first.startswith(b"POST /anthropic/v1/messages ")
