"""Discovery, keys, tokens and a person's sign-in, judged by Authlib and joserfc.

Tokens of a second issuer, in both of Microsoft's versions, are rows of the authorization matrix.
"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from tests.support.principals import Application, Principal, put_application, put_principal
from tests.support.running import RunningIngate, inherit_environment

pytestmark = pytest.mark.slow

PASSWORD = "a password of four words"

Seen = dict[str, Any]


@pytest.fixture(scope="module")
def application(azure_ingate: RunningIngate) -> Application:
    return put_application(azure_ingate, "openid-client")


@pytest.fixture(scope="module")
def person(azure_ingate: RunningIngate) -> Principal:
    return put_principal(azure_ingate, "grace", "user", userPrincipalName="grace@example.com", password=PASSWORD)


@pytest.fixture(scope="module")
def public_client(azure_ingate: RunningIngate) -> Principal:
    return put_principal(azure_ingate, "openid-program", "application", redirectUris=["http://localhost"])


@pytest.fixture(scope="module")
def seen(
    azure_ingate: RunningIngate,
    azure_sdk_python: Path,
    application: Application,
    person: Principal,
    public_client: Principal,
) -> Seen:
    settings = {
        "tls_url": azure_ingate.tls_url,
        "tenant_id": azure_ingate.tenant_id,
        "client_id": application.client_id,
        "client_secret": application.secret,
        "public_client_id": public_client.client_id,
        "user_name": "grace@example.com",
        "password": PASSWORD,
    }
    finished = subprocess.run(
        [str(azure_sdk_python), str(Path(__file__).parent / "check_openid.py")],
        input=json.dumps(settings),
        env=inherit_environment({"REQUESTS_CA_BUNDLE": str(azure_ingate.ca_file), "NO_PROXY": "*"}),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert finished.returncode == 0, finished.stderr
    return json.loads(finished.stdout)


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_discovery_is_valid_and_leads_back_here(seen: Seen, azure_ingate: RunningIngate, version: str) -> None:
    document = seen[f"{version} discovery"]
    tenant = azure_ingate.tenant_id
    issuers = {
        "v1": f"https://sts.windows.net/{tenant}/",
        "v2": f"https://login.microsoftonline.com/{tenant}/v2.0",
    }

    assert seen[f"{version} metadata"] == "valid"
    assert document["issuer"] == issuers[version]
    for name in ("authorization_endpoint", "token_endpoint", "jwks_uri", "userinfo_endpoint"):
        assert document[name].startswith(f"{azure_ingate.tls_url}/"), name


def test_discovery_of_common_names_no_tenant(seen: Seen) -> None:
    assert "{tenantid}" in seen["common discovery"]["issuer"]


def test_discovery_of_no_tenant_is_refused(seen: Seen) -> None:
    refusal = seen["unknown tenant"]

    assert (refusal["status"], refusal["error"], refusal["error_codes"]) == (400, "invalid_tenant", [90002])


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_keys_are_public_and_fit_their_certificates(seen: Seen, version: str) -> None:
    keys = seen[f"{version} keys"]

    assert keys
    for key in keys:
        assert (key["kty"], key["use"], key["private members"]) == ("RSA", "sig", [])
        assert key["x5t fits"]
        assert key["certificate fits"]
        assert key["bits"] >= 2048
    assert len({key["kid"] for key in keys}) == len(keys)


def test_an_access_token_of_an_azure_service_is_of_version_1(
    seen: Seen, azure_ingate: RunningIngate, application: Application
) -> None:
    token = seen["access token"]
    header, claims = token["header"], token["claims"]

    assert (header["alg"], header["typ"], header["kid"]) == ("RS256", "JWT", header["x5t"])
    assert claims["aud"] == "https://cognitiveservices.azure.com"
    assert (claims["ver"], claims["idtyp"], claims["appidacr"]) == ("1.0", "app", "1")
    assert (claims["appid"], claims["oid"]) == (application.client_id, application.object_id)
    assert (claims["tid"], claims["sub"]) == (azure_ingate.tenant_id, application.object_id)
    assert {"uti", "rh", "aio", "iat", "nbf", "exp"} <= set(claims)
    assert abs(claims["exp"] - claims["iat"] - token["expires_in"]) <= 301
    assert 3600 - 1 <= token["expires_in"] <= 5400


def test_an_access_token_of_an_application_is_of_version_2(seen: Seen, application: Application) -> None:
    claims = seen["access token for an application"]["claims"]

    assert (claims["ver"], claims["azpacr"]) == ("2.0", "1")
    assert claims["aud"] == claims["azp"] == application.client_id


def test_a_person_signs_in_with_a_code_and_its_verifier(
    seen: Seen, person: Principal, public_client: Principal
) -> None:
    result = seen["sign-in"]
    assert "error" not in result, result["error"]
    claims = result["id token"]

    assert claims["aud"] == public_client.client_id
    assert (claims["oid"], claims["preferred_username"]) == (person.object_id, "grace@example.com")
    assert result["userinfo"]["sub"]
    assert "User.Read" in result["scope"]


def test_a_code_is_of_no_use_to_whoever_did_not_ask_for_it(seen: Seen) -> None:
    assert "invalid_grant" in seen["sign-in with another verifier"]["error"]
