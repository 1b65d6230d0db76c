"""What an Ingate has now: listed when it is first asked about, one call for each collection."""

from __future__ import annotations

import re

from ingate.cli.connection import Connection
from ingate.cli.failure import CommandFailed, Refused
from ingate.cli.json_value import JsonObject, get_text
from ingate.cli.lookup import path_segment, suggest

PRINCIPALS = "/providers/Ingate.Identity/principals"
ACCOUNT_TYPE = "Microsoft.CognitiveServices/accounts"
ROLE_TYPE = "Microsoft.Authorization/roleDefinitions"
ASSIGNMENT_TYPE = "Microsoft.Authorization/roleAssignments"

_GUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE)
_ACCOUNT = re.compile(
    r"(/subscriptions/[^/]+)/resourcegroups/[^/]+/providers/microsoft\.cognitiveservices/accounts/[^/]+",
    re.IGNORECASE,
)


class NotYetKnown(Exception):
    """A value that only something not yet created has, such as a principal's object id."""


def is_guid(text: str) -> bool:
    return _GUID.fullmatch(text) is not None


def last_segment(resource_id: str) -> str:
    return resource_id.rstrip("/").rpartition("/")[2]


class Current:
    """The state, as far as it was asked about; changes that are carried out are noted."""

    def __init__(self, connection: Connection, resource_group: str | None) -> None:
        self.management = connection.management
        self.connection = connection
        self._wanted_group = resource_group
        self._subscription = ""
        self._group = ""
        self._collections: dict[str, dict[str, JsonObject]] = {}
        self._expected: set[str] = set()
        self._members: dict[str, list[JsonObject]] = {}
        self._credentials: dict[str, list[JsonObject]] = {}

    # Where

    @property
    def subscription(self) -> str:
        """`/subscriptions/...`"""
        self._subscription = self._subscription or self.connection.subscription_path()
        return self._subscription

    @property
    def group(self) -> str:
        """The id of the resource group for everything that names none."""
        self._group = self._group or self.connection.resource_group_path(self._wanted_group)
        return self._group

    def group_path(self, name: str) -> str:
        return f"{self.subscription}/resourceGroups/{path_segment(name)}" if name else self.group

    # ARM objects

    def find(self, resource_id: str) -> JsonObject | None:
        """The object with that id, whatever its case."""
        return self._collection_of(resource_id).get(resource_id.lower())

    def get(self, resource_id: str) -> JsonObject:
        """Raises NotYetKnown for one that is still to be created, CommandFailed for one that nobody creates."""
        found = self.find(resource_id)
        if found is None:
            if resource_id.lower() in self._expected:
                raise NotYetKnown(resource_id)
            raise CommandFailed(f"there is nothing with the id {resource_id}")
        return found

    def expect(self, resource_id: str) -> None:
        """Notes that an object will be created."""
        self._expected.add(resource_id.lower())

    def is_expected(self, resource_id: str) -> bool:
        return resource_id.lower() in self._expected

    def note(self, resource_id: str, value: JsonObject | None) -> None:
        """Notes what an object has become; None when it is gone."""
        collection = self._collection_of(resource_id)
        if value is None:
            collection.pop(resource_id.lower(), None)
        else:
            collection[resource_id.lower()] = value

    def list(self, collection_id: str) -> list[JsonObject]:
        """Everything directly in a collection such as `.../accounts/team-a/deployments`."""
        prefix = collection_id.lower() + "/"
        found = self._collection_of(f"{collection_id}/any")
        return [value for key, value in found.items() if key.startswith(prefix) and "/" not in key[len(prefix) :]]

    def list_assignments(self) -> list[JsonObject]:
        return list(self._load(f"{self.subscription}/providers/{ASSIGNMENT_TYPE}").values())

    def list_roles(self) -> list[JsonObject]:
        return list(self._load(f"{self.subscription}/providers/{ROLE_TYPE}").values())

    def list_accounts(self) -> list[JsonObject]:
        return list(self._load(f"{self.subscription}/providers/{ACCOUNT_TYPE}").values())

    def _collection_of(self, resource_id: str) -> dict[str, JsonObject]:
        lower = resource_id.lower()
        if f"/{ASSIGNMENT_TYPE.lower()}/" in lower:
            return self._load(f"{self.subscription}/providers/{ASSIGNMENT_TYPE}")
        if f"/{ROLE_TYPE.lower()}/" in lower:
            return self._load(f"{self.subscription}/providers/{ROLE_TYPE}")
        account = _ACCOUNT.match(resource_id)
        if account is None:
            return self._load(resource_id.rpartition("/")[0])
        accounts = self._load(f"{account[1]}/providers/{ACCOUNT_TYPE}")
        if len(account[0]) == len(resource_id):
            return accounts
        collection_id = resource_id.rpartition("/")[0]
        if account[0].lower() not in accounts:
            return self._collections.setdefault(collection_id.lower(), {})
        return self._load(collection_id)

    def _load(self, collection_id: str) -> dict[str, JsonObject]:
        known = self._collections.get(collection_id.lower())
        if known is None:
            items = self._list_or_none(collection_id)
            known = {get_text(item, "id").lower(): item for item in items}
            self._collections[collection_id.lower()] = known
        return known

    def _list_or_none(self, collection_id: str) -> list[JsonObject]:
        try:
            return self.management.list(collection_id)
        except Refused as refusal:
            if refusal.status == 404 and refusal.code.endswith(("GroupNotFound", "ResourceNotFound")):
                return []
            raise

    # Principals

    def list_principals(self) -> list[JsonObject]:
        return list(self._load(PRINCIPALS).values())

    def find_principal(self, name: str) -> JsonObject | None:
        """By name, object id, client id or user principal name; names go first."""
        wanted = name.lower()
        principals = self.list_principals()
        for path in (("name",), *(("properties", key) for key in ("objectId", "clientId", "userPrincipalName"))):
            for item in principals:
                if get_text(item, *path).lower() == wanted:
                    return item
        return None

    def get_principal(self, name: str) -> JsonObject:
        """Raises as `get` does."""
        found = self.find_principal(name)
        if found is None:
            if f"{PRINCIPALS}/{path_segment(name)}".lower() in self._expected:
                raise NotYetKnown(name)
            names = [get_text(item, "name") for item in self.list_principals()]
            raise CommandFailed(f"there is no principal {name!r}.{suggest(name, names)}")
        return found

    def note_principal(self, value: JsonObject) -> None:
        self._load(PRINCIPALS)[get_text(value, "id").lower()] = value

    def forget_principal(self, value: JsonObject) -> None:
        self._load(PRINCIPALS).pop(get_text(value, "id").lower(), None)

    def list_members(self, group: str) -> list[JsonObject]:
        if group.lower() not in self._members:
            self._members[group.lower()] = self.management.list(f"{PRINCIPALS}/{path_segment(group)}/members")
        return self._members[group.lower()]

    def list_credentials(self, principal: str) -> list[JsonObject]:
        if principal.lower() not in self._credentials:
            path = f"{PRINCIPALS}/{path_segment(principal)}/credentials"
            self._credentials[principal.lower()] = self.management.list(path)
        return self._credentials[principal.lower()]

    # Roles

    def find_role(self, name: str) -> JsonObject | None:
        """By its name or GUID."""
        wanted = name.lower()
        for item in self.list_roles():
            if wanted in (
                get_text(item, "properties", "roleName").lower(),
                last_segment(get_text(item, "id")).lower(),
            ):
                return item
        return None
