"""azure-identity, unmodified, in Python and Node: every way to a token that works without a person, and one with.

Each token is then taken to Claude by the official client. A custom authority needs `disable_instance_discovery`:
without it the library asks login.microsoftonline.com whether to trust the authority. Managed identities do not.
"""

from __future__ import annotations

import json
import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from jwt.algorithms import RSAAlgorithm
from tests.support.certificates import make_client_certificate
from tests.support.clients import find_node
from tests.support.clients_matrix_entries import AZURE_IDENTITY, AZURE_IDENTITY_OF_NODE, exercises
from tests.support.principals import (
    PRINCIPALS,
    Application,
    Principal,
    assign_role,
    open_entra,
    put_application,
    put_principal,
)
from tests.support.running import RunningIngate, inherit_environment
from tests.support.web_form import approve_device

HERE = Path(__file__).parent
DATA = "https://cognitiveservices.azure.com/.default"
FOUNDRY = "https://ai.azure.com/.default"
ARM = "https://management.azure.com/.default"
ISSUER = "https://issuer.example.com/"
SUBJECT = "system:serviceaccount:default:caller"
PASSWORD = "correct horse battery staple"

Case = dict[str, Any]
Result = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Callers:
    """Principals that may call Claude, and what they prove it with."""

    ingate: RunningIngate
    application: Application
    managed_identity: Principal
    """Whoever asks on this machine gets its tokens."""
    certificate_file: Path
    federated_token_file: Path
    public_client: Principal
    user_name: str

    @property
    def secret(self) -> dict[str, Any]:
        return {
            "tenant_id": self.ingate.tenant_id,
            "client_id": self.application.client_id,
            "client_secret": self.application.secret,
        }

    @property
    def authority(self) -> dict[str, Any]:
        return {"authority": self.ingate.tls_url, "disable_instance_discovery": True}

    @property
    def secret_environment(self) -> dict[str, str]:
        return {
            "AZURE_AUTHORITY_HOST": self.ingate.tls_url,
            "AZURE_TENANT_ID": self.ingate.tenant_id,
            "AZURE_CLIENT_ID": self.application.client_id,
            "AZURE_CLIENT_SECRET": self.application.secret,
        }

    @property
    def workload_environment(self) -> dict[str, str]:
        return {
            "AZURE_AUTHORITY_HOST": self.ingate.tls_url,
            "AZURE_TENANT_ID": self.ingate.tenant_id,
            "AZURE_CLIENT_ID": self.application.client_id,
            "AZURE_FEDERATED_TOKEN_FILE": str(self.federated_token_file),
        }

    @property
    def trust(self) -> dict[str, str]:
        """How each library is told of the authority that signed Ingate's certificate."""
        file = str(self.ingate.ca_file)
        return {"REQUESTS_CA_BUNDLE": file, "SSL_CERT_FILE": file, "NODE_EXTRA_CA_CERTS": file}


@pytest.fixture(scope="module")
def callers(azure_ingate: RunningIngate, tmp_path_factory: pytest.TempPathFactory) -> Callers:
    ingate, folder = azure_ingate, tmp_path_factory.mktemp("callers")
    application = put_application(ingate, "caller")
    certificate = make_client_certificate("caller")
    (folder / "caller.pem").write_text(certificate.private_key_pem + certificate.certificate_pem)
    ingate.manage("POST", f"{PRINCIPALS}/caller/addCertificate", {"certificate": certificate.certificate_pem})
    _federate(ingate, folder)
    user = put_principal(ingate, "ada", "user", userPrincipalName="ada@example.com", password=PASSWORD)
    callers = Callers(
        ingate=ingate,
        application=application,
        managed_identity=put_principal(ingate, "workload", "managed-identity"),
        certificate_file=folder / "caller.pem",
        federated_token_file=folder / "federated.jwt",
        public_client=put_principal(ingate, "device-program", "application", redirectUris=["http://localhost"]),
        user_name="ada@example.com",
    )
    scope = ingate.account_path("example-resource")
    assign_role(ingate, application.object_id, "Cognitive Services User", scope)
    assign_role(ingate, callers.managed_identity.object_id, "Azure AI User", scope)
    assign_role(ingate, user.object_id, "Cognitive Services OpenAI User", scope, kind="User")
    return callers


def _federate(ingate: RunningIngate, folder: Path) -> None:
    """An issuer as a Kubernetes cluster has one, whose keys are in a file: `caller` believes its tokens."""
    key = generate_private_key(public_exponent=65537, key_size=2048)
    published = {**RSAAlgorithm.to_jwk(key.public_key(), as_dict=True), "kid": "cluster-1", "use": "sig"}
    (folder / "jwks.json").write_text(json.dumps({"keys": [published]}))
    now = int(time.time())
    claims = {"iss": ISSUER, "sub": SUBJECT, "aud": "api://AzureADTokenExchange", "iat": now, "exp": now + 3600}
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    token = jwt.encode(claims, pem, algorithm="RS256", headers={"kid": "cluster-1"})
    (folder / "federated.jwt").write_text(token)
    ingate.manage(
        "POST",
        f"{PRINCIPALS}/caller/addFederatedCredential",
        {
            "name": "cluster",
            "issuer": ISSUER,
            "subject": SUBJECT,
            "audiences": ["api://AzureADTokenExchange"],
            "jwksFile": str(folder / "jwks.json"),
        },
    )


def list_python_cases(callers: Callers, app_service: dict[str, str]) -> list[Case]:
    secret, authority = callers.secret, callers.authority
    imds = {"AZURE_POD_IDENTITY_AUTHORITY_HOST": callers.ingate.management_url}
    certificate = {
        "tenant_id": secret["tenant_id"],
        "client_id": secret["client_id"],
        "certificate_path": str(callers.certificate_file),
        **authority,
    }
    by_id = {"client_id": callers.managed_identity.client_id}
    return [
        _case("secret", "ClientSecretCredential", {**secret, **authority}, scopes=[DATA, FOUNDRY, ARM]),
        _case("secret, aio", "ClientSecretCredential", {**secret, **authority}, is_async=True),
        _case("certificate", "CertificateCredential", certificate),
        _case("certificate with its chain", "CertificateCredential", {**certificate, "send_certificate_chain": True}),
        _case("certificate, aio", "CertificateCredential", certificate, is_async=True),
        _case(
            "default: secret in the environment",
            "DefaultAzureCredential",
            {"disable_instance_discovery": True},
            environment=callers.secret_environment,
        ),
        _case(
            "default: secret in the environment, aio",
            "DefaultAzureCredential",
            is_async=True,
            environment=callers.secret_environment,
        ),
        _case(
            "workload",
            "WorkloadIdentityCredential",
            {"disable_instance_discovery": True},
            environment=callers.workload_environment,
        ),
        _case("workload, aio", "WorkloadIdentityCredential", is_async=True, environment=callers.workload_environment),
        _case(
            "default: workload",
            "DefaultAzureCredential",
            {"disable_instance_discovery": True},
            environment=callers.workload_environment,
        ),
        _case("managed: App Service", "ManagedIdentityCredential", environment=app_service),
        _case("managed: App Service, by client id", "ManagedIdentityCredential", by_id, environment=app_service),
        _case("managed: App Service, aio", "ManagedIdentityCredential", is_async=True, environment=app_service),
        _case("default: managed, App Service", "DefaultAzureCredential", environment=app_service),
        _case("managed: IMDS", "ManagedIdentityCredential", environment=imds),
        _case("managed: IMDS, by client id", "ManagedIdentityCredential", by_id, environment=imds),
        _case("managed: IMDS, aio", "ManagedIdentityCredential", is_async=True, environment=imds),
        _case(
            "managed: IMDS, host with a slash",
            "ManagedIdentityCredential",
            environment={"AZURE_POD_IDENTITY_AUTHORITY_HOST": f"{callers.ingate.management_url}/"},
        ),
        _case("default: managed, IMDS", "DefaultAzureCredential", environment=imds),
        _case("wrong secret", "ClientSecretCredential", {**secret, **authority, "client_secret": "wrong"}),
        _case(
            "unknown client",
            "ClientSecretCredential",
            {**secret, **authority, "client_id": "00000000-0000-4000-8000-000000000001"},
        ),
        _case(
            "unknown tenant",
            "ClientSecretCredential",
            {**secret, **authority, "tenant_id": "00000000-0000-4000-8000-000000000002"},
        ),
    ]


def list_node_cases(callers: Callers, app_service: dict[str, str]) -> list[Case]:
    secret = list(callers.secret.values())
    authority = {"authorityHost": callers.ingate.tls_url, "disableInstanceDiscovery": True}
    imds = {"AZURE_POD_IDENTITY_AUTHORITY_HOST": callers.ingate.management_url}
    certificate = [*secret[:2], str(callers.certificate_file), authority]
    undiscovered = [{"disableInstanceDiscovery": True}]
    return [
        _case("secret", "ClientSecretCredential", [*secret, authority], scopes=[DATA, FOUNDRY, ARM]),
        _case("certificate", "ClientCertificateCredential", certificate),
        _case(
            "default: secret in the environment",
            "DefaultAzureCredential",
            undiscovered,
            environment=callers.secret_environment,
        ),
        _case("workload", "WorkloadIdentityCredential", undiscovered, environment=callers.workload_environment),
        _case("managed: App Service", "ManagedIdentityCredential", environment=app_service),
        _case("default: managed, App Service", "DefaultAzureCredential", environment=app_service),
        _case("managed: IMDS", "ManagedIdentityCredential", environment=imds),
        _case("wrong secret", "ClientSecretCredential", [*secret[:2], "wrong", authority]),
    ]


def _case(
    name: str,
    credential: str,
    arguments: object = None,
    *,
    environment: dict[str, str] | None = None,
    is_async: bool = False,
    scopes: list[str] | None = None,
) -> Case:
    return {
        "name": name,
        "credential": credential,
        "arguments": arguments or {},
        "environment": environment or {},
        "is_async": is_async,
        "scopes": scopes or [DATA],
    }


@pytest.fixture(scope="module")
def app_service(azure_ingate: RunningIngate) -> dict[str, str]:
    """The variables that App Service gives a program."""
    return {
        "IDENTITY_ENDPOINT": f"{azure_ingate.management_url}/msi/token",
        "IDENTITY_HEADER": read_identity_header(azure_ingate),
    }


def read_identity_header(ingate: RunningIngate) -> str:
    return (ingate.data_dir / "identity.header").read_text().strip()


@pytest.fixture(scope="module")
def python_results(callers: Callers, app_service: dict[str, str], azure_sdk_python: Path) -> dict[str, Result]:
    cases = list_python_cases(callers, app_service)
    return run_python(callers, azure_sdk_python, cases)


def run_python(callers: Callers, python: Path, cases: list[Case]) -> dict[str, Result]:
    finished = subprocess.run(
        [str(python), str(HERE / "get_azure_tokens.py")],
        input=json.dumps([case | {"base_url": callers.ingate.base_url} for case in cases]),
        env=make_environment(callers),
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert finished.returncode == 0, finished.stderr
    lines = [json.loads(line) for line in finished.stdout.splitlines()]
    return {line["name"]: line for line in lines}


def make_environment(callers: Callers) -> dict[str, str]:
    """No proxy stands between a test and this machine."""
    return inherit_environment(callers.trust | {"NO_PROXY": "*"})


@pytest.fixture(scope="module")
def node_results(callers: Callers, app_service: dict[str, str], azure_identity_node: Path) -> dict[str, Result]:
    cases = list_node_cases(callers, app_service)
    processes = [start_node(callers, azure_identity_node, case) for case in cases]
    results: dict[str, Result] = {}
    for case, process in zip(cases, processes, strict=True):
        stdout, stderr = process.communicate(timeout=60)
        assert process.returncode == 0, f"{case['name']}: {stderr}"
        results[case["name"]] = json.loads(stdout.splitlines()[-1])
    return results


def start_node(callers: Callers, folder: Path, case: Case) -> subprocess.Popen[str]:
    sent: Case = {**case, "arguments": case["arguments"] or [], "base_url": callers.ingate.base_url}
    process = subprocess.Popen(
        [str(find_node()), str(HERE / "get_azure_tokens.mjs")],
        cwd=folder,
        env=make_environment(callers) | case["environment"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    process.stdin.write(json.dumps([sent]))
    process.stdin.close()
    process.stdin = None
    return process


def read_claims(token: str) -> dict[str, Any]:
    return jwt.decode(token, options={"verify_signature": False})


BY_THE_APPLICATION = [
    "secret",
    "secret, aio",
    "certificate",
    "certificate with its chain",
    "certificate, aio",
    "default: secret in the environment",
    "default: secret in the environment, aio",
    "workload",
    "workload, aio",
    "default: workload",
]
BY_THE_MANAGED_IDENTITY = [
    "managed: App Service",
    "managed: App Service, by client id",
    "managed: App Service, aio",
    "default: managed, App Service",
    "managed: IMDS",
    "managed: IMDS, by client id",
    "managed: IMDS, aio",
    "managed: IMDS, host with a slash",
    "default: managed, IMDS",
]
IN_NODE = {"secret", "certificate", "default: secret in the environment", "workload"}
IN_NODE_MANAGED = {"managed: App Service", "default: managed, App Service", "managed: IMDS"}


@exercises(AZURE_IDENTITY, "tokens of an application, sync and aio")
@pytest.mark.slow
@pytest.mark.parametrize("name", BY_THE_APPLICATION)
def test_python_application_gets_a_token_and_calls_claude(
    python_results: dict[str, Result], callers: Callers, name: str
) -> None:
    assert_claude_answered(python_results[name], callers.application, callers.ingate)


@exercises(AZURE_IDENTITY, "tokens of managed identities")
@pytest.mark.slow
@pytest.mark.parametrize("name", BY_THE_MANAGED_IDENTITY)
def test_python_managed_identity_gets_a_token_and_calls_claude(
    python_results: dict[str, Result], callers: Callers, name: str
) -> None:
    assert_claude_answered(python_results[name], callers.managed_identity, callers.ingate)


@exercises(AZURE_IDENTITY_OF_NODE, "tokens of an application")
@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(IN_NODE))
def test_node_application_gets_a_token_and_calls_claude(
    node_results: dict[str, Result], callers: Callers, name: str
) -> None:
    assert_claude_answered(node_results[name], callers.application, callers.ingate)


@exercises(AZURE_IDENTITY_OF_NODE, "tokens of managed identities")
@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(IN_NODE_MANAGED))
def test_node_managed_identity_gets_a_token_and_calls_claude(
    node_results: dict[str, Result], callers: Callers, name: str
) -> None:
    assert_claude_answered(node_results[name], callers.managed_identity, callers.ingate)


def assert_claude_answered(result: Result, principal: Principal, ingate: RunningIngate) -> None:
    assert "error" not in result, result["error"]
    assert "simulated" in result["text"]
    claims = read_claims(result["tokens"][0])
    assert claims["aud"] == "https://cognitiveservices.azure.com"
    assert claims["iss"] == f"https://sts.windows.net/{ingate.tenant_id}/"
    assert (claims["tid"], claims["oid"]) == (ingate.tenant_id, principal.object_id)
    assert claims["appid"] == principal.client_id
    assert 3600 <= claims["exp"] - claims["iat"] <= 90 * 60 + 300


@pytest.mark.slow
def test_audience_is_the_resource_that_was_asked_for(
    python_results: dict[str, Result], node_results: dict[str, Result]
) -> None:
    wanted = ["https://cognitiveservices.azure.com", "https://ai.azure.com", "https://management.azure.com"]
    for results in (python_results, node_results):
        assert [read_claims(token)["aud"] for token in results["secret"]["tokens"]] == wanted


@exercises(AZURE_IDENTITY, "errors")
@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "code"),
    [("wrong secret", "AADSTS7000215"), ("unknown client", "AADSTS700016"), ("unknown tenant", "AADSTS90002")],
)
def test_python_error_shows_entras_code(python_results: dict[str, Result], name: str, code: str) -> None:
    # With an unknown tenant the library reports what discovery said, without the code in its text.
    error = python_results[name]["error"]
    assert code in error or (name == "unknown tenant" and "tenant" in error.lower()), error


@exercises(AZURE_IDENTITY_OF_NODE, "errors")
@pytest.mark.slow
def test_node_error_shows_entras_code(node_results: dict[str, Result]) -> None:
    assert "7000215" in node_results["wrong secret"]["error"]


# With a person


@exercises(AZURE_IDENTITY, "device code")
@pytest.mark.slow
def test_python_device_code_waits_for_a_person_and_refreshes_without_one(
    callers: Callers, azure_sdk_python: Path
) -> None:
    case = _case(
        "device",
        "DeviceCodeCredential",
        {"client_id": callers.public_client.client_id, "tenant_id": callers.ingate.tenant_id, **callers.authority},
        scopes=[DATA, ARM, FOUNDRY],
    )
    process = subprocess.Popen(
        [str(azure_sdk_python), str(HERE / "get_azure_tokens.py")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=make_environment(callers),
        text=True,
    )
    assert process.stdin is not None
    process.stdin.write(json.dumps([case | {"base_url": callers.ingate.base_url}]))
    process.stdin.close()
    process.stdin = None

    result = approve_and_wait(callers, process)

    assert "error" not in result, result["error"]
    assert "simulated" in result["text"]
    # One prompt: the second and third token came by the refresh token.
    claims = [read_claims(token) for token in result["tokens"]]
    assert [entry["aud"] for entry in claims] == [scope.removesuffix("/.default") for scope in case["scopes"]]
    assert {entry["upn"] for entry in claims} == {callers.user_name}
    assert {entry["scp"] for entry in claims} == {"user_impersonation"}


@exercises(AZURE_IDENTITY_OF_NODE, "device code")
@pytest.mark.slow
def test_node_device_code_waits_for_a_person(callers: Callers, azure_identity_node: Path) -> None:
    options = {
        "promptUser": True,
        "clientId": callers.public_client.client_id,
        "tenantId": callers.ingate.tenant_id,
        "authorityHost": callers.ingate.tls_url,
        "disableInstanceDiscovery": True,
    }
    process = start_node(callers, azure_identity_node, _case("device", "DeviceCodeCredential", [options]))

    result = approve_and_wait(callers, process)

    assert "error" not in result, result["error"]
    assert "simulated" in result["text"]
    assert read_claims(result["tokens"][0])["upn"] == callers.user_name


def approve_and_wait(callers: Callers, process: subprocess.Popen[str]) -> Result:
    """Signs in when the program shows a code; then what it got."""
    lines = read_lines(process.stdout)
    try:
        prompt = next(lines)
        assert "prompt" in prompt, prompt
        with open_entra(callers.ingate) as browser:
            page = approve_device(
                browser,
                prompt["prompt"]["uri"],
                prompt["prompt"]["code"],
                user_name=callers.user_name,
                password=PASSWORD,
            )
        assert "signed in" in page.text.lower(), page.text
        result = next(lines)
        assert "prompt" not in result, "asked a second time"
        return result
    finally:
        _end(process)


def read_lines(stdout: IO[str] | None) -> Iterator[Result]:
    assert stdout is not None
    for line in stdout:
        yield json.loads(line)


def _end(process: subprocess.Popen[str]) -> None:
    timer = threading.Timer(10, process.kill)
    timer.start()
    try:
        process.communicate()
    finally:
        timer.cancel()
