"""`{{...}}` in a script's texts: four names, and no language."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from types import MappingProxyType

from ingate.simulator.json_value import JsonObject, is_list, is_object
from ingate.simulator.scripting.facts import RequestFacts
from ingate.simulator.scripting.problems import suggest

LONGEST_VALUE = 65_536
"""Characters that stand in for one name at most."""

_NAME = re.compile(r"\{\{ *([A-Za-z_]+) *\}\}")
_VALUES: Mapping[str, Callable[[RequestFacts], str]] = MappingProxyType(
    {
        "last_user_text": lambda facts: facts.last_user_text,
        "tool_result": lambda facts: facts.tool_result_text,
        "deployment": lambda facts: facts.deployment,
        "turn": lambda facts: str(facts.turn),
    }
)
_FILLED = frozenset({"text", "thinking", "input"})


def find_mistyped(text: str) -> str | None:
    """What is wrong with a name in a text. A name like none of ours is somebody else's template, and stays."""
    for name in _NAME.findall(text):
        if name not in _VALUES and get_close_matches(name, _VALUES, n=1, cutoff=0.7):
            return f"there is no '{{{{{name}}}}}'{suggest(name, tuple(_VALUES))}"
    return None


def fill_text(text: str, facts: RequestFacts) -> str:
    if "{{" not in text:
        return text

    def fill(found: re.Match[str]) -> str:
        get_value = _VALUES.get(found[1])
        return found[0] if get_value is None else get_value(facts)[:LONGEST_VALUE]

    return _NAME.sub(fill, text)


def fill_block(block: JsonObject, facts: RequestFacts) -> JsonObject:
    """A block with the names in its text, its thinking or a call's input filled in."""
    return {name: fill_value(value, facts) if name in _FILLED else value for name, value in block.items()}


def fill_value(value: object, facts: RequestFacts) -> object:
    if isinstance(value, str):
        return fill_text(value, facts)
    if is_object(value):
        return {name: fill_value(inner, facts) for name, inner in value.items()}
    return [fill_value(inner, facts) for inner in value] if is_list(value) else value
