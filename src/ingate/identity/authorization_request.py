"""What a client asks of the sign-in page (RFC 6749, section 4.1.1; RFC 7636; OpenID Connect Core, section 3.1.2)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit, urlunsplit

from ingate.domain.state import StateSession
from ingate.wire.entra.errors import (
    EntraError,
    challenge_missing,
    interaction_required,
    parameter_invalid,
    parameter_missing,
    redirect_uri_wrong,
    response_type_unsupported,
)

from .clients import Client, find_asking_client, is_redirect_uri
from .forms import Form
from .grants.grant_request import check_resource, read_asked
from .tenants import TenantSegment

RESPONSE_MODES = ("query", "fragment", "form_post")

_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")
"""S256 and nothing else: 256 bits in base64url."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Returning:
    """Where an answer goes, whatever it is. Once this is known to be the client's own, refusals go there as well."""

    segment: TenantSegment
    client: Client
    redirect_uri: str
    response_mode: str
    state: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorizationRequest:
    returning: Returning
    resource_and_scopes: str
    challenge: str | None
    nonce: str | None
    login_hint: str
    is_v2: bool


async def read_returning(session: StateSession, tenant: str, query: Form) -> Returning | EntraError:
    asking = await find_asking_client(session, tenant, query.get("client_id"))
    if isinstance(asking, EntraError):
        return asking
    segment, client = asking
    redirect_uri = query.get("redirect_uri")
    if redirect_uri is None:
        return parameter_missing("redirect_uri")
    if not is_redirect_uri(client, redirect_uri):
        return redirect_uri_wrong(redirect_uri, client.client_id)
    mode = query.get("response_mode", "query")
    return Returning(
        segment=segment,
        client=client,
        redirect_uri=redirect_uri,
        response_mode=mode if mode in RESPONSE_MODES else "query",
        state=query.get("state"),
    )


async def read_authorization_request(
    session: StateSession, returning: Returning, query: Form, *, is_v2: bool, authority: str
) -> AuthorizationRequest | EntraError:
    if query.get("response_type") != "code":
        return response_type_unsupported()
    if query.get("response_mode", "query") not in RESPONSE_MODES:
        return parameter_invalid("response_mode")
    challenge = _read_challenge(query, returning.client)
    if isinstance(challenge, EntraError):
        return challenge
    text = query.get("scope" if is_v2 else "resource")
    asked = read_asked(text, is_v2=is_v2)
    if isinstance(asked, EntraError):
        return asked
    refusal = await check_resource(session, returning.segment, asked, authority=authority)
    if refusal is not None:
        return refusal
    if query.get("prompt") == "none":
        return interaction_required()
    return AuthorizationRequest(
        returning=returning,
        resource_and_scopes=text or "",
        challenge=challenge,
        nonce=query.get("nonce"),
        login_hint=query.get("login_hint", ""),
        is_v2=is_v2,
    )


def _read_challenge(query: Form, client: Client) -> str | None | EntraError:
    """Public clients need one: nothing else ties the code to whoever began the sign-in."""
    challenge = query.get("code_challenge")
    if challenge is None:
        return challenge_missing() if client.is_public else None
    if query.get("code_challenge_method") != "S256":
        return parameter_invalid("code_challenge_method")
    return challenge if _CHALLENGE.fullmatch(challenge) else parameter_invalid("code_challenge")


def build_redirect(returning: Returning, fields: dict[str, str]) -> str:
    """For `query` and `fragment`. A redirect URI's own query is kept."""
    parts = urlsplit(returning.redirect_uri)
    encoded = urlencode(fields)
    if returning.response_mode == "fragment":
        return urlunsplit(parts._replace(fragment=encoded))
    return urlunsplit(parts._replace(query=f"{parts.query}&{encoded}" if parts.query else encoded))
