"""Finds the recorded answer to a request."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from ingate.simulator.incoming import Header, SimulatorRequest
from ingate.simulator.json_value import JsonObject

from .cassette import Cassette
from .comparison import ComparedRequest, describe_differences, measure_distance, prepare_request

DIFFERENCES_LIMIT = 10
"""Of a mismatch, how many differences are told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayedAnswer:
    """An answer as it was recorded, without framing."""

    status: int
    headers: tuple[Header, ...]
    content: bytes
    cassette: str
    """The name of the file that it comes from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mismatch:
    """No recording fits. Each difference is a sentence for the user; the first says which recording was nearest."""

    differences: tuple[str, ...]


class _Recording:
    __slots__ = ("cassette", "compared")

    def __init__(self, cassette: Cassette) -> None:
        recorded = cassette.request
        self.cassette = cassette
        self.compared = prepare_request(
            method=recorded.method,
            path=recorded.path,
            version=recorded.headers.get("anthropic-version", ""),
            deployment_name=cassette.deployment_name,
            body=recorded.body,
        )


class Cassettes:
    """Recordings in their order. Holds no state: how often a request came before is the caller's to say."""

    def __init__(self, cassettes: Sequence[Cassette]) -> None:
        self._recordings = [_Recording(cassette) for cassette in cassettes]

    def __len__(self) -> int:
        return len(self._recordings)

    def get_key(self, request: SimulatorRequest, body: JsonObject) -> str:
        """The same for requests that are the same to a recording, for callers that count them; empty for one that is
        nested too deeply."""
        try:
            compared = _prepare(request, body)
            named = [compared.method, compared.path, compared.version, compared.deployment_name, compared.body]
            return hashlib.sha256(msgspec.json.encode(named, order="sorted")).hexdigest()
        except RecursionError:
            return ""

    def find(
        self, request: SimulatorRequest, body: JsonObject, *, session_position: int = 0
    ) -> ReplayedAnswer | Mismatch:
        """`session_position`: how many times the session has sent this same request before (count by `get_key`).
        Several recordings of one request are replayed in their order; after the last, the last again."""
        try:
            sent = _prepare(request, body)
            fitting = [recording for recording in self._recordings if recording.compared.fits(sent)]
            if not fitting:
                return Mismatch(differences=self._describe(sent))
        except RecursionError:
            return Mismatch(differences=("the request is nested too deeply to be compared",))
        cassette = fitting[min(session_position, len(fitting) - 1)].cassette
        answer = cassette.answer
        return ReplayedAnswer(
            status=answer.status, headers=answer.headers, content=answer.content, cassette=cassette.name
        )

    def _describe(self, sent: ComparedRequest) -> tuple[str, ...]:
        if not self._recordings:
            return ("there is no recording",)
        nearest = min(self._recordings, key=lambda recording: measure_distance(recording.compared, sent))
        differences = describe_differences(nearest.compared, sent)
        told = list(differences[:DIFFERENCES_LIMIT])
        if len(differences) > len(told):
            told.append(f"and {len(differences) - len(told)} more")
        many = f"the nearest of {len(self)} recordings" if len(self) > 1 else "the only recording"
        return (f"compared with {nearest.cassette.name}, {many}", *told)


def _prepare(request: SimulatorRequest, body: JsonObject) -> ComparedRequest:
    return prepare_request(
        method=request.method.decode("latin-1"),
        path=request.path.decode("latin-1"),
        version=(request.get_header(b"anthropic-version") or b"").decode("latin-1"),
        deployment_name=request.served_as.deployment_name,
        body=body,
    )
