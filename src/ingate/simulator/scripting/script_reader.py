"""From a script's text to a script, or to everything that is wrong with it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Literal, cast

from ingate.simulator.cassettes.cassette import CassetteError
from ingate.simulator.cassettes.cassettes import load_cassettes
from ingate.simulator.scripting.condition_reader import find_path, read_when
from ingate.simulator.scripting.conditions import AllOf, Condition, TextCondition
from ingate.simulator.scripting.file_reader import path_reader
from ingate.simulator.scripting.problems import Problem, ScriptError
from ingate.simulator.scripting.response_reader import response_reader
from ingate.simulator.scripting.responses import GENERATE, Response
from ingate.simulator.scripting.script import NoRuleError, Replay, Rule, Script, Unmatched
from ingate.simulator.scripting.text_pattern import TextPattern
from ingate.simulator.scripting.tree_reader import (
    Problems,
    Read,
    describe,
    integer_from,
    number_from,
    one_of,
    one_or_list_of,
    read_boolean,
    read_members,
    read_name,
    read_optional,
)
from ingate.simulator.scripting.yaml_tree import ListNode, Node, ScalarNode, TreeError, parse_tree

MESSAGES_PATH = "/v1/messages"
MOST_RULES = 1_000

_KEYS = ("version", "seed", "validate", "unmatched", "replay", "rules")
_RULE_KEYS = ("name", "when", "after", "times", "probability", "respond", "sequence", "then")
_ON_MESSAGES = TextCondition(name="path", read=lambda facts: facts.path, pattern=TextPattern(equals=MESSAGES_PATH))


def load_script(path: Path) -> Script:
    """The script in a file. Raises ScriptError, also when the file cannot be read."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        reason = error.strerror or "input or output error"
        raise _refuse(f"cannot be read: {reason}", str(path)) from None
    except UnicodeDecodeError:
        raise _refuse("not UTF-8", str(path)) from None
    return parse_script(text, source_name=str(path), folder=path.parent)


def parse_script(text: str, *, source_name: str, folder: Path | None = None) -> Script:
    """YAML or JSON. `folder` is where relative paths begin. Raises ScriptError with all that is wrong."""
    try:
        tree = parse_tree(text)
    except TreeError as error:
        raise ScriptError([error.problem], source_name=source_name) from None
    problems = Problems()
    script = read_script(tree, problems, text=text, source_name=source_name, folder=folder)
    if problems.found or script is None:
        raise ScriptError(problems.found, source_name=source_name)
    return script


def _refuse(message: str, source_name: str) -> ScriptError:
    return ScriptError([Problem(line=1, column=1, message=message)], source_name=source_name)


def read_script(tree: Node, problems: Problems, *, text: str, source_name: str, folder: Path | None) -> Script | None:
    members = read_members(tree, problems, _KEYS, what="a script")
    if members is None:
        return None
    check_version(tree, members, problems)
    replays = read_optional(members, "replay", one_or_list_of(replay_reader(folder)), problems) or ()
    unmatched = read_optional(members, "unmatched", read_unmatched, problems)
    return Script(
        source_name=source_name,
        text=text,
        seed=read_optional(members, "seed", integer_from(0), problems),
        validates=read_optional(members, "validate", read_boolean, problems) is not False,
        # Whoever replays recordings wants to hear of a request that is in none of them.
        unmatched=unmatched or (NoRuleError() if replays else GENERATE),
        replays=replays,
        rules=read_rules(members["rules"], problems, folder) if "rules" in members else (),
    )


def check_version(tree: Node, members: Mapping[str, Node], problems: Problems) -> None:
    node = members.get("version")
    if node is None:
        problems.add(tree, "`version: 1` is missing")
    elif not (isinstance(node, ScalarNode) and node.value == 1 and node.value is not True):
        problems.add(node, f"the only version is 1, not {describe(node)}")


def read_unmatched(node: Node, problems: Problems) -> Unmatched | None:
    """`generate`, `error`, or a response such as `forward: UPSTREAM`."""
    if isinstance(node, ScalarNode):
        match one_of("generate", "error")(node, problems):
            case "generate":
                return GENERATE
            case "error":
                return NoRuleError()
            case _:
                return None
    return response_reader(None)(node, problems)


def replay_reader(folder: Path | None) -> Read[Replay]:
    read_path = path_reader(folder)

    def read(node: Node, problems: Problems) -> Replay | None:
        path = read_path(node, problems)
        if path is None:
            return None
        try:
            return Replay(path=path, cassettes=load_cassettes(path))
        except CassetteError as error:
            problems.add(node, f"'{path.name}' cannot be replayed: {error}")
            return None

    return read


def read_rules(node: Node, problems: Problems, folder: Path | None) -> tuple[Rule, ...]:
    if not isinstance(node, ListNode):
        problems.add(node, f"rules have to be a list, not {describe(node)}")
        return ()
    if len(node.items) > MOST_RULES:
        problems.add(node, f"more than {MOST_RULES} rules")
        return ()
    return tuple(_iterate_rules(node, problems, folder))


def _iterate_rules(node: ListNode, problems: Problems, folder: Path | None) -> Iterator[Rule]:
    names: set[str] = set()
    for number, item in enumerate(node.items, 1):
        members = read_members(item, problems, _RULE_KEYS, what="a rule")
        if members is None:
            continue
        name = read_optional(members, "name", read_name, problems) or f"rule {number}"
        if name in names:
            problems.add(members.get("name", item), f"'{name}' is the name of a rule above")
        names.add(name)
        yield read_rule(item, members, problems, name=name, folder=folder)


def read_rule(node: Node, members: Mapping[str, Node], problems: Problems, *, name: str, folder: Path | None) -> Rule:
    probability = read_optional(members, "probability", number_from(0, 1), problems)
    then = read_optional(members, "then", one_of("repeat_last", "next_rule"), problems)
    if "then" in members and "sequence" not in members:
        problems.add(members["then"], "'then' has no effect without 'sequence'")
    return Rule(
        name=name,
        when=read_rule_condition(members, problems),
        responses=read_responses(node, members, problems, folder),
        then=cast('Literal["repeat_last", "next_rule"]', then or "repeat_last"),
        after=read_optional(members, "after", integer_from(0), problems) or 0,
        times=read_optional(members, "times", integer_from(1), problems),
        probability=1.0 if probability is None else probability,
    )


def read_rule_condition(members: Mapping[str, Node], problems: Problems) -> Condition:
    """`when`. A rule that does not speak of the path is about messages, and not about counting their tokens."""
    node = members.get("when")
    when = AllOf(conditions=()) if node is None else read_when(node, problems) or AllOf(conditions=())
    return when if find_path(node) is not None else AllOf(conditions=(_ON_MESSAGES, when))


def read_responses(
    node: Node, members: Mapping[str, Node], problems: Problems, folder: Path | None
) -> tuple[Response, ...]:
    read_response = response_reader(folder)
    if "respond" in members and "sequence" in members:
        problems.add(members["sequence"], "'sequence' and 'respond' cannot both answer")
    if "sequence" in members:
        steps = members["sequence"]
        if not isinstance(steps, ListNode) or not steps.items:
            problems.add(steps, "sequence has to be a list of at least one response")
            return ()
        return tuple(found for step in steps.items if (found := read_response(step, problems)) is not None)
    if "respond" not in members:
        problems.add(node, "a rule needs `respond` or `sequence`")
        return ()
    found = read_response(members["respond"], problems)
    return () if found is None else (found,)
