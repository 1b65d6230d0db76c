"""What has to hold before a part of an account - a deployment, a project - is made, changed or deleted."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

from starlette.requests import Request

from ingate.domain.change import SystemData
from ingate.domain.resource import FoundryResource

from .accounts import decide_account_busy
from .control_plane import ControlPlane
from .long_running import is_in_progress
from .refusals import ManagementRefusal, ParentBusy
from .scopes import decide_precondition


class AccountPart(Protocol):
    @property
    def etag(self) -> str: ...
    @property
    def system_data(self) -> SystemData: ...


async def decide_part_change(
    plane: ControlPlane,
    request: Request,
    resource: FoundryResource,
    existing: AccountPart | None,
    list_siblings: Callable[[str], Awaitable[Sequence[AccountPart]]],
) -> ManagementRefusal | None:
    """Azure makes one change at a time to an account and everything in it. `list_siblings` gives the account's parts
    of the same type, by the account's id."""
    refusal = decide_precondition(request, None if existing is None else existing.etag)
    if refusal is not None:
        return refusal
    busy = decide_account_busy(plane, resource)
    if busy is not None or plane.operation_seconds <= 0:
        return busy
    siblings = await list_siblings(resource.resource_id)
    if any(is_in_progress(plane, sibling.system_data.modified_at) for sibling in siblings):
        return ParentBusy(parent_id=resource.resource_id)
    return None
