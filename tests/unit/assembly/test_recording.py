from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.unit.gateway.fake_front import make_deployment, make_resource
from tests.unit.telemetry.contents import AtOnce, Never
from tests.unit.upstreams.hand_driven_loop import REQUEST, RecordingSink
from tests.unit.upstreams.test_recording import HandDrivenUpstream

from ingate.assembly import recording
from ingate.assembly.recording import Recorder, make_recorded_upstream, put_recorded_deployments
from ingate.domain.directory import Directory
from ingate.domain.upstream import SIMULATOR, SIMULATOR_UPSTREAM, CredentialReference, UpstreamDefinition
from ingate.settings import Settings, parse_settings

OTHER = UpstreamDefinition(name="other", kind="messages-api", base_url="http://h")


def make_settings(folder: Path | str = "cassettes", **more: Any) -> Settings:
    options = {"record_to": str(folder), "record_upstream_url": "https://api.example.com"}
    return parse_settings(options | more, {})


def make_directory() -> Directory:
    return Directory(
        revision=3,
        resources=(
            make_resource(
                "example-resource",
                make_deployment("simulated", upstream=SIMULATOR),
                make_deployment("served", upstream="other"),
                keys=("a", "b"),
            ),
            make_resource("two", make_deployment("simulated", upstream=SIMULATOR), keys=("a", "b")),
        ),
        upstreams=(SIMULATOR_UPSTREAM, OTHER),
    )


def routes(directory: Directory) -> list[tuple[str, str]]:
    return [(d.name, d.upstream) for resource in directory.resources for d in resource.deployments]


def test_the_upstream_is_the_one_of_the_options() -> None:
    settings = make_settings(
        record_credential="env:KEY", record_credential_header="authorization", record_profile="vllm"
    )
    assert make_recorded_upstream(settings) == UpstreamDefinition(
        name="recorded",
        kind="messages-api",
        base_url="https://api.example.com",
        credential=CredentialReference(source="env", location="KEY"),
        credential_header="authorization",
        profile="vllm",
    )


def test_what_the_simulator_served_the_recorded_upstream_serves() -> None:
    arranged = put_recorded_deployments(make_directory(), make_settings())
    assert routes(arranged) == [("simulated", "recorded"), ("served", "other"), ("simulated", "recorded")]
    assert arranged.upstreams[-1] == make_recorded_upstream(make_settings())


def test_named_deployments_are_the_default_resources_and_recorded() -> None:
    settings = make_settings(record_deployments=("new=model-x", "served=model=y"))
    arranged = put_recorded_deployments(make_directory(), settings)
    first, second = arranged.resources
    assert [(d.name, d.upstream, d.upstream_model) for d in first.deployments[1:]] == [
        ("served", "recorded", "model=y"),
        ("new", "recorded", "model-x"),
    ]
    assert [d.name for d in second.deployments] == ["simulated"]


# The recorder


def pass_exchange(recorder: Recorder, definition: UpstreamDefinition) -> None:
    upstream = HandDrivenUpstream()
    recorder.tap(definition, upstream).send(REQUEST, RecordingSink())
    upstream.sinks[0].on_answer_head(200, [(b"content-type", b"application/json")])
    upstream.sinks[0].on_answer_read(b'{"say":"sk-ant-api03-CANARY-0123456789"}', True)


def test_an_exchange_becomes_a_cassette_without_secrets(tmp_path: Path) -> None:
    settings = make_settings(tmp_path, record_redact=("model",))
    pass_exchange(Recorder(settings, executor=AtOnce()), make_recorded_upstream(settings))
    assert (tmp_path / "001-exchange.json").read_bytes() == b'{"say":"[redacted]"}'
    cassette = yaml.safe_load((tmp_path / "001-exchange.yaml").read_bytes())
    assert cassette["request"]["body"] == {"model": "[redacted]"}
    assert cassette["request"]["query"] == "beta=true"


def test_other_upstreams_are_left_alone(tmp_path: Path) -> None:
    upstream = HandDrivenUpstream()
    assert Recorder(make_settings(tmp_path), executor=AtOnce()).tap(OTHER, upstream) is upstream


def test_an_upstream_keeps_its_tap_from_revision_to_revision(tmp_path: Path) -> None:
    settings = make_settings(tmp_path)
    recorder, upstream = Recorder(settings, executor=AtOnce()), HandDrivenUpstream()
    definition = make_recorded_upstream(settings)
    assert recorder.tap(definition, upstream) is recorder.tap(definition, upstream)
    assert recorder.tap(definition, upstream) is not recorder.tap(definition, HandDrivenUpstream())


def test_what_comes_faster_than_the_disk_takes_it_is_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(recording, "WAITING_BYTES", 60)
    settings = make_settings(tmp_path)
    recorder = Recorder(settings, executor=Never())
    for _ in range(2):
        pass_exchange(recorder, make_recorded_upstream(settings))
    assert caplog.messages == ["an exchange was not recorded: they come faster than they can be written"]


def test_a_disk_that_takes_no_more_is_in_the_log(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    settings = make_settings(tmp_path / "c")
    recorder = Recorder(settings, executor=AtOnce())
    (tmp_path / "c").rmdir()
    with caplog.at_level(logging.ERROR):
        pass_exchange(recorder, make_recorded_upstream(settings))
    assert "an exchange was not recorded: [Errno 2]" in caplog.text
    assert "CANARY" not in caplog.text
