"""The file that is applied, as its readers know it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from .problem import Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    name: str
    """As it was typed."""
    folder: Path
    """What paths in the file are relative to."""
    environment: Mapping[str, str]

    def place(self, place: Place) -> str:
        return f"{self.name}:{place}"

    def find_path(self, text: str) -> Path:
        return (self.folder / Path(text).expanduser()).absolute()

    def find_credential(self, reference: str) -> str:
        """`env:VARIABLE` as it is, `file:PATH` with an absolute path."""
        kind, _, location = reference.partition(":")
        return f"file:{self.find_path(location)}" if kind == "file" else reference

    @classmethod
    def nowhere(cls) -> Source:
        """For what is read again only to be compared."""
        return cls(name="", folder=Path(), environment={})
