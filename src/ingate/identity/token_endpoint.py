"""The token endpoint of both versions: one path for every grant.

read the form -> tenant -> client -> its proof -> the grant -> tokens -> audit trail
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType
from typing import TypeAlias

from starlette.requests import Request
from starlette.responses import Response

from ingate.wire.entra.errors import EntraError, grant_type_unsupported, parameter_missing

from .answers import answer_error, answer_json
from .audit_trail import note_refusal, note_sign_in
from .client_authentication import authenticate_client, read_client
from .clients import find_asking_client
from .entra import Entra
from .forms import Form, read_form
from .grants.authorization_code import grant_authorization_code
from .grants.client_credentials import grant_client_credentials
from .grants.device_code import grant_device_code
from .grants.grant_request import GrantRequest
from .grants.on_behalf_of import grant_on_behalf_of
from .grants.password import grant_password
from .grants.refresh_token import grant_refresh_token
from .issuing import Grant, IssuedTokens, issue_tokens, render_tokens_v1, render_tokens_v2
from .turn import Turn, begin_turn

Decide: TypeAlias = Callable[[GrantRequest], Awaitable[Grant | EntraError]]

GRANTS: Mapping[str, Decide] = MappingProxyType(
    {
        "authorization_code": grant_authorization_code,
        "client_credentials": grant_client_credentials,
        "device_code": grant_device_code,
        "password": grant_password,
        "refresh_token": grant_refresh_token,
        "urn:ietf:params:oauth:grant-type:device_code": grant_device_code,
        "urn:ietf:params:oauth:grant-type:jwt-bearer": grant_on_behalf_of,
    }
)


async def answer_token(entra: Entra, request: Request, *, is_v2: bool) -> Response:
    turn = begin_turn(entra.plane, request)
    form = await read_form(request)
    if isinstance(form, EntraError):
        return answer_error(turn, form)
    authorization = request.headers.get("authorization", "")
    way = form.get("grant_type", "")
    way = way if way in GRANTS else "token"
    tokens = await _decide(entra, turn, request.path_params["tenant"], form, authorization, is_v2=is_v2)
    if isinstance(tokens, EntraError):
        client_id, user_name = form.get("client_id", ""), form.get("username", "")
        await note_refusal(entra, turn, tokens, way=way, client_id=client_id, user_name=user_name)
        return answer_error(turn, tokens)
    await note_sign_in(entra, turn, tokens.grant, way=way)
    render = render_tokens_v2 if is_v2 else render_tokens_v1
    return answer_json(turn, render(tokens, with_client_info=form.get("client_info") == "1"))


async def _decide(
    entra: Entra, turn: Turn, tenant: str, form: Form, authorization: str, *, is_v2: bool
) -> IssuedTokens | EntraError:
    request = await _read_request(entra, turn, tenant, form, authorization, is_v2=is_v2)
    if isinstance(request, EntraError):
        return request
    grant_type = form.get("grant_type")
    if grant_type is None:
        return parameter_missing("grant_type")
    decide = GRANTS.get(grant_type)
    if decide is None:
        return grant_type_unsupported(grant_type)
    grant = await decide(request)
    if isinstance(grant, EntraError):
        return grant
    return await issue_tokens(entra, turn, grant, is_v2=is_v2)


async def _read_request(
    entra: Entra, turn: Turn, tenant: str, form: Form, authorization: str, *, is_v2: bool
) -> GrantRequest | EntraError:
    sent = read_client(form, authorization)
    if isinstance(sent, EntraError):
        return sent
    client_id, proof = sent
    async with entra.plane.state.reading() as session:
        asking = await find_asking_client(session, tenant, client_id)
    if isinstance(asking, EntraError):
        return asking
    segment, client = asking
    method = await authenticate_client(entra, turn, segment, client, proof)
    if isinstance(method, EntraError):
        return method
    return GrantRequest(
        entra=entra,
        turn=turn,
        segment=segment,
        client=client,
        client_method=method,
        form=form,
        is_v2=is_v2,
    )
