"""Access tokens of whoever is signed in: the kept one while it is good, then the next."""

from __future__ import annotations

import base64
import json
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from .client_certificate import ASSERTION_TYPE, make_assertion
from .entra import Entra, EntraRefused
from .failure import CommandFailed
from .invocation import Invocation
from .json_value import JsonObject, get_object, get_text
from .location import Location
from .managed_identity import request_identity_token
from .sign_in import AccessToken, SignIn, SignIns

MANAGEMENT_RESOURCE = "https://management.azure.com"
CLAUDE_RESOURCE = "https://cognitiveservices.azure.com"
MARGIN = 300
"""Seconds before its end from which a token is not used any more."""
PUBLIC_CLIENT = "04b07795-8ddb-461a-bbee-02f9e1bf7b46"
"""The program as which people sign in: Azure CLI's, which every tenant knows."""


def get_access_token(invocation: Invocation, location: Location, sign_in: SignIn, resource: str) -> AccessToken:
    """For `resource`; a new one is kept. Ends the command when none is given any more."""
    kept = sign_in.tokens.get(resource)
    if kept and kept.expires_on - MARGIN > invocation.clock():
        return kept
    try:
        answer = _request(invocation, location, sign_in, resource)
    except EntraRefused as refusal:
        raise CommandFailed(
            f"{sign_in.name} gets no token: {refusal.message}\nSign in with: ingate login"
        ) from refusal
    renewed = add_token(sign_in, resource, answer, now=invocation.clock())
    SignIns(invocation).put(location.key, renewed)
    return renewed.tokens[resource]


def add_token(sign_in: SignIn, resource: str, answer: JsonObject, *, now: float) -> SignIn:
    """The sign-in with the token that the token endpoint answered, and without those that have ended."""
    expires_in = get_text(answer, "expires_in")
    expires_on = get_text(answer, "expires_on")
    ends = int(expires_on) if expires_on.isdecimal() else int(now) + int(expires_in if expires_in.isdecimal() else 0)
    text = get_text(answer, "access_token")
    if not text:
        raise CommandFailed("what answers as identity endpoint gave no token.")
    tokens = {name: token for name, token in sign_in.tokens.items() if token.expires_on > now}
    credential = get_text(answer, "refresh_token") if sign_in.way == "user" else ""
    return replace(
        sign_in,
        tokens=tokens | {resource: AccessToken(text=text, expires_on=ends)},
        credential=credential or sign_in.credential,
    )


def read_claims(token: str) -> JsonObject:
    """What a token says, believed or not: for telling people who they are."""
    parts = token.split(".")
    try:
        return get_object(json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4))))
    except (IndexError, ValueError):
        return {}


def _request(invocation: Invocation, location: Location, sign_in: SignIn, resource: str) -> JsonObject:
    if sign_in.way == "managed-identity":
        return request_identity_token(invocation, location, resource=resource, client_id=sign_in.client_id or None)
    with closing(Entra(invocation, location, sign_in.tenant_id)) as entra:
        scope = render_scope(resource)
        match sign_in.way:
            case "user":
                return entra.request_token(
                    grant_type="refresh_token",
                    client_id=sign_in.client_id,
                    refresh_token=sign_in.credential,
                    scope=f"{scope} offline_access",
                )
            case "secret":
                return entra.request_token(
                    grant_type="client_credentials",
                    client_id=sign_in.client_id,
                    client_secret=sign_in.credential,
                    scope=scope,
                )
            case "certificate":
                assertion = make_assertion(
                    Path(sign_in.credential),
                    client_id=sign_in.client_id,
                    audience=entra.token_endpoint,
                    now=invocation.clock(),
                )
                return entra.request_token(
                    grant_type="client_credentials",
                    client_id=sign_in.client_id,
                    client_assertion_type=ASSERTION_TYPE,
                    client_assertion=assertion,
                    scope=scope,
                )


def request_first_token(invocation: Invocation, location: Location, sign_in: SignIn) -> SignIn:
    """Of a sign-in that needs no person: whether the principal is who it says. Raises EntraRefused."""
    answer = _request(invocation, location, sign_in, MANAGEMENT_RESOURCE)
    return add_token(sign_in, MANAGEMENT_RESOURCE, answer, now=invocation.clock())


def render_scope(resource: str) -> str:
    """The scope that asks for all that a principal has at a resource. A slash at the end is the resource's own."""
    return f"{resource}/.default"
