"""TLS toward the clients: for each host name a certificate of its own, made when it is first asked for."""

from __future__ import annotations

import ssl
from collections import OrderedDict
from collections.abc import Callable

KEPT = 256
"""Names whose certificates are kept. A program asks for a handful."""

PROTOCOLS = ["http/1.1"]
"""All that the planes behind speak. A client that takes no HTTP/1.1 goes on without ALPN, or ends it."""

MakeContext = Callable[[str], ssl.SSLContext]
"""A server's context with a certificate for a host name."""


class TlsContexts:
    """The contexts that were used last, by host name."""

    def __init__(self, make: MakeContext, *, is_served: Callable[[str], bool]) -> None:
        self._make = make
        self._is_served = is_served
        self._made: OrderedDict[str, ssl.SSLContext] = OrderedDict()

    def get(self, host: str) -> ssl.SSLContext:
        """For the host that the client asked a tunnel to. The certificate is that of the name in its TLS (SNI)."""
        context = self._made.get(host)
        if context is None:
            context = self._make(host)
            context.set_alpn_protocols(PROTOCOLS)
            context.sni_callback = self._choose_by_name
            self._made[host] = context
            if len(self._made) > KEPT:
                self._made.popitem(last=False)
        self._made.move_to_end(host)
        return context

    def _choose_by_name(self, connection: ssl.SSLObject, name: str | None, context: ssl.SSLContext) -> int | None:
        """None goes on; a number is the alert that ends the handshake."""
        if name is None:
            return None
        if not self._is_served(name.lower()):
            return int(ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME)
        connection.context = self.get(name.lower())
        return None
