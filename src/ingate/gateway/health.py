"""`/healthz` and `/readyz`: answered by the front itself, without a key and without a trace in the log."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import msgspec

if TYPE_CHECKING:
    from .head import RequestHead
    from .server import GatewayServer


class LocalAnswer(NamedTuple):
    status: int
    body: bytes


def find_local_answer(head: RequestHead, server: GatewayServer) -> LocalAnswer | None:
    """`/healthz` says that the worker runs; `/readyz` that it can serve: it has a directory and is not draining."""
    if head.path not in (b"/healthz", b"/readyz") or head.method not in (b"GET", b"HEAD"):
        return None
    directory = server.pipeline.directory
    ready = directory is not None and not server.draining
    status = 200 if ready or head.path == b"/healthz" else 503
    body = {
        "status": "ok" if status == 200 else "not ready",
        "ready": ready,
        "directory_revision": directory.revision if directory is not None else None,
    }
    return LocalAnswer(status, msgspec.json.encode(body))
