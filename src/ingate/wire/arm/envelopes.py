"""Envelopes around resources: one resource, a page of them, and who changed it when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from .documents import JsonObject

IdentityType = Literal["User", "Application", "ManagedIdentity", "Key"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemData:
    """Who made a resource and who changed it last. Times are aware."""

    created_by: str
    created_by_type: IdentityType
    created_at: datetime
    modified_by: str
    modified_by_type: IdentityType
    modified_at: datetime


def render_time(moment: datetime) -> str:
    """ISO 8601 in UTC with microseconds and a Z, as Azure prints it."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def render_system_data(data: SystemData) -> JsonObject:
    return {
        "createdBy": data.created_by,
        "createdByType": data.created_by_type,
        "createdAt": render_time(data.created_at),
        "lastModifiedBy": data.modified_by,
        "lastModifiedByType": data.modified_by_type,
        "lastModifiedAt": render_time(data.modified_at),
    }


def render_page(items: Sequence[JsonObject], next_link: str | None = None) -> JsonObject:
    """A list's envelope; `nextLink` only where there is a next page."""
    page: JsonObject = {"value": list(items)}
    if next_link is not None:
        page["nextLink"] = next_link
    return page
