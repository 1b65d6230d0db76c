"""What sinks have in common: how one says that it could not deliver, and what it hands over."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol, TypeAlias, TypeVar

from ingate.domain.upstream import CredentialReference

from .events import Event

T = TypeVar("T")

ReadCredential: TypeAlias = Callable[[CredentialReference], str]
"""Raises KeyError, OSError or ValueError."""


class DeliveryFailed(Exception):
    """Nothing of a batch was taken, and it is to be tried again. The text is for the operator and holds no secret."""


class TooLarge(DeliveryFailed):
    """The receiver takes smaller batches only."""


class Destination(Protocol):
    """For one thread."""

    def deliver(self, events: Sequence[Event]) -> int:
        """How many the receiver refused for good. Raises DeliveryFailed or OSError."""
        ...

    def close(self) -> None: ...


def deliver_in_parts(deliver: Callable[[Sequence[T]], int], items: Sequence[T]) -> int:
    """In halves when they are too many at once. What is too large alone is refused for good: it would stand in the
    way of everything after it. Gives back how many were refused. Raises DeliveryFailed."""
    try:
        return deliver(items)
    except TooLarge:
        if len(items) <= 1:
            return len(items)
    middle = len(items) // 2
    return deliver_in_parts(deliver, items[:middle]) + deliver_in_parts(deliver, items[middle:])
