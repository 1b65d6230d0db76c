"""Sends one case over a connection of its own and compares what came of it."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass

from tests.support.front import Front
from tests.support.messages_requests import health_request, messages_request
from tests.support.raw_client import Fate, NoAnswer, RawClient, exchange
from tests.support.strict_http import Request, Response

from .case import Await, Case, HalfClose, Wait

SECONDS = 5.0
"""No case may take longer; deadlines of the front under test are longer, so that none hides a hang."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """What came of a case."""

    answers: tuple[Response, ...]
    problem: str
    """Why there were not more answers, when fewer came than were expected."""
    fate: Fate | None
    """How the front ended the connection; None when it served one more request on it."""
    surplus: bytes
    raw: bytes
    """Everything that the client received."""
    upstream: tuple[Request, ...]


def run_case(front: Front, case: Case) -> Observed:
    with RawClient(front.address) as client:
        kept: list[bytes] = []
        _send(client, case)
        answers: list[Response] = []
        problem = ""
        for number in range(len(case.statuses)):
            method = case.methods[number] if number < len(case.methods) else b"GET"
            try:
                answer = client.read_response(method=method, seconds=SECONDS)
            except NoAnswer as reason:
                problem = str(reason)
                break
            answers.append(answer)
            kept.append(answer.head_bytes + answer.body)
        surplus = _read_rest(client, case, problem)
        # On another connection, after: had more been smuggled upstream, it would be there before this one.
        probe = exchange(front.address, messages_request(b"probe"))
        assert probe.status == 200
        requests = tuple(r for r in front.upstream.requests if r.values(b"x-marker") != [b"probe"])
        return Observed(
            answers=tuple(answers),
            problem=problem,
            fate=client.fate,
            surplus=surplus,
            raw=b"".join(kept) + surplus,
            upstream=requests,
        )


def _send(client: RawClient, case: Case) -> None:
    for part in case.sent:
        match part:
            case Wait(seconds):
                time.sleep(seconds)
            case Await(data):
                client.read_until(data, seconds=SECONDS)
            case HalfClose():
                client.half_close()
            case _:
                if not client.send(part):
                    return


def _read_rest(client: RawClient, case: Case, problem: str) -> bytes:
    """Finds out the connection's fate: waits for its end, or asks for one more answer."""
    if case.fate == "closed" or problem:
        client.read_fate(seconds=SECONDS)
        return bytes(client.received)
    surplus = bytes(client.received)
    if client.send(health_request(), seconds=SECONDS):
        try:
            probe = client.read_response(seconds=SECONDS)
        except NoAnswer:
            return bytes(client.received)
        if probe.status != 200:
            return probe.head_bytes + probe.body
    return surplus + bytes(client.received)


def check_case(case: Case, observed: Observed) -> None:
    _check_answers(case, observed)
    _check_fate(case, observed)
    _check_upstream(case, observed)


def _check_answers(case: Case, observed: Observed) -> None:
    statuses = [answer.status for answer in observed.answers]
    if not (case.may_be_silent and not statuses):
        assert len(statuses) == len(case.statuses), f"answers {statuses}; {observed.problem}"
    for status, right in zip(statuses, case.statuses, strict=False):
        assert status in right, f"answers {statuses}, body {observed.answers[-1].body[:300]!r}"
    if not case.may_be_followed:
        assert observed.surplus == b"", f"more than was asked for: {observed.surplus[:300]!r}"
    received = observed.raw.lower()
    for wanted in case.answer_has:
        assert wanted.lower() in received
    for unwanted in case.answer_lacks:
        assert unwanted.lower() not in received
    for answer in observed.answers:
        _check_answer(case, answer)


def _check_answer(case: Case, answer: Response) -> None:
    """True of every answer, whatever the case."""
    assert len(answer.values(b"content-length")) + len(answer.values(b"transfer-encoding")) <= 1
    if answer.status >= 400:
        if answer.framing != "none":
            assert "error" in json.loads(answer.body) or "message" in json.loads(answer.body)
        if case.is_messages_call:
            assert len(answer.values(b"request-id")) == 1
            assert len(answer.values(b"apim-request-id")) == 1


def _check_fate(case: Case, observed: Observed) -> None:
    if case.fate == "closed":
        assert observed.fate == "closed", f"connection is {observed.fate or 'open'}"
        if observed.answers and observed.answers[-1].status >= 400:
            assert b"close" in b"".join(observed.answers[-1].values(b"connection")).lower()
    elif case.fate == "kept":
        assert observed.fate is None, f"connection was {observed.fate}"


def _check_upstream(case: Case, observed: Observed) -> None:
    least, most = case.reached if isinstance(case.reached, tuple) else (case.reached, case.reached)
    assert least <= len(observed.upstream) <= most, [r.head_bytes for r in observed.upstream]
    received = b"".join(request.head_bytes.lower() + request.body for request in observed.upstream)
    for wanted in case.upstream_has:
        assert wanted in received, received[:2000]
    for unwanted in case.upstream_lacks:
        assert unwanted.lower() not in received, received[:2000]
