"""foundry.yaml: from its text to the items that it asks for."""

from __future__ import annotations

from collections.abc import Iterable

from .current import Current
from .foundry_principals import list_principal_items
from .foundry_resources import list_group_items, list_resource_items, list_upstream_items
from .foundry_roles import list_assignment_items, list_role_items
from .foundry_schema import FOUNDRY
from .foundry_surplus import list_collections
from .json_reader import parse_json
from .plan import Wanted
from .problem import FileInvalid, Place, PlaceError, Problem
from .reading import Source
from .schema import Section, read_section
from .yaml_reader import parse_yaml


def read_foundry_file(text: str, source: Source, current: Current) -> Wanted:
    """Everything that the file asks for, in the order in which it can be created. Raises FileInvalid."""
    file = parse_foundry_file(text, source.name)
    return Wanted(
        items=(
            *list_group_items(file, source, current),
            *list_upstream_items(file, source, current),
            *list_principal_items(file, source),
            *list_role_items(file, source),
            *list_resource_items(file, source, current),
            *list_assignment_items(file, source),
        ),
        collections=list_collections(file, current),
    )


def parse_foundry_file(text: str, name: str) -> Section:
    """Raises FileInvalid with every mistake that can be seen without asking an Ingate."""
    try:
        # JSON may be indented with tabs, which YAML does not take.
        tree = parse_json(text) if text.lstrip()[:1] == "{" else parse_yaml(text)
    except PlaceError as error:
        raise FileInvalid(name, [error.problem]) from None
    file, problems = read_section(tree, FOUNDRY)
    problems += _find_duplicates(file)
    problems += _find_contradictions(file)
    if problems:
        raise FileInvalid(name, problems)
    return file


def _find_duplicates(file: Section) -> list[Problem]:
    problems: list[Problem] = []
    for key in ("upstreams", "principals", "roles", "resources"):
        problems += _find_repeated_names(file.sections(key))
    for resource in file.sections("resources"):
        problems += _find_repeated_names(resource.sections("deployments"))
        problems += _find_repeated_names(resource.sections("projects"))
    for principal in file.sections("principals"):
        problems += _find_repeated_names(principal.sections("federatedCredentials"))
    return problems


def _find_repeated_names(entries: Iterable[Section]) -> list[Problem]:
    seen: dict[str, Place] = {}
    problems: list[Problem] = []
    for entry in entries:
        name = entry.text("name").lower()
        if name and name in seen:
            message = f"{entry.text('name')!r} is here a second time; line {seen[name].line} has the first"
            problems.append(Problem(place=entry.place_of("name"), message=message))
        seen.setdefault(name, entry.place_of("name"))
    return problems


_ONLY_FOR = {
    "members": ("group",),
    "userPrincipalName": ("user",),
    "password": ("user",),
    "redirectUris": ("application",),
    "federatedCredentials": ("application", "managed-identity"),
    "secretFile": ("application",),
    "clientId": ("application", "managed-identity"),
}


def _find_contradictions(file: Section) -> list[Problem]:
    problems: list[Problem] = []
    for principal in file.sections("principals"):
        kind = principal.text("kind")
        for key, kinds in _ONLY_FOR.items():
            if key in principal and kind and kind not in kinds:
                message = f"{key!r} belongs to a principal of kind {' or '.join(kinds)}, not {kind}"
                problems.append(Problem(place=principal.place_of(key), message=message))
    for assignment in file.sections("assignments"):
        if ("principal" in assignment) == ("identityOf" in assignment):
            message = "an assignment has either 'principal' or 'identityOf'"
            problems.append(Problem(place=assignment.place, message=message))
    for resource in file.sections("resources"):
        for deployment in resource.sections("deployments"):
            if "upstreamModel" in deployment and "upstream" not in deployment:
                message = "'upstreamModel' says what 'upstream' calls the model: give both"
                problems.append(Problem(place=deployment.place_of("upstreamModel"), message=message))
    return problems
