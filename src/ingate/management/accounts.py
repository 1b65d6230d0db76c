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
from ingate.wire.arm.documents import merge_patch
from ingate.wire.arm.ids import ACCOUNT_TYPE, render_account_id

from .account_bodies import AccountBody, decide_account, keep_account_document
from .account_lifecycle import find_deleted, is_expired, purge, restore, settle_identity, soft_delete
from .account_views import get_account_state, render_account, view_account, view_accounts
from .bodies import Body, convert_body, read_body
from .control_plane import Answer, ControlPlane, Outcome, mount
from .long_running import OperationAddress, accept_change, is_in_progress
from .paging import render_list
from .refusals import (
    AccountBusy,
    ManagementRefusal,
    NothingToRestore,
    ResourceDeleted,
    ResourceNotFound,
    SubdomainInUse,
)
from .request_context import get_access
from .scopes import (
    ACCOUNT_PATH,
    PROVIDER,
    RESOURCE_GROUP_PATH,
    SUBSCRIPTION_PATH,
    answer_head,
    decide_precondition,
    find_resource,
    find_resource_group,
    find_subscription,
    path_part,
)


def account_routes(plane: ControlPlane) -> list[BaseRoute]:
    account = {
        "GET": get_account,
        "HEAD": answer_head(get_account),
        "PUT": put_account,
        "PATCH": patch_account,
        "DELETE": delete_account,
    }
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
        return await _list(plane, session, request, subscription.subscription_id)


async def list_group_accounts(plane: ControlPlane, request: Request) -> Outcome:
    async with plane.state.reading() as session:
        group = await find_resource_group(session, request)
        if not isinstance(group, ResourceGroup):
            return group
        return await _list(plane, session, request, group.subscription_id, group.name)


async def _list(
    plane: ControlPlane, session: StateSession, request: Request, subscription_id: str, group: str | None = None
) -> Outcome:
    resources = await session.resources.list_resources(subscription_id, group)
    access = get_access()
    readable = [resource for resource in resources if access.reads(ACCOUNT_TYPE, resource.resource_id)]
    views = await view_accounts(session, readable)
    return render_list(
        request, views, lambda view: view.resource.resource_id, lambda view: render_account(plane, view)
    )


async def get_account(plane: ControlPlane, request: Request) -> Outcome:
    async with plane.state.reading() as session:
        found = await find_resource(session, request)
        if isinstance(found, ResourceNotFound):
            found = await _find_disappearing(plane, session, request) or found
        if not isinstance(found, FoundryResource):
            return found
        return Answer(document=render_account(plane, await view_account(session, found)))


async def _find_disappearing(plane: ControlPlane, session: StateSession, request: Request) -> FoundryResource | None:
    """An account whose deletion appears to be under way."""
    deleted = await session.resources.get_deleted_resource(_render_id(request))
    if deleted is None or not is_in_progress(plane, deleted.system_data.modified_at):
        return None
    return deleted


def _render_id(request: Request) -> str:
    parts = (path_part(request, name) for name in ("subscription", "group", "account"))
    return render_account_id(*parts)


async def put_account(plane: ControlPlane, request: Request) -> Outcome:
    body = await read_body(request, AccountBody)
    if not isinstance(body, Body):
        return body
    async with plane.changing() as session:
        group = await find_resource_group(session, request)
        if not isinstance(group, ResourceGroup):
            return group
        account_id = render_account_id(group.subscription_id, group.name, path_part(request, "account"))
        existing = await session.resources.get_resource(account_id)
        deleted = None if existing is not None else await find_deleted(plane, session, account_id)
        if deleted is not None:
            return await _put_deleted(plane, session, request, body, deleted)
        if existing is None and body.content.restores:
            return NothingToRestore(name=path_part(request, "account"))
        return await _change_account(plane, session, request, group, body, existing)


async def _put_deleted(
    plane: ControlPlane, session: StateSession, request: Request, body: Body[AccountBody], deleted: FoundryResource
) -> Outcome:
    """Restoring ignores the rest of the body, as on Azure; without `restore` the name is taken."""
    busy = decide_account_busy(plane, deleted)
    if busy is not None:
        return busy
    if not body.content.restores:
        return ResourceDeleted(resource_id=deleted.resource_id)
    decided = decide_account(deleted.name, deleted.resource_group, body.content, deleted)
    if isinstance(decided, ManagementRefusal):
        return decided
    restored = await restore(plane, session, deleted)
    answer = Answer(document=render_account(plane, await view_account(session, restored)))
    return accept_change(plane, request, answer, address_account(restored), "write")


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
    refusal = _decide_change(plane, request, existing)
    if refusal is not None:
        return refusal
    resource = _build_resource(plane, path_part(request, "account"), group, body, existing)
    if not isinstance(resource, FoundryResource):
        return resource
    if await is_subdomain_taken(plane, session, resource.subdomain, resource.resource_id):
        return SubdomainInUse(subdomain=resource.subdomain)
    await _purge_former_owner(session, resource)
    await session.resources.put_resource(resource)
    if existing is None:
        keys = KeyPair(key1=plane.new_api_key(), key2=plane.new_api_key())
        await session.keys.put_keys(resource.resource_id, keys)
    await settle_identity(plane, session, resource)
    answer = Answer(
        status=201 if existing is None else 200,
        document=render_account(plane, await view_account(session, resource)),
    )
    return accept_change(plane, request, answer, address_account(resource), "write")


def _decide_change(
    plane: ControlPlane, request: Request, existing: FoundryResource | None
) -> ManagementRefusal | None:
    if existing is None:
        return decide_precondition(request, None)
    return decide_precondition(request, existing.etag) or decide_account_busy(plane, existing)


def decide_account_busy(plane: ControlPlane, resource: FoundryResource) -> AccountBusy | None:
    state = get_account_state(plane, resource)
    return None if state == "Succeeded" else AccountBusy(resource_id=resource.resource_id, state=state)


async def is_subdomain_taken(
    plane: ControlPlane, session: StateSession, subdomain: str, resource_id: str = ""
) -> bool:
    """By another account than this one; a deleted account has its subdomain until it is purged."""
    taken = await session.resources.get_resource_by_subdomain(subdomain)
    if taken is None or fold_name(taken.resource_id) == fold_name(resource_id):
        return False
    return not is_expired(plane, taken)


async def _purge_former_owner(session: StateSession, resource: FoundryResource) -> None:
    """Of the subdomain: an account that could not be restored any more."""
    former = await session.resources.get_resource_by_subdomain(resource.subdomain)
    if former is not None and fold_name(former.resource_id) != fold_name(resource.resource_id):
        await purge(session, former)


def address_account(resource: FoundryResource) -> OperationAddress:
    return OperationAddress(subscription_id=resource.subscription_id, location=resource.location)


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
        document=keep_account_document(body.document, decided.custom_subdomain),
    )


async def delete_account(plane: ControlPlane, request: Request) -> Outcome:
    """With its deployments, projects and keys, for 48 hours; then for good."""
    async with plane.changing() as session:
        existing = await find_resource(session, request)
        if isinstance(existing, ResourceNotFound):
            return Answer(status=204)
        if not isinstance(existing, FoundryResource):
            return existing
        refusal = _decide_change(plane, request, existing)
        if refusal is not None:
            return refusal
        await soft_delete(plane, session, existing)
        return accept_change(plane, request, Answer(status=200), address_account(existing), "delete")
