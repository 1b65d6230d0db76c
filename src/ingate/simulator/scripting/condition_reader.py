"""`when` of a rule, read from a script."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType

from ingate.simulator.scripting.conditions import (
    AllOf,
    AnyOf,
    Condition,
    FlagCondition,
    HeaderCondition,
    NamesCondition,
    Not,
    TextCondition,
    ToolResultCondition,
    TurnCondition,
)
from ingate.simulator.scripting.facts import RequestFacts
from ingate.simulator.scripting.text_pattern import Pattern, TextPattern, compile_pattern
from ingate.simulator.scripting.tree_reader import (
    Problems,
    Read,
    describe,
    integer_from,
    list_of,
    one_or_list_of,
    read_boolean,
    read_members,
    read_name,
    read_optional,
    read_string,
)
from ingate.simulator.scripting.yaml_tree import MapNode, Node, ScalarNode

_PATTERN_KEYS = ("equals", "contains", "regex")


def read_pattern(node: Node, problems: Problems) -> Pattern | None:
    source = read_string(node, problems)
    if source is None:
        return None
    try:
        return compile_pattern(source)
    except ValueError as error:
        problems.add(node, f"not a regular expression of RE2: {error}")
        return None


def text_pattern(*, shorthand: str, extra_keys: tuple[str, ...] = ()) -> Read[TextPattern]:
    """`shorthand` says what a bare string means: equals or contains."""

    def read(node: Node, problems: Problems) -> TextPattern | None:
        if isinstance(node, ScalarNode):
            text = read_string(node, problems)
            if text is None:
                return None
            return TextPattern(equals=text) if shorthand == "equals" else TextPattern(contains=(text,))
        members = read_members(node, problems, (*_PATTERN_KEYS, *extra_keys), what="a text condition")
        if members is None:
            return None
        if isinstance(node, MapNode) and not node.items:
            problems.add(node, f"needs one of {', '.join(_PATTERN_KEYS)}")
        return read_pattern_members(members, problems)

    return read


def read_pattern_members(members: Mapping[str, Node], problems: Problems) -> TextPattern:
    return TextPattern(
        equals=read_optional(members, "equals", read_string, problems),
        contains=read_optional(members, "contains", one_or_list_of(read_name), problems) or (),
        regex=read_optional(members, "regex", read_pattern, problems),
    )


read_exact = text_pattern(shorthand="equals")
read_containing = text_pattern(shorthand="contains")


def text_condition(name: str, get: Callable[[RequestFacts], str], *, shorthand: str) -> Read[Condition]:
    read_text = text_pattern(shorthand=shorthand)

    def read(node: Node, problems: Problems) -> Condition | None:
        pattern = read_text(node, problems)
        return None if pattern is None else TextCondition(name=name, read=get, pattern=pattern)

    return read


def flag_condition(name: str, get: Callable[[RequestFacts], bool]) -> Read[Condition]:
    def read(node: Node, problems: Problems) -> Condition | None:
        wanted = read_boolean(node, problems)
        return None if wanted is None else FlagCondition(name=name, read=get, wanted=wanted)

    return read


def names_condition(name: str, get: Callable[[RequestFacts], tuple[str, ...]]) -> Read[Condition]:
    """A name, a list of names that all have to be there, or true or false for any or none at all."""
    read_names = one_or_list_of(read_exact)

    def read(node: Node, problems: Problems) -> Condition | None:
        if isinstance(node, ScalarNode) and isinstance(node.value, bool):
            return FlagCondition(name=name, read=lambda facts: bool(get(facts)), wanted=node.value)
        patterns = read_names(node, problems)
        return None if patterns is None else NamesCondition(name=name, read=get, patterns=patterns)

    return read


def read_tool_result(node: Node, problems: Problems) -> Condition | None:
    """A tool's name, true or false for any or none, or a mapping."""
    if isinstance(node, ScalarNode) and isinstance(node.value, bool):
        return FlagCondition(name="tool_result", read=lambda facts: bool(facts.tool_results), wanted=node.value)
    if isinstance(node, ScalarNode):
        tool = read_name(node, problems)
        return None if tool is None else ToolResultCondition(tool=tool, pattern=TextPattern(), is_error=None)
    members = read_members(node, problems, ("tool", "is_error", *_PATTERN_KEYS), what="tool_result")
    if members is None:
        return None
    return ToolResultCondition(
        tool=read_optional(members, "tool", read_name, problems),
        pattern=read_pattern_members(members, problems),
        is_error=read_optional(members, "is_error", read_boolean, problems),
    )


def read_turn(node: Node, problems: Problems) -> Condition | None:
    read_number = integer_from(1)
    if isinstance(node, ScalarNode):
        turn = read_number(node, problems)
        return None if turn is None else TurnCondition(at_least=turn, at_most=turn)
    members = read_members(node, problems, ("at_least", "at_most"), what="turn")
    if members is None:
        return None
    return TurnCondition(
        at_least=read_optional(members, "at_least", read_number, problems) or 1,
        at_most=read_optional(members, "at_most", read_number, problems),
    )


def read_headers(node: Node, problems: Problems) -> Condition | None:
    if not isinstance(node, MapNode):
        problems.add(node, f"header has to be a mapping of names to values, not {describe(node)}")
        return None
    return AllOf(conditions=tuple(_iterate_headers(node, problems)))


def _iterate_headers(node: MapNode, problems: Problems) -> Iterator[Condition]:
    read_value = text_pattern(shorthand="equals", extra_keys=("present",))
    for key, value in node.items:
        pattern = read_value(value, problems)
        present = value.find("present") if isinstance(value, MapNode) else None
        is_present = read_boolean(present, problems) if present is not None else True
        if pattern is None or is_present is None:
            continue
        if not is_present and pattern != TextPattern():
            problems.add(value, "a header that has to be absent has no value to look at")
        yield HeaderCondition(
            name=key.text.lower(),
            is_present=is_present,
            pattern=None if pattern == TextPattern() else pattern,
        )


def read_any(node: Node, problems: Problems) -> Condition | None:
    conditions = list_of(read_when)(node, problems)
    if conditions == ():
        problems.add(node, "any of nothing never holds")
    return None if conditions is None else AnyOf(conditions=conditions)


def read_all(node: Node, problems: Problems) -> Condition | None:
    conditions = list_of(read_when)(node, problems)
    return None if conditions is None else AllOf(conditions=conditions)


def read_not(node: Node, problems: Problems) -> Condition | None:
    condition = read_when(node, problems)
    return None if condition is None else Not(condition=condition)


_CONDITIONS: Mapping[str, Read[Condition]] = MappingProxyType(
    {
        "deployment": text_condition("deployment", lambda facts: facts.deployment, shorthand="equals"),
        "model": text_condition("model", lambda facts: facts.model, shorthand="equals"),
        "path": text_condition("path", lambda facts: facts.path, shorthand="equals"),
        "session": text_condition("session", lambda facts: facts.session, shorthand="equals"),
        "text": text_condition("text", lambda facts: facts.last_user_text, shorthand="contains"),
        "system": text_condition("system", lambda facts: facts.system, shorthand="contains"),
        "header": read_headers,
        "tool_offered": names_condition("tool_offered", lambda facts: facts.tools_offered),
        "beta": names_condition("beta", lambda facts: facts.betas),
        "tool_result": read_tool_result,
        "turn": read_turn,
        "stream": flag_condition("stream", lambda facts: facts.is_streamed),
        "any": read_any,
        "all": read_all,
        "not": read_not,
    }
)


def read_when(node: Node, problems: Problems) -> Condition | None:
    members = read_members(node, problems, tuple(_CONDITIONS), what="when")
    if members is None:
        return None
    found = (_CONDITIONS[name](value, problems) for name, value in members.items())
    return AllOf(conditions=tuple(condition for condition in found if condition is not None))


def find_path(node: Node | None) -> Node | None:
    """Where a `when` speaks of the path, itself or within its combinations."""
    if not isinstance(node, MapNode):
        return None
    path = node.find("path")
    if path is not None:
        return path
    for key, value in node.items:
        inner = (value,) if key.text == "not" else getattr(value, "items", ()) if key.text in ("any", "all") else ()
        for item in inner:
            found = find_path(item)
            if found is not None:
                return found
    return None
