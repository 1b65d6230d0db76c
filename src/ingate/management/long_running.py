"""Long-running operations by Resource Manager's convention.

Every change is made when it is asked for; where `operation_seconds` is set, it appears to take that long: the answer
names an operation to poll, and the resource shows a provisioning state on its way. An operation's id holds all there
is to know about it, with proof that it is ours, so that polling goes on after a restart.
https://learn.microsoft.com/azure/azure-resource-manager/management/async-operations
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import math
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Literal
from urllib.parse import quote

import msgspec
from starlette.requests import Request

from ingate.domain.change import SystemData
from ingate.wire.arm.documents import JsonObject
from ingate.wire.arm.envelopes import render_time

from .control_plane import Answer, ControlPlane
from .paging import get_query
from .request_ids import find_base_url

LONGEST_RETRY = 10
"""Seconds between two polls at most."""

OperationKind = Literal["write", "delete"]

_PROOF_BYTES = 16


class Operation(msgspec.Struct, frozen=True, array_like=True):
    """A change that takes time. Times are seconds since 1970."""

    operation_id: str
    kind: OperationKind
    target: dict[str, str]
    """The path's parts of what is changed."""
    started: float
    ends: float


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationAddress:
    """Where an operation is polled: under a location of a provider, or under a subscription."""

    subscription_id: str
    location: str | None = None

    def render(self, base: str, suffix: str, operation: str, api_version: str) -> str:
        scope = f"{base}/subscriptions/{self.subscription_id}"
        if self.location is not None:
            scope += f"/providers/Microsoft.CognitiveServices/locations/{self.location}"
        return f"{scope}/{suffix}/{operation}?api-version={quote(api_version, safe='')}"


def accept_change(
    plane: ControlPlane, request: Request, answer: Answer, address: OperationAddress, kind: OperationKind
) -> Answer:
    """The answer to a change that was made: as it is, or with an operation to poll where changes take time."""
    if plane.operation_seconds <= 0:
        return answer
    now = plane.clock().timestamp()
    operation = Operation(
        operation_id=plane.new_id(),
        kind=kind,
        target={name: str(value) for name, value in request.path_params.items()},
        started=now,
        ends=now + plane.operation_seconds,
    )
    headers = render_operation_headers(request, address, seal_operation(plane, operation)) | render_retry(
        plane, operation
    )
    if kind == "delete":
        return Answer(status=202, headers=headers)
    return replace(answer, status=202 if request.method == "PATCH" else answer.status, headers=headers)


def render_operation_headers(request: Request, address: OperationAddress, sealed: str) -> dict[str, str]:
    base, version = find_base_url(request.scope), get_query(request, "api-version") or ""
    if address.location is None:
        return {"location": address.render(base, "operationresults", sealed, version)}
    return {
        "azure-asyncoperation": address.render(base, "operationStatuses", sealed, version),
        "location": address.render(base, "operationResults", sealed, version),
    }


def render_retry(plane: ControlPlane, operation: Operation) -> dict[str, str]:
    """On every answer to a poll: without it the SDKs sleep for half a minute."""
    left = math.ceil(operation.ends - plane.clock().timestamp())
    return {"retry-after": str(min(LONGEST_RETRY, max(1, left)))}


def is_done(plane: ControlPlane, operation: Operation) -> bool:
    return plane.clock().timestamp() >= operation.ends


def render_operation(plane: ControlPlane, operation: Operation, path: str) -> JsonObject:
    done = is_done(plane, operation)
    elapsed = plane.clock().timestamp() - operation.started
    percent = 100 * elapsed / max(operation.ends - operation.started, 1e-9)
    document: JsonObject = {
        "id": path,
        "name": operation.operation_id,
        "status": "Succeeded" if done else "InProgress",
        "startTime": _render_moment(operation.started),
        "percentComplete": 100.0 if done else round(min(99.0, max(0.0, percent)), 1),
    }
    return document | ({"endTime": _render_moment(operation.ends)} if done else {})


def _render_moment(seconds: float) -> str:
    return render_time(datetime.fromtimestamp(seconds, UTC))


def is_in_progress(plane: ControlPlane, changed_at: datetime) -> bool:
    """Whether a change of that time still appears to be under way."""
    if plane.operation_seconds <= 0:
        return False
    return plane.clock() < changed_at + timedelta(seconds=plane.operation_seconds)


def get_provisioning_state(plane: ControlPlane, data: SystemData) -> str:
    if not is_in_progress(plane, data.modified_at):
        return "Succeeded"
    return "Creating" if data.modified_at == data.created_at else "Accepted"


def seal_operation(plane: ControlPlane, operation: Operation) -> str:
    content = msgspec.json.encode(operation)
    return base64.urlsafe_b64encode(_prove(plane, content) + content).decode("ascii").rstrip("=")


def unseal_operation(plane: ControlPlane, sealed: str) -> Operation | None:
    """None for an id that is not one of ours."""
    if not plane.operation_key:
        return None
    try:
        data = base64.urlsafe_b64decode((sealed + "=" * (-len(sealed) % 4)).encode("ascii"))
    except (binascii.Error, ValueError):
        return None
    proof, content = data[:_PROOF_BYTES], data[_PROOF_BYTES:]
    if not hmac.compare_digest(proof, _prove(plane, content)):
        return None
    return msgspec.json.decode(content, type=Operation)


def _prove(plane: ControlPlane, content: bytes) -> bytes:
    return hmac.digest(plane.operation_key, b"operation:" + content, hashlib.sha256)[:_PROOF_BYTES]
