"""Where identifiers and keys come from."""

from __future__ import annotations

import binascii
import itertools
import random
import secrets
import uuid

from ingate.domain.key import API_KEY_ALPHABET, API_KEY_LENGTH, ApiKey

_ALPHANUMERIC = bytes.maketrans(b"+/", b"xZ")
"""Anthropic's own identifiers are 24 letters and digits."""

_random = random.Random()  # noqa: S311 - identifiers have to be distinct, not secret


def make_request_id() -> str:
    letters = binascii.b2a_base64(_random.randbytes(18), newline=False).translate(_ALPHANUMERIC)
    return f"req_{letters.decode()}"


def make_apim_request_id() -> str:
    """A GUID. The process's own part is random, the last one counts: distinct everywhere, and quickly made."""
    return f"{_PROCESS_PART}{next(_count):012x}"


_guid = str(uuid.uuid4())
_PROCESS_PART = _guid[:24]
_count = itertools.count(int(_guid[24:], 16) // 2)


def make_storage_id() -> str:
    """24 letters and digits, for what the simulator keeps: no two workers may ever make the same."""
    return binascii.b2a_base64(secrets.token_bytes(18), newline=False).translate(_ALPHANUMERIC).decode()


def make_guid() -> str:
    return str(uuid.uuid4())


def make_secret() -> str:
    """40 characters, for applications' client secrets."""
    return secrets.token_urlsafe(30)


def make_api_key() -> ApiKey:
    return ApiKey("".join(secrets.choice(API_KEY_ALPHABET) for _ in range(API_KEY_LENGTH)))
