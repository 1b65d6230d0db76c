"""az against Ingate: led there by `ingate run`, and by a cloud that is registered with it."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Generator
from pathlib import Path
from typing import Any

import jwt
import pytest
from tests.contract.azure_cli import Az, find_az, lead_by_registered_cloud, lead_transparently
from tests.support.certificates import make_client_certificate
from tests.support.clients_matrix_entries import AZURE_CLI_CLIENT, exercises
from tests.support.documentation_page import read_documentation_page, read_shell_example_with_entra_id
from tests.support.principals import (
    PRINCIPALS,
    Application,
    Principal,
    assign_role,
    call_claude,
    open_entra,
    put_application,
    put_principal,
)
from tests.support.running import RunningIngate, inherit_environment
from tests.support.web_form import approve_device

pytestmark = [pytest.mark.heavy, pytest.mark.timeout(1200)]

USER_NAME = "grace@example.com"
PASSWORD = "correct horse battery staple"
SIGN_IN = "login with a secret, a certificate, a managed identity, by device code"
ROLES = "role assignments"
REST = "`az rest`"
DATA_PLANE = "https://cognitiveservices.azure.com"
DEFAULTS = ["claude-haiku-4-5", "claude-opus-4-1", "claude-opus-4-5", "claude-sonnet-4-5"]


@pytest.fixture(scope="module", params=["ingate run", "registered cloud"])
def nobody(
    request: pytest.FixtureRequest,
    azure_cli: Path,
    azure_ingate: RunningIngate,
    tmp_path_factory: pytest.TempPathFactory,
) -> Generator[Az]:
    """az, with nobody signed in."""
    folder = tmp_path_factory.mktemp("az") / "configuration"
    if request.param == "ingate run":
        yield lead_transparently(azure_cli, azure_ingate, folder)
        return
    with lead_by_registered_cloud(azure_cli, azure_ingate, folder) as az:
        yield az


@pytest.fixture(scope="module")
def owner(azure_ingate: RunningIngate) -> Application:
    made = put_application(azure_ingate, "az-owner")
    assign_role(azure_ingate, made.object_id, "Owner", f"/subscriptions/{azure_ingate.running['subscription_id']}")
    return made


@pytest.fixture(scope="module")
def reader(azure_ingate: RunningIngate) -> Principal:
    """A person."""
    made = put_principal(azure_ingate, "grace", "user", userPrincipalName=USER_NAME, password=PASSWORD)
    assign_role(azure_ingate, made.object_id, "Reader", azure_ingate.group_path, kind="User")
    return made


@pytest.fixture(scope="module")
def az(nobody: Az, owner: Application, tmp_path_factory: pytest.TempPathFactory, azure_ingate: RunningIngate) -> Az:
    """az, signed in as an application that owns the subscription."""
    az = nobody.copy_to(tmp_path_factory.mktemp("az") / "owner")
    proof = ("--username", owner.client_id, "--password", owner.secret, "--tenant", azure_ingate.tenant_id)
    az("login", "--service-principal", *proof)
    return az


class TestSigningIn:
    @exercises(AZURE_CLI_CLIENT, SIGN_IN)
    def test_by_a_secret(self, az: Az, owner: Application, azure_ingate: RunningIngate) -> None:
        shown = az("account", "show")
        token = az("account", "get-access-token")
        (listed,) = az("account", "list")

        assert shown["user"] == {"name": owner.client_id, "type": "servicePrincipal"}
        assert (shown["id"], shown["tenantId"]) == (azure_ingate.running["subscription_id"], azure_ingate.tenant_id)
        assert (listed["id"], listed["isDefault"], listed["state"]) == (shown["id"], True, "Enabled")
        assert read_claims(token)["aud"].startswith("https://management.core.windows.net/")
        assert read_claims(token)["oid"] == owner.object_id

    @exercises(AZURE_CLI_CLIENT, SIGN_IN)
    def test_by_a_certificate(
        self, nobody: Az, owner: Application, azure_ingate: RunningIngate, tmp_path: Path
    ) -> None:
        certificate = make_client_certificate("az-owner")
        file = tmp_path / "owner.pem"
        file.write_text(certificate.private_key_pem + certificate.certificate_pem)
        azure_ingate.manage(
            "POST", f"{PRINCIPALS}/az-owner/addCertificate", {"certificate": certificate.certificate_pem}
        )
        az = nobody.copy_to(tmp_path / "configuration")

        proof = ("--username", owner.client_id, "--certificate", str(file), "--tenant", azure_ingate.tenant_id)
        (subscription,) = az("login", "--service-principal", *proof)

        assert subscription["user"]["name"] == owner.client_id
        assert list_accounts(az) == ["example-resource"]

    @exercises(AZURE_CLI_CLIENT, SIGN_IN)
    def test_by_a_managed_identity(self, nobody: Az, azure_ingate: RunningIngate, tmp_path: Path) -> None:
        workload = put_principal(azure_ingate, "workload", "managed-identity")
        assign_role(azure_ingate, workload.object_id, "Reader", azure_ingate.group_path)
        az = nobody.copy_to(tmp_path / "configuration")

        (subscription,) = az("login", "--identity")

        assert subscription["user"]["assignedIdentityInfo"] == "MSI"
        assert list_accounts(az) == ["example-resource"]
        assert read_claims(az("account", "get-access-token"))["oid"] == workload.object_id

    @exercises(AZURE_CLI_CLIENT, SIGN_IN)
    @pytest.mark.usefixtures("reader")
    def test_by_a_device_code(self, nobody: Az, azure_ingate: RunningIngate, tmp_path: Path) -> None:
        az = nobody.copy_to(tmp_path / "configuration")

        with az.signing_in_by_device_code() as (address, code, process), open_entra(azure_ingate) as browser:
            page = approve_device(browser, address, code, user_name=USER_NAME, password=PASSWORD)
            assert "signed in" in page.text.lower(), page.text

        assert process.returncode == 0
        assert address.startswith(f"{azure_ingate.tls_url}/"), "where a browser outside `ingate run` finds it"
        assert az("account", "show")["user"] == {"name": USER_NAME, "type": "user"}
        assert list_accounts(az) == ["example-resource"]

    @exercises(AZURE_CLI_CLIENT, "login with a browser (not with `ingate run`, which does not lead browsers)")
    @pytest.mark.parametrize("nobody", ["registered cloud"], indirect=True)
    @pytest.mark.usefixtures("reader")
    def test_by_a_browser(self, nobody: Az, azure_ingate: RunningIngate, tmp_path: Path) -> None:
        az = nobody.copy_to(tmp_path / "configuration").with_variables(BROWSER=open_browser(azure_ingate))

        (subscription,) = az("login")

        assert subscription["user"] == {"name": USER_NAME, "type": "user"}
        assert list_accounts(az) == ["example-resource"]

    @exercises(AZURE_CLI_CLIENT, "login with a password (not in a registered cloud)")
    @pytest.mark.parametrize("nobody", ["ingate run"], indirect=True)
    def test_by_a_password(self, nobody: Az, reader: Principal, tmp_path: Path) -> None:
        az = nobody.copy_to(tmp_path / "configuration")

        (subscription,) = az("login", "--username", USER_NAME, "--password", PASSWORD)

        assert subscription["user"] == {"name": USER_NAME, "type": "user"}
        assert list_accounts(az) == ["example-resource"]
        me = az("rest", "--url", "https://graph.microsoft.com/v1.0/me")
        assert (me["id"], me["userPrincipalName"]) == (reader.object_id, USER_NAME)

    @pytest.mark.parametrize("nobody", ["registered cloud"], indirect=True)
    def test_a_password_in_a_registered_cloud_would_need_port_443(self, nobody: Az, tmp_path: Path) -> None:
        """A shortfall: MSAL asks a custom authority for a person's realm there, whatever the authority's port is."""
        az = nobody.copy_to(tmp_path / "configuration")
        refused = az.run("login", "--username", USER_NAME, "--password", PASSWORD)
        assert refused.returncode != 0
        assert "(host='localhost', port=443)" in refused.stderr

    def test_a_wrong_secret_is_told_as_entra_tells_it(
        self, nobody: Az, owner: Application, azure_ingate: RunningIngate, tmp_path: Path
    ) -> None:
        az = nobody.copy_to(tmp_path / "configuration")
        proof = ("--username", owner.client_id, "--password", "wrong", "--tenant", azure_ingate.tenant_id)

        refused = az.run("login", "--service-principal", *proof)

        assert refused.returncode != 0
        assert "AADSTS7000215" in refused.stderr


class TestResources:
    @exercises(AZURE_CLI_CLIENT, "groups, resources, keys")
    def test_a_resource_from_its_group_to_its_purge(self, az: Az, azure_ingate: RunningIngate) -> None:
        group, name = ("--resource-group", "az-group"), "az-resource"
        of = ("--name", name, *group)
        az("group", "create", "--name", "az-group", "--location", "eastus2")
        assert az("group", "show", "--name", "az-group")["properties"]["provisioningState"] == "Succeeded"
        assert "az-group" in [entry["name"] for entry in az("group", "list")]

        kind = ("--kind", "AIServices", "--sku", "S0", "--location", "eastus2", "--yes")
        made = az(*ACCOUNT, "create", *of, *kind, "--custom-domain", name)
        assert made["properties"]["provisioningState"] == "Succeeded"
        assert made["identity"]["type"] == "SystemAssigned"
        assert az(*ACCOUNT, "show", *of)["properties"]["customSubDomainName"] == name
        assert [entry["name"] for entry in az(*ACCOUNT, "list", *group)] == [name]
        assert az(*ACCOUNT, "update", *of, "--tags", "team=a")["tags"] == {"team": "a"}
        self.check_keys(az, of, azure_ingate)
        self.check_lists(az, of)

        az(*ACCOUNT, "delete", *of)
        assert name in [entry["name"] for entry in az(*ACCOUNT, "list-deleted")]
        az(*ACCOUNT, "recover", *of, "--location", "eastus2")
        assert az(*ACCOUNT, "show", *of)["tags"] == {"team": "a"}
        az(*ACCOUNT, "delete", *of)
        az(*ACCOUNT, "purge", *of, "--location", "eastus2")
        assert name not in [entry["name"] for entry in az(*ACCOUNT, "list-deleted")]
        az("group", "delete", "--name", "az-group", "--yes")
        assert az("group", "exists", "--name", "az-group") is False

    @staticmethod
    def check_keys(az: Az, of: tuple[str, ...], ingate: RunningIngate) -> None:
        """A key that az shows opens a deployment that az made, until az makes another key."""
        az(*DEPLOYMENT, "create", *of, *deploy("claude-haiku-4-5"))
        first = az(*ACCOUNT, "keys", "list", *of)
        second = az(*ACCOUNT, "keys", "regenerate", *of, "--key-name", "key1")
        ingate.wait_until_served()

        assert first["key1"] != second["key1"]
        assert first["key2"] == second["key2"]
        statuses = [
            call_claude(ingate, {"x-api-key": key}, resource="az-resource").status_code
            for key in (first["key1"], second["key1"], second["key2"])
        ]
        assert statuses == [401, 200, 200]

    @staticmethod
    def check_lists(az: Az, of: tuple[str, ...]) -> None:
        models = az(*ACCOUNT, "list-models", *of)
        assert set(DEFAULTS) <= {entry["name"] for entry in models}
        assert {entry["format"] for entry in models} == {"Anthropic"}
        assert {entry["sku"]["name"] for entry in az(*ACCOUNT, "list-skus", *of)["value"]} == {"S0"}
        usages = az(*ACCOUNT, "list-usage", *of)
        assert "AIServices.GlobalStandard.claude-haiku-4-5" in {entry["name"]["value"] for entry in usages}

    @exercises(AZURE_CLI_CLIENT, "identities, network rules, projects")
    def test_what_belongs_to_a_resource(self, az: Az, azure_ingate: RunningIngate) -> None:
        of = ("--name", "az-belongings", *in_group(azure_ingate))
        azure_ingate.put_resource("az-belongings")
        project, rule = ("--project-name", "az-project"), ("--ip-address", "203.0.113.7")

        assigned = az(*ACCOUNT, "identity", "assign", *of)
        assert az(*ACCOUNT, "identity", "show", *of)["principalId"] == assigned["principalId"]
        assert az(*ACCOUNT, "identity", "remove", *of)["identity"]["type"] == "None"
        az(*ACCOUNT, "network-rule", "add", *of, *rule)
        assert az(*ACCOUNT, "network-rule", "list", *of)["ipRules"] == [{"value": "203.0.113.7"}]
        az(*ACCOUNT, "network-rule", "remove", *of, *rule)
        az(*ACCOUNT, "update", *of, "--allow-project-management", "true")
        az(*ACCOUNT, "project", "create", *of, *project, "--location", "eastus2")
        assert [entry["name"] for entry in az(*ACCOUNT, "project", "list", *of)] == ["az-project"]
        az(*ACCOUNT, "project", "delete", *of, *project)
        azure_ingate.delete_resource("az-belongings")

    def test_a_resource_that_is_missing_is_told_as_azure_tells_it(self, az: Az, azure_ingate: RunningIngate) -> None:
        refused = az.run(*ACCOUNT, "show", "--name", "nowhere", *in_group(azure_ingate))
        assert refused.returncode == 3, "az's own code for what is not found"
        assert "(ResourceNotFound) The Resource 'Microsoft.CognitiveServices/accounts/nowhere'" in refused.stderr


class TestDeployments:
    @exercises(AZURE_CLI_CLIENT, "deployments")
    def test_a_deployment_from_its_creation_to_its_deletion(self, az: Az, azure_ingate: RunningIngate) -> None:
        of = ("--name", "example-resource", *in_group(azure_ingate))
        named = ("--deployment-name", "az-made")

        made = az(*DEPLOYMENT, "create", *of, *deploy("az-made"))
        assert made["properties"]["provisioningState"] == "Succeeded"
        assert (made["sku"]["name"], made["sku"]["capacity"]) == ("GlobalStandard", 7)
        assert az(*DEPLOYMENT, "show", *of, *named)["properties"]["model"]["name"] == "claude-haiku-4-5"
        listed = [entry["name"] for entry in az(*DEPLOYMENT, "list", *of)]
        assert sorted(listed) == sorted(["az-made", *DEFAULTS])
        az(*DEPLOYMENT, "delete", *of, *named)
        refused = az.run(*DEPLOYMENT, "show", *of, *named)
        assert refused.returncode == 3, refused.stderr

    def test_an_unknown_model_is_told_with_those_that_there_are(self, az: Az, azure_ingate: RunningIngate) -> None:
        of = ("--name", "example-resource", *in_group(azure_ingate))
        refused = az.run(*DEPLOYMENT, "create", *of, *deploy("az-made", model="claude-nine"))
        assert refused.returncode == 1
        assert "(DeploymentModelNotSupported)" in refused.stderr
        assert "claude-haiku-4-5" in refused.stderr


class TestRoles:
    @exercises(AZURE_CLI_CLIENT, ROLES)
    def test_a_role_is_given_by_its_name_and_taken_back(
        self, az: Az, owner: Application, azure_ingate: RunningIngate
    ) -> None:
        scope = azure_ingate.account_path("example-resource")
        role = ("--assignee", owner.client_id, "--role", "Cognitive Services User", "--scope", scope)

        made = az("role", "assignment", "create", *role)
        listed = az("role", "assignment", "list", "--assignee", owner.client_id, "--scope", scope)
        token = az("account", "get-access-token", "--resource", DATA_PLANE)["accessToken"]
        azure_ingate.wait_until_served()
        allowed = call_claude(azure_ingate, {"authorization": f"Bearer {token}"})
        az("role", "assignment", "delete", *role)
        azure_ingate.wait_until_served()
        forbidden = call_claude(azure_ingate, {"authorization": f"Bearer {token}"})

        assert made["principalId"] == owner.object_id
        (entry,) = listed
        assert (entry["roleDefinitionName"], entry["principalName"]) == ("Cognitive Services User", owner.client_id)
        assert (allowed.status_code, forbidden.status_code) == (200, 403)

    @exercises(AZURE_CLI_CLIENT, ROLES)
    def test_a_person_is_found_by_name(self, az: Az, reader: Principal, azure_ingate: RunningIngate) -> None:
        role = ("--assignee", USER_NAME, "--role", "Azure AI User", "--scope", azure_ingate.group_path)
        made = az("role", "assignment", "create", *role)
        az("role", "assignment", "delete", *role)
        assert (made["principalId"], made["principalType"]) == (reader.object_id, "User")

    def test_a_role_of_ones_own(self, az: Az, azure_ingate: RunningIngate, tmp_path: Path) -> None:
        definition = {
            "Name": "az-caller",
            "Description": "Calls models.",
            "Actions": [],
            "DataActions": ["Microsoft.CognitiveServices/accounts/AIServices/*"],
            "AssignableScopes": [f"/subscriptions/{azure_ingate.running['subscription_id']}"],
        }
        (tmp_path / "role.json").write_text(json.dumps(definition))

        made = az("role", "definition", "create", "--role-definition", f"@{tmp_path / 'role.json'}")
        (listed,) = az("role", "definition", "list", "--name", "az-caller")
        az("role", "definition", "delete", "--name", "az-caller")

        assert made["roleType"] == "CustomRole"
        assert listed["permissions"][0]["dataActions"] == definition["DataActions"]


class TestLookingAround:
    @exercises(AZURE_CLI_CLIENT, "`az provider`, `az resource`, `az ad`, `az monitor activity-log`")
    def test_what_there_is(self, az: Az, owner: Application, reader: Principal, azure_ingate: RunningIngate) -> None:
        hour = ("--offset", "1h", "--resource-group", azure_ingate.running["resource_group"])
        az(*ACCOUNT, "update", "--name", "example-resource", *in_group(azure_ingate), "--tags", "seen=yes")

        assert (
            az("provider", "show", "--namespace", "Microsoft.CognitiveServices")["registrationState"] == "Registered"
        )
        assert "example-resource" in [entry["name"] for entry in az("resource", "list")]
        assert az("ad", "sp", "show", "--id", owner.client_id)["id"] == owner.object_id
        assert az("ad", "user", "show", "--id", USER_NAME)["id"] == reader.object_id
        assert "eastus2" in [entry["name"] for entry in az("account", "list-locations")]
        written = [entry["operationName"]["value"] for entry in az("monitor", "activity-log", "list", *hour)]
        assert "Microsoft.CognitiveServices/accounts/write" in written


@exercises(AZURE_CLI_CLIENT, "metrics, workspaces, diagnostic settings")
class TestMonitoring:
    def test_metrics_and_their_definitions(self, az: Az, azure_ingate: RunningIngate) -> None:
        account = azure_ingate.account_path("example-resource")
        key = azure_ingate.get_keys("example-resource")["key1"]
        call_claude(azure_ingate, {"x-api-key": key})
        request = (
            "--resource",
            account,
            "--metrics",
            "ModelRequests",
            "--interval",
            "PT1M",
            "--aggregation",
            "Total",
        )
        deadline = time.monotonic() + 30

        def count_calls() -> float:
            (metric,) = az("monitor", "metrics", "list", *request)["value"]
            return sum(point["total"] or 0 for series in metric["timeseries"] for point in series["data"])

        while count_calls() < 1:
            assert time.monotonic() < deadline, "no call was counted within 30 s"
        definitions = az("monitor", "metrics", "list-definitions", "--resource", account)

        assert {"ModelRequests", "InputTokens", "TimeToResponse"} <= {entry["name"]["value"] for entry in definitions}

    def test_workspaces(self, az: Az, azure_ingate: RunningIngate) -> None:
        workspace = ("monitor", "log-analytics", "workspace")
        named = (*in_group(azure_ingate), "--workspace-name", "az-workspace")

        made = az(*workspace, "create", *named, "--retention-time", "60")
        shown = az(*workspace, "show", *named)
        listed = az(*workspace, "list", *in_group(azure_ingate))
        az(*workspace, "delete", *named, "--yes", "--force")

        assert (made["retentionInDays"], made["provisioningState"]) == (60, "Succeeded")
        assert shown["customerId"] == made["customerId"]
        assert {"example-workspace", "az-workspace"} <= {entry["name"] for entry in listed}
        assert "az-workspace" not in [entry["name"] for entry in az(*workspace, "list", *in_group(azure_ingate))]

    def test_diagnostic_settings(self, az: Az, azure_ingate: RunningIngate) -> None:
        settings = ("monitor", "diagnostic-settings")
        account = azure_ingate.account_path("example-resource")
        named = ("--name", "az-setting", "--resource", account)
        workspace = f"{azure_ingate.group_path}/providers/Microsoft.OperationalInsights/workspaces/example-workspace"
        logs = json.dumps([{"category": "RequestResponse", "enabled": True}])

        made = az(*settings, "create", *named, "--workspace", workspace, "--logs", logs)
        shown = az(*settings, "show", *named)
        listed = az(*settings, "list", "--resource", account)
        categories = az(*settings, "categories", "list", "--resource", account)
        az(*settings, "delete", *named)

        assert made["workspaceId"] == workspace
        assert [(entry["category"], entry["enabled"]) for entry in shown["logs"]] == [("RequestResponse", True)]
        assert [entry["name"] for entry in listed] == ["az-setting"]
        assert {"Audit", "RequestResponse"} <= {entry["name"] for entry in categories["value"]}
        assert az(*settings, "list", "--resource", account) == []


class TestRest:
    @exercises(AZURE_CLI_CLIENT, REST)
    def test_a_path_of_resource_manager(self, az: Az, azure_ingate: RunningIngate) -> None:
        url = f"{azure_ingate.account_path('example-resource')}?api-version=2025-09-01"
        assert az("rest", "--url", url)["name"] == "example-resource"

    @exercises(AZURE_CLI_CLIENT, REST)
    def test_what_az_has_no_option_for(self, az: Az, azure_ingate: RunningIngate) -> None:
        path = f"{azure_ingate.account_path('example-resource')}/deployments/az-rest"
        customer = {"organizationName": "Contoso", "industry": "technology", "countryCode": "US"}
        properties = {"model": {"format": "Anthropic", "name": "claude-opus-4-5"}, "modelProviderData": customer}
        url = ("--url", f"{path}?api-version=2025-12-01")

        made = az("rest", "--method", "put", *url, "--body", json.dumps({"properties": properties}))
        az("rest", "--method", "delete", *url)

        assert made["properties"]["modelProviderData"] == customer


@exercises(AZURE_CLI_CLIENT, "the documentation's example with Entra ID, byte for byte")
@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_the_documentations_example_runs_byte_for_byte(
    azure_cli: Path, azure_ingate: RunningIngate, fixtures_dir: Path, tmp_path: Path
) -> None:
    """Even its placeholder: curl reads `{resource}` as a choice of one, and so there is a resource of this name."""
    script = read_shell_example_with_entra_id(read_documentation_page(fixtures_dir))
    caller = put_application(azure_ingate, "az-caller")
    azure_ingate.put_resource("resource")
    azure_ingate.put_deployment("claude-sonnet-4-5", resource="resource")
    assign_role(azure_ingate, caller.object_id, "Cognitive Services User", azure_ingate.account_path("resource"))
    environment = {
        "AZURE_CONFIG_DIR": str(tmp_path / "configuration"),
        "PATH": os.pathsep.join([str(find_az(azure_cli).parent), os.environ["PATH"]]),
    }
    login = f"az login --service-principal -u {caller.client_id} -p {caller.secret} --tenant {azure_ingate.tenant_id}"
    run = [sys.executable, "-m", "ingate", "run", "--data-dir", str(azure_ingate.data_dir), "--", "bash", "-ec"]

    def run_script(text: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*run, text], capture_output=True, text=True, timeout=90, env=inherit_environment(environment)
        )

    assert (signed_in := run_script(login)).returncode == 0, signed_in.stderr
    finished = run_script(script)
    azure_ingate.delete_resource("resource")

    assert finished.returncode == 0, finished.stderr
    assert json.loads(finished.stdout)["type"] == "message"


def test_what_our_own_page_says_about_az_runs(
    azure_cli: Path, azure_ingate: RunningIngate, owner: Application, tmp_path: Path
) -> None:
    page = (Path(__file__).parents[2] / "docs" / "howto" / "use-az.md").read_text(encoding="utf-8")
    values = {
        "TENANT_ID": azure_ingate.tenant_id,
        "SUBSCRIPTION_ID": azure_ingate.running["subscription_id"],
        "CLIENT_ID": owner.client_id,
        "CLIENT_SECRET": owner.secret,
        "~/.azure-ingate": str(tmp_path / "configuration"),
        "~/.local/state/ingate": str(azure_ingate.data_dir),
        "https://localhost:8443": azure_ingate.tls_url,
    }
    for placeholder, value in values.items():
        page = page.replace(placeholder, value)
    sections = {text.partition("\n")[0].strip("# "): text for text in page.split("\n## ")}
    environment = {"PATH": os.pathsep.join([str(find_az(azure_cli).parent), os.environ["PATH"]])}
    blocks = [
        read_commands(sections[name])
        for name in (
            "Keep it apart from Azure",
            "A cloud of its own: `az cloud register`",
            "A resource, a deployment, a call",
        )
    ]

    finished = subprocess.run(
        ["bash", "-ec", "\n".join(blocks)],
        capture_output=True,
        text=True,
        timeout=120,
        stdin=subprocess.DEVNULL,
        env=inherit_environment({**environment, "NO_PROXY": "*"}),
    )

    assert finished.returncode == 0, finished.stderr
    assert '"tokenType": "Bearer"' in finished.stdout
    azure_ingate.manage("DELETE", f"/subscriptions/{values['SUBSCRIPTION_ID']}/resourceGroups/my-group")


def read_commands(section: str) -> str:
    """What is indented in it."""
    return "\n".join(line[4:] for line in section.splitlines() if line.startswith("    "))


ACCOUNT = ("cognitiveservices", "account")
DEPLOYMENT = (*ACCOUNT, "deployment")


def deploy(name: str, *, model: str = "claude-haiku-4-5") -> tuple[str, ...]:
    sku = ("--sku-name", "GlobalStandard", "--sku-capacity", "7")
    version = ("--model-format", "Anthropic", "--model-name", model, "--model-version", "20251001")
    return ("--deployment-name", name, *version, *sku)


def open_browser(ingate: RunningIngate) -> str:
    """For BROWSER. At its end `&`, because az does not answer the browser before the program has ended."""
    here = Path(__file__).parent
    program = ["env", f"PYTHONPATH={here.parents[1]}", sys.executable, str(here / "sign_in_at_browser.py")]
    return f"{shlex.join([*program, str(ingate.ca_file), USER_NAME, PASSWORD])} %s &"


def in_group(ingate: RunningIngate) -> tuple[str, str]:
    return ("--resource-group", ingate.running["resource_group"])


def list_accounts(az: Az) -> list[str]:
    return [entry["name"] for entry in az(*ACCOUNT, "list")]


def read_claims(token: dict[str, Any]) -> dict[str, Any]:
    return jwt.decode(token["accessToken"], options={"verify_signature": False})
