"""What an Ingate has, as foundry.yaml: what the server only computes is left out, and so is every secret."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, cast

import yaml

from ingate.cli.failure import CommandFailed
from ingate.cli.json_value import JsonObject, get_object, get_objects, get_text
from ingate.cli.lookup import resource_group_of, suggest
from ingate.cli.upstream import UPSTREAMS

from .arm_item import writable
from .comparison import without
from .current import Current
from .foundry_roles import OPERATIONS
from .foundry_surplus import BUILT_IN_UPSTREAM, describe_scope, is_of_a_resource, name_role
from .principal_items import list_federated
from .role_items import read_grant

_SAID_OTHERWISE = frozenset(
    {"customSubDomainName", "publicNetworkAccess", "networkAcls", "disableLocalAuth", "allowProjectManagement"}
)
"""Properties of an account for which the file has keys of its own."""
_SAID_OF_DEPLOYMENTS = frozenset({"model", "ingate", "raiPolicyName", "versionUpgradeOption", "modelProviderData"})


def render_foundry_file(current: Current, only: Sequence[str]) -> str:
    """With `only`, those resources with the upstreams that they use and the assignments on them."""
    accounts = _choose_accounts(current, only)
    document: JsonObject = {"version": 1}
    deployments = {get_text(item, "id"): current.list(f"{get_text(item, 'id')}/deployments") for item in accounts}
    used = {get_text(d, "properties", "ingate", "upstream").lower() for ds in deployments.values() for d in ds}
    sections: list[tuple[str, list[JsonObject]]] = [
        ("upstreams", _list_upstreams(current, used if only else None)),
        ("principals", [] if only else _list_principals(current)),
        ("roles", [] if only else _list_roles(current)),
        ("resources", [_render_resource(item, deployments[get_text(item, "id")], current) for item in accounts]),
        ("assignments", _list_assignments(current, accounts if only else None)),
    ]
    document.update((name, entries) for name, entries in sections if entries)
    dump = cast("Callable[..., str]", cast("Any", yaml).safe_dump)
    return dump(document, sort_keys=False, allow_unicode=True, width=1000)


def _choose_accounts(current: Current, only: Sequence[str]) -> list[JsonObject]:
    accounts = sorted(current.list_accounts(), key=lambda item: get_text(item, "id").lower())
    names = [get_text(item, "name") for item in accounts]
    for name in only:
        if name.lower() not in (known.lower() for known in names):
            raise CommandFailed(f"there is no resource {name!r}.{suggest(name, names)}")
    wanted = {name.lower() for name in only}
    return [item for item in accounts if not only or get_text(item, "name").lower() in wanted]


def _group_member(item: JsonObject, current: Current) -> JsonObject:
    group = resource_group_of(item)
    return {} if current.group_path(group).lower() == current.group.lower() else {"resourceGroup": group}


def _copy(source: JsonObject, *names: str) -> JsonObject:
    """Those members that hold anything."""
    return {name: source[name] for name in names if source.get(name) not in (None, "", [], {})}


def _list_upstreams(current: Current, used: set[str] | None) -> list[JsonObject]:
    groups = current.management.list(f"{current.subscription}/resourceGroups")
    entries: list[JsonObject] = []
    for group in groups:
        for item in current.list(f"{get_text(group, 'id')}/{UPSTREAMS}"):
            name = get_text(item, "name")
            if name != BUILT_IN_UPSTREAM and (used is None or name.lower() in used):
                entries.append(_render_upstream(item, current))
    return entries


def _render_upstream(item: JsonObject, current: Current) -> JsonObject:
    properties = get_object(item, "properties")
    members = (
        *("kind", "baseUrl", "credential", "credentialHeader", "profile", "connectTimeoutSeconds"),
        *("firstByteTimeoutSeconds", "idleTimeoutSeconds", "tlsCaFile", "allowPlainHttp"),
    )
    copied = {key: _shorten(value) for key, value in _copy(properties, *members).items() if value is not False}
    return {"name": get_text(item, "name"), **_group_member(item, current), **copied}


def _shorten(value: object) -> object:
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _list_principals(current: Current) -> list[JsonObject]:
    own = [item for item in current.list_principals() if not is_of_a_resource(item, current)]
    return [_render_principal(item, current) for item in own]


def _render_principal(item: JsonObject, current: Current) -> JsonObject:
    name, properties = get_text(item, "name"), get_object(item, "properties")
    members = ("kind", "userPrincipalName", "objectId", "clientId", "redirectUris")
    entry: JsonObject = {"name": name, **_copy(properties, *members)}
    if properties.get("enabled") is False:
        entry["enabled"] = False
    if properties.get("kind") == "group":
        entry["members"] = [get_text(member, "name") for member in current.list_members(name)]
    elif properties.get("kind") in ("application", "managed-identity"):
        credentials = list_federated(current, name)
        if credentials:
            keys = ("name", "issuer", "subject", "audiences", "jwksFile")
            entry["federatedCredentials"] = [_copy(credential, *keys) for credential in credentials]
    return entry


def _list_roles(current: Current) -> list[JsonObject]:
    roles = [item for item in current.list_roles() if get_text(item, "properties", "type") == "CustomRole"]
    return [_render_role(item, current) for item in roles]


def _render_role(item: JsonObject, current: Current) -> JsonObject:
    properties = get_object(item, "properties")
    permissions = get_objects(properties, "permissions")
    if len(permissions) > 1:
        raise CommandFailed(f"role {name_role(item)} has several sets of permissions, which the file cannot say.")
    scopes = [
        describe_scope(str(scope), current)
        for scope in cast("list[object]", properties.get("assignableScopes") or [])
    ]
    return {
        "name": name_role(item),
        "id": get_text(item, "id").rpartition("/")[2],
        **_copy(properties, "description"),
        **(_copy(permissions[0], *OPERATIONS) if permissions else {}),
        "scopes": scopes,
    }


def _render_resource(item: JsonObject, deployments: Iterable[JsonObject], current: Current) -> JsonObject:
    properties = get_object(item, "properties")
    entry: JsonObject = {
        "name": get_text(item, "name"),
        **_group_member(item, current),
        **_copy(item, "location"),
        "subdomain": get_text(properties, "customSubDomainName"),
        **_copy(item, "tags"),
    }
    if identity := get_text(item, "identity", "type"):
        entry["identity"] = identity
    if network := _render_network(properties):
        entry["network"] = network
    for name in ("disableLocalAuth", "allowProjectManagement"):
        if properties.get(name):
            entry[name] = True
    if further := _list_further(item, _SAID_OTHERWISE):
        entry["properties"] = further
    entry["deployments"] = [_render_deployment(deployment) for deployment in deployments]
    projects = current.list(f"{get_text(item, 'id')}/projects")
    if projects:
        entry["projects"] = [_render_project(project) for project in projects]
    return entry


def _list_further(item: JsonObject, said: frozenset[str]) -> JsonObject:
    """Properties that Ingate keeps without acting on them."""
    properties = without(get_object(writable(item), "properties"), said)
    rules = without(get_object(item, "properties", "networkAcls"), ("defaultAction", "ipRules"))
    if rules := {name: value for name, value in rules.items() if value not in (None, [], {})}:
        properties["networkAcls"] = rules
    return {name: value for name, value in properties.items() if value not in (None, [], {}, "", False)}


def _render_network(properties: JsonObject) -> JsonObject:
    network: JsonObject = {}
    if get_text(properties, "publicNetworkAccess").lower() == "disabled":
        network["publicAccess"] = False
    rules = get_object(properties, "networkAcls")
    if get_text(rules, "defaultAction").lower() == "deny":
        network["defaultAction"] = "Deny"
    if allowed := [get_text(rule, "value") for rule in get_objects(rules, "ipRules")]:
        network["allow"] = allowed
    return network


def _render_deployment(item: JsonObject) -> JsonObject:
    properties = get_object(item, "properties")
    ingate = get_object(properties, "ingate")
    entry: JsonObject = {
        "name": get_text(item, "name"),
        "model": get_text(properties, "model", "name"),
        "version": get_text(properties, "model", "version"),
        "type": get_text(item, "sku", "name"),
        **_copy(get_object(item, "sku"), "capacity"),
        **_copy(ingate, "upstream", "upstreamModel", "limits", "recordContent"),
        **_copy(properties, "raiPolicyName", "versionUpgradeOption"),
        **_copy(item, "tags"),
    }
    if entry.get("upstreamModel") == entry["model"]:
        del entry["upstreamModel"]
    if further := _list_further(item, _SAID_OF_DEPLOYMENTS):
        entry["properties"] = further
    provider = _copy(get_object(properties, "modelProviderData"), "organizationName", "industry", "countryCode")
    if provider:
        entry["modelProviderData"] = provider
    return entry


def _render_project(item: JsonObject) -> JsonObject:
    properties = get_object(item, "properties")
    name = get_text(item, "id").rpartition("/")[2]
    return {
        "name": name,
        **_copy(item, "location"),
        **_copy(properties, "displayName", "description"),
        **_copy(item, "tags"),
    }


def _list_assignments(current: Current, accounts: Sequence[JsonObject] | None) -> list[JsonObject]:
    """Those in the subscription; with accounts, those on them."""
    on = None if accounts is None else {get_text(item, "id").lower() for item in accounts}
    inside = current.subscription.lower()
    entries: list[JsonObject] = []
    for item in current.list_assignments():
        scope = read_grant(item).scope
        if (scope.lower() in on) if on is not None else (scope.lower() + "/").startswith(inside + "/"):
            entries.append(_render_assignment(item, current))
    return entries


def _render_assignment(item: JsonObject, current: Current) -> JsonObject:
    grant = read_grant(item)
    role = current.find_role(grant.role_id)
    entry: JsonObject = {
        "role": name_role(role) if role else grant.role_id,
        **_describe_principal(grant.principal_id, current),
        "scope": describe_scope(grant.scope, current),
    }
    return {**entry, **_copy(get_object(item, "properties"), "description")}


def _describe_principal(principal_id: str, current: Current) -> JsonObject:
    for account in current.list_accounts():
        if get_text(account, "identity", "principalId").lower() == principal_id.lower():
            return {"identityOf": get_text(account, "name")}
    found = current.find_principal(principal_id)
    return {"principal": get_text(found, "name") or principal_id}
