"""Signatures of thinking: made when a block is written, checked when the block comes back.

Claude's are opaque and cannot be made by anyone else; ours look like them, base64 of binary data, and begin so that
they are known again. The key is no secret: the point is that a client which changes what it must not change finds
out here, and not that anyone is kept from anything.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac

_MARK = b"\x12\x0fingate-simulated\x18\x01"
_KEY = b"ingate simulator: thinking"
_SALT_LENGTH = 16
_PROOF_LENGTH = 64


def sign(thinking: str, *, model: str, salt: bytes = b"") -> str:
    """The signature of this text. `salt` tells apart the signatures of equal texts, such as omitted ones."""
    salted = hashlib.blake2b(salt + model.encode(), digest_size=_SALT_LENGTH).digest()
    return base64.b64encode(_MARK + salted + get_proof(thinking, salted)).decode()


def is_genuine(thinking: str, signature: str) -> bool:
    """Whether a signature may stand beside this text. One that is not ours is believed if it is base64 at all."""
    try:
        content = base64.b64decode(signature, validate=True)
    except (binascii.Error, ValueError):
        return False
    if not content.startswith(_MARK):
        return bool(content)
    salted, proof = content[len(_MARK) :][:_SALT_LENGTH], content[len(_MARK) + _SALT_LENGTH :]
    return hmac.compare_digest(proof, get_proof(thinking, salted))


def get_proof(thinking: str, salted: bytes) -> bytes:
    text = thinking.encode("utf-8", "surrogatepass")
    return hmac.new(_KEY, salted + text, hashlib.sha512).digest()[:_PROOF_LENGTH]


def redact(thinking: str, *, model: str, salt: bytes = b"") -> str:
    """The data of a redacted block: nobody can read it, and only its size tells anything of the text."""
    filler = hashlib.shake_256(_KEY + salt + thinking.encode("utf-8", "surrogatepass")).digest(len(thinking))
    return base64.b64encode(base64.b64decode(sign(thinking, model=model, salt=salt)) + filler).decode()
