"""What a plan is made of: something that should exist, how to tell whether it does, and how to make it so."""

from __future__ import annotations

from typing import Literal, Protocol

from .comparison import PropertyChange
from .current import Current

Kind = Literal[
    "resource group",
    "upstream",
    "principal",
    "member",
    "federated credential",
    "role",
    "resource",
    "project",
    "deployment",
    "role assignment",
    "secret file",
]

DELETION_ORDER: tuple[Kind, ...] = (
    "role assignment",
    "deployment",
    "project",
    "resource",
    "role",
    "federated credential",
    "member",
    "principal",
    "upstream",
)
"""What depends on something goes before it."""


class Item(Protocol):
    @property
    def kind(self) -> Kind: ...

    @property
    def name(self) -> str:
        """For people, such as `team-a/claude-opus-4-5`."""
        ...

    @property
    def place(self) -> str:
        """File, line and column."""
        ...

    def expect(self, current: Current) -> None:
        """Notes what this will create, before anything is compared: others may refer to it."""
        ...

    def compare(self, current: Current) -> list[PropertyChange] | None:
        """What differs; None when it is not there. Raises NotYetKnown when that depends on what is still to be
        created, which means that it is not there either; CommandFailed when it can never be made so."""
        ...

    def execute(self, current: Current) -> None:
        """Makes it so. Raises CommandFailed."""
        ...


class Deletion(Protocol):
    @property
    def kind(self) -> Kind: ...

    @property
    def name(self) -> str: ...

    def execute(self, current: Current) -> None: ...


class Prunable(Protocol):
    """A collection of which the file holds everything that should be in it."""

    def list_surplus(self, current: Current) -> list[Deletion]: ...
