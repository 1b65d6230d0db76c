"""The audit trail: who did what to which object, from where, with what result. Entries are only ever added."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

AuditResult = Literal["succeeded", "refused", "failed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEvent:
    """One thing that somebody did, or was kept from doing. It holds no secret."""

    event_id: str
    time: datetime
    action: str
    """An Azure operation, such as `Microsoft.CognitiveServices/accounts/listKeys/action`."""
    target_id: str
    """The ARM id, or the principal's object id, that it was done to."""
    actor_id: str
    """An object id; empty when nobody was authenticated."""
    actor_name: str
    caller_address: str
    correlation_id: str
    result: AuditResult
    status: int
    """The answer's HTTP status."""
    detail: str = ""
    """The error code of what was refused, or a name that the target's id does not tell."""


class AuditStore(Protocol):
    """Append-only."""

    async def append_event(self, event: AuditEvent) -> None: ...

    async def list_events(
        self, *, since: datetime, until: datetime, target_prefix: str = "", limit: int = 1000
    ) -> list[AuditEvent]:
        """The newest first; `target_prefix` is compared without regard to case."""
        ...
