"""Drains: exchanges whose client has left while their upstream is read to its end, to learn what they cost."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .exchange import Exchange


class Drains:
    """One worker's. `sweep` is to be called a few times a second."""

    def __init__(self, *, patience: float) -> None:
        """`patience`: the seconds that an upstream is read on. With 0 it never is, and is cancelled instead."""
        self._patience = patience
        self._deadlines: dict[Exchange, float] = {}

    def __len__(self) -> int:
        return len(self._deadlines)

    def begin(self, exchange: Exchange, now: float) -> bool:
        """False when the policy is to cancel."""
        if self._patience <= 0:
            return False
        self._deadlines[exchange] = now + self._patience
        return True

    def end(self, exchange: Exchange) -> None:
        self._deadlines.pop(exchange, None)

    def sweep(self, now: float) -> None:
        for exchange in [exchange for exchange, deadline in self._deadlines.items() if deadline <= now]:
            exchange.on_drain_expired()

    def abort(self) -> None:
        """The worker ends now."""
        for exchange in list(self._deadlines):
            exchange.on_worker_stopped()
