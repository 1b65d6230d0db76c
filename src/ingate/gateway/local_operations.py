"""Operations on the worker itself, below a reserved prefix: for the administrator, and nobody's exchange.

They have no resource, no quota and no record. What they do belongs to another room; assembly joins the two.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple, Protocol

from ingate.wire.http1 import Header

from .health import LocalAnswer

if TYPE_CHECKING:
    from .head import RequestHead

PREFIX = b"/_ingate/"


class OperationAnswer(Protocol):
    @property
    def status(self) -> int: ...
    @property
    def headers(self) -> tuple[Header, ...]: ...
    @property
    def body(self) -> bytes: ...


Operate = Callable[[bytes, bytes, bytes, bytes], OperationAnswer]
"""From method, path below the operations' own prefix, query and body."""


class LocalOperation(NamedTuple):
    """An operation that its caller may have done, as soon as its body is there."""

    operate: Operate
    path: bytes


_UNAUTHENTICATED = LocalAnswer(
    401, b'{"error":{"code":"Unauthorized","message":"This needs the administrator\'s bearer token."}}'
)
_NOT_FOUND = LocalAnswer(404, b'{"error":{"code":"NotFound","message":"Nothing answers below this path."}}')


class LocalOperations:
    """`read_token` gives the administrator's token, or None as long as there is none: then nobody is let in."""

    def __init__(self, operations: dict[bytes, Operate], *, read_token: Callable[[], bytes | None]) -> None:
        """`operations` by the first segment of their paths."""
        self._operations = operations
        self._read_token = read_token

    def decide(self, head: RequestHead) -> LocalOperation | LocalAnswer:
        """For a path that begins with PREFIX."""
        if not self._is_administrator(head.authorization):
            return _UNAUTHENTICATED
        name, _, path = head.path.removeprefix(PREFIX).partition(b"/")
        operate = self._operations.get(name)
        return _NOT_FOUND if operate is None else LocalOperation(operate, path)

    def _is_administrator(self, authorization: bytes | None) -> bool:
        token = self._read_token()
        scheme, _, given = (authorization or b"").partition(b" ")
        return bool(token) and scheme.lower() == b"bearer" and hmac.compare_digest(given.strip(), token or b"")
