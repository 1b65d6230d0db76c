from __future__ import annotations

import time
from collections.abc import Generator
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest
from tests.support.front import Front, running_front
from tests.support.full_disk import find_workers, full_disk
from tests.support.raw_client import exchange
from tests.support.recording_upstream import recording_upstream, refused_port
from tests.support.running import RunningIngate, start_ingate
from tests.support.strict_http import Request, render_chunks
from tests.support.token_issuer import TokenIssuer
from tests.support.upstream_script import (
    SHORT_STREAM,
    SSE_HEADERS,
    Answer,
    Reset,
    Send,
    Stall,
    Wait,
    answer,
    render_head,
)

from ingate.domain.directory import Directory, DirectoryResource, parse_directory, render_directory
from ingate.domain.network import NetworkRules

from .refusal_cases import request

HEAD_TIMEOUT = 0.5
"""Seconds that a client has for a request's head here."""

_WORDY = (
    b'{"id":"msg_1","type":"message","role":"assistant","model":"m","content":[],"stop_reason":"end_turn",'
    b'"stop_sequence":null,"usage":{"input_tokens":1,"output_tokens":5000}}'
)


def _answer_by_model(request: Request) -> Answer:
    """Each deployment calls its upstream model what the upstream is to do."""
    if b'"model":"reset-in-stream"' in request.body:
        head = render_head(200, (*SSE_HEADERS, (b"transfer-encoding", b"chunked")))
        first_event = SHORT_STREAM[: SHORT_STREAM.index(b"\n\n") + 2]
        return [Send(head + render_chunks([first_event])[:-5]), Wait(0.2), Reset()]
    if b'"model":"reset"' in request.body:
        return [Reset()]
    if b'"model":"malformed"' in request.body:
        return [Send(b"SSH-2.0-nothing of ours\r\n\r\n")]
    if b'"model":"timeout"' in request.body:
        return [Stall()]
    return answer(200, _WORDY)


@pytest.fixture(scope="module")
def refusing_ingate(tmp_path_factory: pytest.TempPathFactory) -> Generator[RunningIngate]:
    """An Ingate with a deployment for each way in which an upstream or a quota ends an exchange."""
    data_dir = tmp_path_factory.mktemp("refusing") / "data"
    environment = {"INGATE_HEAD_TIMEOUT": str(HEAD_TIMEOUT)}
    with (
        recording_upstream() as upstream,
        refused_port() as nowhere,
        start_ingate(data_dir, environment=environment) as ingate,
    ):
        upstream.script = _answer_by_model
        ingate.put_upstream("scripted", upstream.base_url, firstByteTimeoutSeconds=0.3)
        ingate.put_upstream("unreachable", f"http://127.0.0.1:{nowhere}")
        ingate.put_upstream("not-configured", upstream.base_url, credential="env:NO_SUCH_VARIABLE")
        for name in ("reset", "malformed", "timeout", "reset-in-stream"):
            ingate.put_deployment(name, upstream="scripted", upstream_model=name)
        for name in ("unreachable", "not-configured"):
            ingate.put_deployment(name, upstream=name, upstream_model=name)
        for resource in ("bare-resource", "served-resource"):
            ingate.put_resource(resource)
        ingate.put_deployment("claude-sonnet-4-5", resource="served-resource")
        ingate.put_deployment("quota-requests", capacity=1)
        ingate.put_deployment("quota-tokens", capacity=3)
        ingate.put_deployment("quota-output", capacity=3, upstream="scripted", upstream_model="quota-output")
        ingate.wait_until_served()
        yield ingate


@pytest.fixture(scope="module")
def guarded_front() -> Generator[Front]:
    """A gateway whose resources and deployments are guarded, each in its own way, and all with the same key."""
    with running_front() as front:
        path = front.data_directory / "directory.json"
        guarded = _guard(parse_directory(path.read_bytes()))
        fresh = path.with_suffix(".new")
        fresh.write_bytes(render_directory(guarded))
        fresh.replace(path)
        _wait_until_served(front)
        yield front


def _wait_until_served(front: Front) -> None:
    deadline = time.monotonic() + 10
    while exchange(front.address, request(host=b"closed-resource.localhost")).status == 404:
        assert time.monotonic() < deadline, "the gateway does not take up the new directory"
        time.sleep(0.05)


def _guard(directory: Directory) -> Directory:
    [resource] = directory.resources
    [deployment] = resource.deployments
    deployments = (
        replace(deployment, name="claude-haiku-4-5"),
        replace(deployment, name="paused", is_paused=True),
        replace(deployment, name="spent", blocked_by_budget="team-a"),
        replace(deployment, name="for-tokens", requires_token=True),
    )

    def guard(name: str, **guards: object) -> DirectoryResource:
        changes = {"name": name, "subdomain": name, "deployments": deployments, **guards}
        return replace(resource, **cast(Any, changes))

    return replace(
        directory,
        revision=2,
        resources=(
            guard("example-resource"),
            guard("keyless-resource", allows_keys=False),
            guard("closed-resource", network=NetworkRules(is_public=False)),
            guard("firewalled-resource", network=NetworkRules(default_action="Deny", allowed=("203.0.113.0/24",))),
        ),
        issuers=(TokenIssuer().describe(),),
    )


@pytest.fixture
def ingate_with_full_disk(tmp_path: Path) -> Generator[RunningIngate]:
    """Its worker's disk takes nothing any more."""
    with start_ingate(tmp_path / "full") as ingate:
        ingate.wait_until_served()
        with full_disk(find_workers(ingate)[0], file_bytes=1):
            yield ingate
