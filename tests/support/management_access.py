"""Principals of a control plane under test: what they are called, which roles they have, and their tokens."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import httpx2
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from ingate.domain.signing_key import SigningKey

from .control_plane import NOW, ManagementClient
from .token_issuer import TokenIssuer, make_private_key

PRINCIPALS = "/providers/Ingate.Identity/principals"
MANAGEMENT = "https://management.core.windows.net/"
GRAPH = "https://graph.microsoft.com/"

OWNER = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635"
CONTRIBUTOR = "b24988ac-6180-42a0-ab88-20f7382dd24c"
READER = "acdd72a7-3385-48ef-bd42-f606fba81ae7"
USER_ACCESS_ADMINISTRATOR = "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9"
COGNITIVE_SERVICES_USER = "a97b65f3-24c7-4388-baec-2e87135dc908"
COGNITIVE_SERVICES_OPENAI_USER = "5e0bd9bd-7b93-4f28-af87-19fc36ad61bd"


class Tenant:
    """The tenant of a management API that has a signing key."""

    def __init__(self, client: ManagementClient) -> None:
        self.client = client
        tenant_id = client.defaults.tenant_id
        self.issuer = TokenIssuer(issuer=f"https://sts.windows.net/{tenant_id}/", tenant_id=tenant_id)

    @classmethod
    async def open(cls, client: ManagementClient) -> Tenant:
        tenant = cls(client)
        async with client.plane.state.writing() as session:
            await session.signing_keys.put_signing_key(make_signing_key(tenant.issuer))
        return tenant

    async def add(self, name: str, kind: str = "application", **properties: Any) -> str:
        """Its object id."""
        body = {"properties": {"kind": kind, **properties}}
        made = await self.client.send("PUT", f"{PRINCIPALS}/{name}", body)
        assert made.status_code == 201, made.text
        return made.json()["properties"]["objectId"]

    async def assign(self, object_id: str, role_id: str, scope: str) -> str:
        """The assignment's path."""
        name = uuid5(NAMESPACE_URL, f"{object_id} {role_id} {scope}")
        path = f"{scope.rstrip('/')}/providers/Microsoft.Authorization/roleAssignments/{name}"
        body = {"properties": {"roleDefinitionId": role_id, "principalId": object_id}}
        made = await self.client.send("PUT", path, body)
        assert made.status_code == 201, made.text
        return path

    async def add_with_role(self, role_id: str, scope: str, name: str = "somebody") -> str:
        object_id = await self.add(name)
        await self.assign(object_id, role_id, scope)
        return object_id

    def issue(self, object_id: str, *, header: dict[str, Any] | None = None, **claims: Any) -> str:
        return self.issuer.issue(object_id, header=header, **{"aud": MANAGEMENT, **claims})

    async def send(
        self, object_id: str, method: str, path: str, body: object = None, **options: Any
    ) -> httpx2.Response:
        return await self.client.send(method, path, body, token=self.issue(object_id), **options)

    async def ask_graph(self, object_id: str, method: str, path: str, body: object = None) -> httpx2.Response:
        token = self.issue(object_id, aud=GRAPH)
        return await self.client.send(method, f"/v1.0{path}", body, token=token, api_version=None)


def make_signing_key(issuer: TokenIssuer) -> SigningKey:
    key = issuer.private_key
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode("ascii")
    certificate = make_certificate(key, NOW - timedelta(days=1), NOW + timedelta(days=36500))
    return SigningKey(
        key_id=issuer.key_id,
        private_key_pem=pem,
        certificate_pem=certificate,
        created_at=NOW,
        retire_at=datetime(2100, 1, 1, tzinfo=UTC),
    )


def make_certificate(key: RSAPrivateKey, begins_at: datetime, ends_at: datetime) -> str:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test")])
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(1).not_valid_before(begins_at).not_valid_after(ends_at)
    return builder.sign(key, SHA256()).public_bytes(Encoding.PEM).decode("ascii")


def make_client_certificate(*, ends_at: datetime | None = None) -> str:
    key = make_private_key("client")
    return make_certificate(key, NOW - timedelta(days=30), ends_at or NOW + timedelta(days=30))
