"""The audit trail: who did what to which object, from where, with what result. Entries are only ever added."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
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


class AnonymousRefusals:
    """Lets a number of them into the trail a minute: nobody who cannot even sign in shall fill the disk. How many
    were left out is told by the next one."""

    def __init__(self, most_a_minute: int = 60) -> None:
        self._most = most_a_minute
        self._since: datetime | None = None
        self._recorded = 0
        self._left_out = 0

    def admit(self, now: datetime) -> str | None:
        """What to add to the event's detail; None leaves it out."""
        if self._since is None or now - self._since >= timedelta(minutes=1):
            self._since, self._recorded = now, 0
        if self._recorded >= self._most:
            self._left_out += 1
            return None
        self._recorded += 1
        left_out, self._left_out = self._left_out, 0
        return f" (and {left_out} more that are not recorded)" if left_out else ""
