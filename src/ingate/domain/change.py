"""Who changed a resource and when: part of every aggregate that Azure Resource Manager shows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from ingate.wire.arm.envelopes import IdentityType, SystemData

__all__ = ["Actor", "IdentityType", "SystemData", "created", "modified", "LOCAL_ADMINISTRATOR"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who is making a change."""

    name: str
    type: IdentityType


LOCAL_ADMINISTRATOR = Actor(name="local-administrator", type="Key")
"""Whoever holds the token in the data directory."""


def created(actor: Actor, now: datetime) -> SystemData:
    return SystemData(
        created_by=actor.name,
        created_by_type=actor.type,
        created_at=now,
        modified_by=actor.name,
        modified_by_type=actor.type,
        modified_at=now,
    )


def modified(before: SystemData | None, actor: Actor, now: datetime) -> SystemData:
    """The record after a change; of a new resource when there is none before."""
    if before is None:
        return created(actor, now)
    return SystemData(
        created_by=before.created_by,
        created_by_type=before.created_by_type,
        created_at=before.created_at,
        modified_by=actor.name,
        modified_by_type=actor.type,
        modified_at=now,
    )
