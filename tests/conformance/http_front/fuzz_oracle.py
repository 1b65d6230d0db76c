"""What is right to come of any stream of bytes, decided by a strict reader that shares no code with the gateway."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, cast

from tests.support.messages_requests import MESSAGES_TARGET, UPSTREAM_MODEL
from tests.support.strict_http import Malformed, Reading, Request, Response, connection_options, parse_response

RIGHT_STATUSES = {200, 400, 401, 404, 405, 408, 411, 413, 414, 417, 431, 501, 505}
"""501 and 505 are the client's fault, whatever their number."""


class Wrong(AssertionError):
    """The gateway did something that no stream of bytes should make it do."""


def check_answers(reading: Reading, answers: Sequence[Response], leftover: bytes, *, ended: bool) -> None:
    if leftover and ended:
        raise Wrong(f"a torn answer: {leftover[:300]!r}")
    for answer in answers:
        if answer.status not in RIGHT_STATUSES:
            raise Wrong(f"status {answer.status}: {answer.body[:300]!r}")
    served = sum(answer.status == 200 for answer in answers)
    if served > len(reading.requests) + _may_answer_early(reading, answers):
        raise Wrong(f"{served} answers of 200 for {len(reading.requests)} requests")
    if len(answers) > len(reading.requests) + 1:
        raise Wrong(f"{len(answers)} answers for {len(reading.requests)} requests")
    for request, answer in zip(reading.requests, answers, strict=False):
        _check_answer(request, answer)
    for answer in answers[:-1]:
        if b"close" in connection_options(answer.headers):
            raise Wrong("an answer after one that announced the connection's end")


def _may_answer_early(reading: Reading, answers: Sequence[Response]) -> bool:
    """The last request may be answered before its body is there (a health check with a body nobody wants), when the
    connection ends with that."""
    unfinished = reading.malformed is None and bool(reading.rest)
    return unfinished and bool(answers) and b"close" in connection_options(answers[-1].headers)


def _check_answer(request: Request, answer: Response) -> None:
    """An answer belongs to the request that stands at its place."""
    if answer.status != 200 or request.method != b"POST":
        return
    markers = request.values(b"x-marker")
    if b"x-marker" in connection_options(request.headers):
        markers = []
    # As the recording upstream spells it in its answer's id.
    marker = json.dumps(b"".join(markers).decode("latin-1"))[1:-1].encode()
    if request.target.partition(b"?")[0].endswith(MESSAGES_TARGET) and marker not in answer.body:
        raise Wrong(f"the answer to {marker!r} is another's: {answer.body[:300]!r}")


def check_upstream(reading: Reading, arrived: Sequence[Request]) -> None:
    """What reached the upstream was framed by the client, in that order, and is its body but for the model."""
    candidates = iter(reading.requests)
    for request in arrived:
        if not any(_is_forwarded(candidate, request) for candidate in candidates):
            raise Wrong(f"the client framed no such request: {request.head_bytes + request.body!r}")


def _is_forwarded(sent: Request, arrived: Request) -> bool:
    options = connection_options(sent.headers)
    markers = [] if b"x-marker" in options else sent.values(b"x-marker")
    if sent.method != b"POST" or arrived.values(b"x-marker") != markers:
        return False
    try:
        return _with_upstream_model(_read(sent.body)) == _read(arrived.body)
    except (ValueError, RecursionError):
        return False


def _with_upstream_model(document: Any) -> Any:
    if not isinstance(document, tuple):
        raise ValueError("no object")
    members = cast("tuple[tuple[str, Any], ...]", document)
    return tuple((name, UPSTREAM_MODEL if name == "model" else value) for name, value in members)


def _read(body: bytes) -> Any:
    """Objects as tuples of pairs, numbers as they are spelled. Raises ValueError."""

    def refuse(name: str) -> None:
        raise ValueError(name)

    return json.loads(
        body.decode(errors="surrogateescape"),
        object_pairs_hook=tuple,
        parse_int=str,
        parse_float=str,
        parse_constant=refuse,
    )


def parse_any_response(data: bytes, method: bytes, *, ended: bool) -> tuple[Response, bytes]:
    """The answer to a request of this method; when that is unknown, of any. Raises Malformed or Incomplete."""
    response, rest = parse_response(data, method=method, ended=ended)
    if response.framing == "eof" and method == b"GET" and b"HTTP/1.1 " in response.body:
        raise Malformed("two answers in one")
    return response, rest
