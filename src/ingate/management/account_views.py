"""How an account is shown: its own document, and what Ingate knows besides."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ingate.domain.principal import Principal
from ingate.domain.project import Project
from ingate.domain.resource import RESOURCE_KIND, FoundryResource
from ingate.domain.state import StateSession
from ingate.wire.arm.documents import JsonObject, get_object
from ingate.wire.arm.envelopes import render_system_data, render_time
from ingate.wire.arm.ids import ACCOUNT_TYPE

from .account_bodies import ACCOUNT_SKU, wants_system_identity
from .control_plane import ControlPlane
from .long_running import get_provisioning_state

DELETED_ACCOUNT_TYPE = "Microsoft.CognitiveServices/locations/resourceGroups/deletedAccounts"


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountView:
    resource: FoundryResource
    identity: Principal | None
    """System-assigned."""
    projects: tuple[Project, ...]


async def view_account(session: StateSession, resource: FoundryResource) -> AccountView:
    identity = None
    if wants_system_identity(resource) and resource.deletion is None:
        identity = await session.principals.get_principal_of_resource(resource.resource_id)
    projects = await session.projects.list_projects(resource.resource_id)
    return AccountView(resource=resource, identity=identity, projects=tuple(projects))


async def view_accounts(session: StateSession, resources: Iterable[FoundryResource]) -> list[AccountView]:
    return [await view_account(session, resource) for resource in resources]


def render_account(plane: ControlPlane, view: AccountView) -> JsonObject:
    resource = view.resource
    properties: JsonObject = {
        "customSubDomainName": resource.subdomain,
        "publicNetworkAccess": "Enabled",
        **get_object(resource.document, "properties"),
        **_render_computed(plane, resource),
        **_render_projects(view.projects),
    }
    shown: JsonObject = {
        "id": resource.resource_id,
        "name": resource.name,
        "type": ACCOUNT_TYPE,
        "etag": resource.etag,
        "kind": RESOURCE_KIND,
        "location": resource.location,
        **resource.document,
        "sku": get_object(resource.document, "sku") | {"name": ACCOUNT_SKU},
        "systemData": render_system_data(resource.system_data),
        "properties": properties,
    }
    if view.identity is not None:
        ids = {"principalId": view.identity.object_id, "tenantId": view.identity.tenant_id}
        shown["identity"] = get_object(resource.document, "identity") | ids
    return shown


def render_deleted_account(plane: ControlPlane, view: AccountView) -> JsonObject:
    resource, deletion = view.resource, view.resource.deletion
    if deletion is None:
        raise ValueError(f"{resource.resource_id} is not deleted")
    shown = render_account(plane, view)
    shown["id"] = render_deleted_account_id(resource)
    shown["type"] = DELETED_ACCOUNT_TYPE
    dates = {
        "deletionDate": render_time(deletion.deleted_at),
        "scheduledPurgeDate": render_time(deletion.purge_at),
    }
    shown["properties"] = shown["properties"] | dates
    return shown


def render_deleted_account_id(resource: FoundryResource) -> str:
    scope = f"/subscriptions/{resource.subscription_id}/providers/Microsoft.CognitiveServices"
    place = f"locations/{resource.location}/resourceGroups/{resource.resource_group}"
    return f"{scope}/{place}/deletedAccounts/{resource.name}"


def _render_computed(plane: ControlPlane, resource: FoundryResource) -> JsonObject:
    endpoint = plane.endpoint_for(resource.subdomain)
    return {
        "provisioningState": get_account_state(plane, resource),
        "endpoint": endpoint,
        "endpoints": {"AI Foundry API": endpoint},
        "internalId": resource.internal_id,
        "dateCreated": render_time(resource.system_data.created_at),
        "capabilities": [{"name": "VirtualNetworks"}],
        "callRateLimit": {"rules": []},
        "privateEndpointConnections": [],
    }


def get_account_state(plane: ControlPlane, resource: FoundryResource) -> str:
    state = get_provisioning_state(plane, resource.system_data)
    return "Deleting" if resource.deletion is not None and state != "Succeeded" else state


def _render_projects(projects: tuple[Project, ...]) -> JsonObject:
    """The first one is the account's default, as on Azure, until it is deleted."""
    if not projects:
        return {}
    default = find_default_project(projects)
    return {"defaultProject": default.name, "associatedProjects": [project.name for project in projects]}


def find_default_project(projects: tuple[Project, ...]) -> Project:
    """The oldest; of several, the first by name."""
    return min(projects, key=lambda project: (project.system_data.created_at, project.name))
