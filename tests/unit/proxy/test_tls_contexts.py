from __future__ import annotations

import ssl

from ingate.proxy.tls_contexts import KEPT, TlsContexts


def test_a_name_has_one_context_and_those_used_last_are_kept() -> None:
    made: list[str] = []

    def make(host: str) -> ssl.SSLContext:
        made.append(host)
        return ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)

    contexts = TlsContexts(make, is_served=lambda name: True)
    first = contexts.get("first")
    for number in range(KEPT):
        contexts.get(f"name-{number}")
        assert contexts.get("first") is first
    assert made.count("first") == 1
    contexts.get("name-0")
    assert made.count("name-0") == 2, "it had been used longest ago"
