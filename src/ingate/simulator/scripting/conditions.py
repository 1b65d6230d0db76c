"""Conditions of a rule. Each says why it does not hold, in a few words, or nothing if it does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from ingate.simulator.scripting.facts import RequestFacts
from ingate.simulator.scripting.text_pattern import TextPattern, quote


class Condition(Protocol):
    def find_misses(self, facts: RequestFacts) -> tuple[str, ...]:
        """What was wanted and what was seen, one for each thing that does not fit; empty if all does."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class TextCondition:
    """A text of the request fits a pattern."""

    name: str
    read: Callable[[RequestFacts], str]
    pattern: TextPattern

    def find_misses(self, facts: RequestFacts) -> tuple[str, ...]:
        text = self.read(facts)
        return (
            () if self.pattern.matches(text) else (f"{self.name}: wanted one that {self.pattern}, saw {quote(text)}",)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class FlagCondition:
    name: str
    read: Callable[[RequestFacts], bool]
    wanted: bool

    def find_misses(self, facts: RequestFacts) -> tuple[str, ...]:
        seen = self.read(facts)
        return () if seen is self.wanted else (f"{self.name}: wanted {spell(self.wanted)}, saw {spell(seen)}",)


@dataclass(frozen=True, slots=True, kw_only=True)
class HeaderCondition:
    """`pattern` None: only whether the header is there counts."""

    name: str
    is_present: bool
    pattern: TextPattern | None

    def find_misses(self, facts: RequestFacts) -> tuple[str, ...]:
        value = facts.headers.get(self.name)
        if (value is not None) is not self.is_present:
            return (f"header {self.name}: {'absent' if value is None else 'present'}",)
        if value is None or self.pattern is None or self.pattern.matches(value):
            return ()
        return (f"header {self.name}: wanted one that {self.pattern}, saw {quote(value)}",)


@dataclass(frozen=True, slots=True, kw_only=True)
class NamesCondition:
    """Every pattern fits one of several names: the tools offered, the betas."""

    name: str
    read: Callable[[RequestFacts], tuple[str, ...]]
    patterns: tuple[TextPattern, ...]

    def find_misses(self, facts: RequestFacts) -> tuple[str, ...]:
        names = self.read(facts)
        seen = quote(", ".join(names)) if names else "none"
        return tuple(
            f"{self.name}: wanted one that {pattern}, saw {seen}"
            for pattern in self.patterns
            if not any(pattern.matches(name) for name in names)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolResultCondition:
    """One of the current turn's tool results fits all that is set."""

    tool: str | None
    pattern: TextPattern
    is_error: bool | None

    def find_misses(self, facts: RequestFacts) -> tuple[str, ...]:
        results = facts.tool_results
        for result in results:
            if (
                self.tool in (None, result.tool_name)
                and self.is_error in (None, result.is_error)
                and self.pattern.matches(result.text)
            ):
                return ()
        if not results:
            return ("tool_result: the last user turn has none",)
        seen = ", ".join(f"{result.tool_name or 'unknown'} {quote(result.text)}" for result in results[:3])
        return (f"tool_result: wanted {self._spell()}, saw {seen}",)

    def _spell(self) -> str:
        parts = [f"one of {self.tool}"] if self.tool else []
        parts += [f"is_error {spell(self.is_error)}"] if self.is_error is not None else []
        return " and ".join([*parts, *filter(None, [str(self.pattern)])])


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnCondition:
    at_least: int
    at_most: int | None

    def find_misses(self, facts: RequestFacts) -> tuple[str, ...]:
        turn = facts.turn
        if turn >= self.at_least and (self.at_most is None or turn <= self.at_most):
            return ()
        return (f"turn: wanted {self._spell()}, saw {turn}",)

    def _spell(self) -> str:
        if self.at_least == self.at_most:
            return str(self.at_least)
        return f"at least {self.at_least}" if self.at_most is None else f"{self.at_least} to {self.at_most}"


@dataclass(frozen=True, slots=True, kw_only=True)
class AllOf:
    conditions: tuple[Condition, ...]

    def find_misses(self, facts: RequestFacts) -> tuple[str, ...]:
        return tuple(miss for condition in self.conditions for miss in condition.find_misses(facts))


@dataclass(frozen=True, slots=True, kw_only=True)
class AnyOf:
    conditions: tuple[Condition, ...]

    def find_misses(self, facts: RequestFacts) -> tuple[str, ...]:
        misses: list[str] = []
        for condition in self.conditions:
            found = condition.find_misses(facts)
            if not found:
                return ()
            misses += found
        return (f"any: none held ({'; '.join(misses)})",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Not:
    condition: Condition

    def find_misses(self, facts: RequestFacts) -> tuple[str, ...]:
        return () if self.condition.find_misses(facts) else ("not: what it excludes holds",)


def spell(flag: bool) -> str:
    return "true" if flag else "false"
