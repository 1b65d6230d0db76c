from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from ingate.assembly.data_files import PREVIOUS_DIRECTORY_FILE
from ingate.assembly.simulator_on_demand import SimulatorOnDemand, expects_simulator, needs_simulator
from ingate.domain.directory import Directory, DirectoryDeployment, DirectoryResource, render_directory
from ingate.domain.upstream import SIMULATOR_UPSTREAM, UpstreamDefinition, UpstreamRequest
from ingate.settings import Settings
from ingate.simulator.scripting.problems import ScriptError

_FORM = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\nhello\r\n--b--\r\n'

_LOADED = """
import sys
import ingate.assembly.gateway
print(",".join(name for name in ("ingate.simulator.simulator", "ingate.assembly.recording") if name in sys.modules))
"""


@pytest.fixture
def simulator(tmp_path: Path) -> SimulatorOnDemand:
    return SimulatorOnDemand(Settings(data_dir=tmp_path))


def make_directory(*upstream_names: str) -> Directory:
    """With a deployment for each."""
    deployments = tuple(
        DirectoryDeployment(
            name=f"deployment-{number}",
            model_id="claude-opus-4-5",
            model_version="20251101",
            deployment_type="GlobalStandard",
            capacity=1,
            upstream=name,
            upstream_model="claude-opus-4-5",
        )
        for number, name in enumerate(upstream_names)
    )
    resource = DirectoryResource(
        name="r", resource_id="/r", subdomain="r", location="eastus2", key_digests=("", ""), deployments=deployments
    )
    real = UpstreamDefinition(name="real", kind="messages-api", base_url="http://127.0.0.1:1")
    return Directory(revision=1, resources=(resource,), upstreams=(SIMULATOR_UPSTREAM, real))


def render_group(group: str) -> str:
    return f"/subscriptions/s/resourceGroups/{group}/providers/Microsoft.CognitiveServices/accounts/chat"


def ask(
    simulator: SimulatorOnDemand, group: str, method: bytes = b"GET", path: bytes = b"/v1/files", body: bytes = b""
) -> tuple[int, dict[str, object]]:
    headers = [(b"anthropic-version", b"2023-06-01"), (b"content-type", b"multipart/form-data; boundary=b")]
    answer = simulator.respond(
        UpstreamRequest(
            method=method,
            path=path,
            query=b"",
            headers=headers,
            body=(body,),
            content_length=len(body),
            resource_id=render_group(group),
        )
    )
    return answer.status, msgspec.json.decode(b"".join(piece for _, piece in answer.chunks))


def test_a_directory_needs_it_when_a_deployment_goes_there() -> None:
    assert needs_simulator(make_directory("real", SIMULATOR_UPSTREAM.name))
    assert not needs_simulator(make_directory("real"))
    assert not needs_simulator(make_directory())


def test_it_is_expected_when_the_last_run_needed_it(tmp_path: Path) -> None:
    previous, settings = tmp_path / PREVIOUS_DIRECTORY_FILE, Settings(data_dir=tmp_path)
    previous.write_bytes(render_directory(make_directory(SIMULATOR_UPSTREAM.name)))
    assert expects_simulator(settings)
    previous.write_bytes(render_directory(make_directory("real")))
    assert not expects_simulator(settings)
    previous.write_bytes(b"damaged")
    assert not expects_simulator(settings)


def test_it_is_expected_in_a_first_run_unless_something_takes_its_place(tmp_path: Path) -> None:
    assert expects_simulator(Settings(data_dir=tmp_path))
    assert not expects_simulator(Settings(data_dir=tmp_path, record_to=str(tmp_path / "cassettes")))


def test_a_worker_starts_without_it() -> None:
    loaded = subprocess.run([sys.executable, "-c", _LOADED], capture_output=True, text=True, check=True, timeout=60)
    assert loaded.stdout.strip() == ""


def test_it_is_made_once(simulator: SimulatorOnDemand) -> None:
    assert simulator.load() is simulator.load()


def test_what_is_asked_before_it_is_loaded_is_answered(simulator: SimulatorOnDemand) -> None:
    simulator.tick(0.0)
    assert simulator.administer(b"GET", b"/verdict", b"", b"").status == 200
    assert ask(simulator, "one")[0] == 200


def test_a_script_that_cannot_be_used_is_said_at_once(tmp_path: Path) -> None:
    script = tmp_path / "script.yaml"
    script.write_text("version: 2\n")
    with pytest.raises(ScriptError):
        SimulatorOnDemand(Settings(data_dir=tmp_path, script=str(script)))


def test_files_of_one_name_in_two_resource_groups_are_apart(simulator: SimulatorOnDemand) -> None:
    status, uploaded = ask(simulator, "one", b"POST", body=_FORM)
    assert status == 200
    path = f"/v1/files/{uploaded['id']}".encode()
    assert ask(simulator, "two", path=path)[0] == 404
    assert ask(simulator, "two")[1]["data"] == []
    assert ask(simulator, "one", path=path)[0] == 200
