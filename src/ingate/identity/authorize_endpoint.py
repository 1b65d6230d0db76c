"""The sign-in page: a person proves who they are, and the client gets a code."""

from __future__ import annotations

import msgspec
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from ingate.wire.entra.errors import EntraError, consent_declined
from ingate.wire.entra.json_web_keys import encode_base64url

from .answers import finish_answer
from .audit_trail import note_refusal
from .authorization_codes import AuthorizationCode
from .authorization_request import (
    AuthorizationRequest,
    Returning,
    build_redirect,
    read_authorization_request,
    read_returning,
)
from .csrf import choose_csrf, is_own_form
from .entra import Entra
from .forms import parse_form, read_form
from .pages import answer_page, render_form_post, render_message, render_sign_in, set_csrf_cookie
from .turn import Turn, begin_turn
from .users import authenticate_user


async def show_sign_in(entra: Entra, request: Request, *, is_v2: bool) -> Response:
    turn = begin_turn(entra.plane, request)
    asked = await _read(entra, turn, request, is_v2=is_v2)
    if isinstance(asked, Response):
        return asked
    return _answer_sign_in(entra, turn, request, asked, user_name=asked.login_hint)


async def take_sign_in(entra: Entra, request: Request, *, is_v2: bool) -> Response:
    turn = begin_turn(entra.plane, request)
    asked = await _read(entra, turn, request, is_v2=is_v2)
    if isinstance(asked, Response):
        return asked
    form = await read_form(request)
    if isinstance(form, EntraError) or not is_own_form(request, form):
        problem = "This form was not sent from the sign-in page that it belongs to. Please try again."
        return _answer_sign_in(entra, turn, request, asked, status=403, problem=problem)
    if form.get("action") == "cancel":
        return _answer_client(turn, asked.returning, _render_refusal(consent_declined(), turn))
    user_name, password = form.get("username", ""), form.get("password", "")
    segment, client_id = asked.returning.segment, asked.returning.client.client_id
    principal = await authenticate_user(entra, turn, segment, user_name, password)
    if isinstance(principal, EntraError):
        await note_refusal(entra, turn, principal, way="sign-in page", client_id=client_id, user_name=user_name)
        return _answer_sign_in(entra, turn, request, asked, user_name=user_name, status=401, problem=principal.text)
    code = _make_code(entra, turn, asked, principal.object_id)
    info = msgspec.json.encode({"uid": principal.object_id, "utid": principal.tenant_id})
    return _answer_client(turn, asked.returning, {"code": code, "client_info": encode_base64url(info)})


async def _read(entra: Entra, turn: Turn, request: Request, *, is_v2: bool) -> AuthorizationRequest | Response:
    """The page's address has the whole request, and is read again when its form comes back."""
    query = parse_form(request.url.query.encode())
    if isinstance(query, EntraError):
        return _answer_person(turn, query)
    async with entra.plane.state.reading() as session:
        returning = await read_returning(session, request.path_params["tenant"], query)
        if isinstance(returning, EntraError):
            # Where the answer would go is not known to be the client's own, so it goes nowhere.
            return _answer_person(turn, returning)
        asked = await read_authorization_request(session, returning, query, is_v2=is_v2, authority=turn.authority)
    if isinstance(asked, EntraError):
        return _answer_client(turn, returning, _render_refusal(asked, turn))
    return asked


def _make_code(entra: Entra, turn: Turn, asked: AuthorizationRequest, object_id: str) -> str:
    text = "1." + encode_base64url(entra.plane.random_bytes(48))
    code = AuthorizationCode(
        object_id=object_id,
        client_id=asked.returning.client.client_id,
        redirect_uri=asked.returning.redirect_uri,
        challenge=asked.challenge,
        resource_and_scopes=asked.resource_and_scopes,
        is_v2=asked.is_v2,
        nonce=asked.nonce,
        created_at=turn.time,
    )
    entra.codes.put(text, code)
    return text


def _answer_sign_in(
    entra: Entra,
    turn: Turn,
    request: Request,
    asked: AuthorizationRequest,
    *,
    user_name: str = "",
    status: int = 200,
    problem: str | None = None,
) -> Response:
    csrf = choose_csrf(entra.plane, request)
    page = render_sign_in(client_name=asked.returning.client.name, csrf=csrf, user_name=user_name, problem=problem)
    response = answer_page(turn, page, status=status, form_target=asked.returning.redirect_uri)
    set_csrf_cookie(turn, response, csrf)
    return response


def _answer_client(turn: Turn, returning: Returning, fields: dict[str, str]) -> Response:
    sent = fields if returning.state is None else {**fields, "state": returning.state}
    if returning.response_mode == "form_post":
        page = render_form_post(returning.redirect_uri, sent)
        return answer_page(turn, page, form_target=returning.redirect_uri)
    # 303: the browser must not post the password on.
    return finish_answer(turn, RedirectResponse(build_redirect(returning, sent), status_code=303))


def _render_refusal(error: EntraError, turn: Turn) -> dict[str, str]:
    trailer = f"Trace ID: {turn.trace_id} Correlation ID: {turn.correlation_id}"
    return {"error": error.error, "error_description": f"AADSTS{error.number}: {error.text} {trailer}"}


def _answer_person(turn: Turn, error: EntraError) -> Response:
    page = render_message("Sign-in is not possible", f"AADSTS{error.number}: {error.text}")
    return answer_page(turn, page, status=400)
