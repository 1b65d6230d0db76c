"""Every refusal of the data plane, byte for byte. INGATE_UPDATE_GOLDEN=1 writes the golden files anew: read them."""

from __future__ import annotations

import json
import os
import re
import socket
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args
from urllib.parse import urlsplit

import pytest
from tests.support.front import Front
from tests.support.messages_requests import API_KEY as FRONT_KEY
from tests.support.raw_client import Address, NoAnswer, RawClient
from tests.support.recording_upstream import refused_port
from tests.support.running import RunningIngate, start_ingate
from tests.support.strict_http import Incomplete, Response, parse_response
from tests.support.token_issuer import TokenIssuer

from ingate.domain.refusal import QuotaBucket, Refusal
from ingate.domain.upstream import UpstreamFailure
from ingate.gateway import connection, framing
from ingate.gateway.refusals import describe_failure

from .golden_file import FOLDER, path_of, render_golden
from .refusal_cases import (
    ALL_CASES,
    API_KEY,
    CASES,
    GUARDED,
    NOT_RECORDABLE,
    QUOTA_UNAVAILABLE,
    SHUTTING_DOWN,
    TOKEN,
    Case,
    Filler,
    Shape,
)

UPDATE = os.environ.get("INGATE_UPDATE_GOLDEN") == "1"
REFERENCE = Path(__file__).parents[3] / "docs" / "reference" / "errors.md"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_refusal_of_the_gateway_is_its_golden_file(refusing_ingate: RunningIngate, case: Case) -> None:
    check(case, ask(refusing_ingate, case))


@pytest.mark.parametrize("case", GUARDED, ids=lambda case: case.name)
def test_a_refusal_of_what_is_guarded_is_its_golden_file(guarded_front: Front, case: Case) -> None:
    token = TokenIssuer().issue("somebody without a role").encode()
    check(case, converse(guarded_front.address, case, {API_KEY: FRONT_KEY, TOKEN: token}))


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_nothing_is_served_that_cannot_be_recorded(ingate_with_full_disk: RunningIngate) -> None:
    check(NOT_RECORDABLE, ask(ingate_with_full_disk, NOT_RECORDABLE))


def test_nothing_is_served_that_cannot_be_counted(tmp_path: Path) -> None:
    with refused_port() as nowhere:
        shared = {"INGATE_LIMITS": f"valkey://127.0.0.1:{nowhere}"}
        with start_ingate(tmp_path / "data", environment=shared) as ingate:
            check(QUOTA_UNAVAILABLE, ask(ingate, QUOTA_UNAVAILABLE))


def test_a_request_that_comes_while_the_gateway_stops_is_told_so(tmp_path: Path) -> None:
    with start_ingate(tmp_path / "data") as ingate:
        ingate.wait_until_served()
        address = address_of(ingate)
        (part,) = SHUTTING_DOWN.request
        assert isinstance(part, bytes)
        whole = part.replace(API_KEY, ingate.api_key.encode())
        with RawClient(address) as client:
            client.send(whole[:30])
            time.sleep(0.2)  # the gateway has begun to read
            ingate.process.terminate()
            wait_until_refused(address)
            client.send(whole[30:])
            check(SHUTTING_DOWN, read_bytes(client, b"POST"))


# What is asked and seen


def address_of(ingate: RunningIngate) -> Address:
    parts = urlsplit(ingate.gateway_url)
    assert parts.hostname
    assert parts.port
    return parts.hostname, parts.port


def ask(ingate: RunningIngate, case: Case) -> bytes:
    return converse(address_of(ingate), case, {API_KEY: ingate.get_keys(case.resource)["key1"].encode()})


def converse(address: Address, case: Case, credentials: Mapping[bytes, bytes]) -> bytes:
    """Every byte that comes back on the connection. `credentials` by what stands for them."""
    for earlier in case.before:
        with RawClient(address) as client:
            client.send(fill_in(earlier, credentials))
            client.read_response(method=b"POST")
    with RawClient(address) as client:
        for part in case.request:
            client.send(part.byte * part.count if isinstance(part, Filler) else fill_in(part, credentials))
        first = case.request[0]
        return read_bytes(client, b"HEAD" if isinstance(first, bytes) and first.startswith(b"HEAD") else b"POST")


def fill_in(part: bytes, credentials: Mapping[bytes, bytes]) -> bytes:
    for placeholder, credential in credentials.items():
        part = part.replace(placeholder, credential)
    return part


def read_bytes(client: RawClient, method: bytes, seconds: float = 5.0) -> bytes:
    """One answer. When it says that the connection ends, the connection does, and with nothing more to read."""
    deadline = time.monotonic() + seconds
    while True:
        received = bytes(client.received)
        try:
            _, rest = parse_response(received, method=method, ended=client.fate is not None)
        except Incomplete:
            if not client.wait_readable(deadline - time.monotonic()):
                raise NoAnswer(f"{client.fate}, {received[:300]!r}") from None
            continue
        assert rest == b""
        if b"\r\nconnection: close\r\n" in received.lower():
            assert client.read_fate() is not None
            assert bytes(client.received) == received
        return received


def wait_until_refused(address: Address) -> None:
    """Until nobody listens any more."""
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        try:
            socket.create_connection(address, timeout=1).close()
        except OSError:
            return
        time.sleep(0.02)
    raise AssertionError("the gateway still listens")


def check(case: Case, answer: bytes) -> None:
    check_shape(case, parse(answer, case))
    path = path_of(case)
    actual = render_golden(case, answer)
    if UPDATE:
        FOLDER.mkdir(exist_ok=True)
        path.write_text(actual)
    assert path.exists(), f"{path.name} is missing; INGATE_UPDATE_GOLDEN=1 writes it"
    assert actual == path.read_text()


def parse(answer: bytes, case: Case) -> Response:
    response, _ = parse_response(answer, method=b"HEAD" if case.shape == "none" else b"POST", ended=True)
    return response


# What every refusal has in common, whatever its golden file says


def check_shape(case: Case, response: Response) -> None:
    assert len(response.values(b"request-id")) == 1
    assert len(response.values(b"apim-request-id")) == 1
    assert not [name for name, _ in response.headers if name.lower().startswith(b"anthropic-ratelimit-")]
    if case.shape == "none":
        assert response.body == b""
    elif case.shape == "event":
        assert response.status == 200
        error = json.loads(response.body.rpartition(b"\nevent: error\ndata: ")[2])
        assert (error["type"], error["request_id"]) == ("error", response.values(b"request-id")[0].decode())
    else:
        assert response.status >= 400
        assert response.values(b"content-type") == [b"application/json"]
        check_envelope(case.shape, json.loads(response.body), response)


def check_envelope(shape: Shape, body: dict[str, Any], response: Response) -> None:
    if shape == "azure token":
        assert body.keys() == {"statusCode", "message"}
        assert body["statusCode"] == response.status
    elif shape == "azure":
        assert body.keys() == {"error"}
        assert {"code", "message"} <= body["error"].keys() <= {"code", "message", "type", "details"}
    else:
        assert body.keys() == {"type", "error", "request_id"}
        assert body["type"] == "error"
        assert body["error"].keys() == {"type", "message"}
        assert body["request_id"] == response.values(b"request-id")[0].decode()


# Nothing is left out


def test_every_kind_of_gateway_refusal_has_a_case() -> None:
    shown = {case.refusal.__name__ for case in ALL_CASES if case.refusal}

    assert shown == {kind.__name__ for kind in get_args(Refusal)}


def test_every_golden_file_of_the_gateway_has_a_case() -> None:
    assert {path.stem for path in FOLDER.glob("*.http")} == {case.name for case in ALL_CASES}


def test_every_upstream_failure_bucket_and_framing_problem_has_a_golden_file() -> None:
    shown = "".join(path.read_text() for path in FOLDER.glob("*.http"))
    sources = "".join(Path(str(module.__file__)).read_text() for module in (framing, connection))
    problems = re.findall(r'HeadProblem\(\s*\d+,\s*f?"([^"{]+)', sources)

    assert len(problems) >= 9
    assert [text for text in problems if text not in shown] == []
    unseen = [failure for failure in UpstreamFailure if describe_failure(failure)[1] not in shown]
    assert unseen == [UpstreamFailure.CUT], "which cuts the client's connection and says nothing"
    assert [bucket for bucket in get_args(QuotaBucket) if f"UserByModelByMinute{bucket}." not in shown] == []


# docs/reference/errors.md


def read_rows() -> list[tuple[str, str, re.Pattern[str]]]:
    """Status, code or type, and message of each row; `{...}` in a message stands for what varies."""
    rows = re.findall(r"^\| (\d+) \| `([^`]+)` \| `([^`]+)` \|", REFERENCE.read_text(), re.MULTILINE)
    return [
        (status, code, re.compile(".+?".join(map(re.escape, re.split(r"\{[^}]+\}", message)))))
        for status, code, message in rows
    ]


def read_answers() -> dict[str, tuple[str, str, str]]:
    """Status, code or type, and message of each golden file that has a body."""
    answers: dict[str, tuple[str, str, str]] = {}
    for path in FOLDER.glob("*.http"):
        answer = path.read_text().partition("=== answer\n")[2]
        found = re.search(r'^(?:data: )?(\{"(?:error|type":"error|statusCode)".*\})', answer, re.MULTILINE)
        if found is None:
            continue
        body = json.loads(found[1].replace("\\\\", "\\"))
        error: dict[str, str] = body.get("error") or {"code": str(body["statusCode"]), "message": body["message"]}
        # An event comes too late for the status that its row names.
        status = "500" if found[0].startswith("data: ") else answer[9:12]
        answers[path.stem] = (status, error.get("code") or error["type"], error["message"])
    return answers


def test_reference_lists_every_refusal() -> None:
    rows = read_rows()
    answers = read_answers()
    missing = [
        name
        for name, (status, code, message) in answers.items()
        if not any(row[:2] == (status, code) and row[2].fullmatch(message) for row in rows)
    ]

    assert answers.keys() == {case.name for case in ALL_CASES if case.shape != "none"}
    assert missing == []


def test_reference_lists_no_refusal_that_does_not_exist() -> None:
    answers = read_answers().values()
    invented = [
        (status, code, message.pattern)
        for status, code, message in read_rows()
        if not any(a[:2] == (status, code) and message.fullmatch(a[2]) for a in answers)
    ]

    assert invented == []
