"""A plan as people and programs read it."""

from __future__ import annotations

import json
from collections.abc import Iterator

from ingate.cli.json_value import JsonObject
from ingate.cli.output import OutputFormat, Row, print_rows, say

from .plan import Action, Plan, PlanInterrupted, Step

COLUMNS: Row = ("action", "kind", "name", "property", "old", "new")
DONE: dict[Action, str] = {"create": "Created", "change": "Changed", "delete": "Deleted", "unchanged": "Kept"}


def print_plan(plan: Plan, output: OutputFormat) -> None:
    rows = [row for step in plan.differences for row in _list_rows(step)]
    print_rows(output, COLUMNS, rows, [_render_step(step) for step in plan.differences])
    if plan.differences:
        say(
            f"Plan: {plan.count('create')} to create, {plan.count('change')} to change, "
            f"{plan.count('delete')} to delete, {plan.count('unchanged')} unchanged."
        )
    else:
        say(f"No changes: {plan.count('unchanged')} objects are as the file says.")


def tell_done(step: Step) -> None:
    say(f"{DONE[step.action]} {step.kind} {step.name}.")


def tell_interrupted(interrupted: PlanInterrupted) -> None:
    """What was done is already told, line by line; this is the rest."""
    failed = interrupted.failed
    say(f"Stopped at {failed.kind} {failed.name}, which could not be {DONE[failed.action].lower()}.")
    say(f"{len(interrupted.done)} of {len(interrupted.done) + len(interrupted.left) + 1} changes are done. Not done:")
    for step in (failed, *interrupted.left):
        say(f"  {step.action} {step.kind} {step.name}")
    say("Run the same command again to go on: what is done stays done.")


def _list_rows(step: Step) -> Iterator[Row]:
    if not step.changes:
        yield (step.action, step.kind, step.name, "", "", "")
    for position, change in enumerate(step.changes):
        first = (step.action, step.kind, step.name) if position == 0 else ("", "", "")
        yield (*first, change.name, _render_value(change.old), _render_value(change.new))


def _render_value(value: object) -> str:
    if isinstance(value, str):
        return value
    return "" if value is None else json.dumps(value, ensure_ascii=False)


def _render_step(step: Step) -> JsonObject:
    return {
        "action": step.action,
        "kind": step.kind,
        "name": step.name,
        "changes": [{"property": change.name, "old": change.old, "new": change.new} for change in step.changes],
    }
