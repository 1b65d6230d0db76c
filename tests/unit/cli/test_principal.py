from __future__ import annotations

import json
from pathlib import Path

import httpx2
import pytest
from tests.unit.cli.conftest import Run
from tests.unit.cli.fake_entra import TENANT
from tests.unit.cli.fake_ingate import PRINCIPALS, SECURE_URL, FakeIngate


def test_json_of_a_new_application_is_what_a_program_needs_and_nothing_else(run: Run, ingate: FakeIngate) -> None:
    result = run("principal", "create", "my-app", "--output", "json")
    assert json.loads(result.stdout) == {
        "tenantId": TENANT,
        "clientId": "client-of-my-app",
        "clientSecret": "fresh~secret",
        "objectId": "oid-my-app",
    }
    assert ingate.arm[f"{PRINCIPALS}/my-app"]["properties"]["kind"] == "application"


def test_the_table_has_the_variables_of_the_identity_libraries(run: Run, data_dir: Path) -> None:
    (data_dir / "ca.pem").write_text(CERTIFICATE)
    lines = run("principal", "create", "my-app").stdout.splitlines()
    assert "export AZURE_CLIENT_SECRET='fresh~secret'" in lines
    assert f"export AZURE_TENANT_ID={TENANT}" in lines
    assert f"export AZURE_AUTHORITY_HOST={SECURE_URL}" in lines
    assert f"export REQUESTS_CA_BUNDLE={data_dir}/ca.pem" in lines


def test_a_principal_that_got_no_secret_is_told_of(run: Run, ingate: FakeIngate) -> None:
    error = {"error": {"code": "InternalServerError", "message": "It failed."}}
    ingate.answers["POST", f"{PRINCIPALS}/my-app/addSecret"] = httpx2.Response(500, json=error)
    result = run("principal", "create", "my-app", "-o", "json")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "ingate principal secret create my-app" in result.stderr


def test_an_application_without_a_secret_has_none(run: Run, ingate: FakeIngate) -> None:
    created = json.loads(run("principal", "create", "my-app", "--no-secret", "-o", "json").stdout)
    assert sorted(created) == ["clientId", "objectId", "tenantId"]
    assert ingate.actions == []


def test_a_user_has_a_password_from_standard_input(run: Run, ingate: FakeIngate) -> None:
    options = ("--kind", "user", "--user-principal-name", "ada@example.com", "--password-stdin")
    result = run("principal", "create", "ada", *options, "-o", "json", stdin="a long password\n")
    assert json.loads(result.stdout)["userPrincipalName"] == "ada@example.com"
    assert ingate.arm[f"{PRINCIPALS}/ada"]["properties"]["password"] == "a long password"
    assert "a long password" not in result.output


def test_a_name_that_is_taken_is_refused_and_nothing_changes(run: Run, ingate: FakeIngate) -> None:
    ingate.add_principal("my-app", kind="group")
    result = run("principal", "create", "my-app")
    assert result.exit_code == 1
    assert "already" in result.stderr
    assert {request.method for request in ingate.requests} == {"GET"}


@pytest.mark.parametrize(
    "options",
    [
        ("--kind", "user"),
        ("--kind", "group", "--no-secret"),
        ("--user-principal-name", "a@example.com"),
        ("--kind", "managed-identity", "--redirect-uri", "http://localhost"),
    ],
)
def test_options_of_another_kind_are_wrong_usage(run: Run, options: tuple[str, ...]) -> None:
    assert run("principal", "create", "x", *options).exit_code == 2


@pytest.mark.parametrize("called", ["my-app", "CLIENT-ID-1", "app@example.com"])
def test_a_principal_is_found_by_whatever_it_is_called(run: Run, ingate: FakeIngate, called: str) -> None:
    ingate.add_principal("my-app", clientId="client-id-1", userPrincipalName="App@example.com")
    assert json.loads(run("principal", "show", called, "-o", "json").stdout)["name"] == "my-app"


def test_an_unknown_principal_is_answered_with_the_closest_name(run: Run, ingate: FakeIngate) -> None:
    ingate.add_principal("my-app")
    assert "Did you mean my-app?" in run("principal", "show", "my-ap").stderr


def test_principals_are_listed_by_kind(run: Run, ingate: FakeIngate) -> None:
    ingate.add_principal("my-app", clientId="c1")
    ingate.add_principal("readers", kind="group", objectId="g1")
    assert run("principal", "list", "--kind", "group", "-o", "tsv").stdout == "readers\tgroup\tg1\t\t\tyes\n"
    assert len(run("principal", "list", "-o", "tsv").stdout.splitlines()) == 2


def test_disabling_says_nothing_of_anything_else(run: Run, ingate: FakeIngate) -> None:
    ingate.add_principal("ada", kind="user", userPrincipalName="ada@example.com", objectId="o1")
    assert run("principal", "disable", "ada@example.com").exit_code == 0
    sent = json.loads(ingate.requests[-1].content)["properties"]
    assert sent == {"enabled": False}
    assert run("principal", "enable", "ada").stderr == "Enabled principal ada.\n"


def test_deleting_takes_the_name_of_whatever_was_found(run: Run, ingate: FakeIngate) -> None:
    ingate.add_principal("my-app", clientId="client-id-1")
    assert run("principal", "delete", "client-id-1", "--yes").stderr == "Deleted principal my-app.\n"
    assert f"{PRINCIPALS}/my-app" not in ingate.arm


CERTIFICATE = """-----BEGIN CERTIFICATE-----
MIIBfTCCASOgAwIBAgIUBQ==
-----END CERTIFICATE-----
"""
