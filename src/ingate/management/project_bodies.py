"""A project's JSON: what Ingate reads of it, what it decides about it, and how it shows one."""

from __future__ import annotations

import re

import msgspec

from ingate.domain.naming import parse_location
from ingate.domain.project import PROJECT_TYPE, Project
from ingate.domain.resource import FoundryResource
from ingate.wire.arm.documents import JsonObject, get_object, without
from ingate.wire.arm.envelopes import render_system_data

from .account_bodies import IDENTITY_TYPES, IdentityBody, parse_identity_type
from .control_plane import ControlPlane
from .long_running import get_provisioning_state
from .refusals import LocationChanged, LocationInvalid, ManagementRefusal, NameInvalid, PropertyInvalid

PROJECT_NAME_RULE = (
    "2 to 64 letters (a-z), digits, hyphens, underscores and periods, beginning with a letter or digit"
)

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{1,63}")
_READ_ONLY = frozenset({"id", "name", "type", "etag", "systemData", "location"})
_READ_ONLY_PROPERTIES = frozenset({"provisioningState", "endpoints", "isDefault"})


class ProjectProperties(msgspec.Struct, rename="camel"):
    display_name: str | None = None
    description: str | None = None


class ProjectBody(msgspec.Struct):
    location: str | None = None
    identity: IdentityBody | None = None
    tags: dict[str, str] | None = None
    properties: ProjectProperties | None = None


def decide_project(
    name: str, resource: FoundryResource, body: ProjectBody, existing: Project | None
) -> str | ManagementRefusal:
    """Its location, which is the account's unless it says another."""
    if existing is None and _NAME.fullmatch(name) is None:
        return NameInvalid(noun="project", name=name, rule=PROJECT_NAME_RULE)
    if body.identity is not None and parse_identity_type(body.identity.type) is None:
        return PropertyInvalid(name="identity.type", reason=f"must be one of: {'; '.join(IDENTITY_TYPES)}")
    kept = resource.location if existing is None else existing.location
    if body.location is None:
        return kept
    location = parse_location(body.location)
    if location is None:
        return LocationInvalid(given=body.location)
    if existing is not None and location != kept:
        return LocationChanged(
            name=existing.name, resource_group=resource.resource_group, location=kept, given=location
        )
    return location


def keep_project_document(document: JsonObject) -> JsonObject:
    properties = without(get_object(document, "properties"), _READ_ONLY_PROPERTIES)
    absent = frozenset(name for name in ("identity", "tags") if document.get(name) is None)
    return without(document, _READ_ONLY | absent) | {"properties": properties}


def render_project(
    plane: ControlPlane, resource: FoundryResource, project: Project, *, is_default: bool
) -> JsonObject:
    computed: JsonObject = {
        "provisioningState": get_provisioning_state(plane, project.system_data),
        "endpoints": {"AI Foundry API": f"{plane.endpoint_for(resource.subdomain)}api/projects/{project.name}"},
        "isDefault": is_default,
    }
    written = get_object(project.document, "properties")
    return {
        "id": project.project_id,
        "name": project.name,
        "type": PROJECT_TYPE,
        "etag": project.etag,
        "location": project.location,
        **project.document,
        "systemData": render_system_data(project.system_data),
        "properties": {"displayName": project.name, "description": "", **written, **computed},
    }
