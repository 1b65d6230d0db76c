"""What is wrong with a file, and where in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ingate.cli.failure import CommandFailed


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A place in a file; lines and columns count from 1."""

    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.line}:{self.column}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    place: Place
    message: str


class FileInvalid(CommandFailed):
    """Ends the command with every problem that was found in a file, in the file's order."""

    def __init__(self, file: str, problems: Sequence[Problem]) -> None:
        lines = [f"{file}:{problem.place}: {problem.message}" for problem in sorted(problems, key=lambda p: p.place)]
        super().__init__("\n".join([f"{file} cannot be applied:", *lines]))
        self.problems = tuple(problems)


class PlaceError(Exception):
    """One problem that a reader cannot continue after."""

    def __init__(self, place: Place, message: str) -> None:
        super().__init__(message)
        self.problem = Problem(place=place, message=message)
