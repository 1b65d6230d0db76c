"""A script, read and found usable."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

from ingate.simulator.cassettes.replay import Cassettes
from ingate.simulator.scripting.conditions import Condition
from ingate.simulator.scripting.responses import Response


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    name: str
    when: Condition
    responses: tuple[Response, ...]
    """One, or the steps of a sequence."""
    then: Literal["repeat_last", "next_rule"]
    """After the last step of a sequence."""
    after: int
    """So many matches pass to the rules below first."""
    times: int | None
    probability: float


@dataclass(frozen=True, slots=True, kw_only=True)
class NoRuleError:
    """A request that no rule matches is an error which says why."""


Unmatched: TypeAlias = Response | NoRuleError


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    path: Path
    cassettes: Cassettes


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Script:
    source_name: str
    text: str
    seed: int | None
    """None: that of the simulator."""
    validates: bool
    unmatched: Unmatched
    replays: tuple[Replay, ...]
    rules: tuple[Rule, ...]
