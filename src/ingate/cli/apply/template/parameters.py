"""The values of a template's parameters: from files, from the command line, or by default."""

from __future__ import annotations

import difflib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from ingate.cli.apply.json_reader import parse_json
from ingate.cli.apply.problem import FileInvalid, Place, PlaceError, Problem
from ingate.cli.apply.reading import Source
from ingate.cli.apply.tree import MapNode, get_value
from ingate.cli.failure import CommandFailed

from .bicep_parser import parse_parameter_file
from .evaluator import Evaluator, Scope
from .functions import FunctionFailed, describe
from .model import Call, Name, Parameter, Template


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    value: object
    where: str
    """For people."""
    is_text: bool = False
    """From the command line: what it means depends on the parameter's type."""


def read_parameters(arguments: Sequence[str], template: Template, source: Source) -> dict[str, object]:
    """Values by the parameters' names, without those that have a default only. Raises CommandFailed."""
    given: dict[str, Given] = {}
    for argument in arguments:
        name, equals, value = argument.partition("=")
        if equals and not Path(argument).is_file():
            given[name.lower()] = Given(value=value, where=f"--parameters {name}", is_text=True)
        else:
            given.update(_read_file(Path(argument), source))
    known = {parameter.name.lower(): parameter for parameter in template.parameters}
    for name, found in given.items():
        if name not in known:
            close = difflib.get_close_matches(name, known, n=1)
            hint = f" Did you mean {known[close[0]].name!r}?" if close else ""
            raise CommandFailed(f"{found.where}: the template has no such parameter.{hint}")
    return {known[name].name: _convert(found, known[name]) for name, found in given.items()}


def _convert(given: Given, parameter: Parameter) -> object:
    value = given.value
    if given.is_text and parameter.type != "string":
        try:
            value = json.loads(str(value))
        except ValueError:
            if parameter.type:
                expected = {"int": "a whole number", "bool": "true or false"}.get(parameter.type, "JSON")
                raise CommandFailed(f"{given.where}: {expected} is expected for {parameter.name}.") from None
    problem = find_type_problem(parameter, value)
    if problem:
        raise CommandFailed(f"{given.where}: {problem}")
    return value


def _read_file(path: Path, source: Source) -> dict[str, Given]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise CommandFailed(f"--parameters {path}: give NAME=VALUE or a file ({error.strerror}).") from error
    except UnicodeDecodeError as error:
        raise CommandFailed(f"{path} is not text in UTF-8.") from error
    if path.suffix == ".bicepparam":
        return _read_bicep_parameters(path, text, source)
    return _read_json_parameters(path, text)


def _read_json_parameters(path: Path, text: str) -> dict[str, Given]:
    try:
        root = parse_json(text)
    except PlaceError as error:
        raise FileInvalid(str(path), [error.problem]) from None
    entries = root.find("parameters") if isinstance(root, MapNode) else None
    if not isinstance(entries, MapNode):
        raise FileInvalid(str(path), [Problem(place=root.place, message="'parameters' is missing")])
    found: dict[str, Given] = {}
    for key, node in entries.items:
        value = node.find("value") if isinstance(node, MapNode) else None
        if value is None:
            message = f"{key.name} has no 'value'; references to a key vault are not taken"
            raise FileInvalid(str(path), [Problem(place=node.place, message=message)])
        found[key.name.lower()] = Given(value=get_value(value), where=f"{path}:{key.place}")
    return found


class _ParameterWorld:
    """What a .bicepparam file may use: functions of its own values, and the environment."""

    def __init__(self, source: Source) -> None:
        self._source = source

    def find_name(self, name: Name) -> object:
        raise PlaceError(name.place, f"nothing is named {name.name!r} here")

    def call(self, call: Call, arguments: Sequence[object]) -> object:
        if call.name.lower() != "readenvironmentvariable":
            raise KeyError(call.name)
        if not arguments or not isinstance(arguments[0], str):
            raise FunctionFailed("the name of a variable is expected")
        found = self._source.environment.get(arguments[0])
        if found is None and len(arguments) < 2:
            raise FunctionFailed(f"the environment has no {arguments[0]}")
        return arguments[1] if found is None else found


def _read_bicep_parameters(path: Path, text: str, source: Source) -> dict[str, Given]:
    assignments, problems = parse_parameter_file(text)
    if problems:
        raise FileInvalid(str(path), problems)
    evaluator = Evaluator(_ParameterWorld(source))
    found: dict[str, Given] = {}
    for name, place, expression in assignments:
        try:
            value = evaluator.settle(expression, Scope())
        except PlaceError as error:
            raise FileInvalid(str(path), [error.problem]) from None
        found[name.lower()] = Given(value=value, where=f"{path}:{place}")
    return found


_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "int": (int,),
    "bool": (bool,),
    "object": (dict,),
    "array": (list,),
}


def find_type_problem(parameter: Parameter, value: object) -> str | None:
    if value is None and parameter.is_nullable:
        return None
    kinds = _TYPES.get(parameter.type, (object,))
    if not isinstance(value, kinds) or (parameter.type == "int" and isinstance(value, bool)):
        return f"parameter {parameter.name} is of type {parameter.type}, not {describe(value)}"
    return None


def find_rule_problem(parameter: Parameter, value: object, evaluator: Evaluator) -> tuple[Place, str] | None:
    """What a value breaks of a parameter's rules."""
    for rule, expression in parameter.rules:
        limit = evaluator.settle(expression, Scope())
        if rule == "allowed" and isinstance(limit, list):
            allowed = cast("list[object]", limit)
            chosen = cast("list[object]", value) if parameter.type == "array" else [value]
            if value not in allowed and not all(item in allowed for item in chosen):
                shown = ", ".join(str(item) for item in allowed)
                return expression.place, f"parameter {parameter.name} can only be one of {shown}"
        elif isinstance(limit, int) and _breaks(rule, value, limit):
            return expression.place, f"parameter {parameter.name} breaks its {rule} of {limit}"
    return None


def _breaks(rule: str, value: Any, limit: int) -> bool:
    has_length = isinstance(value, str | list)
    size = len(cast("str", value)) if has_length else value
    if not isinstance(size, int) or rule.endswith("Length") is not has_length:
        return False
    return size < limit if rule.startswith("min") else size > limit
