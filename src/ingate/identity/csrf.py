"""Forms of the sign-in pages are posted from the sign-in pages: a cookie and a hidden field say the same."""

from __future__ import annotations

import hmac

from starlette.requests import Request

from ingate.wire.entra.json_web_keys import encode_base64url

from .forms import Form
from .identity_plane import IdentityPlane
from .pages import CSRF_COOKIE, CSRF_FIELD


def choose_csrf(plane: IdentityPlane, request: Request) -> str:
    """The browser's own, so that two open sign-in pages both work; a new one when it has none of ours."""
    given = request.cookies.get(CSRF_COOKIE, "")
    return given if len(given) == 43 and given.isascii() else encode_base64url(plane.random_bytes(32))


def is_own_form(request: Request, form: Form) -> bool:
    cookie, field = request.cookies.get(CSRF_COOKIE, ""), form.get(CSRF_FIELD, "")
    return bool(cookie) and hmac.compare_digest(cookie.encode(), field.encode())
