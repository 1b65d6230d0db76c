"""Signing in, and what it changes for the other commands."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest
from tests.unit.cli.conftest import Run
from tests.unit.cli.fake_entra import APPLICATION, PERSON, TENANT
from tests.unit.cli.fake_ingate import SECURE_URL, TOKEN, FakeIngate

AS_APPLICATION = ("login", "--service-principal", "-u", APPLICATION, "--password-stdin")
SECRET = "the~client~secret"


def sign_ins(data_dir: Path) -> Path:
    return data_dir / "config" / "sign-ins.json"


def bearers(ingate: FakeIngate) -> list[tuple[str, str]]:
    """Scheme and bearer token of each request to the management API."""
    return [
        (request.url.scheme, request.headers["authorization"].removeprefix("Bearer "))
        for request in ingate.requests
        if "authorization" in request.headers
    ]


def test_an_application_signs_in_and_commands_then_act_as_it_over_https(run: Run, ingate: FakeIngate) -> None:
    result = run(*AS_APPLICATION, stdin=f"{SECRET}\n")
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr == f"Signed in as {APPLICATION} (object id oid-application, tenant {TENANT}).\n"
    assert run("resource", "list").exit_code == 0
    scheme, bearer = bearers(ingate)[-1]
    assert scheme == "https"
    assert ingate.entra.is_good(bearer, "https://management.azure.com")


def test_as_admin_leaves_the_sign_in_out_for_one_command(run: Run, ingate: FakeIngate) -> None:
    run(*AS_APPLICATION, stdin=SECRET)
    assert run("resource", "list", "--as-admin").exit_code == 0
    assert bearers(ingate)[-1] == ("http", TOKEN)


def test_logout_forgets_everything_that_was_kept(run: Run, ingate: FakeIngate, data_dir: Path) -> None:
    run(*AS_APPLICATION, stdin=SECRET)
    assert run("logout").stderr == "Signed out.\n"
    assert SECRET not in sign_ins(data_dir).read_text()
    assert run("logout").stderr == "Nobody was signed in.\n"
    run("resource", "list")
    assert bearers(ingate)[-1] == ("http", TOKEN)


def test_what_is_kept_is_for_its_owner_alone(run: Run, data_dir: Path) -> None:
    run(*AS_APPLICATION, stdin=SECRET)
    assert stat.S_IMODE(sign_ins(data_dir).stat().st_mode) == 0o600
    assert stat.S_IMODE(sign_ins(data_dir).parent.stat().st_mode) == 0o700
    assert [path.name for path in sign_ins(data_dir).parent.iterdir()] == ["sign-ins.json"]


def test_a_token_is_used_again_until_shortly_before_its_end(run: Run, ingate: FakeIngate) -> None:
    run(*AS_APPLICATION, stdin=SECRET)
    run("resource", "list")
    assert len(ingate.entra.forms) == 1
    ingate.entra.now += 3599 - 299
    run("resource", "list")
    assert len(ingate.entra.forms) == 2
    assert bearers(ingate)[0] != bearers(ingate)[-1]


def test_a_wrong_secret_is_explained_and_shown_nowhere(run: Run, data_dir: Path) -> None:
    result = run(*AS_APPLICATION, stdin="wrong~secret")
    assert result.exit_code == 1
    assert result.stderr.startswith("ingate: AADSTS7000215: Invalid client secret provided")
    assert "ingate principal secret create" in result.stderr
    assert "Trace ID" not in result.output
    assert "wrong~secret" not in result.output
    assert not sign_ins(data_dir).exists()


def test_a_person_signs_in_with_a_code_in_a_browser(run: Run, ingate: FakeIngate) -> None:
    result = run("login")
    assert result.exit_code == 0
    assert "enter the code ABCD" in result.stderr
    assert f"Signed in as {PERSON} (object id oid-ada" in result.stderr
    assert len(ingate.entra.forms) == 2, "it asked again after `authorization_pending`"


def test_a_person_signs_in_with_a_password_and_stays_by_refresh_token(
    run: Run, ingate: FakeIngate, data_dir: Path
) -> None:
    assert run("login", "-u", PERSON, "--password-stdin", stdin="the-persons-password\n").exit_code == 0
    assert "the-persons-password" not in sign_ins(data_dir).read_text()
    ingate.entra.now += 4000
    assert run("resource", "list").exit_code == 0
    assert ingate.entra.forms[-1]["grant_type"] == "refresh_token"


def test_a_terminal_is_asked_for_the_password_and_does_not_show_it(run: Run) -> None:
    result = run("login", "-u", PERSON, stdin="the-persons-password\n", terminal=True)
    assert result.exit_code == 0
    assert "the-persons-password" not in result.output


def test_a_sign_in_that_was_revoked_says_to_sign_in_again(run: Run, ingate: FakeIngate) -> None:
    run("login", "-u", PERSON, "--password-stdin", stdin="the-persons-password")
    ingate.entra.now += 4000
    ingate.entra.revoked = True
    result = run("resource", "list")
    assert result.exit_code == 1
    assert "AADSTS50173" in result.stderr
    assert result.stderr.endswith("Sign in with: ingate login\n")


def test_an_application_signs_in_with_its_certificate(run: Run, ingate: FakeIngate, tmp_path: Path) -> None:
    pem = tmp_path / "app.pem"
    ingate.add_principal("my-app", clientId=APPLICATION)
    assert run("principal", "certificate", "create", "my-app", str(pem)).exit_code == 0
    ingate.entra.certificates[APPLICATION] = ingate.actions[-1][2]["certificate"]
    result = run("login", "--service-principal", "-u", APPLICATION, "--certificate", str(pem))
    assert result.exit_code == 0, result.stderr
    assert run("resource", "list").exit_code == 0


def test_a_managed_identity_signs_in_without_a_secret(run: Run, ingate: FakeIngate) -> None:
    result = run("login", "--identity", "-u", "mi-client-id")
    assert result.exit_code == 0
    assert "Signed in as mi-client-id (object id oid-mi" in result.stderr
    assert run("resource", "list").exit_code == 0
    assert bearers(ingate)[-1][0] == "https"


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (("--service-principal",), "client id"),
        (("--service-principal", "--identity"), "exclude each other"),
        (("--password-stdin",), "whose password"),
        (("-u", PERSON), "give it on standard input"),
        (("-u", PERSON, "-p", "x", "--password-stdin"), "give one of"),
        (("-u", PERSON, "--password-stdin"), "is empty"),
    ],
)
def test_options_that_make_no_sense_together_are_wrong_usage(run: Run, options: tuple[str, ...], reason: str) -> None:
    result = run("login", *options)
    assert result.exit_code == 2
    assert reason in result.stderr


def test_an_unknown_tenant_is_explained(run: Run) -> None:
    result = run(*AS_APPLICATION, "--tenant", "elsewhere", stdin=SECRET)
    assert result.exit_code == 1
    assert "AADSTS90002" in result.stderr


def test_an_https_management_url_alone_has_a_sign_in_of_its_own(run: Run, ingate: FakeIngate, tmp_path: Path) -> None:
    environment = {"INGATE_DATA_DIR": str(tmp_path / "empty"), "INGATE_MANAGEMENT_URL": SECURE_URL}
    result = run(*AS_APPLICATION, "--tenant", TENANT, stdin=SECRET, environment=environment)
    assert result.exit_code == 0, result.stderr
    assert run("resource", "list", environment=environment).exit_code == 0
    assert run("resource", "list").exit_code == 0
    assert bearers(ingate)[-1] == ("http", TOKEN), "the Ingate of the data directory has none"


def test_a_plain_http_address_is_no_place_to_sign_in(run: Run, tmp_path: Path) -> None:
    environment = {"INGATE_DATA_DIR": str(tmp_path / "empty"), "INGATE_MANAGEMENT_URL": "http://127.0.0.1:8081"}
    result = run(*AS_APPLICATION, "--tenant", TENANT, stdin=SECRET, environment=environment)
    assert result.exit_code == 1
    assert "https address" in result.stderr


def test_a_damaged_file_of_sign_ins_is_named(run: Run, data_dir: Path) -> None:
    sign_ins(data_dir).parent.mkdir()
    sign_ins(data_dir).write_text("{")
    result = run("resource", "list")
    assert result.exit_code == 1
    assert f"{sign_ins(data_dir)} cannot be read" in result.stderr


def test_account_show_says_who_is_signed_in(run: Run) -> None:
    nobody = run("account", "show")
    assert nobody.exit_code == 1
    assert "ingate login" in nobody.stderr
    run(*AS_APPLICATION, stdin=SECRET)
    shown = json.loads(run("account", "show", "-o", "json").stdout)
    assert shown["user"] == {"name": APPLICATION, "type": "servicePrincipal", "objectId": "oid-application"}
    assert shown["tenantId"] == TENANT
