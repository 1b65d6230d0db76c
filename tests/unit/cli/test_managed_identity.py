"""Which of the two forms of managed identity is asked, and where."""

from __future__ import annotations

import base64
import json

import httpx2
from tests.unit.cli.conftest import Run
from tests.unit.cli.fake_ingate import MANAGEMENT_URL, FakeIngate

CLAIMS = base64.urlsafe_b64encode(json.dumps({"oid": "oid-mi", "appid": "mi-client"}).encode()).decode().rstrip("=")
ANSWER = httpx2.Response(200, json={"access_token": f"e30.{CLAIMS}.x", "expires_on": "1800003600"})


def test_the_instance_metadata_service_of_this_ingate_is_asked(run: Run, ingate: FakeIngate) -> None:
    assert run("login", "--identity").exit_code == 0
    asked = ingate.requests[-1]
    assert str(asked.url).startswith(f"{MANAGEMENT_URL}/metadata/identity/oauth2/token?api-version=2018-02-01")
    assert asked.headers["metadata"] == "true"
    assert "client_id" not in asked.url.params


def test_a_variable_names_another_host_for_it(run: Run, ingate: FakeIngate) -> None:
    ingate.answers["GET", "/metadata/identity/oauth2/token"] = ANSWER
    environment = {"AZURE_POD_IDENTITY_AUTHORITY_HOST": "http://127.0.0.1:9999/"}
    assert run("login", "--identity", environment=environment).exit_code == 0
    assert ingate.requests[-1].url.port == 9999


def test_app_service_comes_first_where_it_is_offered(run: Run, ingate: FakeIngate) -> None:
    ingate.answers["GET", "/msi/token"] = ANSWER
    environment = {"IDENTITY_ENDPOINT": f"{MANAGEMENT_URL}/msi/token", "IDENTITY_HEADER": "the-header"}
    assert run("login", "--identity", environment=environment).exit_code == 0
    assert ingate.requests[-1].headers["x-identity-header"] == "the-header"
    assert ingate.requests[-1].url.params["api-version"] == "2019-08-01"


def test_an_identity_that_is_not_there_is_said(run: Run, ingate: FakeIngate) -> None:
    refusal = httpx2.Response(401, json={"statusCode": 401, "message": "The X-IDENTITY-HEADER is missing or wrong."})
    ingate.answers["GET", "/msi/token"] = refusal
    environment = {"IDENTITY_ENDPOINT": f"{MANAGEMENT_URL}/msi/token", "IDENTITY_HEADER": "wrong-header"}
    result = run("login", "--identity", environment=environment)
    assert (result.exit_code, result.stderr) == (1, "ingate: The X-IDENTITY-HEADER is missing or wrong.\n")
