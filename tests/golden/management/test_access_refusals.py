"""Refusals of callers, and about roles and principals, byte for byte."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from tests.golden.management.access_cases import ACCESS_CASES, GRAPH
from tests.golden.management.cost_cases import COST_ACCESS_CASES
from tests.golden.management.refusal_cases import Case, Request
from tests.golden.management.test_refusals import GOLDEN, check_golden, render_golden, send
from tests.support.control_plane import ManagementClient
from tests.support.management_access import PRINCIPALS, Tenant

from ingate.management.system_identities import ensure_system_identity

pytestmark = pytest.mark.anyio


class Population:
    """The tenant's principals, by name."""

    def __init__(self, tenant: Tenant, object_ids: dict[str, str]) -> None:
        self._tenant = tenant
        self._object_ids = object_ids

    @classmethod
    async def settle(cls, client: ManagementClient) -> Population:
        tenant = await Tenant.open(client)
        object_ids = {
            "ada": await tenant.add("ada", "user", userPrincipalName="ada@example.com"),
            "app": await tenant.add("app"),
            "gone": await tenant.add("gone"),
        }
        await client.send("DELETE", f"{PRINCIPALS}/gone")
        async with client.plane.changing() as session:
            resource = await session.resources.get_resource(client.account_path)
            assert resource is not None
            await ensure_system_identity(session, client.plane, resource)
        return cls(tenant, object_ids)

    def fill_in(self, client: ManagementClient, request: Request) -> Request:
        """Names of principals become object ids and tokens; scopes in the body become paths."""
        text = json.dumps(request.body)
        places = {"{group}": client.group_path, **{f"{{{name}}}": id_ for name, id_ in self._object_ids.items()}}
        for place, value in places.items():
            text = text.replace(place, value)
        return replace(request, body=json.loads(text), token=self._find_token(request.token))

    def _find_token(self, wish: str | None) -> str | None:
        name, colon, claim = (wish or "").partition(":")
        if not colon or name not in self._object_ids:
            return wish
        said, _, value = claim.partition("=")
        claims: dict[str, Any] = {said: int(value) if value.isdigit() else value} if said else {}
        if said == "exp" and claims["exp"] == 1:
            claims["aud"] = GRAPH
        return self._tenant.issue(self._object_ids[name], **claims)


@pytest.mark.parametrize("case", [*ACCESS_CASES, *COST_ACCESS_CASES], ids=lambda case: case.name)
async def test_a_refusal_about_access_is_its_golden_file(
    client: ManagementClient, case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ingate.management.principal_credentials.MOST_CREDENTIALS", 2)
    population = await Population.settle(client)
    for request in case.before:
        assert (await send(client, population.fill_in(client, request))).is_success

    response = await send(client, population.fill_in(client, case.request))

    assert response.is_client_error
    assert "CANARY" not in response.text, "a refusal repeats what may be a secret"
    check_golden(GOLDEN / f"{case.name}.http", render_golden(response))
