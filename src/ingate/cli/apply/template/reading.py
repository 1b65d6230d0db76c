"""A template from its text to the items of a plan, and its outputs when the plan has been carried out."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

from ingate.cli.apply.current import Current, NotYetKnown
from ingate.cli.apply.json_reader import parse_json
from ingate.cli.apply.plan import Wanted
from ingate.cli.apply.problem import FileInvalid, PlaceError, Problem
from ingate.cli.apply.reading import Source
from ingate.cli.failure import CommandFailed
from ingate.cli.output import say

from .arm_parser import parse_arm_template
from .bicep_parser import parse_bicep
from .evaluator import Scope
from .items import list_items
from .model import Output, Template
from .parameters import find_rule_problem, find_type_problem, read_parameters
from .world import MOST_INSTANCES, TemplateWorld

COMPILER_TIMEOUT = 120.0
_SCHEMA = re.compile(r'"\$schema"\s*:\s*"[^"]*deploymentTemplate\.json', re.IGNORECASE)


def is_template(file: Path, text: str) -> bool:
    """By its name, or by the schema that it names; any other JSON is a foundry.yaml in JSON's spelling."""
    return file.suffix.lower() == ".bicep" or (file.suffix.lower() != ".yaml" and _SCHEMA.search(text) is not None)


def read_template(
    text: str, source: Source, current: Current, arguments: Sequence[str], *, skip_unsupported: bool
) -> tuple[Wanted, Callable[[], None]]:
    """What the template asks for, and what tells its outputs afterwards. Raises CommandFailed."""
    template, problems = _parse(text, source)
    if problems:
        raise FileInvalid(source.name, problems)
    values = read_parameters(arguments, template, source)
    world = TemplateWorld(
        template=template, current=current, parameters=values, deployment_name=Path(source.name).stem
    )
    problems = _complete_parameters(world)
    if problems:
        raise FileInvalid(source.name, problems)
    if len(template.resources) > MOST_INSTANCES:
        raise CommandFailed(f"{source.name} has more than {MOST_INSTANCES} resources.")
    found, problems = list_items(world, source, skip_unsupported=skip_unsupported)
    if problems:
        raise FileInvalid(source.name, problems)
    for name in found.skipped:
        say(f"Left out: {name}")
    return Wanted(items=found.items), lambda: _tell_outputs(world, source)


def _parse(text: str, source: Source) -> tuple[Template, list[Problem]]:
    if source.name.lower().endswith(".bicep"):
        compiler = shutil.which("bicep", path=source.environment.get("PATH", ""))
        if compiler is None:
            return parse_bicep(text)
        text = _compile(compiler, source)
    try:
        return parse_arm_template(parse_json(text))
    except PlaceError as error:
        return Template(), [error.problem]


def _compile(compiler: str, source: Source) -> str:
    """With the real compiler, which takes all of Bicep; places are then those of its JSON."""
    command = [compiler, "build", "--stdout", source.name]
    try:
        done = subprocess.run(command, capture_output=True, timeout=COMPILER_TIMEOUT, check=False)  # noqa: S603
    except (OSError, subprocess.TimeoutExpired) as error:
        raise CommandFailed(f"{compiler} does not run ({type(error).__name__}).") from error
    if done.returncode != 0:
        raise CommandFailed(f"{compiler} refuses {source.name}:\n{done.stderr.decode('utf-8', 'replace').strip()}")
    return done.stdout.decode("utf-8", "replace")


def _complete_parameters(world: TemplateWorld) -> list[Problem]:
    """Gives defaults, and checks all values."""
    problems: list[Problem] = []
    for parameter in world.template.parameters:
        try:
            value = world.get_parameter(parameter.name, parameter.place)
        except PlaceError as error:
            problems += [error.problem] if error.problem not in problems else []
            continue
        problem = find_type_problem(parameter, value)
        if problem:
            problems.append(Problem(place=parameter.place, message=problem))
            continue
        broken = None if value is None else find_rule_problem(parameter, value, world.evaluator)
        if broken:
            problems.append(Problem(place=broken[0], message=broken[1]))
    return problems


def _tell_outputs(world: TemplateWorld, source: Source) -> None:
    for output in world.template.outputs:
        try:
            if output.condition is None or world.evaluator.decide(output.condition, Scope()):
                say(f"Output {output.name} = {_render_output(output, world)}")
        except PlaceError as error:
            raise CommandFailed(f"{source.place(error.problem.place)}: {error.problem.message}") from None
        except NotYetKnown as missing:
            raise CommandFailed(f"{source.place(output.place)}: {missing} is not there") from None


def _render_output(output: Output, world: TemplateWorld) -> str:
    if output.is_secure:
        return "(not shown)"
    value = world.evaluator.settle(output.value, Scope())
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
