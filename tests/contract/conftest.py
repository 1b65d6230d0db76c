"""What contract tests share: clients of other versions, and deployments of which something can be asked."""

from __future__ import annotations

from collections.abc import Callable, Generator
from functools import partial
from pathlib import Path

import pytest
from _pytest.capture import CaptureManager
from tests.contract.scripted_answers import answer_as_asked
from tests.support.clients import (
    ANTHROPIC_0_75,
    AZURE_CLI,
    AZURE_IDENTITY_NODE,
    AZURE_SDK_PYTHON,
    CLAUDE_CODE_2_1_330,
    FOUNDRY_SDK_1_1_1,
    SCHEMATHESIS,
    Installer,
    Pins,
    RegistryUnreachable,
    Report,
    WrongPlatform,
    install_claude_code,
    install_locked_node_client,
    install_locked_python_client,
    install_node_client,
    install_python_client,
)
from tests.support.clients_matrix_entries import MARKER
from tests.support.recording_upstream import RecordingUpstream, recording_upstream, refused_port
from tests.support.running import RunningIngate, start_ingate


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", f"{MARKER}(client, what): a row of docs/reference/clients.md")


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def anthropic_0_75(pytestconfig: pytest.Config) -> Path:
    """A Python interpreter that imports `anthropic` 0.75.0."""
    return _install(pytestconfig, install_python_client, ANTHROPIC_0_75)


@pytest.fixture(scope="session")
def foundry_sdk(pytestconfig: pytest.Config) -> Path:
    """A directory whose scripts import `@anthropic-ai/foundry-sdk` 1.1.1."""
    return _install(pytestconfig, install_node_client, FOUNDRY_SDK_1_1_1)


@pytest.fixture(scope="session")
def claude_code(pytestconfig: pytest.Config) -> Path:
    """Claude Code's program, in version 2.1.330."""
    return _install(pytestconfig, install_claude_code, CLAUDE_CODE_2_1_330)


@pytest.fixture(scope="session")
def azure_sdk_python(pytestconfig: pytest.Config) -> Path:
    """A Python interpreter that imports Azure's SDKs for identity and management."""
    return _install(pytestconfig, install_locked_python_client, AZURE_SDK_PYTHON)


@pytest.fixture(scope="session")
def azure_cli(pytestconfig: pytest.Config) -> Path:
    """A Python interpreter of which `-m azure.cli` is az."""
    return _install(pytestconfig, install_locked_python_client, AZURE_CLI)


@pytest.fixture(scope="session")
def azure_identity_node(pytestconfig: pytest.Config) -> Path:
    """A directory whose scripts import `@azure/identity` and `@anthropic-ai/foundry-sdk`."""
    return _install(pytestconfig, install_locked_node_client, AZURE_IDENTITY_NODE)


@pytest.fixture(scope="session")
def schemathesis_python(pytestconfig: pytest.Config) -> Path:
    """A Python interpreter that imports schemathesis."""
    return _install(pytestconfig, install_locked_python_client, SCHEMATHESIS)


@pytest.fixture(scope="session")
def install(pytestconfig: pytest.Config) -> Installer:
    """Installs a client for whom no fixture of its own is worth while."""
    return partial(_install, pytestconfig)


def _install(config: pytest.Config, install: Callable[[Pins, Report], Path], pins: Pins) -> Path:
    capture = config.pluginmanager.get_plugin("capturemanager")

    def report(line: str) -> None:
        assert isinstance(capture, CaptureManager)
        with capture.global_and_fixture_disabled():
            print(f"\n{line}", flush=True)  # noqa: T201 - it may take a minute, and the user waits

    try:
        return install(pins, report)
    except (RegistryUnreachable, WrongPlatform) as reason:
        pytest.skip(f"{pins if isinstance(pins, str) else pins[0]}: {reason}")


@pytest.fixture(scope="session")
def azure_ingate(tmp_path_factory: pytest.TempPathFactory) -> Generator[RunningIngate]:
    """An Ingate whose managed identity, for whoever asks on this machine, is the principal `workload`."""
    data_dir = tmp_path_factory.mktemp("azure") / "data"
    with start_ingate(data_dir, environment={"INGATE_MANAGED_IDENTITY": "workload"}) as running:
        yield running


@pytest.fixture(scope="session")
def scripted_upstream(ingate: RunningIngate) -> Generator[RecordingUpstream]:
    """Deployments of the shared Ingate that fail as a test asks:

    - `scripted`: the upstream does what the request's `x-scripted` header says (scripted_answers.py)
    - `impatient`: the same upstream with 0.3 s to begin its answer
    - `unreachable`: nothing listens there
    - `scarce`: the simulator, with capacity for one request a minute
    """
    upstreams = ("scripted", "impatient", "unreachable")
    with recording_upstream() as upstream, refused_port() as nowhere:
        upstream.script = answer_as_asked
        ingate.put_upstream("scripted", upstream.base_url)
        ingate.put_upstream("impatient", upstream.base_url, firstByteTimeoutSeconds=0.3)
        ingate.put_upstream("unreachable", f"http://127.0.0.1:{nowhere}")
        for name in upstreams:
            ingate.put_deployment(name, upstream=name, upstream_model="upstream-model")
        ingate.put_deployment("scarce", capacity=1)
        ingate.wait_until_served()
        yield upstream
        for name in (*upstreams, "scarce"):
            ingate.delete_deployment(name)
        for name in upstreams:
            ingate.delete_upstream(name)
