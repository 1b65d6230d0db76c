"""Foundry projects: named parts of a resource. Ingate keeps them for those who manage them; Claude is called on the
resource."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from ingate.wire.arm.documents import JsonObject

from .change import SystemData

PROJECT_TYPE = "Microsoft.CognitiveServices/accounts/projects"


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    resource_id: str
    """The resource that it is a part of."""
    name: str
    location: str
    etag: str
    system_data: SystemData
    document: JsonObject = field(default_factory=lambda: {})
    """What its owner wrote (identity, tags, properties), with members that Ingate does not act on."""

    @property
    def project_id(self) -> str:
        return f"{self.resource_id}/projects/{self.name}"


class ProjectStore(Protocol):
    """Keeps projects. Names and ids are compared without regard to case."""

    async def get_project(self, resource_id: str, name: str) -> Project | None: ...

    async def list_projects(self, resource_id: str) -> list[Project]:
        """By name."""
        ...

    async def put_project(self, project: Project) -> None:
        """The resource must exist."""
        ...

    async def delete_project(self, resource_id: str, name: str) -> bool:
        """False when there was none."""
        ...
