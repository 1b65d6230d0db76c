"""One recorded exchange as a value."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from ingate.simulator.incoming import Header
from ingate.simulator.json_value import JsonObject

FORMAT = 1
"""What stands under `cassette:` at the top of a file."""

MARK = "[redacted]"
"""Stands where something was taken out, and matches whatever is sent there. Redaction patterns leave the same one."""


class CassetteError(Exception):
    """A file or folder that cannot be replayed: which, where in it, and why."""

    def __init__(self, path: Path, line: int | None, reason: str) -> None:
        """`line` counts from 1; None when the reason is in no line."""
        super().__init__(f"{path}{'' if line is None else f', line {line}'}: {reason}")
        self.path = path
        self.line = line
        self.reason = reason


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedRequest:
    method: str
    path: str
    query: str = ""
    headers: dict[str, str] = field(default_factory=dict[str, str])
    """Lower-case names; never a credential."""
    body: JsonObject


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedAnswer:
    status: int
    headers: tuple[Header, ...]
    content: bytes
    """The body, content coding undone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cassette:
    name: str
    """The file's, for messages to people."""
    deployment_name: str
    """What the client sent as `model`; empty when nobody knows. The body names the upstream's model."""
    request: RecordedRequest
    answer: RecordedAnswer
