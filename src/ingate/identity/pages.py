"""The few pages that people see. No scripts but one line that posts an answer back, nothing from elsewhere."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from html import escape
from urllib.parse import urlsplit

from starlette.responses import Response

from .answers import finish_answer
from .turn import Turn

_STYLE = """
body { font: 1rem/1.5 system-ui, sans-serif; margin: 0; color: #1b1b1b; background: #f2f2f2; }
main { max-width: 24rem; margin: 3rem auto; padding: 1.5rem 2rem 2rem; background: #fff; border: 1px solid #ccc; }
h1 { font-size: 1.4rem; margin: 0 0 1rem; }
label { display: block; margin-top: 1rem; }
input { box-sizing: border-box; width: 100%; padding: 0.5rem; font: inherit; border: 1px solid #666; }
button { margin: 1.5rem 0.5rem 0 0; padding: 0.5rem 1.25rem; font: inherit; border: 1px solid #0b5394; }
button.primary { color: #fff; background: #0b5394; }
button:focus-visible, input:focus-visible { outline: 3px solid #f2a900; outline-offset: 1px; }
.problem { padding: 0.5rem 0.75rem; border-left: 4px solid #b00020; background: #fdecee; }
""".strip()
_SUBMIT = "document.forms[0].submit()"

CSRF_FIELD = "csrf"
CSRF_COOKIE = "__Host-ingate-sign-in"
"""With this prefix browsers take it only over https: cookies do not tell ports apart, and other programs on this
machine could set it otherwise."""


def _hash_source(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode('ascii')}'"


def render_sign_in(*, client_name: str, csrf: str, user_name: str, problem: str | None) -> str:
    """A form that posts to the address it was got from."""
    return _render_page(
        "Sign in",
        f"{_render_problem(problem)}<p>to continue to <strong>{escape(client_name)}</strong></p>"
        f'<form method="post">{_hidden({CSRF_FIELD: csrf})}{_render_credentials(user_name)}'
        f'<button class="primary" name="action" value="sign-in">Sign in</button>'
        f'<button name="action" value="cancel" formnovalidate>Cancel</button></form>',
    )


def render_code_entry(*, csrf: str, code: str, problem: str | None) -> str:
    return _render_page(
        "Enter code",
        f"{_render_problem(problem)}<p>Enter the code that your device or program shows.</p>"
        f'<form method="post">{_hidden({CSRF_FIELD: csrf})}'
        f'<label for="code">Code</label>'
        f'<input id="code" name="user_code" value="{escape(code)}" autocomplete="off" autocapitalize="characters" '
        f'spellcheck="false" maxlength="16" required autofocus>'
        f'<button class="primary" name="action" value="next">Next</button></form>',
    )


def render_device_sign_in(*, client_name: str, csrf: str, code: str, user_name: str, problem: str | None) -> str:
    return _render_page(
        "Sign in on another device",
        f"{_render_problem(problem)}<p><strong>{escape(client_name)}</strong> on another device or in another "
        f"program will act in your name. Go on only if you started it yourself.</p>"
        f'<form method="post">{_hidden({CSRF_FIELD: csrf, "user_code": code})}{_render_credentials(user_name)}'
        f'<button class="primary" name="action" value="sign-in">Sign in</button>'
        f'<button name="action" value="decline" formnovalidate>Decline</button></form>',
    )


def render_message(title: str, text: str) -> str:
    return _render_page(title, f"<p>{escape(text)}</p>")


def render_form_post(address: str, fields: Mapping[str, str]) -> str:
    """Posts an answer to a client (OAuth 2.0 Form Post Response Mode); by a button where there are no scripts."""
    return _render_page(
        "Signed in",
        f'<form method="post" action="{escape(address)}">{_hidden(fields)}'
        f'<button class="primary">Continue</button></form><script>{_SUBMIT}</script>',
    )


def answer_page(turn: Turn, page: str, *, status: int = 200, form_target: str = "") -> Response:
    """`form_target` is where a form leads in the end, when that is elsewhere: browsers check redirects as well."""
    response = Response(page, status_code=status, media_type="text/html; charset=utf-8")
    targets = " ".join(["'self'", _get_origin(form_target)]).strip()
    response.headers["content-security-policy"] = (
        f"default-src 'none'; style-src {_hash_source(_STYLE)}; script-src {_hash_source(_SUBMIT)}; "
        f"form-action {targets}; frame-ancestors 'none'; base-uri 'none'"
    )
    response.headers["x-frame-options"] = "DENY"
    response.headers["referrer-policy"] = "no-referrer"
    return finish_answer(turn, response)


def set_csrf_cookie(turn: Turn, response: Response, csrf: str) -> None:
    secure = turn.authority.startswith("https:")
    response.set_cookie(CSRF_COOKIE, csrf, max_age=3600, path="/", secure=secure, httponly=True, samesite="strict")


def _get_origin(address: str) -> str:
    parts = urlsplit(address)
    if parts.scheme in ("http", "https") and parts.netloc:
        return f"{parts.scheme}://{parts.netloc}"
    return f"{parts.scheme}:" if parts.scheme else ""


def _render_page(title: str, body: str) -> str:
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)} - Ingate</title><style>{_STYLE}</style></head>"
        f"<body><main><h1>{escape(title)}</h1>{body}</main></body></html>"
    )


def _render_problem(problem: str | None) -> str:
    return "" if problem is None else f'<p class="problem" role="alert">{escape(problem)}</p>'


def _render_credentials(user_name: str) -> str:
    return (
        '<label for="user">User name</label>'
        f'<input id="user" name="username" type="text" value="{escape(user_name)}" autocomplete="username" '
        'autocapitalize="none" spellcheck="false" maxlength="256" required autofocus>'
        '<label for="password">Password</label>'
        '<input id="password" name="password" type="password" autocomplete="current-password" maxlength="1024" '
        "required>"
    )


def _hidden(fields: Mapping[str, str]) -> str:
    return "".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">' for name, value in fields.items()
    )
