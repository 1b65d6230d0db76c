"""Who is signed in, and where that is kept: one file in the user's configuration directory."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, cast, get_args

from .failure import CommandFailed
from .invocation import Invocation
from .json_value import JsonObject, get_object, get_text
from .private_file import write_private_file

DIRECTORY_VARIABLE = "INGATE_CONFIG_DIR"
FILE_NAME = "sign-ins.json"

SignInWay = Literal["secret", "certificate", "managed-identity", "user"]


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessToken:
    text: str = field(repr=False)
    expires_on: int
    """Seconds since 1970."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignIn:
    """A principal, and what it takes to get its next token."""

    way: SignInWay
    tenant_id: str
    client_id: str
    """Of a user's sign-in: the program's."""
    object_id: str
    name: str
    """What people call it: a user principal name, or the client id."""
    credential: str = field(repr=False, default="")
    """The client secret, the path of the certificate's file, or the refresh token."""
    tokens: Mapping[str, AccessToken] = field(repr=False, default_factory=lambda: {})
    """By the resource that they are for."""


class SignIns:
    """At most one sign-in for each Ingate, by a key that tells Ingates apart."""

    def __init__(self, invocation: Invocation) -> None:
        self._path = _find_directory(invocation) / FILE_NAME

    def get(self, key: str) -> SignIn | None:
        return _parse_sign_in(get_object(self._read(), key))

    def put(self, key: str, sign_in: SignIn) -> None:
        self._write(self._read() | {key: _render_sign_in(sign_in)})

    def delete(self, key: str) -> bool:
        """False when nobody was signed in."""
        kept = self._read()
        if kept.pop(key, None) is None:
            return False
        self._write(kept)
        return True

    def _read(self) -> JsonObject:
        try:
            content: object = json.loads(self._path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is not what Ingate writes"
            raise CommandFailed(f"{self._path} cannot be read: {reason}") from error
        return get_object(content, "signIns")

    def _write(self, sign_ins: JsonObject) -> None:
        text = json.dumps({"version": 1, "signIns": sign_ins}, indent=2, ensure_ascii=False)
        write_private_file(self._path, text.encode("utf-8") + b"\n")


def _find_directory(invocation: Invocation) -> Path:
    import platformdirs

    named = invocation.environment.get(DIRECTORY_VARIABLE, "").strip()
    return Path(named).expanduser() if named else Path(platformdirs.user_config_dir("ingate"))


def _render_sign_in(sign_in: SignIn) -> JsonObject:
    return {
        "way": sign_in.way,
        "tenantId": sign_in.tenant_id,
        "clientId": sign_in.client_id,
        "objectId": sign_in.object_id,
        "name": sign_in.name,
        "credential": sign_in.credential,
        "tokens": {
            resource: {"accessToken": token.text, "expiresOn": token.expires_on}
            for resource, token in sign_in.tokens.items()
        },
    }


def _parse_sign_in(value: JsonObject) -> SignIn | None:
    way = get_text(value, "way")
    if way not in get_args(SignInWay):
        return None
    tokens = get_object(value, "tokens")
    return SignIn(
        way=cast(SignInWay, way),
        tenant_id=get_text(value, "tenantId"),
        client_id=get_text(value, "clientId"),
        object_id=get_text(value, "objectId"),
        name=get_text(value, "name"),
        credential=get_text(value, "credential"),
        tokens={
            resource: AccessToken(text=text, expires_on=int(ends))
            for resource in tokens
            if (text := get_text(tokens, resource, "accessToken"))
            and (ends := get_text(tokens, resource, "expiresOn")).isdecimal()
        },
    )
