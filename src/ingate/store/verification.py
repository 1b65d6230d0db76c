"""The public half of a signing key, as gateways get it."""

from __future__ import annotations

import base64
from functools import lru_cache

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from ingate.domain.directory import VerificationKey

from .faults import StoreUnusable


@lru_cache(maxsize=64)
def parse_verification_key(key_id: str, certificate_pem: str) -> VerificationKey:
    """Raises StoreUnusable for a certificate that is not of an RSA key: Ingate makes no others."""
    public_key = x509.load_pem_x509_certificate(certificate_pem.encode("ascii")).public_key()
    if not isinstance(public_key, RSAPublicKey):
        raise StoreUnusable(f"the signing key {key_id} is not an RSA key")
    numbers = public_key.public_numbers()
    return VerificationKey(key_id=key_id, modulus=_encode(numbers.n), exponent=_encode(numbers.e))


def _encode(number: int) -> str:
    data = number.to_bytes((number.bit_length() + 7) // 8, "big")
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")
