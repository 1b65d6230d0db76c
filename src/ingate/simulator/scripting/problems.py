"""What is wrong with a script, and where."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches

MOST_PROBLEMS = 20
"""A script that is no script at all is not worth more lines than this."""


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Problem:
    """`line` and `column` count from 1."""

    line: int
    column: int
    message: str

    def __str__(self) -> str:
        return f"line {self.line}, column {self.column}: {self.message}"


class ScriptError(Exception):
    """A script that cannot be used. `message`, `line` and `column` are those of the first problem."""

    def __init__(self, problems: Sequence[Problem], *, source_name: str) -> None:
        self.problems = tuple(sorted(problems))[:MOST_PROBLEMS]
        self.source_name = source_name
        first = self.problems[0]
        self.message = first.message
        self.line = first.line
        self.column = first.column
        super().__init__("\n".join(f"{source_name}: {problem}" for problem in self.problems))


def suggest(word: str, known: Sequence[str]) -> str:
    """`: did you mean 'x'?`, or what there is to choose from if nothing is near."""
    near = get_close_matches(word, known, n=1)
    if near:
        return f": did you mean '{near[0]}'?"
    return f": expected {' or '.join(filter(None, [', '.join(known[:-1]), known[-1]]))}"
