"""A profile made of rules: what differs in the requests a server takes, and in the answers it gives."""

from __future__ import annotations

from dataclasses import dataclass, field

import msgspec

from .answer import Headers, drop_headers
from .raw_json import UNREADABLE
from .server_answer import AnswerRules, ServerAnswer


class _Asked(msgspec.Struct):
    model: str | None = None


_decode_asked = msgspec.json.Decoder(_Asked).decode


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerProfile:
    """The profile of one kind of server."""

    name: str
    rules: AnswerRules
    renamed_request_headers: dict[bytes, bytes] = field(default_factory=dict[bytes, bytes])
    """Lower-case names of request headers that the server does not know, and what it calls them."""

    def request_headers(self, headers: Headers) -> Headers:
        """A compressed answer could not be normalised, so none is asked for."""
        kept = drop_headers(headers, frozenset({b"accept-encoding"}))
        return [(self.renamed_request_headers.get(name.lower(), name), value) for name, value in kept]

    def normaliser(self, *, path: bytes, request_body: bytes) -> ServerAnswer:
        return ServerAnswer(self.rules, path, _parse_model(request_body) if self.rules.echoes_model else None)


def _parse_model(request_body: bytes) -> str | None:
    try:
        return _decode_asked(request_body).model
    except UNREADABLE:
        return None
