"""What clients read first: endpoints on the host that they used, keys, and Microsoft's name as the issuer."""

from __future__ import annotations

import base64
import hashlib

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from jwt import PyJWKSet
from tests.unit.identity.tenant import AUTHORITY, NOW, TENANT, TenantClient, read_error

pytestmark = pytest.mark.anyio

V2 = f"/{TENANT}/v2.0/.well-known/openid-configuration"


async def test_the_endpoints_are_on_the_clients_host_and_the_issuer_is_microsofts(tenant: TenantClient) -> None:
    document = (await tenant.get(V2)).json()
    assert document["issuer"] == f"https://login.microsoftonline.com/{TENANT}/v2.0"
    assert document["token_endpoint"] == f"{AUTHORITY}/{TENANT}/oauth2/v2.0/token"
    assert document["authorization_endpoint"] == f"{AUTHORITY}/{TENANT}/oauth2/v2.0/authorize"
    assert document["device_authorization_endpoint"] == f"{AUTHORITY}/{TENANT}/oauth2/v2.0/devicecode"
    assert document["jwks_uri"] == f"{AUTHORITY}/{TENANT}/discovery/v2.0/keys"


async def test_another_host_another_document(tenant: TenantClient) -> None:
    answer = await tenant.http.get(V2, headers={"host": "login.microsoftonline.com"})
    assert answer.json()["token_endpoint"] == f"https://login.microsoftonline.com/{TENANT}/oauth2/v2.0/token"


@pytest.mark.parametrize("host", ["evil.example/path", "a b", "localhost:8443@evil.example", "<script>"])
async def test_a_host_that_is_none_is_not_repeated(tenant: TenantClient, host: str) -> None:
    answer = await tenant.http.get(V2, headers={"host": host})
    assert answer.json()["token_endpoint"] == f"https://localhost/{TENANT}/oauth2/v2.0/token"


async def test_version_1_has_its_own_issuer_and_endpoints(tenant: TenantClient) -> None:
    document = (await tenant.get(f"/{TENANT}/.well-known/openid-configuration")).json()
    assert document["issuer"] == f"https://sts.windows.net/{TENANT}/"
    assert document["token_endpoint"] == f"{AUTHORITY}/{TENANT}/oauth2/token"


@pytest.mark.parametrize("name", ["common", "organizations", "Organizations"])
async def test_without_a_tenant_the_issuer_is_a_template(tenant: TenantClient, name: str) -> None:
    document = (await tenant.get(f"/{name}/v2.0/.well-known/openid-configuration")).json()
    assert document["issuer"] == "https://login.microsoftonline.com/{tenantid}/v2.0"
    assert document["token_endpoint"] == f"{AUTHORITY}/{name}/oauth2/v2.0/token"


async def test_every_endpoint_that_a_document_names_is_there(tenant: TenantClient) -> None:
    for path in (V2, f"/{TENANT}/.well-known/openid-configuration"):
        document = (await tenant.get(path)).json()
        addresses = [value for name, value in document.items() if name.endswith(("_endpoint", "_uri"))]
        for address in addresses:
            assert (await tenant.http.get(address)).status_code != 404, address


@pytest.mark.parametrize("path", ["v2.0/.well-known/openid-configuration", "discovery/v2.0/keys"])
async def test_another_tenants_document_is_not_here(tenant: TenantClient, path: str) -> None:
    answer = await tenant.get(f"/66666666-2222-4333-8444-555555555555/{path}")
    assert read_error(answer) == (400, "invalid_tenant", 90002)


async def test_keys_are_named_by_their_certificates(tenant: TenantClient) -> None:
    document = (await tenant.get(f"/{TENANT}/discovery/v2.0/keys")).json()
    (key,) = document["keys"]
    certificate_der = base64.b64decode(key["x5c"][0])
    thumbprint = base64.urlsafe_b64encode(hashlib.sha1(certificate_der).digest()).rstrip(b"=").decode()  # noqa: S324
    assert key["kid"] == key["x5t"] == thumbprint
    assert (key["kty"], key["use"]) == ("RSA", "sig")
    assert key["issuer"] == f"https://login.microsoftonline.com/{TENANT}/v2.0"
    published = PyJWKSet.from_dict(document)[thumbprint].key
    public_key = x509.load_der_x509_certificate(certificate_der).public_key()
    assert isinstance(public_key, RSAPublicKey)
    assert published.public_numbers() == public_key.public_numbers()


async def test_no_private_part_is_published(tenant: TenantClient) -> None:
    for path in ("discovery/keys", "discovery/v2.0/keys"):
        (key,) = (await tenant.get(f"/{TENANT}/{path}")).json()["keys"]
        assert not {"d", "p", "q", "dp", "dq", "qi"} & set(key)


@pytest.mark.parametrize("tenant_segment", ["common", TENANT])
async def test_instance_discovery_names_the_clients_host(tenant: TenantClient, tenant_segment: str) -> None:
    parameters = {
        "api-version": "1.1",
        "authorization_endpoint": f"{AUTHORITY}/{TENANT}/oauth2/v2.0/authorize",
    }
    document = (await tenant.get(f"/{tenant_segment}/discovery/instance", **parameters)).json()
    assert document["tenant_discovery_endpoint"] == AUTHORITY + V2
    assert any("localhost:8443" in entry["aliases"] for entry in document["metadata"])


async def test_instance_discovery_wants_to_know_what_for(tenant: TenantClient) -> None:
    assert read_error(await tenant.get("/common/discovery/instance"))[2] == 900144
    answer = await tenant.get("/common/discovery/instance", authorization_endpoint="https://localhost/adfs/oauth2")
    assert read_error(answer) == (400, "invalid_tenant", 90002)


async def test_every_user_has_a_password_here_whether_there_is_one_or_not(tenant: TenantClient) -> None:
    documents = [(await tenant.get(f"/common/userrealm/{name}@example.com")).json() for name in ("ada", "nobody")]
    assert documents[0] == documents[1]
    assert documents[0]["account_type"] == "Managed"


async def test_documents_are_the_same_at_any_time(tenant: TenantClient) -> None:
    first = (await tenant.get(V2)).json()
    tenant.clock.advance(days=1)
    assert (await tenant.get(V2)).json() == first
    assert tenant.clock.now > NOW
