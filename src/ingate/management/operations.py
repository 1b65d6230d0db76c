"""Which Azure operation a request is, on what, and who may do it: derived from method and path, in one place.

A path is `/{type}/{name}/...`, in which `/providers/{namespace}` begins the types of another provider. So the action
of `DELETE .../accounts/a/deployments/d` is `Microsoft.CognitiveServices/accounts/deployments/delete`, on that path;
a POST's last segment is a verb.
https://learn.microsoft.com/azure/role-based-access-control/resource-provider-operations
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from itertools import zip_longest

RESOURCES = "Microsoft.Resources"
GRAPH = "microsoft.graph"
LOGS = "Microsoft.OperationalInsights"
METRICS_READ = "Microsoft.Insights/metrics/read"
METRICS_BATCH = "metrics:getBatch"
"""A POST that reads, on a host of its own: the resources are in its body."""
SCRAPE_PATH = "/metrics"
"""Prometheus's."""

TENANT_OWNER_ACTION = "Microsoft.Authorization/roleAssignments/write"
"""Whoever may give away every role everywhere could take any of them: nothing has to be kept from them."""

_METHOD_ACTIONS = {"GET": "read", "HEAD": "read", "PUT": "write", "PATCH": "write", "DELETE": "delete"}
_FOUND_BY_THEIR_ID = frozenset({"operationresults", "operationstatuses"})
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
    LOGS = "nothing: the answer is about what the caller may see, and refuses where that is nothing"
    METRICS = "any role below the scope, and to read the metrics of what the body names"
    SCRAPE = "to read metrics everywhere"


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
    if segments and segments[0].lower() == "v1.0":
        return Operation(action=f"{GRAPH}/{'/'.join(segments[1:2])}/read", scope=path, rule=Rule.DIRECTORY)
    if segments and segments[0].lower() == "v1":
        return Operation(action=f"{LOGS}/workspaces/query/read", scope=path, rule=Rule.LOGS)
    if path.rstrip("/").lower() == SCRAPE_PATH:
        return Operation(action=METRICS_READ, scope="/", rule=Rule.SCRAPE)
    if len(segments) == 3 and segments[2].lower() == METRICS_BATCH.lower():
        return Operation(action=METRICS_READ, scope="/" + "/".join(segments[:2]), rule=Rule.METRICS)
    walk = _walk(segments, spelling)
    rule = _find_rule(method, walk)
    derived = "/".join([walk.namespace, *walk.types, _METHOD_ACTIONS.get(method, "action")])
    return Operation(
        action=_COST_READS.get(derived.lower(), derived),
        scope="/" + "/".join(_find_scope(method, walk, rule)),
        rule=rule,
    )


@dataclass(slots=True)
class _Walk:
    """A path, taken apart from its beginning. Its words are in the routes' spelling."""

    namespace: str = RESOURCES
    types: list[str] = field(default_factory=lambda: [])
    segments: list[str] = field(default_factory=lambda: [])
    parent: list[str] = field(default_factory=lambda: [])
    """Without the last type, and its name."""
    before_provider: list[str] = field(default_factory=lambda: [])
    has_provider: bool = False
    is_named: bool = True
    """It ends with a name rather than with a type or a verb."""


def _walk(segments: list[str], spelling: Spelling) -> _Walk:
    walk = _Walk()
    for word, name in zip_longest(segments[::2], segments[1::2]):
        spelled = spelling.get(word.lower(), word)
        if spelled.lower() == "providers" and name is not None:
            _enter_provider(walk, spelling.get(name.lower(), name))
            continue
        is_first = walk.has_provider and not walk.types
        walk.parent = walk.before_provider if is_first else list(walk.segments)
        walk.types.append(spelled)
        walk.segments += [spelled] if name is None else [spelled, name]
        walk.is_named = name is not None
    return walk


def _enter_provider(walk: _Walk, namespace: str) -> None:
    walk.before_provider = walk.parent = list(walk.segments)
    walk.segments += ["providers", namespace]
    walk.namespace, walk.types, walk.has_provider = namespace, [], True


def _find_scope(method: str, walk: _Walk, rule: Rule) -> list[str]:
    if rule is Rule.ANY_ROLE and walk.has_provider:
        return walk.before_provider
    if rule is Rule.ANY_ROLE and len(walk.types) > 1:
        return walk.parent
    return walk.segments if walk.is_named and method != "POST" else walk.parent


def _find_rule(method: str, walk: _Walk) -> Rule:
    types = tuple(word.lower() for word in walk.types)
    if method not in {"GET", "HEAD"}:
        namespace = walk.namespace.lower()
        is_of_this_machine = namespace == "ingate.identity" or (namespace, *types) == _UPSTREAMS
        return Rule.TENANT if is_of_this_machine else Rule.PERMISSION
    if (types and types[-1] in _FOUND_BY_THEIR_ID) or (walk.has_provider and not types):
        return Rule.ANY_ROLE
    if walk.has_provider:
        is_list_of_accounts = (walk.namespace.lower(), *types) == _ACCOUNTS and not walk.is_named
        return Rule.ANY_ROLE if is_list_of_accounts else Rule.PERMISSION
    if not walk.is_named or not types:
        return Rule.FILTERED if len(types) <= 1 else Rule.ANY_ROLE if types in _ANYBODYS_LISTS else Rule.PERMISSION
    return Rule.ANY_ROLE if types == ("subscriptions",) else Rule.PERMISSION


_ANYBODYS_LISTS = frozenset(
    {
        ("subscriptions", "locations"),
        ("subscriptions", "providers"),
        ("subscriptions", "resourcegroups"),
        ("subscriptions", "resources"),
        ("subscriptions", "resourcegroups", "resources"),
    }
)
"""Of whoever has any role there. Those that hold resources show only what the caller may see; so do the lists of
accounts."""
_COST_READS = {
    "microsoft.costmanagement/query/action": "Microsoft.CostManagement/query/read",
    "microsoft.costmanagement/forecast/action": "Microsoft.CostManagement/forecast/read",
    "ingate.gateway/focusexport/read": "Microsoft.CostManagement/query/read",
}
"""Azure asks for permission to read, though the question is a POST: readers may see costs. Our export shows the same.
https://learn.microsoft.com/azure/role-based-access-control/permissions/management-and-governance"""
_ACCOUNTS = ("microsoft.cognitiveservices", "accounts")
_UPSTREAMS = ("ingate.gateway", "upstreams")


def collect_spelling(paths: Iterable[str]) -> Spelling:
    """From the routes' own paths."""
    words = (word for path in paths for word in path.split("/") if word and not _PARAMETER.fullmatch(word))
    return {word.lower(): word for word in words}
