"""What clients read before they ask for a token, and what readers of tokens check them with."""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response

from ingate.wire.entra.discovery import render_instance_discovery, render_openid_configuration, render_user_realm
from ingate.wire.entra.errors import EntraError, parameter_missing, tenant_not_found
from ingate.wire.entra.issuers import render_v2_issuer
from ingate.wire.entra.json_web_keys import render_key

from .answers import answer_error, answer_json
from .entra import Entra
from .signing_keys import get_public_half, list_published
from .tenants import TenantSegment, find_tenant
from .turn import begin_turn


async def answer_openid_configuration(entra: Entra, request: Request, *, is_v2: bool) -> Response:
    turn = begin_turn(entra.plane, request)
    segment = await _find_tenant(entra, request)
    if isinstance(segment, EntraError):
        return answer_error(turn, segment)
    tenant_id = None if segment.tenant is None else segment.tenant.tenant_id
    document = render_openid_configuration(
        authority=turn.authority, tenant=segment.text, tenant_id=tenant_id, is_v2=is_v2
    )
    return _open(answer_json(turn, document))


async def answer_keys(entra: Entra, request: Request, *, is_v2: bool) -> Response:
    turn = begin_turn(entra.plane, request)
    segment = await _find_tenant(entra, request)
    if isinstance(segment, EntraError):
        return answer_error(turn, segment)
    async with entra.plane.state.reading() as session:
        keys = list_published(await session.signing_keys.list_signing_keys(), turn.time)
    tenant_id = "{tenantid}" if segment.tenant is None else segment.tenant.tenant_id
    rendered = [
        render_key(
            key_id=key.key_id,
            certificate_der=half.certificate_der,
            modulus=half.key.modulus,
            exponent=half.key.exponent,
            issuer=render_v2_issuer(tenant_id) if is_v2 else None,
        )
        for key in keys
        for half in (get_public_half(key),)
    ]
    return _open(answer_json(turn, {"keys": rendered}))


async def answer_instance(entra: Entra, request: Request) -> Response:
    """Asked with the address of the sign-in page that a client means to use."""
    turn = begin_turn(entra.plane, request)
    address = request.query_params.get("authorization_endpoint")
    if not address:
        return answer_error(turn, parameter_missing("authorization_endpoint"))
    tenant = _get_tenant(address)
    async with entra.plane.state.reading() as session:
        segment = await find_tenant(session, tenant)
    if isinstance(segment, EntraError):
        return answer_error(turn, tenant_not_found(tenant, error="invalid_tenant"))
    document = render_instance_discovery(
        authority=turn.authority,
        host=turn.host,
        tenant=segment.text,
        api_version=request.query_params.get("api-version", "1.1")[:16],
    )
    return _open(answer_json(turn, document))


async def answer_user_realm(entra: Entra, request: Request) -> Response:
    """The same for users who exist and users who do not."""
    turn = begin_turn(entra.plane, request)
    return answer_json(turn, render_user_realm(request.path_params["user"][:256]))


async def _find_tenant(entra: Entra, request: Request) -> TenantSegment | EntraError:
    text: str = request.path_params["tenant"]
    async with entra.plane.state.reading() as session:
        segment = await find_tenant(session, text)
    return tenant_not_found(text, error="invalid_tenant") if isinstance(segment, EntraError) else segment


def _open(response: Response) -> Response:
    """Public documents, which programs in browsers read as well."""
    response.headers["access-control-allow-origin"] = "*"
    return response


def _get_tenant(address: str) -> str:
    try:
        path = urlsplit(address).path
    except ValueError:
        return "common"
    return path.strip("/").partition("/")[0] or "common"
