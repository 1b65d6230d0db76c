"""A request for each refusal that is about callers, roles or principals.

The tenant has a user `ada`, an application `app` with no role, and `gone`, which was deleted after it got its token.
`{app}` and `{owner}` are object ids. A token `app:exp=1` is that principal's, good but for that claim.
"""

from __future__ import annotations

from typing import Any

from tests.golden.management.refusal_cases import ACCOUNT, GROUP, Case, Request
from tests.support.management_access import GRAPH, MANAGEMENT, PRINCIPALS, READER

from ingate.management import access_refusals as a
from ingate.management import directory_refusals as d

ASSIGNMENT = "00000000-0000-4000-8000-0000000000a1"
ROLE = "00000000-0000-4000-8000-0000000000c1"
UNKNOWN = "99999999-9999-4999-8999-999999999999"
ASSIGNMENTS = "/providers/Microsoft.Authorization/roleAssignments"
ROLES = "/providers/Microsoft.Authorization/roleDefinitions"


def put_assignment(scope: str = GROUP, name: str = ASSIGNMENT, **properties: Any) -> Request:
    body = {"properties": {"roleDefinitionId": READER, "principalId": "{app}", **properties}}
    return Request(method="PUT", path=f"{scope}{ASSIGNMENTS}/{name}", body=body)


def put_role(name: str = ROLE, **properties: Any) -> Request:
    said = {
        "roleName": "Key keeper",
        "permissions": [{"actions": ["Microsoft.CognitiveServices/accounts/listKeys/action"]}],
        "assignableScopes": [GROUP],
        **properties,
    }
    return Request(method="PUT", path=f"{GROUP}{ROLES}/{name}", body={"properties": said})


def put_principal(name: str = "new", **properties: Any) -> Request:
    return Request(method="PUT", path=f"{PRINCIPALS}/{name}", body={"properties": properties})


def add_secret(name: str = "app") -> Request:
    return Request(method="POST", path=f"{PRINCIPALS}/{name}/addSecret", body={})


def ask_graph(path: str, token: str | None = f"app:aud={GRAPH}") -> Request:
    return Request(path=f"/v1.0{path}", token=token, api_version=None)


ACCESS_CASES: tuple[Case, ...] = (
    Case(refusal=a.TokenMissing, name="token_missing", request=Request(token=None)),
    Case(refusal=a.TokenWrong, name="token_wrong", request=Request(token="not-the-token")),
    Case(refusal=a.TokenExpired, name="token_expired", request=Request(token="app:exp=1795348799")),
    Case(refusal=a.TokenNotYetValid, name="token_not_yet_valid", request=Request(token="app:nbf=1795352400")),
    Case(refusal=a.TokenAudienceWrong, name="token_audience_wrong", request=Request(token=f"app:aud={GRAPH}")),
    Case(
        refusal=a.TokenTenantWrong,
        name="token_tenant_wrong",
        request=Request(token=f"app:iss=https://sts.windows.net/{UNKNOWN}/"),
    ),
    Case(refusal=a.PrincipalUnusable, name="principal_deleted", request=Request(token="gone:")),
    Case(refusal=a.NotAuthorized, name="not_authorized", request=Request(token="app:")),
    Case(refusal=a.NotAuthorized, name="not_authorized_user", request=Request(method="DELETE", token="ada:")),
    Case(
        refusal=d.ScopeInvalid,
        name="scope_invalid",
        request=Request(path=f"/subscriptions{ASSIGNMENTS}"),
    ),
    Case(
        refusal=d.ManagementGroupNotFound,
        name="management_group_not_found",
        request=Request(path=f"/providers/Microsoft.Management/managementGroups/all{ASSIGNMENTS}"),
    ),
    Case(refusal=d.RoleNotFound, name="role_not_found", request=Request(path=f"{GROUP}{ROLES}/{UNKNOWN}")),
    Case(
        refusal=d.RoleNotFound,
        name="role_of_assignment_not_found",
        request=put_assignment(roleDefinitionId=f"{ROLES}/{UNKNOWN}"),
    ),
    Case(refusal=d.RoleInvalid, name="role_invalid", request=put_role(assignableScopes=["/"])),
    Case(refusal=d.RoleNameTaken, name="role_name_taken", request=put_role(roleName="azure ai USER")),
    Case(refusal=d.RoleBuiltIn, name="role_built_in", request=put_role(READER)),
    Case(
        refusal=d.RoleInUse,
        name="role_in_use",
        before=(put_role(), put_assignment(roleDefinitionId=ROLE)),
        request=Request(method="DELETE", path=f"{GROUP}{ROLES}/{ROLE}"),
    ),
    Case(
        refusal=d.AssignmentNotFound,
        name="assignment_not_found",
        request=Request(path=f"{GROUP}{ASSIGNMENTS}/{UNKNOWN}"),
    ),
    Case(
        refusal=d.AssignmentExists,
        name="assignment_exists",
        before=(put_assignment(),),
        request=put_assignment(name=UNKNOWN),
    ),
    Case(
        refusal=d.AssignmentImmutable,
        name="assignment_immutable",
        before=(put_assignment(),),
        request=put_assignment(scope=ACCOUNT),
    ),
    Case(
        refusal=d.ConditionNotSupported,
        name="condition_not_supported",
        request=put_assignment(condition="@Resource[name] StringEquals 'a'", conditionVersion="2.0"),
    ),
    Case(
        refusal=d.PrincipalNotFound,
        name="principal_not_found",
        request=put_assignment(principalId=UNKNOWN, principalType="ServicePrincipal"),
    ),
    Case(
        refusal=d.PrincipalTypeUnmatched,
        name="principal_type_unmatched",
        request=put_assignment(principalType="User"),
    ),
    Case(refusal=d.PrincipalUnknown, name="principal_unknown", request=Request(path=f"{PRINCIPALS}/nobody")),
    Case(
        refusal=d.PrincipalInvalid,
        name="principal_invalid",
        request=put_principal(kind="user", userPrincipalName="a@b.c", password="CANARY"),
    ),
    Case(
        refusal=d.PrincipalTaken,
        name="principal_taken",
        request=put_principal(kind="user", userPrincipalName="ADA@example.com"),
    ),
    Case(
        refusal=d.PrincipalOfResource,
        name="principal_of_resource",
        request=Request(method="DELETE", path=f"{PRINCIPALS}/example-resource"),
    ),
    Case(refusal=d.CredentialNotPossible, name="credential_not_possible", request=add_secret("ada")),
    Case(
        refusal=d.CredentialNotFound,
        name="credential_not_found",
        request=Request(method="DELETE", path=f"{PRINCIPALS}/app/credentials/{UNKNOWN}"),
    ),
    Case(
        refusal=d.TooManyCredentials,
        name="too_many_credentials",
        before=(add_secret(), add_secret()),
        request=add_secret(),
    ),
    Case(refusal=d.NotAGroup, name="not_a_group", request=Request(path=f"{PRINCIPALS}/app/members")),
    Case(refusal=d.GraphObjectNotFound, name="graph_object_not_found", request=ask_graph(f"/users/{UNKNOWN}")),
    Case(
        refusal=d.GraphQueryNotSupported,
        name="graph_query_not_supported",
        request=ask_graph("/servicePrincipals?$filter=tags/any(t:t eq 'a') or 1 eq 1"),
    ),
    Case(
        refusal=d.GraphReadOnly,
        name="graph_read_only",
        request=Request(method="POST", path="/v1.0/applications", token=f"app:aud={GRAPH}", api_version=None),
    ),
    Case(refusal=a.TokenMissing, name="graph_token_missing", request=ask_graph("/me", token=None)),
    Case(refusal=a.TokenWrong, name="graph_token_wrong", request=ask_graph("/me", token="not-the-token")),
    Case(refusal=a.TokenExpired, name="graph_token_expired", request=ask_graph("/me", token="app:exp=1")),
    Case(
        refusal=a.TokenAudienceWrong,
        name="graph_token_audience_wrong",
        request=ask_graph("/me", token=f"app:aud={MANAGEMENT}"),
    ),
)
