"""What the identity endpoints' answers become, when they are not tokens."""

from __future__ import annotations

import httpx2
import pytest
from tests.unit.cli.conftest import Run
from tests.unit.cli.fake_entra import APPLICATION, TENANT
from tests.unit.cli.fake_ingate import SECURE_URL, FakeIngate

LOGIN = ("login", "--service-principal", "-u", APPLICATION, "--password-stdin")
SECRET = "the~client~secret"
TOKEN_ENDPOINT = f"/{TENANT}/oauth2/v2.0/token"


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (httpx2.Response(200, text="<html>a router's page</html>"), "is no identity endpoint (status 200)"),
        (httpx2.Response(502, text="Bad Gateway"), "is no identity endpoint (status 502)"),
        (httpx2.Response(200, json={"token_type": "Bearer"}), "gave no token"),
        (httpx2.Response(200, json={"access_token": "e30.e30.x", "expires_in": 60}), "names nobody"),
        (httpx2.Response(400, json={"error": "server_error"}), "ingate: server_error"),
    ],
)
def test_what_is_no_token_is_called_so(run: Run, ingate: FakeIngate, answer: httpx2.Response, said: str) -> None:
    ingate.answers["POST", TOKEN_ENDPOINT] = answer
    result = run(*LOGIN, stdin=SECRET)
    assert result.exit_code == 1
    assert said in result.stderr
    assert SECRET not in result.output


def test_a_server_that_is_gone_is_exit_code_3(run: Run, ingate: FakeIngate) -> None:
    ingate.answers["POST", TOKEN_ENDPOINT] = httpx2.ConnectError("refused")
    result = run(*LOGIN, stdin=SECRET)
    assert result.exit_code == 3
    assert f"no identity endpoints answer at {SECURE_URL}" in result.stderr


def test_a_certificate_that_is_not_trusted_is_explained(run: Run, ingate: FakeIngate) -> None:
    error = httpx2.ConnectError("[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed")
    ingate.answers["POST", TOKEN_ENDPOINT] = error
    result = run(*LOGIN, stdin=SECRET)
    assert result.exit_code == 1
    assert "SSL_CERT_FILE" in result.stderr


def test_certificates_that_cannot_be_read_are_named(run: Run, data_dir: object) -> None:
    path = f"{data_dir}/ca.pem"
    with open(path, "w") as file:
        file.write("no certificate")
    result = run(*LOGIN, stdin=SECRET)
    assert result.exit_code == 1
    assert f"{path} holds no certificates" in result.stderr


def test_a_code_that_is_declined_ends_the_wait(run: Run, ingate: FakeIngate) -> None:
    error = {"error": "authorization_declined", "error_description": "AADSTS70017: Declined. Trace ID: 1"}
    ingate.answers["POST", TOKEN_ENDPOINT] = httpx2.Response(400, json=error)
    result = run("login")
    assert (result.exit_code, result.stderr.splitlines()[-1]) == (1, "ingate: AADSTS70017: Declined.")


def test_a_code_that_nobody_enters_ends_with_its_time(run: Run, ingate: FakeIngate) -> None:
    device = {"device_code": "dc", "message": "Enter ABCD.", "interval": 0, "expires_in": 0.5}
    ingate.answers["POST", f"/{TENANT}/oauth2/v2.0/devicecode"] = httpx2.Response(200, json=device)
    ingate.entra.polls_until_done = 100
    result = run("login")
    assert (result.exit_code, result.stderr) == (1, "Enter ABCD.\ningate: nobody entered the code in time.\n")
