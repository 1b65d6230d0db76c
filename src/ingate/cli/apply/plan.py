"""The difference between what a file says and what is there, and carrying it out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from ingate.cli.failure import CommandFailed

from .comparison import PropertyChange
from .current import Current, NotYetKnown
from .item import DELETION_ORDER, Deletion, Item, Kind, Prunable

Action = Literal["create", "change", "delete", "unchanged"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    action: Action
    item: Item | Deletion
    changes: tuple[PropertyChange, ...] = ()

    @property
    def kind(self) -> Kind:
        return self.item.kind

    @property
    def name(self) -> str:
        return self.item.name


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    steps: tuple[Step, ...]
    """In the order in which they are carried out."""

    @property
    def differences(self) -> tuple[Step, ...]:
        return tuple(step for step in self.steps if step.action != "unchanged")

    def count(self, action: Action) -> int:
        return sum(step.action == action for step in self.steps)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a file asks for, whatever its format."""

    items: tuple[Item, ...]
    """What something depends on comes before it."""
    collections: tuple[Prunable, ...] = ()


def make_plan(wanted: Wanted, current: Current, *, prune: bool) -> Plan:
    """Raises CommandFailed with everything in the file that can never be carried out."""
    for item in wanted.items:
        item.expect(current)
    steps: list[Step] = []
    failures: list[str] = []
    for item in wanted.items:
        try:
            steps.append(_plan_item(item, current))
        except CommandFailed as failure:
            if type(failure) is not CommandFailed:
                raise
            failures.append(_with_place(item, failure.message))
    if failures:
        raise CommandFailed("\n".join(failures))
    surplus = (
        [found for collection in wanted.collections for found in collection.list_surplus(current)] if prune else []
    )
    surplus.sort(key=lambda deletion: DELETION_ORDER.index(deletion.kind))
    return Plan(steps=(*steps, *(Step(action="delete", item=deletion) for deletion in surplus)))


def _with_place(item: Item, message: str) -> str:
    return message if message.startswith(item.place) else f"{item.place}: {message}"


def _plan_item(item: Item, current: Current) -> Step:
    try:
        changes = item.compare(current)
    except NotYetKnown:
        changes = None
    if changes is None:
        return Step(action="create", item=item)
    return Step(action="change" if changes else "unchanged", item=item, changes=tuple(changes))


class PlanInterrupted(Exception):
    def __init__(self, failure: CommandFailed, failed: Step, done: Sequence[Step], left: Sequence[Step]) -> None:
        super().__init__(failure.message)
        self.failure = failure
        self.failed = failed
        self.done = tuple(done)
        self.left = tuple(left)


def execute_plan(plan: Plan, current: Current, tell: Callable[[Step], None]) -> None:
    """Carries the plan out, step by step; `tell` hears of each that is done. Raises PlanInterrupted."""
    steps = plan.differences
    for position, step in enumerate(steps):
        try:
            step.item.execute(current)
        except CommandFailed as failure:
            raise PlanInterrupted(failure, step, steps[:position], steps[position + 1 :]) from failure
        except NotYetKnown as missing:
            unknown = CommandFailed(f"{missing} was not created")
            raise PlanInterrupted(unknown, step, steps[:position], steps[position + 1 :]) from missing
        tell(step)
