"""A request to the simulated storage, taken apart, and what may come of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias
from urllib.parse import quote

from ingate.simulator.json_value import JsonObject

from .listing import Query
from .problem import Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class StorageCall:
    resource_id: str
    method: bytes
    segments: tuple[str, ...]
    """Of the path, below `/v1/files` or `/v1/skills`."""
    query: Query
    betas: tuple[str, ...]
    content_type: bytes | None
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Download:
    """A file as the answer's body."""

    content: bytes
    media_type: str
    filename: str

    @property
    def disposition(self) -> str:
        return f"attachment; filename*=utf-8''{quote(self.filename, safe='')}"


Outcome: TypeAlias = "JsonObject | Download | Problem"

WRONG_PATH = Problem(error_type="not_found_error", message="Not Found")
