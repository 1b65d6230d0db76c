"""A control plane with a clock, ids and keys that repeat, for tests of the management API and the stores."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl
from uuid import UUID

import httpx2

from ingate.domain.key import API_KEY_LENGTH, ApiKey
from ingate.domain.state import State
from ingate.management.app import create_management_app
from ingate.management.control_plane import ControlPlane
from ingate.management.seeding import Defaults, seed_defaults
from ingate.store.catalog_file import read_catalog
from ingate.store.directory_file import DirectoryFile
from ingate.store.opening import open_stores
from ingate.store.role_file import read_built_in_roles
from ingate.store.secret_hashing import hash_secret

ADMIN_TOKEN = "test-administrator-token"
API_VERSION = "2025-12-01"
NOW = datetime(2026, 11, 22, 12, 0, 0, 250_000, tzinfo=UTC)


def count_ids(first: int = 1) -> Callable[[], str]:
    """GUIDs in order."""
    numbers = itertools.count(first)
    return lambda: str(UUID(int=next(numbers), version=4))


def count_keys(first: int = 1) -> Callable[[], ApiKey]:
    numbers = itertools.count(first)
    return lambda: ApiKey(f"CANARY{next(numbers)}".ljust(API_KEY_LENGTH, "K"))


def build_control_plane(state: State, publish: Callable[[], Awaitable[None]], *, first: int = 1) -> ControlPlane:
    """`first` is where its ids and keys begin."""
    return ControlPlane(
        state=state,
        catalog=read_catalog(),
        clock=lambda: NOW,
        new_id=count_ids(first),
        new_api_key=count_keys(first),
        publish=publish,
        endpoint_for=lambda subdomain: f"http://{subdomain}.localhost:8080/",
        built_in_roles=read_built_in_roles(),
        new_secret=lambda: "CANARY-secret".ljust(40, "~"),
        hash_secret=hash_secret,
    )


class ManagementClient:
    """A client in the same process, with the administrator's token unless told otherwise."""

    def __init__(self, plane: ControlPlane, defaults: Defaults, directory_file: Path) -> None:
        self.plane = plane
        self.defaults = defaults
        self.directory_file = directory_file
        app = create_management_app(plane, admin_token=ADMIN_TOKEN)
        transport = httpx2.ASGITransport(app=app, raise_app_exceptions=False)
        self._http = httpx2.AsyncClient(transport=transport, base_url="http://management.test")

    def with_settings(self, **settings: Any) -> ManagementClient:
        """Another one over the same state, whose control plane differs in these."""
        return ManagementClient(replace(self.plane, **settings), self.defaults, self.directory_file)

    @property
    def subscription_path(self) -> str:
        return f"/subscriptions/{self.defaults.subscription_id}"

    @property
    def group_path(self) -> str:
        return f"/subscriptions/{self.defaults.subscription_id}/resourceGroups/{self.defaults.resource_group}"

    @property
    def accounts_path(self) -> str:
        return f"{self.group_path}/providers/Microsoft.CognitiveServices/accounts"

    @property
    def account_path(self) -> str:
        return f"{self.accounts_path}/{self.defaults.resource}"

    @property
    def upstreams_path(self) -> str:
        return f"{self.group_path}/providers/Ingate.Gateway/upstreams"

    async def send(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        content: bytes | None = None,
        headers: dict[str, str] | None = None,
        api_version: str | None = API_VERSION,
        token: str | None = ADMIN_TOKEN,
    ) -> httpx2.Response:
        sent = dict(headers or {})
        if token is not None:
            sent["authorization"] = f"Bearer {token}"
        path, _, query = path.partition("?")
        parameters = dict(parse_qsl(query)) | ({} if api_version is None else {"api-version": api_version})
        if content is not None:
            return await self._http.request(method, path, params=parameters, headers=sent, content=content)
        if body is not None:
            return await self._http.request(method, path, params=parameters, headers=sent, json=body)
        return await self._http.request(method, path, params=parameters, headers=sent)

    async def close(self) -> None:
        await self._http.aclose()


async def make_seeded_data_dir(folder: Path) -> None:
    """A data directory with its defaults, to be copied for each test: making one takes longer than most tests."""
    stores = await open_stores(folder)
    await seed_defaults(build_control_plane(stores, DirectoryFile(stores, folder / "directory.json").publish))
    await stores.close()


@asynccontextmanager
async def open_management(seeded: Path, folder: Path) -> AsyncGenerator[ManagementClient]:
    """The management API over a copy of a seeded data directory."""
    shutil.copytree(seeded, folder, dirs_exist_ok=True)
    stores = await open_stores(folder)
    directory_file = folder / "directory.json"
    plane = build_control_plane(stores, DirectoryFile(stores, directory_file).publish, first=1000)
    client = ManagementClient(plane, await seed_defaults(plane), directory_file)
    yield client
    await client.close()
    await stores.close()
