"""The conformance and smuggling corpus: every case on its own connection, as the bytes that go over it.

References are to RFC 9110 (semantics) and RFC 9112 (HTTP/1.1). Where the RFC leaves a choice, the strict one is
expected, as the gateway stands between clients and an upstream that may read sloppily.
"""

from __future__ import annotations

from .case import Case
from .corpus_exchanges import BODIES, CONNECTION, EXPECTATIONS, PIPELINES
from .corpus_framing import CHUNKING, CODINGS, LENGTHS
from .corpus_heads import HEADERS, METHODS, TARGETS, VERSIONS

CORPUS: tuple[Case, ...] = (
    *LENGTHS,
    *CODINGS,
    *CHUNKING,
    *HEADERS,
    *TARGETS,
    *METHODS,
    *VERSIONS,
    *BODIES,
    *EXPECTATIONS,
    *PIPELINES,
    *CONNECTION,
)
