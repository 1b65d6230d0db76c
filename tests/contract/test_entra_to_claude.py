"""The Entra ID examples of Claude's documentation for Foundry, with only hosts and authority pointed at Ingate.

The page is not part of the project: it is found beside the recordings. Only the line that names the resource becomes
one with Ingate's address; the credential finds its authority, or its managed identity, in the environment.
"""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
from tests.support.clients import find_node
from tests.support.documentation_page import read_documentation_page
from tests.support.principals import Application, Principal, assign_role, put_application, put_principal
from tests.support.running import RunningIngate, inherit_environment

pytestmark = pytest.mark.slow

RESOURCE = re.compile(r"resource(?P<sign>\s*[=:]\s*)'example-resource',.*")
CREDENTIAL = re.compile(r"DefaultAzureCredential\(\)")


@pytest.fixture(scope="module")
def page(fixtures_dir: Path) -> str:
    return read_documentation_page(fixtures_dir)


def read_example(page: str, language: str) -> str:
    """The one that uses Entra ID."""
    examples = re.findall(rf"^```{language}[^\n]*\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    (found,) = [example for example in examples if "DefaultAzureCredential" in example]
    return found


@pytest.fixture(scope="module")
def application(azure_ingate: RunningIngate) -> Application:
    made = put_application(azure_ingate, "documented")
    assign_role(
        azure_ingate, made.object_id, "Cognitive Services User", azure_ingate.account_path("example-resource")
    )
    return made


@pytest.fixture(scope="module")
def managed_identity(azure_ingate: RunningIngate) -> Principal:
    made = put_principal(azure_ingate, "workload", "managed-identity")
    assign_role(azure_ingate, made.object_id, "Azure AI User", azure_ingate.account_path("example-resource"))
    return made


def make_environment(ingate: RunningIngate, variables: dict[str, str]) -> dict[str, str]:
    file = str(ingate.ca_file)
    trust = {"REQUESTS_CA_BUNDLE": file, "NODE_EXTRA_CA_CERTS": file, "NO_PROXY": "*"}
    return inherit_environment(trust | variables)


@pytest.fixture(params=["secret", "managed identity"])
def environment(request: pytest.FixtureRequest, azure_ingate: RunningIngate) -> dict[str, str]:
    """Where `DefaultAzureCredential()` finds what to prove itself with."""
    if request.param == "managed identity":
        request.getfixturevalue("managed_identity")
        return make_environment(azure_ingate, {"AZURE_POD_IDENTITY_AUTHORITY_HOST": azure_ingate.management_url})
    application: Application = request.getfixturevalue("application")
    variables = {
        "AZURE_AUTHORITY_HOST": azure_ingate.tls_url,
        "AZURE_TENANT_ID": azure_ingate.tenant_id,
        "AZURE_CLIENT_ID": application.client_id,
        "AZURE_CLIENT_SECRET": application.secret,
    }
    return make_environment(azure_ingate, variables)


def test_python_example_runs(
    azure_ingate: RunningIngate, azure_sdk_python: Path, page: str, environment: dict[str, str], tmp_path: Path
) -> None:
    example = point_at_ingate(read_example(page, "python"), f'base_url\\g<sign>"{azure_ingate.base_url}",')
    if "AZURE_AUTHORITY_HOST" in environment:
        example = CREDENTIAL.sub("DefaultAzureCredential(disable_instance_discovery=True)", example)
    (tmp_path / "example.py").write_text(example)

    said = run([str(azure_sdk_python), "example.py"], tmp_path, environment)

    assert "TextBlock(" in said
    assert "simulated" in said


def test_typescript_example_runs(
    azure_ingate: RunningIngate, azure_identity_node: Path, page: str, environment: dict[str, str], tmp_path: Path
) -> None:
    example = point_at_ingate(read_example(page, "typescript"), f'baseURL\\g<sign>"{azure_ingate.base_url}",')
    if "AZURE_AUTHORITY_HOST" in environment:
        example = CREDENTIAL.sub("DefaultAzureCredential({ disableInstanceDiscovery: true })", example)
    (tmp_path / "example.mts").write_text(example)
    (tmp_path / "node_modules").symlink_to(azure_identity_node / "node_modules")

    said = run([str(find_node()), "example.mts"], tmp_path, environment)

    assert "type: 'text'" in said
    assert "simulated" in said


def point_at_ingate(example: str, line: str) -> str:
    pointed, count = RESOURCE.subn(line, example)
    assert count == 1, example
    return pointed


def run(command: list[str], folder: Path, environment: dict[str, str]) -> str:
    finished = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=60)
    assert finished.returncode == 0, finished.stderr
    return finished.stdout
