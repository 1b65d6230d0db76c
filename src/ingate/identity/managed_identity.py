"""Managed identities: tokens without a secret, for whoever runs where the identity belongs.

On Azure the network sees to it that only they can ask. Here it is whoever reaches the endpoint, so it is served only
when an administrator said who that is.
https://learn.microsoft.com/entra/identity/managed-identities-azure-resources/how-to-use-vm-token
https://learn.microsoft.com/azure/app-service/overview-managed-identity
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from ingate.domain.principal import Principal
from ingate.domain.state import StateSession
from ingate.wire.entra.errors import EntraError

from .answers import answer_json
from .audiences import find_audience
from .audit_trail import note_refusal, note_sign_in
from .entra import Entra
from .forms import Form, parse_form
from .issuing import Grant, IssuedTokens, issue_tokens
from .turn import Turn, begin_turn
from .users import find_home

IDENTITY_HEADER = "x-identity-header"

_ADDRESS = re.compile(r"[0-9]{1,3}(\.[0-9]{1,3}){3}")
_PRIVATE_DOMAINS = (".localhost", ".internal", ".local", ".svc")
"""RFC 6761, RFC 6762, ICANN's reserved `.internal`, and Kubernetes' services."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Which identity is meant. With none of them, the default one."""

    client_id: str | None = None
    object_id: str | None = None
    resource_id: str | None = None

    @property
    def given(self) -> list[str]:
        return [value for value in (self.client_id, self.object_id, self.resource_id) if value is not None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    error: str
    text: str
    status: int = 400


_NO_IDENTITY = Problem(error="invalid_request", text="Identity not found")


async def answer_instance_metadata(entra: Entra, request: Request) -> Response:
    """The instance metadata service's form."""
    turn = begin_turn(entra.plane, request)
    tokens = await _decide_metadata(entra, turn, request)
    if isinstance(tokens, Problem):
        document = {"error": tokens.error, "error_description": tokens.text}
        return answer_json(turn, document, status=tokens.status)
    return answer_json(turn, {**_render(tokens), **_render_times(tokens)})


async def answer_app_service(entra: Entra, request: Request) -> Response:
    """App Service's form, which is also that of Functions and Container Apps."""
    turn = begin_turn(entra.plane, request)
    tokens = await _decide_app_service(entra, turn, request)
    if isinstance(tokens, Problem):
        document = {"statusCode": tokens.status, "message": tokens.text}
        return answer_json(turn, document, status=tokens.status)
    expires_on = str(int(tokens.expires_at.timestamp()))
    return answer_json(turn, {**_render(tokens), "expires_on": expires_on})


async def _decide_metadata(entra: Entra, turn: Turn, request: Request) -> IssuedTokens | Problem:
    if request.headers.get("metadata", "").lower() != "true":
        return Problem(error="bad_request_102", text="Required metadata header not specified")
    if not _is_local_name(request.headers.get("host", "")):
        return Problem(error="bad_request_102", text="The Host header names nothing on this network")
    if "x-forwarded-for" in request.headers:
        # Somebody else's request, passed on by a proxy on this machine.
        return Problem(error="bad_request_102", text="The request was forwarded (X-Forwarded-For)")
    query = _read_query(request)
    if isinstance(query, Problem):
        return query
    if "api-version" not in query:
        return Problem(error="bad_request_102", text="Required api-version parameter not specified")
    selection = Selection(
        client_id=query.get("client_id"),
        object_id=query.get("object_id") or query.get("principal_id"),
        resource_id=query.get("msi_res_id") or query.get("mi_res_id"),
    )
    return await _issue(entra, turn, query.get("resource"), selection, way="instance metadata")


def _is_local_name(host: str) -> bool:
    """An address, or a name that nobody can have in the public DNS. Under any other name a browser may have come here
    for a site that lets its own name lead to us (DNS rebinding), and would show it the token."""
    name = host.lower() if host.startswith("[") else host.lower().partition(":")[0]
    if name.startswith("[") or "." not in name:
        return bool(name)
    return _ADDRESS.fullmatch(name) is not None or name.endswith(_PRIVATE_DOMAINS)


async def _decide_app_service(entra: Entra, turn: Turn, request: Request) -> IssuedTokens | Problem:
    given = request.headers.get(IDENTITY_HEADER, "").encode()
    # Every secret is compared, so that the time tells nothing about which.
    fits = [hmac.compare_digest(given, secret.encode()) for secret in entra.plane.app_service_secrets if secret]
    if not any(fits):
        return Problem(error="unauthorized", text="The X-IDENTITY-HEADER is missing or wrong.", status=401)
    query = _read_query(request)
    if isinstance(query, Problem):
        return query
    selection = Selection(
        client_id=query.get("client_id"),
        object_id=query.get("principal_id") or query.get("object_id"),
        resource_id=query.get("mi_res_id") or query.get("msi_res_id"),
    )
    return await _issue(entra, turn, query.get("resource"), selection, way="App Service")


def _read_query(request: Request) -> Form | Problem:
    query = parse_form(request.url.query.encode())
    return Problem(error="invalid_request", text=query.text) if isinstance(query, EntraError) else query


async def _issue(
    entra: Entra, turn: Turn, resource: str | None, selection: Selection, *, way: str
) -> IssuedTokens | Problem:
    if resource is None:
        return Problem(error="invalid_request", text="Required audience parameter not specified")
    if len(selection.given) > 1:
        return Problem(error="invalid_request", text="Only one of client_id, object_id and msi_res_id may be given")
    async with entra.plane.state.reading() as session:
        principal = await _find_identity(entra, session, selection)
        if principal is None:
            return _NO_IDENTITY
        tenant = await find_home(session, principal)
        # Asked over plain http: the address at which we speak https is another.
        audience = (
            tenant
            if isinstance(tenant, EntraError)
            else await find_audience(session, tenant, resource, authority=None)
        )
    if isinstance(audience, EntraError):
        await note_refusal(entra, turn, audience, way=way, client_id=principal.client_id or "")
        return Problem(error=audience.error, text=f"AADSTS{audience.number}: {audience.text}")
    client_id = principal.client_id or principal.object_id
    grant = Grant(principal=principal, client_id=client_id, client_method="2", audience=audience)
    tokens = await issue_tokens(entra, turn, grant, is_v2=False)
    await note_sign_in(entra, turn, grant, way=way)
    return tokens


async def _find_identity(entra: Entra, session: StateSession, selection: Selection) -> Principal | None:
    """None when managed identities are not served at all, too."""
    default = entra.plane.managed_identity
    if default is None:
        return None
    principals = session.principals
    if selection.client_id is not None:
        found = await principals.get_principal_by_client_id(selection.client_id)
    elif selection.object_id is not None:
        found = await principals.get_principal(selection.object_id)
    elif selection.resource_id is not None:
        found = await principals.get_principal_of_resource(selection.resource_id)
    else:
        found = await _find_by_name(session, default)
    return found if found is not None and found.kind == "managed-identity" and found.is_enabled else None


async def _find_by_name(session: StateSession, name: str) -> Principal | None:
    for tenant in await session.tenants.list_tenants():
        found = await session.principals.get_principal_by_name(tenant.tenant_id, name)
        if found is not None:
            return found
    return None


def _render(tokens: IssuedTokens) -> dict[str, object]:
    return {
        "access_token": tokens.access_token,
        "client_id": tokens.grant.client_id,
        "resource": tokens.grant.audience.value,
        "token_type": "Bearer",
    }


def _render_times(tokens: IssuedTokens) -> Mapping[str, object]:
    """All of them strings."""
    return {
        "refresh_token": "",
        "expires_in": str(tokens.expires_in),
        "ext_expires_in": str(tokens.expires_in),
        "expires_on": str(int(tokens.expires_at.timestamp())),
        "not_before": str(int(tokens.begins_at.timestamp())),
    }
