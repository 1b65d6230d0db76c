"""Which paths are ours, and what happens on those that are nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.unit.identity.tenant import TENANT, TenantClient, build_secret_form, open_tenant, read_error

from ingate.identity.app import is_managed_identity, owns


@pytest.mark.parametrize(
    "path",
    [
        f"/{TENANT}/oauth2/v2.0/token",
        f"/{TENANT}/oauth2/token",
        f"/{TENANT}/v2.0/.well-known/openid-configuration",
        f"/{TENANT}/.well-known/openid-configuration",
        f"/{TENANT}/discovery/v2.0/keys",
        f"/{TENANT}/openid/userinfo",
        "/anything.onmicrosoft.com/oauth2/token",
        "/common/discovery/instance",
        "/common/userrealm/ada@example.com",
        "/Organizations/oauth2/v2.0/token",
        "/metadata/identity/oauth2/token",
        "/metadata/identity/oauth2/token/",
        "/msi/token",
    ],
)
def test_paths_of_entra_id(path: str) -> None:
    assert owns(path)


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/healthz",
        "/tenants",
        "/subscriptions",
        "/subscriptions/oauth2",
        "/metadata/endpoints",
        "/v1.0/servicePrincipals",
        "/v1.0/oauth2PermissionGrants",
        "/commonly/named",
        "/providers/Ingate.Identity/principals",
        f"/subscriptions/{TENANT}/resourceGroups/oauth2/providers/discovery",
    ],
)
def test_paths_of_resource_manager_and_graph(path: str) -> None:
    assert not owns(path)


def test_managed_identities_are_asked_for_over_plain_http() -> None:
    assert is_managed_identity("/metadata/identity/oauth2/token/")
    assert is_managed_identity("/msi/token")
    assert not is_managed_identity(f"/{TENANT}/oauth2/v2.0/token")


@pytest.mark.anyio
async def test_a_path_that_is_nothing_is_not_found(tenant: TenantClient) -> None:
    answer = await tenant.get(f"/{TENANT}/oauth2/v3.0/token")
    assert (answer.status_code, answer.content) == (404, b"")


@pytest.mark.anyio
async def test_paths_are_compared_without_regard_to_case(tenant: TenantClient) -> None:
    answer = await tenant.ask(build_secret_form(), tenant=TENANT.upper(), path="OAuth2/V2.0/Token/")
    assert answer.status_code == 200


@pytest.mark.anyio
async def test_a_fault_of_ours_is_told_without_its_details(seeded_tenant_dir: Path, tmp_path: Path) -> None:
    def fail(*_: Any) -> bool:
        raise RuntimeError("details of ours")

    async with open_tenant(seeded_tenant_dir, tmp_path / "data", verify_secret=fail) as tenant:
        answer = await tenant.ask(build_secret_form())
    assert read_error(answer) == (500, "server_error", 50000)
    assert "details of ours" not in answer.text
