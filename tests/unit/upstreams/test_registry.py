from __future__ import annotations

from dataclasses import replace

import pytest
from tests.unit.upstreams.hand_driven_loop import REQUEST, HandDrivenLoop, RecordingSink

from ingate.domain.upstream import SIMULATOR_UPSTREAM, CredentialReference, UpstreamDefinition, UpstreamFailure
from ingate.upstreams.in_process import InProcessAnswer, InProcessUpstream
from ingate.upstreams.registry import UpstreamRegistry

SERVER = UpstreamDefinition(
    name="server",
    kind="messages-api",
    base_url="http://h",
    credential=CredentialReference(source="env", location="KEY"),
)


class Secrets(dict[str, str]):
    def read(self, reference: CredentialReference) -> str:
        return self[reference.location]


def make(loop: HandDrivenLoop, secrets: Secrets) -> tuple[UpstreamRegistry, InProcessUpstream]:
    def respond(_: object) -> InProcessAnswer:
        raise AssertionError

    simulator = InProcessUpstream(respond, loop=loop)
    return UpstreamRegistry(simulator=simulator, loop=loop, read_credential=secrets.read), simulator


def test_the_simulator_is_built_in(loop: HandDrivenLoop) -> None:
    registry, simulator = make(loop, Secrets())
    assert registry.get_upstream(SIMULATOR_UPSTREAM) is simulator


def test_the_same_definition_is_the_same_upstream(loop: HandDrivenLoop) -> None:
    registry, _ = make(loop, Secrets(KEY="k"))
    upstream = registry.get_upstream(SERVER)
    assert registry.get_upstream(replace(SERVER)) is upstream
    assert registry.get_upstream(replace(SERVER, idle_timeout=1.0)) is not upstream


def test_one_that_cannot_be_used_says_so_to_every_request(
    loop: HandDrivenLoop, caplog: pytest.LogCaptureFixture
) -> None:
    registry, _ = make(loop, Secrets())
    upstream = registry.get_upstream(SERVER)
    sink, cancelled = RecordingSink(), RecordingSink()
    upstream.send(REQUEST, sink)
    upstream.send(REQUEST, cancelled).cancel()
    assert sink.heard == []
    loop.settle()
    assert sink.heard == [("failure", UpstreamFailure.NOT_CONFIGURED)]
    assert sink.detail == "its credential cannot be read from env:KEY"
    assert cancelled.heard == []
    assert "upstream 'server' cannot be used: its credential cannot be read from env:KEY" in caplog.text


def test_and_is_tried_again_with_the_next_revision(loop: HandDrivenLoop) -> None:
    secrets = Secrets()
    registry, _ = make(loop, secrets)
    registry.get_upstream(SERVER)
    secrets["KEY"] = "k"
    registry.get_upstream(SERVER).send(REQUEST, RecordingSink())
    loop.settle()
    assert b"x-api-key: k" in loop.server.takes()


@pytest.mark.parametrize("base_url", ["http://h:99999", "http://[::1", "gopher://h"])
def test_no_definition_brings_a_gateway_down(loop: HandDrivenLoop, base_url: str) -> None:
    registry, _ = make(loop, Secrets(KEY="k"))
    sink = RecordingSink()
    registry.get_upstream(replace(SERVER, base_url=base_url)).send(REQUEST, sink)
    loop.settle()
    assert sink.heard == [("failure", UpstreamFailure.NOT_CONFIGURED)]


def test_what_the_directory_no_longer_names_ends_with_its_exchanges(loop: HandDrivenLoop) -> None:
    registry, _ = make(loop, Secrets(KEY="k"))
    sink = RecordingSink()
    registry.get_upstream(SERVER).send(REQUEST, sink)
    loop.settle()
    registry.keep_only([SIMULATOR_UPSTREAM])
    registry.sweep(loop.time() + SERVER.first_byte_timeout)
    assert sink.heard == [("failure", UpstreamFailure.TIMEOUT)]
    loop.server.closes()
    registry.sweep(loop.time())
    registry.close()
