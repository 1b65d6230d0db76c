"""Client secrets and passwords as they are kept: Argon2id in PHC string format, which cannot be turned back.

Both functions take tens of milliseconds and 19 MiB on purpose. Callers run them in a thread, few at a time.
"""

from __future__ import annotations

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.low_level import Type

# The least that OWASP's password storage cheat sheet recommends for Argon2id. Our secrets are random, and a control
# process on a laptop has to bear several sign-ins at once, so there is no reason to exceed it.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1, hash_len=32, salt_len=16, type=Type.ID)

LONGEST_SECRET = 1024
"""Characters. Nobody's secret is longer, and hashing is no way to keep a server busy."""


def hash_secret(text: str) -> str:
    """With a fresh salt: two hashes of one secret differ. Raises ValueError when it is longer than LONGEST_SECRET."""
    if len(text) > LONGEST_SECRET:
        raise ValueError(f"a secret of more than {LONGEST_SECRET} characters")
    return _HASHER.hash(text)


def verify_secret(text: str, secret_hash: str) -> bool:
    """Whether this is the secret that was hashed. False as well for a hash that is none."""
    if len(text) > LONGEST_SECRET:
        return False
    try:
        return _HASHER.verify(secret_hash, text)
    except (VerificationError, InvalidHashError):
        return False
