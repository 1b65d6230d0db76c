"""What became of the clients so far, for whoever asks later why a program does not come along."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from .destination import Address
from .listener import Listener

REMEMBERED = 100
"""Hosts with their reasons, of each kind. A program asks for a handful."""


@dataclass(slots=True, kw_only=True)
class Happening:
    """Something that happened to clients of a host. Times are in seconds since 1970."""

    host: str
    reason: str
    count: int = 0
    last_at: float = 0.0


class Observations(Listener):
    """Counts, and passes on to `then`. After each, `on_change` is called."""

    def __init__(self, *, clock: Callable[[], float], on_change: Callable[[], None], then: Listener) -> None:
        self._clock = clock
        self._on_change = on_change
        self._then = then
        self.since = clock()
        self.arrivals = 0
        self.served: list[Happening] = []
        self.broken_off: list[Happening] = []
        self.left_unheard: list[Happening] = []
        self.not_let_out: list[Happening] = []

    def on_arrival(self) -> None:
        self.arrivals += 1
        self._then.on_arrival()
        self._on_change()

    def on_served(self, host: str) -> None:
        self._note(self.served, host)
        self._then.on_served(host)

    def on_left_unheard(self, host: str) -> None:
        self._note(self.left_unheard, host)
        self._then.on_left_unheard(host)

    def on_untrusted(self, host: str, reason: str) -> None:
        self._note(self.broken_off, host, reason)
        self._then.on_untrusted(host, reason)

    def on_not_let_out(self, host: str, port: int, reason: str) -> None:
        self._note(self.not_let_out, host, reason)
        self._then.on_not_let_out(host, port, reason)

    def on_unreachable(self, address: Address, reason: str) -> None:
        self._then.on_unreachable(address, reason)

    def _note(self, kind: list[Happening], host: str, reason: str = "") -> None:
        happening = next((h for h in kind if (h.host, h.reason) == (host, reason)), None)
        if happening is None:
            if len(kind) >= REMEMBERED:
                return
            happening = Happening(host=host, reason=reason)
            kind.append(happening)
        happening.count += 1
        happening.last_at = self._clock()
        self._on_change()
