"""The YAML at the top of a SKILL.md: what the skill is called and when to use it."""

from __future__ import annotations

import re
from dataclasses import dataclass

import yaml

from ingate.simulator.json_value import is_object
from ingate.simulator.storing.problem import Problem, refuse

LONGEST_NAME = 64
LONGEST_DESCRIPTION = 1024
LONGEST_FRONTMATTER = 16 * 1024
"""In bytes. Reading YAML takes time that other requests wait for."""

_FRONTMATTER = re.compile(rb"---[ \t]*\r?\n(.*?\n)??---[ \t]*(?:\r?\n|\Z)", re.DOTALL)
_NAME = re.compile(r"[a-z0-9-]+\Z")
_TAG = re.compile(r"</?[A-Za-z][^<>]*>")
_RESERVED = ("anthropic", "claude")


@dataclass(frozen=True, slots=True, kw_only=True)
class Frontmatter:
    name: str
    description: str


def parse_frontmatter(skill_md: bytes, *, directory: str | None) -> Frontmatter | Problem:
    """A skill whose frontmatter has no name is called as the `directory` it came in."""
    text = skill_md.removeprefix(b"\xef\xbb\xbf")[: LONGEST_FRONTMATTER + 8]
    found = _FRONTMATTER.match(text)
    if found is None:
        return refuse("SKILL.md must start with YAML frontmatter")
    members = _read_yaml(found[1] or b"")
    if isinstance(members, Problem):
        return members
    name, description = members.get("name", directory), members.get("description")
    return (
        _find_name_problem(name)
        or _find_description_problem(description)
        or Frontmatter(name=str(name), description=str(description))
    )


def _read_yaml(text: bytes) -> dict[str, object] | Problem:
    try:
        members: object = yaml.safe_load(text.decode())
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        reason = str(error).partition("\n")[0]
        return refuse(f"SKILL.md has frontmatter that is not valid YAML: {reason}")
    if not is_object(members):
        return refuse("SKILL.md has frontmatter that is not a mapping of names to values")
    return members


def _find_name_problem(name: object) -> Problem | None:
    if not isinstance(name, str) or not name:
        return refuse("SKILL.md frontmatter: name is required")
    if len(name) > LONGEST_NAME:
        return refuse(f"SKILL.md frontmatter: name must be at most {LONGEST_NAME} characters long")
    if _NAME.match(name) is None:
        return refuse("SKILL.md frontmatter: name may have lowercase letters, numbers and hyphens only")
    for word in _RESERVED:
        if word in name:
            return refuse(f"SKILL.md frontmatter: name must not contain the reserved word '{word}'")
    return None


def _find_description_problem(description: object) -> Problem | None:
    if not isinstance(description, str) or not description.strip():
        return refuse("SKILL.md frontmatter: description is required and must not be empty")
    if len(description) > LONGEST_DESCRIPTION:
        return refuse(f"SKILL.md frontmatter: description must be at most {LONGEST_DESCRIPTION} characters long")
    if _TAG.search(description):
        return refuse("SKILL.md frontmatter: description must not contain XML tags")
    return None
