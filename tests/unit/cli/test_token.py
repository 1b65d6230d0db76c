from __future__ import annotations

import json

from tests.unit.cli.conftest import Run
from tests.unit.cli.fake_entra import PERSON, TENANT
from tests.unit.cli.fake_ingate import SUBSCRIPTION, FakeIngate


def sign_in(run: Run) -> None:
    assert run("login", "-u", PERSON, "--password-stdin", stdin="the-persons-password").exit_code == 0


def test_a_token_for_claude_is_printed_alone(run: Run, ingate: FakeIngate) -> None:
    sign_in(run)
    result = run("token")
    assert result.stderr == ""
    assert ingate.entra.is_good(result.stdout.strip(), "https://cognitiveservices.azure.com")


def test_json_is_what_az_prints(run: Run, ingate: FakeIngate) -> None:
    sign_in(run)
    value = json.loads(run("token", "--resource", "https://ai.azure.com", "-o", "json").stdout)
    assert list(value) == ["accessToken", "expiresOn", "expires_on", "subscription", "tenant", "tokenType"]
    assert ingate.entra.is_good(value["accessToken"], "https://ai.azure.com")
    assert value["expires_on"] == int(ingate.entra.now) + 3599
    assert (value["subscription"], value["tenant"], value["tokenType"]) == (SUBSCRIPTION, TENANT, "Bearer")


def test_a_scope_is_taken_for_its_resource(run: Run) -> None:
    sign_in(run)
    first = run("token", "--resource", "https://ai.azure.com/.default").stdout
    assert run("token", "--resource", "https://ai.azure.com").stdout == first, "it is kept"


def test_without_a_sign_in_there_is_no_token(run: Run) -> None:
    result = run("token")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "ingate login" in result.stderr
