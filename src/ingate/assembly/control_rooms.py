"""What the control process is made of: management, identity, the directory file, and what is looked after."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import cast

from ingate.domain.directory import Directory, DirectoryMalformed, parse_directory
from ingate.domain.issuer_source import IssuerSource, parse_issuer_source
from ingate.domain.quota_allocation import SubscriptionQuota
from ingate.domain.upstream import UpstreamDefinition
from ingate.identity.document_fetch import fetch_document
from ingate.identity.identity_plane import IdentityPlane
from ingate.identity.signing_keys import seed_identity
from ingate.management.account_lifecycle import purge_expired_accounts
from ingate.management.control_plane import ControlPlane
from ingate.management.costs.budget_watch import BudgetWatch
from ingate.management.costs.forecast_process import ProcessForecaster
from ingate.management.costs.webhooks import post_webhook
from ingate.settings import Settings
from ingate.store.catalog_file import read_catalog
from ingate.store.directory_file import DirectoryFile
from ingate.store.grant_sealing import GrantSealer
from ingate.store.opening import KEY_FILE, Stores
from ingate.store.private_file import write_private_file
from ingate.store.role_file import read_built_in_roles
from ingate.store.sealing import open_sealer
from ingate.store.secret_hashing import hash_secret, verify_secret

from .budget_gauges import read_budgets
from .data_files import DIRECTORY_FILE, PREVIOUS_DIRECTORY_FILE
from .identifiers import make_api_key, make_guid, make_secret
from .local_upstream import put_in_simulators_place
from .recording import put_recorded_deployments
from .telemetry_rooms import Retention, Sinks, TelemetryRooms
from .trusted_issuers import TrustedIssuers, fetch_keys

_log = logging.getLogger(__name__)

OPERATION_KEY_FILE = "operation.key"
IDENTITY_HEADER_FILE = "identity.header"
"""What applications send as `X-IDENTITY-HEADER` to the managed identity endpoint in App Service's form."""

SCRAPE_TOKEN_FILE = "metrics.token"  # noqa: S105 - a file's name
"""What a Prometheus may send to read /metrics, and nothing else."""

HOUR = 3600.0
BUDGET_SECONDS = 1.0
FOLLOW_UP_SECONDS = 2.0
SINK_SECONDS = 2.0
RETENTION_SECONDS = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlRooms:
    settings: Settings
    plane: ControlPlane
    identity: IdentityPlane
    trusted: TrustedIssuers
    directory_file: DirectoryFile
    budgets: BudgetWatch
    retention: Retention
    sinks: Sinks

    async def look_after(self) -> None:
        """Until it is cancelled."""
        await asyncio.gather(
            self.trusted.run(),
            self._spread_roles(),
            _repeat(HOUR, "the hourly upkeep", self._renew),
            # Gateways refuse what a spent budget covers a second or two after it was spent.
            _repeat(BUDGET_SECONDS, "a look at the budgets", self.budgets.look),
            _repeat(FOLLOW_UP_SECONDS, "following up the budgets", self.budgets.follow_up),
            _repeat(RETENTION_SECONDS, "a look at the workspaces", partial(self.retention.refresh, self.plane.state)),
            _repeat(SINK_SECONDS, "a look at the diagnostic settings", partial(self.sinks.refresh, self.plane.state)),
        )

    async def _spread_roles(self) -> None:
        """Role assignments come into force some time after they were made, if the settings say so."""
        while self.settings.role_propagation > 0:
            await asyncio.sleep(1)
            await self.directory_file.publish_again()

    async def _renew(self) -> None:
        """Deleted resources whose time is over go for good; a signing key is followed by the next in time."""
        await purge_expired_accounts(self.plane)
        await seed_identity(self.identity)


async def _repeat(seconds: float, what: str, work: Callable[[], Awaitable[object]]) -> None:
    """With so many between the end of one and the next."""
    while True:
        try:
            await work()
        except Exception:  # noqa: BLE001 - of whatever room: the next time may be better
            _log.exception("%s failed", what)
        await asyncio.sleep(seconds)


def make_control_rooms(
    settings: Settings,
    stores: Stores,
    telemetry: TelemetryRooms,
    *,
    gateway_url: str,
    local: UpstreamDefinition | None,
) -> ControlRooms:
    def arrange(directory: Directory) -> Directory:
        directory = trusted.arrange(directory)
        if settings.record_to:
            return put_recorded_deployments(directory, settings)
        return put_in_simulators_place(directory, local) if local is not None else directory

    def get_horizon() -> datetime | None:
        if settings.role_propagation <= 0:
            return None
        return datetime.now(UTC) - timedelta(seconds=settings.role_propagation)

    directory_file = DirectoryFile(
        stores, settings.data_dir / DIRECTORY_FILE, arrange=arrange, get_horizon=get_horizon, is_held=True
    )
    trusted = _make_trusted_issuers(settings, directory_file)
    plane = ControlPlane(
        state=stores,
        catalog=read_catalog(),
        clock=lambda: datetime.now(UTC),
        new_id=make_guid,
        new_api_key=make_api_key,
        publish=directory_file.publish,
        endpoint_for=lambda subdomain: _get_endpoint(subdomain, settings, gateway_url),
        built_in_roles=read_built_in_roles(),
        new_secret=make_secret,
        hash_secret=hash_secret,
        list_trusted_issuers=trusted.list_issuers,
        subscription_quota=cast("SubscriptionQuota", settings.subscription_quota),
        requires_provider_data=settings.require_model_provider_data,
        operation_seconds=settings.operation_seconds,
        operation_key=read_secret(settings.data_dir / OPERATION_KEY_FILE).encode("ascii"),
        cost_rows=telemetry.costs,
        forecaster=ProcessForecaster(),
        logs=telemetry.logs,
        metrics=telemetry.metrics,
        exposition=telemetry.exposition,
        scrape_token=read_secret(settings.data_dir / SCRAPE_TOKEN_FILE),
    )
    identity = IdentityPlane(
        state=stores,
        clock=lambda: datetime.now(UTC),
        new_id=make_guid,
        random_bytes=secrets.token_bytes,
        publish=directory_file.publish,
        verify_secret=verify_secret,
        sealer=GrantSealer(open_sealer(settings.data_dir / KEY_FILE, database_has_keys=True)),
        fetch=fetch_document,
        managed_identity=settings.managed_identity or None,
        app_service_secrets=(read_secret(settings.data_dir / IDENTITY_HEADER_FILE),),
    )
    budgets = BudgetWatch(plane=plane, cost_rows=telemetry.costs, post_webhook=post_webhook)
    telemetry.exposition.add_gauges(read_budgets(lambda: budgets.readings))
    return ControlRooms(
        settings=settings,
        plane=plane,
        identity=identity,
        trusted=trusted,
        directory_file=directory_file,
        budgets=budgets,
        retention=telemetry.retention,
        sinks=telemetry.sinks,
    )


def read_secret(path: Path) -> str:
    """A random one of this data directory, made when it is asked for first."""
    if path.exists():
        return path.read_text("ascii").strip()
    secret = secrets.token_urlsafe(48)
    write_private_file(path, secret.encode("ascii") + b"\n")
    return secret


def _make_trusted_issuers(settings: Settings, directory_file: DirectoryFile) -> TrustedIssuers:
    parsed = [parse_issuer_source(text) for text in settings.trusted_issuers]
    trusted = TrustedIssuers(
        [source for source in parsed if isinstance(source, IssuerSource)],
        fetch=fetch_keys,
        clock=time.monotonic,
        publish=directory_file.publish_again,
    )
    with contextlib.suppress(OSError, DirectoryMalformed):
        trusted.remember(parse_directory((settings.data_dir / _find_last_directory(settings.data_dir)).read_bytes()))
    return trusted


def _find_last_directory(data_dir: Path) -> str:
    """This run's, when the control process was started again; the last run's at the beginning."""
    return DIRECTORY_FILE if (data_dir / DIRECTORY_FILE).exists() else PREVIOUS_DIRECTORY_FILE


def _get_endpoint(subdomain: str, settings: Settings, gateway_url: str) -> str:
    """The default resource answers at the bare address; the others have a host name each."""
    if subdomain == settings.default_resource:
        return f"{gateway_url}/"
    port = gateway_url.rpartition(":")[2]
    return f"http://{subdomain}.{settings.domains[0] if settings.domains else 'localhost'}:{port}/"
