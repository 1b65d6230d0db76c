"""The identity endpoints' surroundings, and what they remember between requests.

A restart forgets the latter: sign-ins that were under way begin again, refresh tokens go on.
"""

from __future__ import annotations

from dataclasses import dataclass

from ingate.domain.audit import AnonymousRefusals

from .attempts import Attempts
from .authorization_codes import AuthorizationCodes
from .device_sign_ins import DeviceSignIns
from .federation import IssuerKeys
from .identity_plane import IdentityPlane
from .secret_checks import SecretChecks
from .signing_keys import KeyRing

MOST_REFUSALS = 600
"""A minute, that the audit trail takes of sign-ins in the names of those that there are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entra:
    plane: IdentityPlane
    attempts: Attempts
    secret_checks: SecretChecks
    issuer_keys: IssuerKeys
    key_ring: KeyRing
    codes: AuthorizationCodes
    device_sign_ins: DeviceSignIns
    anonymous_refusals: AnonymousRefusals
    """Of those who named nobody that there is."""
    refusals: AnonymousRefusals
    """Of those who named somebody, and may not be them."""


def open_entra(plane: IdentityPlane) -> Entra:
    return Entra(
        plane=plane,
        attempts=Attempts(),
        secret_checks=SecretChecks(plane.verify_secret),
        issuer_keys=IssuerKeys(plane.fetch),
        key_ring=KeyRing(plane),
        codes=AuthorizationCodes(),
        device_sign_ins=DeviceSignIns(),
        anonymous_refusals=AnonymousRefusals(),
        refusals=AnonymousRefusals(most_a_minute=MOST_REFUSALS),
    )
