"""Credentials of principals: client secrets, certificates, federated credentials. None is ever shown again."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from starlette.requests import Request
from starlette.routing import BaseRoute

from ingate.domain.principal import ClientCertificate, ClientSecret, Credential, FederatedCredential, Principal
from ingate.domain.state import StateSession
from ingate.wire.arm.documents import JsonObject
from ingate.wire.arm.envelopes import render_page, render_time

from .bodies import Body, read_body
from .control_plane import Answer, ControlPlane, Outcome, mount
from .directory_refusals import (
    CredentialNotFound,
    CredentialNotPossible,
    PrincipalInvalid,
    PrincipalTaken,
    PrincipalUnknown,
    TooManyCredentials,
)
from .principals import PRINCIPAL_PATH, find_principal
from .request_context import note
from .scopes import path_part

HINT_LENGTH = 3
LONGEST_LIFETIME_DAYS = 3650
USUAL_LIFETIME_DAYS = 180
MOST_CREDENTIALS = 50
SMALLEST_KEY_BITS = 2048
_LONGEST_TEXT = 600
_LONGEST_PEM = 8000
_MOST_AUDIENCES = 10


class SecretBody(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    display_name: str = ""
    lifetime_days: int = USUAL_LIFETIME_DAYS


class CertificateBody(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    certificate: str
    display_name: str = ""


class FederatedBody(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    name: str
    issuer: str
    subject: str
    audiences: tuple[str, ...] = ("api://AzureADTokenExchange",)
    jwks_file: str | None = None


def principal_credential_routes(plane: ControlPlane) -> list[BaseRoute]:
    return [
        mount(plane, PRINCIPAL_PATH + "/credentials", {"GET": list_credentials}),
        mount(plane, PRINCIPAL_PATH + "/credentials/{key}", {"DELETE": delete_credential}),
        mount(plane, PRINCIPAL_PATH + "/addSecret", {"POST": add_secret}),
        mount(plane, PRINCIPAL_PATH + "/addCertificate", {"POST": add_certificate}),
        mount(plane, PRINCIPAL_PATH + "/addFederatedCredential", {"POST": add_federated_credential}),
    ]


async def list_credentials(plane: ControlPlane, request: Request) -> Outcome:
    async with plane.state.reading() as session:
        principal = await find_principal(session, request)
        if not isinstance(principal, Principal):
            return principal
        credentials = await session.principals.list_credentials(principal.object_id)
    return Answer(document=render_page([render_credential(credential) for credential in credentials]))


async def delete_credential(plane: ControlPlane, request: Request) -> Outcome:
    async with plane.changing() as session:
        principal = await find_principal(session, request)
        if not isinstance(principal, Principal):
            return principal
        key_id = path_part(request, "key").lower()
        known = {credential.key_id for credential in await session.principals.list_credentials(principal.object_id)}
        if key_id not in known:
            return CredentialNotFound(key_id=key_id)
        await session.principals.delete_credential(principal.object_id, key_id)
    return Answer(status=200)


async def add_secret(plane: ControlPlane, request: Request) -> Outcome:
    body = await read_body(request, SecretBody)
    if not isinstance(body, Body):
        return body
    wish = body.content
    if not 1 <= wish.lifetime_days <= LONGEST_LIFETIME_DAYS:
        return PrincipalInvalid(member="lifetimeDays", reason=f"must be 1 to {LONGEST_LIFETIME_DAYS}")
    if not _is_text(wish.display_name, least=0):
        return _too_long("displayName")
    text, now = plane.new_secret(), plane.clock()
    secret = ClientSecret(
        key_id=plane.new_id(),
        display_name=wish.display_name,
        hint=text[:HINT_LENGTH],
        secret_hash=await asyncio.to_thread(plane.hash_secret, text),
        created_at=now,
        expires_at=now + timedelta(days=wish.lifetime_days),
    )
    refusal = await _add(plane, request, secret, "client secret")
    return refusal or Answer(document={**render_credential(secret), "secretText": text})


async def add_certificate(plane: ControlPlane, request: Request) -> Outcome:
    """The public half; a private key beside it is refused, because it has no business here."""
    body = await read_body(request, CertificateBody)
    if not isinstance(body, Body):
        return body
    if not _is_text(body.content.display_name, least=0):
        return _too_long("displayName")
    certificate = _parse_certificate(plane.new_id(), body.content, plane.clock())
    if not isinstance(certificate, ClientCertificate):
        return certificate
    refusal = await _add(plane, request, certificate, "certificate")
    return refusal or Answer(document=render_credential(certificate))


def _parse_certificate(key_id: str, body: CertificateBody, now: datetime) -> ClientCertificate | PrincipalInvalid:
    pem = body.certificate
    if "PRIVATE KEY" in pem:
        return PrincipalInvalid(member="certificate", reason="has a private key in it; keep that to yourself")
    if len(pem) > _LONGEST_PEM or not pem.isascii():
        return PrincipalInvalid(member="certificate", reason="must be one certificate in PEM")
    try:
        parsed = x509.load_pem_x509_certificate(pem.encode("ascii"))
        public_key = parsed.public_key()
    except (ValueError, TypeError, AttributeError):
        return PrincipalInvalid(member="certificate", reason="must be one certificate in PEM")
    if not isinstance(public_key, RSAPublicKey) or public_key.key_size < SMALLEST_KEY_BITS:
        return PrincipalInvalid(
            member="certificate", reason=f"must have an RSA key of {SMALLEST_KEY_BITS} bits or more"
        )
    if parsed.not_valid_after_utc <= now:
        return PrincipalInvalid(member="certificate", reason="has expired")
    return ClientCertificate(
        key_id=key_id,
        display_name=body.display_name or parsed.subject.rfc4514_string()[:_LONGEST_TEXT],
        certificate_pem=parsed.public_bytes(Encoding.PEM).decode("ascii"),
        thumbprint_sha1=parsed.fingerprint(SHA1()).hex().upper(),  # noqa: S303 - a name: clients send it as x5t
        thumbprint_sha256=parsed.fingerprint(SHA256()).hex().upper(),
        expires_at=parsed.not_valid_after_utc.astimezone(UTC),
    )


async def add_federated_credential(plane: ControlPlane, request: Request) -> Outcome:
    body = await read_body(request, FederatedBody)
    if not isinstance(body, Body):
        return body
    wish = body.content
    fault = _find_fault(wish)
    if fault is not None:
        return fault
    credential = FederatedCredential(
        key_id=plane.new_id(),
        name=wish.name,
        issuer=wish.issuer,
        subject=wish.subject,
        audiences=wish.audiences,
        jwks_file=wish.jwks_file,
    )
    refusal = await _add(plane, request, credential, "federated credential")
    return refusal or Answer(document=render_credential(credential))


def _find_fault(wish: FederatedBody) -> PrincipalInvalid | None:
    for member, value in (("name", wish.name), ("issuer", wish.issuer), ("subject", wish.subject)):
        if not _is_text(value):
            return _too_long(member)
    if not 1 <= len(wish.audiences) <= _MOST_AUDIENCES or not all(_is_text(entry) for entry in wish.audiences):
        return PrincipalInvalid(member="audiences", reason=f"must be 1 to {_MOST_AUDIENCES} texts")
    if not wish.issuer.startswith("https://") and wish.jwks_file is None:
        reason = "must be an https URL, at which its keys are published, or have a jwksFile beside it"
        return PrincipalInvalid(member="issuer", reason=reason)
    if wish.jwks_file is not None and not (wish.jwks_file.startswith("/") and _is_text(wish.jwks_file)):
        return PrincipalInvalid(member="jwksFile", reason="must be an absolute path")
    return None


def _is_text(text: str, *, least: int = 1) -> bool:
    return least <= len(text) <= _LONGEST_TEXT and text.isprintable()


def _too_long(member: str) -> PrincipalInvalid:
    return PrincipalInvalid(member=member, reason=f"must be at most {_LONGEST_TEXT} printable characters")


async def _add(
    plane: ControlPlane, request: Request, credential: Credential, noun: str
) -> PrincipalUnknown | CredentialNotPossible | PrincipalTaken | TooManyCredentials | None:
    async with plane.changing() as session:
        principal = await find_principal(session, request)
        if not isinstance(principal, Principal):
            return principal
        refusal = await _find_obstacle(session, principal, credential, noun)
        if refusal is None:
            await session.principals.put_credential(principal.object_id, credential)
            note(f"{noun} {credential.key_id}")
        return refusal


async def _find_obstacle(
    session: StateSession, principal: Principal, credential: Credential, noun: str
) -> CredentialNotPossible | PrincipalTaken | TooManyCredentials | None:
    """Managed identities have federated credentials only, as on Azure; users have a password."""
    is_federated = isinstance(credential, FederatedCredential)
    is_possible = principal.kind == "application" or (principal.kind == "managed-identity" and is_federated)
    if not is_possible or principal.resource_id is not None:
        return CredentialNotPossible(kind=principal.kind, credential=noun)
    present = await session.principals.list_credentials(principal.object_id)
    if len(present) >= MOST_CREDENTIALS:
        return TooManyCredentials(most=MOST_CREDENTIALS)
    if isinstance(credential, FederatedCredential) and any(
        isinstance(other, FederatedCredential) and _is_same(other, credential) for other in present
    ):
        return PrincipalTaken(member="federated credential")
    return None


def _is_same(one: FederatedCredential, other: FederatedCredential) -> bool:
    return one.name == other.name or (one.issuer, one.subject) == (other.issuer, other.subject)


def render_credential(credential: Credential) -> JsonObject:
    match credential:
        case ClientSecret():
            return {
                "keyId": credential.key_id,
                "kind": "secret",
                "displayName": credential.display_name,
                "hint": credential.hint,
                "startDateTime": render_time(credential.created_at),
                "endDateTime": render_time(credential.expires_at),
            }
        case ClientCertificate():
            return {
                "keyId": credential.key_id,
                "kind": "certificate",
                "displayName": credential.display_name,
                "thumbprint": credential.thumbprint_sha1,
                "thumbprintSha256": credential.thumbprint_sha256,
                "endDateTime": render_time(credential.expires_at),
            }
        case FederatedCredential():
            return {
                "keyId": credential.key_id,
                "kind": "federated",
                "name": credential.name,
                "issuer": credential.issuer,
                "subject": credential.subject,
                "audiences": list(credential.audiences),
                "jwksFile": credential.jwks_file,
            }
