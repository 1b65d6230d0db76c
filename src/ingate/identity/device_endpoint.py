"""Sign-in with a device code: where a device gets its code, and the pages on which a person enters it."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from ingate.wire.entra.discovery import AUTHORITY_ALIASES
from ingate.wire.entra.errors import EntraError, client_credential_missing
from ingate.wire.entra.json_web_keys import encode_base64url

from .answers import answer_error, answer_json
from .audit_trail import note_refusal
from .client_authentication import authenticate_client, read_client
from .clients import find_asking_client, find_client
from .csrf import choose_csrf, is_own_form
from .device_sign_ins import LIFETIME, DeviceSignIn, DeviceState, make_user_code
from .entra import Entra
from .forms import Form, read_form
from .grants.grant_request import check_resource, read_asked
from .pages import answer_page, render_code_entry, render_device_sign_in, render_message, set_csrf_cookie
from .tenants import find_tenant
from .turn import Turn, begin_turn
from .users import authenticate_user

PAGE_PATH = "/common/oauth2/deviceauth"

_CODE_UNKNOWN = "There is no such code, or it has expired. Check it, or have your device show a new one."
_NOT_OWN_FORM = "This form was not sent from the page that it belongs to. Please try again."


async def answer_device_code(entra: Entra, request: Request, *, is_v2: bool) -> Response:
    turn = begin_turn(entra.plane, request)
    form = await read_form(request)
    if isinstance(form, EntraError):
        return answer_error(turn, form)
    authorization = request.headers.get("authorization", "")
    sign_in = await _begin(entra, turn, request.path_params["tenant"], form, authorization, is_v2=is_v2)
    if isinstance(sign_in, EntraError):
        await note_refusal(entra, turn, sign_in, way="device code", client_id=form.get("client_id", ""))
        return answer_error(turn, sign_in)
    device_code = encode_base64url(entra.plane.random_bytes(48))
    entra.device_sign_ins.put(device_code, sign_in)
    return answer_json(turn, _render_device_code(_find_page(turn, request), device_code, sign_in))


async def _begin(
    entra: Entra, turn: Turn, tenant: str, form: Form, authorization: str, *, is_v2: bool
) -> DeviceSignIn | EntraError:
    sent = read_client(form, authorization)
    if isinstance(sent, EntraError):
        return sent
    client_id, proof = sent
    text = form.get("scope" if is_v2 else "resource")
    async with entra.plane.state.reading() as session:
        asking = await find_asking_client(session, tenant, client_id)
        if isinstance(asking, EntraError):
            return asking
        segment, client = asking
        asked = read_asked(text, is_v2=is_v2)
        if isinstance(asked, EntraError):
            return asked
        refusal = await check_resource(session, segment, asked, authority=turn.authority)
    if refusal is not None:
        return refusal
    if proof.secret is not None or proof.assertion is not None:
        method = await authenticate_client(entra, turn, segment, client, proof)
        if isinstance(method, EntraError):
            return method
    elif not client.is_public:
        return client_credential_missing()
    return DeviceSignIn(
        client_id=client.client_id,
        tenant_segment=segment.text,
        resource_and_scopes=text or "",
        is_v2=is_v2,
        created_at=turn.time,
        user_code=make_user_code(entra.plane.random_bytes(9)),
    )


def _find_page(turn: Turn, request: Request) -> str:
    """Where a person's browser finds the page. What led the device here under Microsoft's name, such as a proxy, does
    not lead the browser, so that is given the port on which this process listens."""
    port = (request.scope.get("server") or ("", None))[1]
    if turn.host.partition(":")[0] not in AUTHORITY_ALIASES or port is None:
        return turn.authority + PAGE_PATH
    return f"{request.url.scheme}://localhost:{port}{PAGE_PATH}"


def _render_device_code(address: str, device_code: str, sign_in: DeviceSignIn) -> dict[str, object]:
    lifetime, interval = int(LIFETIME.total_seconds()), int(sign_in.interval.total_seconds())
    numbers = (lifetime, interval) if sign_in.is_v2 else (str(lifetime), str(interval))
    document: dict[str, object] = {
        "user_code": sign_in.user_code,
        "device_code": device_code,
        "verification_uri" if sign_in.is_v2 else "verification_url": address,
        "expires_in": numbers[0],
        "interval": numbers[1],
        "message": (
            f"To sign in, use a web browser to open the page {address} and enter the code {sign_in.user_code} to "
            "authenticate."
        ),
    }
    return document


async def show_code_entry(entra: Entra, request: Request) -> Response:
    turn = begin_turn(entra.plane, request)
    return _answer_code_entry(entra, turn, request, code=request.query_params.get("user_code", "")[:16])


async def take_code(entra: Entra, request: Request) -> Response:
    """First the code alone, then the code with name and password."""
    turn = begin_turn(entra.plane, request)
    form = await read_form(request)
    if isinstance(form, EntraError) or not is_own_form(request, form):
        return _answer_code_entry(entra, turn, request, status=403, problem=_NOT_OWN_FORM)
    code = form.get("user_code", "")[:16]
    sign_in = entra.device_sign_ins.find_by_user_code(code, turn.time)
    if sign_in is None:
        return _answer_code_entry(entra, turn, request, code=code, status=400, problem=_CODE_UNKNOWN)
    match form.get("action"):
        case "decline":
            sign_in.state = DeviceState.DECLINED
            return answer_page(turn, render_message("Declined", "The other device was not signed in."))
        case "sign-in":
            return await _sign_in(entra, turn, request, sign_in, form)
        case _:
            return await _answer_sign_in(entra, turn, request, sign_in)


async def _sign_in(entra: Entra, turn: Turn, request: Request, sign_in: DeviceSignIn, form: Form) -> Response:
    async with entra.plane.state.reading() as session:
        segment = await find_tenant(session, sign_in.tenant_segment)
    if isinstance(segment, EntraError):
        return _answer_code_entry(entra, turn, request, status=400, problem=segment.text)
    user_name = form.get("username", "")
    principal = await authenticate_user(entra, turn, segment, user_name, form.get("password", ""))
    if isinstance(principal, EntraError):
        await note_refusal(
            entra, turn, principal, way="device code", client_id=sign_in.client_id, user_name=user_name
        )
        return await _answer_sign_in(
            entra, turn, request, sign_in, user_name=user_name, status=401, problem=principal.text
        )
    if sign_in.state is not DeviceState.PENDING:
        return _answer_code_entry(entra, turn, request, status=400, problem=_CODE_UNKNOWN)
    sign_in.object_id = principal.object_id
    sign_in.state = DeviceState.APPROVED
    return answer_page(turn, render_message("Signed in", "The other device is signed in. You may close this page."))


async def _answer_sign_in(
    entra: Entra,
    turn: Turn,
    request: Request,
    sign_in: DeviceSignIn,
    *,
    user_name: str = "",
    status: int = 200,
    problem: str | None = None,
) -> Response:
    csrf = choose_csrf(entra.plane, request)
    name = await _name_client(entra, sign_in)
    page = render_device_sign_in(
        client_name=name, csrf=csrf, code=sign_in.user_code, user_name=user_name, problem=problem
    )
    response = answer_page(turn, page, status=status)
    set_csrf_cookie(turn, response, csrf)
    return response


async def _name_client(entra: Entra, sign_in: DeviceSignIn) -> str:
    async with entra.plane.state.reading() as session:
        segment = await find_tenant(session, sign_in.tenant_segment)
        if isinstance(segment, EntraError):
            return sign_in.client_id
        client = await find_client(session, sign_in.client_id, segment)
    return sign_in.client_id if isinstance(client, EntraError) else client.name


def _answer_code_entry(
    entra: Entra, turn: Turn, request: Request, *, code: str = "", status: int = 200, problem: str | None = None
) -> Response:
    csrf = choose_csrf(entra.plane, request)
    response = answer_page(turn, render_code_entry(csrf=csrf, code=code, problem=problem), status=status)
    set_csrf_cookie(turn, response, csrf)
    return response
