"""The examples of Claude's documentation for Foundry through `ingate run`: byte for byte, but for the placeholders
that the page itself has readers replace.

The page is not part of the project: it is found beside the recordings.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tests.support.clients import NODE_20, NODE_26, Installer, find_node, install_node
from tests.support.clients_matrix_entries import (
    ANTHROPIC,
    ANTHROPIC_OF_2025,
    AZURE_IDENTITY,
    AZURE_IDENTITY_OF_NODE,
    CURL,
    FETCH_NODE_20,
    FETCH_NODE_26,
    FOUNDRY_SDK,
    Client,
    exercises,
)
from tests.support.documentation_page import read_documentation_page
from tests.support.principals import Application, assign_role, put_application
from tests.support.running import RunningIngate, inherit_environment

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]  # the first run installs the clients

WITH_A_KEY = "the documentation's example with a key, unchanged"
WITH_ENTRA = "the documentation's example with Entra ID, unchanged"
EXAMPLE = re.compile(r"^```(\w+)[^\n]*\n(.*?)^```", re.MULTILINE | re.DOTALL)
FETCH = """
const answer = await fetch("https://example-resource.services.ai.azure.com/anthropic/v1/messages", {
  method: "POST",
  headers: { "x-api-key": process.env.ANTHROPIC_FOUNDRY_API_KEY, "anthropic-version": "2023-06-01" },
  body: JSON.stringify({ model: "claude-haiku-4-5", max_tokens: 64, messages: [{ role: "user", content: "Hi" }] }),
});
console.log(answer.status, (await answer.json()).type);
await fetch("https://example.com/").catch((error) => console.log("refused", error.cause?.message));
"""


@pytest.fixture(scope="module")
def page(fixtures_dir: Path) -> str:
    return read_documentation_page(fixtures_dir)


def read_example(page: str, language: str, *, with_entra: bool = False) -> str:
    """The one that calls Claude, with a key or with Entra ID."""
    sign = "Bearer $ACCESS_TOKEN" if language == "bash" else "DefaultAzureCredential"
    (found,) = [
        code
        for name, code in EXAMPLE.findall(page)
        if name == language and "claude-sonnet-4-5" in code and (sign in code) is with_entra
    ]
    return found


def run_through(
    ingate: RunningIngate, *arguments: str, folder: Path, **environment: str
) -> subprocess.CompletedProcess[str]:
    """`ingate run ARGUMENTS` with an Ingate that runs already."""
    return subprocess.run(
        [sys.executable, "-m", "ingate", "run", "--data-dir", str(ingate.data_dir), *arguments],
        capture_output=True,
        text=True,
        cwd=folder,
        timeout=60,
        stdin=subprocess.DEVNULL,
        env=inherit_environment(environment),
    )


@exercises(ANTHROPIC, WITH_A_KEY)
def test_python_example_with_a_key_runs_unchanged(ingate: RunningIngate, page: str, tmp_path: Path) -> None:
    (tmp_path / "example.py").write_text(read_example(page, "python"))

    finished = run_through(ingate, "--key", "--", sys.executable, "example.py", folder=tmp_path)

    assert finished.returncode == 0, finished.stderr
    assert finished.stdout.startswith("[TextBlock(")
    assert "simulated" in finished.stdout


@exercises(ANTHROPIC_OF_2025, WITH_A_KEY)
def test_python_example_with_the_client_of_foundrys_first_days_runs_unchanged(
    ingate: RunningIngate, page: str, tmp_path: Path, anthropic_0_75: Path
) -> None:
    (tmp_path / "example.py").write_text(read_example(page, "python"))

    finished = run_through(ingate, "--key", "--", str(anthropic_0_75), "example.py", folder=tmp_path)

    assert finished.returncode == 0, finished.stderr
    assert "simulated" in finished.stdout


@exercises(CURL, "the documentation's example with a key, its placeholders replaced")
@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_curl_example_with_a_key_runs_with_its_placeholders_replaced(
    ingate: RunningIngate, page: str, tmp_path: Path
) -> None:
    script = read_example(page, "bash").replace("{resource}", "example-resource")
    script = script.replace("YOUR_AZURE_API_KEY", ingate.api_key)

    finished = run_through(ingate, "--", "bash", "-c", script, folder=tmp_path)

    assert finished.returncode == 0, finished.stderr
    assert json.loads(finished.stdout)["type"] == "message"


@pytest.fixture(scope="module")
def application(azure_ingate: RunningIngate) -> Application:
    made = put_application(azure_ingate, "transparent")
    scope = azure_ingate.account_path("example-resource")
    assign_role(azure_ingate, made.object_id, "Cognitive Services User", scope)
    return made


@exercises(ANTHROPIC, WITH_ENTRA)
@exercises(AZURE_IDENTITY, WITH_ENTRA)
def test_python_example_with_entra_id_runs_unchanged(
    azure_ingate: RunningIngate, azure_sdk_python: Path, application: Application, page: str, tmp_path: Path
) -> None:
    (tmp_path / "example.py").write_text(read_example(page, "python", with_entra=True))

    finished = run_through(
        azure_ingate, "--as", application.name, "--", str(azure_sdk_python), "example.py", folder=tmp_path
    )

    assert finished.returncode == 0, finished.stderr
    assert "simulated" in finished.stdout
    credentials = azure_ingate.manage("GET", f"/providers/Ingate.Identity/principals/{application.name}/credentials")
    assert "ingate run" not in json.dumps(credentials), "the secret that was made for the run is gone"


THE_SYSTEMS = "the system's"
NODE_24 = "24"


@pytest.fixture
def node(request: pytest.FixtureRequest, install: Installer) -> Path:
    """The program of the version that a test is parametrised with."""
    if request.param == NODE_24:
        return find_node()
    if request.param != THE_SYSTEMS:
        return install(install_node, request.param)
    found = shutil.which("node")
    if found is None:
        pytest.skip("Node is not installed")
    return Path(found)


def on_nodes(*clients: Client, what: str) -> pytest.MarkDecorator:
    """For the fixture `node`: one whose `fetch` knows no proxies, the one that is here anyway, and the newest."""
    versions = {"20": NODE_20, "24": NODE_24, "26": NODE_26}
    return pytest.mark.parametrize(
        "node",
        [
            pytest.param(
                pin,
                id=f"Node {version}",
                marks=[
                    *(exercises(client, f"{what}, on Node {version}") for client in clients),
                    *([] if pin == NODE_24 else [pytest.mark.heavy]),
                ],
            )
            for version, pin in versions.items()
        ],
        indirect=True,
    )


@on_nodes(FOUNDRY_SDK, what=WITH_A_KEY)
def test_typescript_example_with_a_key_runs_unchanged(
    ingate: RunningIngate, foundry_sdk: Path, node: Path, page: str, tmp_path: Path
) -> None:
    script = write_typescript(tmp_path, foundry_sdk, node, read_example(page, "typescript"))

    finished = run_through(ingate, "--key", "--", str(node), script, folder=tmp_path)

    assert finished.returncode == 0, finished.stderr
    assert "type: 'text'" in finished.stdout
    assert "simulated" in finished.stdout


@on_nodes(FOUNDRY_SDK, AZURE_IDENTITY_OF_NODE, what=WITH_ENTRA)
def test_typescript_example_with_entra_id_runs_unchanged(
    azure_ingate: RunningIngate,
    azure_identity_node: Path,
    application: Application,
    node: Path,
    page: str,
    tmp_path: Path,
) -> None:
    example = read_example(page, "typescript", with_entra=True)
    script = write_typescript(tmp_path, azure_identity_node, node, example)

    finished = run_through(azure_ingate, "--as", application.name, "--", str(node), script, folder=tmp_path)

    assert finished.returncode == 0, finished.stderr
    assert "type: 'text'" in finished.stdout
    assert "simulated" in finished.stdout
    assert azure_ingate.read_journal()[-1]["principal_id"] == application.object_id


def write_typescript(folder: Path, packages: Path, node: Path, example: str) -> str:
    """The script's name. Node 20 runs no TypeScript, but the examples are JavaScript, too."""
    (folder / "node_modules").symlink_to(packages / "node_modules")
    version = subprocess.run([str(node), "--version"], capture_output=True, text=True, check=True).stdout
    name = "example.mjs" if version.startswith("v20.") else "example.mts"
    (folder / name).write_text(example)
    return name


@pytest.mark.parametrize(
    "node",
    [
        THE_SYSTEMS,
        NODE_24,
        pytest.param(NODE_20, marks=[pytest.mark.heavy, exercises(FETCH_NODE_20, "a message")], id="Node 20"),
        pytest.param(NODE_26, marks=[pytest.mark.heavy, exercises(FETCH_NODE_26, "a message")], id="Node 26"),
    ],
    indirect=True,
)
def test_nodes_own_fetch_goes_through_the_proxy(ingate: RunningIngate, tmp_path: Path, node: Path) -> None:
    (tmp_path / "ask.mjs").write_text(FETCH)

    finished = run_through(ingate, "--key", "--", str(node), "ask.mjs", folder=tmp_path)

    assert finished.returncode == 0, finished.stderr
    assert finished.stdout.splitlines()[0] == "200 message"
    assert finished.stdout.splitlines()[1].startswith("refused")
    assert "refused example.com:443" in finished.stderr


def test_a_fresh_ingate_is_started_and_leaves_nothing(page: str, tmp_path: Path) -> None:
    (tmp_path / "example.py").write_text(read_example(page, "python"))
    show = 'echo "$SSL_CERT_FILE" && exec python example.py'
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])

    finished = subprocess.run(
        [sys.executable, "-m", "ingate", "run", "--fresh", "--key", "--", "sh", "-c", show],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        timeout=90,
        env=inherit_environment({"PATH": path}),
    )

    assert finished.returncode == 0, finished.stderr
    ca_file, _, said = finished.stdout.partition("\n")
    assert "simulated" in said
    assert not Path(ca_file).parent.exists()
