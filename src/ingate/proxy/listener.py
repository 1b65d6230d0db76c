"""Who hears what becomes of clients: to tell people, and to answer later why one of them did not come along."""

from __future__ import annotations

from typing import Protocol

from .destination import Address


class Listener(Protocol):
    def on_arrival(self) -> None:
        """Somebody has asked for something, whatever became of it."""
        ...

    def on_served(self, host: str) -> None:
        """A client has TLS with Ingate under this host's name, and trusts it as far as can be seen."""
        ...

    def on_left_unheard(self, host: str) -> None:
        """A client had TLS, and closed it before it said a word. Node does that when it does not trust a
        certificate: it looks at it only after the handshake."""
        ...

    def on_untrusted(self, host: str, reason: str) -> None:
        """A client broke off the handshake: it does not trust the certificate, most of the time."""
        ...

    def on_not_let_out(self, host: str, port: int, reason: str) -> None: ...

    def on_unreachable(self, address: Address, reason: str) -> None: ...
