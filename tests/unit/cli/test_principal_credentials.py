from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest
from tests.unit.cli.conftest import Run
from tests.unit.cli.fake_ingate import PRINCIPALS, FakeIngate


@pytest.fixture(autouse=True)
def application(ingate: FakeIngate) -> None:
    ingate.add_principal("my-app", clientId="client-1")


def test_another_secret_is_shown_once(run: Run, ingate: FakeIngate) -> None:
    options = ("--display-name", "for CI", "--days", "30")
    result = run("principal", "secret", "create", "my-app", *options, "-o", "json")
    assert json.loads(result.stdout)["secretText"] == "fresh~secret"
    assert ingate.actions == [("my-app", "addSecret", {"displayName": "for CI", "lifetimeDays": 30})]


def test_credentials_are_listed_by_key_id(run: Run, ingate: FakeIngate) -> None:
    path = f"{PRINCIPALS}/my-app/credentials/key-1"
    ingate.arm[path] = {"keyId": "key-1", "type": "secret", "displayName": "for CI", "hint": "abc"}
    assert run("principal", "secret", "list", "my-app", "-o", "tsv").stdout == "key-1\tsecret\tfor CI\tabc\t\n"


def test_a_credential_is_deleted_by_its_key_id(run: Run, ingate: FakeIngate) -> None:
    ingate.arm[f"{PRINCIPALS}/my-app/credentials/key-1"] = {}
    ingate.arm[f"{PRINCIPALS}/my-app/credentials/key-2"] = {"keyId": "key-2"}
    assert run("principal", "secret", "delete", "my-app", "key-2").exit_code == 0
    assert f"{PRINCIPALS}/my-app/credentials/key-2" not in ingate.arm


def test_a_certificate_is_made_and_its_key_stays_here(run: Run, ingate: FakeIngate, tmp_path: Path) -> None:
    file = tmp_path / "app.pem"
    result = run("principal", "certificate", "create", "my-app", str(file))
    assert result.exit_code == 0
    assert "PRIVATE KEY" in file.read_text()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert "PRIVATE KEY" not in str(ingate.actions)
    assert f"ingate login --service-principal -u client-1 --certificate {file}" in result.stderr


def test_a_file_that_exists_is_not_overwritten(run: Run, tmp_path: Path) -> None:
    (tmp_path / "app.pem").write_text("precious")
    assert run("principal", "certificate", "create", "my-app", str(tmp_path / "app.pem")).exit_code == 1
    assert (tmp_path / "app.pem").read_text() == "precious"


def test_of_a_file_with_a_key_only_the_certificate_is_sent(run: Run, ingate: FakeIngate, tmp_path: Path) -> None:
    file = tmp_path / "app.pem"
    run("principal", "certificate", "create", "my-app", str(file))
    assert run("principal", "certificate", "add", "my-app", str(file)).exit_code == 0
    assert ingate.actions[0] == ingate.actions[1]


def test_what_is_no_certificate_is_named(run: Run, tmp_path: Path) -> None:
    (tmp_path / "app.pem").write_text("hello")
    result = run("principal", "certificate", "add", "my-app", str(tmp_path / "app.pem"))
    assert result.stderr == f"ingate: {tmp_path / 'app.pem'} holds no certificate in PEM format.\n"


def test_another_issuers_tokens_are_accepted(run: Run, ingate: FakeIngate) -> None:
    options = ("--name", "ci", "--issuer", "https://ci.example", "--subject", "repo:a")
    assert run("principal", "federated-credential", "add", "my-app", *options).exit_code == 0
    audiences = ["api://AzureADTokenExchange"]
    body = {"name": "ci", "issuer": "https://ci.example", "subject": "repo:a", "audiences": audiences}
    assert ingate.actions == [("my-app", "addFederatedCredential", body)]
