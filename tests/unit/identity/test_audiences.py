from __future__ import annotations

import pytest
from tests.unit.identity.tenant import AUTHORITY, BUILDER, TENANT, TenantClient

from ingate.domain.subscription import Tenant, TenantId
from ingate.identity.audiences import GRAPH, Audience, ScopeRequest, decide_user_scopes, find_audience, parse_scope
from ingate.wire.entra.errors import EntraError

OURS = Tenant(tenant_id=TenantId(TENANT), display_name="Ingate")


@pytest.mark.parametrize(
    ("text", "resource", "names"),
    [
        ("https://ai.azure.com/.default", "https://ai.azure.com", (".default",)),
        ("https://ai.azure.com//.default", "https://ai.azure.com/", (".default",)),
        ("openid https://ai.azure.com/user_impersonation", "https://ai.azure.com", ("user_impersonation",)),
        ("api://11111111-0000-4000-8000-000000000000/.default", "api://11111111-0000-4000-8000-000000000000", None),
        ("User.Read Mail.Read", GRAPH, ("User.Read", "Mail.Read")),
        ("openid", GRAPH, (".default",)),
    ],
)
def test_a_scope_is_a_resource_and_names(text: str, resource: str, names: tuple[str, ...] | None) -> None:
    request = parse_scope(text)
    assert isinstance(request, ScopeRequest)
    assert (request.resource, request.names) == (resource, names or (".default",))


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("", 70011),
        ("https://ai.azure.com/", 70011),
        ("/.default", 70011),
        ("x" * 3000, 70011),
        ("https://ai.azure.com/.default https://graph.microsoft.com/.default", 28000),
        ("https://ai.azure.com/.default User.Read", 28000),
    ],
)
def test_what_is_no_scope(text: str, number: int) -> None:
    request = parse_scope(text)
    assert isinstance(request, EntraError)
    assert request.number == number


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("resource", "value", "is_application"),
    [
        ("https://cognitiveservices.azure.com", "https://cognitiveservices.azure.com", False),
        ("https://cognitiveservices.azure.com/", "https://cognitiveservices.azure.com/", False),
        ("HTTPS://AI.azure.com", "https://ai.azure.com", False),
        ("https://management.core.windows.net//", "https://management.core.windows.net/", False),
        (BUILDER.client_id or "", BUILDER.client_id, True),
        (f"api://{BUILDER.client_id}", BUILDER.client_id, True),
    ],
)
async def test_azures_services_and_the_tenants_applications_can_be_asked_for(
    tenant: TenantClient, resource: str, value: str, is_application: bool
) -> None:
    async with tenant.stores.reading() as session:
        audience = await find_audience(session, OURS, resource)
    assert isinstance(audience, Audience)
    assert (audience.value, audience.is_application) == (value, is_application)


@pytest.mark.anyio
@pytest.mark.parametrize("resource", ["https://example.org", "", "api://", "https://ai.azure.com.evil.example"])
async def test_others_cannot(tenant: TenantClient, resource: str) -> None:
    async with tenant.stores.reading() as session:
        audience = await find_audience(session, OURS, resource)
    assert isinstance(audience, EntraError)
    assert audience.number == 500011


def decide(value: str, *names: str, is_application: bool = False) -> tuple[str, ...] | EntraError:
    audience = Audience(value=value, resource=value, is_application=is_application)
    return decide_user_scopes(names, audience)


def test_azures_services_have_one_scope_and_graph_has_many() -> None:
    assert decide("https://ai.azure.com", ".default") == ("user_impersonation",)
    assert decide("https://ai.azure.com", ".default", "user_impersonation") == ("user_impersonation",)
    assert isinstance(decide("https://ai.azure.com", "Files.Read"), EntraError)
    assert decide(GRAPH, "User.Read", "Mail.Send") == ("User.Read", "Mail.Send")
    assert isinstance(decide(GRAPH, "everything"), EntraError)


def test_an_application_has_those_that_it_is_asked_for() -> None:
    assert decide("client id", "access_as_user", is_application=True) == ("access_as_user",)


@pytest.mark.anyio
async def test_of_addresses_on_this_machine_only_the_one_that_was_asked_at_is_ours(tenant: TenantClient) -> None:
    async with tenant.plane.state.reading() as session:
        own = await find_audience(session, OURS, f"{AUTHORITY}/", authority=AUTHORITY)
        another = await find_audience(session, OURS, "https://localhost:9999", authority=AUTHORITY)
    assert own == Audience(value=f"{AUTHORITY}/", resource=f"{AUTHORITY}/", is_application=False)
    assert isinstance(another, EntraError)
