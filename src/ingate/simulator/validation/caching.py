"""Where `cache_control` stands, how often, and in which order of lifetimes."""

from __future__ import annotations

from collections.abc import Iterator

from ingate.simulator.json_value import JsonObject, get_objects, is_object
from ingate.simulator.validation.inspection import Inspection, Problem

MOST_BREAKPOINTS = 4


def iterate_breakpoints(request: Inspection) -> Iterator[tuple[str, JsonObject]]:
    """In the order of the prompt: tools, system, messages; then the one that stands for the end of it all."""
    for place, tool in enumerate(request.tools):
        yield from get_breakpoint(f"tools.{place}", tool)
    for place, block in enumerate(get_objects(request.body.get("system"))):
        yield from get_breakpoint(f"system.{place}", block)
    for placed in request.notable:
        yield from get_breakpoint(placed.path, placed.block)
    yield from get_breakpoint("", request.body)


def get_breakpoint(path: str, block: JsonObject) -> Iterator[tuple[str, JsonObject]]:
    control = block.get("cache_control")
    if is_object(control):
        yield (f"{path}.cache_control" if path else "cache_control"), control


def find_too_many_breakpoints(request: Inspection) -> Problem:
    found = sum(1 for _ in iterate_breakpoints(request))
    if found > MOST_BREAKPOINTS:
        return f"A maximum of {MOST_BREAKPOINTS} blocks with cache_control may be provided. Found {found}."
    return None


def find_longer_lifetime_after_shorter(request: Inspection) -> Problem:
    """What lives long must come first: the prefix of a cached prompt is cached with it."""
    has_short = False
    for path, control in iterate_breakpoints(request):
        if control.get("ttl", "5m") == "5m":
            has_short = True
        elif has_short:
            return (
                f"{path}.ttl: a ttl='1h' cache_control block must not come after a ttl='5m' cache_control block. "
                "Note that blocks are processed in the following order: `tools`, `system`, `messages`."
            )
    return None
