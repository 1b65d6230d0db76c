"""How a client proves that it is one: with a secret, with a certificate's key, another issuer's token, or not."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from typing import Literal
from urllib.parse import unquote_plus

from ingate.domain.principal import ClientCertificate, ClientSecret, FederatedCredential
from ingate.wire.entra.errors import (
    EntraError,
    assertion_malformed,
    assertion_type_unsupported,
    client_credential_missing,
    client_is_public,
    client_locked,
    client_secret_expired,
    client_secret_wrong,
    parameter_invalid,
    service_busy,
)
from ingate.wire.entra.json_web_token import parse_json_web_token

from .client_assertions import check_client_assertion, list_assertion_audiences
from .clients import Client
from .entra import Entra
from .federation import check_federated_assertion
from .forms import Form
from .secret_checks import Busy
from .tenants import TenantSegment
from .turn import Turn

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_HINT = 3
"""Characters of a hint that are surely the secret's own."""

ClientMethod = Literal["0", "1", "2"]
"""As tokens have it (`appidacr`): nothing, a secret, or a key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientProof:
    """What a client sent to prove itself."""

    secret: str | None
    assertion: str | None
    assertion_type: str | None


def read_client(form: Form, authorization: str) -> tuple[str | None, ClientProof] | EntraError:
    """The client's id and its proof, from the form or the header (RFC 6749, section 2.3.1)."""
    client_id, secret = form.get("client_id"), form.get("client_secret")
    if authorization[:6].lower() == "basic ":
        basic = _parse_basic(authorization[6:])
        if basic is None or (client_id is not None and client_id != basic[0]) or secret is not None:
            return parameter_invalid("Authorization")
        client_id, secret = basic
    proof = ClientProof(
        secret=secret, assertion=form.get("client_assertion"), assertion_type=form.get("client_assertion_type")
    )
    return client_id, proof


def _parse_basic(text: str) -> tuple[str, str] | None:
    try:
        client_id, colon, secret = base64.b64decode(text.strip(), validate=True).decode("utf-8").partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return (unquote_plus(client_id), unquote_plus(secret)) if colon else None


async def authenticate_client(
    entra: Entra, turn: Turn, segment: TenantSegment, client: Client, proof: ClientProof
) -> ClientMethod | EntraError:
    """A public client proves nothing; what it may then do is for each grant to say."""
    if proof.secret is None and proof.assertion is None:
        return "0" if client.is_public else client_credential_missing()
    if client.principal is None:
        return client_is_public()
    if proof.assertion is not None:
        return await _check_assertion(entra, turn, segment, client, proof, proof.assertion) or "2"
    return await _check_secret(entra, turn, client, proof.secret or "") or "1"


async def _check_secret(entra: Entra, turn: Turn, client: Client, text: str) -> EntraError | None:
    attempts_key = f"client {client.client_id} {turn.caller_address}"
    if entra.attempts.is_locked(attempts_key, turn.time):
        return client_locked()
    secrets = [entry for entry in client.credentials if isinstance(entry, ClientSecret)]
    likely = [entry.secret_hash for entry in secrets if text.startswith(entry.hint[:_HINT])]
    found = await entra.secret_checks.find(text, likely)
    if isinstance(found, Busy):
        return service_busy()
    if entra.attempts.is_locked(attempts_key, turn.time):
        # By others that tried at the same time: the right secret does not count among them either.
        return client_locked()
    if found is None:
        entra.attempts.note_failure(attempts_key, turn.time)
        return client_secret_wrong(client.client_id)
    entra.attempts.note_success(attempts_key)
    matching = next(entry for entry in secrets if entry.secret_hash == found)
    return client_secret_expired(client.client_id) if matching.expires_at <= turn.time else None


async def _check_assertion(
    entra: Entra, turn: Turn, segment: TenantSegment, client: Client, proof: ClientProof, assertion: str
) -> EntraError | None:
    if proof.assertion_type != ASSERTION_TYPE:
        return assertion_type_unsupported()
    # azure-identity for asyncio writes the padding that the standard leaves out, and signs it as it is written.
    token = parse_json_web_token(assertion.replace("=", "").encode())
    if token is None:
        return assertion_malformed()
    if str(token.claims.get("iss", "")).lower() != client.client_id:
        federated = [entry for entry in client.credentials if isinstance(entry, FederatedCredential)]
        return await check_federated_assertion(token, federated, entra.issuer_keys, turn.time)
    tenant_id = None if segment.tenant is None else segment.tenant.tenant_id
    return check_client_assertion(
        assertion,
        token,
        client_id=client.client_id,
        certificates=[entry for entry in client.credentials if isinstance(entry, ClientCertificate)],
        audiences=list_assertion_audiences(turn.authority, segment.text, tenant_id),
        now=turn.time,
    )
