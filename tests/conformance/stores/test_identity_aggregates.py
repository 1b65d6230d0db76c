"""Principals, roles, signing keys, audit trail, projects: each comes back whole, and goes with what it is of."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from tests.support.aggregates import (
    CREATED,
    SUBSCRIPTION,
    TENANT,
    make_deployment,
    make_resource,
    put_resource_with_keys,
    put_scope,
)

from ingate.domain.audit import AuditEvent
from ingate.domain.principal import ClientCertificate, ClientSecret, Credential, FederatedCredential, Principal
from ingate.domain.project import Project
from ingate.domain.resource import Deletion
from ingate.domain.role import RoleAssignment, RoleDefinition, RolePermissions
from ingate.domain.signing_key import SigningKey
from ingate.domain.state import State, StateSession
from ingate.store.opening import Stores

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
USER_ROLE = "a97b65f3-24c7-4388-baec-2e87135dc908"


def make_principal(number: int = 1, kind: str = "application", **changes: object) -> Principal:
    principal = Principal(
        object_id=f"aaaaaaaa-0000-4000-8000-{number:012}",
        tenant_id=TENANT,
        kind="application",
        name=f"Élan-{number}",
        created_at=NOW,
        client_id=f"cccccccc-0000-4000-8000-{number:012}" if kind in ("application", "managed-identity") else None,
        user_principal_name=f"Ada{number}@example.com" if kind == "user" else None,
        redirect_uris=("http://localhost",),
    )
    return replace(principal, kind=kind, **changes)


def assign(principal_id: str, scope: str, *, role_id: str = USER_ROLE, at: datetime = NOW) -> RoleAssignment:
    return RoleAssignment(
        assignment_id=f"dddddddd-{principal_id[9:]}",
        scope=scope,
        role_id=role_id,
        principal_id=principal_id,
        principal_type="ServicePrincipal",
        description=None,
        created_at=at,
        created_by="a",
        updated_at=at,
        updated_by="a",
    )


async def list_callers(session: StateSession, *, assigned_before: datetime | None = None) -> frozenset[str]:
    directory = await session.directory.get_directory(assigned_before=assigned_before)
    return directory.resources[0].callers


async def test_a_principal_is_found_by_everything_that_names_it(state: State) -> None:
    user, identity = make_principal(1, "user"), make_principal(2, "managed-identity", resource_id="/Some/Resource")
    async with state.writing() as session:
        await put_scope(session)
        await session.principals.put_principal(user)
        await session.principals.put_principal(identity)
    async with state.reading() as session:
        store = session.principals
        assert await store.get_principal(user.object_id.upper()) == user
        assert await store.get_principal_by_user_principal_name("ADA1@EXAMPLE.COM") == user
        assert await store.get_principal_by_name(TENANT, "éLAN-1") == user
        assert await store.get_principal_by_client_id((identity.client_id or "").upper()) == identity
        assert await store.get_principal_of_resource("/some/resource") == identity
        assert await store.list_principals(TENANT) == [user, identity]
        assert await store.get_principal_by_name(TENANT, "nobody") is None


async def test_credentials_come_back_whole_and_go_with_their_principal(state: State) -> None:
    principal = make_principal()
    credentials: list[Credential] = [
        ClientCertificate(
            key_id="1",
            display_name="c",
            certificate_pem="pem",
            thumbprint_sha1="aa",
            thumbprint_sha256="bb",
            expires_at=NOW,
        ),
        ClientSecret(
            key_id="2", display_name="s", hint="abc", secret_hash="$argon2id$", created_at=NOW, expires_at=NOW
        ),
        FederatedCredential(key_id="3", name="f", issuer="https://i", subject="s", audiences=("a", "b")),
    ]
    async with state.writing() as session:
        await put_scope(session)
        await session.principals.put_principal(principal)
        for credential in credentials:
            await session.principals.put_credential(principal.object_id, credential)
        await session.principals.put_password_hash(principal.object_id, "$argon2id$p")
    async with state.writing() as session:
        assert await session.principals.list_credentials(principal.object_id.upper()) == credentials
        assert await session.principals.get_password_hash(principal.object_id) == "$argon2id$p"
        assert await session.principals.delete_credential(principal.object_id, "2")
        assert not await session.principals.delete_credential(principal.object_id, "2")
        assert await session.principals.delete_principal(principal.object_id)
    async with state.reading() as session:
        assert await session.principals.list_credentials(principal.object_id) == []
        assert await session.principals.get_principal(principal.object_id) is None


async def test_groups_reach_through_groups_and_circles_end(state: State) -> None:
    person, inner, outer = make_principal(1, "user"), make_principal(2, "group"), make_principal(3, "group")
    async with state.writing() as session:
        await put_scope(session)
        for principal in (person, inner, outer):
            await session.principals.put_principal(principal)
        await session.principals.put_member(inner.object_id, person.object_id)
        await session.principals.put_member(outer.object_id, inner.object_id)
        await session.principals.put_member(inner.object_id, outer.object_id)
    async with state.writing() as session:
        both = {inner.object_id, outer.object_id}
        assert await session.principals.list_groups(person.object_id) == both
        assert await session.principals.list_members(inner.object_id) == [person, outer]
        await session.principals.delete_member(inner.object_id, person.object_id)
        assert await session.principals.list_groups(person.object_id) == frozenset()


async def test_roles_and_assignments_come_back_whole(state: State) -> None:
    role = RoleDefinition(
        role_id="eeeeeeee-0000-4000-8000-000000000001",
        name="Only Claude",
        description="d",
        permissions=(RolePermissions(data_actions=("a/*",), not_data_actions=("a/b",)),),
        assignable_scopes=(f"/subscriptions/{SUBSCRIPTION}",),
    )
    assignment = assign(make_principal().object_id, "/", role_id=role.role_id)
    async with state.writing() as session:
        await session.roles.put_role(role)
        await session.roles.put_assignment(assignment)
    async with state.writing() as session:
        assert await session.roles.list_roles() == [role] == [await session.roles.get_role(role.role_id.upper())]
        assert await session.roles.list_assignments() == [assignment]
        assert await session.roles.get_assignment(assignment.assignment_id) == assignment
        assert await session.roles.delete_assignment(assignment.assignment_id)
        assert await session.roles.delete_role(role.role_id)
        assert (await session.roles.list_roles(), await session.roles.list_assignments()) == ([], [])


async def test_the_directory_says_who_may_call(state: State) -> None:
    app, person, group, off = (
        make_principal(1),
        make_principal(2, "user"),
        make_principal(3, "group"),
        make_principal(4, is_enabled=False),
    )
    resource = make_resource()
    async with state.writing() as session:
        await put_scope(session)
        await put_resource_with_keys(session, resource)
        for principal in (app, person, group, off):
            await session.principals.put_principal(principal)
        await session.principals.put_member(group.object_id, person.object_id)
        await session.roles.put_assignment(assign(app.object_id, resource.resource_id))
        await session.roles.put_assignment(assign(group.object_id, f"/subscriptions/{SUBSCRIPTION}"))
        await session.roles.put_assignment(assign(off.object_id, "/"))
        revision = await session.directory.get_revision()
        assert await list_callers(session) == {app.object_id, group.object_id, person.object_id}
    async with state.writing() as session:
        await session.principals.delete_principal(app.object_id)
        assert await session.directory.get_revision() > revision
        assert await list_callers(session) == {group.object_id, person.object_id}
        assert [entry.principal_id for entry in await session.roles.list_assignments()] == [
            group.object_id,
            off.object_id,
        ]


async def test_who_is_in_no_directory_of_ours_is_a_foreign_caller(state: State) -> None:
    stranger, resource = make_principal(), make_resource()
    async with state.writing() as session:
        await put_scope(session)
        await put_resource_with_keys(session, resource)
        await session.roles.put_assignment(assign(stranger.object_id, "/"))
        [published] = (await session.directory.get_directory()).resources
        assert (published.callers, published.foreign_callers) == (frozenset(), {stranger.object_id})


async def test_a_new_assignment_may_take_its_time_to_arrive(state: State) -> None:
    app, resource = make_principal(), make_resource()
    async with state.writing() as session:
        await put_scope(session)
        await put_resource_with_keys(session, resource)
        await session.principals.put_principal(app)
        await session.roles.put_assignment(assign(app.object_id, "/"))
        assert await list_callers(session, assigned_before=NOW - timedelta(seconds=1)) == frozenset()
        assert await list_callers(session, assigned_before=NOW) == {app.object_id}


async def test_a_signing_key_is_sealed_and_only_its_public_half_is_published(state: Stores) -> None:
    pem = "-----BEGIN CERTIFICATE-----"
    key = SigningKey(key_id="k", private_key_pem="private", certificate_pem=pem, created_at=NOW, retire_at=NOW)
    async with state.writing() as session:
        await session.signing_keys.put_signing_key(key)
    async with state.writing() as session:
        assert await session.signing_keys.list_signing_keys() == [key]
        assert await session.signing_keys.delete_signing_key("k")
        assert await session.signing_keys.list_signing_keys() == []


async def test_the_audit_trail_is_read_newest_first_and_by_target(state: State) -> None:
    def event(number: int, target: str) -> AuditEvent:
        return AuditEvent(
            event_id=f"ffffffff-0000-4000-8000-{number:012}",
            time=NOW + timedelta(seconds=number),
            action="a/write",
            target_id=target,
            actor_id="o",
            actor_name="n",
            caller_address="127.0.0.1",
            correlation_id="c",
            result="succeeded",
            status=200,
        )

    events = [event(1, "/A/b"), event(2, "/a/b/c"), event(3, "/a/bc"), event(4, "/a/b%")]
    async with state.writing() as session:
        for entry in events:
            await session.audit.append_event(entry)
    async with state.reading() as session:
        later = NOW + timedelta(hours=1)
        assert await session.audit.list_events(since=NOW, until=later) == events[::-1]
        below = await session.audit.list_events(since=NOW, until=later, target_prefix="/a/B/")
        assert below == [events[1], events[0]]
        assert await session.audit.list_events(since=NOW, until=later, limit=1) == [events[3]]
        assert await session.audit.list_events(since=later, until=later) == []


async def test_projects_go_with_their_resource(state: State) -> None:
    resource = make_resource()
    project = Project(
        resource_id=resource.resource_id,
        name="Team-A",
        location="eastus2",
        etag='"1"',
        system_data=CREATED,
        document={"properties": {"displayName": "Élan"}},
    )
    async with state.writing() as session:
        await put_scope(session)
        await put_resource_with_keys(session, resource)
        await session.projects.put_project(project)
    async with state.writing() as session:
        assert await session.projects.get_project(resource.resource_id.upper(), "TEAM-a") == project
        assert await session.projects.list_projects(resource.resource_id) == [project]
        await session.resources.delete_resource(resource.resource_id)
        assert await session.projects.list_projects(resource.resource_id) == []


async def test_a_deleted_resource_is_out_of_sight_and_holds_its_name_and_quota(state: State) -> None:
    resource = make_resource()
    deleted = replace(resource, deletion=Deletion(deleted_at=NOW, purge_at=NOW + timedelta(hours=48)))
    async with state.writing() as session:
        await put_scope(session)
        await put_resource_with_keys(session, resource)
        await session.deployments.put_deployment(make_deployment())
        await session.resources.put_resource(deleted)
    async with state.writing() as session:
        assert await session.resources.get_resource(resource.resource_id) is None
        assert await session.resources.list_resources(SUBSCRIPTION) == []
        assert await session.resources.get_deleted_resource(resource.resource_id) == deleted
        assert await session.resources.list_deleted_resources(SUBSCRIPTION) == [deleted]
        assert await session.resources.get_resource_by_subdomain(resource.subdomain) == deleted
        assert (await session.directory.get_directory()).resources == ()
        assert len(await session.deployments.list_deployments_of_subscription(SUBSCRIPTION)) == 1
        await session.resources.put_resource(resource)
        assert await session.resources.get_resource(resource.resource_id) == resource
