"""What a client may know about the person who signed in (OpenID Connect Core, section 5.3), and signing out."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from ingate.domain.token import TokenFault
from ingate.wire.entra.errors import token_rejected
from ingate.wire.entra.json_web_token import parse_json_web_token

from .answers import answer_error, answer_json
from .audiences import GRAPH
from .entra import Entra
from .own_tokens import decide_own_token
from .pages import answer_page, render_message
from .turn import begin_turn
from .users import find_user


async def answer_userinfo(entra: Entra, request: Request) -> Response:
    """For tokens for Microsoft Graph, which a client that asks for OpenID's scopes alone gets."""
    turn = begin_turn(entra.plane, request)
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    claims = await decide_own_token(entra, turn, token.strip() if scheme.lower() == "bearer" else "", {GRAPH})
    principal = None
    if not isinstance(claims, TokenFault) and claims.is_user:
        async with entra.plane.state.reading() as session:
            principal = await find_user(session, claims.object_id)
    parsed = parse_json_web_token(token.strip().encode())
    if principal is None or parsed is None:
        response = answer_error(turn, token_rejected())
        response.headers["www-authenticate"] = 'Bearer error="invalid_token"'
        return response
    document = {
        "sub": parsed.claims["sub"],
        "name": principal.name,
        "preferred_username": principal.user_principal_name,
        "oid": principal.object_id,
        "tid": principal.tenant_id,
    }
    return answer_json(turn, document)


async def show_signed_out(entra: Entra, request: Request) -> Response:
    """The sign-in page keeps nobody signed in. It leads nowhere either: whose address that would be is not known."""
    turn = begin_turn(entra.plane, request)
    return answer_page(turn, render_message("Signed out", "You are signed out. You may close this page."))
