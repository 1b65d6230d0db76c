"""Comparing what a file says with what is there, and joining the two into what to send."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import cast

from ingate.cli.json_value import JsonObject

WHOLE = frozenset({"tags", "properties.modelProviderData"})
"""Objects that are compared and replaced whole, because their names are data."""
IGNORING_CASE = frozenset(
    {
        "kind",
        "sku.name",
        "identity.type",
        "properties.kind",
        "properties.objectId",
        "properties.clientId",
        "properties.userPrincipalName",
        "properties.customSubDomainName",
        "properties.publicNetworkAccess",
        "properties.networkAcls.defaultAction",
        "properties.networkAcls.bypass",
        "properties.model.format",
        "properties.ingate.upstream",
        "properties.principalType",
    }
)
NOT_SHOWN = frozenset({"properties.restore"})
"""What a request may say and no answer repeats."""
_NOTHING: tuple[object, ...] = (None, {}, [], "")


@dataclass(frozen=True, slots=True, kw_only=True)
class PropertyChange:
    name: str
    """With dots, such as `sku.capacity`."""
    old: object
    new: object


def compare(wanted: JsonObject, current: JsonObject, prefix: str = "") -> list[PropertyChange]:
    """What differs in the members that `wanted` has; those that it leaves out are not looked at."""
    changes: list[PropertyChange] = []
    for key, value in wanted.items():
        name = f"{prefix}{key}"
        if name in NOT_SHOWN:
            continue
        new, old = cast("object", value), cast("object", current.get(key))
        if isinstance(new, dict) and (old is None or isinstance(old, dict)) and name not in WHOLE:
            inner = cast("JsonObject", old or {})
            changes += compare(cast("JsonObject", new), inner, f"{name}.")
        elif not _is_same(name, value, current.get(key)):
            changes.append(PropertyChange(name=name, old=current.get(key), new=value))
    return changes


def _is_same(name: str, new: object, old: object) -> bool:
    if new in _NOTHING and not isinstance(new, bool | int):
        return old in _NOTHING and not isinstance(old, bool | int)
    if isinstance(new, str) and isinstance(old, str):
        if name == "location":
            return fold_location(new) == fold_location(old)
        return new == old or (name in IGNORING_CASE and new.lower() == old.lower())
    if isinstance(new, bool) or isinstance(old, bool):
        return new is old
    return new == old


def fold_location(text: str) -> str:
    """A region's display name, `East US 2`, is its name, `eastus2`."""
    return text.replace(" ", "").lower()


def join(wanted: JsonObject, current: JsonObject, prefix: str = "") -> JsonObject:
    """`current` with everything that `wanted` says; lists, tags and other whole objects are replaced."""
    joined = dict(current)
    for key, new in wanted.items():
        name, old = f"{prefix}{key}", current.get(key)
        if isinstance(new, dict) and isinstance(old, dict) and name not in WHOLE:
            joined[key] = join(cast("JsonObject", new), cast("JsonObject", old), f"{name}.")
        else:
            joined[key] = new
    return joined


def without(value: JsonObject, names: Collection[str]) -> JsonObject:
    return {key: member for key, member in value.items() if key not in names}
