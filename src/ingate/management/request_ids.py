"""What an answer says of its request beside its body: ids, and the address by which the client reached us."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import cast

from starlette.datastructures import Headers
from starlette.types import Scope

_KEY = "ingate.ids"
_HOST = re.compile(r"[A-Za-z0-9.-]{1,253}(:[0-9]{1,5})?|\[[0-9A-Fa-f:.]{2,45}\](:[0-9]{1,5})?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ids:
    request_id: str
    correlation_id: str
    """The client's own, when it brought one."""


def with_ids(scope: Scope, ids: Ids) -> Scope:
    return {**scope, _KEY: ids}


def get_ids(scope: Scope) -> Ids:
    return cast(Ids, scope[_KEY])


def find_base_url(scope: Scope) -> str:
    """Without a slash at its end. A `Host` that is none is not repeated."""
    host = Headers(scope=scope).get("host", "")
    return f"{scope['scheme']}://{host if _HOST.fullmatch(host) else 'localhost'}"
