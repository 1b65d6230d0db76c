"""Which Azure operation a request is, on what, and who may do it: derived from method and path, in one place.

A path is `/{type}/{name}/...`, in which `/providers/{namespace}` begins the types of another provider. So the action of
`DELETE .../accounts/a/deployments/d` is `Microsoft.CognitiveServices/accounts/deployments/delete`, on that path; a
POST's last segment is a verb.
https://learn.microsoft.com/azure/role-based-access-control/resource-provider-operations
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum

RESOURCES = "Microsoft.Resources"
GRAPH = "microsoft.graph"

TENANT_OWNER_ACTION = "Microsoft.Authorization/roleAssignments/write"
"""Whoever may give away every role everywhere could take any of them: nothing has to be kept from them."""

_METHOD_ACTIONS = {"GET": "read", "HEAD": "read", "PUT": "write", "PATCH": "write", "DELETE": "delete"}
_FOUND_BY_THEIR_ID = frozenset({"operationresults", "operationstatuses", "operations"})
_PARAMETER = re.compile(r"\{.*\}")

Spelling = Mapping[str, str]
"""How the routes write each word of a path, by the word in lower case."""


class Rule(Enum):
    """What has to be granted for an operation."""

    PERMISSION = "its action, on its scope"
    TENANT = "its action, and to assign roles in the whole tenant"
    """Credentials of principals; upstreams, whose definitions name files and variables of this machine."""
    ANY_ROLE = "any role on the scope, above or below it"
    FILTERED = "nothing: the answer has what the caller may see"
    DIRECTORY = "to be a principal of the tenant"


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    action: str
    scope: str
    """The ARM id that a role has to cover, and that it is done to."""
    rule: Rule = Rule.PERMISSION

    @property
    def is_change(self) -> bool:
        """Or shows a secret: all but reads. Those are what the audit trail is about."""
        return not self.action.endswith("/read")


def derive_operation(method: str, path: str, spelling: Spelling) -> Operation:
    segments = [segment for segment in path.split("/") if segment]
    if segments[:1] == ["v1.0"]:
        return Operation(action=f"{GRAPH}/{'/'.join(segments[1:2])}/read", scope=path, rule=Rule.DIRECTORY)
    walked = _walk(segments, spelling)
    action = _render_action(method, walked)
    scope = "/" + "/".join(walked.segments if walked.is_named and method != "POST" else walked.parent)
    return Operation(action=action, scope=scope, rule=_find_rule(action, walked, method))


@dataclass(slots=True)
class _Walk:
    """A path, taken apart from its beginning."""

    namespace: str
    types: list[str]
    segments: list[str]
    """All of them, types in the routes' spelling."""
    parent: list[str]
    """Without the last type and name; of a list and of a verb, without the last word."""
    is_named: bool
    """It ends with a name rather than with a type or a verb."""


def _walk(segments: list[str], spelling: Spelling) -> _Walk:
    walk = _Walk(namespace=RESOURCES, types=[], segments=[], parent=[], is_named=True)
    position, start_of_provider = 0, 0
    while position < len(segments):
        word = spelling.get(segments[position].lower(), segments[position])
        name = segments[position + 1 : position + 2]
        if word == "providers" and name:
            start_of_provider = len(walk.segments)
            walk.namespace = spelling.get(name[0].lower(), name[0])
            walk.types, walk.parent, walk.is_named = [], list(walk.segments), True
            walk.segments += [word, walk.namespace]
        else:
            is_first = not walk.types and walk.namespace != RESOURCES
            walk.parent = walk.segments[:start_of_provider] if is_first else list(walk.segments)
            walk.types.append(word)
            walk.segments += [word, *name]
            walk.is_named = bool(name)
        position += 2
    return walk


def _render_action(method: str, walk: _Walk) -> str:
    if method == "POST":
        return "/".join([walk.namespace, *walk.types, "action"])
    return "/".join([walk.namespace, *walk.types, _METHOD_ACTIONS.get(method, "action")])


def _find_rule(action: str, walk: _Walk, method: str) -> Rule:
    last = walk.types[-1].lower() if walk.types else ""
    if method in {"GET", "HEAD"}:
        if not walk.segments or action in _FILTERED and not walk.is_named:
            return Rule.FILTERED
        if action == f"{RESOURCES}/subscriptions/read" or last in _FOUND_BY_THEIR_ID:
            return Rule.ANY_ROLE
        return Rule.PERMISSION
    is_hosts = walk.namespace == "Ingate.Identity" or action.startswith("Ingate.Gateway/upstreams/")
    return Rule.TENANT if is_hosts else Rule.PERMISSION


_FILTERED = frozenset(
    {
        f"{RESOURCES}/tenants/read",
        f"{RESOURCES}/subscriptions/read",
        f"{RESOURCES}/subscriptions/resourceGroups/read",
    }
)


def collect_spelling(paths: Iterable[str]) -> Spelling:
    """From the routes' own paths."""
    words = (word for path in paths for word in path.split("/") if word and not _PARAMETER.fullmatch(word))
    return {word.lower(): word for word in words}
