"""A tenant with one principal of each kind, and a client of its identity endpoints in the same process."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import httpx2
import jwt
from argon2 import PasswordHasher
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from ingate.domain.principal import ClientCertificate, ClientSecret, FederatedCredential, Principal
from ingate.domain.subscription import Tenant, TenantId
from ingate.identity.app import create_identity_app
from ingate.identity.identity_plane import IdentityPlane
from ingate.identity.signing_keys import seed_identity
from ingate.store.grant_sealing import GrantSealer
from ingate.store.opening import Stores, open_stores
from ingate.store.sealing import KeySealer
from ingate.store.secret_hashing import verify_secret

NOW = datetime(2026, 11, 22, 12, 0, 0, 250_000, tzinfo=UTC)
AUTHORITY = "https://localhost:8443"
TENANT = "11111111-2222-4333-8444-555555555555"
COGNITIVE_SERVICES = "https://cognitiveservices.azure.com"
AZURE_CLI = "04b07795-8ddb-461a-bbee-02f9e1bf7b46"
SECRET = "s3c~the.secret_of-builder"
EXPIRED_SECRET = "old~the.secret_of-builder"
PASSWORD = "correct horse battery staple"
ISSUER = "https://issuer.example"
EXCHANGE_AUDIENCE = "api://AzureADTokenExchange"
MACHINE_ID = "/subscriptions/s/resourceGroups/g/providers/Microsoft.ManagedIdentity/userAssignedIdentities/worker"
APP_SERVICE_SECRET = "app-service-secret"
CALLBACK = "https://portal.example/callback"

_CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
"""Hashes say what they cost to compare with: these cost next to nothing."""


def _guid(number: int) -> str:
    return str(UUID(int=number, version=4))


def _principal(number: int, kind: Any, name: str, **more: Any) -> Principal:
    has_client_id = kind in ("application", "managed-identity")
    return Principal(
        object_id=_guid(number),
        tenant_id=TENANT,
        kind=kind,
        name=name,
        created_at=NOW - timedelta(days=30),
        client_id=_guid(number + 1000) if has_client_id else None,
        **more,
    )


ADA = _principal(1, "user", "Ada", user_principal_name="ada@example.com")
BUILDER = _principal(2, "application", "builder", redirect_uris=(CALLBACK,))
"""With a secret, and with one that has expired."""
CERTIFIED = _principal(3, "application", "certified")
FEDERATED = _principal(4, "application", "federated")
PORTAL = _principal(5, "application", "portal", redirect_uris=(CALLBACK, "http://localhost"))
"""Without a credential: a public client."""
WORKER = _principal(6, "managed-identity", "worker", resource_id=MACHINE_ID)
TEAM = _principal(7, "group", "team")


@cache
def make_client_key() -> RSAPrivateKey:
    return generate_private_key(public_exponent=65537, key_size=2048)


@cache
def make_other_key() -> RSAPrivateKey:
    """Nobody's, or another issuer's."""
    return generate_private_key(public_exponent=65537, key_size=2048)


@cache
def make_client_certificate() -> ClientCertificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "certified")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(make_client_key().public_key())
        .serial_number(1)
        .not_valid_before(NOW - timedelta(days=1))
        .not_valid_after(NOW + timedelta(days=1))
        .sign(make_client_key(), hashes.SHA256())
    )
    return ClientCertificate(
        key_id="certificate",
        display_name="",
        certificate_pem=certificate.public_bytes(Encoding.PEM).decode("ascii"),
        thumbprint_sha1=certificate.fingerprint(hashes.SHA1()).hex(),  # noqa: S303 - a certificate's name
        thumbprint_sha256=certificate.fingerprint(hashes.SHA256()).hex(),
        expires_at=NOW + timedelta(days=1),
    )


def make_secret(key_id: str, text: str, expires_at: datetime) -> ClientSecret:
    return ClientSecret(
        key_id=key_id,
        display_name="",
        hint=text[:3],
        secret_hash=_CHEAP.hash(text),
        created_at=NOW - timedelta(days=30),
        expires_at=expires_at,
    )


def make_federated_credential(**changes: Any) -> FederatedCredential:
    credential = FederatedCredential(
        key_id="federated", name="k8s", issuer=ISSUER, subject="system:pod", audiences=(EXCHANGE_AUDIENCE,)
    )
    return replace(credential, **changes)


async def seed_tenant(stores: Stores) -> None:
    async with stores.writing() as session:
        await session.tenants.put_tenant(Tenant(tenant_id=TenantId(TENANT), display_name="Ingate"))
        principals = session.principals
        for principal in (ADA, BUILDER, CERTIFIED, FEDERATED, PORTAL, WORKER, TEAM):
            await principals.put_principal(principal)
        await principals.put_password_hash(ADA.object_id, _CHEAP.hash(PASSWORD))
        await principals.put_credential(BUILDER.object_id, make_secret("new", SECRET, NOW + timedelta(days=1)))
        await principals.put_credential(BUILDER.object_id, make_secret("old", EXPIRED_SECRET, NOW))
        await principals.put_credential(CERTIFIED.object_id, make_client_certificate())
        await principals.put_credential(FEDERATED.object_id, make_federated_credential())


@dataclass
class Clock:
    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **span: float) -> None:
        self.now += timedelta(**span)


@dataclass
class Web:
    """Other issuers' documents by their addresses, and how often each was asked for."""

    documents: dict[str, bytes] = field(default_factory=dict[str, bytes])
    asked: list[str] = field(default_factory=list[str])

    async def __call__(self, url: str) -> bytes | None:
        self.asked.append(url)
        return self.documents.get(url)


def count_randomness() -> Callable[[int], bytes]:
    numbers = itertools.count(1)
    return lambda size: b"".join(next(numbers).to_bytes(2, "big") for _ in range(size))[-size:]


async def publish_nowhere() -> None:
    pass


class TenantClient:
    def __init__(self, stores: Stores, **plane: Any) -> None:
        ids = itertools.count(10_000)
        self.stores = stores
        self.clock = Clock()
        self.web = Web()
        settings: dict[str, Any] = {
            "verify_secret": verify_secret,
            "managed_identity": WORKER.name,
            "app_service_secrets": (APP_SERVICE_SECRET,),
        }
        self.plane = IdentityPlane(
            state=stores,
            clock=self.clock,
            new_id=lambda: _guid(next(ids)),
            random_bytes=count_randomness(),
            publish=publish_nowhere,
            sealer=GrantSealer(KeySealer(b"k" * 32)),
            fetch=self.web,
            **(settings | plane),
        )
        transport = httpx2.ASGITransport(app=create_identity_app(self.plane), raise_app_exceptions=False)
        self.http = httpx2.AsyncClient(transport=transport, base_url=AUTHORITY)

    async def get(self, path: str, **parameters: str) -> httpx2.Response:
        return await self.http.get(path, params=parameters)

    async def ask(
        self,
        form: Mapping[str, str],
        *,
        tenant: str = TENANT,
        path: str = "oauth2/v2.0/token",
        headers: Mapping[str, str] | None = None,
    ) -> httpx2.Response:
        return await self.http.post(f"/{tenant}/{path}", data=dict(form), headers=dict(headers or {}))

    async def read_token(self, token: str, audience: str) -> dict[str, Any]:
        """Its claims, checked by a library that shares no code with what signed it, against the published keys."""
        published = (await self.get(f"/{TENANT}/discovery/v2.0/keys")).json()
        key = jwt.PyJWKSet.from_dict(published)[jwt.get_unverified_header(token)["kid"]]
        options: Any = {"verify_exp": False, "verify_iat": False, "verify_nbf": False}
        return jwt.decode(token, key, algorithms=["RS256"], audience=audience, options=options)

    async def list_sign_ins(self) -> list[tuple[str, str, str]]:
        """Result, whose, detail; the newest first."""
        async with self.stores.reading() as session:
            events = await session.audit.list_events(since=NOW - timedelta(days=1), until=NOW + timedelta(days=365))
        return [(event.result, event.target_id, event.detail) for event in events]


def build_secret_form(**changes: str) -> dict[str, str]:
    """Builder asks for itself."""
    form = {
        "grant_type": "client_credentials",
        "client_id": BUILDER.client_id or "",
        "client_secret": SECRET,
        "scope": f"{COGNITIVE_SERVICES}/.default",
    }
    return {name: value for name, value in (form | changes).items() if value}


def build_password_form(**changes: str) -> dict[str, str]:
    """Ada signs in by way of the Azure CLI."""
    form = {
        "grant_type": "password",
        "client_id": AZURE_CLI,
        "username": "ada@example.com",
        "password": PASSWORD,
        "scope": "https://management.core.windows.net//.default offline_access openid profile",
        "client_info": "1",
    }
    return {name: value for name, value in (form | changes).items() if value}


def read_error(response: httpx2.Response) -> tuple[int, str, int]:
    """Status, OAuth's code, Entra's number."""
    document = response.json()
    number = document["error_codes"][0]
    assert f"AADSTS{number}: " in document["error_description"]
    return response.status_code, document["error"], number


def read_fields(address: str) -> dict[str, str]:
    """Of a redirect's query."""
    return {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}


async def make_seeded_tenant(folder: Path) -> None:
    stores = await open_stores(folder)
    await seed_tenant(stores)
    await seed_identity(TenantClient(stores).plane)
    await stores.close()


@asynccontextmanager
async def open_tenant(seeded: Path, folder: Path, **plane: Any) -> AsyncGenerator[TenantClient]:
    """Over a copy of a seeded data directory."""
    shutil.copytree(seeded, folder, dirs_exist_ok=True)
    stores = await open_stores(folder)
    client = TenantClient(stores, **plane)
    yield client
    await client.http.aclose()
    await stores.close()
