"""Where identifiers and keys come from."""

from __future__ import annotations

import random
import secrets
import uuid

from ingate.domain.key import API_KEY_ALPHABET, API_KEY_LENGTH, ApiKey
from ingate.gateway.pipeline import RequestIds

_ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
"""Base 58, as in Anthropic's own identifiers."""

REQUEST_ID_LENGTH = 24

_random = random.Random()  # noqa: S311 - identifiers have to be distinct, not secret


def make_request_ids() -> RequestIds:
    number = _random.getrandbits(128)
    digits = f"{number:032x}"
    guid = f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}"
    return RequestIds(f"req_{''.join(_random.choices(_ALPHABET, k=REQUEST_ID_LENGTH))}", guid)


def make_guid() -> str:
    return str(uuid.uuid4())


def make_api_key() -> ApiKey:
    return ApiKey("".join(secrets.choice(API_KEY_ALPHABET) for _ in range(API_KEY_LENGTH)))
