"""Which rule answers: the first whose conditions hold and whose turn it is. What was counted is of one session."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass, field

from ingate.simulator.scripting.facts import RequestFacts
from ingate.simulator.scripting.responses import Response
from ingate.simulator.scripting.script import Rule, Script


@dataclass(slots=True)
class RuleCount:
    matched: int = 0
    """How often the conditions held."""
    answered: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class NearMiss:
    rule: str
    failed: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """`rule` is None if none answers. Rules below the one that answers were not looked at."""

    rule: Rule | None
    response: Response | None
    near_misses: tuple[NearMiss, ...]


@dataclass(slots=True)
class RuleCounters:
    """One session's, under one script."""

    script: Script
    counts: dict[str, RuleCount] = field(default_factory=dict[str, RuleCount])
    replayed: Counter[str] = field(default_factory=Counter[str])
    """How often a recorded request came, by the recordings' key."""


def decide_rule(counters: RuleCounters, facts: RequestFacts, *, seed: int) -> Decision:
    """Counts, and so is asked once for each request."""
    misses: list[NearMiss] = []
    for rule in counters.script.rules:
        failed = rule.when.find_misses(facts)
        if not failed:
            count = counters.counts.setdefault(rule.name, RuleCount())
            count.matched += 1
            waiting = find_reason_to_wait(rule, count, session=facts.session, seed=seed)
            if waiting is None:
                count.answered += 1
                response = rule.responses[min(count.answered, len(rule.responses)) - 1]
                return Decision(rule=rule, response=response, near_misses=tuple(misses))
            failed = (waiting,)
        misses.append(NearMiss(rule=rule.name, failed=failed))
    return Decision(rule=None, response=None, near_misses=tuple(misses))


def find_reason_to_wait(rule: Rule, count: RuleCount, *, session: str, seed: int) -> str | None:
    """Why a rule whose conditions hold does not answer all the same."""
    if count.matched <= rule.after:
        return f"after: match {count.matched} of the {rule.after} that pass first"
    if rule.times is not None and count.answered >= rule.times:
        return f"times: answered {count.answered} of {rule.times}"
    if rule.then == "next_rule" and count.answered >= len(rule.responses):
        return f"sequence: all {len(rule.responses)} steps are done"
    if rule.probability < 1:
        drawn = draw(seed=seed, session=session, rule=rule.name, number=count.matched)
        if drawn >= rule.probability:
            return f"probability: {rule.probability:g}, drew {drawn:.3f}"
    return None


def draw(*, seed: int, session: str, rule: str, number: int) -> float:
    """A number from 0 up to 1, the same for the same match of the same rule."""
    digest = hashlib.blake2b(f"{seed}\n{session}\n{rule}\n{number}".encode(), digest_size=8).digest()
    return int.from_bytes(digest) / 2**64
