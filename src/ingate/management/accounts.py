"""Microsoft.CognitiveServices/accounts: Foundry resources."""

from __future__ import annotations

from starlette.requests import Request
from starlette.routing import BaseRoute

from ingate.domain.change import modified
from ingate.domain.key import KeyPair
from ingate.domain.naming import fold_name
from ingate.domain.resource import FoundryResource
from ingate.domain.state import StateSession
from ingate.domain.subscription import ResourceGroup, Subscription
from ingate.wire.arm.documents import JsonObject, get_object, merge_patch, without
from ingate.wire.arm.envelopes import render_page
from ingate.wire.arm.ids import render_account_id

from .account_bodies import READ_ONLY, READ_ONLY_PROPERTIES, AccountBody, decide_account, render_account
from .bodies import Body, convert_body, read_body
from .control_plane import Answer, ControlPlane, Outcome, mount
from .refusals import ManagementRefusal, ResourceNotFound, SubdomainInUse
from .scopes import (
    RESOURCE_GROUP_PATH,
    SUBSCRIPTION_PATH,
    decide_precondition,
    find_resource,
    find_resource_group,
    find_subscription,
    path_part,
)

PROVIDER = "/providers/Microsoft.CognitiveServices"
ACCOUNT_PATH = RESOURCE_GROUP_PATH + PROVIDER + "/accounts/{account}"


def account_routes(plane: ControlPlane) -> list[BaseRoute]:
    account = {"GET": get_account, "PUT": put_account, "PATCH": patch_account, "DELETE": delete_account}
    return [
        mount(plane, SUBSCRIPTION_PATH + PROVIDER + "/accounts", {"GET": list_subscription_accounts}),
        mount(plane, RESOURCE_GROUP_PATH + PROVIDER + "/accounts", {"GET": list_group_accounts}),
        mount(plane, ACCOUNT_PATH, account),
    ]


async def list_subscription_accounts(plane: ControlPlane, request: Request) -> Outcome:
    async with plane.state.reading() as session:
        subscription = await find_subscription(session, request)
        if not isinstance(subscription, Subscription):
            return subscription
        resources = await session.resources.list_resources(subscription.subscription_id)
    return Answer(document=render_page([render_account(plane, resource) for resource in resources]))


async def list_group_accounts(plane: ControlPlane, request: Request) -> Outcome:
    async with plane.state.reading() as session:
        group = await find_resource_group(session, request)
        if not isinstance(group, ResourceGroup):
            return group
        resources = await session.resources.list_resources(group.subscription_id, group.name)
    return Answer(document=render_page([render_account(plane, resource) for resource in resources]))


async def get_account(plane: ControlPlane, request: Request) -> Outcome:
    async with plane.state.reading() as session:
        found = await find_resource(session, request)
    return Answer(document=render_account(plane, found)) if isinstance(found, FoundryResource) else found


async def put_account(plane: ControlPlane, request: Request) -> Outcome:
    body = await read_body(request, AccountBody)
    if not isinstance(body, Body):
        return body
    async with plane.changing() as session:
        group = await find_resource_group(session, request)
        if not isinstance(group, ResourceGroup):
            return group
        name = path_part(request, "account")
        existing = await session.resources.get_resource(render_account_id(group.subscription_id, group.name, name))
        return await _change_account(plane, session, request, group, body, existing)


async def patch_account(plane: ControlPlane, request: Request) -> Outcome:
    """What the patch leaves out stays as it is."""
    patch = await read_body(request, AccountBody)
    if not isinstance(patch, Body):
        return patch
    async with plane.changing() as session:
        existing = await find_resource(session, request)
        if not isinstance(existing, FoundryResource):
            return existing
        group = await find_resource_group(session, request)
        if not isinstance(group, ResourceGroup):
            return group
        body = convert_body(merge_patch(existing.document, patch.document), AccountBody)
        if not isinstance(body, Body):
            return body
        return await _change_account(plane, session, request, group, body, existing)


async def _change_account(
    plane: ControlPlane,
    session: StateSession,
    request: Request,
    group: ResourceGroup,
    body: Body[AccountBody],
    existing: FoundryResource | None,
) -> Outcome:
    refusal = decide_precondition(request, None if existing is None else existing.etag)
    if refusal is not None:
        return refusal
    resource = _build_resource(plane, path_part(request, "account"), group, body, existing)
    if not isinstance(resource, FoundryResource):
        return resource
    taken = await session.resources.get_resource_by_subdomain(resource.subdomain)
    if taken is not None and fold_name(taken.resource_id) != fold_name(resource.resource_id):
        return SubdomainInUse(subdomain=resource.subdomain)
    await session.resources.put_resource(resource)
    if existing is None:
        keys = KeyPair(key1=plane.new_api_key(), key2=plane.new_api_key())
        await session.keys.put_keys(resource.resource_id, keys)
    return Answer(status=201 if existing is None else 200, document=render_account(plane, resource))


def _build_resource(
    plane: ControlPlane,
    name: str,
    group: ResourceGroup,
    body: Body[AccountBody],
    existing: FoundryResource | None,
) -> FoundryResource | ManagementRefusal:
    decided = decide_account(name, group.name, body.content, existing)
    if isinstance(decided, ManagementRefusal):
        return decided
    return FoundryResource(
        subscription_id=group.subscription_id,
        resource_group=group.name,
        name=name if existing is None else existing.name,
        location=decided.location,
        subdomain=decided.subdomain,
        internal_id=plane.new_id().replace("-", "") if existing is None else existing.internal_id,
        etag=plane.new_etag(),
        system_data=modified(existing and existing.system_data, plane.actor, plane.clock()),
        document=_keep_document(body.document, decided.custom_subdomain),
    )


def _keep_document(document: JsonObject, custom_subdomain: str | None) -> JsonObject:
    properties = without(get_object(document, "properties"), READ_ONLY_PROPERTIES)
    if custom_subdomain is not None:
        properties["customSubDomainName"] = custom_subdomain
    return without(document, READ_ONLY) | {"properties": properties}


async def delete_account(plane: ControlPlane, request: Request) -> Outcome:
    """With its deployments and keys; at once, because Ingate has no deleted accounts to recover yet."""
    async with plane.changing() as session:
        existing = await find_resource(session, request)
        if isinstance(existing, ResourceNotFound):
            return Answer(status=204)
        if not isinstance(existing, FoundryResource):
            return existing
        refusal = decide_precondition(request, existing.etag)
        if refusal is not None:
            return refusal
        await session.resources.delete_resource(existing.resource_id)
        return Answer(status=200)
