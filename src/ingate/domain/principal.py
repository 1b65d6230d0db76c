"""Principals: who can be given a role. Users, applications, managed identities and groups of one tenant.

A principal is known by its object id everywhere in Azure; an application and a managed identity have a client id
besides, with which they ask for tokens, and a user has a user principal name.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol, get_args

PrincipalKind = Literal["user", "application", "managed-identity", "group"]
PRINCIPAL_KINDS: tuple[PrincipalKind, ...] = get_args(PrincipalKind)

PrincipalType = Literal["User", "ServicePrincipal", "Group"]
"""What a role assignment calls the kind: applications and managed identities are service principals."""


RESERVED_CLIENT_IDS = frozenset(
    {
        "797f4846-ba00-4fd7-ba43-dac1f8f63013",  # Azure Resource Manager
        "00000003-0000-0000-c000-000000000000",  # Microsoft Graph
        "00000002-0000-0000-c000-000000000000",  # Azure AD Graph
        "7d312290-28c8-473c-a0ed-8e53749b6d6d",  # Azure Cognitive Services
        "04b07795-8ddb-461a-bbee-02f9e1bf7b46",  # Azure CLI
        "1950a258-227b-4e31-a9cf-717495945fc2",  # Azure PowerShell
        "aebc6443-996d-45c2-90f0-388ff96faa56",  # Visual Studio Code
    }
)
"""Of Microsoft's own applications, which are what they are in every tenant. An id token's audience is the client id:
one for such an application would pass for an access token where that id is an audience."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    object_id: str
    """A GUID in lower case."""
    tenant_id: str
    kind: PrincipalKind
    name: str
    """Unique in its tenant, without regard to case."""
    created_at: datetime
    is_enabled: bool = True
    client_id: str | None = None
    """Of applications and managed identities: a GUID in lower case, unique in the whole Ingate."""
    user_principal_name: str | None = None
    """Of users, such as `ada@example.com`: unique in the whole Ingate, without regard to case."""
    resource_id: str | None = None
    """Of a system-assigned managed identity: the resource that it belongs to and goes with."""
    redirect_uris: tuple[str, ...] = ()
    """Of applications: where a sign-in may return to. `http://localhost` stands for any port and path of it."""

    @property
    def principal_type(self) -> PrincipalType:
        match self.kind:
            case "user":
                return "User"
            case "group":
                return "Group"
            case "application" | "managed-identity":
                return "ServicePrincipal"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientSecret:
    """A secret of an application. It was shown once, when it was made; what is kept cannot be turned back."""

    key_id: str
    display_name: str
    hint: str
    """Its first characters, by which its owner tells it from others."""
    secret_hash: str
    """Argon2id in PHC string format."""
    created_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientCertificate:
    """A certificate with whose key an application signs its assertions (RFC 7523)."""

    key_id: str
    display_name: str
    certificate_pem: str
    thumbprint_sha1: str
    """Hex. Clients name the certificate by its `x5t` or `x5t#S256`."""
    thumbprint_sha256: str
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class FederatedCredential:
    """Another issuer's tokens that an application may present as its own: workload identity."""

    key_id: str
    name: str
    issuer: str
    subject: str
    audiences: tuple[str, ...]
    jwks_file: str | None = None
    """Where the issuer's keys are, for one that is not on the network; otherwise its discovery document says so."""


Credential = ClientSecret | ClientCertificate | FederatedCredential


class PrincipalStore(Protocol):
    """Keeps principals, their credentials and group memberships. Every change to a principal is a new revision of
    the directory."""

    async def get_principal(self, object_id: str) -> Principal | None: ...

    async def get_principal_by_client_id(self, client_id: str) -> Principal | None: ...

    async def get_principal_by_user_principal_name(self, name: str) -> Principal | None: ...

    async def get_principal_by_name(self, tenant_id: str, name: str) -> Principal | None: ...

    async def get_principal_of_resource(self, resource_id: str) -> Principal | None:
        """A resource's system-assigned managed identity."""
        ...

    async def list_principals(self, tenant_id: str) -> list[Principal]:
        """By name."""
        ...

    async def put_principal(self, principal: Principal) -> None: ...

    async def delete_principal(self, object_id: str) -> bool:
        """With its credentials, memberships and role assignments. False when there was none."""
        ...

    async def list_credentials(self, object_id: str) -> list[Credential]: ...

    async def put_credential(self, object_id: str, credential: Credential) -> None: ...

    async def delete_credential(self, object_id: str, key_id: str) -> bool: ...

    async def get_password_hash(self, object_id: str) -> str | None:
        """A user's, Argon2id in PHC string format."""
        ...

    async def put_password_hash(self, object_id: str, password_hash: str) -> None: ...

    async def list_members(self, group_id: str) -> list[Principal]:
        """Direct ones, by name."""
        ...

    async def put_member(self, group_id: str, member_id: str) -> None: ...

    async def delete_member(self, group_id: str, member_id: str) -> bool: ...

    async def list_groups(self, object_id: str) -> frozenset[str]:
        """The object ids of every group that it is in, directly or through other groups."""
        ...
